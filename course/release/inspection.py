"""What is wrong with the source notebooks, before anything is generated: one sentence each."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.nbgraderformat import MetadataValidator

from course.release.folder import CourseFolder
from course.release.regions import (
    Markers,
    cell_name,
    flags,
    grade_id,
    source_text,
    take_apart,
)

SCHEMA_VERSION = 3  # of nbgrader's cell metadata


@dataclass(frozen=True)
class SourceNotebook:
    """A source notebook with the name that messages give it."""

    path: Path
    name: str
    cells: list[Any]
    nb: Any
    markers: Markers


# A convention is a rule of the course rather than nbgrader's: it yields problems of a lesson.
Convention = Callable[[list[SourceNotebook]], Iterable[str]]


def named_like_its_folder(notebooks: list[SourceNotebook]) -> Iterator[str]:
    """A lesson is one notebook, named like its folder."""
    for notebook in notebooks:
        lesson = notebook.path.parent.name
        if notebook.path.stem != lesson:
            yield (
                f"{notebook.name}: the notebook is not named like its folder; "
                f"call it {lesson}.ipynb, or delete it if it is a copy."
            )


def cells_of_one_name(notebooks: list[SourceNotebook]) -> Iterator[str]:
    """A code answer `mean` has its tests `check_mean` and `hidden_mean`, and they have it.

    Notebooks without any such test follow other rules and are left alone.
    """
    for notebook in notebooks:
        answers = {grade_id(cell) for cell in notebook.cells if _is_code_answer(cell)}
        tests = {name for cell in notebook.cells if (name := grade_id(cell)) and _tested_by(name)}
        for number, cell in _numbered(notebook) if tests else []:
            for problem in _unpaired(cell, answers, tests, notebook.markers):
                yield f"{notebook.name}, {cell_name(number, cell)}: {problem}."


def _unpaired(
    cell: Any, answers: set[str | None], tests: set[str], markers: Markers
) -> Iterator[str]:
    name = grade_id(cell) or ""
    answer = _tested_by(name)
    if _is_code_answer(cell):
        for test in (f"check_{name}", f"hidden_{name}"):
            if test not in tests:
                yield f"it has no test cell {test}; add one with that grade_id"
    elif answer:
        if answer not in answers:
            yield (
                f"there is no answer cell {answer}; add one with that grade_id or delete this test"
            )
        if not flags(cell).get("grade"):
            yield "a test cell must be graded; mark it as autograder tests"
        begin, end = markers.hidden
        if name.startswith("hidden_") and begin not in source_text(cell):
            yield f'nothing in it is hidden; put its tests between "{begin}" and "{end}"'


def _tested_by(name: str) -> str | None:
    """Return the answer that a test cell is for, by its name.

    >>> _tested_by("hidden_mean"), _tested_by("mean")
    ('mean', None)
    """
    kind, _, answer = name.partition("_")
    return answer if kind in ("check", "hidden") and answer else None


CONVENTIONS: tuple[Convention, ...] = (named_like_its_folder, cells_of_one_name)


def inspect_source(
    course: CourseFolder,
    lessons: Sequence[str] | None = None,
    conventions: Sequence[Convention] = CONVENTIONS,
) -> list[str]:
    """Return every problem of the source notebooks, each as one sentence.

    lessons : folder names in source/; all of them if None
    conventions : the course's own rules; leave out those that a course does not follow
    """
    known = course.lessons()
    source = course.shown(course.source)
    if not known:
        return [f"{source}: there is no lesson in it; make {source}/NAME/NAME.ipynb."]
    problems = []
    for lesson in known if lessons is None else lessons:
        if lesson not in known:
            problems.append(
                f"{source}/{lesson}: there is no such folder; the lessons are {', '.join(known)}."
            )
        elif "+" in lesson:
            problems.append(
                f"{source}/{lesson}: nbgrader allows no + in a name; rename the folder."
            )
        else:
            problems += _inspect_lesson(course, lesson, conventions)
    return problems


def _inspect_lesson(
    course: CourseFolder, lesson: str, conventions: Sequence[Convention]
) -> Iterator[str]:
    folder = course.source / lesson
    paths = sorted(folder.glob("*.ipynb"))
    if not paths:
        yield f"{course.shown(folder)}: there is no notebook in it; add {lesson}.ipynb."
    notebooks = []
    for path in paths:
        name = course.shown(path)
        try:
            nb = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            yield f"{name}: it is no valid JSON ({error}); put back its last good version."
            continue
        if not _is_notebook(nb):
            yield f"{name}: it is no notebook in the format 4; open it in JupyterLab and save it."
            continue
        notebook = SourceNotebook(path, name, nb["cells"], nb, course.markers)
        notebooks.append(notebook)
        yield from _inspect_notebook(notebook)
    for convention in conventions:
        yield from convention(notebooks)


def _inspect_notebook(notebook: SourceNotebook) -> Iterator[str]:
    found = list(_duplicates(notebook))
    for number, cell in _numbered(notebook):
        here = f"{notebook.name}, {cell_name(number, cell)}"
        for problem in (*_bad_markers(cell, notebook.markers), *_bad_metadata(cell)):
            found.append(f"{here}: {problem}.")
        if cell.get("outputs"):
            found.append(f"{here}: an output is stored; clear all outputs and save.")
    yield from found
    if not found:
        yield from _what_others_say(notebook)


def _duplicates(notebook: SourceNotebook) -> Iterator[str]:
    for what, key in (("grade_id", grade_id), ("cell id", _cell_id)):
        count = Counter(name for cell in notebook.cells if (name := key(cell)))
        for name, times in count.items():
            if times > 1:
                numbers = [str(n) for n, cell in _numbered(notebook) if key(cell) == name]
                yield (
                    f"{notebook.name}, cells {' and '.join(numbers)}: "
                    f'they share the {what} "{name}"; give each its own.'
                )


def _bad_markers(cell: Any, markers: Markers) -> Iterator[str]:
    parts = take_apart(cell, "", markers)
    yield from parts.problems
    for number, line in enumerate(source_text(cell).split("\n"), start=1):
        if almost := markers.almost_in_line(line):
            meant = markers.meant_by(almost)
            yield f'line {number} has "{almost}", which is no marker to nbgrader; write "{meant}"'
    meta, text = flags(cell), source_text(cell)
    is_solution = bool(meta.get("solution"))
    if markers.solution[0] in text and not is_solution:
        yield "a solution is marked in a cell that is no answer; mark the cell as an answer"
    if markers.hidden[0] in text and not meta.get("grade"):
        yield "hidden tests stand in a cell that is not graded; mark the cell as autograder tests"
    # In an answer without a solution region nbgrader replaces the whole text, mark scheme and all.
    replaced_whole = is_solution and markers.solution[0] not in text
    refused = markers.tasks_only and not meta.get("task") and not replaced_whole
    if markers.scheme[0] in text and refused:
        yield (
            "nbgrader takes a mark scheme only in a task cell; make it one, or set "
            "c.ClearMarkScheme.enforce_metadata = False"
        )


def _bad_metadata(cell: Any) -> Iterator[str]:
    meta = flags(cell)
    if not meta:
        return
    managed = any(meta.get(flag) for flag in ("grade", "solution", "locked", "task"))
    if managed and grade_id(cell) is None:
        yield "it has no grade_id; give it one in the Create Assignment panel"
    points = meta.get("points")
    if (meta.get("grade") or meta.get("task")) and not _is_points(points):
        said = "it has no points" if points is None else f"its points are {points!r}"
        yield f"{said}; give it a number from 0 on"
    if meta.get("schema_version") != SCHEMA_VERSION:
        yield (
            f"its nbgrader metadata has version {meta.get('schema_version')} "
            f"instead of {SCHEMA_VERSION}; run `nbgrader update`"
        )


def _what_others_say(notebook: SourceNotebook) -> Iterator[str]:
    """Ask nbformat and nbgrader, whose messages are longer, when nothing else was found."""
    if notebook.nb.get("nbformat_minor", 0) < 5 or not all(map(_cell_id, notebook.cells)):
        yield (
            f"{notebook.name}: cells without ids would get new ones at each release; "
            "open it in JupyterLab and save it."
        )
        return
    try:
        nb = nbformat.from_dict(notebook.nb)
        nbformat.validate(nb)
        MetadataValidator().validate_nb(nb)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".split("\n")[0]
        yield f"{notebook.name}: nbgrader will not read it ({reason}); open it in JupyterLab."


def _numbered(notebook: SourceNotebook) -> list[tuple[int, Any]]:
    return list(enumerate(notebook.cells, start=1))


def _cell_id(cell: Any) -> str | None:
    found = cell.get("id")
    return found if isinstance(found, str) else None


def _is_notebook(nb: Any) -> bool:
    cells = nb.get("cells") if isinstance(nb, dict) else None
    return isinstance(cells, list) and all(isinstance(cell, dict) for cell in cells)


def _is_code_answer(cell: Any) -> bool:
    meta = flags(cell)
    return bool(meta.get("solution")) and not meta.get("grade") and cell.get("cell_type") == "code"


def _is_points(points: Any) -> bool:
    return isinstance(points, int | float) and not isinstance(points, bool) and points >= 0
