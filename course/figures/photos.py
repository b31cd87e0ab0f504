"""A real photograph, and maps of it."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from course.figures.inputs import at_most, numbers_of
from course.figures.lettering import LABEL
from course.figures.numbers import Array, largest, short
from course.figures.page import Page
from course.figures.palette import TEXT, role_of
from course.figures.picture import Picture
from course.figures.tensors import draw_scale
from course.language import _

PHOTO_CREDIT = "Photo: danielbuechele, CC BY 2.0 (scikit-learn's china.jpg)"
MOST_MAPS, MOST_IN_LINE = 12, 3
WIDTH, WIDEST, HIGH = 13.5, 22.0, 9.0
GAP, TITLE = 0.5, 0.45
CREDIT = 7.5


def load_photo(h: int = 120) -> Tensor:
    """The photograph of the course, scikit-learn's china.jpg, made smaller by block means.

    h : the height in pixels; the width follows
    returns (3, h, w), red, green and blue in 0..1

    >>> load_photo().shape
    torch.Size([3, 120, 180])
    """
    package = find_spec("sklearn")  # found and not imported, which takes a second
    assert package is not None
    assert package.origin is not None
    file = Path(package.origin).parent / "datasets" / "images" / "china.jpg"
    pixels = torch.tensor(np.asarray(Image.open(file)), dtype=torch.float32)
    full = pixels.permute(2, 0, 1) / 255
    return adaptive_avg_pool2d(full, (h, round(h * full.shape[2] / full.shape[1])))


def draw_picture(
    image: Tensor, title: str | None = None, credit: str | None = PHOTO_CREDIT
) -> Picture:
    """Draw an image as it looks, with the photographer's credit under it.

    image : (3, h, w) in red, green and blue, or (h, w) or (1, h, w) in grey; values in 0..1,
        what exceeds them is cut off
    title : a line above it
    credit : a line below it; None for a picture that is not made from the course's photograph
    returns a figure
    raises ValueError for other shapes, NaN or infinity

    >>> import torch
    >>> draw_picture(torch.rand(3, 20, 30), title="Noise", credit=None).alt
    'Noise. A picture of 20 by 30 pixels.'
    """
    values = numbers_of(image, "image", ranks=(2, 3))
    if values.ndim == 3 and len(values) not in (1, 3):
        raise ValueError(
            _("A colour image has 3 channels, this one has {c}; draw_maps shows maps.").format(
                c=len(values)
            )
        )
    h, w = values.shape[-2:]
    colours = np.broadcast_to(values, (3, h, w))
    page = Page()
    if title:
        page.word(0, -TITLE, title, size=LABEL + 1, colour=TEXT)
    box = page.photo(colours.clip(0, 1), 0, 0, min(WIDEST, HIGH * w / h))
    if credit:
        page.word(0, box.bottom + 0.32, credit, size=CREDIT)
    words = _("A picture of {h} by {w} pixels.").format(h=h, w=w)
    return page.finish(" ".join(f"{part.rstrip('.')}." for part in (title, words, credit) if part))


def draw_maps(Y: Tensor, titles: Sequence[str] | None = None, credit: str | None = None) -> Picture:
    """Draw feature maps side by side: zero is grey, positive is light, negative is dark.

    Y : (c, h, w) or (h, w), at most 12 maps; all share one scale, which is shown
    titles : c lines, one above each map
    credit : a line below; PHOTO_CREDIT if the maps are made from the course's photograph
    returns a figure; the scale ends where only one value in 200 is stronger
    raises ValueError for other shapes, NaN or infinity, or a wrong number of titles

    >>> import torch
    >>> draw_maps(torch.randn(2, 20, 30), titles=["edges", "corners"]).alt[:33]
    'Maps of 20 by 30: edges, corners.'
    """
    values = numbers_of(Y, "Y", ranks=(2, 3))
    maps = values[None] if values.ndim == 2 else values
    at_most(len(maps), MOST_MAPS, _("There are {count} maps, but a picture holds {most}."))
    if titles is None:
        titles = [_("map {o}").format(o=o) for o in range(len(maps))]
    if len(titles) != len(maps):
        raise ValueError(
            _("There are {maps} maps, but {titles} titles.").format(
                maps=len(maps), titles=len(titles)
            )
        )
    page, limit, role = Page(), _strong(maps), role_of("Y")
    in_line = min(len(maps), MOST_IN_LINE)
    wide = {1: WIDTH, 2: 10.75}.get(in_line, 7.0)
    tall = wide * maps.shape[1] / maps.shape[2]
    bottom = 0.0
    for o, (matrix, title) in enumerate(zip(maps, titles, strict=True)):
        down, across = divmod(o, in_line)
        x, y = across * (wide + GAP), down * (tall + 1.2)
        page.word(x, y - TITLE, title, size=LABEL + 1, colour=TEXT)
        bottom = page.image(matrix, x, y, wide, role, limit).bottom
    scale = draw_scale(page, role, limit, x=0, y=bottom + 0.45, w=5.0, beyond=largest(maps) > limit)
    if credit:
        page.word(0, scale.bottom + 0.85, credit, size=CREDIT)
    words = _("Maps of {h} by {w}: {titles}. Values from {low} to {high}.")
    return page.finish(
        words.format(
            h=maps.shape[1],
            w=maps.shape[2],
            titles=", ".join(titles),
            low=short(maps.min()),
            high=short(maps.max()),
        )
    )


def _strong(maps: Array) -> float:
    """The strength that one value in 200 exceeds, so that a few bright spots dim nothing."""
    return float(np.quantile(np.abs(maps), 0.995)) or largest(maps)
