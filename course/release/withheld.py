"""What the source notebooks of a course hold that no learner may see."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.release.regions import Markers, Region, cell_name, take_apart
from course.release.tokens import (
    Tokens,
    code_tokens,
    comments,
    sentences,
    statements,
    stream,
    tells_code,
    tells_prose,
    trimmed,
    without_comments,
    word_tokens,
)

Cell = Any


@dataclass(frozen=True)
class Streams:
    """A text in the three forms in which a secret is looked for."""

    code: str
    uncommented: str
    words: str

    @classmethod
    def of(cls, text: str) -> "Streams":
        code = code_tokens(text)
        bare = code_tokens(without_comments(text)) if "#" in text else code
        return cls(stream(code), stream(bare), stream(word_tokens(text)))


@dataclass(frozen=True)
class Clue:
    """A piece of a secret that is long enough to be recognised by itself."""

    text: str
    key: str
    is_code: bool

    def stands_in(self, streams: Streams) -> bool:
        if self.is_code:
            return self.key in streams.code or self.key in streams.uncommented
        return self.key in streams.words


@dataclass(frozen=True)
class Secret:
    """A region with its clues, and its lines for the cell it was taken from."""

    region: Region
    clues: tuple[Clue, ...]
    lines: frozenset[Tokens]


def read_secrets(
    source_root: Path, markers: Markers | None = None, no_secret: Iterable[str] = ()
) -> list[Secret]:
    """Return every secret of the notebooks in source_root/*/.

    no_secret : texts that a course shows on purpose

    What the given part of a region's own cell shows too is no secret, as the options of a choice
    question, nor is an import that the given part of any notebook shows.
    """
    markers = markers or Markers()
    public = [*no_secret, *"\n".join(markers.stubs).split("\n")]
    regions: list[tuple[Region, list[str]]] = []
    imports: list[str] = []
    for path in sorted(source_root.glob("*/*.ipynb")):
        for place, cell in _cells(path):
            parts = take_apart(cell, place, markers)
            regions += [(region, parts.kept) for region in parts.regions]
            imports += filter(_is_import, parts.kept)
    secrets = []
    for region, beside in regions:
        shown = [Streams.of("\n".join(beside)), *map(Streams.of, [*public, *set(imports)])]
        clues = [clue for clue in _clues(region) if not any(map(clue.stands_in, shown))]
        lines = _lines(region.lines) - _lines(beside) - _lines(public)
        secrets.append(Secret(region, tuple(clues), lines))
    return secrets


def _cells(path: Path) -> list[tuple[str, Cell]]:
    """Return the cells of a source notebook with their names; none if it cannot be read."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # inspection says so
    name = "/".join(path.parts[-3:])
    return [(f"{name}, {cell_name(number, cell)}", cell) for number, cell in enumerate(cells, 1)]


def _clues(region: Region) -> list[Clue]:
    text = "\n".join(region.lines)
    if not region.is_code:
        return _prose_clues(region.lines)
    code = without_comments(text)
    found = _windows(code.split("\n")) + _windows(list(statements(code)))
    found += _prose_clues(comments(text))
    return list({clue.key: clue for clue in found}.values())


def _windows(lines: list[str]) -> list[Clue]:
    """Return, from each line on, the fewest lines that together can be recognised."""
    clues = []
    for start in range(len(lines)):
        if not code_tokens(lines[start]):
            continue
        for stop in range(start + 1, len(lines) + 1):
            text = "\n".join(lines[start:stop])
            tokens = trimmed(code_tokens(text))
            if tells_code(tokens):
                clues.append(_clue(text, tokens, is_code=True))
                break
    return clues


def _prose_clues(paragraphs: Iterable[str]) -> list[Clue]:
    pieces = [piece for text in paragraphs for piece in (text, *sentences(text))]
    keys = {word_tokens(piece): piece for piece in pieces}
    return [
        _clue(piece, tokens, is_code=False) for tokens, piece in keys.items() if tells_prose(tokens)
    ]


def _clue(text: str, tokens: Tokens, is_code: bool) -> Clue:
    return Clue(" ".join(text.split()), stream(tokens), is_code)


def _is_import(line: str) -> bool:
    return line.lstrip().startswith(("import ", "from "))


def _lines(lines: Iterable[str]) -> frozenset[Tokens]:
    return frozenset(tokens for line in lines if (tokens := code_tokens(line)))
