"""The pixel mixer in a real browser: every number and every colour it shows is PyTorch's."""

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from torch.nn.functional import conv2d

from course.exercises.mistakes.one_by_one import reshapes_to_pixels
from course.figures import PHOTO_CREDIT, load_photo
from course.widgets.pixel_mixer import PRESETS, PixelMixer
from tests.browser.widget_page import open_widgets

PHOTO = load_photo(84).double()
H, W = PHOTO.shape[1:]
NAMES = {
    "identity": "No change",
    "grey": "Grey",
    "sepia": "Sepia",
    "swap": "Swap red and blue",
    "vivid": "Vivid",
}
OUTPUTS = {
    3: ["new red", "new green", "new blue"],
    2: ["map 0", "map 1"],
    1: ["grey"],
}


def truth_of(matrix, image=PHOTO):
    K = torch.as_tensor(matrix, dtype=torch.float64)
    return conv2d(image, K.reshape(len(K), 3, 1, 1))


def wrong_of(matrix, image=PHOTO):
    K = torch.as_tensor(matrix, dtype=torch.float64)
    return reshapes_to_pixels(image, K.reshape(len(K), 3, 1, 1))


def numbers(texts):
    return [float(text.replace("−", "-")) for text in texts]


class Mixer:
    """A pixel mixer on a page, as its reader sees it."""

    def __init__(self, at):
        self.at, self.page = at, at.page

    @property
    def photo(self):
        return self.at.get_by_role("slider")

    def button(self, name):
        return self.at.get_by_role("button", name=name, exact=True)

    def place(self):
        return tuple(map(int, re.findall(r"\d+", self.photo.get_attribute("aria-valuetext"))))

    def weight(self, output, channel):
        return self.at.get_by_role("spinbutton", name=f"{output}: weight of {channel}", exact=True)

    def matrix(self):
        rows = self.at.locator(".mc-mixer-rows").get_by_role("row").all()
        return [
            numbers(box.input_value() for box in row.get_by_role("spinbutton").all())
            for row in rows
        ]

    def channels(self):
        return numbers(self.at.locator(".mc-mixer-number").all_inner_texts())

    def totals(self):
        return numbers(self.at.locator(".mc-mixer-total").all_inner_texts())

    def sums(self):
        return self.at.locator(".mc-mixer-sum").all_inner_texts()

    def voice(self):
        return self.at.locator(".mc-voice")

    def canvas(self, role, nth=0):
        return self.at.locator(f".mc-mixer-of-{role} canvas").nth(nth)

    def painted(self, role, nth=0):
        """The colours of a picture, as the canvas holds them: (h, w, 3) in 0..255."""
        data = self.canvas(role, nth).evaluate(
            "canvas => [canvas.height, canvas.width, ...canvas.getContext('2d')"
            ".getImageData(0, 0, canvas.width, canvas.height).data]"
        )
        return np.array(data[2:]).reshape(*data[:2], 4)[..., :3]

    def point(self, i, j, role="x"):
        """Where a pixel is on the page."""
        box = self.canvas(role).bounding_box()
        h, w = self.canvas(role).evaluate("canvas => [canvas.height, canvas.width]")
        return box["x"] + (j + 0.5) * box["width"] / w, box["y"] + (i + 0.5) * box["height"] / h

    def choose(self, i, j):
        self.page.mouse.click(*self.point(i, j))

    def drag(self, box, across, steps=5):
        """Drag a weight to the side, in CSS pixels."""
        at = box.bounding_box()
        x, y = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + across, y, steps=steps)
        self.page.mouse.up()


@pytest.fixture
def show(page):
    """Open a pixel mixer on a page of its own."""

    def show(*arguments, credit=PHOTO_CREDIT, **options):
        return Mixer(open_widgets(page, PixelMixer(*arguments, credit=credit), **options)[0])

    return show


def shows_this_pixel(mixer, matrix, image=PHOTO):
    """Every number of the chosen pixel is PyTorch's, rounded to three digits."""
    i, j = mixer.place()
    x, y = image[:, i, j].tolist(), truth_of(matrix, image)[:, i, j].tolist()
    assert mixer.channels() == pytest.approx(x, abs=0.00051)
    assert mixer.totals() == pytest.approx(y, abs=0.00051)
    for row, total, text in zip(matrix, y, mixer.sums(), strict=True):
        written = numbers(re.findall(r"−?\d+(?:\.\d+)?", text))
        expected = [value for k, c in zip(row, x, strict=True) for value in (float(k), c)]
        assert written == pytest.approx([*expected, total], abs=0.00051)


def shows_this_picture(mixer, Y):
    """The picture is Y cut off at 0 and 1, in colour, or each channel in grey."""
    screen = (255 * Y.clip(0, 1)).numpy()
    if len(Y) == 3:
        painted = [(mixer.painted("y"), screen.transpose(1, 2, 0))]
    else:
        painted = [(mixer.painted("y", o), screen[o][..., None]) for o in range(len(Y))]
    for shown, expected in painted:
        assert np.abs(shown - expected).max() <= 0.51


def test_a_learner_mixes_pixels_in_jupyterlab(run_in_jupyterlab, page, asked_outside, screenshot):
    lesson = run_in_jupyterlab(
        "from course.widgets.pixel_mixer import PixelMixer\nPixelMixer()",
        "import torch\nPixelMixer(K=torch.ones(4, 3))",
    )
    mixer = Mixer(page.locator(".mc-stage"))
    expect(mixer.at).to_contain_text(PHOTO_CREDIT)
    expect(page.locator(".mc-still")).to_be_hidden()
    expect(lesson.output("import torch\nPixelMixer(K=torch.ones(4, 3))")).to_have_text(
        re.compile(r"^\s*✗ K has 4 output channels, but a picture shows at most 3\.\s*$")
    )
    lesson.show("from course.widgets.pixel_mixer import PixelMixer\nPixelMixer()")
    shows_this_pixel(mixer, PRESETS["sepia"].tolist())
    shows_this_picture(mixer, truth_of(PRESETS["sepia"]))
    screenshot("pixel-mixer-1-opened")

    mixer.choose(20, 31)
    page.keyboard.press("Shift+ArrowDown")
    assert mixer.place() == (30, 31)
    shows_this_pixel(mixer, PRESETS["sepia"].tolist())

    mixer.button("Swap red and blue").click()
    expect(mixer.button("Swap red and blue")).to_have_attribute("aria-pressed", "true")
    shows_this_picture(mixer, truth_of(PRESETS["swap"]))
    mixer.drag(mixer.weight("new green", "red"), 30)
    expect(mixer.at.locator(".mc-mixer-sum").nth(1)).to_contain_text("0.3·")
    swap = [[0, 0, 1], [0.3, 1, 0], [1, 0, 0]]
    assert mixer.matrix() == swap
    shows_this_pixel(mixer, swap)
    shows_this_picture(mixer, truth_of(swap))
    # The arrow key is a cell command of JupyterLab; here it changes the weight.
    page.keyboard.press("ArrowDown")
    expect(mixer.at.locator(".mc-mixer-sum").nth(1)).to_contain_text("0.25·")
    screenshot("pixel-mixer-2-dragged")

    mixer.button("Wrong reshape").click()
    expect(mixer.at).to_contain_text("three neighbours of one channel")
    shows_this_picture(mixer, wrong_of([[0, 0, 1], [0.25, 1, 0], [1, 0, 0]]))
    lesson.theme("JupyterLab Dark")
    screenshot("pixel-mixer-3-wrong-dark")
    mixer.button("Wrong reshape").click()
    expect(mixer.at.get_by_role("note")).to_be_hidden()
    screenshot("pixel-mixer-4-dark")
    assert asked_outside == set()


def test_it_opens_with_the_numbers_of_conv2d(show):
    mixer = show()
    shows_this_pixel(mixer, PRESETS["sepia"].tolist())
    shows_this_picture(mixer, truth_of(PRESETS["sepia"]))
    assert np.abs(mixer.painted("x") - 255 * PHOTO.numpy().transpose(1, 2, 0)).max() <= 0.51
    expect(mixer.at).to_contain_text(PHOTO_CREDIT)


def test_a_click_and_a_drag_over_the_photograph_choose_a_pixel(show):
    mixer = show()
    mixer.choose(10, 100)
    assert mixer.place() == (10, 100)
    mixer.page.mouse.move(*mixer.point(40, 40))
    mixer.page.mouse.down()
    mixer.page.mouse.move(*mixer.point(70, 61), steps=4)
    assert mixer.place() == (70, 61)
    mixer.page.mouse.move(0, 0)
    mixer.page.mouse.up()
    assert mixer.place() == (0, 0)
    mixer.page.mouse.click(*mixer.point(33, 44, role="y"))
    assert mixer.place() == (33, 44)
    shows_this_pixel(mixer, PRESETS["sepia"].tolist())


def test_the_arrow_keys_walk_over_the_photograph_and_stop_at_its_edge(show):
    mixer = show()
    mixer.photo.focus()
    i, j = mixer.place()
    for key, place in [
        ("ArrowRight", (i, j + 1)),
        ("ArrowDown", (i + 1, j + 1)),
        ("Shift+ArrowLeft", (i + 1, j - 9)),
        ("Shift+ArrowUp", (i - 9, j - 9)),
    ]:
        mixer.page.keyboard.press(key)
        assert mixer.place() == place
        shows_this_pixel(mixer, PRESETS["sepia"].tolist())
    for _ in range(9):
        mixer.page.keyboard.press("Shift+ArrowLeft")
        mixer.page.keyboard.press("Shift+ArrowUp")
    assert mixer.place() == (0, 0)


def test_the_live_text_reads_the_pixel_aloud(show):
    mixer = show()
    mixer.choose(20, 31)
    expect(mixer.voice()).to_have_attribute("aria-live", "polite")
    expect(mixer.voice()).to_have_text(
        "Row 20, column 31: red 0.952, green 0.655, blue 0.433 "
        "become red 0.96, green 0.854, blue 0.665."
    )


@pytest.mark.parametrize("preset", NAMES)
def test_a_preset_mixes_the_whole_picture(show, preset):
    mixer = show(None, torch.tensor([[0.5, -1, 2]]))
    mixer.button(NAMES[preset]).click()
    expect(mixer.button(NAMES[preset])).to_have_attribute("aria-pressed", "true")
    shows_this_pixel(mixer, PRESETS[preset].tolist())
    shows_this_picture(mixer, truth_of(PRESETS[preset]))
    assert mixer.at.locator("[aria-pressed='true']").count() == 1


def test_a_weight_is_typed_stepped_and_dragged(show):
    mixer = show(None, torch.eye(3))
    box = mixer.weight("new red", "green")
    expected = torch.eye(3).tolist()

    def becomes(value):
        expected[0][1] = value
        expect(mixer.at.locator(".mc-mixer-sum").first).to_contain_text(
            f"{value:g}·".replace("-", "−") if value >= 0 else f"(−{-value:g})·"
        )
        shows_this_pixel(mixer, expected)
        shows_this_picture(mixer, truth_of(expected))
        expect(box).to_be_focused()
        expect(box).to_have_attribute("aria-valuenow", f"{value:g}")

    box.click()
    mixer.page.keyboard.type("-0,375")
    mixer.page.keyboard.press("Enter")
    becomes(-0.375)
    mixer.page.keyboard.press("ArrowUp")
    becomes(-0.325)
    mixer.page.keyboard.press("ArrowDown")
    mixer.page.keyboard.press("ArrowDown")
    becomes(-0.425)
    mixer.drag(box, 60)
    becomes(0.18)
    mixer.drag(box, -25)
    becomes(-0.07)
    mixer.page.keyboard.press("Control+A")
    mixer.page.keyboard.type("9")
    mixer.page.keyboard.press("Escape")
    expect(box).to_have_value("−0.07")


def test_a_weight_keeps_the_digits_that_are_not_shown(show):
    mixer = show(None, torch.tensor([[1 / 3, 0.1234567, 0]]))
    box = mixer.weight("grey", "red")
    box.click()
    mixer.page.keyboard.press("Tab")
    expect(mixer.weight("grey", "green")).to_be_focused()
    mixer.page.keyboard.press("Tab")
    mixer.page.keyboard.type("1")
    mixer.page.keyboard.press("Enter")
    expect(mixer.at.locator(".mc-mixer-sum")).to_contain_text("1·")
    shows_this_picture(mixer, truth_of([[1 / 3, 0.1234567, 1]]))


def test_odd_numbers_are_refused_in_one_line_and_the_picture_stays(show):
    mixer = show()
    problem = mixer.at.get_by_role("alert")
    mixer.weight("new red", "red").click()
    mixer.page.keyboard.type("much")
    mixer.page.keyboard.press("Enter")
    expect(problem).to_have_text("'much' is not a number.")
    mixer.page.keyboard.type("25")
    mixer.page.keyboard.press("Enter")
    expect(problem).to_have_text("K[0, 0] is 25, but weights go from -10 to 10 here.")
    expect(mixer.weight("new red", "red")).to_have_value("0.393")
    shows_this_picture(mixer, truth_of(PRESETS["sepia"]))
    mixer.page.keyboard.press("ArrowUp")
    expect(mixer.weight("new red", "red")).to_have_value("0.443")
    expect(problem).to_be_hidden()


def test_a_drag_asks_one_question_at_a_time_and_the_last_weight_counts(show):
    mixer = show(None, torch.eye(3))
    mixer.page.evaluate("""() => {
      const ask = window.askPython;
      let open = 0;
      window.asked = [];
      window.askPython = async (...question) => {
        window.asked.push(++open);
        const answer = await ask(...question);
        await new Promise((go) => setTimeout(go, 40));
        open -= 1;
        return answer;
      };
    }""")
    mixer.drag(mixer.weight("new red", "blue"), 57, steps=57)
    expect(mixer.at.locator(".mc-mixer-sum").first).to_contain_text("0.57·")
    asked = mixer.page.evaluate("window.asked")
    assert max(asked) == 1
    assert len(asked) < 57
    shows_this_picture(mixer, truth_of([[1, 0, 0.57], [0, 1, 0], [0, 0, 1]]))


def test_one_output_is_a_grey_picture_and_two_are_two_maps(show):
    mixer = show(None, PRESETS["vivid"])
    vivid = PRESETS["vivid"].tolist()
    for count in 2, 1, 2, 3:
        less = len(mixer.matrix()) > count
        mixer.button("Output channels − 1" if less else "Output channels + 1").click()
        expect(mixer.at.locator(".mc-mixer-total")).to_have_count(count)
        expect(mixer.at.locator(".mc-mixer-of-y canvas:visible")).to_have_count(
            2 if count == 2 else 1
        )
        assert mixer.matrix() == vivid[:count]
        labels = mixer.at.locator(".mc-mixer-rows").get_by_role("rowheader").all_inner_texts()
        assert labels == OUTPUTS[count]
        shows_this_pixel(mixer, vivid[:count])
        shows_this_picture(mixer, truth_of(vivid[:count]))


def test_the_mixed_colour_is_the_one_of_the_pixel(show):
    mixer = show()
    i, j = mixer.place()

    def colours():
        swatches = mixer.at.locator(".mc-mixer-colour .mc-mixer-swatch").all()
        found = [s.evaluate("swatch => getComputedStyle(swatch).backgroundColor") for s in swatches]
        return [list(map(int, re.findall(r"\d+", colour))) for colour in found]

    assert colours() == [mixer.painted("y")[i, j].tolist()] * 3
    mixer.button("Output channels − 1").click()
    expect(mixer.at.locator(".mc-mixer-total")).to_have_count(2)
    assert colours() == [mixer.painted("y", o)[i, j].tolist() for o in range(2)]


def test_what_is_cut_off_is_said_and_the_number_stays_true(show):
    image = torch.tensor([1.0, 0.5, 0.25]).reshape(3, 1, 1).expand(3, 4, 5)
    mixer = show(image, torch.tensor([[1.0, 1, 0], [-1, 0, 0], [0, 0, 1]]), credit=None)
    assert mixer.totals() == [1.5, -1, 0.25]
    shown = mixer.at.locator(".mc-mixer-cut").all_inner_texts()
    assert shown == ["shown as 1", "shown as 0", ""]
    expect(mixer.at).to_contain_text("Numbers above 1: 20 of 60. Numbers below 0: 20.")
    assert mixer.painted("y")[0, 0].tolist() == [255, 0, 64]
    expect(mixer.at).not_to_contain_text(PHOTO_CREDIT)
    mixer.button("No change").click()
    expect(mixer.at).to_contain_text("All 60 numbers of Y are from 0 to 1")


def test_the_wrong_reshape_tears_the_picture_and_says_why(show):
    mixer = show(None, torch.eye(3))
    expect(mixer.at.get_by_role("note")).to_be_hidden()
    mixer.button("Wrong reshape").click()
    expect(mixer.at.get_by_role("note")).to_contain_text(
        "leaves the numbers in the order of memory"
    )
    expect(mixer.at.get_by_role("note")).to_contain_text("X.permute(1, 2, 0).reshape(h * w, 3)")
    wrong = wrong_of(torch.eye(3))
    shows_this_picture(mixer, wrong)

    mixer.choose(52, 39)
    taken = PHOTO.reshape(H * W, 3)[52 * W + 39].tolist()
    assert mixer.channels() == pytest.approx(taken, abs=0.00051)
    assert mixer.totals() == pytest.approx(wrong[:, 52, 39].tolist(), abs=0.00051)
    expect(mixer.voice()).to_have_text(
        "The pixel at row 52, column 39 is made of green from (72, 117), "
        "green from (72, 118) and green from (72, 119)."
    )
    for (i, j), value in zip([(72, 117), (72, 118), (72, 119)], taken, strict=True):
        assert float(PHOTO[1, i, j]) == value

    mixer.button("Wrong reshape").click()
    expect(mixer.at.get_by_role("note")).to_be_hidden()
    shows_this_picture(mixer, truth_of(torch.eye(3)))
    shows_this_pixel(mixer, torch.eye(3).tolist())


def test_a_screen_reader_finds_a_table_of_the_numbers(show):
    mixer = show()
    table = mixer.at.get_by_role("table", name="The numbers of the pixel")
    for name in "red", "green", "blue", "sum of the products", "colour":
        expect(table.get_by_role("columnheader", name=name, exact=True)).to_have_count(1)
    row = table.get_by_role("row").filter(has=mixer.page.get_by_text("new green"))
    expect(row.get_by_role("cell")).to_have_count(5)
    expect(mixer.photo).to_have_accessible_name(re.compile("Arrow keys choose a pixel"))
    expect(mixer.canvas("y")).to_have_accessible_name("Y, the mixed picture")
    expect(mixer.at).to_have_accessible_name("Pixel mixer")


def test_the_tab_key_reaches_everything(show):
    mixer = show()
    mixer.button("No change").focus()
    reached = []
    for _ in range(17):
        reached.append(
            mixer.page.evaluate(
                "document.activeElement.getAttribute('aria-label')"
                " ?? document.activeElement.textContent"
            )
        )
        mixer.page.keyboard.press("Tab")
    assert reached[:5] == list(NAMES.values())
    assert reached[5:7] == ["Output channels − 1", "Wrong reshape"]
    assert "Arrow keys" in reached[7]
    assert reached[8] == "new red: weight of red"
    assert reached[16] == "new blue: weight of blue"


def test_two_mixers_on_a_page_do_not_disturb_each_other(page):
    first, second = map(Mixer, open_widgets(page, PixelMixer(), PixelMixer(K=torch.eye(3))))
    first.choose(5, 6)
    first.button("Grey").click()
    expect(first.button("Grey")).to_have_attribute("aria-pressed", "true")
    assert second.matrix() == torch.eye(3).tolist()
    assert second.place() == (52, 39)
    shows_this_picture(second, PHOTO)
    assert page.evaluate("document.querySelectorAll('.mc-stage [id]').length") == 0


@pytest.mark.parametrize("shape", [(3, 1, 1), (3, 100, 60), (3, 7, 200)])
def test_pictures_of_other_shapes_fit(show, shape):
    image = torch.rand(shape, generator=torch.Generator().manual_seed(1))
    mixer = show(image, credit=None)
    _, h, w = shape
    assert mixer.place() == (h // 2, w // 2)
    shows_this_pixel(mixer, PRESETS["sepia"].tolist(), image.double())
    mixer.choose(h - 1, w - 1)
    assert mixer.place() == (h - 1, w - 1)
    mixer.button("Wrong reshape").click()
    expect(mixer.at.get_by_role("note")).to_be_visible()
    shows_this_picture(mixer, wrong_of(PRESETS["sepia"], image.double()))
    box = mixer.canvas("x").bounding_box()
    assert box["height"] <= 291
    assert box["height"] / box["width"] == pytest.approx(h / w, rel=0.02)


@pytest.mark.parametrize("width", [320, 360, 700, 900, 1200])
def test_it_fits_from_a_phone_up_and_does_not_scroll_sideways(show, width):
    mixer = show(width=width)
    mixer.button("Wrong reshape").click()
    expect(mixer.at.get_by_role("note")).to_be_visible()
    assert mixer.page.evaluate("document.documentElement.scrollWidth") <= width
    note = mixer.at.get_by_role("note").bounding_box()
    label = mixer.at.locator(".mc-mixer-middle .mc-y").bounding_box()
    assert note["y"] + note["height"] <= label["y"]


def test_the_theme_changes_the_weights_colours_and_not_the_photograph(show):
    mixer = show()
    weight, photo = mixer.weight("new blue", "blue"), mixer.painted("x")
    colour = "box => getComputedStyle(box).backgroundColor"
    light = weight.evaluate(colour)
    mixer.page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    expect(weight).not_to_have_css("background-color", light)
    assert (mixer.painted("x") == photo).all()
