"""The numbers of the sum machine, without a browser."""

import json

import pytest
import torch
from torch.nn.functional import conv2d

from course.exercises.many_inputs import EXAMPLE
from course.exercises.mistakes import many_inputs as wrong
from course.widgets import SumMachine
from course.widgets.stage import CannotShow
from course.widgets.sum_machine import COMBINERS, first_wrong_term, sum_channels

SEED = torch.Generator().manual_seed(5)
SHAPES = [((1, 3, 3), (1, 2, 2)), ((2, 5, 7), (2, 2, 3)), ((4, 12, 12), (4, 3, 3))]


def drawn(*shapes):
    return tuple(torch.randint(-9, 10, shape, generator=SEED).float() for shape in shapes)


@pytest.mark.parametrize("shapes", SHAPES)
def test_products_shares_and_total_agree_with_pytorch(shapes):
    X, K = drawn(*shapes)
    sums = sum_channels(X, K)
    truth = conv2d(X[None], K[None])[0, 0]
    assert torch.equal(sums.Y, truth)
    assert torch.equal(sums.truth, truth)
    assert torch.equal(sums.products.sum((2, 3, 4)), truth)
    assert torch.equal(sums.shares.sum(0), truth)
    assert torch.equal(sums.running[-1], truth)


@pytest.mark.parametrize("combiner", COMBINERS)
@pytest.mark.parametrize("shapes", SHAPES)
def test_what_is_counted_adds_up_to_what_the_rule_gives(combiner, shapes):
    X, K = drawn(*shapes)
    sums = sum_channels(X, K, combiner)
    assert torch.equal(sums.Y, COMBINERS[combiner].answer(X, K))
    torch.testing.assert_close(sums.counted.sum(0), sums.Y)


def test_every_wrong_rule_parts_from_the_truth_somewhere():
    X, K = drawn((3, 5, 7), (3, 2, 3))
    for combiner in COMBINERS.keys() - {"sum"}:
        sums = sum_channels(X, K, combiner)
        assert not torch.equal(sums.Y, sums.truth)


@pytest.mark.parametrize(
    ("f", "place"),
    [
        (wrong.averages_channels, (0, 0, 1)),
        (wrong.uses_the_first_kernel_for_all, (1, 0, 0)),
        (wrong.keeps_only_the_last_channel, (0, 0, 1)),
        (lambda X, K: conv2d(X[None], K[None])[0, 0], None),
    ],
)
def test_the_first_wrong_term_is_the_first_product_that_counts_otherwise(f, place):
    found = first_wrong_term(f, *EXAMPLE, 0, 0)
    assert (found and found[0]) == place


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((torch.ones(2, 3, 3), torch.ones(3, 2, 2)), "X has 2 channels, K has 3"),
        ((torch.ones(5, 3, 3), torch.ones(5, 2, 2)), "X has 5 channels, but there is room for 4."),
        ((torch.ones(1, 13, 13), torch.ones(1, 2, 2)), "room for 12 by 12"),
        ((torch.ones(1, 9, 9), torch.ones(1, 5, 5)), "room for 4 by 4"),
        ((torch.ones(2, 3, 3), torch.ones(2, 4, 4)), "does not fit into an image of 3 by 3"),
        ((torch.full((1, 3, 3), torch.nan), torch.ones(1, 2, 2)), r"X\[0, 0, 0\] is nan"),
        (([[1.0]], torch.ones(1, 1)), "X must be a tensor, not list"),
        ((torch.ones(2, 3, 3),), "Give X and K, or neither of them."),
        ((None, None, 56), "f must be the function itself"),
    ],
)
def test_wrong_arguments_get_one_sentence(arguments, sentence):
    with pytest.raises(CannotShow, match=sentence) as refused:
        SumMachine(*arguments)
    assert "\n" not in str(refused.value)
    assert refused.value._render_traceback_() == [f"✗ {refused.value}"]


def test_a_question_that_has_no_answer_leaves_the_picture():
    machine = SumMachine()
    before = machine.told
    machine.asked = machine.asked | {"X": [[[float("inf")]]], "n": 1}
    assert machine.told["Y"] == before["Y"]
    assert "X[0, 0, 0] is inf" in machine.told["problem"]
    machine.asked = machine.start | {"n": 2}
    assert "problem" not in machine.told


@pytest.mark.parametrize(
    ("f", "sentence"),
    [
        (lambda X, K: X @ nothing, "NameError: name 'nothing' is not defined"),  # noqa: F821
        (lambda X, K: None, "your function gives None."),
        (lambda X, K: [1, 2], "gives a list, the truth is a tensor of shape (2, 2)."),
        (lambda X, K: torch.ones(2, 2) * 1j, "gives torch.complex64, the truth is a tensor"),
        (wrong.stacks_without_sum, "gives shape (2, 2, 2), the truth has shape (2, 2)."),
        (lambda X, K: torch.full((2, 2), torch.nan), "gives nan at row 0, column 0."),
        (lambda X, K: exit(), "SystemExit"),
        (conv2d, "conv2d"),
    ],
)
def test_whatever_the_learners_function_does_is_told_in_a_sentence(f, sentence):
    told = SumMachine(f=f).told
    assert sentence in told["theirs"]["sentence"]
    assert told["Y"] == [[56, 72], [104, 120]]
    json.dumps(told, allow_nan=False)


def test_the_learners_function_may_take_one_channel():
    def corr2d(X, K):
        return conv2d(X[None, None], K[None, None])[0, 0]

    machine = SumMachine(torch.arange(9.0).reshape(3, 3), torch.ones(2, 2), f=corr2d)
    assert machine.told["theirs"]["values"] == [[8, 12], [20, 24]]
    assert "gives the truth" in machine.told["theirs"]["sentence"]


def test_the_learners_function_cannot_change_the_machine():
    def spoils(X, K):
        X.zero_()
        return X[0, :2, :2]

    assert SumMachine(f=spoils).told["Y"] == [[56, 72], [104, 120]]
