"""A tensor as tiles of coloured, numbered cells, in place of a printed array."""

from torch import Tensor

from course.figures.inputs import at_most, numbers_of
from course.figures.lettering import LABEL, number_size
from course.figures.numbers import Array, largest, short, spoken
from course.figures.page import MOST_NUMBERS, Box, Page
from course.figures.palette import Role, photo_scale, role_of
from course.figures.picture import Picture
from course.language import _

GAP = 1.0
TITLE = 0.42
MOST_TILES = 64
MANY = 3 * MOST_NUMBERS**2
IMAGE = 7.0
LINE = 27.0


def draw(tensor: Tensor, name: str = "X") -> Picture:
    """Draw a tensor with its numbers: blue for X, orange for K, green for Y.

    tensor : (h, w), (c, h, w) or (c_o, c_i, k_h, k_w); at most 64 matrices
    name : its name; the first letter X, K or Y chooses the colour
    returns a figure; beyond 12 rows or columns, or 432 numbers, it has colours and a
        scale but no numbers
    raises ValueError for other shapes, NaN or infinity

    >>> import torch
    >>> draw(torch.arange(18.0).reshape(2, 3, 3), name="X").pixels
    (312, 205)
    """
    values = numbers_of(tensor, name, ranks=(2, 3, 4))
    matrices = values.reshape(-1, *values.shape[-2:])
    at_most(len(matrices), MOST_TILES, _("There are {count} matrices, but a picture holds {most}."))
    page, sheet = Page(), _Tiles(values, name)
    page.name(0, 0, name, sheet.role, str(values.shape))
    if values.ndim == 4:
        bottom = sheet.grid(page, top=1.4)
    else:
        bottom = sheet.flow(page, top=0.6 if values.ndim == 2 else 1.1)
    if not sheet.numbered:
        draw_scale(page, sheet.role, sheet.limit, x=0, y=bottom + 0.6, w=min(IMAGE, 5.0))
    return page.finish(described(values, name))


class _Tiles:
    """The matrices of one tensor: how large they are drawn and where."""

    def __init__(self, values: Array, name: str) -> None:
        self.values, self.name, self.role = values, name, role_of(name)
        self.limit = largest(values)
        self.h, self.w = values.shape[-2:]
        self.numbered = max(self.h, self.w) <= MOST_NUMBERS and values.size <= MANY
        self.size = number_size(values) if self.numbered else LABEL
        across, down = values.shape[:2] if values.ndim == 4 else (1, 1)
        image = min(IMAGE, LINE / down - 0.6, LINE / across - 0.6)
        self.width = float(self.w) if self.numbered else image * min(1.0, self.w / self.h)
        self.height = self.width * self.h / self.w

    def place(self, page: Page, place: tuple[int, ...], x: float, y: float) -> Box:
        """Draw the matrix at an index of the leading axes."""
        matrix = self.values[place]
        if not self.numbered:
            return page.image(matrix, x, y, self.width, self.role, self.limit)
        id = self.name + "".join(f"[{index}]" for index in place)
        return page.tile(matrix, x, y, self.role, self.limit, name=id, size=self.size)

    def flow(self, page: Page, top: float) -> float:
        """Channels side by side, on as many lines as they need."""
        if self.values.ndim == 2:
            return self.place(page, (), 0, top).bottom
        line = max(1, int((LINE + GAP) // (self.width + GAP)))
        bottom = top
        for channel in range(len(self.values)):
            down, across = divmod(channel, line)
            x, y = across * (self.width + GAP), top + down * (self.height + GAP + TITLE)
            page.word(x, y - TITLE, _("channel {c}").format(c=channel))
            bottom = self.place(page, (channel,), x, y).bottom
        return bottom

    def grid(self, page: Page, top: float) -> float:
        """Filters as rows, their input channels as columns."""
        left = 1.9
        for o in range(self.values.shape[0]):
            y = top + o * (self.height + 0.6)
            page.word(0, y + self.height / 2, _("output {o}").format(o=o))
            for i in range(self.values.shape[1]):
                x = left + i * (self.width + 0.6)
                if o == 0:
                    title = _("input {i}").format(i=i)
                    page.word(x + self.width / 2, top - TITLE, title, align="center")
                self.place(page, (o, i), x, y)
        return float(top + self.values.shape[0] * (self.height + 0.6) - 0.6)


def draw_scale(
    page: Page, role: Role, limit: float, *, x: float, y: float, w: float, beyond: bool = False
) -> Box:
    """The signed scale with its two ends and zero, for tiles without numbers.

    x, y, w : in cells
    beyond : whether some values lie beyond its ends
    """
    steps, h, scale = 64, 0.22, photo_scale(role)
    for step in range(steps):
        page.bar(Box(x + w * step / steps, y, w / steps, h), scale((step + 0.5) / steps)[:3])
    low, high = ("≤ {}", "≥ {}") if beyond else ("{}", "{}")
    page.word(x, y + h + 0.32, low.format(short(-limit)))
    page.word(x + w / 2, y + h + 0.32, "0", align="center")
    page.word(x + w, y + h + 0.32, high.format(short(limit)), align="right")
    return page.claim(Box(x, y, w, h))


def described(values: Array, name: str) -> str:
    """The picture in words: name, shape and, while they are few, all numbers.

    values : (h, w), (c, h, w) or (c_o, c_i, k_h, k_w)
    """
    text = _("{name}, shape {shape}.").format(name=name, shape=values.shape)
    if values.size > MANY:
        ends = _("Values from {low} to {high}.")
        return f"{text} {ends.format(low=short(values.min()), high=short(values.max()))}"
    if values.ndim == 2:
        return f"{text} {spoken(values)}."
    parts = [
        f"{name}{''.join(f'[{index}]' for index in place)}: {spoken(values[place])}."
        for place in _places(values.shape[:-2])
    ]
    return " ".join([text, *parts])


def _places(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    if not shape:
        return [()]
    return [(first, *rest) for first in range(shape[0]) for rest in _places(shape[1:])]
