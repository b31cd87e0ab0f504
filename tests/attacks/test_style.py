"""How an answer is computed is the word of the student's process; what it is, is not.

Two exercises of this course ask for an answer from scratch. Who has the right values from a
ready-made function, and forges what is told of the way to them, keeps the points of these two.
"""

import pytest

from tests.attacks.on_the_protocol import FIND, REPORT_SAYS
from tests.exercises.lesson_cells import read_cells
from tests.grading.examiner.conftest import examine as examine
from tests.grading.examiner.conftest import examiner as examiner

FORGED = FIND + REPORT_SAYS.format(value="thing(*arguments[0])")
FORGED_WRONG = FIND + REPORT_SAYS.format(value="thing(*arguments[0]) + 1")

READY_MADE = {
    "corr2d": (
        "01_one_channel",
        "def corr2d(X, K):\n"
        "    return torch.nn.functional.conv2d(X[None, None], K[None, None])[0, 0]",
    ),
    "corr2d_fast": (
        "03_many_outputs",
        "def corr2d_fast(X, K):\n    return torch.nn.functional.conv2d(X[None], K)[0]",
    ),
}

# Of how many points this is told: those of the visible check and of the hidden test.
POINTS = {"corr2d": (1, 3), "corr2d_fast": (1, 2)}


def earned(examine, name, before=""):
    """What a ready-made answer earns: whether the check passes, and the points of the hidden test.

    before : the text of a cell that stands first
    """
    lesson, answer = READY_MADE[name]
    cells = read_cells(lesson)
    given = ("given", "import torch\nfrom course import check")
    tests = [("test", cells[f"{kind}_{name}"]["source"]) for kind in ("check", "hidden")]
    *_, check, hidden = examine(given, ("own", before), ("answer", answer), *tests)
    return "right" in check[0], float(hidden[-1])


def test_the_points_are_those_of_the_lessons():
    for name, (lesson, _) in READY_MADE.items():
        cells = read_cells(lesson)
        about = [cells[f"{kind}_{name}"]["metadata"] for kind in ("check", "hidden")]
        told = [each["nbgrader"]["points"] for each in about]
        assert tuple(told) == POINTS[name]


@pytest.mark.parametrize("name", READY_MADE)
def test_a_ready_made_answer_earns_nothing_where_one_from_scratch_is_asked_for(examine, name):
    assert earned(examine, name) == (False, 0)


@pytest.mark.parametrize("name", READY_MADE)
def test_who_forges_how_it_was_computed_gets_the_points_of_right_values(examine, name):
    assert earned(examine, name, FORGED) == (True, POINTS[name][1])


@pytest.mark.parametrize("name", READY_MADE)
def test_who_forges_how_it_was_computed_gets_none_for_wrong_values(examine, name):
    assert earned(examine, name, FORGED_WRONG) == (False, 0)
