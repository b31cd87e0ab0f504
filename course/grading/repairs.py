"""The receipt of a rebuilt notebook: a sentence for each repair, kept in its metadata."""

from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

KEY = "repairs"


def note_repairs(nb: NotebookNode, repairs: Iterable[str]) -> None:
    nb.metadata[KEY] = list(repairs)


def repairs_of(nb: NotebookNode) -> list[str]:
    """What was repaired before the notebook was graded."""
    noted = nb.metadata.get(KEY, [])
    return [str(sentence) for sentence in noted] if isinstance(noted, list) else []


def repairs_in(folder: Path) -> list[str]:
    """What was repaired in all notebooks of a graded submission; nothing if there is none."""
    found: dict[str, None] = {}
    for path in sorted(folder.glob("*.ipynb")):
        found |= dict.fromkeys(repairs_of(nbformat.read(path, as_version=4)))
    return list(found)
