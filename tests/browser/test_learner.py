"""What a learner meets in JupyterLab: a lesson with its checks, and the Validate button."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

from examples.hand_in import write_notebook
from tests.browser.jupyterlab import Notebook, jupyterlab

COURSE = Path(__file__).parents[2]
LESSON = "02_many_inputs"


@pytest.fixture
def lab(tmp_path):
    """The released lessons in a folder of the learner's own, as in `make lab`."""
    return Path(shutil.copytree(COURSE / "release", tmp_path / "lab"))


@pytest.fixture
def learners_jupyterlab(lab):
    """The address of JupyterLab with the settings of `make lab`."""
    with jupyterlab(lab, settings=COURSE / "tools" / "lab") as at:
        yield at


def open_notebook(page, at, lab, name):
    page.goto(at(f"lab/tree/{name}.ipynb"))
    notebook = Notebook(page, lab / f"{name}.ipynb")
    notebook.wait_until_idle()
    return notebook


def handed_in(student):
    """The text of a notebook from the example class."""
    return write_notebook(COURSE, LESSON, COURSE / "examples" / "class" / f"{student}.py")


def answers(student):
    """What the student wrote, by grade_id."""
    cells = nbformat.reads(handed_in(student), as_version=4).cells
    return {c.metadata.nbgrader.grade_id: c.source for c in cells if "nbgrader" in c.metadata}


def test_a_learner_works_through_a_lesson(
    lab, learners_jupyterlab, page, asked_outside, screenshot
):
    lesson = open_notebook(page, learners_jupyterlab, lab, f"{LESSON}/{LESSON}")
    expect(page.get_by_role("dialog")).to_have_count(0)
    screenshot("learner-1-opened")

    lesson.menu("Run", "Run All Cells")
    run_all_goes_on_to_the_end(lesson)
    pictures_appear_and_can_be_read_aloud(lesson)
    unwritten_work_is_told_calmly(lesson)
    screenshot("learner-2-not-written-yet")

    a_known_mistake_is_named_in_four_lines(lesson)
    screenshot("learner-3-wrong")
    lesson.theme("JupyterLab Dark")
    screenshot("learner-3-wrong-dark")

    right_answers_are_praised(lesson)
    a_choice_is_made_by_taking_a_hash_away(lesson)
    screenshot("learner-4-choice-dark")
    a_written_answer_is_typed_in_its_place(lesson)

    lesson.menu("Kernel", "Restart Kernel and Run All Cells…")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    progress_says_that_all_is_done(lesson)
    screenshot("learner-5-progress-dark")
    lesson.theme("JupyterLab Light")
    lesson.show(f'progress("{LESSON}")')
    screenshot("learner-5-progress")
    lesson.show("draw_sum(X, K)")
    screenshot("learner-6-picture")
    assert asked_outside == set()


def run_all_goes_on_to_the_end(lesson):
    table = lesson.output(f'progress("{LESSON}")').get_by_role("table")
    expect(table.get_by_role("caption")).to_have_text("0 of 5 exercises done.")


def pictures_appear_and_can_be_read_aloud(lesson):
    picture = lesson.output("draw_sum(X, K)").get_by_role("img")
    expect(picture).to_have_attribute("alt", re.compile("Y, their sum: 56 72; 104 120"))
    assert picture.evaluate("image => image.naturalWidth") > 100


def unwritten_work_is_told_calmly(lesson):
    message = lesson.output("check_by_hand")
    expect(message).to_contain_text("… by_hand is not written yet.")
    expect(message).not_to_contain_text(re.compile("Traceback|Error:"))
    lesson.wait_until_idle()
    lesson.show("check_by_hand")


def a_known_mistake_is_named_in_four_lines(lesson):
    lesson.write("corr2d_multi_in", answers("chen")["corr2d_multi_in"])
    lesson.run("check_corr2d_multi_in")
    message = lesson.output("check_corr2d_multi_in")
    expect(message).to_contain_text("You averaged. Channels are added, not averaged.")
    lines = message.inner_text().strip().splitlines()
    assert lines[0].startswith("✗ corr2d_multi_in(X: (2, 3, 3), K: (2, 2, 2)) gives 28 at [0, 0]")
    assert len(lines) == 4


def right_answers_are_praised(lesson):
    right = answers("ada")
    for name in "by_hand", "corr2d_multi_in", "corr2d_multi_in_strict", "expose_bugs":
        lesson.write(name, right[name])
        lesson.run(f"check_{name}")
    expect(lesson.output("check_corr2d_multi_in")).to_have_text(
        "✓ corr2d_multi_in is right: values, inputs left unchanged, gradients.\n"
    )


def a_choice_is_made_by_taking_a_hash_away(lesson):
    lesson.cell("channel_rule").get_by_text('return "3"').click()
    lesson.page.keyboard.press("Control+/")
    lesson.run("channel_rule")
    lesson.run("check_channel_rule")
    expect(lesson.output("check_channel_rule")).to_contain_text("✓ channel_rule: your answer '3'")


def a_written_answer_is_typed_in_its_place(lesson):
    lesson.write_words("what_sum_loses", "The filter decides **what** it adds.")
    expect(lesson.cell("what_sum_loses").locator("strong")).to_have_text("what")


def progress_says_that_all_is_done(lesson):
    table = lesson.output(f'progress("{LESSON}")').get_by_role("table")
    expect(table.get_by_role("caption")).to_have_text(re.compile(r"(\d) of \1 exercises done"))
    expect(table).not_to_contain_text("not right yet")


def test_validate_forgives_a_warning_and_names_the_cells_that_fail(
    lab, learners_jupyterlab, page, asked_outside, screenshot
):
    def validate(student):
        (lab / f"{student}.ipynb").write_text(handed_in(student), encoding="utf-8")
        open_notebook(page, learners_jupyterlab, lab, student)
        page.get_by_role("button", name="Validate").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Validation Results")
        screenshot(f"validate-{student}")
        return dialog.inner_text()

    # Béla is right, in her own way, and her code warns and writes to stderr.
    assert "warnings.warn(" in handed_in("bela")
    assert "Success! Your notebook passes all the tests." in validate("bela")

    said = validate("chen")
    assert "Success" not in said
    assert "check(corr2d_multi_in)" in said
    assert "You averaged. Channels are added, not averaged." in said
    assert "check(expose_bugs)" not in said
    assert asked_outside == set()


WIDGETS = {
    "01_one_channel": {"SumMachine(X, K)": "37", 'BugLab(exercise="corr2d")': "Bug 1"},
    "02_many_inputs": {
        "SumMachine(X, K)": "19 + 37 = 56",
        "SumMachine(X, K, f=corr2d_multi_in)": "corr2d_multi_in is not written yet.",
        'BugLab(exercise="corr2d_multi_in")': "Bug 1",
    },
    "03_many_outputs": {
        "FilterLoom(X, K3)": "19 + 37 = 56",
        'BugLab(exercise="corr2d_multi_in_out")': "Bug 1",
        "CostBench()": "h_o = ⌊(12 + 2·1 − 3) / 2⌋ + 1 = 6",
    },
    "04_one_by_one": {
        "AxisExplorer()": "A.permute(1, 2, 0).shape == (3, 4, 2)",
        'BugLab(exercise="corr2d_multi_in_out_1x1")': "Bug 1",
        "PixelMixer()": "Photo: danielbuechele, CC BY 2.0",
    },
}


def test_the_widgets_stand_in_the_lessons(
    lab, learners_jupyterlab, page, asked_outside, screenshot
):
    for name, widgets in WIDGETS.items():
        lesson = open_notebook(page, learners_jupyterlab, lab, f"{name}/{name}")
        lesson.menu("Run", "Run All Cells")
        run_all_ends(lesson, name)
        for cell, shown in widgets.items():
            lesson.show(cell)
            stage = lesson.cell(cell).locator(".mc-stage")
            expect(stage).to_contain_text(shown)
            expect(lesson.cell(cell).locator(".mc-still")).to_be_hidden()
            screenshot(f"lesson-{name}-{re.split(r'[(]', cell)[0]}")
    assert asked_outside == set()


def run_all_ends(lesson, name):
    expect(lesson.output(f'progress("{name}")').get_by_role("table")).to_be_attached()
