"""Lesson 4, one by one: a 1×1 kernel is one matrix for all pixels."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from course.exercises.arithmetic import (
    corr2d_multi_in_out,
    correlate,
    number,
    signed,
    sum_over_channels,
)
from course.exercises.exercise import GRADIENT_STOPS, Case, Exercise, Mistake
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

# The wrong answers. Each is what learners write, as short as they write it.


# corr2d_multi_in_out_1x1


def flattened(X: Tensor, K: Tensor) -> tuple[Tensor, Tensor]:
    """X and K as matrices: (c_i, h·w) and (c_o, c_i)."""
    return X.reshape(len(X), -1), K.reshape(len(K), -1)


def reshapes_to_pixels(X: Tensor, K: Tensor) -> Tensor:
    c_i, h, w = X.shape
    pixels = X.reshape(h * w, c_i)
    return (pixels @ K.reshape(-1, c_i).T).T.reshape(-1, h, w)


def reshapes_to_pixels_and_back(X: Tensor, K: Tensor) -> Tensor:
    c_i, h, w = X.shape
    pixels = X.reshape(h * w, c_i)
    return (pixels @ K.reshape(-1, c_i).T).reshape(-1, h, w)


def permutes_and_reshapes_back(X: Tensor, K: Tensor) -> Tensor:
    Y = leaves_channels_last(X, K)
    h, w, c_o = Y.shape
    return Y.reshape(c_o, h, w)


def leaves_channels_last(X: Tensor, K: Tensor) -> Tensor:
    return X.permute(1, 2, 0) @ K.reshape(len(K), -1).T


def multiplies_in_the_wrong_order(X: Tensor, K: Tensor) -> Tensor:
    pixels, matrix = flattened(X, K)
    return pixels @ matrix


def multiplies_two_tall_matrices(X: Tensor, K: Tensor) -> Tensor:
    pixels, matrix = flattened(X, K)
    return matrix.T @ pixels


def multiplies_without_reshape(X: Tensor, K: Tensor) -> Tensor:
    return X @ K


def multiplies_without_reshape_kernel_first(X: Tensor, K: Tensor) -> Tensor:
    return K @ X


def reshapes_columns_first(X: Tensor, K: Tensor) -> Tensor:
    c_o, (_c_i, h, w) = len(K), X.shape
    return correlate(X, K).reshape(c_o, w, h)


def swaps_rows_and_columns(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K).transpose(1, 2)


def squeezes_the_kernel(X: Tensor, K: Tensor) -> Tensor:
    Y: Tensor = torch.tensordot(K.squeeze(), X, 1)
    return Y


def squeezes_the_kernel_in_an_einsum(X: Tensor, K: Tensor) -> Tensor:
    return torch.einsum("oc,chw->ohw", K.squeeze(), X)


def squeezes_the_result(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K).squeeze()


def stays_flat(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K).flatten(1)


def forgets_the_sum(X: Tensor, K: Tensor) -> Tensor:
    return K * X


def averages_channels(X: Tensor, K: Tensor) -> Tensor:
    return (K * X).mean(1)


def sums_before_multiplying(X: Tensor, K: Tensor) -> Tensor:
    return K.sum(1) * X.sum(0)


def uses_one_weight_for_all_inputs(X: Tensor, K: Tensor) -> Tensor:
    return K[:, 0] * X.sum(0)


def scales_the_first_channel(X: Tensor, K: Tensor) -> Tensor:
    return K[:, 0] * X[0]


def takes_three_channels(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X[:3], K[:, :3])


def reshapes_the_kernel_to_inputs_first(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K.reshape(K.shape[1], len(K)).T[:, :, None, None])


def turns_the_matrix_when_it_fits(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K.transpose(0, 1) if len(K) == len(X) else K)


def leaves_the_graph(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X.detach(), K.detach())


def resizes_the_input(X: Tensor, K: Tensor) -> Tensor:
    c_i, h, w = X.shape
    return (K.reshape(-1, c_i) @ X.resize_(c_i, h * w)).reshape(-1, h, w)


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
        Mistake(reshapes_to_pixels, SCRAMBLED, 46),
        Mistake(reshapes_to_pixels_and_back, SCRAMBLED, 46),
        Mistake(permutes_and_reshapes_back, SCRAMBLED, 46),
        Mistake(leaves_channels_last, PERMUTE_BACK, 47),
        Mistake(multiplies_in_the_wrong_order, INNER_SIZES, 48),
        Mistake(multiplies_two_tall_matrices, INNER_SIZES, 48),
        Mistake(multiplies_without_reshape, INNER_SIZES, 48),
        Mistake(multiplies_without_reshape_kernel_first, INNER_SIZES, 48),
        Mistake(
            reshapes_columns_first,
            N_("You reshaped to (c_o, w, h). A picture has h rows of w: (c_o, h, w)."),
            49,
        ),
        Mistake(swaps_rows_and_columns, ROWS_AND_COLUMNS),
        Mistake(squeezes_the_kernel, ONE_AXIS_TOO_FEW, 52),
        Mistake(squeezes_the_kernel_in_an_einsum, ONE_AXIS_TOO_FEW, 52),
        Mistake(squeezes_the_result, ONE_AXIS_TOO_FEW, 40),
        Mistake(stays_flat, N_("The result is still flat. Give it its h rows and w columns back.")),
        Mistake(forgets_the_sum, SUM_IS_MISSING, 39),
        Mistake(averages_channels, N_("You averaged. Channels are added, not averaged."), 16),
        Mistake(
            sums_before_multiplying,
            N_("You summed before multiplying. Multiply matching channels first."),
            18,
        ),
        Mistake(uses_one_weight_for_all_inputs, OWN_WEIGHTS, 17),
        Mistake(
            scales_the_first_channel,
            N_("A 1×1 kernel does not scale one channel: it mixes all of them."),
            50,
        ),
        Mistake(
            takes_three_channels,
            N_("You took three channels, as for colours. Read their number from the shape."),
            25,
        ),
        Mistake(reshapes_the_kernel_to_inputs_first, KERNEL_SCRAMBLED, 43),
        Mistake(turns_the_matrix_when_it_fits, KERNEL_SCRAMBLED),
        Mistake(leaves_the_graph, GRADIENT_STOPS, 44),
        Mistake(
            resizes_the_input,
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

SEPIA = ((0.393, 0.769, 0.189), (0.349, 0.686, 0.168), (0.272, 0.534, 0.131))
"""The usual sepia table: a row for each new colour, a column for each old one."""

COLOURS = (N_("red"), N_("green"), N_("blue"))


def matrices(**changed: Any) -> dict[str, Tensor]:
    """The three matrices of `photo_matrices`, some of them replaced."""
    right = {
        "grey": torch.full((3, 3), 1 / 3),
        "sepia": torch.tensor(SEPIA),
        "swap": torch.eye(3).flip(0),
    }
    return {**right, **changed}


def sums_for_grey() -> dict[str, Tensor]:
    return matrices(grey=torch.ones(3, 3))


def darkens_for_grey() -> dict[str, Tensor]:
    return matrices(grey=torch.eye(3) / 3)


def fills_one_row_of_grey() -> dict[str, Tensor]:
    return matrices(grey=torch.eye(3)[:, :1] / 3 * torch.ones(3))


def fills_one_column_of_grey() -> dict[str, Tensor]:
    return matrices(grey=torch.eye(3)[0] / 3 * torch.ones(3, 1))


def turns_sepia_on_its_side() -> dict[str, Tensor]:
    return matrices(sepia=torch.tensor(SEPIA).T)


def swaps_red_and_green() -> dict[str, Tensor]:
    return matrices(swap=torch.eye(3)[[1, 0, 2]])


def swaps_green_and_blue() -> dict[str, Tensor]:
    return matrices(swap=torch.eye(3)[[0, 2, 1]])


def moves_every_colour() -> dict[str, Tensor]:
    return matrices(swap=torch.eye(3)[[1, 2, 0]])


def moves_every_colour_the_other_way() -> dict[str, Tensor]:
    return matrices(swap=torch.eye(3)[[2, 0, 1]])


def swaps_nothing() -> dict[str, Tensor]:
    return matrices(swap=torch.eye(3))


def loses_green() -> dict[str, Tensor]:
    return matrices(swap=torch.tensor([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))


def has_kernels_for_matrices() -> dict[str, Tensor]:
    return {name: matrix.reshape(3, 3, 1, 1) for name, matrix in matrices().items()}


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
        Mistake(sums_for_grey, N_("The sum is three times too bright. The mean is a third of it.")),
        Mistake(
            darkens_for_grey,
            N_("This darkens each colour and mixes none. A mean needs all three."),
        ),
        Mistake(fills_one_row_of_grey, ALL_ROWS_OF_GREY),
        Mistake(fills_one_column_of_grey, ALL_ROWS_OF_GREY),
        Mistake(
            turns_sepia_on_its_side,
            N_("Rows and columns are swapped: a row of the matrix makes one new colour."),
        ),
        Mistake(swaps_red_and_green, RED_AND_BLUE),
        Mistake(swaps_green_and_blue, RED_AND_BLUE),
        Mistake(moves_every_colour, RED_AND_BLUE),
        Mistake(moves_every_colour_the_other_way, RED_AND_BLUE),
        Mistake(swaps_nothing, N_("This matrix changes nothing: each colour takes itself.")),
        Mistake(loses_green, N_("Green is lost. It keeps its place, so its row needs a 1 too.")),
        Mistake(has_kernels_for_matrices, N_("A matrix has two axes. Leave the 1×1 axes out.")),
    ),
    hints=(
        N_("Row 0 makes the new red. Its three numbers weigh the old red, green and blue."),
        N_("For 'swap': which old colour does the new red take? Write a 1 in its column."),
        N_("Try a matrix on one pixel:  matrix @ torch.tensor([1.0, 0.0, 0.0])"),
    ),
)


# by_linear


def applies_the_layer_to_columns(X: Tensor, K: Tensor) -> Tensor:
    return linear(X, K.reshape(len(K), -1))


def applies_the_layer_to_rows(X: Tensor, K: Tensor) -> Tensor:
    return linear(X.transpose(1, 2), K.reshape(len(K), -1))


def hands_over_four_axes(X: Tensor, K: Tensor) -> Tensor:
    return linear(X.permute(1, 2, 0), K).permute(2, 0, 1)


def hands_over_inputs_first(X: Tensor, K: Tensor) -> Tensor:
    return linear(X.permute(1, 2, 0), K.reshape(len(K), -1).T).permute(2, 0, 1)


def squeezes_the_weight(X: Tensor, K: Tensor) -> Tensor:
    return linear(X.permute(1, 2, 0), K.squeeze()).permute(2, 0, 1)


def moves_a_wrong_axis_back(X: Tensor, K: Tensor) -> Tensor:
    return leaves_channels_last(X, K).permute(0, 2, 1)


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
        Mistake(reshapes_to_pixels, SCRAMBLED, 46),
        Mistake(reshapes_to_pixels_and_back, SCRAMBLED, 46),
        Mistake(permutes_and_reshapes_back, SCRAMBLED, 46),
        Mistake(leaves_channels_last, PERMUTE_BACK, 47),
        Mistake(moves_a_wrong_axis_back, PERMUTE_BACK, 47),
        Mistake(swaps_rows_and_columns, ROWS_AND_COLUMNS, 49),
        Mistake(
            applies_the_layer_to_columns,
            N_("`nn.Linear` mixes the last axis. Permute, so that the channels are last."),
            47,
        ),
        Mistake(
            applies_the_layer_to_rows,
            N_("The last axis holds the rows. Permute, so that the channels are last."),
        ),
        Mistake(hands_over_four_axes, N_("The weight has two axes. Drop the 1×1 axes of K.")),
        Mistake(hands_over_inputs_first, ORDER_OF_THE_WEIGHT),
        Mistake(reshapes_the_kernel_to_inputs_first, ORDER_OF_THE_WEIGHT, 43),
        Mistake(squeezes_the_weight, ONE_AXIS_TOO_FEW, 52),
        Mistake(squeezes_the_result, ONE_AXIS_TOO_FEW, 40),
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

KINDS = ("float32", "float64", "integers")


def three_kinds(seed: int) -> dict[str, tuple[Tensor, Tensor]]:
    """X and K for one seed, in three kinds of numbers.

    The floats are short, so that every product is exact. Only the additions round, and the gaps
    are the same on every machine that adds the channels in the same order.

    seed : a whole number
    returns {"float32": (X, K), "float64": (X, K), "integers": (X, K)}, X of shape (3, 5, 7), from
        0 to 255 as in a photograph, and K of shape (4, 3, 1, 1), from -10 to 10; "integers" holds
        whole numbers in float32

    >>> {kind: X.shape for kind, (X, K) in three_kinds(0).items()}["float64"]
    torch.Size([3, 5, 7])
    """
    generator = torch.Generator().manual_seed(seed)
    X = 255 * torch.rand(3, 5, 7, generator=generator, dtype=torch.float64)
    K = 20 * torch.rand(4, 3, 1, 1, generator=generator, dtype=torch.float64) - 10
    return {
        "float32": (shorten(X, 12).float(), shorten(K, 12).float()),
        "float64": (shorten(X, 26), shorten(K, 26)),
        "integers": (X.round().float(), K.round().float()),
    }


def shorten(numbers: Tensor, bits: int) -> Tensor:
    """Numbers rounded to so many binary digits.

    >>> shorten(torch.tensor([0.1, 255.3]), 8)
    tensor([1.0010e-01, 2.5500e+02])
    """
    mantissa, exponent = torch.frexp(numbers)
    return torch.ldexp(torch.ldexp(mantissa, torch.tensor(bits)).round(), exponent - bits)


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


Gap = Callable[[Tensor, Tensor], Tensor]
"""Takes Y1 and Y2, gives how far they are apart."""


def gaps_of(seeds: Iterable[int], gap: Gap) -> dict[str, list[float]]:
    """For each kind, the gap of every seed between the matrix product and the general version."""
    gaps: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for seed in seeds:
        for kind, (X, K) in three_kinds(seed).items():
            gaps[kind].append(float(gap(linear_map(X, K), corr2d_multi_in_out(X, K))))
    return gaps


def linear_map(X: Tensor, K: Tensor) -> Tensor:
    """A 1×1 kernel as one fully connected layer: (c_o, h, w)."""
    return linear(X.permute(1, 2, 0), K.flatten(1)).permute(2, 0, 1)


def largest(Y1: Tensor, Y2: Tensor) -> Tensor:
    return (Y1 - Y2).abs().max()


def adds_all_gaps_of_a_seed(seeds: Sequence[int]) -> dict[str, float]:
    return {k: max(g) for k, g in gaps_of(seeds, lambda Y1, Y2: (Y1 - Y2).abs().sum()).items()}


def adds_the_seeds_up(seeds: Sequence[int]) -> dict[str, float]:
    return {kind: sum(gaps) for kind, gaps in gaps_of(seeds, largest).items()}


def averages_the_seeds(seeds: Sequence[int]) -> dict[str, float]:
    return {kind: sum(gaps) / len(gaps) for kind, gaps in gaps_of(seeds, largest).items()}


def averages_the_numbers(seeds: Sequence[int]) -> dict[str, float]:
    return {k: max(g) for k, g in gaps_of(seeds, lambda Y1, Y2: (Y1 - Y2).abs().mean()).items()}


def keeps_the_last_seed(seeds: Sequence[int]) -> dict[str, float]:
    return {kind: gaps[-1] for kind, gaps in gaps_of(seeds, largest).items()}


def stops_after_the_first_seed(seeds: Sequence[int]) -> dict[str, float]:
    return {kind: gaps[0] for kind, gaps in gaps_of(seeds, largest).items()}


def forgets_the_sign(seeds: Sequence[int]) -> dict[str, float]:
    return {k: max(g) for k, g in gaps_of(seeds, lambda Y1, Y2: (Y1 - Y2).max()).items()}


def takes_the_smallest(seeds: Sequence[int]) -> dict[str, float]:
    return {kind: min(gaps) for kind, gaps in gaps_of(seeds, largest).items()}


def asks_whether_all_are_equal(seeds: Sequence[int]) -> dict[str, bool]:
    return {k: all(g) for k, g in gaps_of(seeds, lambda Y1, Y2: (Y1 == Y2).all()).items()}


def keeps_a_list_for_each_kind(seeds: Sequence[int]) -> dict[str, list[float]]:
    return gaps_of(seeds, largest)


def compares_a_function_with_itself(seeds: Sequence[int]) -> dict[str, float]:
    return dict.fromkeys(KINDS, 0.0)


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
        Mistake(adds_all_gaps_of_a_seed, LARGEST_NOT_SUM),
        Mistake(adds_the_seeds_up, LARGEST_NOT_SUM),
        Mistake(averages_the_seeds, LARGEST_NOT_MEAN),
        Mistake(averages_the_numbers, LARGEST_NOT_MEAN),
        Mistake(keeps_the_last_seed, ALL_SEEDS),
        Mistake(stops_after_the_first_seed, ALL_SEEDS),
        Mistake(forgets_the_sign, N_("A gap has no sign. Take `abs` before `max`.")),
        Mistake(takes_the_smallest, N_("That is the smallest gap. The largest is asked for.")),
        Mistake(
            asks_whether_all_are_equal,
            N_("`==` says whether two numbers differ. Say how far: subtract, then `abs`."),
            62,
        ),
        Mistake(keeps_a_list_for_each_kind, N_("One number for each kind: the largest of all.")),
        Mistake(
            compares_a_function_with_itself,
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


def more_channels() -> str:
    return "more channels"


def recolour() -> str:
    return "recolour"


def standardise() -> str:
    return "standardise"


WHAT_IT_CANNOT_DO = Exercise(
    name="what_it_cannot_do",
    kind="choice",
    options=("more channels", "recolour", "blur", "standardise"),
    mistakes=(
        Mistake(
            more_channels,
            N_("It can: c_o rows of the matrix give c_o channels, fewer or more than c_i."),
            51,
        ),
        Mistake(
            recolour, N_("It can: new colours are sums of the old ones at the same pixel."), 50
        ),
        Mistake(
            standardise,
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
