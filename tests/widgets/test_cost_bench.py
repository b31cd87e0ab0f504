"""The cost bench says of a layer what torch.nn.Conv2d says of it."""

import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course.exercises.given import LAYERS
from course.exercises.mistakes.many_outputs import multiplications
from course.widgets.cost_bench import CostBench, compared
from course.widgets.layer_cost import layer_cost
from course.widgets.stage import CannotShow


@st.composite
def layers(draw):
    """The eight numbers of a layer that exists, every one of them small."""
    k, p, groups = draw(st.integers(1, 4)), draw(st.integers(0, 3)), draw(st.integers(1, 3))
    least = max(1, k - 2 * p)
    return {
        "h": draw(st.integers(least, 11)),
        "w": draw(st.integers(least, 11)),
        "k": k,
        "p": p,
        "s": draw(st.integers(1, 6)),
        "c_i": groups * draw(st.integers(1, 3)),
        "c_o": groups * draw(st.integers(1, 3)),
        "groups": groups,
    }


def torch_layer(layer):
    """Conv2d with weights above zero, so that a pixel has a gradient if and only if it is read."""
    conv = torch.nn.Conv2d(
        layer["c_i"],
        layer["c_o"],
        layer["k"],
        stride=layer["s"],
        padding=layer["p"],
        groups=layer["groups"],
    )
    torch.nn.init.ones_(conv.weight)
    X = torch.zeros(layer["c_i"], layer["h"], layer["w"], requires_grad=True)
    return conv, X, conv(X)


@given(layers())
def test_size_parameters_and_memory_are_those_of_torch(layer):
    cost = layer_cost(**layer)
    conv, X, Y = torch_layer(layer)
    assert (layer["c_o"], cost.h_o, cost.w_o) == Y.shape
    assert cost.parameters == sum(p.numel() for p in conv.parameters())
    parameters_bytes = sum(p.nbytes for p in conv.parameters())
    assert (cost.bytes_x, cost.bytes_k, cost.bytes_y) == (X.nbytes, parameters_bytes, Y.nbytes)
    assert cost.memory == X.nbytes + parameters_bytes + Y.nbytes


@given(layers())
def test_a_pixel_is_called_unread_if_it_has_no_gradient(layer):
    cost = layer_cost(**layer)
    _conv, X, Y = torch_layer(layer)
    Y.sum().backward()
    read = torch.ones(layer["h"] + 2 * layer["p"], layer["w"] + 2 * layer["p"], dtype=torch.bool)
    for first, last in cost.rows_unread:
        read[first:last] = False
    for first, last in cost.columns_unread:
        read[:, first:last] = False
    p = layer["p"]
    read = read[p : p + layer["h"], p : p + layer["w"]]
    assert torch.equal(X.grad[0] != 0, read)
    assert cost.lost == (~read).sum()


@given(layers())
def test_every_multiplication_is_counted(layer):
    """Each number of Y is a sum of c_i/groups·k·k products: its value, if all factors are 1."""
    ones = torch.ones(layer["c_i"], layer["h"], layer["w"])
    padded = torch.nn.functional.pad(ones, [layer["p"]] * 4, value=1.0)
    conv, _X, _Y = torch_layer(layer)
    Y = torch.nn.functional.conv2d(padded, conv.weight, stride=layer["s"], groups=layer["groups"])
    assert layer_cost(**layer).multiplications == Y.sum()


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if layer[4] == layer[5]])
def test_it_counts_as_the_exercise_of_lesson_3_does(layer):
    c_i, h, w, c_o, k, _k = layer
    cost = layer_cost(h=h, w=w, k=k, p=0, s=1, c_i=c_i, c_o=c_o, groups=1)
    assert cost.multiplications == multiplications(*layer)
    assert (c_o, cost.h_o, cost.w_o) == (6, 24, 24)
    assert cost.parameters == 156


def test_the_sums_with_the_numbers_put_in_are_true():
    told = CostBench(h=13, w=17, k=3, p=2, s=3, c_i=6, c_o=4, groups=2).told
    lines = [*told["size"], *(told[name]["sum"] for name in ("parameters", "multiplications"))]
    for line in [*lines, told["memory"]["sum"]]:
        *_names, numbers, result = line.split(" = ")
        spelled = numbers.replace("·", "*").replace("−", "-").replace("⌊", "int(")
        assert eval(spelled.replace("⌋", ")")) == int(result.replace(",", "")), line
    assert told["multiplications"]["number"] == f"{5 * 7 * 4 * 3 * 9:,}"


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        ({"h": 13, "w": 17}, "Every pixel is read."),
        ({}, "1 row at the bottom is never read. 1 column on the right is never read. "
             "All of that is padding: no pixel of X is lost."),
        ({"p": 0, "h": 14, "w": 15, "s": 3}, "2 rows at the bottom are never read. "
             "Pixels of X that are lost: 30 of 210 in each channel."),
    ],
)  # fmt: skip
def test_what_stride_drops_is_told_in_words(sizes, sentence):
    assert " ".join(CostBench(**sizes).told["notes"]) == sentence


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        ({"groups": 3}, "groups = 3 must divide c_i = 4 and c_o = 8: take 2 or 4."),
        ({"k": 15}, "A kernel of 15 by 15 does not fit into 14 by 18, the size of X with padding: "
                    "make k smaller or p larger."),
        ({"s": 0}, "s is 0, but it must be from 1 to 64."),
        ({"h": 2.5}, "h must be a whole number, not 2.5."),
        ({"c_i": True}, "c_i must be a whole number, not True."),
        ({"w": 100_000}, "w is 100000, but it must be from 1 to 512."),
    ],
)  # fmt: skip
def test_a_layer_that_cannot_be_is_refused_in_one_sentence(sizes, sentence):
    with pytest.raises(CannotShow, match=re.escape(sentence)):
        CostBench(**sizes)


def test_each_preset_is_a_layer_whatever_stood_before():
    bench = CostBench(h=5, w=6, k=2, p=0, s=1, c_i=6, c_o=9, groups=3)
    for preset in bench.told["presets"].values():
        layer = bench.told["layer"] | preset
        assert bench.answer({"layer": layer, "pin": None})["layer"] == layer


def test_a_pinned_layer_is_compared_with():
    bench = CostBench(s=1)
    depthwise = bench.told["layer"] | bench.told["presets"]["depthwise"]
    told = bench.answer({"layer": depthwise, "pin": bench.told["layer"]})
    assert told["multiplications"]["ratio"] == "8 times fewer multiplications"
    assert told["parameters"]["ratio"] == "7.4 times fewer parameters"
    assert compared("memory", 8, 4) == "2 times more memory"
    assert compared("memory", 8, 8) == "as much memory as pinned"
    assert compared("memory", 1_000_001, 1_000_000) != "1 times more memory"


def test_bars_stay_on_their_scale():
    for sizes in ({"h": 1, "w": 1, "k": 1, "p": 0, "c_i": 1, "c_o": 1}, {"h": 512, "w": 512}):
        told = CostBench(**sizes, s=1).told
        for name in ("parameters", "multiplications", "memory"):
            assert 0 <= told[name]["share"] <= 1
        assert sum(part["share"] for part in told["parts"]) == pytest.approx(1)


def test_the_still_picture_says_it_all():
    alt = CostBench().still().alt
    assert "Y has shape (8, 6, 8). 296 parameters, 13,824 multiplications, 5,792 bytes." in alt
    assert "1 column on the right is never read." in alt
    CostBench(h=512, w=500, k=1, p=0, s=9, c_i=1, c_o=1).still().png()
