"""Points by student and exercise, with the reason of each lost point."""

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Assignment, Grade, Gradebook, Notebook, SubmittedNotebook
from nbgrader.apps import NbGraderAPI

from course.grading.folder import check_gradebook, open_course
from course.grading.grade import reason_not_graded
from course.grading.intake import shown
from course.grading.reasons import reasons
from course.grading.repairs import repairs_in
from course.grading.standing import Standing
from course.grading.submissions import Submission, folder_of

CHECK, HIDDEN = "check_", "hidden_"


@dataclass(frozen=True)
class Score:
    """What one student has in one exercise; the points are None until a human has marked it."""

    exercise: str
    points: float | None
    most: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One student's scores in one lesson, or in `not_graded` why there are none.

    repairs : a sentence for each thing that was put right before grading
    """

    student: str
    scores: tuple[Score, ...]
    penalty: float
    not_graded: str | None
    repairs: tuple[str, ...] = ()

    @property
    def total(self) -> float:
        return max(0.0, sum(score.points or 0 for score in self.scores) - self.penalty)


@dataclass(frozen=True)
class LessonTable:
    """The exercises of one lesson with their points, and a row a student."""

    lesson: str
    exercises: dict[str, float]
    rows: tuple[Row, ...]

    @property
    def most(self) -> float:
        return sum(self.exercises.values())


def score_table(root: Path) -> list[LessonTable]:
    """Read the gradebook and the graded notebooks of a course; nothing is changed.

    Lessons without any submission are left out.
    raises CourseError if there is no usable gradebook
    """
    api = open_course(root)
    check_gradebook(api)
    with api.gradebook as gradebook:
        lessons = sorted(gradebook.assignments, key=lambda lesson: str(lesson.name))
        handed_in = {lesson.name: _students(api, lesson) for lesson in lessons}
        everybody = sorted(api.get_submitted_students("*").union(*handed_in.values()))
        standing = Standing(gradebook)
        return [
            _lesson_table(api, gradebook, standing, lesson, everybody)
            for lesson in lessons
            if handed_in[lesson.name]
        ]


def _students(api: NbGraderAPI, lesson: Assignment) -> set[str]:
    recorded = {submission.student.id for submission in lesson.submissions}
    return recorded | set(api.get_submitted_students(lesson.name))


def _lesson_table(
    api: NbGraderAPI,
    gradebook: Gradebook,
    standing: Standing,
    lesson: Assignment,
    students: list[str],
) -> LessonTable:
    exercises: dict[str, float] = {}
    for notebook in lesson.notebooks:
        for name, most in _graded_cells(notebook).items():
            exercises[exercise_of(name)] = exercises.get(exercise_of(name), 0) + most
    rows = []
    for student in students:
        submission = Submission(lesson.name, student)
        why = reason_not_graded(api, gradebook, standing, submission)
        rows.append(_row(api, gradebook, submission, exercises, why))
    return LessonTable(lesson.name, exercises, tuple(rows))


def _graded_cells(notebook: Notebook) -> dict[str, float]:
    """The points of each graded cell, in the order of the notebook."""
    points = {cell.name: cell.max_score for cell in notebook.grade_cells + notebook.task_cells}
    return {cell.name: points[cell.name] for cell in notebook.source_cells if cell.name in points}


def exercise_of(cell: str) -> str:
    """The exercise that a graded cell belongs to.

    >>> exercise_of("hidden_corr2d"), exercise_of("check_corr2d"), exercise_of("compare")
    ('corr2d', 'corr2d', 'compare')
    """
    for prefix in (CHECK, HIDDEN):
        if cell.startswith(prefix):
            return cell.removeprefix(prefix)
    return cell


def _row(
    api: NbGraderAPI,
    gradebook: Gradebook,
    submission: Submission,
    exercises: dict[str, float],
    why: str | None,
) -> Row:
    """The row of a submission, which has no scores if it is said why."""
    student = submission.student
    if why:
        handed_in = folder_of(api, "submitted", submission).exists()
        return Row(shown(student), (), 0.0, why if handed_in else "nothing handed in")
    submitted = gradebook.find_submission(submission.lesson, student)
    found: dict[str, list[tuple[Grade, list[str]]]] = {name: [] for name in exercises}
    for notebook in submitted.notebooks:
        cells = _cells(folder_of(api, "autograded", submission) / f"{notebook.name}.ipynb")
        for grade in notebook.grades:
            why_lost = _reasons(grade, notebook, cells)
            found[exercise_of(grade.name)].append((grade, why_lost))
    scores = tuple(_score(name, exercises[name], found[name]) for name in exercises)
    repairs = tuple(repairs_in(folder_of(api, "autograded", submission)))
    return Row(student, scores, submitted.late_submission_penalty or 0.0, None, repairs)


def _score(exercise: str, most: float, grades: list[tuple[Grade, list[str]]]) -> Score:
    if any(grade.needs_manual_grade and grade.manual_score is None for grade, _ in grades):
        return Score(exercise, None, most, ())
    points = sum(grade.score for grade, _ in grades)
    # A hidden test names the cause by aspect; the visible check only meets it first.
    hidden = [causes for grade, causes in grades if grade.name.startswith(HIDDEN) and causes]
    causes = dict.fromkeys(chain.from_iterable(hidden or [causes for _, causes in grades]))
    return Score(exercise, points, most, tuple(causes))


def _reasons(
    grade: Grade, notebook: SubmittedNotebook, cells: dict[str, NotebookNode] | None
) -> list[str]:
    if grade.score >= grade.max_score:
        return []
    if cells is None:
        return [f"{notebook.name}.ipynb was not handed in"]
    if grade.manual_score is not None:
        comments = [c.manual_comment for c in notebook.comments if c.name == grade.name]
        return [f"marked by hand: {said}" if said else "marked by hand" for said in comments]
    cell = cells.get(grade.name)
    if cell is None or grade.cell.cell_type == "markdown":
        return ["no answer"]
    return reasons(cell) or [f"{grade.score:g} of {grade.max_score:g} points in {grade.name}"]


def _cells(path: Path) -> dict[str, NotebookNode] | None:
    """The graded cells of a notebook by name, or None if there is no such file."""
    if not path.exists():
        return None
    cells = nbformat.read(path, as_version=4).cells
    return {
        cell.metadata.nbgrader.grade_id: cell
        for cell in cells
        if cell.metadata.get("nbgrader", {}).get("grade_id")
    }
