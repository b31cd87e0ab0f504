"""The sum machine in a real browser: every number it shows is PyTorch's."""

import re

import pytest
import torch
from playwright.sync_api import expect
from torch.nn.functional import conv2d

from course.exercises.many_inputs import EXAMPLE
from course.exercises.mistakes import many_inputs as wrong
from course.widgets import SumMachine
from tests.browser.widget_page import open_widgets

SEED = torch.Generator().manual_seed(3)
X = torch.randint(-5, 6, (3, 5, 7), generator=SEED).float()
K = torch.randint(-3, 4, (3, 2, 3), generator=SEED).float()


def truth_of(X, K):
    return conv2d(X[None], K[None])[0, 0]


def numbers(texts):
    return [float(text.replace("−", "-")) for text in texts]


class Machine:
    """A sum machine on a page, as its reader sees it."""

    def __init__(self, at):
        self.at = at

    def grid(self, name):
        return self.at.get_by_role("grid", name=name, exact=True)

    def shown(self, name="Y"):
        """The numbers of a grid, row by row."""
        rows = self.grid(name).get_by_role("row").all()
        cells = [row.get_by_role("gridcell").all_inner_texts() for row in rows]
        return torch.tensor([numbers(row) for row in cells])

    def cell(self, name, i, j):
        return self.grid(name).get_by_role("row").nth(i).get_by_role("gridcell").nth(j)

    def products(self, c):
        """The products of a channel at the window's place."""
        table = self.at.get_by_role("table", name=f"Products of channel {c}")
        return numbers(table.locator(".mc-sum-product > span:last-child").all_inner_texts())

    def shares(self):
        return numbers(self.at.locator(".mc-sum-channel .mc-sum-share b").all_inner_texts())

    def total(self):
        return self.at.locator(".mc-sum-total")

    def place(self):
        """The row and column where every window stands."""
        windows = self.at.locator(".mc-window")
        texts = {window.get_attribute("aria-valuetext") for window in windows.all()}
        assert len(texts) == 1
        return tuple(map(int, re.findall(r"\d+", texts.pop())))

    def voice(self):
        return self.at.locator(".mc-voice")

    def button(self, name):
        return self.at.get_by_role("button", name=name, exact=True)

    def type(self, name, i, j, text):
        self.cell(name, i, j).focus()
        self.at.page.keyboard.type(text)
        self.at.page.keyboard.press("Enter")


@pytest.fixture
def show(page):
    """Open a sum machine on a page of its own."""

    def show(*arguments, f=None, **options):
        return Machine(open_widgets(page, SumMachine(*arguments, f=f), **options)[0])

    return show


def shows_this_place(machine, X, K, i, j):
    """Every number of the window at (i, j) is the one that PyTorch computes."""
    windows = X[:, i : i + K.shape[1], j : j + K.shape[2]] * K
    for c, window in enumerate(windows):
        assert machine.products(c) == window.flatten().tolist()
    assert machine.shares() == windows.sum((1, 2)).tolist()
    expect(machine.total()).to_have_text(f"{truth_of(X, K)[i, j]:g}".replace("-", "−"))


def test_a_learner_plays_with_the_machine_in_jupyterlab(
    run_in_jupyterlab, page, asked_outside, screenshot
):
    lesson = run_in_jupyterlab(
        "import torch\nfrom course.widgets import SumMachine\nSumMachine()",
        "def corr2d_multi_in(X, K):\n    return torch.stack("
        "[torch.nn.functional.conv2d(x[None, None], k[None, None])[0, 0] for x, k in zip(X, K)])"
        ".mean(0)\nSumMachine(f=corr2d_multi_in)",
    )
    first, second = (Machine(page.locator(".mc-stage").nth(n)) for n in range(2))
    expect(first.total()).to_have_text("56")
    expect(second.at).to_contain_text("You averaged. Channels are added, not averaged.")
    expect(page.locator(".mc-still")).to_have_count(2)
    for still in page.locator(".mc-still").all():
        expect(still).to_be_hidden()
    screenshot("sum-machine-1-opened")

    x, k = EXAMPLE
    assert torch.equal(first.shown(), truth_of(x, k))
    for step in range(4):
        shows_this_place(first, x, k, *divmod(step, 2))
        first.button("One step on").click()
    assert first.place() == (0, 0)

    the_window_is_dragged(page, first)
    shows_this_place(first, x, k, 1, 1)

    first.type("X, channel 0", 2, 2, "-8")
    x = x.clone()
    x[0, 2, 2] = -8
    expect(first.total()).to_have_text("72")
    shows_this_place(first, x, k, 1, 1)
    assert torch.equal(first.shown(), truth_of(x, k))
    assert torch.equal(second.shown(), truth_of(*EXAMPLE)), "the second machine was disturbed"

    a_key_of_jupyterlab_does_nothing_to_the_notebook(page, first)

    first.at.get_by_label("Combine with").select_option("mean")
    expect(first.voice()).to_contain_text("Numbers that differ from the truth: 4 of 4.")
    assert torch.equal(first.shown(), wrong.averages_channels(x, k))
    assert torch.equal(first.shown("The truth"), truth_of(x, k))
    lesson.theme("JupyterLab Dark")
    screenshot("sum-machine-2-mean-dark")

    the_kernel_ends_and_the_picture_stays(page, lesson, first)
    assert asked_outside == set()


def the_window_is_dragged(page, machine):
    start = machine.cell("X, channel 1", 0, 0).bounding_box()
    end = machine.cell("X, channel 1", 1, 1).bounding_box()
    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    page.mouse.move(end["x"] + 5, end["y"] + 5, steps=5)
    page.mouse.up()
    assert machine.place() == (1, 1)


def a_key_of_jupyterlab_does_nothing_to_the_notebook(page, machine):
    """d d deletes a cell of the notebook where JupyterLab hears it."""
    machine.cell("Y", 0, 0).focus()
    page.keyboard.press("d")
    page.keyboard.press("d")
    machine.button("One step on").click()
    expect(machine.total()).to_be_visible()


def is_saved(response):
    return response.request.method == "PUT" and "/api/contents/" in response.url


def the_kernel_ends_and_the_picture_stays(page, lesson, machine):
    lesson.menu("Kernel", "Restart Kernel…")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    lesson.wait_until_idle()
    machine.at.get_by_label("Combine with").select_option("sum")
    expect(machine.at.get_by_role("alert")).to_contain_text("run the cell again")
    machine.button("One step on").click()
    expect(machine.total()).to_have_text(re.compile(r"\d"))
    with page.expect_response(is_saved):
        lesson.menu("File", "Save Notebook")
    page.reload()
    lesson.wait_until_idle()
    expect(page.locator(".mc-still").first).to_be_visible()


def test_it_opens_on_the_example_of_the_origin(show):
    machine = show()
    expect(machine.at.locator(".mc-sum-equation")).to_have_text("19 + 37 = 56")
    shows_this_place(machine, *EXAMPLE, 0, 0)


def test_with_one_channel_the_products_are_what_is_added(show):
    machine = show(torch.arange(9.0).reshape(3, 3), torch.arange(4.0).reshape(2, 2))
    expect(machine.at.locator(".mc-sum-equation")).to_have_text("0 + 1 + 6 + 12 = 19")
    expect(machine.at.locator(".mc-sum-heads")).to_have_text("X (3, 3)K (2, 2)")


def test_every_place_of_every_window_shows_what_pytorch_computes(show):
    machine = show(X, K)
    assert torch.equal(machine.shown(), truth_of(X, K))
    for i in range(4):
        for j in range(5):
            assert machine.place() == (i, j)
            shows_this_place(machine, X, K, i, j)
            machine.button("One step on").click()
    machine.button("One step back").click()
    assert machine.place() == (3, 4)


@pytest.mark.parametrize(
    ("combiner", "answer"),
    [
        ("mean", wrong.averages_channels),
        ("one kernel for all", wrong.uses_the_first_kernel_for_all),
        ("last channel only", wrong.keeps_only_the_last_channel),
        ("ReLU before the sum", wrong.rectifies_before_the_sum),
    ],
)
def test_a_wrong_rule_shows_what_the_known_mistake_gives(show, combiner, answer):
    machine = show(X, K)
    machine.at.get_by_label("Combine with").select_option(combiner)
    expect(machine.grid("The truth")).to_be_visible()
    assert torch.allclose(machine.shown(), answer(X, K), atol=0.051)
    assert torch.equal(machine.shown("The truth"), truth_of(X, K))
    apart = (answer(X, K) != truth_of(X, K)).sum().item()
    expect(machine.grid("Y").locator(".mc-sum-apart")).to_have_count(apart)


def test_keys_alone_move_the_window_and_edit_a_number(page, show):
    machine = show(X, K)
    machine.at.get_by_role("slider").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert machine.place() == (1, 1)
    machine.cell("Y", 1, 1).focus()
    page.keyboard.press("ArrowRight")
    assert machine.place() == (1, 2)
    machine.cell("K, channel 2", 0, 0).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Control+A")
    page.keyboard.type("2,5")
    page.keyboard.press("Enter")
    k = K.clone()
    k[2, 0, 0] = 2.5
    expect(machine.cell("K, channel 2", 0, 0)).to_be_focused()
    assert torch.equal(machine.shown(), truth_of(X, k))
    shows_this_place(machine, X, k, 1, 2)


def test_what_is_no_number_is_refused_and_nothing_is_lost(page, show):
    machine = show()
    machine.cell("X, channel 0", 0, 0).dblclick()
    page.keyboard.type("much")
    page.keyboard.press("Enter")
    expect(machine.at.get_by_role("alert")).to_have_text("'much' is not a number.")
    shows_this_place(machine, *EXAMPLE, 0, 0)
    machine.type("X, channel 0", 0, 0, "1e999")
    assert torch.equal(machine.shown(), truth_of(*EXAMPLE))


def test_a_click_on_an_output_brings_the_window_there(show):
    machine = show(X, K)
    machine.cell("Y", 2, 3).click()
    assert machine.place() == (2, 3)
    shows_this_place(machine, X, K, 2, 3)


def test_one_cell_of_each_map_is_marked_the_one_under_the_window(show):
    machine = show(X, K)
    machine.at.get_by_label("Combine with").select_option("mean")
    for i, j in ((2, 3), (0, 1)):
        machine.cell("Y", i, j).click()
        expect(machine.at.locator(".mc-here")).to_have_count(2)
        for name in ("Y", "The truth"):
            expect(machine.cell(name, i, j)).to_have_class(re.compile(r"\bmc-here\b"))
            expect(machine.cell(name, i, j)).to_have_attribute("tabindex", "0")


def test_an_edit_asks_python_once_and_moving_never(page):
    widget, questions = SumMachine(X, K), []
    widget.observe(questions.append, "asked")
    machine = Machine(open_widgets(page, widget)[0])
    machine.type("X, channel 1", 0, 0, "4")
    machine.button("One step on").click()
    machine.cell("Y", 2, 2).click()
    assert len(questions) == 1


def test_channels_come_and_go(show):
    machine = show()
    machine.button("Channels + 1").click()
    x = torch.cat((EXAMPLE[0], EXAMPLE[0][1:] + 1))
    k = torch.cat((EXAMPLE[1], EXAMPLE[1][1:] + 1))
    assert torch.equal(machine.shown(), truth_of(x, k))
    shows_this_place(machine, x, k, 0, 0)
    for _ in range(2):
        machine.button("Channels − 1").click()
    assert torch.equal(machine.shown(), truth_of(EXAMPLE[0][:1], EXAMPLE[1][:1]))
    expect(machine.button("Channels − 1")).to_be_disabled()
    machine.button("Start again").click()
    assert torch.equal(machine.shown(), truth_of(*EXAMPLE))


def test_a_guess_comes_before_the_number(show):
    machine = show()
    machine.button("Predict first").click()
    expect(machine.total()).to_have_text("?")
    assert machine.grid("Y").get_by_role("gridcell").all_inner_texts() == ["?"] * 4
    expect(machine.at.locator(".mc-sum-channel")).not_to_contain_text([re.compile("19")])
    machine.at.get_by_label("Your guess for row 0, column 0 of Y").fill("56")
    machine.button("Look").click()
    verdict = machine.at.locator(".mc-sum-verdict")
    expect(verdict).to_have_text("✓ 56 is right. In a row: 1.")
    expect(machine.total()).to_have_text("56")
    machine.button("Next window").click()
    expect(machine.total()).to_have_text("?")
    machine.at.get_by_label("Your guess for row 0, column 1 of Y").fill("36")
    machine.button("Look").click()
    expect(verdict).to_have_text(
        "✗ You said 36. It is 72. You averaged. Channels are added, not averaged."
    )


@pytest.mark.parametrize(
    ("guess", "sentence"),
    [
        ("37", "Only the last channel is left."),
        ("19", "That is the share of channel 0 alone."),
        ("104", "That is another place of Y: row 1, column 0."),
        ("54321", ""),
    ],
)
def test_the_pattern_of_a_wrong_guess_is_named(show, guess, sentence):
    machine = show()
    machine.button("Predict first").click()
    machine.at.get_by_label("Your guess for").fill(guess)
    machine.button("Look").click()
    verdict = machine.at.locator(".mc-sum-verdict")
    expect(verdict).to_have_text(re.compile(rf"It is 56\.\s*{re.escape(sentence)}"))


def test_the_learners_function_stands_beside_the_truth_with_its_first_wrong_term(show):
    def corr2d_multi_in(X, K):
        return wrong.rectifies_before_the_sum(X, K)

    machine = show(X, K, f=corr2d_multi_in)
    assert torch.equal(machine.shown("What corr2d_multi_in gives"), corr2d_multi_in(X, K))
    machine.button("Go to the first difference").click()
    apart = (corr2d_multi_in(X, K) != truth_of(X, K)).nonzero()[0].tolist()
    assert machine.place() == tuple(apart)
    expect(machine.at.locator(".mc-sum-product.mc-sum-apart")).to_have_count(1)
    expect(machine.at).to_contain_text("Negative numbers were set to 0 before the sum.")


def test_an_exception_of_the_learner_is_shown_as_theirs(show):
    def corr2d_multi_in(X, K):
        total = 0
        return X[99] + total

    machine = show(f=corr2d_multi_in)
    expect(machine.at).to_contain_text("Line 3 of corr2d_multi_in raises IndexError: index 99")
    shows_this_place(machine, *EXAMPLE, 0, 0)


@pytest.mark.parametrize("width", [320, 480, 700, 1000])
def test_it_fits_into_any_column(page, show, width):
    show(X, K, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_playing_steps_by_itself_and_ends_when_asked(page, show):
    machine = show()
    machine.button("Play").click()
    page.wait_for_function("document.querySelector('.mc-sum-total').textContent === '104'")
    machine.button("Pause").click()
    place = machine.place()
    page.wait_for_timeout(1300)
    assert machine.place() == place


def test_who_asks_for_little_motion_sees_none(page, show):
    page.emulate_media(reduced_motion="reduce")
    machine = show()
    machine.button("One step on").click()
    assert page.evaluate("document.getAnimations().length") == 0
    expect(machine.total()).to_have_text("72")


def test_two_edits_faster_than_python_are_both_kept(page, show):
    machine = show()
    page.evaluate(
        """() => {
          const ask = window.askPython;
          window.askPython = async (...question) => {
            await new Promise((go) => setTimeout(go, 300));
            return ask(...question);
          };
        }"""
    )
    machine.type("X, channel 0", 0, 0, "5")
    machine.type("X, channel 0", 0, 1, "7")
    expect(machine.cell("X, channel 0", 0, 1)).to_have_text("7")
    expect(machine.cell("X, channel 0", 0, 0)).to_have_text("5")


def test_the_window_keeps_the_focus_when_the_theme_changes(page, show):
    window = show().at.get_by_role("slider")
    window.focus()
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    page.wait_for_timeout(100)
    expect(window).to_be_focused()


def test_predicting_hides_what_would_give_the_answer_away_and_says_when_all_is_guessed(show):
    machine = show(f=wrong.averages_channels)
    machine.button("Predict first").click()
    expect(machine.at.get_by_text("The truth is 56")).to_be_hidden()
    verdict = machine.at.locator(".mc-sum-verdict")
    for guess in ("56", "72", "104", "120"):
        machine.at.get_by_label("Your guess for").fill(guess)
        machine.button("Look").click()
        expect(verdict).to_contain_text(f"✓ {guess} is right.")
        machine.button("Next window").click()
    expect(verdict).to_have_text("You have guessed every number of Y. Here it is 56.")
    machine.type("X, channel 0", 0, 1, "7")
    expect(machine.total()).to_have_text("?")


def test_a_second_tap_edits_a_number(page):
    phone = page.context.browser.new_page(has_touch=True)
    machine = Machine(open_widgets(phone, SumMachine(), width=360)[0])
    for _ in range(2):
        machine.cell("K, channel 0", 0, 1).tap()
    expect(machine.at.locator(".mc-editor")).to_be_focused()
    phone.keyboard.press("Control+A")
    phone.keyboard.type("6")
    phone.keyboard.press("Enter")
    expect(machine.cell("K, channel 0", 0, 1)).to_have_text("6")


def test_two_machines_do_not_disturb_each_other(page):
    one, other = map(Machine, open_widgets(page, SumMachine(), SumMachine(X, K)))
    one.type("X, channel 0", 0, 0, "9")
    one.button("One step on").click()
    assert other.place() == (0, 0)
    shows_this_place(other, X, K, 0, 0)
