"""The axis explorer in a browser: numbers that keep their colour and can be followed."""

import json

import pytest
import torch
from playwright.sync_api import expect

from course.widgets.axis_explorer import AxisExplorer
from tests.browser.widget_page import open_widgets

A = torch.arange(24).reshape(2, 3, 4)
B = A + 100


@pytest.fixture
def calm(page):
    """A page of a reader who wants little motion, so that nothing flies while it is read."""
    page.emulate_media(reduced_motion="reduce")
    return page


def figure(explorer, name):
    return explorer.get_by_role("figure").filter(
        has=explorer.page.locator(".mc-name", has_text=name)
    )


def shows(explorer, name, tensor):
    """Compare a tensor that is drawn, block by block and row by row, with torch's."""
    drawn = figure(explorer, name)
    expect(drawn.locator(".mc-name small")).to_have_text(str(tuple(tensor.shape)))
    rows = drawn.get_by_role("row").evaluate_all(
        "rows => rows.map((row) => [...row.children].map((cell) => Number(cell.textContent)))"
    )
    assert rows == tensor.reshape(-1, tensor.shape[-1]).tolist()


def strip(explorer, name):
    cells = explorer.get_by_role("group", name=name).locator("[data-n]")
    return [int(text) for text in cells.all_inner_texts()]


def choose(explorer, operation):
    explorer.get_by_role("button", name=operation, exact=True).click()


def order_is(explorer, order):
    explorer.get_by_label("Order of the axes").select_option(
        json.dumps(order, separators=(",", ":"))
    )


def test_every_number_stands_where_torch_puts_it(calm):
    (explorer,) = open_widgets(calm, AxisExplorer())
    code = explorer.locator("code")
    shows(explorer, "A", A)
    shows(explorer, "R", A.permute(1, 2, 0))
    assert strip(explorer, "R in memory") == A.flatten().tolist()
    assert strip(explorer, "R read row by row") == A.permute(1, 2, 0).flatten().tolist()
    order_is(explorer, [2, 0, 1])
    expect(code).to_have_text("A.permute(2, 0, 1).shape == (4, 2, 3)")
    shows(explorer, "R", A.permute(2, 0, 1))

    choose(explorer, "stack")
    explorer.get_by_label("dim").select_option("3")
    expect(code).to_have_text("torch.stack((A, B), dim=3).shape == (2, 3, 4, 2)")
    shows(explorer, "B", B)
    shows(explorer, "R", torch.stack((A, B), dim=3))
    choose(explorer, "cat")
    explorer.get_by_label("dim").select_option("1")
    expect(code).to_have_text("torch.cat((A, B), dim=1).shape == (2, 6, 4)")
    shows(explorer, "R", torch.cat((A, B), dim=1))


def test_reshape_takes_a_shape_from_the_list_or_typed(calm):
    (explorer,) = open_widgets(calm, AxisExplorer())
    choose(explorer, "reshape")
    explorer.get_by_role("combobox", name="New shape").select_option("[4,3,2]")
    expect(explorer.locator("code")).to_have_text("A.reshape(4, 3, 2).shape == (4, 3, 2)")
    shows(explorer, "R", A.reshape(4, 3, 2))
    typed = explorer.get_by_label("New shape, typed")
    typed.fill("8, -1")
    typed.press("Enter")
    expect(explorer.locator("code")).to_have_text("A.reshape(8, -1).shape == (8, 3)")
    shows(explorer, "R", A.reshape(8, 3))
    typed.fill("7, -1")
    typed.press("Enter")
    expect(explorer.get_by_role("alert")).to_have_text(
        "24 numbers do not divide by 7: no size for -1 fits."
    )
    shows(explorer, "R", A.reshape(8, 3))
    expect(typed).to_have_value("7, -1")
    choose(explorer, "permute, then reshape")
    expect(explorer.get_by_role("alert")).to_be_hidden()
    expect(explorer).to_contain_text("it copies them.")
    shows(explorer, "R", A.permute(1, 2, 0).reshape(3, 8))
    expect(explorer.get_by_role("row", name="R (3, 8)")).to_contain_text("memory of its own")


def test_reshape_in_place_of_permute_is_shown_beside_it(calm):
    (explorer,) = open_widgets(calm, AxisExplorer())
    switch = explorer.get_by_role("button", name="Compare with reshape")
    switch.press("Enter")
    expect(switch).to_have_attribute("aria-pressed", "true")
    expect(switch).to_be_focused()
    shows(explorer, "S = A.reshape(3, 4, 2)", A.reshape(3, 4, 2))
    other = int((A.reshape(3, 4, 2) != A.permute(1, 2, 0)).sum())
    expect(explorer).to_contain_text(f"but {other} of 24 places hold another number.")
    expect(explorer.locator(".mc-axis_explorer-elsewhere")).to_have_count(other)


def test_a_number_is_followed_with_the_pointer_and_with_the_keys(calm):
    (explorer,) = open_widgets(calm, AxisExplorer())
    lit = explorer.locator(".mc-axis_explorer-lit")
    figure(explorer, "R").get_by_role("gridcell", name="17 at", exact=False).hover()
    expect(lit).to_have_text(["17"] * 4)
    expect(explorer).to_contain_text("17 is A[1, 1, 1] and becomes R[1, 1, 1].")
    figure(explorer, "A").get_by_role("gridcell").first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight"):
        calm.keyboard.press(key)
    place = A.permute(1, 2, 0).eq(13).nonzero().tolist()[0]
    expect(explorer).to_contain_text(f"13 is A[1, 0, 1] and becomes R{place}. In the memory")
    expect(lit).to_have_text(["13"] * 4)
    calm.keyboard.press("End")
    expect(calm.locator(":focus")).to_have_text("23")


def test_a_number_keeps_its_colour_and_flies_to_its_place(page):
    (explorer,) = open_widgets(page, AxisExplorer())
    colours = explorer.locator("[data-n='14']").evaluate_all(
        "cells => cells.map((cell) => getComputedStyle(cell).backgroundColor)"
    )
    assert len(colours) == 4
    assert len(set(colours)) == 1
    choose(explorer, "reshape")
    expect(explorer.locator("code")).to_contain_text("reshape")
    flying = "() => document.getAnimations().length"
    assert page.evaluate(flying) > 0
    page.wait_for_function("() => document.getAnimations().length === 0")
    explorer.get_by_role("button", name="Show the move").click()
    assert page.evaluate(flying) > 0


def test_a_new_shape_starts_anew(calm):
    (explorer,) = open_widgets(calm, AxisExplorer())
    shape = explorer.get_by_label("Shape of A")
    shape.fill("3, 5")
    shape.press("Enter")
    expect(explorer.locator("code")).to_have_text("A.permute(1, 0).shape == (5, 3)")
    shows(explorer, "R", torch.arange(15).reshape(3, 5).T)
    shape.fill("9, 9")
    shape.press("Enter")
    expect(explorer.get_by_role("alert")).to_contain_text("has 81 numbers")
    shape.fill("2, 2, 3, 2")
    shape.press("Enter")
    shows(explorer, "R", torch.arange(24).reshape(2, 2, 3, 2).permute(1, 2, 3, 0))


def test_no_shape_makes_the_page_wider_than_it_is(calm):
    for shape in ((2, 3, 4), (2, 24), (48,), (2, 2, 3, 4)):
        for width in (320, 700):
            (explorer,) = open_widgets(calm, AxisExplorer(shape), theme="dark", width=width)
            choose(explorer, "cat")
            expect(explorer.locator("code")).to_contain_text("cat")
            over = calm.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert over <= 0, (shape, width)


def test_two_explorers_do_not_disturb_each_other(calm):
    one, other = open_widgets(calm, AxisExplorer(), AxisExplorer((2, 3)))
    choose(one, "cat")
    shows(one, "R", torch.cat((A, B)))
    shows(other, "R", torch.arange(6).reshape(2, 3).T)
    figure(one, "A").get_by_role("gridcell").first.hover()
    expect(other.locator(".mc-axis_explorer-lit")).to_have_count(0)


def test_in_jupyterlab(run_in_jupyterlab, page, asked_outside, screenshot):
    page.emulate_media(reduced_motion="reduce")
    make = "from course.widgets.axis_explorer import AxisExplorer\nAxisExplorer()"
    lesson = run_in_jupyterlab(make, "AxisExplorer((7, 7))")
    explorer = lesson.output(make).locator(".mc-stage")
    shows(explorer, "R", A.permute(1, 2, 0))
    expect(lesson.output("AxisExplorer((7, 7))")).to_have_text(
        "✗ The shape (7, 7) has 49 numbers, but a picture holds 48."
    )
    explorer.get_by_role("button", name="Compare with reshape").press("Enter")
    shows(explorer, "S = A.reshape(3, 4, 2)", A.reshape(3, 4, 2))
    lesson.show(make)
    figure(explorer, "R").get_by_role("gridcell").nth(5).hover()
    screenshot("axis_explorer-1-permute")

    choose(explorer, "reshape")
    typed = explorer.get_by_label("New shape, typed")
    typed.fill("-1, 6")
    typed.press("Enter")
    expect(explorer.locator("code")).to_have_text("A.reshape(-1, 6).shape == (4, 6)")
    shows(explorer, "R", A.reshape(4, 6))
    choose(explorer, "stack")
    explorer.get_by_label("dim").select_option("1")
    expect(explorer.locator("code")).to_contain_text("dim=1")
    shows(explorer, "R", torch.stack((A, B), dim=1))
    figure(explorer, "R").get_by_role("gridcell").first.focus()
    page.keyboard.press("ArrowDown")
    expect(explorer).to_contain_text("4 is A[0, 1, 0] and becomes R[0, 0, 1, 0].")
    lesson.theme("JupyterLab Dark")
    lesson.show(make)
    screenshot("axis_explorer-2-stack-dark")
    assert asked_outside == set()
