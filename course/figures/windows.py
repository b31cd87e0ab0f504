"""The heart of the course: one window on every channel, and the sum over the channels."""

from itertools import pairwise

import numpy as np
from torch import Tensor

from course.figures.inputs import at_most, cross_correlated, inside, numbers_fit, paired
from course.figures.lettering import NUMBER, number_size, width_of
from course.figures.numbers import Array, factor, largest, short, spoken
from course.figures.page import DOT, MOST_NUMBERS, STAR, Box, Page
from course.figures.palette import INPUT, KERNEL, LINE, OUTPUT, TEXT, Role
from course.figures.picture import Picture
from course.language import _

MOST_CHANNELS, MOST_KERNEL = 4, 4
HEAD, TITLE, PLUS = 0.62, 0.42, 0.8


def draw_window(X: Tensor, K: Tensor, i: int, j: int) -> Picture:
    """Draw how one number of Y arises: window times kernel on every channel, then the sum.

    X : (h, w) or (c, h, w), at most 4 channels of 12 by 12
    K : (k_h, k_w) or (c, k_h, k_w), at most 4 by 4
    i, j : row and column of the number in Y, and of the window's top left corner in X
    returns a figure
    raises ValueError if the shapes do not fit or (i, j) is outside Y

    >>> import torch
    >>> X, K = torch.arange(9.0).reshape(3, 3), torch.arange(4.0).reshape(2, 2)
    >>> draw_window(X, K, i=0, j=0).alt[:58]
    'Window at row 0, column 0. 0·0 + 1·1 + 3·2 + 4·3 = 19. Y: '
    """
    sheet = _Sheet(X, K)
    inside(i, j, *sheet.result.shape)
    k_h, k_w = sheet.kernel.shape[1:]
    window = Box(j, i, k_w, k_h)
    patch = sheet.image[:, i : i + k_h, j : j + k_w]
    sums = (patch * sheet.kernel).sum(axis=(1, 2))
    sums_at = [
        _products(sheet, c, patch, sums[c], sheet.operands(c, window).right)
        for c in range(len(sums))
    ]
    total = sums_at[0] if len(sums) == 1 else _column_sum(sheet, sums_at, float(sums.sum()))
    sheet.page.frame(total)
    _into_result(sheet, total, i, j)
    return sheet.page.finish(_window_in_words(sheet, patch, sums, i, j))


def draw_sum(X: Tensor, K: Tensor) -> Picture:
    """Draw every channel's own feature map, and Y as their sum.

    X : (h, w) or (c, h, w), at most 4 channels of 12 by 12
    K : (k_h, k_w) or (c, k_h, k_w), at most 4 by 4
    returns a figure
    raises ValueError if the shapes do not fit

    >>> import torch
    >>> draw_sum(torch.ones(2, 3, 3), torch.ones(2, 2, 2)).alt
    'Map of channel 0: 4 4; 4 4. Map of channel 1: 4 4; 4 4. Y, their sum: 8 8; 8 8.'
    """
    sheet = _Sheet(X, K)
    page = sheet.page
    equals = [
        page.sign("=", sheet.operands(c).right, sheet.centre(c)).right
        for c in range(len(sheet.image))
    ]
    if len(equals) == 1:
        sheet.place_result(equals[0], sheet.centre(0))
        return page.finish(_("Y: {result}.").format(result=spoken(sheet.result)))
    owns = [sheet.map(c, x) for c, x in enumerate(equals)]
    for above, below in pairwise(owns):
        page.sign("+", above.centre, (above.bottom + below.y) / 2, around=True)
    middle = (owns[0].y + owns[-1].bottom) / 2
    edge = page.brace(owns[0].right + 0.35, owns[0].y, owns[-1].bottom)
    sheet.place_result(page.sign("=", edge.right, middle).right, middle)
    spoken_maps = [
        _("Map of channel {c}: {map}.").format(c=c, map=spoken(own))
        for c, own in enumerate(sheet.maps)
    ]
    total = _("Y, their sum: {map}.").format(map=spoken(sheet.result))
    return page.finish(" ".join([*spoken_maps, total]))


class _Sheet:
    """What both pictures share: a row a channel, X and K in it, and Y on the right."""

    def __init__(self, X: Tensor, K: Tensor) -> None:
        self.image, self.kernel = paired(X, K)
        at_most(
            len(self.image),
            MOST_CHANNELS,
            _("X has {count} channels, but this picture has room for {most}."),
        )
        numbers_fit(self.image, "X", MOST_NUMBERS)
        numbers_fit(self.kernel, "K", MOST_KERNEL)
        self.maps = np.stack(
            [
                cross_correlated(x[None], k[None, None])[0]
                for x, k in zip(self.image, self.kernel, strict=True)
            ]
        )
        self.result = cross_correlated(self.image, self.kernel[None])[0]
        self.page = Page()
        self.size = number_size(self.image, self.kernel, self.maps, self.result)
        self.limit = {
            "X": largest(self.image),
            "K": largest(self.kernel),
            "Y": largest(self.maps, self.result),
        }
        self.pitch = self.image.shape[1] + (1.15 if len(self.image) > 1 else 0)
        self.head = -HEAD - (TITLE + 0.25 if len(self.image) > 1 else 0)
        label = self.page.name(0, self.head, "X", INPUT, str(tuple(X.shape)))
        self.room_of_X = max(float(self.image.shape[2]), label.right - 0.6)
        self.shape_of_K = str(tuple(K.shape))

    def centre(self, c: int) -> float:
        """The middle line of a channel's row."""
        return float(c * self.pitch + self.image.shape[1] / 2)

    def put(self, matrix: Array, x: float, c: int, role: Role, name: str) -> Box:
        """A tile that starts at x, centred on the row of channel c."""
        y = self.centre(c) - matrix.shape[0] / 2
        return self.page.tile(
            matrix, x, y, role, self.limit[role.letter], name=name, size=self.size
        )

    def operands(self, c: int, window: Box | None = None) -> Box:
        """Channel c of X with the window on it, and its kernel; returns the kernel's box."""
        page, y = self.page, c * self.pitch
        if len(self.image) > 1:
            page.word(0, y - TITLE, _("channel {c}").format(c=c))
        page.tile(
            self.image[c], 0, y, INPUT, self.limit["X"], name=f"X[{c}]", size=self.size, lit=window
        )
        x = page.sign(STAR, self.room_of_X, self.centre(c)).right
        if c == 0:
            page.name(x, self.head, "K", KERNEL, self.shape_of_K)
        return self.put(self.kernel[c], x, c, KERNEL, f"K[{c}]")

    def map(self, c: int, x: float) -> Box:
        """The feature map of channel c alone."""
        return self.put(self.maps[c], x, c, OUTPUT, f"map[{c}]")

    def place_result(self, x: float, middle: float, lit: Box | None = None) -> Box:
        """Y with its name above it."""
        y = middle - self.result.shape[0] / 2
        self.page.name(x, y - HEAD, "Y", OUTPUT, str(self.result.shape))
        return self.page.tile(
            self.result, x, y, OUTPUT, self.limit["Y"], name="Y", size=self.size, lit=lit
        )


def _products(sheet: _Sheet, c: int, patch: Array, own_sum: float, x: float) -> Box:
    """The products of one channel, laid out like its kernel, and their sum in a cell.

    patch : (c, k_h, k_w), the window on every channel, so that all rows align
    returns the box of the sum
    """
    page, kernel, middle = sheet.page, sheet.kernel, sheet.centre(c)
    left, top = x + 0.4, middle - kernel.shape[1] / 2
    for column in range(kernel.shape[2]):
        xs, x_width = _texts(patch[:, :, column], sheet.limit["X"])
        ks, k_width = _texts(kernel[:, :, column], sheet.limit["K"])
        dot = left + PLUS + x_width + 0.15
        for row in range(kernel.shape[1]):
            y, place = top + row + 0.5, f"[{c}][{row}, {column}]"
            if row or column:
                page.word(left + PLUS / 2, y, "+", size=NUMBER, align="center")
            page.word(
                dot - 0.15,
                y,
                xs[c][row],
                size=NUMBER,
                colour=INPUT.ink,
                bold=True,
                align="right",
                id=f"x{place}",
            )
            page.word(dot, y, DOT, size=NUMBER, align="center")
            page.word(
                dot + 0.15, y, ks[c][row], size=NUMBER, colour=KERNEL.ink, bold=True, id=f"k{place}"
            )
        left = dot + 0.15 + k_width
    name = "total" if len(patch) == 1 else f"sum[{c}]"
    return _sum_cell(sheet, own_sum, page.sign("=", left, middle).right, middle, name)


def _texts(column: Array, limit: float) -> tuple[list[list[str]], float]:
    """The numbers of one column on every channel, (c, k_h), and the width of the longest."""
    texts = [[factor(value, limit) for value in channel] for channel in column]
    return texts, max(width_of(text, NUMBER, bold=True) for channel in texts for text in channel)


def _sum_cell(sheet: _Sheet, value: float, x: float, middle: float, name: str) -> Box:
    """One number of Y's colour in a cell."""
    return sheet.page.tile(
        np.array([[value]]), x, middle - 0.5, OUTPUT, sheet.limit["Y"], name=name, size=sheet.size
    )


def _column_sum(sheet: _Sheet, sums_at: list[Box], total: float) -> Box:
    """Add the channels' sums as on paper: plus signs, a rule, the total under it."""
    page, last = sheet.page, sums_at[-1]
    for above, below in pairwise(sums_at):
        page.sign("+", above.centre, (above.bottom + below.y) / 2, around=True)
    rule = last.bottom + 0.3
    page.line((last.x - 0.15, rule), (last.right + 0.15, rule), colour=TEXT, width=1.5)
    return _sum_cell(sheet, total, last.x, rule + 0.3 + 0.5, "total")


def _into_result(sheet: _Sheet, total: Box, i: int, j: int) -> None:
    """Y on the right, and a line that carries the total to its row."""
    x, middle = total.right + 1.7, (sheet.centre(0) + sheet.centre(len(sheet.image) - 1)) / 2
    box = sheet.place_result(x, middle, lit=Box(j, i, 1, 1))
    sheet.page.line(
        (total.right + 0.15, total.middle),
        (box.x - 0.12, box.y + i + 0.5),
        colour=LINE,
        width=1.6,
        arrow=True,
        bend=True,
    )


def _window_in_words(sheet: _Sheet, patch: Array, sums: Array, i: int, j: int) -> str:
    """patch : (c, k_h, k_w), sums : (c,)"""
    lines = []
    for c, own_sum in enumerate(sums):
        terms = " + ".join(
            f"{factor(x)}{DOT}{factor(k)}"
            for x, k in zip(patch[c].ravel(), sheet.kernel[c].ravel(), strict=True)
        )
        sum_of_terms = f"{terms} = {short(own_sum)}."
        if len(sums) > 1:
            sum_of_terms = _("Channel {c}: {terms}").format(c=c, terms=sum_of_terms)
        lines.append(sum_of_terms)
    if len(sums) > 1:
        addition = " + ".join(
            factor(own_sum) if c else short(own_sum) for c, own_sum in enumerate(sums)
        )
        lines.append(
            _("Sum over the channels: {sum}.").format(
                sum=f"{addition} = {short(float(sums.sum()))}"
            )
        )
    start = _("Window at row {i}, column {j}.").format(i=i, j=j)
    end = _("Y: {result}.").format(result=spoken(sheet.result))
    return " ".join([start, *lines, end])
