"""From a rebuilt notebook to the job that an examiner gets."""

import hashlib
import hmac
from collections.abc import Collection, Mapping

from nbformat.notebooknode import NotebookNode
from nbgrader.utils import is_grade, is_solution

from course.grading.examiner.job import Job, JobCell
from course.grading.examiner.names import Kind, what_tests_need
from course.grading.lesson import Lesson


def make_job(
    nb: NotebookNode,
    lesson: Lesson,
    whose: tuple[str, str, str],
    files: Mapping[str, bytes],
    cell_seconds: float,
    show_given: bool = False,
) -> Job:
    """The job of one submission.

    nb : rebuilt
    whose : the secret of the course, the assignment, the student
    files : what lies beside the student's notebook
    cell_seconds, show_given : see Job
    """
    return Job(
        job_cells(nb, lesson),
        draw_key=draw_key(*whose),
        seed=seed_of(*whose),
        files=dict(files),
        test_files=dict(lesson.beside),
        cell_seconds=cell_seconds,
        show_given=show_given,
    )


def code_cells(nb: NotebookNode) -> list[NotebookNode]:
    """The cells that run, in order."""
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def job_cells(nb: NotebookNode, lesson: Lesson) -> tuple[JobCell, ...]:
    """What runs of each code cell, and where.

    Only a text that was released counts as given, and so may run where the tests run.
    """
    cells = [(_kind(cell, lesson.given), str(cell.source)) for cell in code_cells(nb)]
    # What students write decides nothing here, and without it the same lesson is read once.
    shared = [(kind, text if kind in ("given", "test") else "") for kind, text in cells]
    parts = what_tests_need(shared, lesson.students)
    return tuple(
        JobCell(kind, "" if kind == "test" else text, part.source, part.asks)
        for (kind, text), part in zip(cells, parts, strict=True)
    )


def _kind(cell: NotebookNode, given: Collection[str]) -> Kind:
    if is_grade(cell) and not is_solution(cell):
        return "test"
    if is_solution(cell):
        return "answer"
    return "given" if cell.source in given else "own"


def draw_key(secret: str, assignment: str, student: str) -> str:
    """The key of one submission, from which its tests draw their inputs: 64 hexadecimal digits.

    A copied number fails under another key, and a regrade under the same is bit-identical.
    """
    return _keyed(secret, f"{assignment}\n{student}").hex()


def seed_of(secret: str, assignment: str, student: str) -> int:
    """The seed of the student's process, below 2**32. It tells nothing of the draw key."""
    return int.from_bytes(_keyed(secret, f"seed\n{assignment}\n{student}")[:4], "big")


def _keyed(secret: str, message: str) -> bytes:
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest()
