"""What becomes of the example class: the promise of the grader, student by student."""

import re
import shutil
from html import unescape
from pathlib import Path

import pytest

from course.grading.grade import grade
from course.release.generate import release
from course.reports import score_table, write_feedback
from course.reports.score_table import LessonTable, Row
from examples.demo import make_course
from examples.hand_in import hand_in
from tests.exercises.lesson_cells import read_cells

LESSONS = "01_one_channel", "02_many_inputs", "03_many_outputs", "04_one_by_one"

# The points in each lesson.
TOTALS = {
    "ada": (13, 13, 14, 12),
    "bela": (13, 13, 14, 12),
    "chen": (9, 5, 9, 8),
    "dora": (7, 8, 9, 8),
    "emil": (6, 7, 6, 6),
    "fatima": (0, 0, 0, 0),
    "gus": (13, 13, 14, 12),
    "hana": (10, 10, 8, 8),
    "ivan": (9, 8, 9, 8),
    "june": (9, 8, 9, 8),
    "kofi": (7, 6, 9, 9),
    "lin": (11.5, 11, 12.5, 10.5),
}

# A sentence that the table gives as the reason of a lost point, in one lesson.
REASONS = {
    ("chen", "01_one_channel"): "You averaged. The products are added, not averaged.",
    ("chen", "02_many_inputs"): "You averaged. Channels are added, not averaged.",
    ("chen", "03_many_outputs"): "You averaged. Channels are added, not averaged.",
    ("dora", "01_one_channel"): "The order is turned round. Rows come first.",
    ("dora", "02_many_inputs"): "You summed the rows. Sum axis 0, the channels.",
    ("dora", "04_one_by_one"): "You return (c_o, w, h). Wanted is (c_o, h, w).",
    ("emil", "02_many_inputs"): "not written yet",
    ("fatima", "03_many_outputs"): "not written yet",
    ("ivan", "02_many_inputs"): "Is there a loop that never ends?",
    ("june", "02_many_inputs"): "Python itself ended here",
    ("kofi", "02_many_inputs"): "one was ignored silently, as `zip` does.",
    ("kofi", "03_many_outputs"): "`cat` lengthens an axis that is there.",
    ("lin", "01_one_channel"): "Values are right, but gradients stop here",
    ("lin", "02_many_inputs"): "You changed the input.",
    ("lin", "03_many_outputs"): "NumPy and SciPy cannot carry gradients.",
}

# The fast test grades one lesson of everybody, and the others of those who say most about them.
CORE = LESSONS[1:2]
ALL_LESSONS = "ada", "lin"

Part = set[tuple[str, str]]  # (student, lesson)


def graded_class(folder: Path, part: Part) -> Path:
    """The example class, or a part of it, handed in, graded and with feedback."""
    lessons = make_course(folder)
    release(folder)
    hand_in(folder, lessons)
    for submission in (folder / "submitted").glob("*/*"):
        if (submission.parent.name, submission.name) not in part:
            shutil.rmtree(submission)
    assert len(list(grade(folder))) == len(part)
    list(write_feedback(folder))
    return folder


# One test each, so that a class is graded once however many workers there are.
def test_the_example_class_gets_its_points_its_reasons_and_its_feedback(tmp_path: Path) -> None:
    part = {(s, n) for s in TOTALS for n in LESSONS if n in CORE or s in ALL_LESSONS}
    look_at_class(graded_class(tmp_path / "course", part), part)


@pytest.mark.slow
def test_the_whole_example_class_does_in_every_lesson(tmp_path: Path) -> None:
    part = {(student, lesson) for student in TOTALS for lesson in LESSONS}
    look_at_class(graded_class(tmp_path / "course", part), part)


def look_at_class(course: Path, part: Part) -> None:
    tables = {table.lesson: table for table in score_table(course)}
    assert tuple(tables) == LESSONS
    everyone_has_the_points_of_their_work(tables, part)
    a_lost_point_has_its_reason(tables, part)
    only_damaged_notebooks_are_repaired(tables, part)
    a_written_answer_waits_for_the_teacher_with_its_rubric(course, tables)
    no_page_of_feedback_shows_a_hidden_line(course, part)
    a_page_of_feedback_shows_what_the_student_made_and_no_widget(course)


def row(table: LessonTable, student: str) -> Row:
    return next(row for row in table.rows if row.student == student)


def everyone_has_the_points_of_their_work(tables: dict[str, LessonTable], part: Part) -> None:
    for student, lesson in sorted(part):
        found = row(tables[lesson], student)
        assert found.not_graded is None
        assert found.total == TOTALS[student][LESSONS.index(lesson)], (student, lesson)


def a_lost_point_has_its_reason(tables: dict[str, LessonTable], part: Part) -> None:
    for student, lesson in REASONS.keys() & part:
        told = [reason for score in row(tables[lesson], student).scores for reason in score.reasons]
        assert REASONS[student, lesson] in " ".join(told), (student, lesson)


def only_damaged_notebooks_are_repaired(tables: dict[str, LessonTable], part: Part) -> None:
    told = {"gus": "graded once: check_", "hana": "broken off"}
    for student, lesson in part:
        repairs = " ".join(row(tables[lesson], student).repairs)
        assert told.get(student, "") in repairs
        assert bool(repairs) == (student in told), (student, lesson, repairs)


def a_written_answer_waits_for_the_teacher_with_its_rubric(
    course: Path, tables: dict[str, LessonTable]
) -> None:
    waiting = {
        score.exercise for score in row(tables[LESSONS[1]], "ada").scores if score.points is None
    }
    assert waiting == {"what_sum_loses"}
    graded = course / "autograded" / "ada" / LESSONS[1] / f"{LESSONS[1]}.ipynb"
    assert "a second filter that separates them" in graded.read_text()
    page = course / "feedback" / "ada" / LESSONS[1] / f"{LESSONS[1]}.html"
    assert "Your teacher marks this answer." in page.read_text()
    assert "a second filter that separates them" not in page.read_text()


def no_page_of_feedback_shows_a_hidden_line(course: Path, part: Part) -> None:
    pages = list((course / "feedback").rglob("*.html"))
    assert len(pages) == len(part)
    for page in pages:
        text = unescape(page.read_text())
        for line in hidden_lines(page.stem):
            assert line not in text, page


def hidden_lines(lesson: str) -> list[str]:
    """The lines of a lesson's hidden tests that say something."""
    cells = read_cells(lesson).items()
    source = "\n".join(cell["source"] for name, cell in cells if name.startswith("hidden_"))
    regions = re.findall(r"### BEGIN HIDDEN TESTS\n(.*?)### END", source, re.DOTALL)
    lines = {line.strip() for region in regions for line in region.splitlines()}
    return [line for line in lines if len(line) >= 8]


def a_page_of_feedback_shows_what_the_student_made_and_no_widget(course: Path) -> None:
    folder = course / "feedback" / "ada" / "02_many_inputs"
    page = (folder / "02_many_inputs.html").read_text(encoding="utf-8")
    assert "def corr2d_multi_in(X, K):" in unescape(re.sub("<[^>]+>", "", page))
    assert "application/vnd.jupyter.widget" not in page
