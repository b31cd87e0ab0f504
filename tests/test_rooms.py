"""The rooms of the package import only what the design allows."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import course

COURSE = Path(__file__).parents[1] / "course"
LEARNERS = {"exercises", "checking", "widgets", "figures"}
TEACHERS = {"release", "grading", "reports"}
MAY_IMPORT = {
    "exercises": {"language"},
    "checking": {"exercises", "language"},
    "figures": {"language"},
    "widgets": {"exercises", "checking", "figures", "language"},
    "release": {"release"},
    "grading": {"release"},
    "reports": {"grading"},
}


def imports(path: Path) -> set[str]:
    """The dotted names that a file imports, wherever in it they stand."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: import by the full name"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def rooms(path: Path) -> set[str]:
    """The rooms of the package that a file imports."""
    known = {p.stem for p in COURSE.iterdir()}
    parts = [name.split(".") for name in imports(path)]
    return {part[1] for part in parts if part[0] == "course" and len(part) > 1 and part[1] in known}


FILES = sorted(COURSE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=[str(p.relative_to(COURSE)) for p in FILES])
def test_a_file_imports_only_from_the_rooms_it_may(path: Path) -> None:
    room = path.relative_to(COURSE).parts[0]
    if len(path.relative_to(COURSE).parts) > 1:
        assert room in MAY_IMPORT, f"course/{room} is no room of the design"
        strangers = rooms(path) - MAY_IMPORT[room] - {room}
        assert not strangers, f"course/{room} must not import {strangers}"


@pytest.mark.parametrize("path", FILES, ids=[str(p.relative_to(COURSE)) for p in FILES])
def test_a_learner_needs_no_nbgrader_and_a_teachers_room_no_torch(path: Path) -> None:
    room = path.relative_to(COURSE).parts[0]
    roots = {name.split(".")[0] for name in imports(path)}
    if room in LEARNERS or room in ("__init__.py", "language.py"):
        assert not roots & {"nbgrader", "typer", "rich"}
    if room in TEACHERS:
        assert "torch" not in roots


def test_what_a_lesson_imports_comes_from_the_learners_rooms() -> None:
    assert {room.split(".")[1] for room in course.NAMES} <= LEARNERS
    for name in course.__all__:
        assert getattr(course, name) is not None


def test_a_name_that_a_lesson_cannot_import_is_an_import_error() -> None:
    with pytest.raises(ImportError, match="cannot import name 'corr3d' from 'course'"):
        exec("from course import corr3d")


def test_the_command_does_not_wait_for_torch() -> None:
    look = "import sys, course.cli; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look]).returncode == 0
