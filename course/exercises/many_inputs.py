"""Lesson 2, many inputs: one kernel a channel, and the sum over the channels."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from course.exercises.arithmetic import correlate, signed, sum_over_channels
from course.exercises.exercise import GRADIENT_STOPS, Case, Exercise, Function, Mistake
from course.exercises.five_bugs import FIVE_BUGS, survivors
from course.exercises.mistakes import many_inputs as wrong
from course.language import N_, _

X = torch.stack((torch.arange(9.0), torch.arange(1.0, 10.0))).reshape(2, 3, 3)
K = torch.tensor([[[0.0, 1.0], [2.0, 3.0]], [[1.0, 2.0], [3.0, 4.0]]])
EXAMPLE = (X, K)
"""The example of the origin notes: Y is [[56, 72], [104, 120]]."""


ALL_PAIRS = N_("Every channel met every kernel. Multiply matching pairs, and only then add.")

CORR2D_MULTI_IN = Exercise(
    name="corr2d_multi_in",
    kind="code",
    parameters=("X", "K"),
    reference=correlate,
    cases=(
        Case((X, K)),
        Case((signed(3, 5, 7), signed(3, 2, 3))),
        Case((signed(1, 4, 6), signed(1, 3, 2))),
    ),
    mistakes=(
        Mistake(wrong.averages_channels, N_("You averaged. Channels are added, not averaged."), 16),
        Mistake(
            wrong.uses_the_first_kernel_for_all,
            N_("Every channel used the same kernel. Pair each x with its own k."),
            17,
        ),
        Mistake(
            wrong.sums_before_multiplying,
            ALL_PAIRS,
            18,
        ),
        Mistake(
            wrong.pairs_every_channel_with_every_kernel,
            ALL_PAIRS,
            33,
        ),
        Mistake(
            wrong.sums_everything, N_("You summed over everything. Only the channels vanish."), 20
        ),
        Mistake(wrong.sums_rows, N_("You summed the rows. Sum axis 0, the channels."), 21),
        Mistake(
            wrong.sums_columns, N_("You summed along the width. Sum axis 0, the channels."), 21
        ),
        Mistake(
            wrong.stacks_without_sum,
            N_("One map for every channel: the sum over them is missing."),
            22,
        ),
        Mistake(
            wrong.keeps_the_channel_axis,
            N_("The channel axis is still there, with size 1. One map has two axes."),
            23,
        ),
        Mistake(
            wrong.gives_torch_sum_a_generator,
            N_("`torch.sum` wants a tensor. Python's own `sum` adds tensors one by one."),
            24,
        ),
        Mistake(
            wrong.adds_exactly_two_channels,
            N_("You added exactly two channels. Read their number from the shape."),
            25,
        ),
        Mistake(
            wrong.rectifies_before_the_sum,
            N_("Negative numbers were set to 0 before the sum. They count too."),
            27,
        ),
        Mistake(
            wrong.leaves_torch,
            GRADIENT_STOPS,
            28,
        ),
        Mistake(
            wrong.reads_channels_from_the_last_axis,
            N_("You took the last axis for the channels. They are axis 0."),
            29,
        ),
        Mistake(
            wrong.turns_the_channels_around,
            N_("The kernel is flipped, channels too. Nothing is flipped here."),
            30,
        ),
        Mistake(
            wrong.keeps_only_the_last_channel,
            N_("Only the last channel is left. Use `+=`, so that none is overwritten."),
            31,
        ),
        Mistake(
            wrong.adds_into_the_input,
            N_("You added into a view of X. Start from new memory."),
            32,
        ),
    ),
    hints=(
        N_("How many maps does each channel give? How many do you want in the end?"),
        N_("`zip(X, K)` walks over both channel axes at once, pair by pair."),
        N_("Each pair of channel and kernel gives a map. What do you do with the maps?"),
    ),
    axes=(("c_i", "h", "w"), ("c_i", "k_h", "k_w"), ("h_o", "w_o")),
    gradient=True,
    explain=sum_over_channels,
)


# by_hand: the window at [1, 1] of the origin's image, under kernels with a negative number


def judge_three_numbers(value: Any) -> str | None:
    """What is wrong with the form of an answer to `by_hand`, or None."""
    if isinstance(value, Tensor):
        value = value.tolist()
    if not isinstance(value, tuple | list) or len(value) != 3:
        return _("by_hand returns three numbers, as in  return 1, 2, 3")
    if not all(isinstance(v, int | float | Tensor) for v in value):
        return _("by_hand returns three numbers. One of yours is no number.")
    return None


BY_HAND = Exercise(
    name="by_hand",
    kind="number",
    judge=judge_three_numbers,
    mistakes=(
        Mistake(
            wrong.averages_the_shares, N_("You averaged. Channels are added, not averaged."), 16
        ),
        Mistake(wrong.drops_the_negative_share, N_("A negative share counts too. Add it."), 27),
        Mistake(wrong.keeps_the_larger_share, N_("The larger share does not win. Add the two.")),
        Mistake(wrong.uses_kernel_0_twice, N_("Channel 1 has a kernel of its own, K[1]."), 17),
        Mistake(
            wrong.turns_the_kernels, N_("Your kernels are turned by 180°. Nothing is flipped."), 1
        ),
        Mistake(wrong.swaps_the_channels, N_("The sum is right. Channel 0 comes first.")),
        Mistake(wrong.takes_the_first_window, N_("That is Y[0, 0]. Take the lower right window.")),
        Mistake(
            wrong.sums_the_channels_first, N_("Multiply first, then add over the channels."), 18
        ),
    ),
    hints=(
        N_("The lower right window of channel 0 is 4, 5 above 7, 8."),
        N_("Multiply each of the four by the number at the same place in K[0], and add."),
        N_("Do the same with channel 1 and K[1]. Then add your two results."),
    ),
)


# corr2d_multi_in_strict


def strict(X: Tensor, K: Tensor) -> Tensor:
    """The right answer: `correlate`, but a ValueError for what does not fit.

    X : (c_i, h, w)
    K : (c_i, k_h, k_w)
    returns (h - k_h + 1, w - k_w + 1)
    raises ValueError if the channel counts differ
    """
    if len(X) != len(K):
        raise ValueError("X and K do not fit together")
    return correlate(X, K)


CORR2D_MULTI_IN_STRICT = Exercise(
    name="corr2d_multi_in_strict",
    kind="code",
    parameters=("X", "K"),
    reference=strict,
    cases=(
        Case((X, K)),
        Case((signed(3, 4, 6), signed(2, 2, 3)), raises=ValueError),
        Case((signed(2, 4, 6), signed(3, 2, 3)), raises=ValueError),
    ),
    mistakes=(
        Mistake(
            wrong.drops_a_channel,
            N_("X has 3 channels, K has 2: one was ignored silently, as `zip` does."),
            26,
        ),
        Mistake(
            wrong.refuses_only_too_many_inputs,
            N_("You refuse too many channels in X. Refuse too many in K as well."),
        ),
        Mistake(
            wrong.refuses_only_too_many_kernels,
            N_("You refuse too many channels in K. Refuse too many in X as well."),
        ),
        Mistake(
            wrong.asserts,
            N_("`assert` raises an AssertionError. Write  raise ValueError(...)  after an if."),
        ),
        Mistake(
            wrong.returns_none_instead,
            N_("None is an answer too, and travels on unseen. Raise an exception."),
        ),
        Mistake(
            wrong.returns_the_error,
            N_("You return the exception. Write  raise  where you wrote  return."),
        ),
    ),
    hints=(
        N_("What do X and K say about their number of channels?"),
        N_("len(X) is the size of axis 0."),
        N_('Begin with  if …: raise ValueError("…")  and then compute as before.'),
    ),
    axes=CORR2D_MULTI_IN.axes,
    explain=sum_over_channels,
)


# expose_bugs


def works_for_square_pictures(X: Tensor, K: Tensor) -> Tensor:
    n = min(X.shape[1:])
    return correlate(X[:, :n, :n], K)


def works_for_square_kernels(X: Tensor, K: Tensor) -> Tensor:
    n = min(K.shape[1:])
    return correlate(X, K[:, :n, :n])


SQUARE_BUGS = (works_for_square_pictures, works_for_square_kernels)
"""Wrong versions that are right for square pictures, and for square kernels."""


def exposes(value: Any, bugs: Sequence[Function]) -> bool:
    """True if an input makes every bug differ from the truth, or raise.

    >>> exposes((X, K), SQUARE_BUGS)
    False
    """
    return judge_input(value) is None and not survivors(value, bugs)


def judge_input(value: Any) -> str | None:
    """What is wrong with the form of an answer to `expose_bugs`, or None."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        return _("expose_bugs returns two tensors:  return X, K")
    image, kernel = value
    if not (isinstance(image, Tensor) and isinstance(kernel, Tensor)):
        return _("expose_bugs returns two tensors:  return X, K")
    if image.ndim != 3 or kernel.ndim != 3 or len(image) != len(kernel):
        return _("X needs shape (c_i, h, w) and K (c_i, k_h, k_w), with the same c_i.")
    if any(k > n for k, n in zip(kernel.shape[1:], image.shape[1:], strict=True)):
        return _("K is larger than X. It must fit into the picture.")
    if 0 in (*image.shape, *kernel.shape):
        return _("A size is 0. Every axis needs at least one cell.")
    if not (image.is_floating_point() and kernel.is_floating_point()):
        return _("Use float tensors, as in  torch.tensor([1.0, 2.0])")
    if not (image.isfinite().all() and kernel.isfinite().all()):
        return _("Use finite numbers, without NaN and infinity.")
    return None


def judge_exposed(value: Any) -> str | None:
    """Which of the five bugs an answer to `expose_bugs` leaves unexposed, in one sentence."""
    sentence = judge_input(value)
    if sentence:
        return sentence
    left = survivors(value, FIVE_BUGS)
    if not left:
        return None
    fact = _("On your input, these versions still look right: {bugs}.")
    reason = NOTHING_TO_SEE if not correlate(*value).any() else STILL_RIGHT[left[0]]
    return f"{fact.format(bugs=', '.join(map(str, left)))} {_(reason)}"


NOTHING_TO_SEE = N_("The result is all zeros, and zero hides everything.")
STILL_RIGHT = {
    1: N_("With one channel, a sum and an average are the same."),
    2: N_("Equal kernels hide version 2. Give every channel its own."),
    3: N_("Too many zeros hide version 3. Use fewer of them."),
    4: N_("Version 4 sees channels 0 and 1 only. Let another one change the answer."),
    5: N_("Version 5 is right where no map has a negative number."),
}
"""For each of the five bugs, why it may look right."""


EXPOSE_BUGS = Exercise(
    name="expose_bugs",
    kind="code",
    judge=judge_exposed,
    mistakes=(
        Mistake(wrong.has_one_channel, STILL_RIGHT[1]),
        Mistake(wrong.has_one_kernel_three_times, STILL_RIGHT[2]),
        Mistake(wrong.has_two_channels, STILL_RIGHT[4]),
        Mistake(wrong.has_no_negative_number, STILL_RIGHT[5]),
        Mistake(wrong.is_all_zeros, NOTHING_TO_SEE),
    ),
    hints=(
        N_("Take each version in turn: for which input is it right after all?"),
        N_("Version 4 asks for a number of channels, version 5 for signs."),
        N_("Try it with  survivors(expose_bugs(), FIVE_BUGS)  and look at who is left."),
    ),
)


# channel_rule


CHANNEL_RULE = Exercise(
    name="channel_rule",
    kind="choice",
    options=("1", "3", "6", "6, -3, 0"),
    mistakes=(
        Mistake(wrong.average, N_("That is the average. Channels are added."), 16),
        Mistake(wrong.maximum, N_("Every channel counts, not only the strongest.")),
        Mistake(wrong.side_by_side, N_("There is one map, so the channels must meet."), 22),
    ),
    hints=(N_("Look again at the window where 19 and 37 became 56."),),
)

EXERCISES = (BY_HAND, CORR2D_MULTI_IN, CHANNEL_RULE, CORR2D_MULTI_IN_STRICT, EXPOSE_BUGS)
