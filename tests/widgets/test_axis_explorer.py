"""The axis explorer shows where torch puts each number, and how it lies in memory."""

import re
from math import prod

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course.figures.palette import INPUT, KERNEL, OUTPUT, TEXT, contrast
from course.widgets.axes_moved import factorings, move_axes
from course.widgets.axis_explorer import PALETTE, AxisExplorer
from course.widgets.stage import CannotShow

SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)
"""At most 3 axes, so that stack has room for one more; every shape has at most 48 numbers."""


def pair(shape):
    """A counts from 0, B from 100."""
    numbers = torch.arange(prod(shape)).reshape(shape)
    return numbers, numbers + 100


def run(code, shape):
    """What a line of the widget gives when a learner runs it."""
    A, B = pair(shape)
    return eval(code, {"A": A, "B": B, "torch": torch})


def asked(explorer, **changes):
    return explorer.answer({**explorer.asked, **changes})


def flat(drawn):
    return [n for block in drawn["blocks"] for row in block["rows"] for n in row]


@st.composite
def questions(draw):
    """A shape of at most 48 numbers, an operation and what it needs."""
    shape = draw(SHAPES.filter(lambda shape: prod(shape) <= 48))
    operation = draw(st.sampled_from(["stack", "cat", "permute", "reshape", "permute_reshape"]))
    return shape, {
        "operation": operation,
        "dim": draw(st.integers(0, len(shape) - (operation != "stack"))),
        "order": draw(st.permutations(range(len(shape)))),
        "target": draw(st.sampled_from([*factorings(prod(shape)), (-1, shape[-1]), (1, -1)])),
        "compare": True,
    }


@given(questions())
def test_the_numbers_shown_are_those_that_its_line_of_code_gives(question):
    shape, choices = question
    told = asked(AxisExplorer(shape), **choices)
    assert run(told["code"], shape) is True
    result = run(told["code"].split(".shape ==")[0], shape)
    after = told["after"]
    assert flat(after) == after["reading"] == result.flatten().tolist()
    assert after["shape"] == str(tuple(result.shape))
    assert [axis["size"] for axis in after["axes"]] == list(result.shape)
    for number, place in told["places"].items():
        R, (A, B) = result, pair(shape)
        assert eval(place["after"], {"R": R}) == number
        assert eval(place["before"], {"A": A, "B": B}) == number


@given(questions())
def test_strides_and_memory_are_those_of_torch(question):
    shape, choices = question
    told = asked(AxisExplorer(shape), **choices)
    A, B = pair(shape)
    code = told["code"].split(".shape ==")[0]
    result = eval(code, {"A": A, "B": B, "torch": torch})
    fact = told["facts"][-1]
    assert fact["strides"] == str(result.stride())
    assert fact["contiguous"] == ("yes" if result.is_contiguous() else "no")
    assert (fact["where"] == "the memory of A") == (result.data_ptr() == A.data_ptr())
    memory = torch.tensor(told["after"]["memory"])
    assert torch.equal(memory.as_strided(result.shape, result.stride()), result)


@given(questions())
def test_the_switch_shows_where_reshape_instead_of_permute_differs(question):
    shape, choices = question
    told = asked(AxisExplorer(shape), **choices | {"operation": "permute"})
    A, _B = pair(shape)
    permuted = A.permute(choices["order"])
    reshaped = A.reshape(permuted.shape)
    assert told["wrong"]["shape"] == told["after"]["shape"]
    assert flat(told["wrong"]) == reshaped.flatten().tolist()
    assert told["wrong"]["elsewhere"] == (permuted != reshaped).flatten().tolist()
    count = int((permuted != reshaped).sum())
    expected = f"but {count} of {A.numel()} places" if count else "gives the same numbers"
    assert expected in told["notes"][-1]


def test_permute_keeps_the_memory_and_reshape_after_it_copies():
    explorer = AxisExplorer((2, 3, 4))
    _A, R = explorer.told["facts"]
    assert (R["strides"], R["contiguous"], R["where"]) == ("(4, 1, 12)", "no", "the memory of A")
    told = asked(explorer, operation="permute_reshape")
    assert told["code"] == "A.permute(1, 2, 0).reshape(3, 8).shape == (3, 8)"
    assert told["facts"][-1]["where"] == "memory of its own"
    assert told["notes"][-1].endswith("it copies them.")


def test_stack_and_cat_say_which_part_is_which():
    explorer = AxisExplorer((2, 3, 4))
    stacked = asked(explorer, operation="stack", dim=1)
    assert stacked["code"] == "torch.stack((A, B), dim=1).shape == (2, 2, 3, 4)"
    assert "R[:, 0] is A, R[:, 1] is B." in stacked["notes"][0]
    assert [axis["name"] for axis in stacked["after"]["axes"]] == ["c", "new", "h", "w"]
    joined = asked(explorer, operation="cat", dim=2)
    assert joined["notes"][0] == "cat makes axis 2 longer: 4 + 4 = 8. No axis is added."


def test_all_factorings_are_offered():
    targets = AxisExplorer((2, 3, 4)).told["targets"]
    assert [2, 12] in targets
    assert [4, 3, 2] in targets
    assert len({tuple(target) for target in targets}) == len(targets)
    assert all(prod(target) == 24 for target in targets)


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"operation": "reshape", "target": "(5, 5)"},
         "The new shape (5, 5) has room for 25 numbers, but A has 24."),
        ({"operation": "reshape", "target": "-1, 5"},
         "24 numbers do not divide by 5: no size for -1 fits."),
        ({"operation": "reshape", "target": "-1 -1"},
         "The new shape (-1, -1) needs sizes of 1 or more, and at most one -1."),
        ({"operation": "reshape", "target": "2, x"},
         "'2, x' is not a shape: write whole numbers, such as 2, 3, 4."),
        ({"operation": "permute", "order": [0, 0, 1]},
         "permute needs each axis once: the numbers from 0 to 2, not (0, 0, 1)."),
        ({"operation": "cat", "dim": 3}, "dim is 3, but for cat it goes from 0 to 2 here."),
        ({"operation": "flip"}, "There is no operation 'flip' here."),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_in_one_sentence(choices, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        asked(AxisExplorer((2, 3, 4)), **choices)


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ((7, 7), "The shape (7, 7) has 49 numbers, but a picture holds 48."),
        ((2, 0), "The shape (2, 0) needs 1 to 4 axes, each of size 1 or more."),
        ((), "The shape () needs 1 to 4 axes, each of size 1 or more."),
        ((1, 1, 1, 1, 1), "The shape (1, 1, 1, 1, 1) needs 1 to 4 axes, each of size 1 or more."),
        (5, "A shape is a tuple of whole numbers, such as (2, 3, 4), not 5."),
        ((2.0, 3), "A shape is a tuple of whole numbers, such as (2, 3, 4), not (2.0, 3)."),
    ],
)
def test_a_shape_that_cannot_be_drawn_is_refused(shape, sentence):
    with pytest.raises(CannotShow, match=re.escape(sentence)):
        AxisExplorer(shape)


def test_stack_of_four_axes_is_refused():
    with pytest.raises(ValueError, match="A has 4 axes, and stack adds one"):
        move_axes((1, 2, 3, 4), "stack")


def test_colours_are_legible_and_none_of_those_of_x_k_and_y():
    assert all(contrast(TEXT, colour) >= 4.5 for colour in PALETTE)
    assert not {colour.upper() for colour in PALETTE} & {INPUT.fill, KERNEL.fill, OUTPUT.fill}


@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 3, 4), (2, 2, 3, 4)])
def test_the_still_picture_holds_every_number(shape):
    picture = AxisExplorer(shape).still()
    picture.png()
    told = AxisExplorer(shape).told
    assert picture.alt.startswith(told["code"])
    shown = re.findall(r"\d+", picture.alt.split("R: ")[1])
    assert [int(number) for number in shown] == told["after"]["reading"]
