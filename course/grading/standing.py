"""What the gradebook says of all submissions before a run begins, in three statements."""

from nbgrader.api import (
    Assignment,
    Grade,
    Gradebook,
    GradeCell,
    SolutionCell,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import select
from sqlalchemy.orm import aliased

from course.grading.submissions import Submission


class Standing:
    """The standing of every submission of a course."""

    def __init__(self, gradebook: Gradebook) -> None:
        session = gradebook.db
        lessons = select(Assignment.name, Assignment.duedate)
        self._due = {name: str(due or "") for name, due in session.execute(lessons)}
        submissions = select(
            Assignment.name, SubmittedAssignment.student_id, SubmittedAssignment.extension
        ).join(SubmittedAssignment.assignment)
        self._extensions = {
            (lesson, student): str(extension or "")
            for lesson, student, extension in session.execute(submissions)
        }
        answer = aliased(SolutionCell)
        unscored = (
            select(Assignment.name, SubmittedAssignment.student_id)
            .select_from(Grade)
            .join(GradeCell, GradeCell.id == Grade.cell_id)
            .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .outerjoin(
                answer,
                (answer.name == GradeCell.name) & (answer.notebook_id == GradeCell.notebook_id),
            )
            .where(
                GradeCell.cell_type == "code",
                answer.id.is_(None),  # an answer that a human marks is no test
                Grade.auto_score.is_(None),
                Grade.manual_score.is_(None),
            )
            .distinct()
        )
        self._incomplete = {(lesson, student) for lesson, student in session.execute(unscored)}
        session.rollback()  # nothing is held while submissions are examined

    def is_complete(self, submission: Submission) -> bool:
        """Whether it is in the gradebook, and every test of it has a score."""
        which = submission.lesson, submission.student
        return which in self._extensions and which not in self._incomplete

    def due(self, submission: Submission) -> str:
        """What decides whether it is late, beside its time."""
        extension = self._extensions.get((submission.lesson, submission.student), "")
        return f"{self._due.get(submission.lesson, '')} {extension}"
