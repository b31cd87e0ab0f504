"""Which cell of the lesson each cell of a student's notebook is.

By its name; else by its text; else by its cell id; else by a text that is nearly the same. A cell
that is none of the lesson's is the student's own, and stays where it stood: after the cell of the
lesson that it followed.
"""

import difflib
import re
from dataclasses import dataclass, field, replace
from typing import Literal

from course.grading.read_notebook import StudentCell
from course.grading.skeleton import Place

ALIKE = 0.6  # of difflib's measure from 0 to 1
LONGEST_COMPARED = 2000  # characters
MOST_COMPARED = 50  # cells
DEFINITION = re.compile(r"^(?:async +def|def|class) +(\w+)", re.MULTILINE)


@dataclass
class Filled:
    """A cell of the lesson, and what of the student's belongs to it.

    answer : what was written there
    before, after : the student's own cells around it
    copies : further cells that said they were this one
    recovered : the answer was found although no cell had its name
    """

    place: Place
    answer: StudentCell | None = None
    before: list[StudentCell] = field(default_factory=list)
    after: list[StudentCell] = field(default_factory=list)
    copies: list[StudentCell] = field(default_factory=list)
    recovered: bool = False

    @property
    def is_written(self) -> bool:
        return self.answer is not None and is_written(self.place, self.answer)


@dataclass
class Matched:
    """The lesson's cells, the student's own ahead of them all, and whether the order differed."""

    first: list[StudentCell]
    cells: list[Filled]
    reordered: bool


def match_cells(places: list[Place], cells: list[StudentCell]) -> Matched:
    """Find the place of every cell that a student handed in."""
    homes = _homes(places, cells)
    first: list[StudentCell] = []
    filled = [Filled(place) for place in places]
    claims: dict[int | None, list[StudentCell]] = {}
    for cell in cells:
        claims.setdefault(homes.get(cell.number), []).append(cell)
    for at, found in enumerate(filled):
        found.answer = _the_one_that_counts(found.place, claims.get(at, []))
    here, order = first, []
    for cell in cells:
        home = homes.get(cell.number)
        if home is None:
            if cell.text.strip():
                here.append(cell)
            continue
        found, place = filled[home], places[home]
        if found.answer is cell:
            here = found.after
            order.append(home)
            if not place.is_answer and place.text is not None and place.bare != cell.bare:
                # A changed given cell: the lesson's text, then the student's.
                here.append(replace(cell, kind=kind_of(place)))
            continue
        found.copies.append(cell)
        if place.is_answer:
            here = found.after if home in order else found.before
        if place.text is not None and not _is_copy(place, found, cell):
            here.append(cell)
    matched = Matched(first, filled, order != sorted(order))
    defines = {cell.number: defined(cell.text) for cell in cells if cell.kind == "code"}
    for at in range(len(filled)):
        _recover(matched, at, homes, defines)
    return matched


def kind_of(place: Place) -> Literal["code", "markdown"]:
    return "code" if place.cell.cell_type == "code" else "markdown"


def _the_one_that_counts(place: Place, cells: list[StudentCell]) -> StudentCell | None:
    """Of an answer, the last that defines what it should, or at least says anything."""
    if not cells or not place.is_answer:
        return cells[0] if cells else None
    wanted = defined(place.text or "")
    return max(
        cells,
        key=lambda c: (is_written(place, c), wanted <= defined(c.text), c.number),
    )


def defined(source: str) -> set[str]:
    """The functions and classes that a text defines.

    >>> sorted(defined("class A:\\n    def f(self): ...\\nasync def g(): ...")), defined("x = 1")
    (['A', 'g'], set())
    """
    return set(DEFINITION.findall(source))


def is_written(place: Place, cell: StudentCell) -> bool:
    """Whether a student wrote anything other than what was released."""
    return cell.bare not in ("", place.bare)


def _is_copy(place: Place, found: Filled, cell: StudentCell) -> bool:
    return cell.bare in ("", place.bare, found.answer.bare if found.answer else "")


def _homes(places: list[Place], cells: list[StudentCell]) -> dict[int, int]:
    """The place (by index) of each cell (by number) that has one."""
    by_name = {place.name: at for at, place in enumerate(places) if place.name}
    tests = {place.bare: place.name for place in places if place.is_test and place.text}
    homes = {}
    for cell in cells:
        name = tests.get(cell.bare, cell.name)  # a test's text is never an answer
        if name in by_name:
            homes[cell.number] = by_name[name]
    free = set(range(len(places))) - set(homes.values())

    def settle(cell: StudentCell, fits: list[int]) -> None:
        chosen = next((at for at in fits if at in free), None)
        if cell.number not in homes and chosen is not None:
            homes[cell.number] = chosen
            free.discard(chosen)

    for cell in cells:
        alike = [at for at in sorted(free) if places[at].bare == cell.bare]
        settle(cell, sorted(alike, key=lambda at: places[at].cell.get("id") != cell.id))
    for cell in cells:
        settle(cell, [at for at in free if cell.id and places[at].cell.get("id") == cell.id])
    homeless = [cell for cell in cells if cell.number not in homes and cell.text.strip()]
    for cell in homeless[:MOST_COMPARED]:
        settle(cell, _nearly_the_same(places, sorted(free), cell))
    return homes


def _nearly_the_same(places: list[Place], free: list[int], cell: StudentCell) -> list[int]:
    """The given cell of which this one seems to be a changed version, by the words they share."""
    measure = difflib.SequenceMatcher(autojunk=False)
    measure.set_seq2(cell.text[:LONGEST_COMPARED].split())
    found = []
    for at in free:
        if not places[at].is_answer and kind_of(places[at]) == cell.kind:
            measure.set_seq1((places[at].text or "")[:LONGEST_COMPARED].split())
            if measure.quick_ratio() >= ALIKE and (alike := measure.ratio()) >= ALIKE:
                found.append((alike, at))
    return [at for _, at in sorted(found, reverse=True)]


def _recover(
    matched: Matched, at: int, homes: dict[int, int], defines: dict[int, set[str]]
) -> None:
    """Find an answer that stands in a cell of the student's own.

    defines : what each of the student's code cells defines
    """
    filled = matched.cells[at]
    if not filled.place.is_answer or filled.is_written:
        return
    lists = [matched.first, *(own for cell in matched.cells for own in (cell.before, cell.after))]
    wanted = defined(filled.place.text or "")
    found = sorted(
        (cell for own in lists for cell in own if wanted & defines.get(cell.number, set())),
        key=lambda cell: cell.number,
    )
    if filled.answer is None and len(found) > 1:
        found = _ahead_of_the_test(matched, at, found, homes)[-1:]
    if filled.answer is None and not found and not wanted:
        previous = matched.cells[at - 1].after if at else matched.first
        found = [cell for cell in previous if cell.kind == kind_of(filled.place)]
    if len(found) == 1:
        filled.answer, filled.recovered = found[0], True
        for own in lists:
            own[:] = [cell for cell in own if cell is not found[0]]


def _ahead_of_the_test(
    matched: Matched, at: int, found: list[StudentCell], homes: dict[int, int]
) -> list[StudentCell]:
    """Those that ran before the next test did, in the student's order; else all."""
    tests = [n for n in range(at, len(matched.cells)) if matched.cells[n].place.is_test]
    ran = min((number for number, home in homes.items() if home in tests[:1]), default=None)
    return [cell for cell in found if ran is None or cell.number < ran] or found
