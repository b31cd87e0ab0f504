"""What a teacher meets in JupyterLab: formgrader's pages and buttons, and the feedback page."""

import csv
import re
import shutil
from pathlib import Path

import nbformat
from playwright.sync_api import expect

from examples.hand_in import write_notebook
from tests.browser.jupyterlab import jupyterlab
from tests.graded_class import run

COURSE = Path(__file__).parents[2]
LESSON = "02_many_inputs"
# Béla is right, and her code warns; Chen averages.
STUDENTS = "bela", "chen"
# nbgrader's grading page and feedback draw formulas with this, where there is a network.
MATHJAX = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/"


def test_a_teacher_runs_a_class_with_nothing_but_formgraders_buttons(
    tmp_path, page, asked_outside, screenshot
):
    course = tmp_path / "course"
    shutil.copytree(COURSE / "source" / LESSON, course / "source" / LESSON)
    shutil.copy(COURSE / "nbgrader_config.py", course)
    with jupyterlab(course) as at:
        page.goto(at("lab"))
        page.get_by_role("menuitem", name="Nbgrader").click()
        page.get_by_role("menuitem", name="Formgrader", exact=True).click()
        formgrader = page.frame_locator("iframe[src*=formgrader]")
        rows = formgrader.locator("#main-table tr")

        # The lesson with its solutions becomes a student notebook.
        expect(rows.locator("td.name")).to_have_text([LESSON])
        press(formgrader, "assign", LESSON)
        assert (course / "release" / LESSON / f"{LESSON}.ipynb").exists()

        # Two students hand in, and are graded.
        hand_in(course)
        formgrader.get_by_role("link", name="Manage Assignments").click()
        expect(rows.locator("td.num-submissions")).to_have_text("2")
        screenshot("teacher-1-assignments")
        rows.locator("td.num-submissions a").click()
        expect(rows.locator("td.status")).to_have_text(["needs autograding"] * 2)
        for student in STUDENTS:
            press(formgrader, "autograde", student)
        expect(rows.locator("td.status")).to_have_text(["needs manual grading"] * 2)
        screenshot("teacher-2-graded-by-tests")

        # Their written answers are marked by hand; formgrader does not say whose they are.
        formgrader.get_by_role("link", name="Manual Grading").click()
        for name in LESSON, LESSON, "Submission #1":
            rows.get_by_role("link", name=name).click()
        mark(page, formgrader, "what_sum_loses", points="1.5", comment="And a second filter?")
        screenshot("teacher-3-marked-by-hand")
        formgrader.get_by_role("link", name="Next →").click()
        expect(formgrader.get_by_text("Submission #2")).to_be_visible()
        mark(page, formgrader, "what_sum_loses", points="1.5", comment="And a second filter?")

        # The page shows the scores that are in the gradebook.
        page.goto(at(f"formgrader/manage_submissions/{LESSON}"))
        expect(page.locator("#main-table td.status")).to_have_text(["graded"] * 2)
        screenshot("teacher-4-graded")
        students = page.locator("#main-table td.student-id").all_inner_texts()
        points = page.locator("#main-table td.score").all_inner_texts()
        shown = dict(zip(students, points, strict=True))
        assert shown == scores(course)
        assert shown["bela"] == "14.5 / 15"

        page.goto(at("formgrader/manage_assignments"))
        press(page, "generate-feedback", LESSON)

    feedback = course / "feedback" / "chen" / LESSON / f"{LESSON}.html"
    page.goto(feedback.as_uri())
    text = page.locator("body").inner_text()
    assert "values: 0 of 3 points. You averaged." in text
    assert "And a second filter?" in text
    hidden = hidden_lines(course)
    assert "hidden.points()" in hidden
    assert [line for line in hidden if line in text] == []
    page.get_by_text("values: 0 of 3 points").scroll_into_view_if_needed()
    screenshot("teacher-5-feedback", full_page=True)
    assert [url for url in asked_outside if not url.startswith(MATHJAX)] == []


def press(page, button, row):
    """Press one of the buttons in a row of formgrader's table, and read that it worked."""
    page.locator("#main-table tr").filter(has_text=row).locator(f"td.{button} a").click()
    said = page.locator(".modal.in")
    expect(said.locator(".modal-title")).to_have_text("Success")
    said.get_by_role("button", name="OK").click()
    expect(said).to_have_count(0)


def hand_in(course):
    for student in STUDENTS:
        notebook = course / "submitted" / student / LESSON / f"{LESSON}.ipynb"
        notebook.parent.mkdir(parents=True)
        text = write_notebook(course, LESSON, COURSE / "examples" / "class" / f"{student}.py")
        notebook.write_text(text, encoding="utf-8")


def mark(page, formgrader, name, points, comment):
    """Give points and a comment to a written answer; formgrader saves when one leaves a field.

    It listens to them once it has marked the points as missing and said what a comment may be.
    """
    expect(formgrader.locator(f"#{name}.needs_manual_grade")).to_be_visible()
    expect(formgrader.locator(f"#{name}-comment[placeholder]")).to_be_visible()
    for kind, field, text in (
        ("comment", f"#{name}-comment", comment),
        ("grade", f"#{name}", points),
    ):
        with page.expect_response(re.compile(f"/api/{kind}/")) as saved:
            formgrader.locator(field).fill(text)
            formgrader.locator(field).blur()
        assert saved.value.ok


def scores(course):
    """Each student's points as `course table` has them, written as formgrader does."""
    run(course, "course", "table", "--csv", "scores.csv")
    points, most = dict.fromkeys(STUDENTS, 0.0), dict.fromkeys(STUDENTS, 0.0)
    with (course / "scores.csv").open() as file:
        for row in csv.DictReader(file):
            points[row["student"]] += float(row["points"])
            most[row["student"]] += float(row["of"])
    return {student: f"{points[student]:g} / {most[student]:g}" for student in STUDENTS}


def hidden_lines(course):
    """What stands between the markers of hidden tests."""
    source = nbformat.read(course / "source" / LESSON / f"{LESSON}.ipynb", as_version=4)
    texts = [cell.source for cell in source.cells if "BEGIN HIDDEN TESTS" in cell.source]
    hidden = [t.split("### BEGIN HIDDEN TESTS")[1].split("### END HIDDEN TESTS")[0] for t in texts]
    return {line.strip() for text in hidden for line in text.splitlines() if line.strip()}
