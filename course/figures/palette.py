"""The colours of the course: one for X, one for K, one for Y.

A scale is signed. Zero is a neutral near-white, positive values take the colour of their tensor,
negative values turn to dark grey. The three colours are Okabe and Ito's (2008), which readers
with any of the common colour deficiencies tell apart; in greyscale they differ in lightness.
"""

from dataclasses import dataclass

from matplotlib.colors import LinearSegmentedColormap, to_rgb

RGB = tuple[float, float, float]

PAPER = "#FFFFFF"
ZERO = "#F3F3F1"
NEGATIVE = "#55585F"
BLACK = "#000000"
TEXT = "#1F2328"
QUIET = "#6A7078"
LINE = "#B4B9C0"


@dataclass(frozen=True)
class Role:
    """What a tensor is in the formula, and the colours that say so.

    letter : "X", "K" or "Y"
    fill : the colour of the largest positive value
    ink : a darker shade of it, for words and lines on white
    """

    letter: str
    fill: str
    ink: str


INPUT = Role("X", fill="#0072B2", ink="#005A8E")
KERNEL = Role("K", fill="#E69F00", ink="#8F5A00")
OUTPUT = Role("Y", fill="#009E73", ink="#00694D")
ROLES = (INPUT, KERNEL, OUTPUT)


def role_of(name: str) -> Role:
    """The role that a tensor's name begins with; any other name is drawn as an input.

    >>> role_of("K1").letter
    'K'
    """
    return next((role for role in ROLES if name.startswith(role.letter)), INPUT)


def photo_scale(role: Role) -> LinearSegmentedColormap:
    """A signed scale for maps too fine for numbers: black, grey zero, a light tint of the role.

    Its lightness rises all the way, so the sign of a pixel survives a greyscale print.
    """
    colours: list[str | RGB] = ["#101014", "#8C8C8A", mix(PAPER, role.fill, 0.3)]
    return LinearSegmentedColormap.from_list(f"{role.letter} photo", colours)


def colour_of(value: float, limit: float, role: Role) -> RGB:
    """The colour of one value on the signed scale that ends at -limit and limit.

    >>> colour_of(0.0, 9.0, INPUT) == to_rgb(ZERO)
    True
    """
    share = min(abs(value) / limit, 1.0) if limit else 0.0
    return mix(ZERO, role.fill if value > 0 else NEGATIVE, share)


def mix(start: str | RGB, end: str | RGB, share: float) -> RGB:
    """The colour that lies a share (0..1) of the way from start to end."""
    pairs = zip(to_rgb(start), to_rgb(end), strict=True)
    red, green, blue = (a + (b - a) * share for a, b in pairs)
    return red, green, blue


def luminance(colour: str | RGB) -> float:
    """Relative luminance, 0 (black) to 1 (white), as WCAG 2 defines it.

    >>> luminance("#FFFFFF")
    1.0
    """
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return round(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2], 6)


def contrast(one: str | RGB, other: str | RGB) -> float:
    """WCAG's contrast ratio of two colours, 1 to 21; readable text has 4.5 or more.

    >>> contrast("#000000", "#FFFFFF")
    21.0
    """
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def text_on(background: str | RGB) -> str:
    """The text colour, black or white, that reads better on a background: 4.5 or more.

    >>> contrast(text_on("#4C91B8"), "#4C91B8") > 4.5
    True
    """
    return max((BLACK, PAPER), key=lambda colour: contrast(colour, background))
