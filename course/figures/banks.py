"""A filter bank with its arrows: many kernels, but one map per filter."""

from torch import Tensor

from course.figures.inputs import at_most, banked, cross_correlated
from course.figures.lettering import number_size
from course.figures.numbers import Array, largest, spoken
from course.figures.page import Box, Page
from course.figures.palette import INPUT, KERNEL, LINE, OUTPUT, PAPER, QUIET, TEXT, mix
from course.figures.picture import Picture
from course.language import _

MOST_CHANNELS = 8
MOST_TILES, MOST_SIDE = 12, 6
CELL, INNER, PAD = 0.85, 0.3, 0.25
ROOM = 3.4


def draw_filter_bank(X: Tensor, K: Tensor) -> Picture:
    """Draw why c_o filters hold c_o * c_i kernels, yet give c_o maps.

    X : (c_i, h, w), at most 8 channels
    K : (c_o, c_i, k_h, k_w), at most 8 filters
    returns a figure: tiles with numbers while there are at most 12 kernels and no side is
        longer than 6, circles and arrows beyond that
    raises ValueError if the shapes do not fit

    >>> import torch
    >>> draw_filter_bank(torch.ones(2, 3, 3), torch.ones(3, 2, 2, 2)).alt[:47]
    'kernels: c_o · c_i = 3 · 2 = 6,  maps: c_o = 3.'
    """
    image, bank = banked(X, K)
    for count in (len(image), len(bank)):
        at_most(count, MOST_CHANNELS, _("There are {count} channels, but a picture holds {most}."))
    maps = cross_correlated(image, bank)
    few = len(bank) * len(image) <= MOST_TILES
    short_sides = max(*image.shape[1:], *bank.shape[2:]) <= MOST_SIDE
    page = _tiles(image, bank, maps) if few and short_sides else _circles(image, bank, maps)
    left, _top, right, bottom = page.extent
    page.word((left + right) / 2, bottom + 0.8, _counted(bank), colour=TEXT, align="center")
    return page.finish(" ".join([f"{_counted(bank)}.", *_in_words(bank, maps)]))


def _tiles(image: Array, bank: Array, maps: Array) -> Page:
    """Columns of numbered tiles: the channels of X, the kernels by filter, the maps of Y."""
    page, size = Page(), number_size(image, bank, maps, cell=CELL)
    c_o, c_i, k_h, k_w = bank.shape
    kernel_pitch = k_h * CELL + INNER
    filter_height = c_i * kernel_pitch - INNER
    filter_pitch = max(filter_height + 2 * PAD, maps.shape[1] * CELL) + 0.75
    middle = (c_o * filter_pitch - 0.75) / 2 - PAD
    image_pitch = image.shape[1] * CELL + 0.95
    x_kernels = image.shape[2] * CELL + ROOM
    x_plus = x_kernels + max(k_w * CELL + 1.9, 3.2)
    x_maps = x_plus + 1.5

    inputs = []
    for c in range(c_i):
        y = middle - (c_i * image_pitch - 0.95) / 2 + c * image_pitch
        page.word(0, y - 0.38, _("channel {c}").format(c=c))
        inputs.append(
            page.tile(image[c], 0, y, INPUT, largest(image), name=f"X[{c}]", cell=CELL, size=size)
        )
    for o in range(c_o):
        top = o * filter_pitch
        hull = page.hull(
            Box(x_kernels - PAD, top - PAD, k_w * CELL + 2 * PAD, filter_height + 2 * PAD),
            mix(PAPER, KERNEL.fill, 0.13),
        )
        for c in range(c_i):
            box = page.tile(
                bank[o, c],
                x_kernels,
                top + c * kernel_pitch,
                KERNEL,
                largest(bank),
                name=f"K[{o}][{c}]",
                cell=CELL,
                size=size,
            )
            page.line(
                (inputs[c].right + 0.1, inputs[c].middle),
                (x_kernels - 0.1, box.middle),
                colour=_shade(c, c_i),
                width=1.5,
                bend=True,
            )
            page.line(
                (box.right + 0.1, box.middle),
                (x_plus - 0.3, hull.middle),
                colour=LINE,
                width=1.5,
                bend=True,
            )
        page.ring(x_plus, hull.middle, 0.3, OUTPUT.ink)
        page.word(x_plus, hull.middle, "+", colour=OUTPUT.ink, bold=True, align="center")
        page.line((x_plus + 0.35, hull.middle), (x_maps - 0.12, hull.middle), width=1.5, arrow=True)
        y = hull.middle - maps.shape[1] * CELL / 2
        page.tile(maps[o], x_maps, y, OUTPUT, largest(maps), name=f"Y[{o}]", cell=CELL, size=size)

    head = min(-PAD - 0.6, page.extent[1] - 0.5)
    page.name(0, head, "X", INPUT, str(image.shape))
    page.name(x_kernels - PAD, head, "K", KERNEL, str(bank.shape))
    page.name(x_maps, head, "Y", OUTPUT, str(maps.shape))
    return page


def _circles(image: Array, bank: Array, maps: Array) -> Page:
    """A circle a channel, a line a kernel; the lines of one filter stand out."""
    page, pitch, x_maps, radius = Page(), 1.25, 8.0, 0.42
    c_o, c_i = bank.shape[:2]
    tall = max(c_o, c_i) * pitch

    def at(index: int, count: int) -> float:
        return float(tall - count * pitch) / 2 + (index + 0.5) * pitch

    for o in reversed(range(c_o)):
        colour = KERNEL.fill if o == 0 else mix(PAPER, KERNEL.fill, 0.35)
        for c in range(c_i):
            page.line(
                (radius, at(c, c_i)),
                (x_maps - radius - 0.05, at(o, c_o)),
                colour=colour,
                width=2.2 if o == 0 else 1.2,
                arrow=True,
            )
    for x, count, role in ((0.0, c_i, INPUT), (x_maps, c_o, OUTPUT)):
        for index in range(count):
            page.disc(x, at(index, count), radius, role.ink)
            page.word(x, at(index, count), str(index), colour=PAPER, bold=True, align="center")
    head = page.extent[1] - 0.55
    page.name(-radius, head, "X", INPUT, str(image.shape))
    page.name(x_maps / 2 - 1.0, head, "K", KERNEL, str(bank.shape))
    page.name(x_maps - radius, head, "Y", OUTPUT, str(maps.shape))
    page.word(
        x_maps + radius + 0.3,
        at(0, c_o),
        _("filter 0: {c_i} kernels").format(c_i=c_i),
        colour=QUIET,
    )
    return page


def _shade(c: int, c_i: int) -> tuple[float, float, float]:
    """A blue of its own for every channel's lines, so that they can be followed."""
    return mix(INPUT.ink, PAPER, 0.1 + 0.6 * c / max(c_i - 1, 1))


def _counted(bank: Array) -> str:
    c_o, c_i = bank.shape[:2]
    sentence = _("kernels: c_o · c_i = {c_o} · {c_i} = {count},  maps: c_o = {c_o}")
    return sentence.format(c_o=c_o, c_i=c_i, count=c_o * c_i)


def _in_words(bank: Array, maps: Array) -> list[str]:
    """The maps, for who cannot see them, while they are few."""
    if maps.size > 3 * MOST_SIDE**2:
        return [_("Y has shape {shape}.").format(shape=maps.shape)]
    return [f"Y[{o}]: {spoken(matrix)}." for o, matrix in enumerate(maps)]
