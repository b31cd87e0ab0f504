"""Have many submissions examined: whoever examines, and whatever is done with the results."""

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError

from course.grading.desk import Desk, Notebook, Prepared
from course.grading.examiner.job import Result
from course.grading.executors.pool import Executor, Pool, cores
from course.grading.folder import CourseError
from course.grading.submissions import Submission

AHEAD = 2
"""So many notebooks are prepared for each that is examined."""


@contextmanager
def open_executor(
    desk: Desk, todo: list[Submission], scheduler: str | None = None
) -> Iterator[Executor]:
    """Whoever examines these submissions: this machine's cores, or the workers of a scheduler.

    raises CourseError if there is no such scheduler
    """
    references = desk.references({submission.lesson for submission in todo})
    if scheduler is None:
        executor: Executor = Pool(desk.settings, references, min(cores(), len(todo)))
    else:
        try:
            from course.grading.executors.cluster import Cluster
        except ImportError as error:
            raise CourseError("--scheduler needs Dask: pip install distributed.") from error
        executor = Cluster(scheduler, desk.settings, references)
    try:
        yield executor
    finally:
        executor.close()


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


class Examined:
    """A submission that was examined, or could not be.

    Used in a `with`, it raises what went wrong, and throws its copies away at the end.
    """

    def __init__(self, submission: Submission) -> None:
        self.submission = submission
        self.results: dict[str, Result] = {}
        self.error: Exception | None = None
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
            self._prepared.throw_away()


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
        except (OSError, OperationalError):
            raise  # no room for copies, no gradebook: the others would fare no better
        except Exception as error:  # whatever it is, it is this submission's
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
        was_told = found.is_over  # of an error, while another of its notebooks was examined
        try:
            result = future.result()
        except Exception as error:  # a process of ours that was lost each time, or whatever it is
            found.error = error
        else:
            desk.results.put(notebook.key, result)
            found.results[notebook.name] = result
        if found.is_over and not was_told:
            yield found


@contextmanager
def stopping_cleanly() -> Iterator[None]:
    """Say in one sentence why nothing more can be written."""
    kept = "what was graded until then is kept: mend this, and run `course grade` again"
    try:
        yield
    except OperationalError as error:
        reason = str(error.orig).split("\n")[0]
        raise CourseError(f"The gradebook cannot be written ({reason}); {kept}.") from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise CourseError(f"{where}{error.strerror or error}; {kept}.") from error
