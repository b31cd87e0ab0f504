"""The letters of the pictures: fonts, sizes, and how much room a word takes."""

import warnings
from functools import cache

from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.textpath import TextPath

from course.figures.numbers import Array, largest, short
from course.figures.picture import POINTS_PER_PIXEL

CELL = 40
POINTS = CELL * POINTS_PER_PIXEL
NUMBER, LABEL, NAME, SIGN = 11.5, 10.0, 14.0, 15.0

CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "WenQuanYi Zen Hei",
    "SimHei",
)


def number_size(*tensors: Array, cell: float = 1.0) -> float:
    """The size in points at which the longest number of all tensors fits into its cell."""
    longest = max(
        width_of(short(value, largest(tensor)), NUMBER)
        for tensor in tensors
        for value in tensor.ravel()
    )
    return min(NUMBER, NUMBER * 0.86 * cell / longest, NUMBER * cell * 1.15)


@cache
def font(bold: bool = False) -> FontProperties:
    """The sans-serif that matplotlib brings along, with Chinese fonts of this machine after it."""
    installed = {entry.name for entry in fontManager.ttflist}
    families = ["DejaVu Sans", *(name for name in CHINESE if name in installed)]
    return FontProperties(family=families, weight="bold" if bold else "normal")


def width_of(text: str, size: float, bold: bool = False) -> float:
    """How many cells wide a word is at a size in points."""
    return sum(_advance(character, bold) for character in text) * size / POINTS


@cache
def _advance(character: str, bold: bool) -> float:
    """The room of one character, as a share of the size; stops keep a space from vanishing."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        wide, stops = (
            TextPath((0, 0), text, size=100, prop=font(bold)).get_extents().width
            for text in (f".{character}.", "..")
        )
    return float(wide - stops) / 100
