"""The numbers of the filter loom are PyTorch's, and it says what it cannot show."""

import json

import pytest
import torch
from torch.nn.functional import conv2d

from course.exercises.given import LAYERS
from course.exercises.many_inputs import X as TWO_CHANNELS
from course.exercises.many_outputs import K3
from course.exercises.mistakes.many_outputs import positions, weights_and_biases
from course.widgets.filter_loom import FilterLoom, fits_in_tiles, weave

SEED = torch.Generator().manual_seed(2)


def signed(*shape):
    return torch.randn(*shape, generator=SEED, dtype=torch.float64)


SHAPES = [((3, 5, 7), (4, 3, 2, 3)), ((1, 4, 6), (1, 1, 3, 2)), ((2, 12, 12), (8, 2, 5, 4))]


@pytest.mark.parametrize(("image", "bank"), SHAPES)
def test_the_parts_add_up_to_what_conv2d_gives(image, bank):
    X, K, bias = signed(*image), signed(*bank), signed(bank[0])
    woven = weave(X, K, bias)
    torch.testing.assert_close(woven.maps, conv2d(X, K, bias))
    torch.testing.assert_close(woven.parts.sum(1), conv2d(X, K))
    for o in range(bank[0]):
        for c in range(bank[1]):
            alone = conv2d(X[c : c + 1], K[o : o + 1, c : c + 1])[0]
            torch.testing.assert_close(woven.parts[o, c], alone)


@pytest.mark.parametrize("layer", LAYERS[:3])
def test_it_counts_as_the_exercise_shapes_and_parameters_does(layer):
    c_i, h, w, c_o, k_h, k_w = layer
    woven = weave(torch.ones(c_i, h, w), torch.ones(c_o, c_i, k_h, k_w), torch.ones(c_o))
    assert woven.kernels == c_o * c_i
    assert woven.parameters == weights_and_biases(*layer)
    assert tuple(woven.maps.shape) == positions(*layer)


def test_it_opens_on_the_three_maps_of_the_origin():
    told = FilterLoom().told
    assert told["maps"] == [
        [[56, 72], [104, 120]],
        [[76, 100], [148, 172]],
        [[96, 128], [192, 224]],
    ]
    assert [part[0][0] for part in told["parts"][0]] == [19, 37]
    assert (
        told["counts"] | {"kernels": 6, "c_o": 3, "weights": 24, "with_bias": 27} == told["counts"]
    )
    assert told["tiles"]


def asked(loom, **changes):
    """What the browser asks for, all of it, with some changes."""
    return loom.start | changes


def test_new_channels_and_filters_go_on_as_the_origin_does():
    loom = FilterLoom()
    told = loom.answer(asked(loom, c_i=4, c_o=5))
    X, K = (torch.tensor(told[name]) for name in "XK")
    for c in range(4):
        assert torch.equal(X[c], TWO_CHANNELS[0] + c)
        for o in range(5):
            assert torch.equal(K[o, c], K3[0, 0] + o + c)
    assert torch.equal(torch.tensor(told["maps"]), conv2d(X, K))


def test_what_was_edited_stays_when_channels_come_and_go():
    loom = FilterLoom()
    X = TWO_CHANNELS.clone()
    X[1, 0, 0] = -7
    grown = loom.answer(asked(loom, X=X.tolist(), c_i=3))
    assert grown["X"][1][0][0] == -7
    cut = loom.answer(asked(loom, X=grown["X"], c_i=1, c_o=2))
    assert (len(cut["X"]), len(cut["K"]), len(cut["K"][0])) == (1, 2, 1)


def test_a_bias_is_added_to_its_map_and_counted():
    loom = FilterLoom(TWO_CHANNELS, K3, torch.tensor([1.0, -2.0, 0.5]))
    assert [y[0][0] for y in loom.told["maps"]] == [57, 74, 96.5]
    assert loom.told["counts"]["parameters"] == 27
    without = loom.answer(asked(loom, biased=False))
    assert [y[0][0] for y in without["maps"]] == [56, 76, 96]
    assert without["counts"]["parameters"] == without["counts"]["weights"] == 24
    assert without["bias"] == [1, -2, 0.5], "switched off, the bias is remembered"


def test_circles_take_over_where_the_numbers_would_be_too_many():
    assert fits_in_tiles(torch.ones(3, 5, 5), torch.ones(4, 3, 2, 2))
    assert not fits_in_tiles(torch.ones(4, 5, 5), torch.ones(4, 4, 2, 2))
    assert not fits_in_tiles(torch.ones(1, 7, 7), torch.ones(1, 1, 2, 2))


def test_all_that_is_told_is_plain_json():
    X, K = signed(8, 12, 12).requires_grad_(), signed(8, 8, 3, 3).int()
    told = FilterLoom(X, K).told
    assert json.loads(json.dumps(told, allow_nan=False)) == told


ones = torch.ones
WRONG = [
    ((ones(2, 3, 3),), "Give X and K, or neither of them."),
    (([[1.0]], ones(1, 1, 1, 1)), "X must be a tensor, not list: torch.tensor(X) makes one."),
    ((ones(3, 3), ones(1, 1, 2, 2)), "X has shape (3, 3), but this picture needs (c, h, w)."),
    ((ones(2, 3, 3), ones(2, 2, 2)), "K has shape (2, 2, 2), but this picture needs (c_o,"),
    ((ones(3, 3, 3), ones(4, 2, 2, 2)), "X has 3 channels, K has 2: every channel needs a"),
    ((ones(2, 3, 3), ones(1, 2, 4, 1)), "A kernel of 4 by 1 does not fit into an image of 3 by 3."),
    ((ones(9, 3, 3), ones(1, 9, 2, 2)), "X has 9 channels, but there is room for 8."),
    ((ones(1, 3, 3), ones(9, 1, 2, 2)), "K has 9 filters, but there is room for 8."),
    ((ones(1, 13, 3), ones(1, 1, 2, 2)), "X is 13 by 3, but this picture has room for 12 by 12."),
    ((ones(1, 3, 3) / 0, ones(1, 1, 2, 2)), "X[0, 0, 0] is inf, but pictures need finite numbers."),
    ((ones(1, 3, 3), ones(2, 1, 2, 2), ones(3)), "bias has 3 numbers, K has 2 filters: every"),
    ((ones(1, 3, 3), ones(2, 1, 2, 2), ones(2, 1)), "bias has shape (2, 1), but this picture"),
]


@pytest.mark.parametrize(("arguments", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_wrong_arguments_are_refused_in_one_sentence(arguments, sentence):
    with pytest.raises(ValueError) as refused:
        FilterLoom(*arguments)
    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)


def test_a_number_too_large_to_add_leaves_the_loom_as_it_is():
    loom = FilterLoom()
    before = loom.told["maps"]
    loom.asked = asked(loom, X=(TWO_CHANNELS.double() * 1e308).tolist(), n=1)
    assert loom.told["problem"] == "X[0, 0, 2] is inf, but pictures need finite numbers."
    loom.asked = asked(loom, X=torch.full((2, 3, 3), 1e308, dtype=torch.float64).tolist(), n=2)
    assert loom.told["problem"].startswith("Y[0, 0, 0, 0] is inf")
    assert loom.told["maps"] == before


def test_the_still_picture_says_the_same_in_words():
    alt = FilterLoom().still().alt
    assert alt.startswith("kernels: c_o · c_i = 3 · 2 = 6,  maps: c_o = 3.")
    assert "Y[2]: 96 128; 192 224." in alt
    assert alt.endswith("parameters: 3 · 2 · 2 · 2 = 24.")


def test_the_still_picture_of_a_bias_says_that_it_is_not_added_yet():
    still = FilterLoom(TWO_CHANNELS, K3, torch.tensor([1.0, -2.0, 0.5])).still()
    assert "parameters: 3 · 2 · 2 · 2 + 3 = 27." in still.alt
    assert still.alt.endswith("before the bias is added: 1, −2, 0.5.")
