"""What all widgets share in the browser: numbers and colours as the pictures have them."""

import subprocess
import sys
from pathlib import Path

import pytest
from matplotlib.colors import to_hex
from playwright.sync_api import expect

from course import widgets
from course.figures.numbers import factor, short
from course.figures.palette import INPUT, KERNEL, OUTPUT, ROLES, colour_of
from course.widgets import SumMachine
from tests.browser import widget_page
from tests.browser.jupyterlab import write_cells
from tests.browser.widget_page import open_widgets

SCRIPT = Path(widget_page.__file__).parents[2] / "course" / "widgets" / "stage.js"
VALUES = [0.0, 1, -1, 56, -4.5, 1 / 3, -2 / 3, 99.994, 100.25, 999.96, 1234.5, -99999.4, 99999.5]
VALUES += [
    2.125,
    2.375,
    -0.125,
    100.35,
    1000.5,
    1001.5,
    0.65,
    123456.0,
    0.005,
    0.00499,
    -3e-8,
    1e-20,
    7.126,
    0.995,
    -12.345,
]
HEX = {"x": INPUT.fill, "k": KERNEL.fill, "y": OUTPUT.fill}


@pytest.fixture
def stage(page):
    """Call a function of stage.js, as in stage("short", 56)."""
    script = SCRIPT.read_text() + "\nexport { short, factor, parsed, shade, fill, largest };"
    page.evaluate(
        """async (script) => {
          const file = new Blob([script], {type: "text/javascript"});
          window.stage = await import(URL.createObjectURL(file));
        }""",
        script,
    )
    return lambda name, *arguments: page.evaluate(
        "([name, arguments_]) => window.stage[name](...arguments_)", [name, list(arguments)]
    )


def test_a_number_reads_the_same_in_a_widget_and_in_a_picture(stage):
    assert [stage("short", value) for value in VALUES] == [short(value) for value in VALUES]
    assert [stage("factor", value) for value in VALUES] == [factor(value) for value in VALUES]
    assert stage("short", 3e-8, 9) == short(3e-8, 9.0) == "0"


@pytest.mark.parametrize(
    ("typed", "number"),
    [("5", 5), (" -2.5 ", -2.5), ("−3", -3), ("1,5", 1.5), ("1e3", 1000)]
    + [(text, None) for text in ("", "  ", "five", "1,5,6", "1e999", "NaN", "--1")],
)
def test_what_is_typed_becomes_a_number_or_nothing(stage, typed, number):
    assert stage("parsed", typed) == number


def test_a_cell_has_the_same_colour_in_a_widget_and_in_a_picture(stage):
    colours = {name: rgb(code) for name, code in HEX.items()}
    colours |= {"negative": rgb("#55585F"), "zero": rgb("#F3F3F1")}
    for role in ROLES:
        for value in (-9, -4, 0, 2, 9):
            shown = stage("shade", colours, role.letter.lower(), value, 9)["back"]
            wanted = rgb(to_hex(colour_of(value, 9, role)))
            channels = map(int, shown.removeprefix("rgb(").removesuffix(")").split())
            assert all(abs(a - b) <= 1 for a, b in zip(channels, wanted, strict=True))


def rgb(code):
    return [int(code[at : at + 2], 16) for at in (1, 3, 5)]


def test_a_kernel_that_does_not_answer_is_told_and_forgotten_when_it_does(page, monkeypatch):
    (machine,) = open_widgets(page, SumMachine())
    answer = widget_page.ask
    monkeypatch.setattr(widget_page, "ask", lambda widget, asked: None)
    machine.get_by_label("Combine with").select_option("mean")
    alert = machine.get_by_role("alert")
    expect(alert).to_have_text(
        "Python has not answered yet: it is busy, or it was restarted. "
        "If this stays, run the cell again."
    )
    monkeypatch.setattr(widget_page, "ask", answer)
    machine.get_by_label("Combine with").select_option("relu")
    expect(alert).to_be_hidden()


def test_the_colours_follow_the_theme(page):
    (machine,) = open_widgets(page, SumMachine())
    cell = machine.get_by_role("grid", name="X, channel 0").get_by_role("gridcell").first
    light = cell.evaluate("cell => getComputedStyle(cell).backgroundColor")
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    expect(cell).not_to_have_css("background-color", light)


def test_a_page_with_stored_widgets_shows_each_once_the_picture_or_what_lives(page, tmp_path):
    shown = [f"from course.widgets import {name}\n{name}()" for name in widgets.__all__]
    write_cells(tmp_path / "lesson.ipynb", *shown)
    convert = [sys.executable, "-m", "nbconvert", "--execute", "--to", "html", "lesson.ipynb"]
    subprocess.run(convert, cwd=tmp_path, check=True, capture_output=True)
    page.goto((tmp_path / "lesson.html").as_uri(), wait_until="domcontentloaded")
    stills, places = page.locator(".mc-still"), page.locator(".jupyter-widgets")
    expect(places).to_have_count(len(widgets.__all__))  # the state is stored
    expect(stills.locator("img")).to_have_count(len(widgets.__all__))
    for picture in stills.locator("img").all():  # the page reaches no network: no widget lives
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0

    page.add_style_tag(content=str(SumMachine._css))
    places.first.evaluate("place => { place.innerHTML = '<section class=mc-stage>8</section>'; }")
    expect(stills.first).to_be_hidden()
    expect(stills.nth(1)).to_be_visible()
