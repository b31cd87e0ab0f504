"""Grade submissions: prepare each, have it examined, and record it."""

import tempfile
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.apps import NbGraderAPI
from sqlalchemy.exc import OperationalError

from course.grading import failures
from course.grading.desk import Desk, Notebook, Prepared
from course.grading.examiner.examiner import CannotStart, TesterLost
from course.grading.examiner.job import Result
from course.grading.executors.pool import Executor, Pool, cores
from course.grading.executors.worker import WorkerLost
from course.grading.folder import CourseError, open_course
from course.grading.intake import Refused, id_problem, shown
from course.grading.ledger import Entry
from course.grading.sandbox.refusal import CannotIsolate
from course.grading.sandbox.report import probe
from course.grading.submissions import Submission, find_submissions, folder_of, lessons_in_gradebook

NOT_GRADED = "Not graded: "
AHEAD = 2
"""So many submissions are prepared for each that is examined."""


@dataclass(frozen=True)
class Receipt:
    """What became of one submission, in a sentence, and how long it took.

    repairs : a sentence for each thing that was put right before grading
    limits : a sentence for each process of the student's that ended before its time
    """

    student: str
    lesson: str
    status: Literal["graded", "unchanged", "failed"]
    sentence: str
    seconds: float
    repairs: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()


def grade(
    root: Path,
    lessons: Collection[str] | None = None,
    students: Collection[str] | None = None,
    force: bool = False,
    trust_students: bool = False,
    scheduler: str | None = None,
) -> Iterator[Receipt]:
    """Grade what was handed in, and yield a receipt for each submission as it is done.

    root : the course folder
    lessons, students : only these; by default all
    force : also submissions that were graded before and have not changed since
    trust_students : run students' code with your own rights where it cannot be isolated
    scheduler : address of a Dask scheduler whose workers examine; by default this machine does
    raises CourseError, before anything is written, if grading cannot start, and later if nothing
        more can be written; what was graded until then stays
    """
    submissions = find_submissions(root, lessons, students)
    api = open_course(root)
    if trust_students:
        api.config.Examine.trust_students = True
    trusted = api.config.Examine.get("trust_students", False)
    if submissions and not (trusted or scheduler) and (refusal := probe().refusal()):
        raise CourseError(refusal)
    return _grade(api, submissions, force, scheduler)


def _grade(
    api: NbGraderAPI, submissions: list[Submission], force: bool, scheduler: str | None
) -> Iterator[Receipt]:
    known = lessons_in_gradebook(api)
    due = []
    for submission in submissions:
        said = id_problem(submission.student)
        if said is None and submission.lesson not in known:
            said = f"the folder is not named after a lesson ({', '.join(known)})"
        if said is None:
            due.append(submission)
        else:
            yield Receipt(shown(submission.student), shown(submission.lesson), "failed", said, 0.0)
    with ExitStack() as stack, _stopping_cleanly():
        copies = stack.enter_context(tempfile.TemporaryDirectory(prefix="course-"))
        desk = stack.enter_context(Desk(api, Path(copies)))
        todo = []
        for submission in due:
            entry = None if force else desk.unchanged(submission)
            if entry is None:
                todo.append(submission)
            else:
                yield _receipt(submission, "unchanged", entry)
        if todo:
            executor = _executor(desk, todo, scheduler)
            stack.callback(executor.close)
            yield from _graded(desk, slowest_first(desk, todo), executor)


def _executor(desk: Desk, todo: list[Submission], scheduler: str | None) -> Executor:
    references = desk.references({submission.lesson for submission in todo})
    if scheduler is None:
        return Pool(desk.settings, references, min(cores(), len(todo)))
    from course.grading.executors.cluster import Cluster

    return Cluster(scheduler, desk.settings, references)


def slowest_first(desk: Desk, submissions: list[Submission]) -> list[Submission]:
    """The submissions, those of the longest lessons first, so that none is waited for at the end.

    How long a lesson takes is known from the last time, or else guessed from its cells.
    """
    longest: dict[str, float] = {}
    for lesson in dict.fromkeys(submission.lesson for submission in submissions):
        last = [e.seconds for s in submissions if s.lesson == lesson and (e := desk.ledger.get(s))]
        cells = sum(len(part.skeleton.places) for part in desk.lessons(lesson).values())
        longest[lesson] = sum(last) / len(last) if last else cells / 100
    return sorted(submissions, key=lambda s: (-longest[s.lesson], s))


def _graded(desk: Desk, todo: Iterable[Submission], executor: Executor) -> Iterator[Receipt]:
    for found in examined(desk, todo, executor):
        submission = found.submission
        try:
            with found:
                entry = desk.record(desk.score(found.prepared, found.results))
            yield _receipt(submission, "graded", entry)
        except (OSError, OperationalError):
            raise  # nothing can be written: the others would fare no better
        except Exception as error:  # whatever it is, the batch goes on
            said = str(error) if isinstance(error, Refused) else failures.sentence(error)
            desk.forget(submission, NOT_GRADED + said)
            yield Receipt(submission.student, submission.lesson, "failed", said, 0.0)


class Examined:
    """A submission that was examined, or could not be.

    Used in a `with`, it raises what went wrong, and throws its copies away at the end.
    """

    def __init__(self, submission: Submission, error: Exception | None = None) -> None:
        self.submission = submission
        self.results: dict[str, Result] = {}
        self.error = error
        self._prepared: Prepared | None = None

    @property
    def prepared(self) -> Prepared:
        assert self._prepared is not None, "asked for outside of `with`, or after an error"
        return self._prepared

    @prepared.setter
    def prepared(self, prepared: Prepared) -> None:
        self._prepared = prepared

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.error is not None or self.results.keys() >= self.prepared.examined.keys()

    def __enter__(self) -> "Examined":
        if self.error is not None:
            self.__exit__()
            raise self.error
        return self

    def __exit__(self, *_: object) -> None:
        if self._prepared is not None:
            self._prepared.folder.cleanup()


def examined(desk: Desk, todo: Iterable[Submission], executor: Executor) -> Iterator[Examined]:
    """Have submissions examined, and yield each as soon as its results are there.

    No more of them are prepared than the executor needs to be busy. A result that is kept from
    before is taken instead of a new examination, and a new one is kept.
    """
    running: dict[Future[Result], tuple[Examined, Notebook]] = {}
    for submission in todo:
        found = Examined(submission)
        try:
            found.prepared = desk.prepare(submission)
        except Refused as error:
            found.error = error
        else:
            running |= _begun(desk, found, executor)
        if found.is_over:
            yield found
        while len(running) >= AHEAD * executor.at_once:
            yield from _finished(desk, running)
    while running:
        yield from _finished(desk, running)


def _begun(
    desk: Desk, found: Examined, executor: Executor
) -> dict[Future[Result], tuple[Examined, Notebook]]:
    begun = {}
    for notebook in found.prepared.examined.values():
        kept = desk.results.get(notebook.key)
        if kept is None:
            begun[executor.submit(notebook.lesson.key, notebook.job)] = found, notebook
        else:
            found.results[notebook.name] = kept
    return begun


def _finished(
    desk: Desk, running: dict[Future[Result], tuple[Examined, Notebook]]
) -> Iterator[Examined]:
    """Wait for the next results."""
    for future in wait(running, return_when=FIRST_COMPLETED).done:
        found, notebook = running.pop(future)
        try:
            result = future.result()
        except CancelledError as error:
            raise OSError("the scheduler was lost") from error
        except (WorkerLost, TesterLost, CannotStart, CannotIsolate) as error:
            found.error = error
        else:
            desk.results.put(notebook.key, result)
            found.results[notebook.name] = result
        if found.is_over:
            yield found


def _receipt(
    submission: Submission, status: Literal["graded", "unchanged"], entry: Entry
) -> Receipt:
    said = f"{entry.points:g} of {entry.most:g} points"
    return Receipt(
        submission.student,
        submission.lesson,
        status,
        said,
        entry.seconds,
        entry.repairs,
        entry.limits,
    )


@contextmanager
def _stopping_cleanly() -> Iterator[None]:
    """Say in one sentence why nothing more can be written."""
    kept = "what was graded until then is kept: mend this, and run `course grade` again"
    try:
        yield
    except OperationalError as error:
        raise CourseError(f"The gradebook cannot be written ({error.orig}); {kept}.") from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise CourseError(f"{where}{error.strerror or error}; {kept}.") from error


def reason_not_graded(api: NbGraderAPI, gradebook: Gradebook, submission: Submission) -> str | None:
    """Say why a submission has no scores, or None if it has some."""
    if problem := id_problem(submission.student):
        return problem
    try:
        submitted = gradebook.find_submission(submission.lesson, submission.student)
    except MissingEntry:
        return "not graded yet: run `course grade`"
    if folder_of(api, "autograded", submission).exists():
        interrupted = _has_unscored_tests(submitted)
        return "grading was interrupted: run `course grade`" if interrupted else None
    for notebook in submitted.notebooks:
        for comment in notebook.comments:
            said: str = comment.auto_comment or ""
            if said.startswith(NOT_GRADED):
                return said.removeprefix(NOT_GRADED)
    return "grading failed: run `course grade` to see why"


def _has_unscored_tests(submitted: SubmittedAssignment) -> bool:
    return any(
        grade.cell.cell_type == "code"
        and grade.auto_score is None
        and grade.manual_score is None
        and grade.name not in {cell.name for cell in notebook.notebook.solution_cells}
        for notebook in submitted.notebooks
        for grade in notebook.grades
    )
