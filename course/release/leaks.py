"""The leak gate: no solution, hidden test or mark scheme of any lesson leaves the house."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.release.places import (
    Found,
    Place,
    Unreadable,
    places_in_folder,
    places_in_notebook,
)
from course.release.regions import Markers
from course.release.tokens import code_tokens
from course.release.withheld import Secret, Streams, read_secrets


@dataclass(frozen=True)
class Leak:
    """One thing in a released folder that must not be there.

    file : path below the released folder
    cell : the cell's place in the notebook, counted from one; None outside cells
    grade_id : the cell's, if it has one
    where : "source", "output", "metadata", "attachment" or "file"
    what : what leaked, and what to do about it
    """

    file: str
    cell: int | None
    grade_id: str | None
    where: str
    what: str

    def __str__(self) -> str:
        cell = f", cell {self.cell}" if self.cell else ""
        name = f" ({self.grade_id})" if self.grade_id else ""
        where = f", {self.where}" if self.where != "file" else ""
        return f"{self.file}{cell}{name}{where}: {self.what}"


def find_leaks(
    source_root: Path,
    released_dir: Path,
    markers: Markers | None = None,
    no_secret: Iterable[str] = (),
) -> list[Leak]:
    """Return what a released folder shows of the secrets in source_root/*/*.ipynb.

    released_dir : all lessons' folder or one lesson's
    no_secret : texts that a course shows on purpose
    """
    secrets = read_secrets(source_root, markers, no_secret)
    return _leaks(secrets, markers or Markers(), places_in_folder(released_dir))


def find_leaks_in_notebook(
    secrets: list[Secret], name: str, nb: Any, markers: Markers | None = None
) -> list[Leak]:
    """Return what one notebook shows of some secrets; name is what messages call it."""
    return _leaks(secrets, markers or Markers(), places_in_notebook(name, nb))


def _leaks(secrets: list[Secret], markers: Markers, found: Iterator[Found]) -> list[Leak]:
    leaks: dict[Leak, None] = {}
    for item in found:
        if isinstance(item, Unreadable):
            what = f"{item.why}; delete it, or ship what is in it as plain files"
            leaks[Leak(item.file, None, None, "file", what)] = None
            continue
        place, readings = item
        for what in _told(secrets, markers, place, readings):
            leaks[Leak(place.file, place.cell, place.grade_id, place.where, what)] = None
    return list(leaks)


def _told(
    secrets: list[Secret], markers: Markers, place: Place, readings: list[str]
) -> Iterator[str]:
    """Yield a sentence for each secret and each marker that a text shows."""
    for marker in _left_over(markers, readings):
        yield f'the marker "{marker}" is left over; pair it with its other half in the source'
    streams = [Streams.of(text) for text in readings]
    lines = _home_lines(place, readings)
    for secret in secrets:
        region = secret.region
        shown = next(
            (clue.text for clue in secret.clues if any(map(clue.stands_in, streams))), None
        )
        if shown is None and region.grade_id and region.grade_id == place.grade_id:
            own = secret.lines & lines.keys()
            shown = min((lines[tokens] for tokens in own), default=None)
        if shown is not None:
            yield (
                f"shows {region.kind} of {region.place}: `{_short(shown)}`; "
                "delete it there, or name it in c.LeakGate.no_secret if learners may see it"
            )


def _left_over(markers: Markers, readings: list[str]) -> list[str]:
    found: dict[str, None] = {}
    for text in readings:
        for line in text.split("\n"):
            if marker := markers.in_line(line) or markers.almost_in_line(line):
                found[marker] = None
    return list(found)


def _home_lines(place: Place, readings: list[str]) -> dict[tuple[str, ...], str]:
    """Return a cell's lines by their tokens: in its own cell even a short secret line counts."""
    if place.where != "source" or place.grade_id is None:
        return {}
    return {code_tokens(line): line.strip() for line in readings[0].split("\n")}


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
