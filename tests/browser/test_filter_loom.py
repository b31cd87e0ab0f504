"""The filter loom in a real browser: every number is PyTorch's, and every thread has two ends."""

import re

import pytest
import torch
from playwright.sync_api import expect
from torch.nn.functional import conv2d

from course.exercises.many_inputs import X as TWO_CHANNELS
from course.exercises.many_outputs import K3
from course.widgets.filter_loom import FilterLoom
from tests.browser.widget_page import open_widgets

SEED = torch.Generator().manual_seed(3)
X = torch.randint(-5, 6, (5, 5, 7), generator=SEED).float()
K = torch.randint(-3, 4, (4, 5, 2, 3), generator=SEED).float()
BIAS = torch.tensor([1.0, -2.0, 0.0, 30.0])


def numbers(texts):
    return [float(text.replace("−", "-")) for text in texts]


class Loom:
    """A filter loom on a page, as its reader sees it."""

    def __init__(self, at):
        self.at = at
        self.page = at.page
        self.cloth = at.locator(".mc-loom-cloth")
        self.detail = at.get_by_role("group", name="The numbers of what is chosen")

    def tile(self, name):
        """A tile of the cloth: "input 0", "K[0, 1]" or "map 2"."""
        return self.cloth.get_by_role("grid", name=re.compile(rf"^{re.escape(name)}(,|$)"))

    def circle(self, name):
        return self.cloth.get_by_role("button", name=re.compile(rf"^{re.escape(name)}(,|$)"))

    def cell(self, grid, i, j):
        return grid.get_by_role("row").nth(i).get_by_role("gridcell").nth(j)

    def shown(self, grid):
        """The numbers of a grid, row by row."""
        rows = [
            row.get_by_role("gridcell").all_inner_texts() for row in grid.get_by_role("row").all()
        ]
        return torch.tensor([numbers(row) for row in rows])

    def maps(self):
        return torch.stack([self.shown(grid) for grid in self.cloth.locator(".mc-of-y").all()])

    def details(self, role):
        """All numbers of one colour beside the cloth, in their order."""
        return [self.shown(grid) for grid in self.detail.locator(f".mc-of-{role}").all()]

    def lit(self):
        """The nodes that are lit: "x0" an input, "k1,0" a kernel, "y1" a map."""
        nodes = self.cloth.locator(".mc-loom-node.mc-loom-lit")
        return nodes.evaluate_all("nodes => nodes.map((node) => node.dataset.node)")

    def lit_threads(self):
        """How many threads are lit: from inputs to kernels, and from kernels on to a map."""
        return tuple(
            self.cloth.locator(f".mc-loom-thread.mc-loom-of-{role}.mc-loom-lit").count()
            for role in "xy"
        )

    def type(self, grid, i, j, text):
        self.cell(grid, i, j).dblclick()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Enter")

    def button(self, name):
        return self.at.get_by_role("button", name=name, exact=True)

    def says(self, text):
        expect(self.at.get_by_role("status").filter(has_text=text)).to_be_visible()

    def counts(self, text):
        expect(self.at.locator(".mc-loom-counts")).to_contain_text(text)

    def walk(self, *keys):
        """Press arrow keys, and give the node that has the focus after each."""
        return [self.press(key) for key in keys]

    def press(self, key):
        self.page.keyboard.press(f"Arrow{key}")
        return self.focused()

    def focused(self):
        return self.page.evaluate("document.activeElement.closest('[data-node]')?.dataset.node")


@pytest.fixture
def loom(page):
    return Loom(open_widgets(page, FilterLoom())[0])


def test_it_opens_on_the_three_maps_of_the_origin_and_counts(loom):
    assert torch.equal(loom.maps(), conv2d(TWO_CHANNELS, K3))
    assert loom.cloth.locator(".mc-of-k").count() - 3 == 6  # three of them are hidden biases
    loom.counts("kernels: c_o · c_i = 3 · 2 = 6")
    loom.counts("maps: c_o = 3")
    loom.counts("parameters: 3 · 2 · 2 · 2 = 24")
    loom.counts("with a bias for each filter: 24 + 3 = 27")
    loom.says("Map 0 at [0, 0]: 19 + 37 = 56. One part from each input.")
    expect(loom.at.get_by_role("alert")).to_be_hidden()


def test_a_map_lights_its_kernels_and_all_inputs(loom):
    loom.cell(loom.tile("map 1"), 1, 0).click()
    assert loom.lit() == ["x0", "x1", "k1,0", "k1,1", "y1"]
    assert loom.lit_threads() == (2, 3)
    loom.says("Map 1 at [1, 0]: 57 + 91 = 148.")
    parts = torch.stack([conv2d(TWO_CHANNELS[c:][:1], K3[1:2, c:][:, :1])[0] for c in range(2)])
    *shown, total = loom.details("y")
    assert torch.equal(torch.stack(shown), parts)
    assert torch.equal(total, parts.sum(0))


def test_a_kernel_lights_one_input_and_one_map(loom):
    loom.cell(loom.tile("K[2, 1]"), 0, 0).click()
    assert loom.lit() == ["x1", "k2,1", "y2"]
    assert loom.lit_threads() == (1, 2)
    loom.says("K[2, 1] at [0, 0]: 1·3 + 2·4 + 4·5 + 5·6 = 61. It reads only input 1")
    assert torch.equal(loom.details("x")[0], TWO_CHANNELS[1])
    assert torch.equal(loom.details("k")[0], K3[2, 1])
    assert torch.equal(loom.details("y")[0], conv2d(TWO_CHANNELS[1:], K3[2:, 1:])[0])


def test_an_input_lights_the_kernels_that_read_it(loom):
    loom.cell(loom.tile("input 1"), 2, 2).click()
    assert loom.lit() == ["x1", "k0,1", "k1,1", "k2,1"]
    assert loom.lit_threads() == (3, 0)
    loom.says(
        "Every filter reads input 1, and each has a kernel of its own for it: K[0, 1], K[1, 1]"
    )
    assert torch.equal(torch.stack(loom.details("k")), K3[:, 1])


def test_the_arrow_keys_walk_from_tile_to_tile(loom):
    loom.tile("map 0").get_by_role("gridcell").first.focus()
    walked = loom.walk("Right", "Down", "Down", "Left", "Left", "Up", "Up", "Up", "Left", "Left")
    assert walked == ["y0", "y0", "y1", "y1", "k1,1", "k1,0", "k1,0", "k0,1", "k0,1", "x1"]
    loom.says("Every filter reads input 1")
    loom.page.keyboard.press("ArrowRight")
    assert loom.focused() == "k0,1"
    loom.says("K[0, 1] at [0, 0]")


def test_a_number_is_typed_and_all_that_hang_on_it_follow(loom):
    x, k = TWO_CHANNELS.clone(), K3.clone()
    x[1, 1, 1], k[2, 0, 0, 1] = -2.5, 10
    loom.type(loom.tile("input 1"), 1, 1, "-2,5")
    loom.type(loom.tile("K[2, 0]"), 0, 1, "10")
    expect(loom.cell(loom.tile("map 2"), 0, 0)).to_have_text(f"{conv2d(x, k)[2, 0, 0]:g}")
    assert torch.equal(loom.maps(), conv2d(x, k))
    assert loom.focused() == "k2,0"
    loom.type(loom.detail.get_by_role("grid", name="input 0"), 0, 0, "4")
    x[0, 0, 0] = 4
    expect(loom.cell(loom.tile("map 0"), 0, 0)).to_have_text(f"{conv2d(x, k)[0, 0, 0]:g}")
    assert torch.equal(loom.maps(), conv2d(x, k))
    loom.button("Start again").click()
    expect(loom.cell(loom.tile("map 0"), 0, 0)).to_have_text("56")
    assert torch.equal(loom.maps(), conv2d(TWO_CHANNELS, K3))


def test_two_numbers_typed_before_python_answers_both_count(page):
    loom = Loom(open_widgets(page, FilterLoom())[0])
    page.evaluate("""() => {
      const ask = window.askPython;
      window.askPython = async (key, asked) => {
        const answer = await ask(key, structuredClone(asked));
        await new Promise((go) => setTimeout(go, 200));
        return answer;
      };
    }""")
    loom.type(loom.tile("input 0"), 0, 0, "10")
    loom.type(loom.tile("input 0"), 2, 2, "-10")
    x = TWO_CHANNELS.clone()
    x[0, 0, 0], x[0, 2, 2] = 10, -10
    expect(loom.cell(loom.tile("input 0"), 2, 2)).to_have_text("−10")
    expect(loom.cell(loom.tile("map 1"), 0, 0)).to_have_text(f"{conv2d(x, K3)[1, 0, 0]:g}")
    assert torch.equal(loom.maps(), conv2d(x, K3))


def test_the_bias_is_switched_on_typed_and_counted(loom):
    loom.button("Bias").click()
    loom.counts("parameters: 3 · 2 · 2 · 2 + 3 = 27")
    loom.says("Map 0 at [0, 0]: 19 + 37 + 0 = 56. One part from each input, and the bias once")
    loom.type(loom.tile("bias 2"), 0, 0, "-96")
    expect(loom.cell(loom.tile("map 2"), 0, 0)).to_have_text("0")
    assert torch.equal(loom.maps(), conv2d(TWO_CHANNELS, K3, torch.tensor([0.0, 0, -96])))
    loom.says("Map 2 at [0, 0]: 35 + 61 + (−96) = 0.")
    loom.button("Bias").click()
    expect(loom.cell(loom.tile("map 2"), 0, 0)).to_have_text("96")
    loom.counts("parameters: 3 · 2 · 2 · 2 = 24")


def test_many_channels_are_circles_with_the_numbers_of_the_choice_beside_them(page):
    loom = Loom(open_widgets(page, FilterLoom(X, K, BIAS))[0])
    assert loom.cloth.get_by_role("button").count() == 5 + 20 + 4
    Y, parts = (
        conv2d(X, K, BIAS),
        [[conv2d(X[c:][:1], k[c:][:1][None])[0] for c in range(5)] for k in K],
    )
    for o in range(4):
        loom.circle(f"map {o}").click()
        assert loom.lit_threads() == (5, 6)
        *shown, total = loom.details("y")
        assert torch.equal(torch.stack(shown), torch.stack(parts[o]))
        assert torch.equal(total, Y[o])
        assert loom.details("k")[0].item() == BIAS[o]
    loom.circle("K[3, 2]").click()
    assert loom.lit() == ["x2", "k3,2", "y3"]
    assert torch.equal(loom.details("y")[0], parts[3][2])
    loom.type(loom.detail.get_by_role("grid", name="K[3, 2]"), 1, 2, "9")
    k = K.clone()
    k[3, 2, 1, 2] = 9
    loom.circle("map 3").click()
    assert torch.equal(loom.details("y")[-1], conv2d(X, k, BIAS)[3])


def test_the_circles_are_walked_with_the_arrow_keys_and_are_three_stops_of_the_tab_key(page):
    loom = Loom(open_widgets(page, FilterLoom(X, K))[0])
    assert loom.cloth.locator("[tabindex='0']").count() == 3
    loom.circle("map 0").focus()
    walked = loom.walk("Down", "Left", "Left", "Up", "Up", "Right", "Left", "Left", "Down", "Right")
    steps = ["y1", "k1,4", "k1,3", "k0,3", "k0,3", "k0,4", "k0,3", "k0,2", "k1,2", "k1,3"]
    assert walked == steps
    assert loom.lit() == ["x3", "k1,3", "y1"]
    expect(loom.circle("K[1, 3]")).to_have_attribute("aria-pressed", "true")


def test_channels_and_filters_come_and_go_and_the_focus_stays(loom):
    more_inputs, more_filters = loom.button("Inputs c_i + 1"), loom.button("Filters c_o + 1")
    more_inputs.focus()
    for _ in range(6):
        loom.page.keyboard.press("Enter")
    for _ in range(5):
        more_filters.click()
    loom.counts("kernels: c_o · c_i = 8 · 8 = 64")
    loom.counts("maps: c_o = 8")
    loom.counts("parameters: 8 · 8 · 2 · 2 = 256")
    x = torch.stack([TWO_CHANNELS[0] + c for c in range(8)])
    k = torch.stack([torch.stack([K3[0, 0] + o + c for c in range(8)]) for o in range(8)])
    loom.circle("map 7").click()
    assert torch.equal(loom.details("y")[-1], conv2d(x, k)[7])
    less = loom.button("Filters c_o − 1")
    less.focus()
    for _ in range(7):
        loom.page.keyboard.press("Enter")
    expect(less).to_be_disabled()
    expect(more_filters).to_be_focused()
    loom.counts("kernels: c_o · c_i = 1 · 8 = 8")
    expect(loom.cloth.locator(".mc-loom-ring")).to_have_count(1)
    assert torch.equal(loom.maps(), conv2d(x, k[:1]))


def test_a_number_that_is_none_is_refused_in_one_line(loom):
    loom.type(loom.tile("input 0"), 0, 0, "two")
    expect(loom.at.get_by_role("alert")).to_have_text("'two' is not a number.")
    assert torch.equal(loom.maps(), conv2d(TWO_CHANNELS, K3))
    for place in (0, 0), (0, 1):
        loom.type(loom.tile("input 0"), *place, "1e308")
    expect(loom.at.get_by_role("alert")).to_contain_text("pictures need finite numbers")
    loom.type(loom.tile("input 0"), 0, 1, "2")
    expect(loom.at.get_by_role("alert")).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 700, 360, 320])
def test_it_fits_and_its_threads_meet_their_nodes(page, screenshot, width, theme):
    widgets = FilterLoom(bias=None), FilterLoom(X.repeat(2, 1, 1)[:8], torch.ones(8, 8, 2, 2))
    for at in open_widgets(page, *widgets, theme=theme, width=width):
        loom = Loom(at)
        assert at.evaluate("stage => stage.scrollWidth <= stage.clientWidth")
        threads = loom.cloth.locator("path")
        assert loosest_end(threads) < 4
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    screenshot(f"filter-loom-{width}-{theme}", full_page=True)


def test_the_threads_follow_when_the_page_changes_its_width(page):
    loom = Loom(open_widgets(page, FilterLoom(), width=1000)[0])
    before = loom.cloth.bounding_box()["width"]
    page.set_viewport_size({"width": 420, "height": 900})
    expect(loom.cloth).not_to_have_css("width", f"{before}px")
    page.evaluate("new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")
    assert loosest_end(loom.cloth.locator("path")) < 4


def loosest_end(threads):
    """How far, in pixels, the worst end of a thread is from the node next to it."""
    return threads.evaluate_all("""threads => {
      const ends = ".mc-loom-dot, .mc-loom-cloth .mc-grid, .mc-loom-ring";
      const boxes = [...threads[0].closest(".mc-loom-cloth").querySelectorAll(ends)]
        .map((node) => node.getBoundingClientRect());
      const corner = threads[0].ownerSVGElement.getBoundingClientRect();
      const away = ({x, y}) => Math.min(...boxes.map((box) => Math.hypot(
        Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom))));
      const at = (thread, length) => {
        const {x, y} = thread.getPointAtLength(length);
        return {x: x + corner.left, y: y + corner.top};
      };
      return Math.max(...threads.flatMap((thread) => {
        const arrow = thread.getAttribute("d").includes("L") ? 2 * Math.hypot(7, 4.5) + 0.5 : 0;
        return [away(at(thread, 0)), away(at(thread, thread.getTotalLength() - arrow))];
      }));
    }""")


def test_two_looms_on_a_page_leave_each_other_alone(page):
    first, second = map(Loom, open_widgets(page, FilterLoom(), FilterLoom()))
    first.button("Inputs c_i + 1").click()
    second.cell(second.tile("map 2"), 1, 1).click()
    first.counts("kernels: c_o · c_i = 3 · 3 = 9")
    second.counts("kernels: c_o · c_i = 3 · 2 = 6")
    first.says("Map 0 at [0, 0]: 19 + 37 + 63 = 119.")
    second.says("Map 2 at [1, 1]: 91 + 133 = 224.")
    assert page.evaluate("document.querySelectorAll('[id]').length") == 1  # the page's own


def test_a_learner_uses_it_in_jupyterlab(run_in_jupyterlab, page, asked_outside, screenshot):
    lesson = run_in_jupyterlab(
        "from course.widgets.filter_loom import FilterLoom\nFilterLoom()",
        "import torch\nFilterLoom(torch.ones(2, 3, 3), torch.ones(3, 1, 2, 2))",
    )
    loom = Loom(page.locator(".mc-stage").first)
    loom.says("Map 0 at [0, 0]: 19 + 37 = 56.")
    assert torch.equal(loom.maps(), conv2d(TWO_CHANNELS, K3))
    expect(page.locator(".mc-still")).to_be_hidden()
    refused = lesson.page.locator(".jp-Cell").nth(1).locator(".jp-OutputArea-output")
    expect(refused).to_have_text(re.compile("✗ X has 2 channels, K has 1: every channel needs a"))
    screenshot("filter-loom-1-opened")

    loom.cell(loom.tile("K[1, 0]"), 0, 0).click()
    assert loom.lit() == ["x0", "k1,0", "y1"]
    page.keyboard.press("-")
    page.keyboard.press("7")
    page.keyboard.press("Enter")
    k = K3.clone()
    k[1, 0, 0, 0] = -7
    expect(loom.cell(loom.tile("map 1"), 1, 1)).to_have_text(
        f"{conv2d(TWO_CHANNELS, k)[1, 1, 1]:g}"
    )
    assert torch.equal(loom.maps(), conv2d(TWO_CHANNELS, k))

    cells = page.locator(".jp-Cell").count()
    for key in "ddab":  # JupyterLab's keys for deleting and adding cells
        page.keyboard.press(key)
    assert page.locator(".jp-Cell").count() == cells

    loom.button("Bias").click()
    loom.counts("parameters: 3 · 2 · 2 · 2 + 3 = 27")
    lesson.theme("JupyterLab Dark")
    screenshot("filter-loom-2-kernel-dark")
    for _ in range(3):
        loom.button("Inputs c_i + 1").click()
        loom.button("Filters c_o + 1").click()
    loom.counts("kernels: c_o · c_i = 6 · 5 = 30")
    loom.circle("map 5").click()
    x = torch.stack([TWO_CHANNELS[0] + c for c in range(5)])
    bank = torch.stack([K3[0, 0] + 5 + c for c in range(5)])
    expect(loom.detail.get_by_role("grid", name="map 5", exact=True)).to_be_visible()
    assert torch.equal(loom.details("y")[-1], conv2d(x, bank[None])[0])
    screenshot("filter-loom-3-circles-dark")
    lesson.theme("JupyterLab Light")
    screenshot("filter-loom-4-circles")
    assert asked_outside == set()
