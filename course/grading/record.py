"""The one place where automatic scores enter the gradebook."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.plugins import BasePlugin
from nbgrader.preprocessors import AssignLatePenalties, NbGraderPreprocessor
from sqlalchemy import Connection, Engine, bindparam, func, insert, select, update
from sqlalchemy.orm import Session
from traitlets.config import Config

from course.grading.marks import Marks, marks_of

MARKS = "marks"
"""Where in the resources the marks go, if they are not to be recorded at once."""

# What is asked for every submission: to put a question together takes longer than to ask it.
_SUBMISSION = (
    select(
        Assignment.duedate,
        Student.id.label("student"),
        SubmittedAssignment.id,
        SubmittedAssignment.timestamp,
        SubmittedAssignment.extension,
    )
    .select_from(Assignment)
    .outerjoin(Student, Student.id == bindparam("student"))
    .outerjoin(
        SubmittedAssignment,
        (SubmittedAssignment.assignment_id == Assignment.id)
        & (SubmittedAssignment.student_id == bindparam("student")),
    )
    .where(Assignment.id == bindparam("lesson"))
)
_NOTEBOOKS = select(
    SubmittedNotebook.notebook_id, SubmittedNotebook.id, SubmittedNotebook.late_submission_penalty
).where(SubmittedNotebook.assignment_id == bindparam("submission"))
_GRADES = select(Grade.cell_id, Grade.id, Grade.manual_score).where(
    Grade.notebook_id == bindparam("notebook")
)
_COMMENTS = select(Comment.cell_id, Comment.id).where(Comment.notebook_id == bindparam("notebook"))
_SCORE = select(func.sum(Grade.score)).where(Grade.notebook_id == bindparam("notebook"))


class Record(NbGraderPreprocessor):
    """Score the notebook, and write the scores, the comments and the late penalty.

    It stands where nbgrader has SaveAutoGrades and AssignLatePenalties, does what they do, and is
    configured as they are, with one transaction instead of one for every cell.
    """

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        names = resources["nbgrader"]
        marks = {names["notebook"]: marks_of(nb)}
        if MARKS in resources:
            resources[MARKS].update(marks)
            return nb, resources
        with Gradebook(names["db_url"]) as gradebook:
            recorder = Recorder(gradebook, self.config)
            recorder.record(names["assignment"], names["student"], marks)
        return nb, resources


@dataclass(frozen=True)
class _Notebook:
    """What the gradebook says of one notebook of a lesson.

    marked : the name and the points of each cell that has a mark, by its id
    commented : the name of each cell that has a comment, by its id
    """

    name: str
    marked: dict[str, tuple[str, float]]
    commented: dict[str, str]


class Recorder:
    """Writes to one gradebook.

    config : says with `c.AssignLatePenalties` and its plugin what lateness costs
    """

    def __init__(self, gradebook: Gradebook, config: Config) -> None:
        # Rows are written: objects of the gradebook's session would take several times as long.
        self._engine: Engine = gradebook.engine
        assigning = AssignLatePenalties(config=config)
        assigning.init_plugin()
        self._penalty: BasePlugin = assigning.plugin_inst
        self._lessons: dict[str, tuple[str, dict[str, _Notebook]]] = {}

    def record(
        self,
        lesson: str,
        student: str,
        marks: Mapping[str, Marks | None],
        handed_in: datetime | None = None,
    ) -> tuple[float, float]:
        """Write the automatic scores of a submission in one transaction; twice is as once.

        marks : by notebook; None for one that was not handed in, which scores 0
        handed_in : in UTC, without a time zone; None leaves what is known
        returns the points of the submission, and the most that can be had

        What a human has given stays: marks, extra credit, comments, an extension.
        raises MissingEntry if the gradebook has no such lesson
        """
        lesson_id, notebooks = self._lesson(lesson)
        points = most = 0.0
        with self._engine.begin() as db:
            submission = _submission(db, lesson_id, student, handed_in)
            late = _seconds_late(submission)
            for notebook in _notebooks(db, submission.id, notebooks):
                about, penalty = notebooks[notebook.notebook_id], notebook.late_submission_penalty
                if about.name in marks:
                    _write(db, notebook.id, marks[about.name], about)
                score = db.scalar(_SCORE, {"notebook": notebook.id}) or 0.0
                if about.name in marks:
                    handed_over = marks[about.name] is not None
                    penalty = self._lateness(student, score, late) if handed_over else None
                if penalty != notebook.late_submission_penalty:
                    this = update(SubmittedNotebook).where(SubmittedNotebook.id == notebook.id)
                    db.execute(this.values(late_submission_penalty=penalty))
                points += max(0.0, score - (penalty or 0.0))
                most += sum(worth for _, worth in about.marked.values())
        return points, most

    def forget(self, lesson: str, student: str, reason: str) -> None:
        """Leave no automatic score of a submission, and note why as a comment."""
        lesson_id, notebooks = self._lesson(lesson)
        with self._engine.begin() as db:
            submission = _submission(db, lesson_id, student)
            for notebook in _notebooks(db, submission.id, notebooks):
                about = notebooks[notebook.notebook_id]
                said: dict[str, str | None] = dict.fromkeys(about.commented.values(), reason)
                _write(db, notebook.id, Marks(comments=said), about)

    def _lateness(self, student: str, score: float, late: float) -> float | None:
        """What lateness costs, from 0 to the score; None if it costs nothing."""
        asked = self._penalty.late_submission_penalty(student, score, late) if late > 0 else None
        return None if asked is None else min(max(asked, 0.0), score)

    def _lesson(self, lesson: str) -> tuple[str, dict[str, _Notebook]]:
        """The id of the lesson, and its notebooks by their ids; read once."""
        if lesson not in self._lessons:
            with Session(self._engine) as session:
                query = select(Assignment).where(Assignment.name == lesson)
                assignment = session.scalars(query).one_or_none()
                if assignment is None:
                    raise MissingEntry(f"No such assignment: {lesson}")
                notebooks = {}
                for notebook in assignment.notebooks:
                    marked = [*notebook.grade_cells, *notebook.task_cells]
                    commented = [*notebook.solution_cells, *notebook.task_cells]
                    notebooks[notebook.id] = _Notebook(
                        notebook.name,
                        {cell.id: (cell.name, cell.max_score) for cell in marked},
                        {cell.id: cell.name for cell in commented},
                    )
                self._lessons[lesson] = assignment.id, notebooks
        return self._lessons[lesson]


def _submission(
    db: Connection, lesson: str, student: str, handed_in: datetime | None = None
) -> Any:
    """What the gradebook says of a submission, made if it is not there."""
    which = {"lesson": lesson, "student": student}
    found = db.execute(_SUBMISSION, which).one()
    if found.student is None:
        db.execute(insert(Student), {"id": student})
    if found.id is None:
        new = {"assignment_id": lesson, "student_id": student, "timestamp": handed_in}
        db.execute(insert(SubmittedAssignment), new)
    elif handed_in not in (None, found.timestamp):
        this = update(SubmittedAssignment).where(SubmittedAssignment.id == found.id)
        db.execute(this.values(timestamp=handed_in))
    else:
        return found
    return db.execute(_SUBMISSION, which).one()


def _seconds_late(submission: Any) -> float:
    # Without a due date nothing is late; nbgrader stumbles over an extension of none.
    if submission.timestamp is None or submission.duedate is None:
        return 0.0
    due = submission.duedate + (submission.extension or timedelta())
    return float((submission.timestamp - due).total_seconds())


def _notebooks(db: Connection, submission: str, wanted: Collection[str]) -> Sequence[Any]:
    """What the gradebook says of the notebooks of a submission, made as far as it is not there."""
    found = db.execute(_NOTEBOOKS, {"submission": submission}).all()
    new = set(wanted) - {notebook.notebook_id for notebook in found}
    if not new:
        return found
    rows = [{"assignment_id": submission, "notebook_id": number} for number in new]
    db.execute(insert(SubmittedNotebook), rows)
    return db.execute(_NOTEBOOKS, {"submission": submission}).all()


def _write(db: Connection, notebook: str, marks: Marks | None, about: _Notebook) -> None:
    """Write a mark and a comment for each cell that has one, also for those that are new."""
    grades = {row.cell_id: row for row in db.execute(_GRADES, {"notebook": notebook})}
    scores = {}
    for cell, (name, _) in (dict.fromkeys(grades, ("", 0.0)) | about.marked).items():
        # Not handed in: 0, as nbgrader has it, also for what a human would mark.
        score = 0 if marks is None else marks.scores.get(name)
        was_marked = cell in grades and grades[cell].manual_score is not None
        needs = score is None or (was_marked and marks is not None)
        scores[cell] = {"auto_score": score, "needs_manual_grade": needs}
    _put(db, Grade, notebook, grades, scores)
    comments = {row.cell_id: row for row in db.execute(_COMMENTS, {"notebook": notebook})}
    said = {} if marks is None else marks.comments
    named = dict.fromkeys(comments, "") | about.commented
    written = {cell: {"auto_comment": said.get(name)} for cell, name in named.items()}
    _put(db, Comment, notebook, comments, written)


def _put(
    db: Connection,
    kind: type[Grade] | type[Comment],
    notebook: str,
    found: Mapping[str, Any],
    values: Mapping[str, dict[str, Any]],
) -> None:
    """Write values by cell, into the rows that were found or else into new ones."""
    new = values.keys() - found.keys()
    if new:
        rows = [{"notebook_id": notebook, "cell_id": cell, **values[cell]} for cell in new]
        db.execute(insert(kind), rows)
    if found:
        old = [{"which": row.id, **values[cell]} for cell, row in found.items()]
        db.execute(update(kind).where(kind.id == bindparam("which")), old)
