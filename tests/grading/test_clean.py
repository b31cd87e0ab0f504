"""One cell at a time, without a kernel: what acts goes, what is harmless stays byte for byte."""

import base64
import copy
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from nbconvert.exporters import HTMLExporter
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell

from course.grading.clean import Clean
from course.grading.harmless import clean_html, is_harmless
from tests.foreign_course import notebook
from tests.grading.hostile import HTML, LINKS, MARKDOWN, RUN, SVG

COURSE = Path(__file__).parents[2]

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n and some more").decode()
PICTURE = (
    '<img alt="Two maps, a &lt; b." width="640" height="480" '
    f'style="max-width: 100%; height: auto; border: 0" src="data:image/png;base64,{PNG}">'
)
HONEST_HTML = [
    "a < b & b > c",
    "<b>bold</b> and <i>italic</i>, H<sub>2</sub>O",
    PICTURE,
    f"<div>{PICTURE}<p style='font-size: 85%; opacity: 0.75'>As it was when you ran it.</p></div>",
    "<table><caption style='text-align:left'>3 of 4 done.</caption><thead><tr><th>a</th></tr>"
    "</thead><tbody><tr><td style='text-align:center'>✓</td></tr></tbody></table>",
    '<table border="1" class="dataframe">\n<tr style="text-align: right;"><th>a</th></tr></table>',
    "<details><summary>More</summary>a</details>",
    '<a href="https://numpy.org/doc/?a=1&amp;b=2">NumPy</a>',
    '<img src="img/plot 1.png" alt="from the lesson">',
    "<!-- BEGIN MARK SCHEME -->\n1 point\n<!-- END MARK SCHEME -->",
]
HONEST_MARKDOWN = [
    *HONEST_HTML[:-2],
    "a < b, x<y, 1 <2 & 3",
    "$a < b$ and $$\\begin{matrix} 1 & 2 \\\\ 3 & 4 \\end{matrix}$$",
    "$\\text{<script>alert(1)</script>}$",
    f"```html\n<script>{RUN}</script>\n```",
    f"```python\nprint('<script>')\n```\n\n    <script>{RUN}</script>\n",
    f"The tag `<img onerror={RUN}>` would do that.",
    "# A heading with `code` & more\n\n- [ ] open\n- [x] done\n\n1. one\n2. two\n\n> quoted",
    "| a | b |\n|:--|--:|\n| 1 | ~~2~~ |",
    "[a link](https://pytorch.org), <https://pytorch.org>, https://pytorch.org, [a](#Mean)",
    "line  \nbreak<br>and <br/> more\n\n---\n\nword\n: its meaning",
    "![a picture](img/plot.png)",
    "<!-- BEGIN MARK SCHEME -->\n\n1 point: says *why*.\n\n<!-- END MARK SCHEME -->",
]


def clean(*cells):
    nb = notebook()
    nb.cells = list(cells)  # afterwards: nbformat would refuse some of them
    return Clean().preprocess(nb, {})[0].cells


def clean_output(output):
    cell = new_code_cell("")
    cell.outputs = [output]
    return clean(cell)[0].outputs


EXPORTER = HTMLExporter(template_name="classic", exclude_anchor_links=True)


def page(*cells):
    """The notebook as nbconvert shows it."""
    html, _resources = EXPORTER.from_notebook_node(notebook(*copy.deepcopy(cells)))
    return BeautifulSoup(html, "html.parser").body


def what_acts(html):
    """The tags of some HTML that a browser would run, ask for, submit or move."""
    found = []
    for tag in html.find_all(True):
        at = str(tag.get("href", "")) + str(tag.get("src", "")) + str(tag.get("style", ""))
        forbidden = ["javascript:", "vbscript:", "data:text", "logout", "plot.html"]
        forbidden += [] if tag.name == "a" else ["hacked.invalid"]  # nobody follows a link unasked
        moves = ("position", "margin", "height: 0", "navbar-fixed", "url(")
        if (
            tag.name in ("script", "style", "svg", "math", "meta", "base", "link", "form", "button")
            or tag.name in ("iframe", "object", "embed", "video", "template", "textarea", "x-y")
            or any(name.startswith("on") or name == "srcset" for name in tag.attrs)
            or (tag.name == "input" and tag.get("type") != "checkbox")
            or tag.get("id") == "hidden_mean"
            or any(word in at.lower() for word in forbidden)
            or any(word in str(tag.get("style", "")) + str(tag.get("class")) for word in moves)
        ):
            found.append(str(tag))
    return found


@pytest.mark.parametrize("html", HTML.values(), ids=HTML)
def test_nothing_of_hostile_html_acts(html):
    assert not is_harmless(html)
    cleaned = clean_html(html)
    assert what_acts(BeautifulSoup(cleaned, "html.parser")) == []
    output = new_output("display_data", {"text/html": html})
    assert what_acts(page(*clean(new_code_cell("", outputs=[output])))) == []


@pytest.mark.parametrize("html", HTML.values(), ids=HTML)
def test_nothing_of_hostile_html_in_markdown_acts(html):
    cells = [new_markdown_cell(around.replace("HERE", html)) for around in MARKDOWN]
    assert what_acts(page(*clean(*cells))) == []


@pytest.mark.parametrize("markdown", LINKS.values(), ids=LINKS)
def test_nothing_of_hostile_markdown_acts(markdown):
    assert what_acts(page(*clean(new_markdown_cell(markdown)))) == []
    assert what_acts(page(*clean(new_raw_cell(markdown)))) == []


@given(st.lists(st.sampled_from([*HTML.values(), *HONEST_HTML, *"<>\"'`$&=/! -\n", "<b ", "-->"])))
def test_nothing_acts_however_it_is_put_together(pieces):
    mixed = "".join(pieces)
    output = new_output("display_data", {"text/html": mixed})
    cells = [new_code_cell("", outputs=[output]), new_markdown_cell(mixed), new_raw_cell(mixed)]
    cleaned = clean(*cells)
    assert what_acts(page(*cleaned)) == []
    assert clean(*copy.deepcopy(cleaned)) == cleaned


def test_hostile_markdown_can_be_read_as_it_was_written():
    (cell,) = clean(new_markdown_cell(f"The ``` mean.\n\n<script>{RUN}</script>\n"))
    assert f"<script>{RUN}</script>" in page(cell).get_text()
    assert "The ``` mean." in page(cell).get_text()
    assert "Shown as text" in page(cell).get_text()


@pytest.mark.parametrize("html", HONEST_HTML)
def test_honest_html_stays_as_it_is(html):
    output = new_output("display_data", {"text/html": html, "text/plain": "words"})
    assert clean_output(copy.deepcopy(output)) == [output]


@pytest.mark.parametrize("markdown", HONEST_MARKDOWN)
def test_honest_markdown_stays_as_it_is(markdown):
    assert clean(new_markdown_cell(markdown))[0].source == markdown
    output = new_output("display_data", {"text/markdown": markdown})
    assert clean_output(copy.deepcopy(output)) == [output]


def test_a_picture_attached_to_markdown_stays():
    cell = new_markdown_cell("![a](attachment:a.png)", attachments={"a.png": {"image/png": PNG}})
    before = copy.deepcopy(cell)
    (cleaned,) = clean(cell)
    assert (cleaned.source, cleaned.attachments) == (before.source, before.attachments)
    assert page(cleaned).find("img")["src"] == f"data:image/png;base64,{PNG}"


def test_a_picture_in_a_strange_box_stays():
    (output,) = clean_output(
        new_output("display_data", {"text/html": f'<div class="mc-still">{PICTURE}</div>'})
    )
    assert output.data["text/html"].startswith("<div><img")
    assert f"data:image/png;base64,{PNG}" in output.data["text/html"]


def test_a_table_of_pandas_loses_its_style_only():
    table = '<table border="1" class="dataframe"><tbody><tr><td>1</td></tr></tbody></table>'
    styled = f"<div>\n<style scoped>\n.dataframe {{}}\n</style>\n{table}\n</div>"
    (output,) = clean_output(new_output("execute_result", {"text/html": styled}))
    assert table in output.data["text/html"]
    assert "style" not in output.data["text/html"]


@pytest.mark.parametrize("lesson", sorted((COURSE / "source").glob("*/*.ipynb")), ids=str)
def test_the_lessons_own_text_stays_as_it_is(lesson):
    nb = nbformat.read(lesson, as_version=4)
    before = [cell.source for cell in nb.cells]
    assert [cell.source for cell in Clean().preprocess(nb, {})[0].cells] == before


def test_scripts_widgets_and_unknown_kinds_go_and_plain_text_shows_instead():
    output = new_output("display_data", {"text/plain": "<Plot>"})
    output.data |= {
        "application/javascript": RUN,
        "application/vnd.jupyter.widget-view+json": {"model_id": "1"},
        "application/vnd.own+json": {"a": RUN},
        "application/pdf": PNG,
        "text/html": f"<div></div><script>{RUN}</script><!-- -->",
        "image/png": {"not": "text"},
    }
    assert clean_output(output)[0].data == {"text/plain": "<Plot>"}


def test_an_output_that_then_shows_nothing_goes():
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": ""}
    assert clean_output(new_output("display_data", view | {"text/html": "<!-- -->"})) == []


def test_the_state_of_widgets_goes():
    nb = notebook()
    nb.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": RUN}}
    assert "widgets" not in Clean().preprocess(nb, {})[0].metadata


def test_svg_is_shown_as_a_picture_in_which_nothing_runs():
    outputs = clean_output(new_output("display_data", {"image/svg+xml": SVG}))
    shown = page(new_code_cell("", outputs=outputs))
    assert shown.find("img")["src"].startswith("data:image/svg+xml;base64,")
    assert what_acts(shown) == []


def test_metadata_of_a_picture_is_its_size_and_its_words():
    metadata = {
        "isolated": True,
        "text/html": {"isolated": True},
        "filenames": {"image/png": "https://hacked.invalid/picture.png"},
        "width": f"1 onload={RUN}",
        "image/png": {"width": 640, "height": f"1 onload={RUN}", "alt": "Two maps", "x": 1},
    }
    (output,) = clean_output(new_output("display_data", {"image/png": PNG}, metadata=metadata))
    assert output.metadata == {"image/png": {"width": 640, "alt": "Two maps"}}


def test_of_a_cells_metadata_only_nbgraders_stays():
    about = {"nbgrader": {"grade_id": "mean"}, "raw_mimetype": 3, "tags": 4, "magics_language": "x"}
    code, raw = new_code_cell(""), new_raw_cell("")
    code.metadata, raw.metadata = NotebookNode(about), NotebookNode(about)
    cells = clean(code, raw)
    assert [cell.metadata for cell in cells] == [{"nbgrader": {"grade_id": "mean"}}] * 2


def test_a_count_of_executions_is_a_number():
    forged = f"<script>{RUN}</script>"
    cell = new_code_cell("", outputs=[new_output("execute_result", {"text/plain": "3"})])
    cell.execution_count = cell.outputs[0].execution_count = forged
    (cell,) = clean(cell)
    assert cell.execution_count is cell.outputs[0].execution_count is None
    (cell,) = clean(new_code_cell("", execution_count=3))
    assert cell.execution_count == 3


def test_printed_text_errors_and_formulas_stay_and_show_as_text():
    bad = f"<script>{RUN}</script>"
    outputs = [
        new_output("stream", name="stderr", text=f"\x1b[31m{bad}\x1b[0m"),
        new_output("error", ename="E", evalue=bad, traceback=[bad, "\x1b[1mE\x1b[0m"]),
        new_output("execute_result", {"text/plain": bad}, execution_count=1),
        new_output("display_data", {"text/latex": f"$\\href{{javascript:1}}{{{bad}}}$"}),
    ]
    (cell,) = clean(new_code_cell(bad, outputs=copy.deepcopy(outputs)))
    assert cell.source == bad
    assert cell.outputs == outputs
    assert what_acts(page(cell)) == []


@pytest.mark.parametrize("piece", ["<div>", "&", "<b title='", "<!-- "])
def test_html_made_to_keep_parsers_busy_is_not_shown(piece):
    assert clean_output(new_output("display_data", {"text/html": piece * 200_000})) == []


def test_markdown_made_to_keep_nbconvert_busy_is_shown_as_text():
    (cell,) = clean(new_markdown_cell("\\begin{a}" * 100_000))
    assert "Shown as text" in cell.source
