"""Courses of one lesson and classes of any size, to measure with, under build/bench."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from examples.hand_in import CLASS, write_notebook

ROOT = Path(__file__).parents[1]
BIN = ROOT / ".venv" / "bin"
SCRATCH = ROOT / "build" / "bench"
# nbgrader calls `alembic` as a program.
ENVIRONMENT = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}

HONEST = ("ada", "bela", "chen", "dora", "emil", "fatima", "kofi", "lin")
"""Of the example class those whose code ends, and whose file stock nbgrader can grade, too."""

STOCK = """
c = get_config()
c.CourseDirectory.course_id = "many_channels"
"""

SMALL = "small"
"""A lesson of one exercise, to measure what does not hang on the lesson."""

SMALL_CELLS = {
    "": "import torch",
    "total": '''def total(X):
    """Add over the channels: (c, h, w) gives (h, w)."""
    ### BEGIN SOLUTION
    return X.sum(0)
    ### END SOLUTION''',
    "check_total": "assert total(torch.ones(2, 3, 4)).shape == (3, 4)",
    "hidden_total": """# Hidden test: the values.
### BEGIN HIDDEN TESTS
X = torch.arange(24.0).reshape(2, 3, 4)
assert torch.equal(total(X), X[0] + X[1])
### END HIDDEN TESTS""",
}
SMALL_ANSWERS = ("return X.sum(0)", "return sum(X)", "return X.sum(-1)", "return X.mean(0)", "pass")

# What an exercise is answered with by those whose code is not just wrong.
BAD = {
    "an endless loop": "while True:\n        pass",
    "a memory bomb": "full = []\n    while True:\n        full.append(torch.ones(1 << 24))",
    "a dying process": "import os\n    os._exit(1)",
}


@dataclass(frozen=True)
class Course:
    """A folder with one released lesson and a class that has handed it in."""

    folder: Path
    lesson: str

    def ungrade(self) -> None:
        """Back to where nothing is graded and nothing is known."""
        shutil.rmtree(self.folder / ".course", ignore_errors=True)
        shutil.rmtree(self.folder / "autograded", ignore_errors=True)
        shutil.copy(self.folder / "released.db", self.folder / "gradebook.db")

    @property
    def students(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "submitted").iterdir())

    def stock(self, count: int) -> "Course":
        """The same course as nbgrader has it without our configuration, and the first students."""
        folder = self.folder.with_name(f"{self.folder.name}-stock-{count}")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name in ("source", "release"):
            shutil.copytree(self.folder / name, folder / name)
        shutil.copy(self.folder / "released.db", folder / "gradebook.db")
        (folder / "nbgrader_config.py").write_text(STOCK, encoding="utf-8")
        for student in self.students[:count]:
            shutil.copytree(self.folder / "submitted" / student, folder / "submitted" / student)
        return Course(folder, self.lesson)


def make_course(name: str, lesson: str, count: int, bad: int = 0) -> Course:
    """Release a lesson and hand it in for a class.

    name : of the folder under build/bench, made anew
    count : of students, each with a text of their own, so that no result serves two of them
    bad : of so many students one writes code that never ends, or takes all memory, or ends Python
    """
    folder = SCRATCH / name
    shutil.rmtree(folder, ignore_errors=True)
    source = folder / "source" / lesson / f"{lesson}.ipynb"
    source.parent.mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    if lesson == SMALL:
        nbformat.write(_small_lesson(), source)
    else:
        shutil.copy(ROOT / "source" / lesson / f"{lesson}.ipynb", source)
    command = [BIN / "course", "release"]
    subprocess.run(command, cwd=folder, env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)
    shutil.copy(folder / "gradebook.db", folder / "released.db")
    notebooks = _small_answers(folder) if lesson == SMALL else _answers(folder, lesson)
    for number in range(count):
        kind = kind_of(number, bad)
        notebook = notebooks[number % len(notebooks)]
        _hand_in(Course(folder, lesson), number, notebook, BAD[kind] if kind else None)
    return Course(folder, lesson)


def kind_of(number: int, bad: int) -> str | None:
    """Which kind of bad code a student writes, of whom one in so many does; None for the others."""
    return [*BAD][number // bad % len(BAD)] if bad and number % bad == 0 else None


def _answers(folder: Path, lesson: str) -> list[dict[str, Any]]:
    """The notebooks of the example class."""
    paths = [CLASS / f"{student}.py" for student in HONEST]
    return [json.loads(write_notebook(folder, lesson, path)) for path in paths]


def _small_answers(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "release" / SMALL / f"{SMALL}.ipynb").read_text(encoding="utf-8")
    notebooks = [json.loads(text) for _ in SMALL_ANSWERS]
    for notebook, answer in zip(notebooks, SMALL_ANSWERS, strict=True):
        for cell in notebook["cells"]:
            if _name(cell) == "total":
                cell["source"] = f"def total(X):\n    {answer}"
    return notebooks


def _small_lesson() -> Any:
    cells = []
    for name, text in SMALL_CELLS.items():
        about = {
            "schema_version": 3,
            "grade_id": name,
            "grade": "_" in name,
            "solution": "_" not in name,
            "locked": "_" in name,
            "task": False,
            **({"points": 1} if "_" in name else {}),
        }
        cells.append(new_code_cell(text, id=name or "imports"))
        cells[-1].metadata = {"nbgrader": about} if name else {}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _hand_in(course: Course, number: int, notebook: dict[str, Any], bad: str | None) -> None:
    """Write the notebook of a student; their name stands in every answer."""
    student = f"student{number:05}"
    cells = []
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution") and cell["cell_type"] == "code":
            text = "".join(cell["source"]) if bad is None else _spoilt(cell, bad)
            cell = {**cell, "source": f"# {student}\n{text}"}
        cells.append(cell)
    path = course.folder / "submitted" / student / course.lesson / f"{course.lesson}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({**notebook, "cells": cells}), encoding="utf-8")


def _spoilt(cell: dict[str, Any], bad: str) -> str:
    return f"def {_name(cell)}(*_, **__):\n    {bad}"


def _name(cell: dict[str, Any]) -> str:
    name: str = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
    return name


def course_command(*arguments: str) -> Sequence[str]:
    """The `course` command of this environment."""
    return [str(BIN / "course"), *arguments]
