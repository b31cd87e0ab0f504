"""Two charts on a log axis: rounding gaps, and the loss of gradient descent."""

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10

import numpy as np
from torch import Tensor

from course.figures.inputs import at_most, numbers_fit, numbers_of
from course.figures.lettering import number_size
from course.figures.numbers import Array, largest, short, spoken
from course.figures.page import Box, Page
from course.figures.palette import KERNEL, NEGATIVE, OUTPUT, TEXT, ZERO
from course.figures.picture import Picture
from course.language import _

WIDE, TALL = 13.0, 5.5
ROW, HIGHEST = 2.0, 1.3
BINS = 4
MOST_ROWS, MOST_TICKS = 8, 9
MOST_KERNELS, MOST_SIDE = 4, 6


def draw_gaps(gaps: Mapping[str, Sequence[float]], limit: float) -> Picture:
    """Draw how far two ways to compute the same thing are apart, a row for each kind of number.

    gaps : for every row's name, the gaps of many seeds, each 0 or larger; at most 8 rows
    limit : the tolerance, drawn as a line
    returns a figure: histograms on a log axis, with a place of its own for exactly 0
    raises ValueError for a negative gap, NaN or infinity, an empty row or a limit of 0 or less

    >>> draw_gaps({"float32": [2e-7, 3e-6], "integers": [0, 0]}, limit=1e-6).alt[:48]
    'float32: 1 of 2 above the limit, 0 exactly zero.'
    """
    if not limit > 0:
        raise ValueError(_("The limit is {limit}, but it must be above 0.").format(limit=limit))
    at_most(len(gaps), MOST_ROWS, _("There are {count} rows, but a picture holds {most}."))
    rows = {
        name: _sizes(row, _("The gaps of {name}").format(name=name)) for name, row in gaps.items()
    }
    ends = np.array([limit / 100, limit * 10])
    positive = np.concatenate([ends, *(row[row > 0] for row in rows.values())])
    axis = _Decades(positive, start=2.4, end=WIDE)
    page, bottom = Page(), len(rows) * ROW
    for index, (name, row) in enumerate(rows.items()):
        foot = (index + 1) * ROW
        page.word(-0.3, foot - 0.3, name, colour=TEXT, bold=True, align="right")
        page.line((0, foot), (1.2, foot))
        page.line((axis.start, foot), (axis.end, foot))
        _histogram(page, row, axis, limit, foot)
        over = _("{count} of {all} above").format(count=int((row > limit).sum()), all=len(row))
        page.word(axis.end + 0.3, foot - 0.3, over)
    page.word(0.6, bottom + 0.45, _("exactly 0"), align="center")
    for x, label in axis.ticks():
        page.line((x, bottom), (x, bottom + 0.12))
        page.word(x, bottom + 0.45, label, align="center")
    x = axis.at(limit)
    page.line((x, 0.15), (x, bottom), colour=TEXT, width=1.6)
    page.word(x, -0.15, _("limit {limit}").format(limit=short(limit)), colour=TEXT, align="center")
    counted = _("{name}: {over} of {all} above the limit, {zeros} exactly zero.")
    words = [
        counted.format(
            name=name, over=int((row > limit).sum()), all=len(row), zeros=int((row == 0).sum())
        )
        for name, row in rows.items()
    ]
    return page.finish(" ".join([*words, _("The limit is {limit}.").format(limit=short(limit))]))


def draw_loss(losses: Sequence[float], kernels: Mapping[str, Tensor] | None = None) -> Picture:
    """Draw the loss of gradient descent on a log axis, and kernels beside it.

    losses : one number a step, each 0 or larger
    kernels : for every title, a kernel (h, w), at most 4 of 6 by 6
    returns a figure
    raises ValueError for a negative loss, NaN or infinity, no losses, or other shapes

    >>> import torch
    >>> draw_loss([4.0, 1.0, 0.25], kernels={"learned": torch.ones(1, 2)}).alt
    'Loss over 3 steps: from 4 to 0.25. learned: 1 1.'
    """
    values = _sizes(losses, _("The losses"))
    shown = {title: numbers_of(kernel, title, (2,)) for title, kernel in (kernels or {}).items()}
    at_most(len(shown), MOST_KERNELS, _("There are {count} kernels, but a picture holds {most}."))
    positive = values[values > 0] if values.any() else np.array([1.0])
    page = Page()
    x, y = _curve(page, values, _Decades(positive, start=TALL, end=0.0))
    end = page.word(x + 0.25, y, short(values[-1]), colour=TEXT, bold=True)
    _kernels(page, shown, x=max(end.right, WIDE) + 0.9)
    words = [
        _("Loss over {n} steps: from {first} to {last}.").format(
            n=len(values), first=short(values[0]), last=short(values[-1])
        )
    ]
    return page.finish(" ".join(words + [f"{t}: {spoken(k)}." for t, k in shown.items()]))


class _Decades:
    """A log axis from a power of ten below all values to one above them.

    values : positive
    start, end : where the axis lies, in cells
    """

    def __init__(self, values: Array, start: float, end: float) -> None:
        self.start, self.end = start, end
        self.low = floor(log10(values.min()))
        self.high = max(ceil(log10(values.max()) - 1e-9), self.low + 1)

    def at(self, value: float) -> float:
        """Where a positive value lies."""
        share = (log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[tuple[float, str]]:
        """Places and labels of some powers of ten, from the highest downwards."""
        step = ceil((self.high - self.low + 1) / MOST_TICKS)
        return [
            (self.at(10.0**power), short(10.0**power))
            for power in range(self.high, self.low - 1, -step)
        ]


def _histogram(page: Page, row: Array, axis: _Decades, limit: float, foot: float) -> None:
    """Bars of a row, the longest one as high as the row: exactly 0 apart, then quarter decades."""
    edges = np.arange(axis.low * BINS, axis.high * BINS + 1) / BINS
    # The limit is an edge of its own, so that no bar stands on both sides of its line.
    edges = np.unique(np.append(edges, log10(limit)))
    counts, _edges = np.histogram(np.log10(row[row > 0]), bins=edges)
    zeros = int((row == 0).sum())
    unit = HIGHEST / max(zeros, int(counts.max()))
    page.bar(Box(0.35, foot - zeros * unit, 0.5, zeros * unit), OUTPUT.fill)
    for count, low, high in zip(counts, edges, edges[1:], strict=False):
        left, right = axis.at(10.0**low), axis.at(10.0**high)
        colour = NEGATIVE if low >= log10(limit) else OUTPUT.fill
        page.bar(Box(left + 0.02, foot - count * unit, right - left - 0.04, count * unit), colour)


def _curve(page: Page, values: Array, axis: _Decades) -> tuple[float, float]:
    """The loss over the steps, with both axes; returns where it ends.

    A loss of exactly 0 lies on the line at the bottom, a step below the last tick.
    """
    floor_at = TALL + (0.7 if (values == 0).any() else 0.0)
    for y, label in axis.ticks():
        page.line((0, y), (WIDE, y), colour=ZERO)
        page.word(-0.25, y, label, align="right")
    if floor_at > TALL:
        page.word(-0.25, floor_at, "0", align="right")
    page.line((0, floor_at), (WIDE, floor_at))
    last = max(len(values) - 1, 1)
    for step in range(0, last + 1, _round_step(last)):
        page.word(step / last * WIDE, floor_at + 0.4, str(step), align="center")
    page.word(0, -0.55, _("loss"), colour=TEXT)
    page.word(WIDE / 2, floor_at + 0.9, _("step"), colour=TEXT, align="center")
    points = [
        (step / last * WIDE, axis.at(value) if value > 0 else floor_at)
        for step, value in enumerate(values)
    ]
    page.curve(points, colour=TEXT, width=2.0)
    page.disc(*points[-1], 0.11, TEXT)
    return points[-1]


def _round_step(last: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, … that gives at most six ticks."""
    power: int = 10 ** max(floor(log10(last / 5)), 0)
    return next(base * power for base in (1, 2, 5, 10) if last <= base * power * 5)


def _kernels(page: Page, kernels: Mapping[str, Array], x: float) -> None:
    """Kernels under each other, on one scale."""
    if not kernels:
        return
    size, limit, y = number_size(*kernels.values()), largest(*kernels.values()), 0.3
    for title, kernel in kernels.items():
        numbers_fit(kernel, title, MOST_SIDE)
        page.word(x, y - 0.42, title, colour=KERNEL.ink, bold=True)
        y = page.tile(kernel, x, y, KERNEL, limit, name=title, size=size).bottom + 1.1


def _sizes(numbers: Sequence[float], what: str) -> Array:
    """A row of finite numbers, 0 or larger, as an array (n,).

    what : the subject of the sentence that is raised otherwise
    """
    values = np.array([float(number) for number in numbers])
    if not len(values):
        raise ValueError(_("{what} are empty: there is nothing to draw.").format(what=what))
    wrong = values[~(np.isfinite(values) & (values >= 0))]
    if len(wrong):
        raise ValueError(
            _("{what} hold {value}, but a log axis needs numbers of 0 or more.").format(
                what=what, value=wrong[0]
            )
        )
    return values
