"""A test that returns an impossible number of points gives none, and says so."""

from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution


class RefuseBadPoints(NbGraderPreprocessor):
    """Score NaN, negative and too many points as 0, with the reason as an error output.

    nbgrader would give full marks for the first two and leave the submission ungraded for the last.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell):
            maximum = float(cell.metadata.nbgrader["points"])
            for output in cell.outputs:
                points = _points(output)
                if points is not None and not 0 <= points <= maximum:  # NaN fails both
                    said = f"The test returned {points:g} points; it can give 0 to {maximum:g}."
                    error = new_output("error", ename="BadPoints", evalue=said, traceback=[said])
                    cell.outputs.insert(0, error)
                    break
        return cell, resources


def _points(output: NotebookNode) -> float | None:
    """The number that this output returns, or None if it returns none."""
    if output.output_type != "execute_result":
        return None
    try:
        return float(output.data.get("text/plain", ""))
    except ValueError:
        return None
