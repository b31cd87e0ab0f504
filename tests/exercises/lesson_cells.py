"""The cells of the source notebooks, and how a test runs them without a kernel."""

import ast
import contextlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import torch

from course.exercises.catalogue import EXERCISES, LESSONS

ROOT = Path(__file__).parents[2]
RIGHT_ANSWERS = Path(__file__).parent / "right_answers"


@dataclass(frozen=True)
class Result:
    """What a hidden cell came to: its points, and what it printed."""

    points: float
    report: str


@dataclass(frozen=True)
class ExerciseCells:
    """The three cells of one exercise, and what the learner's kernel holds before them."""

    name: str
    lesson: str
    solution: str
    check: str
    hidden: str
    check_points: float
    hidden_points: float
    before: dict[str, Any] = field(repr=False)

    @property
    def stub(self) -> str:
        """The solution cell as learners get it."""
        lines, inside = [], False
        for line in self.solution.split("\n"):
            if "BEGIN SOLUTION" in line:
                inside = True
                indent = line[: len(line) - len(line.lstrip())]
                lines.append(f"{indent}raise NotImplementedError()")
            elif "END SOLUTION" in line:
                inside = False
            elif not inside:
                lines.append(line)
        return "\n".join(lines)

    def define(self, source: str | None = None) -> Callable[..., Any]:
        """The function that a solution cell defines; the stored solution's without a source."""
        names = dict(self.before)
        exec(compile(source or self.solution, f"<{self.name}>", "exec"), names)
        return names[self.name]

    def run_check(self, function: Callable[..., Any]) -> None:
        """Run the visible check cell on a function; it raises as it does in a notebook."""
        with contextlib.redirect_stdout(io.StringIO()):
            exec(self.check, {**self.before, self.name: function})

    def run_hidden(self, function: Callable[..., Any], source: str | None = None) -> Result:
        """Run the hidden cell, or a changed text of it, on a function."""
        tree = ast.parse(source or self.hidden)
        last = tree.body.pop()
        assert isinstance(last, ast.Expr), f"hidden_{self.name} ends in no value"
        names = {**self.before, self.name: function}
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(tree, f"<hidden_{self.name}>", "exec"), names)
            points = eval(compile(ast.Expression(last.value), "<points>", "eval"), names)
        return Result(points, out.getvalue())


@cache
def read_cells(lesson: str) -> dict[str, dict[str, Any]]:
    """Every nbgrader cell of a source notebook, by its grade_id."""
    notebook = json.loads((ROOT / "source" / lesson / f"{lesson}.ipynb").read_text())
    found = {}
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
        if "nbgrader" in cell["metadata"]:
            found[cell["metadata"]["nbgrader"]["grade_id"]] = cell
    return found


@cache
def imports(lesson: str) -> str:
    """The import lines at the head of a lesson."""
    notebook = json.loads((ROOT / "source" / lesson / f"{lesson}.ipynb").read_text())
    first = next(c for c in notebook["cells"] if c["cell_type"] == "code")
    return "".join(first["source"])


def points_of(cell: dict[str, Any]) -> float:
    """What a graded cell is worth."""
    return cell["metadata"]["nbgrader"]["points"]


def has_cells(name: str) -> bool:
    """Whether an exercise has its three cells; test_completeness says which are missing."""
    lesson = next(key for key, exercises in LESSONS.items() if EXERCISES[name] in exercises)
    return {name, f"check_{name}", f"hidden_{name}"} <= set(read_cells(lesson))


@cache
def exercise_cells(name: str) -> ExerciseCells:
    """The cells of one exercise; the lesson's earlier solutions stand in the kernel before them."""
    lesson = next(key for key, exercises in LESSONS.items() if EXERCISES[name] in exercises)
    cells = read_cells(lesson)
    before: dict[str, Any] = {"__name__": "__main__"}
    exec(imports(lesson), before)
    for exercise in LESSONS[lesson]:
        if exercise.name == name:
            break
        if exercise.name not in cells:
            continue  # test_completeness says so
        exec(cells[exercise.name]["source"], before)
    return ExerciseCells(
        name,
        lesson,
        cells[name]["source"],
        cells[f"check_{name}"]["source"],
        cells[f"hidden_{name}"]["source"],
        points_of(cells[f"check_{name}"]),
        points_of(cells[f"hidden_{name}"]),
        before,
    )


@contextlib.contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    """Let torch make tensors of this type for a while."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
