"""Put right what a student's notebook says about its graded cells."""

from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook, Notebook, SourceCell
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import NbGraderPreprocessor


class Rebuild(NbGraderPreprocessor):
    """Restore the metadata of graded cells from the gradebook, once each, and missing tests.

    The order of the cells and the text of the student's answers stay as handed in.
    """

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            notebook = gradebook.find_notebook(names["notebook"], names["assignment"])
            metadata = _metadata_by_name(notebook)
            self._restore_metadata(nb, metadata)
            self._restore_missing_cells(nb, notebook.source_cells, metadata)
        return nb, resources

    def _restore_metadata(self, nb: NotebookNode, metadata: dict[str, dict[str, Any]]) -> None:
        waiting = set(metadata)
        for cell in reversed(nb.cells):  # of two cells with one name, the last one counts
            name = _name(cell)
            if name in waiting:
                waiting.remove(name)
                # Nothing else survives: a tag can keep a test from running.
                cell.metadata = NotebookNode(nbgrader=NotebookNode(metadata[name]))
            else:
                if name is not None:
                    self.log.warning("Cell '%s' is a copy or unknown: not graded", name)
                cell.metadata.pop("nbgrader", None)

    def _restore_missing_cells(
        self, nb: NotebookNode, sources: list[SourceCell], metadata: dict[str, dict[str, Any]]
    ) -> None:
        previous = None
        for source in sources:
            names = [_name(cell) for cell in nb.cells]
            # The student may have moved an answer to a cell of their own: leave answers missing.
            is_answer = metadata[source.name]["solution"] and not metadata[source.name]["grade"]
            if source.name not in names and not is_answer:
                self.log.warning("Cell '%s' was missing: put back", source.name)
                if previous is None:
                    place = 0
                else:
                    place = names.index(previous) + 1 if previous in names else len(names)
                nb.cells.insert(place, _cell(source, metadata[source.name], nb.nbformat_minor))
            previous = source.name


def _name(cell: NotebookNode) -> str | None:
    nbgrader = cell.metadata.get("nbgrader")
    return nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None


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


def _cell(source: SourceCell, metadata: dict[str, Any], nbformat_minor: int) -> NotebookNode:
    new = new_code_cell if source.cell_type == "code" else new_markdown_cell
    nbgrader = NotebookNode(nbgrader=NotebookNode(metadata))
    cell: NotebookNode = new(source.source, metadata=nbgrader)  # type: ignore[no-untyped-call]
    if nbformat_minor < 5:
        del cell["id"]  # notebooks of that age have none
    return cell
