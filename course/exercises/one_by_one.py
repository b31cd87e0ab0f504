"""Lesson 4, one by one: a 1×1 kernel is one matrix for all pixels."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from course.exercises.arithmetic import (
    corr2d_multi_in_out,
    correlate,
    number,
    signed,
    sum_over_channels,
)
from course.exercises.exercise import GRADIENT_STOPS, Case, Exercise, Mistake
from course.exercises.given import KINDS, SEPIA, three_kinds
from course.exercises.mistakes import one_by_one as wrong
from course.language import N_, _

X = torch.tensor(
    [
        [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]],
        [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]],
        [[2.0, 0.0, 1.0], [0.0, 3.0, 0.0], [1.0, 0.0, 2.0]],
    ]
)
K = torch.tensor([[1.0, 2.0, 0.0], [0.0, -1.0, 3.0]]).reshape(2, 3, 1, 1)
EXAMPLE = (X, K)
"""The origin's shapes, and its two channels with a third."""

AS_MANY_OUT_AS_IN = (
    torch.arange(1.0, 9.0).reshape(2, 2, 2),
    torch.tensor([[1.0, 2.0], [3.0, -1.0]]).reshape(2, 2, 1, 1),
)
"""c_i = c_o, so that a transposed matrix fits. Y is [[11, 14], [17, 20]] and [[-2, 0], [2, 4]]."""

INNER_SIZES = N_("The inner sizes must meet: (c_o, c_i) times (c_i, h·w).")
SCRAMBLED = N_("Pixels were scrambled: `reshape` moves no axis. Keep c_i first, or `permute`.")
PERMUTE_BACK = N_("The channels are last. Undo what you did: permute them back to axis 0.")
SUM_IS_MISSING = N_("One map per output: the sum over the input channels is missing.")
ONE_AXIS_TOO_FEW = N_("Size-1 axes are still axes: `squeeze` drops them when c_o or c_i is 1.")
ROWS_AND_COLUMNS = N_("Rows and columns are swapped. The result is (c_o, h, w), rows first.")
KERNEL_SCRAMBLED = N_("K already has the order (c_o, c_i). Drop its 1×1 axes, and turn nothing.")
OWN_WEIGHTS = N_("Each pair of input and output has a weight of its own. Use all c_o·c_i.")

# corr2d_multi_in_out_1x1


CORR2D_MULTI_IN_OUT_1X1 = Exercise(
    name="corr2d_multi_in_out_1x1",
    kind="code",
    parameters=("X", "K"),
    reference=correlate,
    cases=(
        Case(EXAMPLE),
        Case((signed(5, 2, 3), signed(4, 5, 1, 1))),
        Case((signed(3, 2, 4), signed(1, 3, 1, 1))),
        Case(AS_MANY_OUT_AS_IN),
    ),
    mistakes=(
        Mistake(wrong.reshapes_to_pixels, SCRAMBLED, 46),
        Mistake(wrong.reshapes_to_pixels_and_back, SCRAMBLED, 46),
        Mistake(wrong.permutes_and_reshapes_back, SCRAMBLED, 46),
        Mistake(wrong.leaves_channels_last, PERMUTE_BACK, 47),
        Mistake(wrong.multiplies_in_the_wrong_order, INNER_SIZES, 48),
        Mistake(wrong.multiplies_two_tall_matrices, INNER_SIZES, 48),
        Mistake(wrong.multiplies_without_reshape, INNER_SIZES, 48),
        Mistake(wrong.multiplies_without_reshape_kernel_first, INNER_SIZES, 48),
        Mistake(
            wrong.reshapes_columns_first,
            N_("You reshaped to (c_o, w, h). A picture has h rows of w: (c_o, h, w)."),
            49,
        ),
        Mistake(wrong.swaps_rows_and_columns, ROWS_AND_COLUMNS),
        Mistake(wrong.squeezes_the_kernel, ONE_AXIS_TOO_FEW, 52),
        Mistake(wrong.squeezes_the_kernel_in_an_einsum, ONE_AXIS_TOO_FEW, 52),
        Mistake(wrong.squeezes_the_result, ONE_AXIS_TOO_FEW, 40),
        Mistake(
            wrong.stays_flat, N_("The result is still flat. Give it its h rows and w columns back.")
        ),
        Mistake(wrong.forgets_the_sum, SUM_IS_MISSING, 39),
        Mistake(wrong.averages_channels, N_("You averaged. Channels are added, not averaged."), 16),
        Mistake(
            wrong.sums_before_multiplying,
            N_("You summed before multiplying. Multiply matching channels first."),
            18,
        ),
        Mistake(wrong.uses_one_weight_for_all_inputs, OWN_WEIGHTS, 17),
        Mistake(
            wrong.scales_the_first_channel,
            N_("A 1×1 kernel does not scale one channel: it mixes all of them."),
            50,
        ),
        Mistake(
            wrong.takes_three_channels,
            N_("You took three channels, as for colours. Read their number from the shape."),
            25,
        ),
        Mistake(wrong.reshapes_the_kernel_to_inputs_first, KERNEL_SCRAMBLED, 43),
        Mistake(wrong.turns_the_matrix_when_it_fits, KERNEL_SCRAMBLED),
        Mistake(wrong.leaves_the_graph, GRADIENT_STOPS, 44),
        Mistake(
            wrong.resizes_the_input,
            N_("`resize_` changes X itself. `reshape` leaves X as it was."),
            13,
        ),
    ),
    hints=(
        N_("Write the shapes of X and K down. Which matrix times which gives c_o rows?"),
        N_("X as a matrix has one row a channel and one column a pixel: (c_i, h·w)."),
        N_("Both become matrices. Which shape must their product get in the end?"),
    ),
    axes=(("c_i", "h", "w"), ("c_o", "c_i", "1", "1"), ("c_o", "h", "w")),
    gradient=True,
    explain=sum_over_channels,
)


# photo_matrices


COLOURS = (N_("red"), N_("green"), N_("blue"))


NEW_COLOURS: dict[str, Callable[[Tensor], Tensor]] = {
    "grey": lambda pixel: pixel.mean().expand(3),
    "sepia": lambda pixel: torch.tensor(SEPIA, dtype=pixel.dtype) @ pixel,
    "swap": lambda pixel: pixel.flip(0),
}
"""For each matrix, what it must do to a pixel (red, green, blue)."""


def judge_matrices(value: Any) -> str | None:
    """What is wrong with an answer to `photo_matrices`, seen on pure red, green and blue."""
    missing = judge_keys(value, NEW_COLOURS)
    if missing:
        return missing
    for name, new_colour in NEW_COLOURS.items():
        matrix = value[name]
        if not isinstance(matrix, Tensor) or matrix.is_complex():
            return _("'{name}' must be a tensor, as in  torch.tensor([[1.0, 0.0], ...])").format(
                name=name
            )
        if matrix.shape != (3, 3):
            return _("'{name}' has shape {shape}, expected (3, 3).").format(
                name=name, shape=tuple(matrix.shape)
            )
        for colour, pixel in zip(COLOURS, torch.eye(3).double(), strict=True):
            got, wanted = matrix.detach().double() @ pixel, new_colour(pixel)
            if not torch.allclose(got, wanted, rtol=1e-4, atol=1e-5):
                return _("'{name}' turns pure {colour} into {got}, expected {wanted}.").format(
                    name=name, colour=_(colour), got=show_pixel(got), wanted=show_pixel(wanted)
                )
    return None


def judge_keys(value: Any, keys: Iterable[str]) -> str | None:
    """What is wrong with the keys of an answer that must be a dict, or None."""
    wanted = ", ".join(map(repr, keys))
    if value is None:
        return _("It gives None. Did you forget `return`?")
    if not isinstance(value, dict):
        return _("Return a dict with the keys {keys}.").format(keys=wanted)
    if set(value) != set(keys):
        got = ", ".join(map(repr, value)) or _("none")
        return _("The keys are {got}, expected {keys}.").format(got=got, keys=wanted)
    return None


def show_pixel(pixel: Tensor) -> str:
    """Three numbers in brackets.

    >>> show_pixel(torch.tensor([1.0, 0.5, 0.0]))
    '(1, 0.5, 0)'
    """
    return f"({', '.join(number(value) for value in pixel.tolist())})"


ALL_ROWS_OF_GREY = N_("Grey has three equal rows: red, green and blue all become the mean.")
RED_AND_BLUE = N_("Only red and blue change places. Each row has one 1: the old colour it takes.")

PHOTO_MATRICES = Exercise(
    name="photo_matrices",
    kind="code",
    judge=judge_matrices,
    mistakes=(
        Mistake(
            wrong.sums_for_grey, N_("The sum is three times too bright. The mean is a third of it.")
        ),
        Mistake(
            wrong.darkens_for_grey,
            N_("This darkens each colour and mixes none. A mean needs all three."),
        ),
        Mistake(wrong.fills_one_row_of_grey, ALL_ROWS_OF_GREY),
        Mistake(wrong.fills_one_column_of_grey, ALL_ROWS_OF_GREY),
        Mistake(
            wrong.turns_sepia_on_its_side,
            N_("Rows and columns are swapped: a row of the matrix makes one new colour."),
        ),
        Mistake(wrong.swaps_red_and_green, RED_AND_BLUE),
        Mistake(wrong.swaps_green_and_blue, RED_AND_BLUE),
        Mistake(wrong.moves_every_colour, RED_AND_BLUE),
        Mistake(wrong.moves_every_colour_the_other_way, RED_AND_BLUE),
        Mistake(wrong.swaps_nothing, N_("This matrix changes nothing: each colour takes itself.")),
        Mistake(
            wrong.loses_green, N_("Green is lost. It keeps its place, so its row needs a 1 too.")
        ),
        Mistake(
            wrong.has_kernels_for_matrices, N_("A matrix has two axes. Leave the 1×1 axes out.")
        ),
    ),
    hints=(
        N_("Row 0 makes the new red. Its three numbers weigh the old red, green and blue."),
        N_("For 'swap': which old colour does the new red take? Write a 1 in its column."),
        N_("Try a matrix on one pixel:  matrix @ torch.tensor([1.0, 0.0, 0.0])"),
    ),
)


# by_linear


ORDER_OF_THE_WEIGHT = N_("`nn.Linear` keeps its weight as (out, in). Here that is (c_o, c_i).")

BY_LINEAR = Exercise(
    name="by_linear",
    kind="code",
    parameters=("X", "K"),
    reference=correlate,
    cases=(
        Case(EXAMPLE),
        Case((signed(5, 2, 3), signed(4, 5, 1, 1))),
        Case((signed(3, 2, 4), signed(1, 3, 1, 1))),
    ),
    mistakes=(
        Mistake(wrong.reshapes_to_pixels, SCRAMBLED, 46),
        Mistake(wrong.reshapes_to_pixels_and_back, SCRAMBLED, 46),
        Mistake(wrong.permutes_and_reshapes_back, SCRAMBLED, 46),
        Mistake(wrong.leaves_channels_last, PERMUTE_BACK, 47),
        Mistake(wrong.moves_a_wrong_axis_back, PERMUTE_BACK, 47),
        Mistake(wrong.swaps_rows_and_columns, ROWS_AND_COLUMNS, 49),
        Mistake(
            wrong.applies_the_layer_to_columns,
            N_("`nn.Linear` mixes the last axis. Permute, so that the channels are last."),
            47,
        ),
        Mistake(
            wrong.applies_the_layer_to_rows,
            N_("The last axis holds the rows. Permute, so that the channels are last."),
        ),
        Mistake(wrong.hands_over_four_axes, N_("The weight has two axes. Drop the 1×1 axes of K.")),
        Mistake(wrong.hands_over_inputs_first, ORDER_OF_THE_WEIGHT),
        Mistake(wrong.reshapes_the_kernel_to_inputs_first, ORDER_OF_THE_WEIGHT, 43),
        Mistake(wrong.squeezes_the_weight, ONE_AXIS_TOO_FEW, 52),
        Mistake(wrong.squeezes_the_result, ONE_AXIS_TOO_FEW, 40),
    ),
    hints=(
        N_("Which axis does `nn.Linear` mix? Which axis must therefore hold the channels?"),
        N_("A new layer starts with random numbers: give it K, and build it with bias=False."),
        N_("`permute` helps twice: before the layer and after it. Where is each axis then?"),
    ),
    axes=(("c_i", "h", "w"), ("c_o", "c_i", "1", "1"), ("c_o", "h", "w")),
    explain=sum_over_channels,
)


# largest_gaps


def expected_gaps(seeds: Sequence[int]) -> dict[str, set[float]]:
    """For each kind, the gaps that a right answer may find: one for each order of addition."""
    gaps: dict[str, list[list[float]]] = {kind: [] for kind in KINDS}
    for seed in seeds:
        for kind, (X, K) in three_kinds(seed).items():
            a, b, c = (K[:, channel] * X[channel] for channel in range(3))
            exact = (a.double() + b.double() + c.double()).to(X.dtype)
            Y2 = corr2d_multi_in_out(X, K)
            gaps[kind].append([_largest(Y1 - Y2) for Y1 in ((a + b) + c, (a + c) + b, exact)])
    return {kind: set(map(max, zip(*found, strict=True))) for kind, found in gaps.items()}


def _largest(difference: Tensor) -> float:
    return float(difference.abs().max())


def judge_gaps(value: Any, seeds: Sequence[int]) -> str | None:
    """What is wrong with an answer to `largest_gaps`; no number is told."""
    missing = judge_keys(value, KINDS)
    if missing:
        return missing
    gaps = {}
    for kind, gap in value.items():
        single = isinstance(gap, int | float) or (isinstance(gap, Tensor) and gap.numel() == 1)
        if not single or not math.isfinite(gap):
            return _("Every value of the dict must be one finite number.")
        gaps[kind] = float(gap)
    if gaps["integers"] != 0:
        return _(
            "Whole numbers agree exactly, but your gap is not 0. "
            "Compare mix_channels with corr2d_multi_in_out."
        )
    if gaps["float32"] == gaps["float64"] == 0:
        return _("Your gap is 0 for floats too.")
    expected = expected_gaps(seeds)
    if any(gaps[kind] not in expected[kind] for kind in KINDS):
        return _("The floats' gap is not the largest |Y1 - Y2| over all numbers and seeds.")
    return None


ALL_SEEDS = N_("Only one seed counted. Keep the largest so far: `max(old, new)`.")
LARGEST_NOT_SUM = N_("You added gaps up, so more numbers look worse. Take the largest.")
LARGEST_NOT_MEAN = N_("You took a mean, which hides the worst place. Take the largest.")

# Seeds whose gaps do not depend on the order of addition. In float32 they are 0.00024, 0.00049,
# 0.00012 and 0.00024; that of 44 is found at a negative difference only.
LARGEST_GAPS = Exercise(
    name="largest_gaps",
    kind="code",
    parameters=("seeds",),
    judge=judge_gaps,
    cases=(Case(([5, 44, 24, 77],)), Case(([44],)), Case(([27],))),
    mistakes=(
        Mistake(wrong.adds_all_gaps_of_a_seed, LARGEST_NOT_SUM),
        Mistake(wrong.adds_the_seeds_up, LARGEST_NOT_SUM),
        Mistake(wrong.averages_the_seeds, LARGEST_NOT_MEAN),
        Mistake(wrong.averages_the_numbers, LARGEST_NOT_MEAN),
        Mistake(wrong.keeps_the_last_seed, ALL_SEEDS),
        Mistake(wrong.stops_after_the_first_seed, ALL_SEEDS),
        Mistake(wrong.forgets_the_sign, N_("A gap has no sign. Take `abs` before `max`.")),
        Mistake(
            wrong.takes_the_smallest, N_("That is the smallest gap. The largest is asked for.")
        ),
        Mistake(
            wrong.asks_whether_all_are_equal,
            N_("`==` says whether two numbers differ. Say how far: subtract, then `abs`."),
            62,
        ),
        Mistake(
            wrong.keeps_a_list_for_each_kind, N_("One number for each kind: the largest of all.")
        ),
        Mistake(
            wrong.compares_a_function_with_itself,
            N_("Y1 and Y2 never differ. Is Y1 a matrix product, and Y2 `corr2d_multi_in_out`?"),
        ),
    ),
    hints=(
        N_("Two loops: one over the seeds, and in it one over the kinds of `three_kinds(seed)`."),
        N_("One gap: subtract, drop the signs, take the largest. `.item()` makes it a number."),
        N_("Start every kind at 0. Whenever a gap is larger than what you have, keep it."),
    ),
)


# what_it_cannot_do


WHAT_IT_CANNOT_DO = Exercise(
    name="what_it_cannot_do",
    kind="choice",
    options=("more channels", "recolour", "blur", "standardise"),
    mistakes=(
        Mistake(
            wrong.more_channels,
            N_("It can: c_o rows of the matrix give c_o channels, fewer or more than c_i."),
            51,
        ),
        Mistake(
            wrong.recolour,
            N_("It can: new colours are sums of the old ones at the same pixel."),
            50,
        ),
        Mistake(
            wrong.standardise,
            N_("It can: a diagonal matrix scales every channel, and the bias shifts it."),
            50,
        ),
    ),
    hints=(
        N_("Which of the four needs to know what stands in the next pixel?"),
        N_("For three of them you can write down a matrix and a bias."),
    ),
)

EXERCISES = (
    CORR2D_MULTI_IN_OUT_1X1,
    PHOTO_MATRICES,
    BY_LINEAR,
    LARGEST_GAPS,
    WHAT_IT_CANNOT_DO,
)
