"""What a student gets back says what was lost, and shows no hidden test."""

import html
import shutil

import nbformat
import pytest

from course.reports import write_feedback
from tests.foreign_course import COMPARE, HIDDEN_MEAN, HIDDEN_MEDIAN

STUDENTS = [
    "deletes",
    "loops",
    "perfect",
    "quotes",
    "renames",
    "scrawls",
    "skips",
    "sorts",
    "untouched",
    "wrong",
]


@pytest.fixture(scope="module")
def course(graded_class, tmp_path_factory):
    root = tmp_path_factory.mktemp("feedback") / "course"
    shutil.copytree(graded_class.root, root)
    (root / "feedback" / "renames" / "ps1").mkdir(parents=True)
    (root / "feedback" / "renames" / "ps1" / "ps1.html").write_text("from an earlier grading")
    return root


@pytest.fixture(scope="module")
def pages(course):
    return {p.student: p for p in write_feedback(course, ["ps1"], STUDENTS)}


def text_of(page):
    return html.unescape((page.folder / "ps1.html").read_text())


def hidden_lines():
    """Every line between the markers, but those so short that they tell nothing."""
    for source in (HIDDEN_MEAN, HIDDEN_MEDIAN, COMPARE):
        inside = source.split("### BEGIN")[1].split("### END")[0].splitlines()[1:]
        yield from (line.strip() for line in inside if len(line.strip()) >= 8)


def test_no_line_of_a_hidden_test_or_mark_scheme_reaches_a_student(course, pages):
    lines = list(hidden_lines())
    assert len(lines) == 16
    for file in (course / "feedback").rglob("*"):
        shown = file.read_text() if file.is_file() else ""
        plain = "".join(part.split(">", 1)[-1] for part in shown.split("<"))
        for line in lines:
            forms = {line, html.escape(line), html.escape(line, quote=False)}
            assert not any(form in shown or form in plain for form in forms), (file, line)


def test_feedback_says_why_points_were_lost(pages):
    # The message of a failed assertion is the teacher's word to the student.
    assert "AssertionError: The mean of one number is that number." in text_of(pages["skips"])
    assert "NameError: name 'secret' is not defined" in text_of(pages["wrong"])
    assert "list left unchanged: 0 of 1 point" in text_of(pages["sorts"])
    assert "Hidden test, 4 points: negative numbers" in text_of(pages["perfect"])


def test_what_a_teacher_sees_in_formgrader_stays(graded_class, course, pages):
    for student in ("perfect", "wrong"):
        path = course / "autograded" / student / "ps1" / "ps1.ipynb"
        assert nbformat.read(path, as_version=4) == graded_class.graded(student)
        assert HIDDEN_MEAN in [c.source for c in graded_class.graded(student).cells]


def test_where_grading_failed_there_is_no_page_of_an_earlier_one(course, pages):
    assert pages["renames"].folder is None
    assert pages["renames"].sentence == "no notebook has the file name that the lesson gave it"
    assert not (course / "feedback" / "renames" / "ps1").exists()


def test_a_page_begins_with_what_was_repaired(pages):
    said = "Missing, and put back: check_mean, hidden_mean, hidden_median."
    page = text_of(pages["deletes"])
    assert page.index("Repaired before grading.") < page.index(said) < page.index("Mean and median")
    assert "Nothing in the file could be read as a notebook" in text_of(pages["scrawls"])
    assert "Repaired before grading" not in text_of(pages["perfect"])
