"""The cells that a lesson's notebook has, as they were released."""

import copy
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Notebook, SourceCell
from nbgrader.coursedir import CourseDirectory
from nbgrader.nbgraderformat import MetadataValidator
from traitlets.config import Config

from course.grading.read_notebook import bare


@dataclass(frozen=True)
class Place:
    """One cell of the lesson.

    number : its place in the lesson, counted from 1
    name : its grade_id; None for a given cell, which is neither answered nor graded
    text : what the learner found there; None if that is not known
    """

    number: int
    name: str | None
    is_answer: bool
    is_test: bool
    text: str | None
    cell: NotebookNode

    @property
    def shown(self) -> str:
        return self.name or f"cell {self.number} of the lesson"

    @cached_property
    def bare(self) -> str | None:
        """The text, to be compared."""
        return None if self.text is None else bare(self.text)


@dataclass(frozen=True)
class Skeleton:
    notebook: NotebookNode
    places: list[Place]


def read_skeleton(config: Config, notebook: Notebook) -> Skeleton:
    """The released notebook, with what the gradebook says about its graded cells.

    notebook : as the gradebook knows it

    Order and given cells are the release's. Locked cells have the gradebook's text, which holds the
    hidden tests. Without a release there are the graded cells only, which are in the gradebook.
    """
    metadata = _metadata_by_name(notebook)
    released = _read_released(config, notebook)
    nb = new_notebook() if released is None else released
    present = {_name(cell) for cell in nb.cells}
    # Also what a release of another day does not have: the gradebook is the truth.
    for at, source in enumerate(notebook.source_cells):
        if source.name not in present:
            before = {cell.name for cell in notebook.source_cells[:at]}
            last = [n for n, cell in enumerate(nb.cells, start=1) if _name(cell) in before]
            nb.cells.insert(max(last, default=0), _from_gradebook(source, metadata))
    places = _places(nb, metadata, released is not None, present)
    texts = {cell.name: cell.source for cell in notebook.source_cells if cell.locked}
    for place in places:
        if place.name in texts:
            place.cell.source = texts[place.name]
    if notebook.kernelspec is not None:
        nb.metadata["kernelspec"] = NotebookNode(json.loads(notebook.kernelspec))
    return Skeleton(nb, places)


def _places(
    nb: NotebookNode,
    metadata: dict[str, dict[str, Any]],
    is_release: bool,
    present: set[str | None],
) -> list[Place]:
    places = []
    for number, cell in enumerate(nb.cells, start=1):
        name = _name(cell)
        graded = metadata.get(name) if name else None
        cell.metadata.pop("nbgrader", None)
        if graded:
            cell.metadata["nbgrader"] = NotebookNode(graded)
        is_answer = bool(graded and graded["solution"])
        # The gradebook's text of a test has its hidden lines, which no learner saw.
        is_known = (is_release and name in present) or is_answer
        places.append(
            Place(
                number,
                name if graded else None,
                is_answer,
                bool(graded and graded["grade"] and not is_answer),
                cell.source if is_known else None,
                cell,
            )
        )
    return places


def _read_released(config: Config, notebook: Notebook) -> NotebookNode | None:
    coursedir = CourseDirectory(config=config)
    folder = coursedir.format_path(coursedir.release_directory, ".", notebook.assignment.name)
    try:
        nb: NotebookNode = nbformat.read(f"{folder}/{notebook.name}.ipynb", as_version=4)
    except (OSError, ValueError):
        return None
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return nb


def _name(cell: NotebookNode) -> str | None:
    name: str | None = cell.metadata.get("nbgrader", {}).get("grade_id")
    return name


def _metadata_by_name(notebook: Notebook) -> dict[str, dict[str, Any]]:
    points = {cell.name: cell.max_score for cell in notebook.grade_cells + notebook.task_cells}
    grades = {cell.name for cell in notebook.grade_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    tasks = {cell.name for cell in notebook.task_cells}
    metadata: dict[str, dict[str, Any]] = {}
    for cell in notebook.source_cells:
        metadata[cell.name] = {
            "schema_version": MetadataValidator.schema_version,
            "grade_id": cell.name,
            "grade": cell.name in grades,
            "solution": cell.name in solutions,
            "task": cell.name in tasks,
            "locked": cell.locked,
            "cell_type": cell.cell_type,
            "checksum": cell.checksum,
        }
        if cell.name in points:
            metadata[cell.name]["points"] = points[cell.name]
    return metadata


def _from_gradebook(source: SourceCell, metadata: dict[str, dict[str, Any]]) -> NotebookNode:
    new = new_code_cell if source.cell_type == "code" else new_markdown_cell
    nbgrader = NotebookNode(copy.deepcopy(metadata[source.name]))
    about = NotebookNode(nbgrader=nbgrader)
    cell: NotebookNode = new(source.source, metadata=about)  # type: ignore[no-untyped-call]
    return cell
