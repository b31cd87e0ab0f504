"""The sum machine: one window on every channel, and the shares of the channels as they add up."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite
from time import monotonic
from typing import Any, ClassVar

import torch
from torch import Tensor

from course.checking.calling import call, copy
from course.checking.comparing import compare
from course.checking.judging import call_copy, diagnose
from course.checking.wording import NO_RETURN, name_type
from course.exercises.arithmetic import correlate, number
from course.exercises.catalogue import EXERCISES
from course.exercises.exercise import Exercise
from course.exercises.many_inputs import EXAMPLE
from course.exercises.mistakes import many_inputs as wrong
from course.figures import Picture, draw_window
from course.figures.inputs import at_most, numbers_fit, paired
from course.language import N_, _
from course.widgets.channels import with_count
from course.widgets.stage import Asked, CannotShow, Stage, Told, packed, refusing
from course.widgets.their_function import is_plain, name_of, what_it_raised

Function = Callable[..., Any]

MOST_CHANNELS, MOST_SIDE, MOST_KERNEL = 4, 12, 4
LISTED = ("shares", "counted", "running", "Y", "truth")
LONGEST_SEARCH = 1.0
"""Seconds that the search for the first wrong term of the learner's function may take."""


@dataclass(frozen=True)
class Combiner:
    """A way to make one number of the channels' shares: the sum, or a known wrong one.

    label : what it is called
    answer : (X, K) -> Y
    count : what of the shares (c, h_o, w_o) reaches Y; the parts add up to it
    shown : how the share of one channel is written
    one_kernel : True if every channel meets K[0]
    """

    label: str
    answer: Callable[[Tensor, Tensor], Tensor]
    count: Callable[[Tensor], Tensor]
    shown: str = "{share}"
    one_kernel: bool = False


def _only_last(shares: Tensor) -> Tensor:
    return torch.cat((torch.zeros_like(shares[:-1]), shares[-1:]))


COMBINERS = {
    "sum": Combiner(N_("sum"), correlate, lambda shares: shares),
    "mean": Combiner(
        N_("mean"),
        wrong.averages_channels,
        lambda shares: shares / len(shares),
        shown=N_("{share} / {channels} = {counted}"),
    ),
    "shared": Combiner(
        N_("one kernel for all"),
        wrong.uses_the_first_kernel_for_all,
        lambda shares: shares,
        one_kernel=True,
    ),
    "last": Combiner(
        N_("last channel only"),
        wrong.keeps_only_the_last_channel,
        _only_last,
        shown=N_("{share}, of which {counted} is kept"),
    ),
    "relu": Combiner(
        N_("ReLU before the sum"),
        wrong.rectifies_before_the_sum,
        torch.relu,
        shown=N_("max(0, {share}) = {counted}"),
    ),
}
"""The ways to combine; all but the first are known mistakes of `corr2d_multi_in`."""


@dataclass(frozen=True)
class Sums:
    """All numbers between X, K and Y, for every position of the window.

    products : (h_o, w_o, c, k_h, k_w), cell of the window times cell of the kernel
    shares : (c, h_o, w_o), the sum of each channel's products
    counted : (c, h_o, w_o), what of each share reaches Y
    running : (c, h_o, w_o), the total after each channel
    Y : (h_o, w_o)
    truth : (h_o, w_o), what the sum gives
    """

    products: Tensor
    shares: Tensor
    counted: Tensor
    running: Tensor
    Y: Tensor
    truth: Tensor


def sum_channels(X: Tensor, K: Tensor, combiner: str = "sum") -> Sums:
    """Every product, every share and every total of a cross-correlation with many channels.

    X : (c, h, w)
    K : (c, k_h, k_w), no larger than X
    combiner : a key of COMBINERS
    returns the numbers for all (h - k_h + 1, w - k_w + 1) positions

    >>> sums = sum_channels(*EXAMPLE)
    >>> sums.products.shape
    torch.Size([2, 2, 2, 2, 2])
    >>> sums.shares[:, 0, 0], sums.Y[0, 0]
    (tensor([19., 37.]), tensor(56.))
    """
    rule = COMBINERS[combiner]
    kernels = K[:1].expand_as(K) if rule.one_kernel else K
    windows = X.unfold(1, K.shape[1], 1).unfold(2, K.shape[2], 1)  # (c, h_o, w_o, k_h, k_w)
    products = windows * kernels[:, None, None]
    shares = products.sum((-2, -1))
    counted = rule.count(shares)
    return Sums(
        products.permute(1, 2, 0, 3, 4),
        shares,
        counted,
        counted.cumsum(0),
        rule.answer(X, K),
        correlate(X, K),
    )


def first_wrong_term(
    f: Function, X: Tensor, K: Tensor, i: int, j: int
) -> tuple[tuple[int, int, int], float] | None:
    """The first product behind Y[i, j] that the learner's function counts differently.

    The function is asked about one cell of the window at a time, all other cells being 0. What it
    then gives at (i, j) is how it counts that product.

    f : a function of X (c, h, w) and K (c, k_h, k_w)
    returns ((channel, row, column) of the kernel, what f counts); None if each term alone is right

    >>> halves = lambda X, K: correlate(X, K) / 2
    >>> first_wrong_term(halves, *EXAMPLE, 0, 0)
    ((0, 0, 1), 0.5)
    """
    end = monotonic() + LONGEST_SEARCH
    for place in torch.cartesian_prod(*map(torch.arange, K.shape)).tolist():
        c, a, b = place
        alone = torch.zeros_like(X)
        alone[c, i + a, j + b] = X[c, i + a, j + b]
        value = call(f, copy((alone, K)), quiet=True).value
        if not isinstance(value, Tensor) or value.ndim != 2 or monotonic() > end:
            return None
        counted = float(value[i, j].detach())
        if compare(value[i, j].detach(), (X[c, i + a, j + b] * K[c, a, b]).to(value.dtype)):
            return (c, a, b), counted
    return None


class SumMachine(Stage):
    """One window on every channel, and how the shares of the channels become one number.

    X : (c, h, w) or (h, w), at most 4 channels of 12 by 12; the origin's example if not given
    K : (c, k_h, k_w) or (k_h, k_w), at most 4 by 4
    f : a function of X and K, drawn beside the truth
    raises CannotShow, a ValueError, with one sentence if they do not fit

    >>> SumMachine().told["Y"]
    [[56.0, 72.0], [104.0, 120.0]]
    """

    NAME = N_("Sum machine")
    WORDS: ClassVar = {
        "X": N_("X, channel {c}"),
        "K": N_("K, channel {c}"),
        "products": N_("Products of channel {c}"),
        "channel": N_("channel {c}"),
        "Y": N_("Y"),
        "truth": N_("The truth"),
        "yours": N_("What {name} gives"),
        "back": N_("One step back"),
        "step": N_("One step on"),
        "play": N_("Play"),
        "pause": N_("Pause"),
        "reset": N_("Start again"),
        "window": N_("Window"),
        "window_at": N_("row {i}, column {j}"),
        "combiner": N_("Combine with"),
        "channels": N_("Channels"),
        "predict": N_("Predict first"),
        "guess": N_("Your guess for row {i}, column {j} of Y"),
        "look": N_("Look"),
        "next": N_("Next window"),
        "right_guess": N_("✓ {truth} is right. In a row: {streak}."),
        "wrong_guess": N_("✗ You said {guess}. It is {truth}."),
        "guessed_here": N_("You have guessed here already: it is {truth}."),
        "all_guessed": N_("You have guessed every number of Y. Here it is {truth}."),
        "at_hidden": N_("Row {i}, column {j} is hidden until you have guessed."),
        "at": N_("Row {i}, column {j}: {sum}."),
        "all_right": N_(
            "This rule gives the truth on every number here. Edit a cell to make them differ."
        ),
        "apart": N_(
            "Numbers that differ from the truth: {wrong} of {all}. Here the truth is {truth}."
        ),
        "how": N_(
            "Drag the window, or use the arrow keys. "
            "To change a number of X or K, type a new one or double-click it."
        ),
        "go_there": N_("Go to the first difference"),
        "differs": N_("differs"),
        "so_far": N_("so far {total}"),
        "mean_of": N_("({sum}) / {channels} = {total}"),
    }

    def __init__(
        self, X: Tensor | None = None, K: Tensor | None = None, f: Function | None = None
    ) -> None:
        if (X is None) != (K is None):
            raise CannotShow(_("Give X and K, or neither of them."))
        if f is not None and not callable(f):
            raise CannotShow(
                _("f must be the function itself, as in  f=corr2d_multi_in  and not its result.")
            )
        X, K = (X, K) if X is not None and K is not None else EXAMPLE
        self.f = f
        self.flat = isinstance(X, Tensor) and X.ndim == 2
        with refusing():
            image, kernel = paired(X, K)
        self.start = {"X": image.tolist(), "K": kernel.tolist(), "combiner": "sum"}
        super().__init__(self.start)

    def answer(self, asked: Asked) -> Told:
        """All numbers for X, K, the combiner and the count of channels that the learner chose."""
        count = asked.get("channels", len(asked["X"]))
        X, K = (with_count(torch.tensor(asked[name]).float(), count) for name in "XK")
        paired(X, K)  # numbers that are none are refused here
        at_most(len(X), MOST_CHANNELS, _("X has {count} channels, but there is room for {most}."))
        numbers_fit(X.numpy(), "X", MOST_SIDE)
        numbers_fit(K.numpy(), "K", MOST_KERNEL)
        rule = COMBINERS[asked["combiner"]]
        sums = sum_channels(X, K, asked["combiner"])
        return {
            "X": X.tolist(),
            "K": K.tolist(),
            "kernels": (K[:1].expand_as(K) if rule.one_kernel else K).tolist(),
            "flat": self.flat and len(X) == 1,
            "combiner": asked["combiner"],
            "combiners": [[name, _(one.label)] for name, one in COMBINERS.items()],
            "shown": _(rule.shown),
            "products": packed(sums.products, "<f4"),
            **{name: getattr(sums, name).tolist() for name in LISTED},
            "wrong": (~torch.isclose(sums.Y, sums.truth)).tolist(),
            "patterns": list(patterns(X, K)) if asked.get("predict") else [],
            "theirs": self.ask_theirs(X, K, sums.truth),
            "start": self.start | {"channels": len(self.start["X"])},
        }

    def ask_theirs(self, X: Tensor, K: Tensor, truth: Tensor) -> Told | None:
        """What the learner's function gives, and the first place where it leaves the truth."""
        if self.f is None:
            return None
        flat = self.flat and len(X) == 1
        arguments = (X[0], K[0]) if flat else (X, K)
        outcome = call(self.f, copy(arguments), quiet=True)
        name, Y = name_of(self.f), outcome.value
        if outcome.error is not None:
            return {"name": name, "sentence": what_it_raised(self.f, outcome)}
        if Y is None:
            sentence = _("{name} gives None.").format(name=name)
            return {"name": name, "sentence": sentence, "cause": _(NO_RETURN).replace("`", "")}
        if not is_plain(Y):
            sentence = _("{name} gives {got}, the truth is a tensor of shape {shape}.").format(
                name=name,
                got=str(Y.dtype) if isinstance(Y, Tensor) else name_type(type(Y)),
                shape=tuple(truth.shape),
            )
            return {"name": name, "sentence": sentence}
        if compare(Y, truth) is None:
            sentence = _("{name} gives the truth on every number here.").format(name=name)
            return {"name": name, "values": Y.tolist(), "sentence": sentence}
        mistake = diagnose(self.exercise, self.f, arguments, outcome)
        cause = _(mistake.sentence) if mistake else ""
        if Y.shape != truth.shape:
            sentence = _("{name} gives shape {got}, the truth has shape {shape}.").format(
                name=name, got=tuple(Y.shape), shape=tuple(truth.shape)
            )
            return {"name": name, "sentence": sentence, "cause": cause}
        return {"name": name, **self.first_difference(X, K, Y.detach().double(), truth, cause)}

    def first_difference(self, X: Tensor, K: Tensor, Y: Tensor, truth: Tensor, cause: str) -> Told:
        """Where the learner's numbers leave the truth, and the first term that does.

        Y : (h_o, w_o), the learner's
        truth : (h_o, w_o)
        """
        assert self.f is not None
        f, flat = self.f, self.flat and len(X) == 1
        apart = ~torch.isclose(Y, truth.double(), rtol=1e-4, atol=1e-5)
        i, j = apart.nonzero()[0].tolist()
        sentence = _("{name} gives {got} at row {i}, column {j}. The truth is {truth}.")
        told = {
            "values": [[v if isfinite(v) else str(v) for v in row] for row in Y.tolist()],
            "apart": apart.tolist(),
            "first": [i, j],
            "term": None,
            "sentence": sentence.format(
                name=name_of(f),
                got=number(float(Y[i, j])),
                i=i,
                j=j,
                truth=number(float(truth[i, j])),
            ),
            "cause": cause,
        }
        term = first_wrong_term((lambda X, K: f(X[0], K[0])) if flat else f, X, K, i, j)
        if term:
            (c, a, b), counted = term
            x = X[c, i + a, j + b]
            words = _("First wrong term: channel {c}, {x}·{k}. It counts {got}.").format(
                c=c, x=number(float(x)), k=number(float(K[c, a, b])), got=number(counted)
            )
            told |= {"term": [c, a, b], "cause": f"{words} {cause}".strip()}
        return told

    @property
    def exercise(self) -> Exercise:
        """The exercise whose known mistakes the learner's function is compared with."""
        return EXERCISES["corr2d" if self.flat else "corr2d_multi_in"]

    def still(self) -> Picture:
        """The first window, as the machine opens."""
        return draw_window(torch.tensor(self.told["X"]), torch.tensor(self.told["K"]), 0, 0)


def patterns(X: Tensor, K: Tensor) -> Iterator[Told]:
    """Wrong guesses that have a name: what they would be at every position, and the sentence.

    X : (c, h, w)
    K : (c, k_h, k_w)
    """
    truth = correlate(X, K)
    shares = wrong.maps(X, K)
    for mistake in EXERCISES["corr2d_multi_in"].mistakes:
        value = call_copy(mistake.wrong, (X, K)).value
        if isinstance(value, Tensor) and value.shape == truth.shape:
            yield {"sentence": _(mistake.sentence), "values": _numbers(value)}
    if len(X) > 1:
        for c, share in enumerate(shares):
            alone = _("That is the share of channel {c} alone.").format(c=c)
            yield {"sentence": alone, "values": share.tolist()}
    strong = correlate(X.abs(), K.abs())
    yield {"sentence": _("A minus sign was lost."), "values": strong.tolist()}
    plain = correlate(X, torch.ones_like(K))
    yield {"sentence": _("You added the window, without the kernel."), "values": plain.tolist()}
    other = _("That is another place of Y: row {i}, column {j}.")
    for i, row in enumerate(truth.tolist()):
        for j, value in enumerate(row):
            yield {"sentence": other.format(i=i, j=j), "value": value}


def _numbers(values: Tensor) -> list[Any]:
    return [[v if isfinite(v) else None for v in row] for row in values.tolist()]
