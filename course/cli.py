"""The `course` command: release lessons, grade a class, write feedback, show the scores."""

import contextlib
import gc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

# Each command imports its room when it runs: nbgrader takes seconds to import, --help should not.

WIDTH_IN_A_FILE = 110
T = TypeVar("T")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Release the lessons of an nbgrader course, grade a class and show its scores. "
    "Run it in the folder that holds nbgrader_config.py.",
)

Lessons = Annotated[
    list[str] | None,
    typer.Option("--lesson", "-l", help="Only this lesson; may be repeated.", show_default=False),
]
Students = Annotated[
    list[str] | None,
    typer.Option("--student", "-s", help="Only this student; may be repeated.", show_default=False),
]


@app.command()
def release(
    lessons: Annotated[
        list[str] | None,
        typer.Argument(metavar="[LESSON]...", help="By default all of them.", show_default=False),
    ] = None,
) -> None:
    """Make the student versions in release/ from the lessons with solutions in source/.

    Stops without a trace if a solution or a hidden test would reach the students.

    Example:  course release 01_one_channel
    """
    from course.release.generate import release as release_lessons

    with _plain_errors():
        for released in release_lessons(Path.cwd(), lessons or None):
            what = "new" if released.changed else "unchanged"
            where = _from_here(released.folder)
            typer.echo(f"{where}: {released.points:g} points, {what}.")
            for name in released.left_out:
                typer.echo(f"  not shipped: {name}")


@app.command()
def grade(
    lessons: Lessons = None,
    students: Students = None,
    force: Annotated[
        bool, typer.Option("--force", help="Grade again what has not changed since.")
    ] = False,
    trust_students: Annotated[
        bool,
        typer.Option(
            "--trust-students",
            help="Grade also where students' code cannot be isolated: it runs with your rights.",
        ),
    ] = False,
    preview: Annotated[
        bool,
        typer.Option("--preview", help="Only show whose points would change, and by how much."),
    ] = False,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Examine on the workers of this Dask scheduler, such as tls://head:8786.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Grade what students handed in, in submitted/STUDENT/LESSON/.

    Students' code runs in a sandbox, and the tests run outside of it; `course isolation` shows
    what this machine offers for that. A submission that cannot be graded is reported at the end
    and does not stop the others. What has not changed since is not graded again. Whatever ends the
    command, the same command goes on from there.

    Example:  course grade --lesson 01_one_channel --student ana
    """
    from course.grading.grade import grade as grade_submissions
    from course.grading.preview import preview as preview_grades
    from course.grading.submissions import find_submissions
    from course.reports.summary import print_moves, print_summary

    gc.freeze()  # what was imported stays: it is not searched for garbage over and over
    with _plain_errors():
        total = len(find_submissions(Path.cwd(), lessons, students))
        if preview:
            moves = preview_grades(Path.cwd(), lessons, students, trust_students, scheduler)
            print_moves(list(_counted("Looking at", moves, total, _move_line)), _console())
            return
        receipts = grade_submissions(
            Path.cwd(), lessons, students, force, trust_students, scheduler
        )
        print_summary(list(_counted("Grading", receipts, total, _receipt_line)), _console())


shard = typer.Typer(
    no_args_is_help=True,
    help="Examine by files: write them here, run them anywhere, collect the results here.",
)
app.add_typer(shard, name="shard")


@shard.command("write")
def write_shards(
    folder: Annotated[Path, typer.Argument(help="For the shards; made if it is not there.")],
    size: Annotated[int, typer.Option(min=1, help="Examinations in a shard.")] = 500,
    lessons: Lessons = None,
    students: Students = None,
) -> None:
    """Write what is to be examined into files FOLDER/0.shard, FOLDER/1.shard, ...

    They hold students' work, the tests and the solutions, but neither the gradebook nor the
    course's secret: keep the folder to yourself.

    Example:  course shard write /scratch/week3 --size 500
    """
    from course.grading.hand_out import hand_out

    with _plain_errors():
        count = hand_out(Path.cwd(), folder, size, lessons, students)
        typer.echo(f"{count} shards in {folder}, numbered from 0." if count else "Nothing to do.")


@shard.command("run")
def run_shard(
    folder: Annotated[Path, typer.Argument(help="Where the shards are.")],
    number: Annotated[int, typer.Argument(min=0, help="Which of them.")],
    workers: Annotated[
        int | None, typer.Option(min=1, help="By default one a core.", show_default=False)
    ] = None,
) -> None:
    """Examine the jobs of one shard; the results go into FOLDER/results.

    Needs no course folder and no gradebook. What has a result already is left alone, so a shard
    that was interrupted is run again.

    Example:  course shard run /scratch/week3 $SLURM_ARRAY_TASK_ID
    """
    from course.grading.executors.shards import SUFFIX
    from course.grading.executors.shards import run_shard as run

    with _plain_errors():
        done = list(run(folder / f"{number}{SUFFIX}", workers))
        new = sum(is_new for _, is_new in done)
        typer.echo(f"{new} examined, {len(done) - new} were there already.")


@shard.command("collect")
def collect_shards(
    folder: Annotated[Path, typer.Argument(help="Where the shards are.")],
) -> None:
    """Take over the results of a folder of shards; then `course grade` only records them.

    They are taken as they are: whoever can write to the folder can write marks.

    Example:  course shard collect /scratch/week3
    """
    from course.grading.executors.shards import collect_results
    from course.grading.folder import open_course
    from course.grading.results import FOLDER

    with _plain_errors():
        root = Path(open_course(Path.cwd()).coursedir.root)
        count = collect_results(folder, root / FOLDER)
        typer.echo(f"{count} results are here now: run `course grade`.")


@app.command()
def isolation() -> None:
    """Say what keeps students' code apart on this machine, and how to get what is missing.

    Exits with status 1 if `course grade` would refuse to grade here.
    """
    from course.grading.sandbox.report import probe

    report = probe()
    for line in report.lines():
        typer.echo(line)
    if refusal := report.refusal():
        typer.echo(refusal, err=True)
        raise typer.Exit(1)


@app.command()
def feedback(lessons: Lessons = None, students: Students = None) -> None:
    """Write the page that each student gets back, in feedback/STUDENT/LESSON/.

    It shows points and reasons, but no hidden test.

    Example:  course feedback --lesson 01_one_channel
    """
    from course.grading.submissions import find_submissions
    from course.reports import write_feedback

    with _plain_errors():
        total = len(find_submissions(Path.cwd(), lessons, students))
        pages = write_feedback(Path.cwd(), lessons, students)
        done = list(_counted("Feedback", pages, total, _feedback_line))
        written = sum(page.folder is not None for page in done)
        typer.echo(f"{written} of {total} written to feedback/STUDENT/LESSON/.")


@app.command()
def table(
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write it as CSV.", show_default=False)
    ] = None,
    markdown: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write it as Markdown.", show_default=False),
    ] = None,
) -> None:
    """Show the points of every student and exercise, and why points were lost.

    "to mark" waits for your marks in formgrader; a total with + may still grow.

    Example:  course table --csv scores.csv
    """
    from course.reports import print_table, score_table, write_csv, write_markdown

    with _plain_errors():
        tables = score_table(Path.cwd())
        print_table(tables, _console())
        if csv:
            write_csv(tables, csv)
        if markdown:
            write_markdown(tables, markdown)


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH_IN_A_FILE)


def _receipt_line(receipt: Any) -> str:
    said = (
        receipt.sentence if receipt.status == "graded" else f"{receipt.status}, {receipt.sentence}"
    )
    line = f"{receipt.student}, {receipt.lesson}: {said} ({receipt.seconds:.1f} s)"
    return " ".join([f"{line}.", "Repaired:", *receipt.repairs]) if receipt.repairs else line


def _move_line(move: Any) -> str:
    from course.reports.summary import move_in_words

    return f"{move.student}, {move.lesson}: {move_in_words(move)}"


def _feedback_line(page: Any) -> str:
    where = _from_here(page.folder) if page.folder else f"no feedback: {page.sentence}"
    return f"{page.student}, {page.lesson}: {where}"


def _from_here(path: Path) -> str:
    path = Path(path)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _counted(title: str, things: Iterable[T], total: int, line: Callable[[T], str]) -> Iterator[T]:
    """Pass things on, with a progress bar on a terminal and a numbered line each elsewhere."""
    console = _console()
    if not console.is_terminal:
        for number, thing in enumerate(things, start=1):
            typer.echo(f"{title} {number} of {total}: {line(thing)}")
            yield thing
        return
    columns = (
        TextColumn(title),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[last]}", markup=False),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(title, total=total, last="", rate="")
        for thing in things:
            speed = progress.tasks[bar].speed
            rate = f"{speed:.1f} a second" if speed else ""
            progress.update(bar, advance=1, last=line(thing), rate=rate)
            yield thing


@contextlib.contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn what a teacher can put right into sentences on stderr and exit status 1."""
    from course.grading.executors.shards import ShardError
    from course.grading.folder import CourseError
    from course.release.folder import ReleaseError

    problems: list[str] = []
    try:
        yield
    except (CourseError, ShardError) as error:
        problems = [str(error)]
    except ReleaseError as error:
        problems = list(error.problems)
    except OSError as error:
        problems = [f"{error.filename or 'A file'}: {error.strerror}."]
    except KeyboardInterrupt:
        typer.echo("Stopped. What is done is kept; the same command goes on from here.", err=True)
        raise typer.Exit(130) from None
    if problems:
        for problem in problems:
            typer.echo(problem, err=True)
        raise typer.Exit(1)
