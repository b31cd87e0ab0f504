"""Attacks by the notebook itself: its cells, their labels, their kinds, its format."""

from nbformat.v4 import new_code_cell

from tests.attacks.attack import Attack, lost, wrong
from tests.attacks.lab import FULL, GIVEN
from tests.grading import damages


def edit_given(nb):
    """The lesson's first cell brings names of the student's."""
    cell = next(c for c in nb.cells if c.source == GIVEN)
    cell.source = "def assert_close(*a, **k): pass\ndef check(*a): pass\nfrom course import corr2d"


def copy_given_and_edit(nb):
    """The lesson's first cell is gone, and an own one takes its place."""
    edit_given(nb)
    nb.cells.append(new_code_cell(GIVEN))


def own_cell_with_the_label_of_a_test(nb):
    cell = new_code_cell("3.0")
    cell.metadata["nbgrader"] = dict(damages.cell(nb, "hidden_mean").metadata["nbgrader"])
    nb.cells.append(cell)


def a_test_of_its_own(nb):
    about = {"grade_id": "bonus", "points": 100, "grade": True, "solution": False}
    cell = new_code_cell("100.0")
    cell.metadata["nbgrader"] = about | {"locked": False, "task": False, "schema_version": 3}
    nb.cells.append(cell)


def manual(nb):
    """Say that a person marks it."""
    for name in "check_mean", "hidden_mean":
        damages.cell(nb, name).metadata["nbgrader"].update(solution=True, locked=False)


def easier_test(nb):
    damages.cell(nb, "check_mean").source = "pass"
    damages.cell(nb, "hidden_mean").source = "3.0"


def changed(change, table=0, stock="", exercise="mean"):
    return Attack(table, stock, wrong(exercise), change=change, points=lost(exercise))


def file(text, points):
    return Attack(42, "not graded", text=text, points=points)


NOTHING = dict.fromkeys(FULL, 0.0)

NOTEBOOK = {
    "skips-tests": changed(damages.skip, 1, "full marks"),
    "deletes-tests": changed(
        damages.delete("check_mean", "hidden_mean"), 38, "a resubmission keeps the old score"
    ),
    "doubles-a-test": Attack(39, "the batch ends", change=damages.duplicate("hidden_mean")),
    "doubles-an-easier-test": changed(
        damages.duplicate("hidden_mean", "3.0"), 39, "the batch ends"
    ),
    "schema-1": Attack(40, "the batch ends", change=damages.label("hidden_mean", schema_version=1)),
    "schema-99": Attack(40, "the batch ends", change=damages.label("mean", schema_version=99)),
    "is-no-test": changed(damages.label("hidden_mean", grade=False), 41, "can hide a 0"),
    "is-marked-by-hand": changed(manual, 41, "can hide a 0"),
    "has-more-points": changed(damages.label("hidden_mean", points=400), 41, "full marks"),
    "changes-the-test": changed(easier_test, stock="the released test runs"),
    "moves-tests-to-the-front": Attack(change=damages.move("hidden_mean", 0)),
    "turns-tests-into-text": changed(damages.retype("hidden_mean", "markdown")),
    "turns-it-round": Attack(change=damages.turn_round),
    "own-cell-with-a-tests-name": changed(own_cell_with_the_label_of_a_test),
    "a-test-of-its-own": changed(a_test_of_its_own),
    "edits-given-names": changed(edit_given, exercise="double"),
    "moves-given-names": changed(copy_given_and_edit, exercise="double"),
    "empty-file": file(lambda nb: b"", NOTHING),
    "no-json": file(lambda nb: b"{not a notebook", NOTHING),
    "only-depth": file(lambda nb: b"[" * 200_000, NOTHING),
    "deep-json": file(damages.deep, {}),
    "a-list": file(lambda nb: b"[1, 2, 3]", NOTHING),
}
