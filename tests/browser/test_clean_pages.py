"""What a hostile student hands in does nothing on the pages that a teacher opens."""

import base64
import io

from nbformat.v4 import new_code_cell, new_markdown_cell
from PIL import Image
from playwright.sync_api import expect

from tests.browser.jupyterlab import jupyterlab
from tests.graded_class import hand_in, run, set_answer, write_course
from tests.grading.hostile import ELSEWHERE, HTML, LINKS, RUN, SVG

# nbgrader's pages draw formulas with this, where there is a network.
MATHJAX = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/"

HOSTILE_CELL = f"""\
from IPython.display import publish_display_data
for html in {list(HTML.values())!r}:
    publish_display_data({{"text/html": html, "text/plain": "instead"}})
publish_display_data({{"application/javascript": {RUN!r}}})
publish_display_data({{"image/svg+xml": {SVG!r}}})
publish_display_data({{"image/png": "aaaa"}}, {{"image/png": {{"width": {"1 onerror=" + RUN!r}}}}})
publish_display_data({{"text/html": {HTML["script"]!r}}}, {{"text/html": {{"isolated": True}}}})
publish_display_data({{"text/markdown": {HTML["onerror"]!r}}})
raise ValueError({HTML["script"]!r})"""

HONEST_CELL = """\
from IPython.display import HTML, display
display(HTML('<img alt="A red square" width="30" height="30" src="data:image/png;base64,PNG">'))
HTML("<table><tr><th>mean</th></tr><tr><td style='text-align: center'>3.25</td></tr></table>")"""
HONEST_TEXT = """\
# hidden_mean

| list | mean |
|------|------|
| 1, 2 | 1.5 |

If `a < b`, then <b>the median</b> stays."""


def test_nothing_of_a_hostile_submission_acts_on_formgraders_page_or_in_feedback(
    tmp_path, page, asked_outside
):
    course = tmp_path / "course"
    write_course(course)
    hand_in(course, "ada", be_honest)
    hand_in(course, "mallory", be_hostile)
    run(course, "nbgrader", "autograde", "ps1")
    run(course, "nbgrader", "generate_feedback", "ps1")
    told, asked = [], []
    page.on("dialog", lambda dialog: (told.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))

    def look(container):
        page.wait_for_load_state("networkidle")
        assert [frame.evaluate("window.hacked") for frame in page.frames] == [None]
        if page.get_by_role("img", name="A red square").count():
            look_at_honest_work(container)
            return "ada"
        expect(container.get_by_text(RUN).first).to_be_visible()
        return "mallory"

    with jupyterlab(course) as at:
        page.goto(at("lab"))  # which logs in
        page.goto(at("formgrader/gradebook/ps1/ps1"))
        links = page.locator("#main-table a.name-hidden")
        expect(links).to_have_count(2)
        seen = set()
        for address in links.evaluate_all("links => links.map(link => link.href)"):
            page.goto(address)
            seen.add(look(page.locator("#notebook-container")))
            # Nothing lies over the field for the points, which is that of its own cell.
            expect(page.locator("input#hidden_mean.score")).to_have_attribute("placeholder", "4")
            page.locator("#hidden_mean").click(trial=True)
        assert seen == {"ada", "mallory"}

    for student in sorted(seen):
        page.goto((course / "feedback" / student / "ps1" / "ps1.html").as_uri())
        assert look(page.locator("#notebook-container")) == student

    assert told == []
    assert [url for url in asked_outside if not url.startswith(MATHJAX)] == []
    assert [url for url in asked if "logout" in url or "plot.html" in url] == []
    assert not any(url.startswith(ELSEWHERE) for url in asked)


def be_hostile(nb):
    nb.cells = [
        *(new_markdown_cell(text) for text in [*HTML.values(), *LINKS.values()]),
        new_code_cell(HOSTILE_CELL),
        *nb.cells,
    ]
    set_answer(nb, "compare", HTML["onerror"])


def be_honest(nb):
    png = io.BytesIO()
    Image.new("RGB", (30, 30), "red").save(png, "png")
    picture = base64.b64encode(png.getvalue()).decode()
    nb.cells[:0] = [
        new_markdown_cell(HONEST_TEXT),
        new_code_cell(HONEST_CELL.replace("PNG", picture)),
    ]


def look_at_honest_work(container):
    picture = container.get_by_role("img", name="A red square")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") == 30
    expect(container.get_by_role("cell", name="3.25")).to_be_visible()
    expect(container.get_by_role("cell", name="1.5")).to_be_visible()
    expect(container.locator("b", has_text="the median")).to_be_visible()
    expect(container.locator("code", has_text="a < b")).to_be_visible()
