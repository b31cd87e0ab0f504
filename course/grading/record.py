"""The one place where automatic scores enter the gradebook."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
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
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload
from traitlets.config import Config

from course.grading.marks import Marks, marks_of

MARKS = "marks"
"""Where in the resources the marks go, if they are not to be recorded at once."""


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
        self._session: Session = gradebook.db()
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
        try:
            told = self._record(lesson, student, marks, handed_in)
            self._session.commit()
            return told
        except BaseException:
            self._session.rollback()
            raise

    def forget(self, lesson: str, student: str, reason: str) -> None:
        """Leave no automatic score of a submission, and note why as a comment."""
        try:
            _, notebooks = self._lesson(lesson)
            for notebook in self._submission(lesson, student).notebooks:
                _make_places(notebook, notebooks[notebook.notebook_id])
                for mark in notebook.grades:
                    mark.auto_score = None
                    mark.needs_manual_grade = True
                for comment in notebook.comments:
                    comment.auto_comment = reason
            self._session.commit()
        except BaseException:
            self._session.rollback()
            raise

    def _record(
        self,
        lesson: str,
        student: str,
        marks: Mapping[str, Marks | None],
        handed_in: datetime | None,
    ) -> tuple[float, float]:
        _, notebooks = self._lesson(lesson)
        submission = self._submission(lesson, student)
        if handed_in is not None:
            submission.timestamp = handed_in
        points = most = 0.0
        for notebook in submission.notebooks:
            about = notebooks[notebook.notebook_id]
            if about.name in marks:
                _make_places(notebook, about)
                _write(notebook, marks[about.name], about)
            score = sum(map(_score, notebook.grades))
            if about.name in marks:
                handed_over = marks[about.name] is not None
                late = self._lateness(submission, student, score) if handed_over else None
                notebook.late_submission_penalty = late
            points += max(0.0, score - (notebook.late_submission_penalty or 0.0))
            most += sum(worth for _, worth in about.marked.values())
        return points, most

    def _lateness(
        self, submission: SubmittedAssignment, student: str, score: float
    ) -> float | None:
        """What lateness costs, from 0 to the score; None if it costs nothing."""
        # Without a due date nothing is late; nbgrader stumbles over an extension of none.
        late = submission.total_seconds_late if submission.assignment.duedate else 0
        asked = self._penalty.late_submission_penalty(student, score, late) if late > 0 else None
        return None if asked is None else min(max(asked, 0.0), score)

    def _lesson(self, lesson: str) -> tuple[str, dict[str, _Notebook]]:
        """The id of the lesson, and its notebooks by their ids; read once."""
        if lesson not in self._lessons:
            query = select(Assignment).where(Assignment.name == lesson)
            assignment = self._session.scalars(query).one_or_none()
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

    def _submission(self, lesson: str, student: str) -> SubmittedAssignment:
        """The submission with all that belongs to it, made as far as it is not there."""
        lesson_id, notebooks = self._lesson(lesson)
        within = selectinload(SubmittedAssignment.notebooks)
        found = self._session.scalars(
            select(SubmittedAssignment)
            .where(
                SubmittedAssignment.assignment_id == lesson_id,
                SubmittedAssignment.student_id == student,
            )
            .options(
                joinedload(SubmittedAssignment.assignment),
                within.selectinload(SubmittedNotebook.grades),
                within.selectinload(SubmittedNotebook.comments),
            )
        ).one_or_none()
        if found is None:
            if self._session.get(Student, student) is None:
                self._session.add(Student(id=student))
            assignment = self._session.get(Assignment, lesson_id)
            found = SubmittedAssignment(assignment=assignment, student_id=student)
            self._session.add(found)
        there = {notebook.notebook_id for notebook in found.notebooks}
        for number in notebooks.keys() - there:
            found.notebooks.append(SubmittedNotebook(notebook_id=number))
        return found


def _make_places(notebook: SubmittedNotebook, about: _Notebook) -> None:
    """A mark and a comment for each cell that has one, also for those that are new."""
    for number in about.marked.keys() - {mark.cell_id for mark in notebook.grades}:
        notebook.grades.append(Grade(cell_id=number, needs_manual_grade=True))
    for number in about.commented.keys() - {comment.cell_id for comment in notebook.comments}:
        notebook.comments.append(Comment(cell_id=number))


def _write(notebook: SubmittedNotebook, marks: Marks | None, about: _Notebook) -> None:
    for mark in notebook.grades:
        # Not handed in: 0, as nbgrader has it, also for what a human would mark.
        name, _ = about.marked.get(mark.cell_id, ("", 0))
        mark.auto_score = 0 if marks is None else marks.scores.get(name)
        was_marked = mark.manual_score is not None and marks is not None
        mark.needs_manual_grade = was_marked or mark.auto_score is None
    for comment in notebook.comments:
        name = about.commented.get(comment.cell_id, "")
        comment.auto_comment = None if marks is None else marks.comments.get(name)


def _score(mark: Grade) -> float:
    """What nbgrader's `Grade.score` will be once it is written."""
    given = mark.auto_score if mark.manual_score is None else mark.manual_score
    return 0.0 if given is None else given + (mark.extra_credit or 0.0)
