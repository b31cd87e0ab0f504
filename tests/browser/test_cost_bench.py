"""The cost bench in a browser: sliders and fields, a picture to scale, and true numbers."""

import re

import pytest
import torch
from playwright.sync_api import expect

from course.widgets.cost_bench import CostBench
from course.widgets.layer_cost import layer_cost
from tests.browser.widget_page import open_widgets

DEFAULT = {"h": 12, "w": 16, "k": 3, "p": 1, "s": 2, "c_i": 4, "c_o": 8, "groups": 1}
MEANING = {key: CostBench.WORDS[key] for key in DEFAULT}


def field(bench, symbol):
    return bench.get_by_role("textbox", name=f"{symbol}, {MEANING[symbol]}", exact=True)


def slider(bench, symbol):
    return bench.get_by_role("slider", name=f"{symbol}, {MEANING[symbol]}")


def turn(bench, **sizes):
    for symbol, value in sizes.items():
        field(bench, symbol).fill(str(value))
        field(bench, symbol).press("Enter")


def row(bench, name):
    return bench.locator(f"tr.mc-cost_bench-of-{name}")


def number(bench, name):
    """The number that stands beside a name in the table, without its commas."""
    text = row(bench, name).locator(".mc-cost_bench-number").inner_text()
    return int(re.match(r"[\d,]+", text)[0].replace(",", ""))


def shows(bench, layer):
    """Compare what is shown with torch: shapes, size, parameters, multiplications and memory."""
    conv = torch.nn.Conv2d(
        layer["c_i"],
        layer["c_o"],
        layer["k"],
        stride=layer["s"],
        padding=layer["p"],
        groups=layer["groups"],
    )
    X = torch.ones(layer["c_i"], layer["h"], layer["w"])
    Y = torch.nn.functional.conv2d(
        X, conv.weight, conv.bias, layer["s"], layer["p"], groups=layer["groups"]
    )
    shape = str(tuple(Y.shape))
    expect(bench.locator(".mc-name.mc-y small")).to_have_text(shape)
    expect(bench.locator(".mc-name.mc-x small")).to_have_text(str(tuple(X.shape)))
    expect(bench.locator(".mc-name.mc-k small")).to_have_text(str(tuple(conv.weight.shape)))
    expect(row(bench, "size")).to_contain_text(f"{Y.shape[1]} × {Y.shape[2]}")
    parameters = list(conv.parameters())
    assert number(bench, "parameters") == sum(p.numel() for p in parameters)
    products = Y.numel() * conv.weight[0].numel()
    assert number(bench, "multiplications") == products
    memory = X.nbytes + sum(p.nbytes for p in parameters) + Y.nbytes
    assert number(bench, "memory") == memory
    shares = bench.locator(".mc-cost_bench-shares").inner_text()
    for part in (X.nbytes, sum(p.nbytes for p in parameters), Y.nbytes):
        assert f"{part:,} bytes" in shares


def box_of(bench, kind):
    return bench.locator(f".mc-cost_bench-scene .mc-cost_bench-{kind}").first.bounding_box()


def test_every_number_follows_what_is_typed(page):
    (bench,) = open_widgets(page, CostBench())
    shows(bench, DEFAULT)
    turn(bench, h=13, w=9, k=5, p=2, s=3, c_i=6, c_o=9, groups=3)
    shows(bench, {"h": 13, "w": 9, "k": 5, "p": 2, "s": 3, "c_i": 6, "c_o": 9, "groups": 3})
    expect(bench).to_contain_text("h_o = ⌊(13 + 2·2 − 5) / 3⌋ + 1 = 5")


def test_sliders_and_presets_do_the_same_without_a_mouse(page):
    (bench,) = open_widgets(page, CostBench())
    slider(bench, "s").focus()
    page.keyboard.press("ArrowLeft")
    expect(field(bench, "s")).to_have_value("1")
    shows(bench, DEFAULT | {"s": 1})
    expect(slider(bench, "s")).to_be_focused()
    bench.get_by_role("button", name="depthwise").press("Enter")
    shows(bench, DEFAULT | {"s": 1, "c_o": 4, "groups": 4})
    expect(field(bench, "groups")).to_have_value("4")
    bench.get_by_role("button", name="1×1 layer").press("Enter")
    shows(bench, DEFAULT | {"s": 1, "k": 1, "p": 0, "c_o": 4})
    field(bench, "c_o").press("ArrowUp")
    expect(field(bench, "c_o")).to_have_value("5")
    shows(bench, DEFAULT | {"s": 1, "k": 1, "p": 0, "c_o": 5})


@pytest.mark.parametrize("width", [1000, 360])
def test_x_and_y_are_drawn_to_one_scale(page, width):
    (bench,) = open_widgets(page, CostBench(h=20, w=31, k=3, p=2, s=4, c_o=4), width=width)
    cost = layer_cost(h=20, w=31, k=3, p=2, s=4, c_i=4, c_o=4, groups=1)
    padded, X, Y = (box_of(bench, kind) for kind in ("padding", "x", "y"))
    pixel = padded["width"] / 35
    for box, (h, w) in ((padded, (24, 35)), (X, (20, 31)), (Y, (cost.h_o, cost.w_o))):
        # A box holds its outline too.
        assert box["height"] == pytest.approx(h * pixel, abs=3)
        assert box["width"] == pytest.approx(w * pixel, abs=3)
    assert X["x"] - padded["x"] == pytest.approx(2 * pixel, abs=2)
    hatched = bench.locator(".mc-cost_bench-scene .mc-cost_bench-unread")
    expect(hatched).to_have_count(len(cost.rows_unread) + len(cost.columns_unread))
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_pixel_of_y_shows_the_window_that_it_reads(page):
    (bench,) = open_widgets(page, CostBench())
    picture = bench.locator(".mc-cost_bench-y-map")
    picture.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    said = "Y[2, 1] reads rows 4 to 6 and columns 2 to 4 of the padded X."
    expect(bench.get_by_role("status")).to_have_text(said)
    box = picture.bounding_box()
    picture.hover(position={"x": box["width"] * 7.5 / 8, "y": box["height"] * 5.5 / 6})
    expect(bench).to_contain_text("Y[5, 7] reads rows 10 to 12 and columns 14 to 16")
    turn(bench, k=1, p=0, s=6)
    expect(bench).to_contain_text("Y[1, 2] reads rows 6 to 6 and columns 12 to 12")


def test_a_pinned_layer_stays_for_comparison(page):
    (bench,) = open_widgets(page, CostBench(s=1))
    bench.get_by_role("button", name="Pin to compare").click()
    expect(row(bench, "parameters")).to_contain_text("as many parameters as pinned")
    bench.get_by_role("button", name="depthwise").click()
    expect(row(bench, "multiplications")).to_contain_text("8 times fewer multiplications")
    expect(bench.locator(".mc-cost_bench-mark")).to_have_count(3)
    bench.get_by_role("button", name="Unpin").press("Enter")
    expect(bench.locator(".mc-cost_bench-mark")).to_have_count(0)
    expect(bench.get_by_role("button", name="Pin to compare")).to_be_focused()


def test_what_cannot_be_is_told_and_the_last_picture_stays(page):
    (bench,) = open_widgets(page, CostBench())
    turn(bench, groups=3)
    problem = bench.get_by_role("alert")
    expect(problem).to_have_text("groups = 3 must divide c_i = 4 and c_o = 8: take 2 or 4.")
    shows(bench, DEFAULT)
    expect(field(bench, "groups")).to_have_value("3")
    turn(bench, groups=2, k=40)
    expect(problem).to_contain_text("A kernel of 40 by 40 does not fit into 14 by 18")
    shows(bench, DEFAULT | {"groups": 2})
    turn(bench, k="three")
    expect(problem).to_have_text("'three' is not a number.")
    turn(bench, k=2)
    expect(problem).to_be_hidden()
    shows(bench, DEFAULT | {"groups": 2, "k": 2})


def test_two_benches_do_not_disturb_each_other(page):
    one, other = open_widgets(page, CostBench(), CostBench(h=9, w=9, s=1))
    turn(one, h=20)
    shows(one, DEFAULT | {"h": 20})
    shows(other, DEFAULT | {"h": 9, "w": 9, "s": 1})
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert ids == ["here"]


def test_in_jupyterlab(run_in_jupyterlab, page, asked_outside, screenshot):
    make = "from course.widgets.cost_bench import CostBench\nCostBench()"
    lesson = run_in_jupyterlab(make, "CostBench(groups=3)")
    bench = lesson.output(make).locator(".mc-stage")
    shows(bench, DEFAULT)
    expect(lesson.output("CostBench(groups=3)")).to_have_text(
        "✗ groups = 3 must divide c_i = 4 and c_o = 8: take 2 or 4."
    )
    lesson.show(make)
    screenshot("cost_bench-1-opened")

    turn(bench, w=17, p=0)
    expect(bench).to_contain_text("Pixels of X that are lost: 17 of 204 in each channel.")
    shows(bench, DEFAULT | {"w": 17, "p": 0})
    box = slider(bench, "c_o").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, middle, steps=12)
    page.mouse.up()
    shows(bench, DEFAULT | {"w": 17, "p": 0, "c_o": 64})
    bench.get_by_role("button", name="Pin to compare").press("Enter")
    bench.get_by_role("button", name="depthwise").press("Enter")
    shows(bench, DEFAULT | {"w": 17, "s": 1, "c_o": 4, "groups": 4})
    lesson.theme("JupyterLab Dark")
    lesson.show(make)
    screenshot("cost_bench-2-pinned-dark")
    assert asked_outside == set()
