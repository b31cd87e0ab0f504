"""Hand in for the example class: `class/*.py` → `submitted/STUDENT/LESSON/LESSON.ipynb`.

A student's file says who they are in its docstring, and holds what they wrote otherwise than the
stored solutions: a function is the text of its solution cell, `WRITTEN` holds written answers.
`START = "released"` begins from unwritten work instead, with the first `FROM_SOLUTIONS` exercises
solved. `damage(cells)` and `damage_text(text)` spoil the notebook, as happens on the way.
"""

import ast
import json
import re
from pathlib import Path
from typing import Any

CLASS = Path(__file__).parent / "class"


def students() -> dict[str, Path]:
    """The file of every student, by student id."""
    return {path.stem: path for path in sorted(CLASS.glob("*.py"))}


def hand_in(course: Path, lessons: list[str]) -> int:
    """Write every student's notebooks under `course/submitted`; returns how many.

    course : a folder with source/ and release/
    """
    count = 0
    for student, path in students().items():
        for lesson in lessons:
            notebook = course / "submitted" / student / lesson / f"{lesson}.ipynb"
            notebook.parent.mkdir(parents=True, exist_ok=True)
            notebook.write_text(write_notebook(course, lesson, path), encoding="utf-8")
            count += 1
    return count


def write_notebook(course: Path, lesson: str, path: Path) -> str:
    """The text of the notebook that one student hands in."""
    text = path.read_text(encoding="utf-8")
    student: dict[str, Any] = {}
    exec(compile(text, str(path), "exec"), student)
    notebook = _read(course / "release" / lesson / f"{lesson}.ipynb")
    solutions = _solutions(_read(course / "source" / lesson / f"{lesson}.ipynb"))
    if student.get("START") == "released":
        solutions = dict(list(solutions.items())[: student.get("FROM_SOLUTIONS", 0)])
    answers = {**solutions, **_functions(text), **student.get("WRITTEN", {})}
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell["source"] = answers[name]
    if "damage" in student:
        student["damage"](notebook["cells"])
    whole = json.dumps(notebook, indent=1, ensure_ascii=False)
    return student["damage_text"](whole) if "damage_text" in student else whole


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _functions(text: str) -> dict[str, str]:
    """The text of every function that a student wrote, by its name."""
    found = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return {node.name: ast.get_source_segment(text, node) or "" for node in found}


def _solutions(notebook: dict[str, Any]) -> dict[str, str]:
    """The stored solutions and written answers, without their markers."""
    answers = {}
    for cell in notebook["cells"]:
        about = cell["metadata"].get("nbgrader", {})
        if about.get("solution"):
            lines = "".join(cell["source"]).split("\n")
            kept = [line for line in lines if not re.search("(BEGIN|END) SOLUTION", line)]
            answers[about["grade_id"]] = "\n".join(kept)
    return answers
