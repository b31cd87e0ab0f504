"""What a graded notebook says: the automatic score and comment of each cell."""

from dataclasses import dataclass, field

from nbformat.notebooknode import NotebookNode
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution, is_task

NO_RESPONSE = "No response."  # nbgrader's words, which formgrader shows


@dataclass(frozen=True)
class Marks:
    """By the names of the cells.

    scores : None where a human has to mark
    comments : None where there is nothing to be said
    """

    scores: dict[str, float | None] = field(default_factory=dict)
    comments: dict[str, str | None] = field(default_factory=dict)


def marks_of(nb: NotebookNode) -> Marks:
    """Score a notebook by its outputs, with nbgrader's own rules."""
    marks = Marks()
    for cell in nb.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if is_grade(cell):
            marks.scores[name] = determine_grade(cell)[0]
        if is_solution(cell) or is_task(cell):
            unchanged = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
            marks.comments[name] = NO_RESPONSE if unchanged and not is_task(cell) else None
    return marks
