"""The filter loom: every filter reads every input, so c_o * c_i kernels weave only c_o maps."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from course.exercises.arithmetic import correlate
from course.exercises.many_inputs import X as TWO_CHANNELS
from course.exercises.many_outputs import K3
from course.figures import Picture, draw_filter_bank
from course.figures.banks import MOST_CHANNELS, MOST_SIDE, MOST_TILES
from course.figures.inputs import at_most, banked, numbers_fit, numbers_of
from course.figures.lettering import CELL, LABEL, font
from course.figures.numbers import short
from course.figures.palette import TEXT
from course.language import N_, _
from course.widgets.channels import with_count
from course.widgets.stage import Asked, CannotShow, Stage, Told, refusing

LONGEST_SIDE = 12
MOST_ROWS = 24
"""Rows of numbers that may stand below each other before circles take their place."""


@dataclass(frozen=True)
class Woven:
    """All numbers between the inputs and the maps.

    parts : (c_o, c_i, h_o, w_o), what each kernel makes of its input
    maps : (c_o, h_o, w_o), the sum of each filter's parts, and its bias
    kernels : how many kernels there are, c_o * c_i
    weights : the numbers in all kernels, c_o * c_i * k_h * k_w
    parameters : the weights and the biases, one for each filter where there are biases
    """

    parts: Tensor
    maps: Tensor
    kernels: int
    weights: int
    parameters: int


def weave(X: Tensor, K: Tensor, bias: Tensor | None = None) -> Woven:
    """Every kernel's own map, the sums that are left of them, and what there is to learn.

    X : (c_i, h, w)
    K : (c_o, c_i, k_h, k_w), no larger than X
    bias : (c_o,), added to every number of a map; None adds nothing and counts nothing
    returns maps of shape (c_o, h - k_h + 1, w - k_w + 1), and a part of a map for each kernel

    >>> woven = weave(TWO_CHANNELS, K3)
    >>> woven.parts.shape, woven.maps.shape
    (torch.Size([3, 2, 2, 2]), torch.Size([3, 2, 2]))
    >>> woven.parts[0, :, 0, 0], woven.maps[0, 0, 0]
    (tensor([19., 37.]), tensor(56.))
    >>> weave(TWO_CHANNELS, K3, torch.zeros(3)).parameters
    27
    """
    parts = torch.stack([correlate(X[c : c + 1], K[:, c : c + 1]) for c in range(len(X))], dim=1)
    maps = parts.sum(1)
    if bias is not None:
        maps = maps + bias[:, None, None]
    biases = 0 if bias is None else len(bias)
    return Woven(parts, maps, K.shape[0] * K.shape[1], K.numel(), K.numel() + biases)


class FilterLoom(Stage):
    """Inputs, filters and maps with their connections: choose one, and its threads light up.

    X : (c_i, h, w), at most 8 channels of 12 by 12; the origin's example if not given
    K : (c_o, c_i, k_h, k_w), at most 8 filters
    bias : (c_o,); the switch for it is off if not given
    raises CannotShow, a ValueError, with one sentence if they do not fit

    >>> FilterLoom().told["maps"][0]
    [[56.0, 72.0], [104.0, 120.0]]
    """

    NAME = N_("Filter loom")
    WORDS: ClassVar = {
        "inputs": N_("Inputs c_i"),
        "filters": N_("Filters c_o"),
        "bias": N_("Bias"),
        "reset": N_("Start again"),
        "kernels_counted": N_("kernels: c_o · c_i = {c_o} · {c_i} = {kernels}"),
        "maps_counted": N_("maps: c_o = {c_o}"),
        "weights_counted": N_("parameters: {c_o} · {c_i} · {k_h} · {k_w} = {weights}"),
        "all_counted": N_("parameters: {c_o} · {c_i} · {k_h} · {k_w} + {c_o} = {parameters}"),
        "kernels_note": N_("one for each pair of a filter and an input"),
        "maps_note": N_("one for each filter, never one for each kernel"),
        "weights_note": N_("with a bias for each filter: {weights} + {c_o} = {with_bias}"),
        "all_note": N_("all kernels, and one bias for each filter"),
        "X": N_("input {c}"),
        "K": N_("K[{o}, {c}]"),
        "K_spoken": N_("kernel of filter {o} for input {c}"),
        "filter": N_("filter {o}"),
        "Y": N_("map {o}"),
        "b": N_("bias {o}"),
        "part": N_("part of map {o} from input {c}"),
        "part_short": N_("from input {c}"),
        "all_inputs": N_("Inputs, the channels of X"),
        "all_kernels": N_("Kernels, a filter in each row"),
        "all_maps": N_("Maps, the channels of Y"),
        "details": N_("The numbers of what is chosen"),
        "map_title": N_("map {o} is the sum of its parts"),
        "kernel_title": N_("K[{o}, {c}] makes one part of map {o}"),
        "input_title": N_("input {c} and the kernels that read it"),
        "map_chosen": N_("Map {o} at [{i}, {j}]: {sum} = {total}. One part from each input."),
        "map_chosen_bias": N_(
            "Map {o} at [{i}, {j}]: {sum} = {total}. "
            "One part from each input, and the bias once, at the end."
        ),
        "kernel_chosen": N_(
            "K[{o}, {c}] at [{i}, {j}]: {sum} = {part}. "
            "It reads only input {c} and adds to map {o} only."
        ),
        "kernel_chosen_long": N_(
            "K[{o}, {c}] at [{i}, {j}] gives {part}. "
            "It reads only input {c} and adds to map {o} only."
        ),
        "input_chosen": N_(
            "Every filter reads input {c}, and each has a kernel of its own for it: {kernels}."
        ),
        "how": N_("Choose a map, a kernel or an input. Type a number to change a cell of X or K."),
    }

    def __init__(
        self, X: Tensor | None = None, K: Tensor | None = None, bias: Tensor | None = None
    ) -> None:
        if (X is None) != (K is None):
            raise CannotShow(_("Give X and K, or neither of them."))
        X, K = (X, K) if X is not None and K is not None else (TWO_CHANNELS, K3)
        with refusing():
            image, bank = banked(X, K)
            values = [0.0] * len(bank) if bias is None else biases(bias, len(bank))
        self.start: Asked = {
            "X": image.tolist(),
            "K": bank.tolist(),
            "bias": values,
            "biased": bias is not None,
            "c_i": len(image),
            "c_o": len(bank),
        }
        super().__init__(self.start)

    def answer(self, asked: Asked) -> Told:
        """All numbers for the channels, the filters and the biases that the learner chose."""
        c_i, c_o = asked["c_i"], asked["c_o"]
        at_most(c_i, MOST_CHANNELS, _("X has {count} channels, but there is room for {most}."))
        at_most(c_o, MOST_CHANNELS, _("K has {count} filters, but there is room for {most}."))
        X, K = (torch.tensor(asked[name], dtype=torch.float64) for name in "XK")
        X, K = with_count(X, c_i), with_count(with_count(K, c_o), c_i, axis=1)
        bias = torch.tensor([*asked["bias"], *[0.0] * c_o][:c_o], dtype=torch.float64)
        numbers_fit(banked(X, K)[0], "X", LONGEST_SIDE)
        numbers_of(bias, "bias", (1,))
        woven = weave(X, K, bias if asked["biased"] else None)
        numbers_of(woven.parts, "Y", (4,))
        numbers_of(woven.maps, "Y", (3,))
        return {
            "X": X.tolist(),
            "K": K.tolist(),
            "bias": bias.tolist(),
            "biased": asked["biased"],
            "parts": woven.parts.tolist(),
            "maps": woven.maps.tolist(),
            "tiles": fits_in_tiles(X, K),
            "counts": counted(K, woven),
            "most": MOST_CHANNELS,
            "start": self.start,
        }

    def still(self) -> Picture:
        """The loom as it opens, with the count of the parameters below it."""
        X, K = (torch.tensor(self.start[name]) for name in "XK")
        biased, bias = self.start["biased"], self.start["bias"]
        picture = draw_filter_bank(X, K)
        words = self.words["all_counted" if biased else "weights_counted"]
        write_below(picture, words.format(**counted(K, weave(X, K, torch.tensor(bias)))))
        if biased:
            drawn = _("The maps stand here before the bias is added: {bias}.")
            write_below(picture, drawn.format(bias=", ".join(short(value) for value in bias)))
        return picture


def write_below(picture: Picture, sentence: str) -> None:
    """Write one more line at the foot of a picture of tensors, and say it in its words."""
    (axes,), (width, height) = picture.axes, picture.pixels
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    cell = width / (right - left)
    axes.set_ylim(bottom + 0.6, top)
    picture.resize(width, height + 0.6 * cell)
    axes.text(
        (left + right) / 2,
        bottom,
        sentence,
        fontproperties=font(),
        fontsize=LABEL * cell / CELL,
        color=TEXT,
        ha="center",
        va="center",
        parse_math=False,
    )
    picture.alt = f"{picture.alt} {sentence.rstrip('.')}."


def biases(bias: Tensor, c_o: int) -> list[float]:
    """The numbers of a bias, one for each filter.

    bias : (c_o,)
    raises ValueError if there are more or fewer

    >>> biases(torch.tensor([0.5, -1.0]), 2)
    [0.5, -1.0]
    """
    values: list[float] = numbers_of(bias, "bias", (1,)).tolist()
    if len(values) != c_o:
        raise ValueError(
            _("bias has {count} numbers, K has {c_o} filters: every filter needs one.").format(
                count=len(values), c_o=c_o
            )
        )
    return values


def fits_in_tiles(X: Tensor, K: Tensor) -> bool:
    """Whether all numbers can stand in the loom; else it has circles, and numbers on demand.

    X : (c_i, h, w)
    K : (c_o, c_i, k_h, k_w)

    >>> fits_in_tiles(TWO_CHANNELS, K3)
    True
    """
    few = K.shape[0] * K.shape[1] <= MOST_TILES and max(*X.shape[1:], *K.shape[2:]) <= MOST_SIDE
    tallest = max(K.shape[0] * K.shape[1] * K.shape[2], X.shape[0] * X.shape[1])
    return few and tallest <= MOST_ROWS


def counted(K: Tensor, woven: Woven) -> dict[str, Any]:
    """The numbers in the sentences that count.

    K : (c_o, c_i, k_h, k_w)
    """
    c_o, c_i, k_h, k_w = K.shape
    sizes = {"c_o": c_o, "c_i": c_i, "k_h": k_h, "k_w": k_w}
    totals = {name: getattr(woven, name) for name in ("kernels", "weights", "parameters")}
    return sizes | totals | {"with_bias": woven.weights + c_o}
