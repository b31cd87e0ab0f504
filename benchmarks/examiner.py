"""What an examination costs beside the same cells alone: to begin, for a call, as a whole.

    python -m benchmarks.examiner

The lessons are examined with their solutions, which is what Ada of the example class hands in.
Alone means all cells and tests in one IPython shell, in a fork of a process that has imported
everything and has run them before; in place means in that process itself, where they leave things
for the next time. All three draw what is drawn where a class is graded. They take turns, and a
ratio is of turns side by side, so that a machine that is busy with other things slows them all.

Processor time is that of all processes: the two warm ones with all that they fork (the
student's process, the tester) until the kernel has taken it down, and the examiner's own.
"""

import os
import socket
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import torch
from rich.console import Console
from rich.table import Table
from traitlets.utils.importstring import import_item

from benchmarks.alone import Alone
from course.grading.examiner.arrays import ArrayCarrier
from course.grading.examiner.elsewhere import Patience, Student
from course.grading.examiner.examiner import Examiner
from course.grading.examiner.job import Job, JobCell, Result
from course.grading.examiner.names import Kind, defined_names, what_tests_need
from course.grading.examiner.wire import Wire
from course.grading.sandbox.outer import ENVIRONMENT
from course.release.folder import read_course_folder

COURSE = Path(__file__).parents[1]
LESSONS = sorted(path.stem for path in COURSE.glob("source/*/*.ipynb"))
SHOWN = ("fastest", "median", "slowest")
TURNS = 9
FORKS = 41
CALLS = 300
PATIENCE = 60.0  # seconds

PRODUCT = "import torch\ndef product(X, K):\n    return X @ K"


def main() -> None:
    """Print four tables."""
    given = read_course_folder(COURSE).config.Examine
    settings = {name: given[name] for name in ("carriers", "withheld", "environment")}
    # As behind the wall, here and in the process of `alone`: one submission, one core.
    os.environ.update({k: v for k, v in ENVIRONMENT.items() if k.endswith("_NUM_THREADS")})
    torch.set_num_threads(1)
    jobs = {lesson: read_job(lesson) for lesson in LESSONS}
    examiner, trusting = Examiner(**settings), Examiner(**settings, isolate=False)
    alone = Alone(settings["environment"])
    console = Console(width=120)
    console.print(f"{os.cpu_count()} cores, on which {os.getloadavg()[0]:.1f} processes run.")
    try:
        for lesson, job in jobs.items():
            refuse_errors(lesson, examiner.learn(job))
            trusting.learn(job)
        console.print(beginning(examiner, trusting))
        console.print(calls(examiner, settings["carriers"]))
        for table in examinations(examiner, alone, jobs):
            console.print(table)
    finally:
        examiner.close()
        trusting.close()
        alone.close()


def read_job(lesson: str) -> Job:
    """A lesson with its solutions as a job."""
    nb = nbformat.read(COURSE / "source" / lesson / f"{lesson}.ipynb", as_version=4)
    cells: list[tuple[Kind, str]] = []
    for cell in nb.cells:
        if cell.cell_type == "code":
            about = cell.metadata.get("nbgrader", {})
            answer, test = about.get("solution"), about.get("grade")
            cells.append(("answer" if answer else "test" if test else "given", cell.source))
    names = [defined_names(source) for kind, source in cells if kind == "answer"]
    parts = what_tests_need(cells, frozenset().union(*names))
    return Job(
        tuple(
            JobCell(kind, "" if kind == "test" else source, part.source, part.asks)
            for (kind, source), part in zip(cells, parts, strict=True)
        ),
        draw_key="benchmark",
        cell_seconds=PATIENCE,
    )


def without_tests(job: Job) -> Job:
    """The same lesson without its tests, and without what the tester runs for them."""
    kept = [replace(cell, tests="", asks=()) for cell in job.cells if cell.kind != "test"]
    return replace(job, cells=tuple(kept))


NOTHING = Job((JobCell("given", "pass"),))


def refuse_errors(lesson: str, result: Result) -> None:
    """End if a test fails: the solutions are right, so something else would be measured."""
    for output in (output for outputs in result.outputs for output in outputs):
        if output["output_type"] == "error":
            sys.exit(f"{lesson}: {output['ename']}: {output['evalue']}")


def beginning(examiner: Examiner, trusting: Examiner) -> Table:
    """How long it takes until a student's process is ready, and the walls' part of it."""
    table = Table("Until a student's process is ready", *SHOWN, "wanted")
    times: dict[Examiner, list[float]] = {examiner: [], trusting: []}
    for _ in range(FORKS):
        for each, found in times.items():
            ours, theirs = socket.socketpair()
            start = time.perf_counter()
            fork = each._students.fork(theirs)
            fork.wait_ready(PATIENCE)
            found.append(time.perf_counter() - start)
            fork.end()
            ours.close()
    table.add_row("in its sandbox", *shown(times[examiner]), "≤ 60 ms")
    table.add_row("without the walls (--trust-students)", *shown(times[trusting]))
    behind, bare = ([min(found), statistics.median(found), max(found)] for found in times.values())
    walls = [f"{1000 * (b - a):.1f} ms" for a, b in zip(bare, behind, strict=True)]
    table.add_row("the walls alone, as the difference", *walls, "≤ 10 ms")
    return table


def calls(examiner: Examiner, carriers: Sequence[str]) -> Table:
    """What one call of a student's function takes from the tester's side, and without a wire."""
    table = Table("One call, (3, 5) by (5, 2)", *SHOWN, "bare call", "wanted")
    here: dict[str, Any] = {}
    exec(PRODUCT, here)
    ours, theirs = socket.socketpair()
    fork = examiner._students.fork(theirs)
    fork.wait_ready(PATIENCE)
    try:
        made = [*(import_item(name)() for name in carriers), ArrayCarrier()]
        student = Student(Wire(ours), made, Patience(PATIENCE))
        student.begin(0, {})
        student.run(PRODUCT, False)
        elsewhere = student.look(["product"])["product"]
        for name, call in (("over the wire", forward), ("the same, and its gradient", backward)):
            over, bare = timed(partial(call, elsewhere)), timed(partial(call, here["product"]))
            median = f"{1000 * statistics.median(bare):.2f} ms"
            table.add_row(name, *shown(over, 2), median, "≤ 2 ms more")
    finally:
        ours.close()
        fork.end()
    return table


def forward(product: Callable[..., Any]) -> None:
    product(torch.ones(3, 5), torch.ones(5, 2))


def backward(product: Callable[..., Any]) -> None:
    product(torch.ones(3, 5, requires_grad=True), torch.ones(5, 2)).sum().backward()


def timed(call: Callable[[], object]) -> list[float]:
    """Seconds of many calls, after some that warm up."""
    times = []
    for _ in range(CALLS + 20):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return times[20:]


@dataclass(frozen=True)
class Turn:
    """Seconds of one examination, and of the same cells alone.

    student, tester, examiner : of processor time
    clock : of the examination, by the clock
    alone, in_place : of processor time, see `Alone`
    """

    student: float
    tester: float
    examiner: float
    clock: float
    alone: float
    in_place: float

    @property
    def examined(self) -> float:
        return self.student + self.tester + self.examiner


def take_turns(examiner: Examiner, alone: Alone, job: Job) -> list[Turn]:
    """Examine a job and run its cells alone, again and again; the first time warms up."""
    turns = []
    for _ in range(TURNS + 1):
        before, start = used(examiner), time.perf_counter()
        examiner.examine(job)
        clock = time.perf_counter() - start
        parts = [after - b for after, b in zip(used(examiner), before, strict=True)]
        turns.append(Turn(*parts, clock, alone.in_a_fork(job), alone.in_place(job)))
    return turns[1:]


def used(examiner: Examiner) -> tuple[float, float, float]:
    """Processor time so far: of student's processes, of testers, of the examiner."""
    return examiner._students.used(), examiner._testers.used(), time.process_time()


def examinations(examiner: Examiner, alone: Alone, jobs: dict[str, Job]) -> tuple[Table, Table]:
    """Processor time of whole examinations, and what it is spent on."""
    columns = ("student", "tester", "examiner", "examined", "alone", "in place")
    times = Table(
        *("Whole examinations, ms", *columns, "to alone", "to in place", "by the clock"),
        caption="Wanted: at most 1.5 times as much processor time.",
    )
    spent = Table(
        *("Examined and alone, ms", "forks, walls", "cells", "tests"),
        caption="Cells: of the whole, what it takes without tests. Forks: an empty notebook.",
    )
    nothing = take_turns(examiner, alone, NOTHING)
    of_all = []
    for lesson, job in jobs.items():
        alone.warm_up(job)
        cells = take_turns(examiner, alone, without_tests(job))
        whole = take_turns(examiner, alone, job)
        of_all.append(whole)
        milliseconds = [f"{median(whole, name):.0f}" for name in columns]
        times.add_row(lesson, *milliseconds, *ratios([whole]), f"{median(whole, 'clock'):.0f}")
        spent.add_row(lesson, *steps(nothing, cells, whole))
    times.add_row("all lessons", *[""] * len(columns), *ratios(of_all), "")
    return times, spent


def ratios(lessons: Sequence[Sequence[Turn]]) -> list[str]:
    """Processor time of examinations to that alone and in place, the median of the turns."""
    found = []
    for name in ("alone", "in_place"):
        turns = [
            sum(turn.examined for turn in turns) / sum(getattr(turn, name) for turn in turns)
            for turns in zip(*lessons, strict=True)
        ]
        found.append(f"{statistics.median(turns):.2f}")
    return found


def steps(*variants: Sequence[Turn]) -> list[str]:
    """What each variant takes more than the one before, examined and alone."""
    times = [(0.0, 0.0), *((median(v, "examined"), median(v, "alone")) for v in variants)]
    return [
        f"{e - before_e:.0f} and {a - before_a:.0f}"
        for (before_e, before_a), (e, a) in pairwise(times)
    ]


def median(turns: Sequence[Turn], name: str) -> float:
    """Milliseconds."""
    return 1000 * statistics.median(getattr(turn, name.replace(" ", "_")) for turn in turns)


def shown(times: Sequence[float], digits: int = 1) -> list[str]:
    """What stands under SHOWN."""
    return [f"{1000 * f(times):.{digits}f} ms" for f in (min, statistics.median, max)]


if __name__ == "__main__":
    main()
