"""A figure that shows itself in a notebook, sharp on fine screens and readable without eyes."""

import base64
import html
import io
import warnings
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from course.figures.palette import PAPER

POINTS_PER_PIXEL = 0.75
FINE = 2


class Picture(Figure):
    """A matplotlib Figure that is no business of pyplot: nothing to show, nothing to close.

    As the last line of a cell it appears by itself, as an image with alternative text.

    alt : what the picture shows, in words and numbers

    >>> Picture("An empty sheet.", width=200, height=100).alt
    'An empty sheet.'
    """

    def __init__(self, alt: str = "", width: float = 640, height: float = 480) -> None:
        """width, height : in CSS pixels, as the notebook shows the picture"""
        super().__init__(dpi=96 * FINE, facecolor=PAPER)
        self.alt = alt
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
        Image.fromarray(pixels).convert("RGB").save(buffer, format="png")
        return buffer.getvalue()

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What Jupyter shows; HTML because only that carries alternative text in JupyterLab."""
        png, (width, height) = self.png(), self.pixels
        source = base64.b64encode(png).decode("ascii")
        image = (
            f'<img alt="{html.escape(self.alt)}" width="{width}" height="{height}" '
            'style="max-width: 100%; height: auto; border: 0" '
            f'src="data:image/png;base64,{source}">'
        )
        bundle = {"text/plain": self.alt, "text/html": image, "image/png": png}
        return bundle, {"image/png": {"width": width, "height": height, "alt": self.alt}}
