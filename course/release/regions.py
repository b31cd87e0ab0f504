"""What nbgrader keeps of a source cell and what it takes out, by its markers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

SOLUTION = "solution text"
HIDDEN = "hidden-test text"
SCHEME = "mark-scheme text"

_ALMOST = re.compile(
    r"\b(BEGIN|END)[ _-]*((?i:solutions?|hidden[ _-]*tests?|mark(?:ing)?[ _-]*schemes?))\b"
)
_ALMOST_ALONE = re.compile(
    r"^[#%/<!\s-]*(begin|end)[ _-]*(solutions?|hidden[ _-]*tests?|mark(?:ing)?[ _-]*schemes?)"
    r"[#\s>-]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Markers:
    """The delimiters of a course, each kind with its begin and its end, and nbgrader's stubs.

    tasks_only : whether nbgrader refuses a mark scheme outside task cells (its default)
    """

    solution: tuple[str, str] = ("BEGIN SOLUTION", "END SOLUTION")
    hidden: tuple[str, str] = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
    scheme: tuple[str, str] = ("BEGIN MARK SCHEME", "END MARK SCHEME")
    stubs: tuple[str, ...] = ("# YOUR CODE HERE\nraise NotImplementedError()", "YOUR ANSWER HERE")
    tasks_only: bool = True

    def kinds(self) -> Iterator[tuple[str, str, str]]:
        yield SOLUTION, *self.solution
        yield HIDDEN, *self.hidden
        yield SCHEME, *self.scheme

    def in_line(self, line: str) -> str | None:
        """Return the marker that stands in a line, if any."""
        for _, begin, end in self.kinds():
            for marker in (begin, end):
                if marker in line:
                    return marker
        return None

    def almost_in_line(self, line: str) -> str | None:
        """Return what was meant as a marker but is none to nbgrader (`BEGIN HIDDEN TEST`)."""
        if self.in_line(line):
            return None
        found = _ALMOST.search(line) or _ALMOST_ALONE.search(line)
        return found.group(0).strip(" #<!->") if found else None

    def meant_by(self, almost: str) -> str:
        """Return the marker that a misspelt one stands for."""
        words = almost.casefold()
        pair = self.solution
        if "hidden" in words:
            pair = self.hidden
        elif "mark" in words:
            pair = self.scheme
        return pair[0] if words.startswith("begin") else pair[1]


@dataclass(frozen=True)
class Region:
    """Lines of one source cell that no learner may see."""

    kind: str
    lines: tuple[str, ...]
    is_code: bool
    place: str
    grade_id: str | None


@dataclass
class Parts:
    """A source cell, taken apart: the lines nbgrader keeps, its regions, and marker problems."""

    kept: list[str]
    regions: list[Region]
    problems: list[str] = field(default_factory=list)


def flags(cell: Any) -> dict[str, Any]:
    """Return a cell's nbgrader metadata, or an empty dict."""
    found = cell.get("metadata", {}).get("nbgrader", {})
    return found if isinstance(found, dict) else {}


def grade_id(cell: Any) -> str | None:
    found = flags(cell).get("grade_id")
    return found if isinstance(found, str) and found else None


def cell_name(number: int, cell: Any) -> str:
    """Return how messages call a cell: its place counted from one, and its grade_id."""
    name = grade_id(cell)
    return f"cell {number} ({name})" if name else f"cell {number}"


def source_text(cell: Any) -> str:
    """Return a cell's source, which nbformat stores as one string or as a list of lines."""
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else str(source)


def take_apart(cell: Any, place: str, markers: Markers) -> Parts:
    """Split a source cell as nbgrader's Clear… preprocessors do.

    place : how messages call the cell
    """
    lines = source_text(cell).split("\n")
    is_code = cell.get("cell_type") == "code"
    secret = [False] * len(lines)
    regions: list[Region] = []
    problems: list[str] = []

    def add(kind: str, body: list[str]) -> None:
        regions.append(Region(kind, tuple(body), is_code, place, grade_id(cell)))

    for kind, begin, end in markers.kinds():
        spans, found = _spans(lines, begin, end)
        problems += found
        for start, stop in spans:
            add(kind, lines[start + 1 : stop])
            secret[start : stop + 1] = [True] * (min(stop + 1, len(lines)) - start)
    has_solution_region = any(region.kind == SOLUTION for region in regions)
    if flags(cell).get("solution") and not has_solution_region:
        add(SOLUTION, [line for line, cut in zip(lines, secret, strict=True) if not cut])
        secret = [True] * len(lines)
    kept = [
        line
        for line, cut in zip(lines, secret, strict=True)
        if not cut and not markers.in_line(line)
    ]
    return Parts(kept, regions, problems)


def _spans(lines: list[str], begin: str, end: str) -> tuple[list[tuple[int, int]], list[str]]:
    """Return the first and last line of each region, and a sentence for each bad marker."""
    spans: list[tuple[int, int]] = []
    problems: list[str] = []
    start: int | None = None
    for number, line in enumerate(lines):
        if begin in line:
            if start is not None:
                problems.append(
                    f'line {number + 1} has a second "{begin}" before "{end}"; '
                    "close the first region or delete the second marker"
                )
            else:
                start = number
        elif end in line:
            if start is None:
                problems.append(
                    f'line {number + 1} has "{end}" without "{begin}" before it; '
                    "add the one or delete the other"
                )
            else:
                spans.append((start, number))
                start = None
    if start is not None:
        problems.append(f'"{begin}" in line {start + 1} has no "{end}"; add it')
        spans.append((start, len(lines)))
    return spans, problems
