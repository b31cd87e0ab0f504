"""What a picture says is what PyTorch computes."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import conv2d

from course.figures import draw, draw_filter_bank, draw_one_by_one, draw_sum, draw_window
from course.figures.numbers import short

ORIGIN_X = torch.stack([torch.arange(9.0).reshape(3, 3), torch.arange(1.0, 10).reshape(3, 3)])
ORIGIN_K = torch.stack([torch.arange(4.0).reshape(2, 2), torch.arange(1.0, 5).reshape(2, 2)])
ORIGIN_Y = ["56", "72", "104", "120"]


def written(picture):
    """The numbers of a picture by their ids, such as Y[0, 1]."""
    return {text.get_gid(): text.get_text() for text in picture.axes[0].texts if text.get_gid()}


def named(numbers, name):
    """The numbers of one tensor, row by row."""
    return [text for place, text in numbers.items() if place.startswith(name + "[")]


def whole(*shape, seed=0):
    return torch.randint(-9, 10, shape, generator=torch.Generator().manual_seed(seed)).double()


def texts(tensor):
    return [short(value) for value in tensor.flatten().tolist()]


def test_the_window_on_the_origin_s_example_adds_19_and_37_to_56():
    numbers = written(draw_window(ORIGIN_X, ORIGIN_K, 0, 0))
    assert named(numbers, "sum[0]") == ["19"]
    assert named(numbers, "sum[1]") == ["37"]
    assert named(numbers, "total") == ["56"]
    assert named(numbers, "Y") == ORIGIN_Y


def test_the_alternative_text_tells_the_whole_sum():
    alt = draw_window(ORIGIN_X, ORIGIN_K, 0, 0).alt
    assert "Channel 1: 1·1 + 2·2 + 4·3 + 5·4 = 37." in alt
    assert "19 + 37 = 56" in alt


def test_the_sum_shows_every_channel_s_own_map():
    numbers = written(draw_sum(ORIGIN_X, ORIGIN_K))
    assert named(numbers, "map[0]") == ["19", "25", "37", "43"]
    assert named(numbers, "map[1]") == ["37", "47", "67", "77"]
    assert named(numbers, "Y") == ORIGIN_Y


@settings(max_examples=8, deadline=None)
@given(c=st.integers(1, 4), k_h=st.integers(1, 3), k_w=st.integers(1, 3), seed=st.integers(0, 99))
def test_the_window_agrees_with_pytorch(c, k_h, k_w, seed):
    X, K = whole(c, 4, 5, seed=seed), whole(c, k_h, k_w, seed=seed + 1)
    Y = conv2d(X[None], K[None])[0, 0]
    i, j = Y.shape[0] - 1, Y.shape[1] // 2
    numbers = written(draw_window(X, K, i, j))
    assert named(numbers, "Y") == texts(Y)
    assert named(numbers, "total") == texts(Y[i, j])
    if c > 1:
        own = (X[:, i : i + k_h, j : j + k_w] * K).sum(dim=(1, 2))
        assert [numbers[f"sum[{n}][0, 0]"] for n in range(c)] == texts(own)


def test_the_filter_bank_agrees_with_pytorch():
    X, K = whole(3, 4, 5), whole(2, 3, 2, 3, seed=1)
    numbers = written(draw_filter_bank(X, K))
    Y = conv2d(X[None], K)[0]
    for o in range(2):
        assert named(numbers, f"Y[{o}]") == texts(Y[o])


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 1, 1)])
def test_one_pixel_is_mixed_by_the_matrix(shape):
    X, K = whole(3, 4, 5), whole(*shape, seed=1)
    numbers = written(draw_one_by_one(X, K, 2, 4))
    assert named(numbers, "x") == texts(X[:, 2, 4])
    assert named(numbers, "y") == texts(K.reshape(2, 3) @ X[:, 2, 4])


@pytest.mark.parametrize("shape", [(1, 2), (6, 8), (3, 6, 8), (3, 2, 2, 2), (1, 1)])
def test_every_number_of_a_tensor_is_written(shape):
    X = whole(*shape)
    assert named(written(draw(X)), "X") == texts(X)


def test_a_fine_tensor_has_colours_and_no_numbers():
    assert written(draw(torch.randn(20, 26))) == {}


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.float16, torch.float32])
def test_any_real_dtype_can_be_drawn(dtype):
    assert named(written(draw(torch.ones(2, 2).to(dtype))), "X") == ["1"] * 4


def test_a_tensor_that_learns_can_be_drawn():
    K = torch.ones(1, 2, requires_grad=True)
    draw(K, "K")
    assert K.grad is None


def test_rounding_dust_is_written_as_zero():
    assert named(written(draw(torch.tensor([[1.0, 3e-8]]))), "X") == ["1", "0"]


def test_numbers_that_are_all_small_are_not_dust():
    assert named(written(draw(torch.tensor([[1e-7, 0.0]]))), "X") == ["1e−7", "0"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (56.0, "56"),
        (-0.5, "−0.5"),
        (0.0, "0"),
        (-0.0, "0"),
        (0.999, "1"),
        (-12.345, "−12.35"),
        (123.456, "123.5"),
        (99999.0, "99999"),
        (1e5, "1e5"),
        (-4e-5, "−4e−5"),
    ],
)
def test_numbers_are_short(value, text):
    assert short(value) == text
