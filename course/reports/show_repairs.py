"""Tell a student what was repaired in their notebook before it was graded."""

from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.preprocessors import NbGraderPreprocessor

from course.grading.repairs import repairs_of

TITLE = "**Repaired before grading.** Your marks are those of the repaired notebook."


class ShowRepairs(NbGraderPreprocessor):
    """Begin the page with a sentence for each repair; without one, nothing is added."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        if repairs := repairs_of(nb):
            lines = [TITLE, "", *(f"- {_plain(sentence)}" for sentence in repairs)]
            text = "\n".join(lines)
            nb.cells.insert(0, new_markdown_cell(text))
        return nb, resources


def _plain(sentence: str) -> str:
    """Text that Markdown shows as it is: names of cells have underscores.

    >>> print(_plain("Missing: check_mean."))
    Missing: check\\_mean.
    """
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]<>#|$&" else letter for letter in sentence)
