"""Who would move if all was graded again now, before anything is written."""

import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import MissingEntry, SubmittedAssignment
from sqlalchemy.exc import OperationalError

from course.grading import failures
from course.grading.desk import Desk, Scored
from course.grading.grade import ready_to_grade
from course.grading.intake import Refused, id_problem
from course.grading.run import examined, open_executor, slowest_first, stopping_cleanly
from course.grading.submissions import find_submissions, lessons_in_gradebook


@dataclass(frozen=True)
class Change:
    """A test that would give another score than it gave."""

    cell: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Move:
    """What a new grading would change for one submission.

    before, after : points, without a late penalty; before is None if it was not graded yet
    problem : why it could not be graded, in a sentence; then there are no points after
    """

    student: str
    lesson: str
    before: float | None
    after: float | None
    changes: tuple[Change, ...] = ()
    problem: str = ""

    @property
    def is_none(self) -> bool:
        """Whether nothing would change."""
        return not self.changes and not self.problem and self.before == self.after


def preview(
    root: Path,
    lessons: Collection[str] | None = None,
    students: Collection[str] | None = None,
    trust_students: bool = False,
    scheduler: str | None = None,
) -> Iterator[Move]:
    """Examine what has changed since it was graded, and say for each what would move.

    The arguments are those of `grade`. The gradebook and the graded notebooks stay as they are;
    results are kept, so that grading afterwards takes no second examination.
    raises CourseError if grading could not start
    """
    submissions = find_submissions(root, lessons, students)
    api = ready_to_grade(root, bool(submissions), trust_students, scheduler)
    known = lessons_in_gradebook(api)
    with ExitStack() as stack, stopping_cleanly():
        copies = stack.enter_context(tempfile.TemporaryDirectory(prefix="course-"))
        desk = stack.enter_context(Desk(api, Path(copies)))
        todo = []
        for submission in submissions:
            if submission.lesson not in known or id_problem(submission.student):
                continue  # `grade` says so
            if entry := desk.unchanged(submission):
                points = entry.points
                yield Move(submission.student, submission.lesson, points, points)
            else:
                todo.append(submission)
        if not todo:
            return
        executor = stack.enter_context(open_executor(desk, todo, scheduler))
        for found in examined(desk, slowest_first(desk, todo), executor):
            try:
                with found:
                    yield _move(desk, desk.score(found.prepared, found.results))
            except (OSError, OperationalError):
                raise
            except Exception as error:
                said = str(error) if isinstance(error, Refused) else failures.sentence(error)
                student, lesson = found.submission.student, found.submission.lesson
                yield Move(student, lesson, None, None, problem=said)


def _move(desk: Desk, scored: Scored) -> Move:
    submission = scored.prepared.submission
    try:
        recorded = desk.gradebook.find_submission(submission.lesson, submission.student)
        before, after, changes = _compared(recorded, scored)
    except MissingEntry:
        before, changes = None, ()
        after = sum(
            score or 0.0
            for marks in scored.marks.values()
            if marks
            for score in marks.scores.values()
        )
    finally:
        desk.gradebook.db.rollback()
    return Move(submission.student, submission.lesson, before, after, changes)


def _compared(
    recorded: SubmittedAssignment, scored: Scored
) -> tuple[float, float, tuple[Change, ...]]:
    before = after = 0.0
    changes = []
    for notebook in recorded.notebooks:
        marks = scored.marks.get(notebook.name)
        for mark in notebook.grades:
            old = mark.auto_score
            new = 0.0 if marks is None else marks.scores.get(mark.name)
            extra = mark.extra_credit or 0.0
            by_hand = mark.manual_score  # counts, whatever the test says
            before += (old or 0.0 if by_hand is None else by_hand) + extra
            after += (new or 0.0 if by_hand is None else by_hand) + extra
            if old != new and by_hand is None:
                changes.append(Change(mark.name, old, new))
    return before, after, tuple(changes)
