"""Grade submissions: prepare each, have it examined, and record it."""

import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from sqlalchemy.exc import OperationalError

from course.grading import failures
from course.grading.desk import Desk
from course.grading.executors.pool import Executor
from course.grading.folder import CourseError, open_course
from course.grading.intake import Refused, id_problem, shown
from course.grading.ledger import Entry
from course.grading.run import examined, open_executor, slowest_first, stopping_cleanly
from course.grading.sandbox.report import probe
from course.grading.standing import Standing
from course.grading.submissions import Submission, find_submissions, folder_of, lessons_in_gradebook

NOT_GRADED = "Not graded: "


@dataclass(frozen=True)
class Receipt:
    """What became of one submission, in a sentence, and how long it took.

    repairs : a sentence for each thing that was put right before grading
    limits : what ended the student's code before its time, in a few words each
    points, most : None if it was not graded
    lost : points that were lost, by their reason
    """

    student: str
    lesson: str
    status: Literal["graded", "unchanged", "failed"]
    sentence: str
    seconds: float
    repairs: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    points: float | None = None
    most: float | None = None
    lost: Mapping[str, float] = field(default_factory=dict)


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
    api = ready_to_grade(root, bool(submissions), trust_students, scheduler)
    return _grade(api, submissions, force, scheduler)


def ready_to_grade(
    root: Path, is_work: bool, trust_students: bool = False, scheduler: str | None = None
) -> NbGraderAPI:
    """Open the course.

    raises CourseError if there is work and it cannot be done in isolation here, though it should
    """
    api = open_course(root)
    if trust_students:
        api.config.Examine.trust_students = True
    trusted = api.config.Examine.get("trust_students", False)
    if is_work and not (trusted or scheduler) and (refusal := probe().refusal()):
        raise CourseError(refusal)
    return api


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
    with ExitStack() as stack, stopping_cleanly():
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
            executor = stack.enter_context(open_executor(desk, todo, scheduler))
            yield from _graded(desk, slowest_first(desk, todo), executor)


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
        entry.points,
        entry.most,
        entry.lost,
    )


def reason_not_graded(
    api: NbGraderAPI, gradebook: Gradebook, standing: Standing, submission: Submission
) -> str | None:
    """Say why a submission has no scores, or None if it has some.

    standing : of all submissions of the gradebook
    """
    if problem := id_problem(submission.student):
        return problem
    try:
        submitted = gradebook.find_submission(submission.lesson, submission.student)
    except MissingEntry:
        return "not graded yet: run `course grade`"
    if folder_of(api, "autograded", submission).exists():
        if standing.is_complete(submission):
            return None
        return "grading was interrupted: run `course grade`"
    for notebook in submitted.notebooks:
        for comment in notebook.comments:
            said: str = comment.auto_comment or ""
            if said.startswith(NOT_GRADED):
                return said.removeprefix(NOT_GRADED)
    return "grading failed: run `course grade` to see why"
