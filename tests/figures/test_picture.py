"""A picture shows itself, small and sharp, and leaves nothing behind."""

import io
import math
import warnings

import nbformat
import numpy as np
import pytest
import torch
from IPython.core.formatters import DisplayFormatter
from matplotlib import pyplot
from matplotlib.figure import Figure
from nbclient import NotebookClient
from PIL import Image

from course import figures
from course.figures.palette import INPUT, KERNEL, PAPER
from course.figures.picture import Picture

X, K = torch.arange(18.0).reshape(2, 3, 3), torch.arange(8.0).reshape(2, 2, 2)
PHOTO = torch.rand(3, 12, 18, generator=torch.Generator().manual_seed(0))

PICTURES = {
    "draw": lambda: figures.draw(X),
    "draw a wide tensor": lambda: figures.draw(torch.randn(3, 6, 8), "Y"),
    "draw without numbers": lambda: figures.draw(torch.randn(2, 30, 20), "Y"),
    "draw_window": lambda: figures.draw_window(X, K, 0, 1),
    "draw_sum": lambda: figures.draw_sum(X, K),
    "draw_filter_bank": lambda: figures.draw_filter_bank(X, torch.stack([K, K + 1])),
    "draw_filter_bank with circles": lambda: figures.draw_filter_bank(
        torch.randn(3, 9, 9), torch.randn(8, 3, 3, 3)
    ),
    "draw_one_by_one": lambda: figures.draw_one_by_one(X, torch.randn(3, 2), 1, 1),
    "draw_one_by_one on a photo": lambda: figures.draw_one_by_one(PHOTO, torch.eye(3), 1, 1),
    "draw_picture": lambda: figures.draw_picture(PHOTO),
    "draw_maps": lambda: figures.draw_maps(torch.randn(4, 12, 18)),
    "draw_gaps": lambda: figures.draw_gaps({"float32": [0, 1e-8, 2e-6], "whole": [0]}, 1e-6),
    "draw_loss": lambda: figures.draw_loss([math.exp(-n) for n in range(9)] + [0.0], {"K": K[0]}),
}


def image_of(picture):
    return Image.open(io.BytesIO(picture.png())).convert("RGB")


def bytes_of(colour):
    """#RRGGBB as three whole numbers."""
    return tuple(bytes.fromhex(colour[1:]))


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_a_figure_with_words_and_a_small_sharp_image(name):
    picture = PICTURES[name]()
    assert isinstance(picture, Figure)
    assert len(picture.alt) > 10
    assert "{" not in picture.alt
    png = picture.png()
    assert len(png) < 150_000
    width, height = picture.pixels
    assert Image.open(io.BytesIO(png)).size == (2 * width, 2 * height)
    assert width <= 920


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_is_cut_off(name):
    pixels = np.asarray(image_of(PICTURES[name]()))
    assert (pixels[:8] == 255).all()
    assert (pixels[-8:] == 255).all()
    assert (pixels[:, :8] == 255).all()
    assert (pixels[:, -8:] == 255).all()


def test_no_pyplot_figure_is_left_open():
    for make in PICTURES.values():
        make()
    assert pyplot.get_fignums() == []


def test_ipython_shows_the_image_with_its_words():
    picture = figures.draw(K, "K")
    data, metadata = DisplayFormatter().format(picture)
    assert data["text/plain"] == picture.alt
    assert f'alt="{picture.alt}"' in data["text/html"]
    assert metadata["image/png"]["alt"] == picture.alt
    assert metadata["image/png"]["width"] == picture.pixels[0]


def test_words_with_quotes_stay_inside_the_tag():
    html = DisplayFormatter().format(Picture('Say "Y" <b>'))[0]["text/html"]
    assert 'alt="Say &quot;Y&quot; &lt;b&gt;"' in html


def test_the_same_picture_has_the_same_bytes():
    assert figures.draw(X).png() == figures.draw(X).png()


def test_cells_and_names_keep_their_exact_colours():
    image = image_of(figures.draw(torch.tensor([[1.0, 0.0]]), "K"))
    colours = {colour for _, colour in image.getcolors(1 << 20)}
    assert {bytes_of(KERNEL.fill), bytes_of(KERNEL.ink)} <= colours


def test_the_paper_is_opaque_on_a_dark_notebook():
    image = Image.open(io.BytesIO(figures.draw(X).png())).convert("RGBA")
    assert image.getpixel((0, 0)) == (*bytes_of(PAPER), 255)


def test_a_learner_s_matplotlib_style_does_not_change_a_picture():
    plain = figures.draw(X).png()
    with pyplot.style.context("dark_background"):
        assert figures.draw(X).png() == plain


@pytest.mark.parametrize("label", ["通道 0", "chaîne", "\N{EGYPTIAN HIEROGLYPH A001}"])
def test_a_label_in_any_script_warns_of_nothing(label, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures.draw_picture(PHOTO, title=label).png()
    assert capfd.readouterr().err == ""


def test_the_photograph_is_the_course_s_size():
    photo = figures.load_photo()
    assert photo.shape == (3, 120, 180)
    assert photo.dtype == torch.float32
    assert 0 <= photo.min() < photo.max() <= 1
    assert figures.load_photo(h=60).shape == (3, 60, 90)


def test_the_photographer_is_credited():
    photo = figures.load_photo(h=30)
    mixed = figures.draw_one_by_one(photo, torch.eye(3), 0, 0)
    for picture in (figures.draw_picture(photo), mixed):
        assert figures.PHOTO_CREDIT in [text.get_text() for text in picture.axes[0].texts]


@pytest.mark.slow
def test_a_picture_appears_in_a_real_notebook_without_pyplot():
    sources = [
        "import sys, torch; from course.figures import draw; draw(torch.ones(2, 3))",
        "assert not {'matplotlib.pyplot', 'sklearn'} & set(sys.modules)",
        "from matplotlib import pyplot; pyplot.plot([1, 2]); pyplot.close()",
        "draw(torch.ones(2, 3))",
    ]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    for cell in (notebook.cells[0], notebook.cells[3]):
        (output,) = cell.outputs
        assert output.output_type == "execute_result"
        assert 'alt="X, shape (2, 3). 1 1 1; 1 1 1."' in output.data["text/html"]
        assert output.data["image/png"]
    assert notebook.cells[1].outputs == []


def test_the_colour_follows_the_name():
    def inks(name):
        return {text.get_color() for text in figures.draw(K, name).axes[0].texts}

    assert KERNEL.ink in inks("K3")
    assert INPUT.ink in inks("X")
    assert INPUT.ink in inks("patch")
