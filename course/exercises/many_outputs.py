"""Lesson 3, many outputs: a filter bank, one map for each of its filters."""

from typing import Any

import torch
from torch import Tensor

from course.exercises.arithmetic import correlate, signed, sum_over_channels
from course.exercises.exercise import GRADIENT_STOPS, Case, Exercise, Mistake
from course.exercises.given import LAYERS
from course.exercises.many_inputs import K, X
from course.exercises.mistakes import many_outputs as wrong
from course.language import N_, _

K3 = torch.stack((K, K + 1, K + 2))
"""The origin's filter bank, (3, 2, 2, 2). Its first map is [[56, 72], [104, 120]]."""


NEW_AXIS_FIRST = N_("The output channels must be axis 0: `torch.stack(maps, 0)`.")
EVERY_INPUT = N_("Every output sees every input. Loop over K only, and give X whole to each k.")
WRONG_AXIS_OF_K = N_("You walk over axis 1 of K, the inputs. One filter is K[o], along axis 0.")
SUM_IS_MISSING = N_("One map per filter: the sum over the input channels is missing.")
ONE_FILTER = N_("Only the first filter was used. Does `return` stand inside the loop?")
ROWS_FIRST = N_("Positions run row by row: the last two axes are (h_o, w_o), rows first.")
ONE_FILTER_A_ROW = N_("`K.reshape(-1, c_o).T` mixes the filters. `K.reshape(c_o, -1)` does not.")

# corr2d_multi_in_out


CORR2D_MULTI_IN_OUT = Exercise(
    name="corr2d_multi_in_out",
    kind="code",
    parameters=("X", "K"),
    reference=correlate,
    cases=(
        Case((X, K3)),
        Case((signed(3, 9, 11), signed(2, 3, 4, 5))),
        Case((signed(1, 4, 6), signed(1, 1, 3, 2))),
    ),
    mistakes=(
        Mistake(
            wrong.lengthens_an_axis,
            N_("`cat` lengthens an axis that is there. `stack` makes a new one."),
            34,
        ),
        Mistake(
            wrong.averages_the_channels, N_("You averaged. Channels are added, not averaged."), 16
        ),
        Mistake(wrong.stacks_along_the_last_axis, NEW_AXIS_FIRST, 35),
        Mistake(wrong.stacks_along_axis_1, NEW_AXIS_FIRST, 35),
        Mistake(wrong.pairs_inputs_with_filters, EVERY_INPUT, 36),
        Mistake(wrong.takes_filters_from_axis_1, WRONG_AXIS_OF_K, 37),
        Mistake(wrong.takes_filters_from_axis_1_and_truncates, WRONG_AXIS_OF_K, 37),
        Mistake(
            wrong.stacks_inside_the_loop,
            N_("Stacking in the loop works for two filters only. Collect a list, stack it once."),
            38,
        ),
        Mistake(wrong.leaves_out_the_sum, SUM_IS_MISSING, 39),
        Mistake(wrong.returns_a_map_for_every_kernel, SUM_IS_MISSING, 39),
        Mistake(
            wrong.squeezes,
            N_("`squeeze` drops every axis of size 1. One filter still has its axis."),
            40,
        ),
        Mistake(
            wrong.adds_the_maps_of_all_filters,
            N_("You added the maps of different filters. Add over inputs, stack the outputs."),
        ),
        Mistake(wrong.returns_inside_the_loop, ONE_FILTER, 14),
        Mistake(wrong.returns_the_first_map, ONE_FILTER, 14),
        Mistake(
            wrong.returns_a_list, N_("You return a list of maps. `torch.stack` makes it a tensor.")
        ),
        Mistake(
            wrong.makes_exactly_three_maps,
            N_("You make exactly three maps. Read their number from K: `for k in K`."),
        ),
        Mistake(
            wrong.uses_one_kernel_for_all_inputs,
            N_("Within a filter, every input channel has a kernel of its own."),
            17,
        ),
        Mistake(wrong.swaps_rows_and_columns, ROWS_FIRST, 42),
        Mistake(wrong.mixes_the_filters, ONE_FILTER_A_ROW, 43),
        Mistake(wrong.leaves_torch, GRADIENT_STOPS, 44),
        Mistake(
            wrong.adds_a_batch_axis_in_place,
            N_("`unsqueeze_` changes X itself. `X[None]` makes a new view and leaves X alone."),
        ),
    ),
    hints=(
        N_("One filter gives one map. How many filters are there, and along which axis of K?"),
        N_("`for k in K` walks over axis 0: each k has shape (c_i, k_h, k_w)."),
        N_("Collect `corr2d_multi_in(X, k)` in a list. What turns a list of maps into a tensor?"),
    ),
    axes=(("c_i", "h", "w"), ("c_o", "c_i", "k_h", "k_w"), ("c_o", "h_o", "w_o")),
    gradient=True,
    explain=sum_over_channels,
)


# how_many_maps


HOW_MANY_MAPS = Exercise(
    name="how_many_maps",
    kind="choice",
    options=("2048", "96", "64", "32"),
    mistakes=(
        Mistake(
            wrong.one_for_every_kernel,
            N_("2048 is the number of kernels. Those of one filter are summed into one map."),
            39,
        ),
        Mistake(
            wrong.one_for_every_input, N_("32 is the number of inputs. Each filter sees them all.")
        ),
        Mistake(
            wrong.inputs_and_outputs_together,
            N_("The inputs are not handed on beside the maps. Only the filters' maps come out."),
        ),
    ),
    hints=(
        N_("Look at the picture with the arrows: what does one filter make of all inputs?"),
        N_("How many kernels are there? And how many sums?"),
        N_("The output has shape (c_o, h_o, w_o). Which number is c_o here?"),
    ),
)

# shapes_and_parameters


def judge_pairs(value: Any) -> str | None:
    """What is wrong with the form of an answer to `shapes_and_parameters`, or None."""
    if not isinstance(value, list | tuple) or len(value) != len(LAYERS):
        return _("shapes_and_parameters returns {count} pairs, one for each layer.").format(
            count=len(LAYERS)
        )
    for place, pair in enumerate(value):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            return _("Entry {place} is no pair of a shape and a number.").format(place=place)
        shape, parameters = pair
        if not isinstance(shape, list | tuple) or not all(isinstance(n, int) for n in shape):
            return _("Entry {place}: the shape is a tuple of whole numbers.").format(place=place)
        if not isinstance(parameters, int | float):
            return _("Entry {place}: the parameters are one number.").format(place=place)
    return None


def part(value: Any, place: int) -> list[Any]:
    """The shapes (place 0) or the parameters (place 1) of an answer, empty if its form is wrong.

    value : what shapes_and_parameters returned

    >>> part([((4, 3), 5), ((4, 3), 6), ((4, 3), 7), ([4, 3], 8)], 1)
    [5, 6, 7, 8]
    """
    if judge_pairs(value):
        return []
    return [tuple(pair[0]) if place == 0 else pair[1] for pair in value]


MULTIPLICATIONS = N_("You counted multiplications. Parameters do not depend on the picture's size.")

SHAPES_AND_PARAMETERS = Exercise(
    name="shapes_and_parameters",
    kind="number",
    judge=judge_pairs,
    mistakes=(
        Mistake(
            wrong.loses_the_last_position,
            N_("A kernel fits at h - k_h + 1 positions, one more than h - k_h."),
            3,
        ),
        Mistake(
            wrong.keeps_the_size_of_the_picture,
            N_("The map is smaller than the picture: the window must not stick out."),
            4,
        ),
        Mistake(
            wrong.counts_a_map_for_every_kernel,
            N_("One map per filter: the kernels of a filter are summed into one map."),
            39,
        ),
        Mistake(
            wrong.counts_a_map_for_every_input,
            N_("The number of maps is the number of filters, not of input channels."),
        ),
        Mistake(
            wrong.puts_the_channels_last, N_("The order is (c_o, h_o, w_o): channels first."), 35
        ),
        Mistake(
            wrong.gives_the_shape_of_the_kernels,
            N_("That is the shape of K. The shape of Y comes from the window's positions."),
            45,
        ),
        Mistake(
            wrong.forgets_the_output_channels,
            N_("The output has three axes. Its first one is c_o."),
        ),
        Mistake(wrong.forgets_the_bias, N_("The biases are missing: one for each output channel.")),
        Mistake(
            wrong.counts_a_bias_for_every_kernel,
            N_("A bias is added once, after the sum: c_o of them, not c_o·c_i."),
            53,
        ),
        Mistake(
            wrong.counts_one_bias_for_the_layer,
            N_("Every output channel has a bias of its own. You counted one for the layer."),
        ),
        Mistake(
            wrong.forgets_the_input_channels,
            N_("A filter has a kernel for every input channel. Multiply by c_i too."),
            58,
        ),
        Mistake(wrong.counts_one_filter, N_("You counted one filter. The layer has c_o of them.")),
        Mistake(wrong.counts_multiplications, MULTIPLICATIONS, 58),
        Mistake(wrong.counts_multiplications_and_biases, MULTIPLICATIONS, 58),
    ),
    hints=(
        N_("Draw one filter: how many kernels does it hold, and how many numbers has each?"),
        N_("Which sizes does the shape of Y need? Which sizes does the shape of K need?"),
        N_("Multiply the four sizes of K. Then add the biases, one for each map."),
    ),
)


# filter_bank

FILTERS = (
    N_("Output 0 must be the blue of the picture, input channel 2."),
    N_("Output 1 must be the green of the picture, input channel 1."),
    N_("Output 2 must be the red of the picture, input channel 0."),
    N_("Output 3 must be grey: the mean of red, green and blue at every pixel."),
    N_("Output 4 must be the left neighbour minus the right one, in blue only."),
)
"""What each output of `filter_bank` is asked to do."""


def wrong_outputs(value: Any, X: Tensor) -> list[int]:
    """The outputs of a filter bank that do not do on a picture what they are asked to do.

    value : what filter_bank returned, rightly of shape (5, 3, 1, 3)
    X : (3, h, w), with w at least 3

    >>> wrong_outputs(torch.zeros(5, 3, 1, 3), torch.ones(3, 4, 6))
    [0, 1, 2, 3]
    """
    if judge_bank_form(value):
        return list(range(len(FILTERS)))
    left, middle, right = X[..., :-2], X[..., 1:-1], X[..., 2:]
    wanted = torch.stack([*middle.flip(0), middle.mean(0), left[2] - right[2]]).double()
    pairs = zip(correlate(X, value.detach()).double(), wanted, strict=True)
    return [
        o for o, (y, want) in enumerate(pairs) if not torch.allclose(y, want, rtol=1e-4, atol=1e-5)
    ]


def judge_bank_form(value: Any) -> str | None:
    """What is wrong with the type and the shape of a filter bank, or None."""
    if not isinstance(value, Tensor):
        return _("filter_bank() must return a tensor, not {type}.").format(
            type=type(value).__name__
        )
    if value.shape != (5, 3, 1, 3) or value.is_complex():
        return _("filter_bank() gives shape {shape}, expected (5, 3, 1, 3).").format(
            shape=tuple(value.shape)
        )
    return None


def judge_bank(value: Any) -> str | None:
    """The first thing that is wrong with a filter bank, or None."""
    wrong = wrong_outputs(value, signed(3, 5, 7))
    return judge_bank_form(value) or (_(FILTERS[wrong[0]]) if wrong else None)


FILTER_BANK = Exercise(
    name="filter_bank",
    kind="code",
    judge=judge_bank,
    mistakes=(
        Mistake(
            wrong.keeps_the_order_of_the_colours,
            N_("The colours kept their order. Output 0 reads input 2: `K[0, 2]`."),
        ),
        Mistake(
            wrong.moves_the_colours_by_one_pixel,
            N_("Your colours and your grey are moved by a pixel. The middle column has index 1."),
        ),
        Mistake(
            wrong.adds_the_colours,
            N_("Your grey is the sum of the colours. For the mean, each weight is 1/3."),
        ),
        Mistake(
            wrong.blurs_the_grey,
            N_("Your grey mixes three pixels. Use the middle column only, 1/3 for each colour."),
        ),
        Mistake(
            wrong.weighs_the_colours,
            N_("That is the grey of television. Here all three colours count alike."),
        ),
        Mistake(
            wrong.rounds_a_third, N_("0.33 is not a third, and white turns grey. Write 1 / 3.")
        ),
        Mistake(
            wrong.subtracts_left_from_right,
            N_("Your sign is turned: the left number counts +1. Nothing is flipped."),
            1,
        ),
        Mistake(
            wrong.watches_all_colours,
            N_("Your last filter sees all colours. For red and green its kernels are zero."),
        ),
        Mistake(wrong.watches_red, N_("Your last filter sees red. Blue is input channel 2.")),
        Mistake(
            wrong.swaps_inputs_and_outputs,
            N_("The axes of K are (c_o, c_i, k_h, k_w): outputs first."),
        ),
        Mistake(wrong.stands_upright, N_("The kernels are one row high and three columns wide.")),
        Mistake(
            wrong.leaves_out_the_row_axis,
            N_("A kernel of one row still has its axis of rows. It has size 1."),
            40,
        ),
        Mistake(wrong.forgets_the_last_filter, N_("Five maps need five filters.")),
    ),
    hints=(
        N_("Start from `torch.zeros(5, 3, 1, 3)` and write the numbers that are not zero."),
        N_("`K[o, c, 0, 1]` is the weight of input c in output o, at the pixel itself."),
        N_("Outputs 0, 1, 2 need one number each, the grey needs three, the last filter two."),
    ),
)


# corr2d_fast: none of these may use a ready-made convolution, else that is what they are told


CORR2D_FAST = Exercise(
    name="corr2d_fast",
    kind="code",
    parameters=("X", "K"),
    reference=correlate,
    cases=CORR2D_MULTI_IN_OUT.cases,
    mistakes=(
        Mistake(wrong.reads_columns_first, ROWS_FIRST, 42),
        Mistake(
            wrong.flattens_in_another_order,
            N_("Windows and kernels are flattened in different orders: keep (c_i, k_h, k_w)."),
            42,
        ),
        Mistake(wrong.flattens_the_bank_by_columns, ONE_FILTER_A_ROW, 43),
        Mistake(
            wrong.leaves_the_windows_in_a_row,
            N_("The windows still stand in one row. Reshape them to (h_o, w_o)."),
        ),
        Mistake(wrong.leaves_the_inputs_apart, SUM_IS_MISSING, 39),
        Mistake(
            wrong.takes_square_taps,
            N_("You walk over a square kernel. A kernel has k_h rows and k_w columns."),
            7,
        ),
        Mistake(
            wrong.turns_the_taps_around,
            N_("Your kernels are turned by 180°. Nothing is flipped."),
            1,
        ),
        Mistake(
            wrong.keeps_only_the_last_tap,
            N_(
                "Only the last number of the kernel is left. Use `+=`, so that none is overwritten."
            ),
            31,
        ),
        Mistake(
            wrong.multiplies_unmatched_channels,
            N_("Every channel met every kernel. One letter for both channel axes pairs them."),
            19,
        ),
        Mistake(wrong.leaves_torch_fast, GRADIENT_STOPS, 44),
    ),
    hints=(
        N_("A kernel has few numbers, a picture has many. Over which of them can you loop?"),
        N_("The numbers K[:, :, a, b] meet the picture moved by (a, b): X[:, a : a + h_o, …]."),
        N_("For one (a, b), every output is a sum over c of K[o, c] times X[c]. Add over (a, b)."),
    ),
    axes=CORR2D_MULTI_IN_OUT.axes,
    gradient=True,
    from_scratch=True,
    explain=sum_over_channels,
)


EXERCISES = (CORR2D_MULTI_IN_OUT, HOW_MANY_MAPS, SHAPES_AND_PARAMETERS, FILTER_BANK, CORR2D_FAST)
