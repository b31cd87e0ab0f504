"""The text of a student's notebook, whatever state the file is in.

nbformat refuses a file that lacks anything it should have. Grading needs only the text of the
cells, their kind and their names, so those are read and all else is left behind.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeGuard

from nbformat.notebooknode import NotebookNode

NO_NOTEBOOK = "Nothing in the file could be read as a notebook: it counts as not answered."
# A broken file is searched for whole cells: so much of it, and so often without finding one.
LONGEST_BROKEN_FILE = 5_000_000  # characters
MOST_FAILURES = 100
MOST_CELLS = 5000
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
PROSE = {"markdown", "raw", "heading", "html"}  # the last two are of older formats


@dataclass(frozen=True)
class StudentCell:
    """What a student wrote in one cell.

    number : its place in the notebook, counted from 1
    label : what the cell says about its grading, as far as that is plain values
    """

    number: int
    kind: Literal["code", "markdown"]
    text: str
    id: str | None = None
    label: dict[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()

    @property
    def name(self) -> str | None:
        """The `grade_id`, if it is one."""
        name = self.label.get("grade_id")
        return name if isinstance(name, str) else None

    @cached_property
    def bare(self) -> str:
        """The text, to be compared."""
        return bare(self.text)


def bare(text: str) -> str:
    """A text without the white space that nobody sees.

    >>> bare("\\nx = 1  \\n\\n    y\\n")
    'x = 1\\n\\n    y'
    """
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def read_notebook(data: bytes) -> tuple[NotebookNode, list[str]]:
    """Return a valid notebook of what the file holds, and a sentence for each repair.

    >>> read_notebook(b"no notebook")
    ({'nbformat': 4, 'nbformat_minor': 5, 'metadata': {}, 'cells': []}, ['Nothing in the file ...'])
    """
    repairs: list[str] = []
    notebook = _parse(_decode(data, repairs.append), repairs.append)
    cells = student_cells(notebook)
    if not cells:
        return _notebook([]), [NO_NOTEBOOK]
    _report_format(notebook, repairs.append)
    _report_cells(notebook, repairs.append)
    return _notebook([_valid(cell) for cell in cells]), repairs


def student_cells(notebook: dict[str, Any]) -> list[StudentCell]:
    """The cells of a notebook of any format."""
    seen: set[str] = set()
    cells = []
    for number, cell in enumerate(_raw_cells(notebook)[:MOST_CELLS], start=1):
        metadata = _dict(cell.get("metadata"))
        own_id = cell.get("id")
        if not isinstance(own_id, str) or not CELL_ID.fullmatch(own_id) or own_id in seen:
            own_id = None  # of two cells with one id, the first keeps it
        else:
            seen.add(own_id)
        label = _dict(metadata.get("nbgrader"))
        tags = metadata.get("tags")
        cells.append(
            StudentCell(
                number,
                _kind(cell),
                _text(cell),
                own_id,
                {key: value for key, value in label.items() if _is_plain(value)},
                tuple(tag for tag in tags if isinstance(tag, str)) if _is_list(tags) else (),
            )
        )
    return cells


def _decode(data: bytes, report: Callable[[str], None]) -> str:
    coding = json.detect_encoding(data)
    if coding not in ("utf-8", "utf-8-sig"):
        report(f"The file was written as {coding.upper()}: it was read as such.")
    elif coding == "utf-8-sig":
        report("The file began with a byte order mark: it was left out.")
    try:
        return data.decode(coding)
    except UnicodeDecodeError:
        report("The file is not all text: what is none was replaced.")
        return data.decode(coding, errors="replace")


def _parse(text: str, report: Callable[[str], None]) -> dict[str, Any]:
    try:
        notebook = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        cells = list(_whole_cells(text[:LONGEST_BROKEN_FILE]))
        report(f"The file is damaged or broken off: {len(cells)} cells could be saved.")
        return {"cells": cells, "nbformat": 4, "metadata": {"kernelspec": {"name": ""}}}
    return _dict(notebook)


def _whole_cells(text: str) -> Iterator[dict[str, Any]]:
    """The cells that can be read, in a text that as a whole cannot."""
    decoder = json.JSONDecoder(strict=False)
    start = re.compile(r'\{\s*"')
    failures = 0
    found = start.search(text)
    while found and failures < MOST_FAILURES:
        end = found.start() + 1
        try:
            value, after = decoder.raw_decode(text, found.start())
        except (ValueError, RecursionError):
            failures += 1
        else:
            if "cell_type" in value:
                yield value
                end = after
        found = start.search(text, end)


def _raw_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    sheets = [notebook]
    if not _is_list(notebook.get("cells")) and _is_list(notebook.get("worksheets")):
        sheets = notebook["worksheets"]  # format 3
    found = [_dict(sheet).get("cells") for sheet in sheets]
    return [cell for cells in found if _is_list(cells) for cell in cells if isinstance(cell, dict)]


def _kind(cell: dict[str, Any]) -> Literal["code", "markdown"]:
    kind = cell.get("cell_type")
    if kind == "code":
        return "code"
    if isinstance(kind, str) and kind in PROSE:
        return "markdown"
    if "outputs" in cell or "execution_count" in cell:
        return "code"
    return "markdown"


def _text(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input"))  # the latter in format 3
    if _is_list(source):
        lines = [line for line in source if isinstance(line, str)]
        ended = any(line.endswith("\n") for line in lines[:-1])
        source = ("" if ended else "\n").join(lines)
    if not isinstance(source, str):
        return ""
    whole = source.replace("\r\n", "\n").replace("\r", "\n")
    return whole.encode("utf-8", errors="replace").decode()  # half a character cannot be written


def _report_format(notebook: dict[str, Any], report: Callable[[str], None]) -> None:
    major, minor = notebook.get("nbformat"), notebook.get("nbformat_minor", 0)
    if major != 4 or not isinstance(minor, int) or not 0 <= minor <= 5:
        shown = ".".join(str(part) for part in (major, minor) if isinstance(part, int))
        report(f"The file says that its format is {shown or 'none'}: it was read as format 4.")
    metadata = notebook.get("metadata")
    if not isinstance(metadata, dict):
        report("The notebook had no metadata: the lesson's was put back.")
    elif "name" not in _dict(metadata.get("kernelspec")):
        report("The notebook did not name its kernel: the lesson's is used.")


def _report_cells(notebook: dict[str, Any], report: Callable[[str], None]) -> None:
    """Say which parts of cells were missing or wrong; none of them is needed."""
    raw = _raw_cells(notebook)
    if len(raw) > MOST_CELLS:
        report(f"The notebook has {len(raw)} cells: those after the first {MOST_CELLS} were left.")
        raw = raw[:MOST_CELLS]
    wrong: dict[str, list[int]] = {}
    ids = Counter(cell["id"] for cell in raw if isinstance(cell.get("id"), str))
    minor = notebook.get("nbformat_minor")
    with_ids = isinstance(minor, int) and minor >= 5
    for number, cell in enumerate(raw, start=1):
        parts = {
            "cell_type": cell.get("cell_type") == "code" or _kind_is_prose(cell),
            "source": _is_text(cell.get("source", cell.get("input"))),
            "metadata": isinstance(cell.get("metadata"), dict),
            "outputs": _is_list(cell.get("outputs")) or _kind(cell) != "code",
            "execution_count": bool({"execution_count", "prompt_number"} & set(cell))
            or _kind(cell) != "code",
            "id": not with_ids or ids.get(str(cell.get("id"))) == 1,
        }
        for part, is_right in parts.items():
            if not is_right:
                wrong.setdefault(part, []).append(number)
    for part, numbers in wrong.items():
        report(f"{counted(numbers)} had no proper `{part}`: that was mended.")


def counted(numbers: list[int]) -> str:
    """
    >>> counted([3]), counted([3, 5, 6, 7, 8, 9])
    ('Cell 3', 'Cells 3, 5, 6, 7, 8 and 1 more')
    """
    shown = ", ".join(map(str, numbers[:5])) + (
        f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
    )
    return f"Cell{'s' if len(numbers) > 1 else ''} {shown}"


# By hand: nbformat's own functions check each cell by itself, and the notebook once more, which
# would take most of the reading.


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    return NotebookNode(nbformat=4, nbformat_minor=5, metadata=NotebookNode(), cells=cells)


def plain_cell(cell: StudentCell, own_id: str) -> NotebookNode:
    """A cell of a notebook that holds the student's text, and nothing else of theirs."""
    node = NotebookNode(cell_type=cell.kind, id=own_id, metadata=NotebookNode(), source=cell.text)
    if cell.kind == "code":
        node |= {"execution_count": None, "outputs": []}
    return node


def _valid(cell: StudentCell) -> NotebookNode:
    node = plain_cell(cell, cell.id or f"handed-in-{cell.number}")
    if cell.label:
        node.metadata["nbgrader"] = NotebookNode(cell.label)
    if cell.tags:
        node.metadata["tags"] = list(cell.tags)
    return node


def _kind_is_prose(cell: dict[str, Any]) -> bool:
    kind = cell.get("cell_type")
    return isinstance(kind, str) and kind in PROSE


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (
        _is_list(value) and all(isinstance(line, str) for line in value)
    )


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
