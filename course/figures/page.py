"""A sheet of squared paper: everything is placed in cells, x to the right and y downwards.

All pictures of tensors share it, so a cell, a label and a gap have the same size everywhere.
"""

from dataclasses import dataclass

from matplotlib.image import AxesImage
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path
from matplotlib.text import Text

from course.figures import palette
from course.figures.lettering import CELL, LABEL, NAME, NUMBER, POINTS, SIGN, font, width_of
from course.figures.numbers import Array, short
from course.figures.palette import Role
from course.figures.picture import Picture

WIDEST = 23.0
MARGIN = 0.4
MOST_NUMBERS = 12
STAR, DOT = "\N{STAR OPERATOR}", "\N{MIDDLE DOT}"


@dataclass(frozen=True)
class Box:
    """A rectangle on the page, in cells."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        return self.x + self.w

    @property
    def bottom(self) -> float:
        return self.y + self.h

    @property
    def middle(self) -> float:
        """Half its height, where an operator or an arrow goes."""
        return self.y + self.h / 2

    @property
    def centre(self) -> float:
        """Half its width."""
        return self.x + self.w / 2


class Page:
    """Place tiles, words and arrows in cells; `finish` cuts the sheet to what was drawn.

    >>> page = Page()
    >>> page.word(0, 0, "X", bold=True).w < 1
    True
    >>> page.finish("The letter X.").pixels[1] < 80
    True
    """

    def __init__(self) -> None:
        self.picture = Picture()
        self.axes = self.picture.add_axes((0.0, 0.0, 1.0, 1.0))
        self.axes.axis("off")
        self.extent = [float("inf"), float("inf"), -float("inf"), -float("inf")]

    def claim(self, box: Box) -> Box:
        """Make the sheet large enough for a box."""
        left, top, right, bottom = self.extent
        self.extent = [
            min(left, box.x),
            min(top, box.y),
            max(right, box.right),
            max(bottom, box.bottom),
        ]
        return box

    def tile(
        self,
        matrix: Array,
        x: float,
        y: float,
        role: Role,
        limit: float,
        *,
        name: str = "",
        cell: float = 1.0,
        size: float = NUMBER,
        lit: Box | None = None,
    ) -> Box:
        """Draw a matrix as coloured cells with their numbers, its top left corner at (x, y).

        matrix : (h, w)
        limit : the absolute value at which the colour scale ends
        name : a prefix for the ids of the numbers, such as "Y[0]"
        cell : the side of a square; size : of the numbers, in points
        lit : cells (in the matrix's own rows and columns) that stand out; the rest is paled
        """
        for (i, j), value in _cells(matrix):
            colour = palette.colour_of(value, limit, role)
            text = palette.text_on(colour)
            if lit and not (lit.y <= i < lit.bottom and lit.x <= j < lit.right):
                colour, text = palette.mix(palette.PAPER, colour, 0.42), palette.QUIET
            self.square(x + j * cell, y + i * cell, cell, colour)
            self.word(
                x + (j + 0.5) * cell,
                y + (i + 0.5) * cell,
                short(value, limit),
                size=size,
                colour=text,
                align="center",
                id=f"{name}[{i}, {j}]",
            )
        box = Box(x, y, matrix.shape[1] * cell, matrix.shape[0] * cell)
        if lit:
            self.frame(Box(x + lit.x * cell, y + lit.y * cell, lit.w * cell, lit.h * cell))
        return self.claim(box)

    def image(self, matrix: Array, x: float, y: float, w: float, role: Role, limit: float) -> Box:
        """Draw a matrix too fine for numbers, w cells wide."""
        box = Box(x, y, w, w * matrix.shape[0] / matrix.shape[1])
        drawn: AxesImage = self.axes.imshow(
            matrix,
            cmap=palette.photo_scale(role),
            vmin=-(limit or 1),
            vmax=limit or 1,
            extent=(box.x, box.right, box.bottom, box.y),
            interpolation="nearest",
            aspect="auto",
        )
        drawn.set_zorder(1)
        return self.claim(box)

    def photo(self, colours: Array, x: float, y: float, w: float) -> Box:
        """Draw (3, h, w) values in 0..1 as red, green and blue, w cells wide."""
        box = Box(x, y, w, w * colours.shape[1] / colours.shape[2])
        self.axes.imshow(
            colours.transpose(1, 2, 0),
            extent=(box.x, box.right, box.bottom, box.y),
            interpolation="nearest",
            aspect="auto",
        )
        return self.claim(box)

    def square(self, x: float, y: float, cell: float, colour: palette.RGB | str) -> None:
        """One cell of a tile, with a hair of paper around it."""
        gap = 0.025
        self.axes.add_patch(
            Rectangle(
                (x + gap, y + gap), cell - 2 * gap, cell - 2 * gap, facecolor=colour, linewidth=0
            )
        )

    def bar(self, box: Box, colour: palette.RGB | str) -> Box:
        """A filled rectangle."""
        self.axes.add_patch(
            Rectangle((box.x, box.y), box.w, box.h, facecolor=colour, linewidth=0, zorder=1)
        )
        return self.claim(box)

    def frame(self, box: Box, colour: str | palette.RGB = palette.TEXT, width: float = 2.0) -> Box:
        """Outline some cells."""
        self.axes.add_patch(
            Rectangle(
                (box.x, box.y),
                box.w,
                box.h,
                fill=False,
                edgecolor=colour,
                linewidth=width,
                zorder=4,
                joinstyle="round",
            )
        )
        return self.claim(box)

    def word(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = LABEL,
        colour: str | palette.RGB = palette.QUIET,
        bold: bool = False,
        align: str = "left",
        id: str = "",
    ) -> Box:
        """Write a word at x, its capitals centred on y.

        align : "left", "center" or "right" of the word stands at x
        returns the box it takes
        """
        w = width_of(text, size, bold)
        left = {"left": x, "center": x - w / 2, "right": x - w}[align]
        # "center_baseline" would centre each word on its own ink; a common offset from the
        # baseline keeps words of one line on one line.
        drop = 0.365 * size / POINTS
        artist = Text(
            left,
            y + drop,
            text,
            fontproperties=font(bold),
            fontsize=size,
            color=colour,
            ha="left",
            va="baseline",
            parse_math=False,
            zorder=3,
            gid=id or None,
        )
        artist.set_clip_on(False)
        self.axes.add_artist(artist)
        return self.claim(Box(left, y - size / POINTS / 2, w, size / POINTS))

    def phrase(self, x: float, y: float, *runs: tuple[str, str, bool], size: float = LABEL) -> Box:
        """Write runs of (text, colour, bold) one after the other."""
        left = x
        for text, colour, bold in runs:
            left = self.word(left, y, text, size=size, colour=colour, bold=bold).right
        return Box(x, y - size / POINTS / 2, left - x, size / POINTS)

    def name(self, x: float, y: float, text: str, role: Role, note: str = "") -> Box:
        """A tensor's name in its colour, and its shape in grey."""
        box = self.word(x, y, text, size=NAME, colour=role.ink, bold=True)
        return self.word(box.right + 0.25, y, note) if note else box

    def sign(self, text: str, x: float, y: float, around: bool = False) -> Box:
        """An operator with its room, starting at x, or centred on it if `around`."""
        room = 1.2
        centre = x if around else x + room / 2
        size = 1.4 * SIGN if text == STAR else SIGN
        self.word(centre, y, text, size=size, colour=palette.TEXT, align="center")
        return Box(centre - room / 2, y, room, 0)

    def brace(self, x: float, top: float, bottom: float) -> Box:
        """A right bracket from top to bottom that starts at x."""
        deep = 0.18
        self.line((x, top), (x + deep, top), (x + deep, bottom), (x, bottom), width=1.5)
        return Box(x, top, deep, bottom - top)

    def line(
        self,
        *points: tuple[float, float],
        colour: str | palette.RGB = palette.LINE,
        width: float = 1.2,
        arrow: bool = False,
        bend: bool = False,
    ) -> None:
        """Join points by straight lines, or two points by a soft S; an arrow ends at the last."""
        path = Path(points)
        if bend:
            (x0, y0), (x1, y1) = points
            half = (x0 + x1) / 2
            path = Path(
                [(x0, y0), (half, y0), (half, y1), (x1, y1)],
                [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4],
            )
        self.axes.add_patch(
            FancyArrowPatch(
                path=path,
                arrowstyle="-|>,head_length=3.2,head_width=1.8" if arrow else "-",
                color=colour,
                linewidth=width,
                zorder=2,
                shrinkA=0,
                shrinkB=0,
                joinstyle="round",
                capstyle="round",
                fill=True if arrow else None,
                mutation_scale=1.6,
            )
        )
        for px, py in points:
            self.claim(Box(px, py, 0, 0))

    def curve(self, points: list[tuple[float, float]], colour: str, width: float) -> None:
        """A line through many points."""
        xs, ys = zip(*points, strict=True)
        self.axes.plot(xs, ys, color=colour, linewidth=width, solid_capstyle="round", zorder=2)

    def disc(self, x: float, y: float, radius: float, colour: str | palette.RGB) -> None:
        """A filled circle."""
        self.axes.add_patch(Circle((x, y), radius, facecolor=colour, linewidth=0, zorder=3))
        self.claim(Box(x - radius, y - radius, 2 * radius, 2 * radius))

    def ring(self, x: float, y: float, radius: float, colour: str | palette.RGB) -> None:
        """A circle filled with paper."""
        self.disc(x, y, radius, palette.PAPER)
        self.axes.add_patch(
            Circle((x, y), radius, fill=False, edgecolor=colour, linewidth=1.6, zorder=3)
        )

    def spot(self, x: float, y: float) -> None:
        """A small ring around a pixel too small to frame, dark with a light rim."""
        for colour, width in ((palette.PAPER, 4.0), (palette.TEXT, 2.0)):
            self.axes.add_patch(
                Circle((x, y), 0.18, fill=False, edgecolor=colour, linewidth=width, zorder=4)
            )

    def hull(self, box: Box, colour: str | palette.RGB) -> Box:
        """A soft rounded ground behind things that belong together."""
        self.axes.add_patch(
            FancyBboxPatch(
                (box.x, box.y),
                box.w,
                box.h,
                facecolor=colour,
                linewidth=0,
                zorder=0,
                boxstyle="round,pad=0,rounding_size=0.2",
            )
        )
        return self.claim(box)

    def finish(self, alt: str) -> Picture:
        """Cut the sheet to size, shrink it if it is too wide for a notebook, and return it."""
        left, top, right, bottom = self.extent
        w, h = right - left + 2 * MARGIN, bottom - top + 2 * MARGIN
        shrink = min(1.0, WIDEST / w)
        self.axes.set_xlim(left - MARGIN, right + MARGIN)
        self.axes.set_ylim(bottom + MARGIN, top - MARGIN)
        if shrink < 1:
            for text in self.axes.texts:
                text.set_fontsize(float(text.get_fontsize()) * shrink)
        self.picture.resize(w * CELL * shrink, h * CELL * shrink)
        self.picture.alt = alt
        return self.picture


def _cells(matrix: Array) -> list[tuple[tuple[int, int], float]]:
    return [
        ((i, j), float(matrix[i, j]))
        for i in range(matrix.shape[0])
        for j in range(matrix.shape[1])
    ]
