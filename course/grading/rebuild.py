"""Put the text of a student's answers into the notebook that was released."""

from collections.abc import Iterator
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Integer

from course.grading.lesson import lesson_of
from course.grading.match_cells import Filled, Matched, kind_of, match_cells
from course.grading.read_notebook import StudentCell, counted, plain_cell, student_cells
from course.grading.repairs import note_repairs
from course.grading.skeleton import Place

# What a cell says about its grading, and no student may change.
LABELS = ("grade", "solution", "task", "locked", "points", "schema_version")
MOST_NAMES = 6  # in one sentence


class Rebuild(NbGraderPreprocessor):
    """Take the text of the answers and of the student's own cells, and nothing else.

    Order, given cells, tests, points, names, tags and the kernel are the lesson's. Every repair is
    a sentence in the notebook's metadata.
    """

    max_extra_cells = Integer(200, help="So many cells of their own may a student add.").tag(
        config=True
    )
    max_extra_characters = Integer(100_000, help="So long may each of them be.").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        skeleton = lesson_of(self.config, resources).skeleton
        cells = student_cells(nb)
        matched = match_cells(skeleton.places, cells)
        repairs = list(resources.get("repairs", []))
        if cells:
            repairs += _repairs(matched)
        repairs += self._cut(matched)
        # Copied, since the lesson's cells are those of every student.
        rebuilt = nbformat.from_dict(skeleton.notebook | {"cells": list(_cells(matched))})
        _give_ids(rebuilt)
        note_repairs(rebuilt, repairs)
        for repair in repairs:
            self.log.warning(repair)
        return rebuilt, resources

    def _cut(self, matched: Matched) -> Iterator[str]:
        """Leave out what is too much of the student's own, and say so."""
        room, too_long, too_many = self.max_extra_cells, [], 0
        for own in [matched.first, *(x for c in matched.cells for x in (c.before, c.after))]:
            too_long += [c.number for c in own if len(c.text) > self.max_extra_characters]
            own[:] = [c for c in own if len(c.text) <= self.max_extra_characters]
            too_many += max(0, len(own) - room)
            own[:] = own[:room]
            room -= len(own)
        if too_long:
            yield f"{counted(too_long)}: longer than a cell may be, and left out."
        if too_many:
            yield f"{too_many} of the student's own cells were left out: there are too many."


def _cells(matched: Matched) -> Iterator[dict[str, Any]]:
    yield from map(_own, matched.first)
    for filled in matched.cells:
        yield from map(_own, filled.before)
        cell: dict[str, Any] = filled.place.cell
        if filled.place.is_answer and filled.answer is not None:
            cell = cell | {"source": filled.answer.text}
        yield cell
        yield from map(_own, filled.after)


def _own(cell: StudentCell) -> NotebookNode:
    return plain_cell(cell, f"own-{cell.number}")


def _give_ids(nb: NotebookNode) -> None:
    """Give every cell an id that no other has, the same at every regrade."""
    nb.nbformat_minor = 5
    taken: set[str] = set()
    for number, cell in enumerate(nb.cells, start=1):
        own_id = cell.get("id") or f"cell-{number}"
        while own_id in taken:
            own_id += "-"
        cell["id"] = own_id
        taken.add(own_id)


def _repairs(matched: Matched) -> Iterator[str]:
    """A sentence for each kind of damage, with the cells that had it."""
    kinds = {
        "Missing, and put back": _is_missing,
        "Found in a cell that had lost its name": lambda filled: filled.recovered,
        "There more than once, and the last one that is written counts": _has_answers,
        "There more than once, and graded once": _has_copies,
        "Of another kind of cell, and turned back": _is_retyped,
        "Changed in what it says about its grading, and put right": _is_relabelled,
        "Changed in its text, which runs after that of the lesson": _is_changed_test,
    }
    for sentence, has_it in kinds.items():
        found = [filled.place for filled in matched.cells if has_it(filled)]
        if found:
            yield f"{sentence}: {_listed(found)}."
    if matched.reordered:
        yield "The cells stood in another order, and the lesson's order was put back."


def _listed(places: list[Place]) -> str:
    """The names of some cells, those with a name of their own first."""
    names = [place.shown for place in sorted(places, key=lambda place: place.name is None)]
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _is_missing(filled: Filled) -> bool:
    return filled.answer is None


def _has_answers(filled: Filled) -> bool:
    return bool(filled.copies) and filled.place.is_answer


def _has_copies(filled: Filled) -> bool:
    return bool(filled.copies) and not filled.place.is_answer


def _is_retyped(filled: Filled) -> bool:
    return filled.answer is not None and filled.answer.kind != kind_of(filled.place)


def _is_relabelled(filled: Filled) -> bool:
    if filled.answer is None or filled.recovered or filled.place.name is None:
        return False
    theirs, lessons = filled.answer, filled.place.cell.metadata
    if tuple(lessons.get("tags", ())) != theirs.tags:
        return True
    label = lessons.get("nbgrader", {})
    asked = [key for key in LABELS if key in label or key in theirs.label]
    return theirs.name != filled.place.name or any(
        theirs.label.get(key, False) != label.get(key, False) for key in asked
    )


def _is_changed_test(filled: Filled) -> bool:
    place = filled.place
    return (
        filled.answer is not None
        and place.name is not None
        and not place.is_answer
        and place.text is not None
        and place.bare != filled.answer.bare
    )
