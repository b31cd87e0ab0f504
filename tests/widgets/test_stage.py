"""What every widget does: it has a still picture, its own words, and one piece of each file."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from course import widgets
from course.figures import Picture
from course.figures.palette import INPUT
from course.widgets.stage import OUR_FAULT, Stage

WIDGETS = [getattr(widgets, name) for name in widgets.__all__]
FOLDER = Path(widgets.__file__).parent


@pytest.mark.parametrize("widget", WIDGETS)
def test_a_widget_opens_by_itself_and_speaks_json(widget):
    opened = widget()
    assert isinstance(opened, Stage)
    json.dumps([opened.asked, opened.told, opened.words], allow_nan=False)
    assert opened.name


@pytest.mark.parametrize("widget", WIDGETS)
def test_a_widget_has_a_still_picture_in_words_too(widget):
    picture = widget().still()
    assert isinstance(picture, Picture)
    assert picture.alt
    assert picture.png().startswith(b"\x89PNG")


@pytest.mark.parametrize("widget", WIDGETS)
def test_script_style_and_module_have_one_stem(widget):
    stem = Path(widget.__module__.replace(".", "/")).name
    assert {path.suffix for path in FOLDER.glob(f"{stem}.*")} == {".py", ".js", ".css"}
    assert (FOLDER / f"{stem}.js").read_text() in str(widget._esm)
    assert (FOLDER / f"{stem}.css").read_text() in str(widget._css)


@pytest.mark.parametrize("path", sorted([*FOLDER.glob("*.js"), *FOLDER.glob("*.css")]), ids=str)
def test_no_script_or_style_asks_for_anything_outside(path):
    links = re.findall(r"https?://[^\s\"')]+", path.read_text())
    assert set(links) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|\bimport\b.*\bfrom\b|fetch\(", path.read_text())


@pytest.mark.parametrize("widget", WIDGETS)
def test_every_word_that_the_script_says_has_a_sentence(widget):
    said = set(re.findall(r"\bwords\.(\w+)", str(widget._esm)))
    assert said <= widget().words.keys()


def test_the_colours_are_those_of_the_pictures():
    assert f"--mc-x: {INPUT.fill};" in str(WIDGETS[0]._css)


class Halves(Stage):
    """A widget that halves a number, and whose own code has a fault at 13."""

    _esm, _css = "export default {};", ""

    def answer(self, asked):
        if asked["number"] == 13:
            raise KeyError("thirteen")
        if asked["number"] % 2:
            raise ValueError(f"{asked['number']} is odd.")
        return {"half": asked["number"] // 2}


def test_a_fault_of_ours_is_said_in_one_sentence_and_the_widget_lives_on():
    widget = Halves({"number": 8})
    with pytest.raises(KeyError, match="thirteen"):  # Jupyter's log has it whole
        widget.asked = {"number": 13, "n": 1}
    assert widget.told == {"half": 4, "n": 1, "problem": OUR_FAULT}
    widget.asked = {"number": 10, "n": 2}
    assert widget.told == {"half": 5, "n": 2}


def test_what_cannot_be_shown_is_said_and_the_picture_stays():
    widget = Halves({"number": 8})
    widget.asked = {"number": 7, "n": 1}
    assert widget.told == {"half": 4, "n": 1, "problem": "7 is odd."}
    widget.asked = {"number": 10, "n": 2}
    assert widget.told == {"half": 5, "n": 2}


@pytest.fixture(scope="module", params=[False, True], ids=["no state stored", "state stored"])
def ran(request):
    """A notebook with every widget, run where no browser is."""
    cells = [f"from course.widgets import {w.__name__}\n{w.__name__}()" for w in WIDGETS]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    return NotebookClient(notebook, store_widget_state=request.param).execute()


def test_a_page_shows_the_still_picture_of_every_widget_once(ran):
    page, _ = HTMLExporter().from_notebook_node(ran)
    assert page.count('<div class="mc-still">') == len(WIDGETS)
    assert len(re.findall('<div class="mc-still"><img alt="[^"]+', page)) == len(WIDGETS)
    assert page.count("<img ") == len(WIDGETS)


def test_a_page_calls_for_a_living_widget_only_where_its_state_is_stored(ran):
    page, _ = HTMLExporter().from_notebook_node(ran)
    called = page.count('<script type="application/vnd.jupyter.widget-view+json">')
    assert called == (len(WIDGETS) if "widgets" in ran.metadata else 0)


def test_a_site_that_shows_pictures_only_finds_one(ran):
    for cell in ran.cells:
        assert [o for o in cell.outputs if "image/png" in o.get("data", {})]
        assert not [o for o in cell.outputs if o.output_type == "error" or o.get("name")]
