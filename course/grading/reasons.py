"""Why a test gave fewer points than it could, read from what it printed."""

import builtins
import re
from collections.abc import Iterator

from nbformat.notebooknode import NotebookNode
from nbgrader.utils import determine_grade, is_grade

# A line such as `values: 0 of 3 points. Channels are added, not averaged.`
ASPECT = re.compile(
    r"^(?P<aspect>[^:]+): (?P<earned>\d+(\.\d+)?) of (?P<most>\d+(\.\d+)?) points?\b\.?\s*"
    r"(?P<why>.*)$"
)
TOO_LONG = "it ran longer than a cell may"
NOT_WRITTEN = "not written yet"
LONGEST = 110


def lost_points(nb: NotebookNode) -> dict[str, float]:
    """The points that the tests of a graded notebook took away, by their first reason."""
    lost: dict[str, float] = {}
    for cell in nb.cells:
        if cell.cell_type != "code" or not is_grade(cell):
            continue
        points, most = determine_grade(cell)
        if points is not None and points < most:
            name = cell.metadata.nbgrader.grade_id
            why = next(iter(reasons(cell)), f"points were lost in {name}")
            lost[why] = lost.get(why, 0.0) + most - points
    return lost


def reasons(cell: NotebookNode) -> list[str]:
    """Say why this test cell lost points, one short reason a cause."""
    found = list(_reasons(cell))
    # All else that such a cell says follows from this.
    return [NOT_WRITTEN] if any(NOT_WRITTEN in why.lower() for why in found) else found


def _reasons(cell: NotebookNode) -> Iterator[str]:
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            yield _error(output.ename, output.evalue)
            return
    lost: dict[str, list[str]] = {}
    for line in _printed(cell):
        found = ASPECT.match(line)
        if found and float(found["earned"]) < float(found["most"]):
            lost.setdefault(_shorten(found["why"]), []).append(found["aspect"])
    for why, aspects in lost.items():
        yield ": ".join(filter(None, [", ".join(aspects), why]))


def _error(name: str, message: str) -> str:
    if name in ("KeyboardInterrupt", "CellTimeoutError", "OutOfTime", "TookTooLong"):
        return TOO_LONG
    if name == "NotImplementedError" and not message:
        return NOT_WRITTEN
    words = _shorten(" ".join(message.split()))
    if name == "AssertionError":
        return words or "a test failed that has no message"
    # Python's own errors say little without their name, a course's own say it all.
    parts = (name, words) if hasattr(builtins, name) or not words else (words,)
    return ": ".join(filter(None, parts))


def _printed(cell: NotebookNode) -> list[str]:
    return [
        line
        for output in cell.get("outputs", [])
        if output.output_type == "stream"
        for line in output.text.splitlines()
    ]


def _shorten(text: str) -> str:
    """The sentences of a text that fit in one line, at least a part of the first.

    >>> _shorten("Gone.\\x1b[2J ")  # what would clear a terminal
    'Gone.?[2J'
    """
    text = "".join(letter if letter.isprintable() else "?" for letter in text.strip())
    if len(text) <= LONGEST:
        return text
    end = max(text.rfind(stop, 0, LONGEST) for stop in (". ", "? ", "! "))
    return text[: end + 1] if end > 0 else text[: LONGEST - 1] + "…"
