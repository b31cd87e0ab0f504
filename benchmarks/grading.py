"""How fast `course grade` is: against stock nbgrader and Otter, the floor, itself in other sizes.

    make bench
    python -m benchmarks.grading --only stock --only floor
    python -m benchmarks.grading --full

Commands are timed as whole processes, from their start to their end, with the sandbox on, and each
on a class that nothing is known of yet. No two students hand in the same text, so no result serves
two of them. What is compared is measured in the same run on the same submissions, one right after
the other, and again the other way round where the difference is small.
"""

import json
import logging
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Annotated

import typer
from distributed import LocalCluster
from nbgrader.api import Gradebook
from rich.console import Console
from rich.table import Table

from benchmarks import breakdown, otter
from benchmarks.classes import BAD, BIN, ROOT, SMALL, Course, course_command, kind_of, make_course
from benchmarks.watched import Run, run
from course.grading.executors.pool import cores
from course.grading.folder import open_course
from course.grading.ledger import Ledger
from course.grading.submissions import Submission

LIMITS = ("cell_seconds", "total_seconds", "processor_seconds", "memory")
ONE_IN = 10  # is bad, in a class that has some
FEW = 2  # so many submissions say what it takes a command to start


@dataclass(frozen=True)
class Asked:
    """What the command was asked for.

    lesson : the real lesson that is graded where the lesson matters
    count : of students in a class
    sample : of students whom stock nbgrader and Otter grade
    repeats : of what is measured in pairs
    sizes : of the classes whose growth is looked at
    """

    lesson: str
    count: int
    sample: int
    repeats: int
    sizes: tuple[int, ...]


def graded(course: Course, *arguments: str, memory: bool = False) -> Run:
    """`course grade` on a class of which nothing is graded yet."""
    course.ungrade()
    return run(course_command("grade", *arguments), course.folder, memory)


@cache
def honest_class(lesson: str, count: int) -> Course:
    """A class whose code ends: right, wrong, unfinished."""
    return make_course("class", lesson, count)


@cache
def small_class(count: int) -> tuple[Course, Run]:
    """A class with a lesson of one exercise, and the run that has graded it."""
    course = make_course(f"small-{count}", SMALL, count)
    return course, graded(course, memory=True)


def points_of(course: Course, count: int) -> list[float]:
    """What the gradebook says of the first students."""
    with Gradebook(f"sqlite:///{course.folder / 'gradebook.db'}", "many_channels") as gradebook:
        found = [gradebook.find_submission(course.lesson, s) for s in course.students[:count]]
        return [submission.score for submission in found]


def stock(asked: Asked) -> Iterator[Table]:
    """`course grade` against `nbgrader autograde` and `otter run`."""
    course = honest_class(asked.lesson, asked.count)
    ours = graded(course)
    points = points_of(course, asked.sample)
    few, sample = course.stock(FEW), course.stock(asked.sample)
    autograde = [str(BIN / "nbgrader"), "autograde", asked.lesson]
    start, stocks = run(autograde, few.folder), run(autograde, sample.folder)
    each = (stocks.seconds - start.seconds) / (asked.sample - FEW)
    whole = start.seconds + each * (asked.count - FEW)
    others, theirs = otter.otter_run(course, asked.sample)
    table = Table(
        f"{asked.lesson}, a class of {asked.count}",
        "graded",
        "took",
        "a submission",
        "the class",
        "times ours",
        "same points",
        caption="Stock and Otter grade one after the other, so that a class takes them as many "
        "times as long as a submission. What stock takes to start is counted once. Otter counts "
        "a test as passed or not, and no written answers.",
    )
    n = asked.count
    table.add_row("course grade", f"{n}", *_times(ours.seconds, ours.seconds / n, ours.seconds))
    table.add_row(
        "nbgrader autograde",
        f"{asked.sample}",
        *_times(stocks.seconds, each, whole),
        f"{whole / ours.seconds:.0f} (wanted: ≥ 40, aimed at: 60)",
        _same(points, points_of(sample, asked.sample)),
    )
    rate = others / asked.sample
    ratio = f"{rate * n / ours.seconds:.0f}"
    table.add_row(
        f"otter run {otter.VERSION}",
        f"{asked.sample}",
        *_times(others, rate, rate * n),
        ratio,
        _same(points, theirs),
    )
    yield table
    yield parts(course)


def floor(asked: Asked) -> Iterator[Table]:
    """`course grade` against the same cells in one warm interpreter."""
    course = honest_class(asked.lesson, asked.count)
    ours, theirs = [], []
    command = [sys.executable, "-m", "benchmarks.floor", str(course.folder)]
    for _ in range(asked.repeats):
        ours.append(graded(course).seconds)
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        theirs.append(float(done.stdout))
    least = statistics.median(theirs) / cores()
    table = Table(
        f"{asked.lesson}, a class of {asked.count}, {cores()} cores",
        "took",
        "a submission",
        "times the floor",
        caption="The floor: one warm interpreter, one IPython shell, a fresh namespace for each "
        "notebook, no fork, no isolation, no gradebook; its time divided by the cores.",
    )
    took = statistics.median(ours)
    table.add_row("the floor", *_times(least, least / asked.count))
    table.add_row(
        "course grade",
        *_times(took, took / asked.count),
        f"{took / least:.2f} (wanted: ≤ 2)",
    )
    yield table
    yield parts(course)


def growth(asked: Asked) -> Iterator[Table]:
    """The time a submission and the memory, in classes of several sizes."""
    table = Table(
        f"a lesson of one exercise, {cores()} workers",
        "took",
        "a submission",
        "memory, main process",
        "all processes",
        caption="Wanted: time a submission and memory flat within 15 %, all below 1536 MiB. "
        "Memory is the most seen, twice a second; what processes share counts once.",
    )
    first: Run | None = None
    for size in asked.sizes:
        _, took = small_class(size)
        first = first or took
        table.add_row(
            f"{size:,} submissions",
            f"{took.seconds:.1f} s",
            _beside(took.seconds / size, first.seconds / asked.sizes[0], 1000, "ms"),
            _beside(took.main, first.main, 1, "MiB"),
            _beside(took.all, first.all, 1, "MiB"),
        )
    if len(asked.sizes) > 1:
        (less, before), (more, after) = (small_class(size) for size in asked.sizes[-2:])
        count = len(more.students) - len(less.students)
        each = (after.seconds - before.seconds) / count
        table.add_row("each further one", "", f"{1000 * each:.1f} ms")
    yield table
    yield parts(make_course("small-parts", SMALL, asked.sizes[0]))


def bad(asked: Asked) -> Iterator[Table]:
    """A class in which one in ten never ends, takes all memory, or ends Python."""
    good = make_course("honest", asked.lesson, asked.count)
    spoilt = make_course("spoilt", asked.lesson, asked.count, bad=ONE_IN)
    pairs = [(graded(good).seconds, graded(spoilt).seconds) for _ in range(asked.repeats)]
    settings = open_course(ROOT).config.Examine
    said = ", ".join(f"{name} {settings[name]}" for name in LIMITS if name in settings)
    table = Table(
        f"{asked.lesson}, a class of {asked.count}",
        "took",
        "a submission",
        "times honest",
        caption=f"The bad ones: {', '.join(BAD)}, in every exercise. Limits: {said}.",
    )
    names = ("all of them honest", "one in ten bad")
    for name, times in zip(names, zip(*pairs, strict=True), strict=True):
        took = statistics.median(times)
        table.add_row(name, *_times(took, took / asked.count))
    ratio = statistics.median(worse / better for better, worse in pairs)
    table.add_row("", "", "", f"{ratio:.2f} (wanted: ≤ 2)")
    yield table
    yield by_kind(spoilt)


def by_kind(course: Course) -> Table:
    """How long the examinations of each kind of code took."""
    kinds: dict[str, list[float]] = {}
    ledger = Ledger(course.folder)
    for number, student in enumerate(course.students):
        if entry := ledger.get(Submission(course.lesson, student)):
            kind = kind_of(number, ONE_IN) or "honest"
            kinds.setdefault(kind, []).append(entry.seconds)
    table = Table("where the time goes: examinations", "how many", "median", "all together")
    for kind, seconds in kinds.items():
        table.add_row(kind, f"{len(seconds)}", *_times(statistics.median(seconds), sum(seconds)))
    return table


def dask(asked: Asked) -> Iterator[Table]:
    """The workers of a Dask scheduler against the local pool."""
    table = Table(
        f"{asked.lesson}, a class of {asked.count}",
        "took",
        "the local pool",
        "times local",
        caption="Wanted: ≤ 1.20. Every Dask worker keeps a pair of warm processes of its own; "
        "docs/dask.md advises one worker a machine.",
    )
    for workers, threads in ((cores(), 1), (1, cores())):
        pairs = list(beside_dask(asked, workers, threads))
        local, remote = map(statistics.median, zip(*pairs, strict=True))
        ratio = statistics.median(far / near for near, far in pairs)
        name = f"Dask, local workers: {workers}, threads of each: {threads}"
        table.add_row(name, f"{remote:.1f} s", f"{local:.1f} s", f"{ratio:.2f}")
    yield table


def beside_dask(asked: Asked, workers: int, threads: int) -> Iterator[tuple[float, float]]:
    """Seconds of the local pool and of a Dask cluster, one right after the other."""
    course = honest_class(asked.lesson, asked.count)
    with LocalCluster(
        n_workers=workers,
        threads_per_worker=threads,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=logging.CRITICAL,  # of workers that are slow to end
    ) as cluster:
        scheduler = "--scheduler", cluster.scheduler_address
        for at in range(asked.repeats):
            orders: list[tuple[str, ...]] = [(), scheduler]
            if at % 2:
                orders.reverse()
            times = {order: graded(course, *order).seconds for order in orders}
            yield times[()], times[scheduler]


def regrade(asked: Asked) -> Iterator[Table]:
    """`course grade` again, with nothing changed."""
    sizes = asked.sizes[:2] if len(asked.sizes) > 1 else (asked.sizes[0] // 10, asked.sizes[0])
    table = Table(
        "nothing changed since",
        "took",
        "a submission",
        caption="Wanted: < 3 ms. The first two count the start of the command, too.",
    )
    command = course_command("grade")
    took = {}
    for size in sizes:
        course, _ = small_class(size)
        times = [run(command, course.folder).seconds for _ in range(asked.repeats + 1)]
        took[size] = min(times)
        table.add_row(f"{size:,} submissions", *_times(took[size], took[size] / size))
    less, more = sizes
    each = (took[more] - took[less]) / (more - less)
    table.add_row("each further one", "", f"{1000 * each:.2f} ms")
    yield table


def parts(course: Course) -> Table:
    """What the main process spends its time on."""
    course.ungrade()
    command = [sys.executable, "-m", "benchmarks.breakdown", str(course.folder)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    count, whole = len(course.students), told["whole"]
    table = Table(
        f"where the time goes: {course.lesson}, {count} submissions",
        "seconds",
        "ms a submission",
        "of the whole",
        caption="The main process, while the workers examine. Theirs is the sum of the "
        "examinations, divided by the workers.",
    )

    def add(name: str, seconds: float) -> None:
        share = f"{seconds / whole:.0%}"
        table.add_row(name, f"{seconds:.2f}", f"{1000 * seconds / count:.2f}", share)

    for part, within in breakdown.PARTS.items():
        add(f"  of it: {part}" if within else part, told[part])
    outer = sum(told[part] for part, within in breakdown.PARTS.items() if not within)
    add("anything else", whole - outer)
    add("the whole", whole)
    add("the workers examine", told["examined"] / cores())
    return table


def _times(*seconds: float) -> Iterator[str]:
    for value in seconds:
        yield f"{value:.1f} s" if value >= 1 else f"{1000 * value:.1f} ms"


def _beside(value: float, first: float, factor: float, unit: str) -> str:
    change = "" if value == first else f" ({value / first - 1:+.0%})"
    return f"{factor * value:.1f} {unit}{change}"


def _same(ours: list[float], theirs: list[float]) -> str:
    same = sum(abs(a - b) < 1e-6 for a, b in zip(ours, theirs, strict=True))
    return f"{same} of {len(ours)}"


BENCHMARKS: dict[str, Callable[[Asked], Iterator[Table]]] = {
    "stock": stock,
    "floor": floor,
    "growth": growth,
    "bad": bad,
    "dask": dask,
    "regrade": regrade,
}


def main(
    only: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(BENCHMARKS)}; may be repeated.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Also a class of 10,000, and larger samples.")
    ] = False,
    lesson: Annotated[str, typer.Option(help="Which is graded.")] = "02_many_inputs",
    count: Annotated[int, typer.Option(help="Of students in a class.")] = 200,
    sample: Annotated[
        int | None, typer.Option(help="Of students whom stock nbgrader and Otter grade.")
    ] = None,
    repeats: Annotated[int, typer.Option(help="Of what is measured in pairs.")] = 2,
    sizes: Annotated[
        list[int] | None, typer.Option("--size", help="Of the classes for growth.")
    ] = None,
) -> None:
    """Measure how fast `course grade` is."""
    if unknown := set(only or ()) - BENCHMARKS.keys():
        raise typer.BadParameter(f"{', '.join(unknown)}: there are {', '.join(BENCHMARKS)}.")
    usual = (100, 1000, 10_000) if full else (100, 1000)
    asked = Asked(
        lesson, count, sample or (40 if full else 8), repeats, tuple(sizes) if sizes else usual
    )
    console = Console(width=130)
    chosen = (BENCHMARKS[name](asked) for name in BENCHMARKS if not only or name in only)
    for table in chain.from_iterable(chosen):
        console.print(table)


if __name__ == "__main__":
    typer.run(main)
