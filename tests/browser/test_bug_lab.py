"""The bug lab in a browser: painted with mouse and keys, and every number held against PyTorch."""

import re

import pytest
import torch
from playwright.sync_api import expect
from torch.nn.functional import conv2d

from course.checking.visible import check
from course.exercises.mistakes import many_inputs as wrong
from course.widgets import bug_lab
from course.widgets.bug_lab import BugLab
from tests.browser.widget_page import open_widgets


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch):
    monkeypatch.setattr(bug_lab, "BEST", {})
    monkeypatch.setattr(check, "mistake", None)


class Lab:
    """A bug lab on a page."""

    def __init__(self, stage):
        self.stage, self.page = stage, stage.page

    def grid(self, name):
        return self.stage.get_by_role("grid", name=name, exact=True)

    def cell(self, grid, i, j):
        return self.grid(grid).locator(f'[data-i="{i}"][data-j="{j}"]')

    def button(self, name):
        return self.stage.get_by_role("button", name=name)

    def numbers(self, name):
        """All tiles of a tensor, as they are displayed: (h, w) or (c, h, w)."""
        grids = self.stage.get_by_role("grid", name=re.compile(rf"^{name}(, |$)"))
        tiles = grids.evaluate_all(
            """grids => {
              const number = (cell) => Number(cell.textContent.replace("−", "-"));
              const rows = (grid) => [...grid.querySelectorAll("[role=row]")];
              return grids.map((grid) => rows(grid).map((row) => [...row.children].map(number)));
            }"""
        )
        return torch.tensor(tiles if len(tiles) > 1 else tiles[0], dtype=torch.float32)

    def says(self, text):
        expect(self.stage.locator(".mc-bug-verdict")).to_contain_text(text)

    def score(self, name):
        return self.stage.get_by_role("group", name=name).locator(".mc-bug-count")

    def shows_the_truth(self):
        """Every displayed number is PyTorch's own."""
        X, K = self.numbers("X"), self.numbers("K")
        truth = conv2d(X[None], K[None])[0, 0]
        bug = wrong.averages_channels(X, K)
        assert torch.equal(self.numbers("The truth"), truth)
        assert torch.equal(self.numbers("The bug"), bug)
        assert torch.equal(self.numbers("Difference"), bug - truth)
        marked = self.grid("Difference").locator(".mc-bug-differs")
        expect(marked).to_have_count(int((bug != truth).sum()))


def opened(page, *labs, **options):
    return [Lab(stage) for stage in open_widgets(page, *labs, **options)]


def test_clicks_paint_until_the_two_part_and_the_score_is_kept(page):
    [lab] = opened(page, BugLab())
    lab.says("Not yet")
    lab.cell("X, X[0]", 1, 1).click()
    lab.cell("K, K[0]", 0, 1).click()
    lab.says("Found")
    lab.says("Numbers that differ: 1 of 4.")
    lab.shows_the_truth()
    expect(lab.score("Painted now")).to_have_text("2of 26 cells")
    expect(lab.score("Your smallest")).to_have_text("2of 26 cells")
    expect(lab.score("Smallest we know")).to_have_text("2of 4 cells")
    lab.cell("X, X[0]", 1, 1).click()  # once more takes the paint away
    lab.says("Both give zeros only.")
    expect(lab.score("Your smallest")).to_have_text("2of 26 cells")


def test_smaller_sizes_beat_the_score_down_to_the_smallest_we_know(page):
    [lab] = opened(page, BugLab())
    lab.cell("X, X[0]", 0, 0).click()
    lab.cell("K, K[0]", 0, 0).click()
    for axis in "k_h", "k_w", "h", "h", "w", "w":
        lab.button(f"{axis} − 1").and_(lab.page.locator(f'[aria-label^="{axis} "]')).click()
    lab.says("As small as the smallest we know. Well done!")
    expect(lab.score("Your smallest")).to_have_text("2of 4 cells")
    lab.shows_the_truth()


def test_a_stroke_paints_every_cell_it_passes(page):
    [lab] = opened(page, BugLab())
    lab.stage.get_by_label("Paint with −2").check(force=True)
    start, end = (lab.cell("X, X[1]", 2, j).bounding_box() for j in (0, 2))
    page.mouse.move(start["x"] + 9, start["y"] + 9)
    page.mouse.down()
    page.mouse.move(end["x"] + 9, end["y"] + 9, steps=12)
    page.mouse.up()
    expect(lab.score("Painted now")).to_have_text("3of 26 cells")
    assert lab.numbers("X")[1].tolist() == [[0, 0, 0], [0, 0, 0], [-2, -2, -2]]


def test_a_finger_paints_too(page):
    [lab] = opened(page, BugLab(), width=360)
    lab.page.evaluate(
        """() => {
          const cells = [...document.querySelectorAll(".mc-of-x .mc-cell")].slice(0, 2);
          const fire = (type, cell, buttons) => {
            const {x, y} = cell.getBoundingClientRect();
            cell.dispatchEvent(new PointerEvent(type, {
              bubbles: true, pointerType: "touch", buttons, clientX: x + 9, clientY: y + 9}));
          };
          fire("pointerdown", cells[0], 1);
          fire("pointermove", cells[1], 1);
          fire("pointerup", cells[1], 0);
        }"""
    )
    expect(lab.score("Painted now")).to_have_text("2of 26 cells")


def test_the_keyboard_alone_can_do_everything(page):
    [lab] = opened(page, BugLab())
    lab.stage.get_by_role("combobox").focus()
    for _ in range(2):  # past the button, to the brush
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(lab.stage.get_by_label("Paint with 2")).to_be_checked()
    lab.cell("X, X[0]", 0, 0).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(lab.cell("X, X[0]", 1, 0)).to_have_text("2")
    expect(lab.cell("X, X[0]", 1, 0)).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.type("-1.5")
    page.keyboard.press("Enter")
    expect(lab.cell("X, X[0]", 1, 1)).to_have_text("−1.5")
    expect(lab.cell("X, X[0]", 1, 1)).to_be_focused()
    lab.cell("K, K[0]", 0, 0).focus()
    page.keyboard.press("Space")
    lab.says("Found")
    lab.shows_the_truth()
    page.keyboard.press("Delete")
    lab.says("Both give zeros only.")
    expect(lab.cell("K, K[0]", 0, 0)).to_be_focused()
    lab.button("c_i + 1").focus()
    page.keyboard.press("Enter")
    expect(lab.grid("X, X[2]")).to_be_visible()
    expect(lab.button("c_i + 1")).to_be_focused()


def test_a_double_click_opens_a_cell_for_any_number(page):
    [lab] = opened(page, BugLab())
    lab.cell("X, X[0]", 0, 0).dblclick()
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    expect(lab.cell("X, X[0]", 0, 0)).to_have_text("7")
    lab.cell("X, X[0]", 0, 1).dblclick()
    page.keyboard.type("5000")
    page.keyboard.press("Enter")
    expect(lab.stage.get_by_role("alert")).to_have_text("Paint numbers from −999 to 999.")
    expect(lab.cell("X, X[0]", 0, 1)).to_have_text("0")
    lab.button("Clear").click()
    expect(lab.stage.get_by_role("alert")).to_be_hidden()
    expect(lab.score("Painted now")).to_have_text("0of 26 cells")


def test_the_name_and_the_sentence_of_a_bug_wait_behind_a_button(page):
    [lab] = opened(page, BugLab())
    choice = lab.stage.get_by_role("combobox")
    expect(choice.locator("option").first).to_have_text("Bug 1")
    expect(lab.stage).not_to_contain_text("You averaged.")
    lab.button("What is wrong with it?").click()
    expect(lab.stage).to_contain_text("You averaged. Channels are added, not averaged.")
    expect(choice.locator("option").first).to_have_text("Bug 1: averages channels")
    choice.select_option("adds exactly two channels")
    expect(lab.stage).not_to_contain_text("You averaged.")
    lab.says("All is 0, and both give the same.")
    lab.button("Show me one").click()
    lab.says("This one was shown to you, so it does not count.")
    expect(lab.score("Your smallest")).to_have_text("–none yet")


def test_the_bug_that_check_named_is_told_at_once(page, monkeypatch):
    mistake = next(m for m in bug_lab.find_bug(None, "corr2d")[0].mistakes if "flip" not in m.name)
    monkeypatch.setattr(check, "mistake", mistake)
    [lab] = opened(page, BugLab())
    expect(lab.stage).to_contain_text("This is the mistake that check has just named.")
    expect(lab.stage).to_contain_text(mistake.sentence.replace("`", ""))


def test_shapes_inputs_gradients_and_exceptions_are_shown_as_what_they_are(page):
    def corr2d(X, K):
        return X.reshape(7)

    labs = opened(
        page,
        BugLab("leaves out the sum"),
        BugLab("writes into the picture"),
        BugLab("leaves torch"),
        BugLab(f=corr2d),
    )
    labs[0].says("Shape (3, 2, 2, 2) against (3, 2, 2).")
    labs[1].cell("X", 0, 0).click()
    labs[1].says("The numbers agree, but the call has changed X.")
    expect(labs[1].grid("X after the call").locator(".mc-bug-differs")).to_have_count(1)
    labs[2].says("The numbers agree, but no gradient reaches X, K.")
    expect(labs[2].stage).to_contain_text("✗ K: no gradient")
    expect(labs[3].stage).to_contain_text("Line 2 of corr2d raises RuntimeError: shape '[7]'")


def test_two_labs_on_a_page_leave_each_other_alone(page):
    first, second = opened(page, BugLab(), BugLab())
    first.stage.get_by_label("Paint with 3").check(force=True)
    first.cell("X, X[0]", 0, 0).click()
    expect(first.score("Painted now")).to_have_text("1of 26 cells")
    expect(second.score("Painted now")).to_have_text("0of 26 cells")
    expect(second.stage.get_by_label("Paint with 1")).to_be_checked()
    assert page.evaluate("document.querySelectorAll('[id]').length") == 1  # the page's own


def test_a_find_is_celebrated_calmly_and_not_for_those_who_want_stillness(page):
    for wish, sparks in (("no-preference", 9), ("reduce", 0)):
        bug_lab.BEST.clear()
        page.emulate_media(reduced_motion=wish)
        [lab] = opened(page, BugLab())
        lab.cell("X, X[0]", 0, 0).click()
        lab.cell("K, K[0]", 0, 0).click()
        lab.says("Found")
        assert lab.stage.locator(".mc-bug-spark").count() == sparks
    [lab] = opened(page, BugLab("stays flat"))  # a bug that zeros expose is no feat
    expect(lab.stage.locator(".mc-bug-spark")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 700, 1000])
def test_it_fits_into_every_width_and_theme(page, width, theme, screenshot):
    [lab] = opened(page, BugLab(exercise="corr2d_multi_in_out"), width=width, theme=theme)
    for axis in "c_i", "c_o", "c_i", "w", "w":
        lab.stage.locator(f'[aria-label="{axis} + 1"]').click()
    expect(lab.grid("K, K[3, 3]")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if theme == "dark":
        screenshot(f"bug-lab-{width}-dark", full_page=True)


FAILED_CHECK = """
from course import check
from course.exercises.mistakes.many_inputs import averages_channels
def corr2d_multi_in(X, K):
    return averages_channels(X, K)
try:
    check(corr2d_multi_in)
except AssertionError as wrong:
    print(wrong)
"""


def test_a_learner_uses_it_in_jupyterlab_after_a_failed_check(
    run_in_jupyterlab, page, asked_outside, screenshot
):
    lesson = run_in_jupyterlab(
        FAILED_CHECK,
        "from course.widgets.bug_lab import BugLab\nBugLab()",
        "BugLab('averages chanels')",
    )
    lab = Lab(page.locator(".mc-stage").first)
    lab.says("All is 0, and both give the same.")
    expect(lab.stage).to_contain_text("You averaged. Channels are added, not averaged.")
    expect(page.locator(".mc-still")).to_be_hidden()
    refused = page.locator(".jp-Cell").nth(2).locator(".jp-OutputArea-output")
    expect(refused).to_have_text(re.compile("Did you mean averages channels"))
    lab.stage.scroll_into_view_if_needed()
    screenshot("bug-lab-1-opened")

    lab.stage.get_by_label("Paint with 3").check(force=True)
    start, end = (lab.cell("X, X[0]", i, 0).bounding_box() for i in (0, 2))
    page.mouse.move(start["x"] + 9, start["y"] + 9)
    page.mouse.down()
    page.mouse.move(end["x"] + 9, end["y"] + 9, steps=12)
    page.mouse.up()
    lab.cell("K, K[0]", 1, 0).click()
    lab.says("Found")
    lab.shows_the_truth()
    page.keyboard.press("ArrowRight")
    page.keyboard.type("-2")
    page.keyboard.press("Enter")
    expect(lab.score("Painted now")).to_have_text("5of 26 cells")
    lab.shows_the_truth()
    screenshot("bug-lab-2-found")

    cells = page.locator(".jp-Cell").count()
    lab.cell("X, X[1]", 0, 0).focus()
    for key in "ddab":  # JupyterLab's keys for deleting and adding cells
        page.keyboard.press(key)
    assert page.locator(".jp-Cell").count() == cells

    lab.button("c_i − 1").click()
    lab.says("They agree on every number.")
    lesson.theme("JupyterLab Dark")
    lab.button("c_i + 1").click()
    lab.says("Found")
    lab.shows_the_truth()
    screenshot("bug-lab-3-found-dark")
    assert asked_outside == set()
