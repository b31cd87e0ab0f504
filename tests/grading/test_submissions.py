"""What stops a whole batch, before anything is written: one sentence each."""

import shutil
import sqlite3

import pytest

from course.grading.folder import CourseError
from course.grading.grade import grade
from course.grading.submissions import find_submissions


@pytest.fixture
def course(graded_class, tmp_path):
    """The class before grading, in a folder of its own."""
    root = tmp_path / "course"
    shutil.copytree(graded_class.root, root, ignore=shutil.ignore_patterns("autograded"))
    return root


def everything(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def without_config(root):
    (root / "nbgrader_config.py").unlink()


def with_a_config_that_does_not_run(root):
    (root / "nbgrader_config.py").write_text("c = get_config(\n")


def without_submissions(root):
    shutil.rmtree(root / "submitted")


def without_gradebook(root):
    (root / "gradebook.db").unlink()


def with_a_gradebook_of_another_version(root):
    with sqlite3.connect(root / "gradebook.db") as gradebook:
        gradebook.execute("UPDATE alembic_version SET version_num = 'old'")
    gradebook.close()


def with_a_gradebook_that_is_none(root):
    (root / "gradebook.db").write_text("no database at all, whatever its name says")


def with_a_lesson_that_was_not_released(root):
    (root / "source" / "ps3").mkdir()
    shutil.copytree(root / "submitted" / "perfect" / "ps1", root / "submitted" / "perfect" / "ps3")


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (without_config, "nbgrader_config.py"),
        (with_a_config_that_does_not_run, "nbgrader_config.py: SyntaxError"),
        (without_submissions, "put each notebook into submitted/STUDENT/LESSON/"),
        (without_gradebook, "run `course release` first"),
        (with_a_gradebook_of_another_version, "its schema is old"),
        (with_a_gradebook_that_is_none, "it cannot be read"),
        (with_a_lesson_that_was_not_released, "run `course release ps3` first"),
    ],
)
def test_nothing_is_written_when_grading_cannot_start(course, damage, sentence):
    damage(course)
    before = everything(course)
    with pytest.raises(CourseError) as error:
        grade(course)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)
    assert everything(course) == before


def test_a_gradebook_in_use_is_refused(course):
    other = sqlite3.connect(course / "gradebook.db")
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(CourseError, match="is locked"):
            grade(course)
    finally:
        other.close()


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"lessons": ["ps9"]}, "There is no lesson ps9; the gradebook has ps1, ps2."),
        ({"students": ["zoe"]}, "There is no student zoe in "),
    ],
)
def test_a_name_that_does_not_occur_is_refused(course, wanted, sentence):
    with pytest.raises(CourseError) as error:
        find_submissions(course, **wanted)
    assert sentence in str(error.value)


def test_lessons_and_students_narrow_what_is_graded(course):
    found = find_submissions(course, lessons=["ps2"], students=["sorts", "wrong"])
    assert [(s.lesson, s.student) for s in found] == [("ps2", "sorts")]
