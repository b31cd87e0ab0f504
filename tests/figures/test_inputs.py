"""Wrong input gets one clear sentence in place of a broken picture."""

import pytest
import torch

from course.figures import (
    draw,
    draw_filter_bank,
    draw_gaps,
    draw_loss,
    draw_maps,
    draw_one_by_one,
    draw_picture,
    draw_sum,
    draw_window,
)

ONES = torch.ones
NAN = torch.tensor([[1.0, float("nan")]])

WRONG = {
    "one axis": (
        lambda: draw(ONES(3)),
        "X has shape (3,), but this picture needs (h, w) or (c, h, w) or (c_o, c_i, k_h, k_w).",
    ),
    "nan": (lambda: draw(NAN, "K"), "K[0, 1] is nan, but pictures need finite numbers."),
    "infinite": (
        lambda: draw_picture(ONES(3, 2, 2) / 0),
        "image[0, 0, 0] is inf, but pictures need finite numbers.",
    ),
    "empty": (lambda: draw(ONES(0, 3)), "X has shape (0, 3): there is nothing to draw."),
    "complex": (
        lambda: draw(ONES(2, 2) * 1j),
        "X holds complex numbers, but pictures need real ones.",
    ),
    "too many matrices": (
        lambda: draw(ONES(65, 2, 2)),
        "There are 65 matrices, but a picture holds 64.",
    ),
    "too many channels": (
        lambda: draw_window(ONES(5, 3, 3), ONES(5, 2, 2), 0, 0),
        "X has 5 channels, but this picture has room for 4.",
    ),
    "too large": (
        lambda: draw_sum(ONES(2, 13, 3), ONES(2, 2, 2)),
        "X is 13 by 3, but this picture has room for 12 by 12.",
    ),
    "kernel larger than image": (
        lambda: draw_window(ONES(3, 3), ONES(2, 4), 0, 0),
        "A kernel of 2 by 4 does not fit into an image of 3 by 3.",
    ),
    "ranks differ": (
        lambda: draw_sum(ONES(2, 3, 3), ONES(2, 2)),
        "X has 3 axes, K has 2: they need the same number.",
    ),
    "channels differ": (
        lambda: draw_sum(ONES(3, 3, 3), ONES(2, 2, 2)),
        "X has 3 channels, K has 2: every channel needs a kernel of its own.",
    ),
    "channels of a bank differ": (
        lambda: draw_filter_bank(ONES(3, 3, 3), ONES(4, 2, 2, 2)),
        "X has 3 channels, K has 2: every channel needs a kernel of its own.",
    ),
    "too many filters": (
        lambda: draw_filter_bank(ONES(2, 3, 3), ONES(9, 2, 2, 2)),
        "There are 9 channels, but a picture holds 8.",
    ),
    "window outside": (
        lambda: draw_window(ONES(3, 4), ONES(2, 2), 2, 0),
        "Cell (2, 0) is outside: i goes from 0 to 1, j from 0 to 2.",
    ),
    "negative index": (
        lambda: draw_one_by_one(ONES(2, 3, 4), ONES(3, 2), -1, 0),
        "Cell (-1, 0) is outside: i goes from 0 to 2, j from 0 to 3.",
    ),
    "not one by one": (
        lambda: draw_one_by_one(ONES(2, 3, 4), ONES(3, 2, 1, 2), 0, 0),
        "K has shape (3, 2, 1, 2), but a 1×1 kernel needs (c_o, c_i) or (c_o, c_i, 1, 1).",
    ),
    "colour image of two channels": (
        lambda: draw_picture(ONES(2, 3, 4)),
        "A colour image has 3 channels, this one has 2; draw_maps shows maps.",
    ),
    "titles": (
        lambda: draw_maps(ONES(2, 3, 4), ["edges"]),
        "There are 2 maps, but 1 titles.",
    ),
    "no limit": (
        lambda: draw_gaps({"float32": [1e-7]}, limit=0),
        "The limit is 0, but it must be above 0.",
    ),
    "negative gap": (
        lambda: draw_gaps({"float32": [-1e-7]}, limit=1e-6),
        "The gaps of float32 hold -1e-07, but a log axis needs numbers of 0 or more.",
    ),
    "no losses": (lambda: draw_loss([]), "The losses are empty: there is nothing to draw."),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_value_is_told_in_one_sentence(case):
    call, sentence = WRONG[case]
    with pytest.raises(ValueError) as told:
        call()
    assert str(told.value) == sentence


def test_a_list_is_told_to_become_a_tensor():
    with pytest.raises(TypeError, match=r"X must be a tensor, not list: torch\.tensor\(X\)"):
        draw([[1.0, 2.0]])
