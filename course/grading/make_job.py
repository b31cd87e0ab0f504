"""From a notebook to the job that the examiner gets."""

import hashlib
import hmac
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat.notebooknode import NotebookNode
from nbgrader.utils import is_grade, is_solution

from course.grading.examiner.job import JobCell
from course.grading.examiner.names import Kind, defined_names, what_tests_need
from course.grading.skeleton import Skeleton

MOST_BYTES_BESIDE = 32 * 1024**2
NOT_BESIDE = {"timestamp.txt", "gradebook.db"}


@dataclass(frozen=True)
class Lesson:
    """What tells the lesson's own cells from a student's.

    given : the texts of the cells that are neither answered nor graded
    students : the names that the released answer cells define
    """

    given: frozenset[str]
    students: frozenset[str]


def read_lesson(skeleton: Skeleton) -> Lesson:
    """The lesson's own cells, as they were released."""
    code = [place for place in skeleton.places if place.cell.cell_type == "code"]
    answers = [place.text or "" for place in code if place.is_answer]
    return Lesson(
        frozenset(place.cell.source for place in code if place.name is None),
        frozenset(name for text in answers for name in defined_names(text)),
    )


def code_cells(nb: NotebookNode) -> list[NotebookNode]:
    """The cells that run, in order."""
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def job_cells(nb: NotebookNode, lesson: Lesson) -> tuple[JobCell, ...]:
    """What runs of each code cell, and where.

    Only a text that was released counts as given, and so may run where the tests run.
    """
    cells = [(_kind(cell, lesson.given), str(cell.source)) for cell in code_cells(nb)]
    parts = what_tests_need(cells, lesson.students)
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


def files_beside(folder: Path) -> dict[str, bytes]:
    """The contents of the files beside a notebook, by relative path.

    Links, notebooks and what would be too much are left out.
    """
    found: dict[str, bytes] = {}
    room = MOST_BYTES_BESIDE
    for path in _walk(folder):
        room -= path.stat().st_size
        if room < 0:
            break
        found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def _walk(folder: Path) -> Sequence[Path]:
    paths = [
        Path(where) / name
        for where, _, names in os.walk(folder, followlinks=False)
        for name in names
        if not name.endswith(".ipynb") and name not in NOT_BESIDE
    ]
    return sorted(path for path in paths if path.is_file() and not path.is_symlink())
