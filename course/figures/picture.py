"""A figure that shows itself in a notebook, sharp on fine screens and readable without eyes."""

import base64
import html
import io
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from course.figures.palette import INPUT, KERNEL, OUTPUT, PAPER, QUIET, TEXT, mix

POINTS_PER_PIXEL = 0.75
FINE = 2


class Picture(Figure):
    """A matplotlib Figure that is no business of pyplot: nothing to show, nothing to close.

    As the last line of a cell it appears by itself, as an image with alternative text.

    alt : what the picture shows, in words and numbers
    photographic : whether it holds a photograph, which needs more than 256 colours

    >>> Picture("An empty sheet.", width=200, height=100).alt
    'An empty sheet.'
    """

    def __init__(self, alt: str = "", width: float = 640, height: float = 480) -> None:
        """width, height : in CSS pixels, as the notebook shows the picture"""
        super().__init__(dpi=96 * FINE, facecolor=PAPER)
        self.alt = alt
        self.photographic = False
        self.resize(width, height)

    def resize(self, width: float, height: float) -> None:
        """Set the size in CSS pixels, rounded so that the image has whole pixels."""
        self.set_size_inches(round(width) / 96, round(height) / 96)

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height in CSS pixels."""
        width, height = self.get_size_inches()
        return round(width * 96), round(height * 96)

    def png(self) -> bytes:
        """The image, with two pixels for every CSS pixel."""
        canvas, buffer = FigureCanvasAgg(self), io.BytesIO()
        with warnings.catch_warnings():
            # A label in a script that no installed font covers must not print to stderr:
            # nbgrader scores a graded cell with any stderr output as 0.
            warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
            canvas.draw()  # type: ignore[no-untyped-call]
            pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
        image = Image.fromarray(pixels).convert("RGB")
        if not self.photographic:
            image = with_palette(image)
        image.save(buffer, format="png", optimize=True)
        return buffer.getvalue()

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What Jupyter shows; HTML because only that carries alternative text in JupyterLab."""
        png, (width, height) = self.png(), self.pixels
        source = base64.b64encode(png).decode("ascii")
        image = (
            f'<img alt="{html.escape(self.alt)}" width="{width}" height="{height}" '
            f'style="max-width: 100%; height: auto" src="data:image/png;base64,{source}">'
        )
        bundle = {"text/plain": self.alt, "text/html": image, "image/png": png}
        return bundle, {"image/png": {"width": width, "height": height, "alt": self.alt}}


def with_palette(image: Image.Image) -> Image.Image:
    """Store an image with 256 colours, in a third of the bytes.

    The commonest colours, which are the cells, stay exact, and so do the colours of words on
    paper; only rare shades at the edges of letters move to the nearest one kept.
    """
    inks = (INPUT.ink, KERNEL.ink, OUTPUT.ink, TEXT, QUIET)
    words = [mix(ink, PAPER, step / 8) for ink in inks for step in range(8)]
    counted = image.getcolors(maxcolors=1 << 24)
    assert counted is not None
    seen = np.array([colour for _, colour in sorted(counted, reverse=True)], dtype=np.float32)
    kept = np.concatenate([np.round(np.array(words) * 255), seen[: 256 - len(words)]])
    distance = (kept**2).sum(axis=1) - 2 * seen @ kept.T
    lookup = np.zeros(1 << 24, dtype=np.uint8)
    lookup[_codes(seen.astype(np.uint8))] = distance.argmin(axis=1)
    small = Image.fromarray(lookup[_codes(np.asarray(image))])
    small.putpalette(kept.astype(np.uint8).tobytes())
    return small


def _codes(colours: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """One whole number for each colour, (..., 3) to (...)."""
    wide = colours.astype(np.int64)
    codes: npt.NDArray[np.int64] = (wide[..., 0] << 16) + (wide[..., 1] << 8) + wide[..., 2]
    return codes
