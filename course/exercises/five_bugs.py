"""Lesson 2: five wrong versions of `corr2d_multi_in`, and which of them an input lets live."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course.exercises.arithmetic import correlate
from course.exercises.exercise import Function
from course.exercises.mistakes import many_inputs as wrong

FIVE_BUGS = (
    wrong.averages_channels,
    wrong.uses_the_first_kernel_for_all,
    wrong.sums_before_multiplying,
    wrong.adds_exactly_two_channels,
    wrong.rectifies_before_the_sum,
)
"""The wrong versions of the lesson's table, in its order."""


def survivors(value: tuple[Tensor, Tensor], bugs: Sequence[Function]) -> list[int]:
    """The positions of the bugs that an input does not expose, counted from 1.

    value : X (c_i, h, w) and K (c_i, k_h, k_w)

    >>> survivors((torch.ones(2, 3, 3), torch.ones(2, 2, 2)), FIVE_BUGS)
    [2, 4, 5]
    """
    image, kernel = value[0].detach(), value[1].detach()
    truth = correlate(image, kernel)
    return [i for i, bug in enumerate(bugs, start=1) if _agrees(bug, image, kernel, truth)]


def _agrees(bug: Function, X: Tensor, K: Tensor, truth: Tensor) -> bool:
    try:
        Y = bug(X, K)
    except Exception:
        return False
    return Y.shape == truth.shape and torch.allclose(Y, truth, rtol=1e-4, atol=1e-5)
