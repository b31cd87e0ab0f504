"""A 1×1 kernel: the channels of one pixel, mixed by a matrix."""

from torch import Tensor

from course.figures.inputs import at_most, cross_correlated, inside, match, numbers_of
from course.figures.lettering import LABEL, NAME, number_size, width_of
from course.figures.numbers import Array, largest, spoken
from course.figures.page import Box, Page
from course.figures.palette import INPUT, KERNEL, NEGATIVE, OUTPUT, Role
from course.figures.photos import CREDIT, PHOTO_CREDIT
from course.figures.picture import Picture
from course.language import _

MOST_CHANNELS, MOST_NUMBERED, MOST_SIDE = 8, 4, 6
LONGEST, THICK = 1.8, 0.56
SMALL, THUMB, TALLEST = 0.75, 3.0, 16.0
GAP = 0.5


def draw_one_by_one(X: Tensor, K: Tensor, i: int, j: int) -> Picture:
    """Draw a 1×1 kernel at one pixel: a fully connected layer from c_i to c_o numbers.

    X : (c_i, h, w), at most 8 channels
    K : (c_o, c_i) or (c_o, c_i, 1, 1), at most 8 outputs
    i, j : row and column of the pixel
    returns a figure: a fine image in red, green and blue is shown as the course's photograph;
        the pixel's values are bars over the columns of K, the results bars beside its rows
    raises ValueError if the shapes do not fit or the pixel is outside X

    >>> import torch
    >>> draw_one_by_one(torch.ones(3, 4, 5), torch.ones(2, 3), i=1, j=2).alt
    'Pixel at row 1, column 2. X[:, 1, 2]: 1 1 1. K: 1 1 1; 1 1 1. Y[:, 1, 2]: 3 3.'
    """
    image, bank = numbers_of(X, "X", (3,)), numbers_of(K, "K", (2, 4))
    bank = bank.reshape(*bank.shape, 1, 1) if bank.ndim == 2 else bank
    if bank.shape[2:] != (1, 1):
        raise ValueError(
            _("K has shape {shape}, but a 1×1 kernel needs (c_o, c_i) or (c_o, c_i, 1, 1).").format(
                shape=tuple(K.shape)
            )
        )
    match(image, bank[0])
    inside(i, j, *image.shape[1:])
    for count in (len(image), len(bank)):
        at_most(count, MOST_CHANNELS, _("There are {count} channels, but a picture holds {most}."))
    maps, matrix = cross_correlated(image, bank), bank[:, :, 0, 0]
    mixer = _Mixer(image[:, i, j], matrix, maps[:, i, j], f"[:, {i}, {j}]")
    page, block = mixer.page, mixer.draw()
    left = _channels(page, image, INPUT, (i, j), right_edge=block.x - 1.3, middle=block.middle)
    page.line(
        (left.right + 0.15, left.middle),
        (block.x - 0.15, mixer.row),
        width=1.5,
        arrow=True,
        bend=True,
    )
    right = _channels(page, maps, OUTPUT, (i, j), left_edge=block.right + 1.3, middle=block.middle)
    page.line(
        (block.right + 0.15, len(matrix) / 2),
        (right.x - 0.15, right.middle),
        width=1.5,
        arrow=True,
        bend=True,
    )
    if is_photo(image):
        page.word(left.x, page.extent[3] + 0.4, PHOTO_CREDIT, size=CREDIT)
    text = _("Pixel at row {i}, column {j}. {x_name}: {x}. K: {K}. {y_name}: {y}.")
    return page.finish(
        text.format(
            i=i,
            j=j,
            x_name=f"X[:, {i}, {j}]",
            x=spoken(mixer.x[None]),
            K=spoken(matrix),
            y_name=f"Y[:, {i}, {j}]",
            y=spoken(mixer.y[None]),
        )
    )


class _Mixer:
    """A matrix with its input above the columns and its output beside the rows.

    x : (c_i,), matrix : (c_o, c_i), y : (c_o,)
    """

    def __init__(self, x: Array, matrix: Array, y: Array, at: str) -> None:
        self.x, self.matrix, self.y, self.at = x, matrix, y, at
        self.page, self.size = Page(), number_size(x, matrix, y)

    @property
    def row(self) -> float:
        """The middle line of the input."""
        return -GAP - 0.5

    def draw(self) -> Box:
        """Draw it with the matrix's corner at (0, 0); returns the room it takes."""
        page, size, (c_o, c_i) = self.page, self.size, self.matrix.shape
        page.tile(self.matrix, 0, 0, KERNEL, largest(self.matrix), name="K", size=size)
        page.tile(self.x[None], 0, -1 - GAP, INPUT, largest(self.x), name="x", size=size)
        page.tile(self.y[:, None], c_i + GAP, 0, OUTPUT, largest(self.y), name="y", size=size)

        above, beside = _lengths(self.x), _lengths(self.y)
        base = -1 - GAP - 0.2 - max(0.0, -above.min())
        for c, length in enumerate(above):
            page.bar(
                Box(c + 0.5 - THICK / 2, base - max(length, 0), THICK, abs(length)),
                _bar_colour(length, INPUT),
            )
        page.line((0, base), (c_i, base))
        foot = c_i + GAP + 1.2 + max(0.0, -beside.min())
        for o, length in enumerate(beside):
            page.bar(
                Box(foot + min(length, 0), o + 0.5 - THICK / 2, abs(length), THICK),
                _bar_colour(length, OUTPUT),
            )
        page.line((foot, 0), (foot, c_o))

        page.word(-0.3, c_o / 2, "K", size=NAME, colour=KERNEL.ink, bold=True, align="right")
        own = page.word(-0.3, self.row, "X" + self.at, colour=INPUT.ink, bold=True, align="right")
        page.word(c_i + GAP, -0.35, "Y" + self.at, colour=OUTPUT.ink, bold=True)
        _left, top, right, bottom = page.extent
        return Box(own.x, top, right - own.x, bottom - top)


def _lengths(values: Array) -> Array:
    """Bar lengths in cells, signed; the largest value fills the room."""
    lengths: Array = values / (largest(values) or 1.0) * LONGEST
    return lengths


def _bar_colour(length: float, role: Role) -> str:
    return role.fill if length > 0 else NEGATIVE


def _channels(
    page: Page,
    channels: Array,
    role: Role,
    pixel: tuple[int, int],
    *,
    middle: float,
    left_edge: float = 0.0,
    right_edge: float | None = None,
) -> Box:
    """The channels under each other, or a photograph as it looks, with the pixel marked.

    channels : (c, h, w)
    """
    h, w = channels.shape[1:]
    photo = is_photo(channels)
    count = 1 if photo else len(channels)
    numbered = max(h, w) <= MOST_SIDE and count <= MOST_NUMBERED
    thumb = min(4.5 if photo else THUMB, TALLEST / count - 0.85)
    wide = w * SMALL if numbered else thumb * min(1.0, w / h)
    tall, side = wide * h / w, wide / w
    room = max(wide, width_of(_("channel {c}").format(c=0), LABEL))
    x = left_edge if right_edge is None else right_edge - room
    pitch = tall + 0.85
    top = middle - (count * pitch - 0.85) / 2
    for c in range(count):
        y = top + c * pitch
        if not photo:
            page.word(x, y - 0.36, _("channel {c}").format(c=c))
        if numbered:
            page.tile(
                channels[c],
                x,
                y,
                role,
                largest(channels),
                name=f"{role.letter}[{c}]",
                cell=SMALL,
                size=number_size(channels, cell=SMALL),
                lit=Box(pixel[1], pixel[0], 1, 1),
            )
            continue
        if photo:
            page.photo(channels.clip(0, 1), x, y, wide)
        else:
            page.image(channels[c], x, y, wide, role, largest(channels))
        page.spot(x + (pixel[1] + 0.5) * side, y + (pixel[0] + 0.5) * side)
    page.name(x, top - (0.5 if photo else 1.0), role.letter, role, str(channels.shape))
    return Box(x, top, room, count * pitch - 0.85)


def is_photo(channels: Array) -> bool:
    """Whether (c, h, w) channels look like red, green and blue; some mixes exceed 1."""
    fine = max(channels.shape[1:]) > MOST_SIDE
    return fine and len(channels) == 3 and channels.min() >= 0 and channels.max() <= 1.5
