"""A class with every kind of trouble in it, graded in one batch through nbgrader's API."""

import os
import shutil
from datetime import UTC, datetime

import nbformat
import pytest

from course.grading.folder import open_course
from course.grading.grade import grade
from course.grading.make_job import draw_key, seed_of
from course.reports import score_table
from tests.graded_class import STUDENTS, duplicate, find, hand_in, hand_in_text, run, scores

FULL = {
    "check_mean": 1,
    "hidden_mean": 4,
    "check_median": 1,
    "hidden_median": 4,
    "compare": None,
}


def test_every_submission_gets_a_receipt(graded_class):
    handed_in = {
        (folder.parent.name, folder.name)
        for folder in (graded_class.root / "submitted").glob("*/*")
    }
    assert handed_in == {(r.student, r.lesson) for r in graded_class.receipts}
    assert len(handed_in) == len(graded_class.receipts)


@pytest.mark.parametrize("student", ["perfect", "doubles", "deletes", "breaks", "warns", "quotes"])
def test_honest_work_keeps_its_marks_whatever_befell_its_cells(graded_class, student):
    assert graded_class.receipt(student).sentence == "10 of 13 points"
    assert scores(graded_class.root, student) == FULL


def test_what_a_function_prints_when_a_test_calls_it_goes_nowhere(graded_class):
    assert find(graded_class.graded("warns"), "check_mean").outputs == []


def test_a_tag_does_not_keep_a_test_from_running(graded_class):
    assert scores(graded_class.root, "skips") == FULL | {"hidden_mean": 0}


@pytest.mark.parametrize("student", ["loops", "ends"])
def test_what_never_ends_or_ends_python_costs_its_own_exercise_only(graded_class, student):
    assert scores(graded_class.root, student) == FULL | {"check_mean": 0, "hidden_mean": 0}


def test_why_a_test_failed_is_said_where_python_ended(graded_class):
    (error,) = find(graded_class.graded("ends"), "hidden_mean").outputs
    assert error.ename == "PythonEnded"
    assert error.evalue.startswith("Python ended or hung here: os._exit, a crash")


def test_killing_the_grader_kills_nobody_else(graded_class):
    assert scores(graded_class.root, "kills") == FULL


def test_a_student_sees_no_test_no_secret_and_no_key(graded_class):
    nb = graded_class.graded("quotes")
    printed = str([cell.get("outputs") for cell in nb.cells[-1:]])
    assert "def mean" in printed
    assert "PATH" in printed
    for hidden in ("assert", "HIDDEN TESTS", "COURSE_SECRET", "COURSE_DRAW_KEY", "for local runs"):
        assert hidden not in printed


def test_untouched_work_scores_nothing(graded_class):
    assert set(scores(graded_class.root, "untouched").values()) == {0}


@pytest.mark.parametrize(
    ("student", "lesson", "sentence"),
    [
        ("renames", "ps1", "no notebook has the file name that the lesson gave it"),
        ("strays", "problem1", "the folder is not named after a lesson (ps1, ps2)"),
    ],
)
def test_what_cannot_be_graded_is_said_in_one_sentence(graded_class, student, lesson, sentence):
    receipt = graded_class.receipt(student, lesson)
    assert (receipt.status, receipt.sentence) == ("failed", sentence)


def test_an_unreadable_notebook_scores_nothing_and_says_why(graded_class):
    receipt = graded_class.receipt("scrawls")
    assert (receipt.status, receipt.sentence) == ("graded", "0 of 13 points")
    said = "Nothing in the file could be read as a notebook: it counts as not answered."
    assert list(receipt.repairs) == [said]


@pytest.mark.parametrize(
    ("student", "repair"),
    [
        ("doubles", "There more than once, and graded once: check_mean, hidden_mean."),
        ("deletes", "Missing, and put back: check_mean, hidden_mean, hidden_median."),
        ("breaks", "Of another kind of cell, and turned back: hidden_median."),
        ("skips", "Changed in what it says about its grading, and put right: hidden_mean."),
    ],
)
def test_a_receipt_names_each_repair(graded_class, student, repair):
    assert repair in graded_class.receipt(student).repairs


def test_undamaged_work_has_no_repairs(graded_class):
    honest = ("perfect", "quotes", "warns", "untouched", "wrong")
    assert [graded_class.receipt(student).repairs for student in honest] == [[]] * len(honest)


def test_impossible_points_score_nothing_and_say_so(graded_class):
    found = scores(graded_class.root, "perfect", "ps2")
    assert found["nan"] == found["negative"] == found["too_many"] == 0
    assert found["part"] == 1.5
    error = find(graded_class.graded("perfect", "ps2"), "too_many").outputs[0]
    assert error.evalue == "The test returned 7 points; it can give 0 to 2."


def test_every_student_draws_from_a_key_of_their_own(graded_class):
    keys = {
        student: find(graded_class.graded(student, "ps2"), "key").outputs[0].text.strip()
        for student in ("perfect", "sorts")
    }
    secret = os.environ.get("COURSE_SECRET", "for local runs only")
    assert keys == {student: draw_key(secret, "ps2", student) for student in keys}
    assert keys["perfect"] != keys["sorts"]


def test_a_key_hangs_on_secret_lesson_and_student():
    keys = {draw_key(s, a, n) for s in ("x", "y") for a in ("ps1", "ps2") for n in ("ana", "ben")}
    assert len(keys) == 8
    assert all(len(key) == 64 for key in keys)


def test_what_a_student_may_know_of_their_seed_tells_nothing_of_the_key():
    assert f"{seed_of('x', 'ps1', 'ana'):08x}" not in draw_key("x", "ps1", "ana")


@pytest.fixture
def course(graded_class, tmp_path):
    """A copy of the graded class, to change and to grade again."""
    root = tmp_path / "course"
    shutil.copytree(graded_class.root, root)
    return root


def test_a_regrade_is_identical_and_a_failed_one_keeps_no_old_score(course):
    def graded():
        nb = nbformat.read(course / "autograded" / "perfect" / "ps2" / "ps2.ipynb", as_version=4)
        return [cell.get("outputs") for cell in nb.cells], scores(course, "perfect", "ps2")

    before = graded()
    handed_in = course / "submitted" / "sorts" / "ps2" / "ps2.ipynb"
    handed_in.unlink()
    handed_in.with_name("mine.ipynb").write_text("[]")
    assert None not in scores(course, "sorts", "ps2").values()
    receipts = grade(course, lessons=["ps2"], force=True)
    assert {r.student: r.status for r in receipts} == {"perfect": "graded", "sorts": "failed"}
    assert graded() == before
    assert set(scores(course, "sorts", "ps2").values()) == {None}
    assert not (course / "autograded" / "sorts" / "ps2").exists()


def test_a_new_hand_in_that_keeps_its_old_date_is_graded(course):
    list(grade(course, lessons=["ps2"], students=["perfect"]))
    (again,) = grade(course, lessons=["ps2"], students=["perfect"])
    assert again.status == "unchanged"
    path = course / "submitted" / "perfect" / "ps2" / "ps2.ipynb"
    path.write_text(path.read_text() + "\n")
    os.utime(path, (0, 0))  # as unzip does
    (receipt,) = grade(course, lessons=["ps2"], students=["perfect"])
    assert receipt.status == "graded"


def test_stock_nbgrader_goes_on_after_a_doubled_test_and_an_unreadable_notebook(course):
    shutil.rmtree(course / "submitted")
    hand_in(course, "a_doubles", duplicate)
    hand_in_text(course, "b_scrawls", "{not a notebook")
    hand_in(course, "c_warns", STUDENTS["warns"])
    run(course, "nbgrader", "autograde", "ps1")
    assert set(scores(course, "b_scrawls").values()) == {0}
    assert scores(course, "a_doubles") == scores(course, "c_warns") == FULL


def test_hostile_submissions_are_refused_one_by_one_and_the_batch_goes_on(course):
    secret = course.parent / "secret"
    secret.mkdir()
    (secret / "ps1.ipynb").write_text("not the student's")
    shutil.rmtree(course / "submitted")
    hand_in(course, "-rf")
    hand_in(course, "honest")
    hand_in(course, "links")
    (course / "submitted" / "links" / "ps1" / "notes.txt").symlink_to(course / "gradebook.db")
    os.mkfifo(course / "submitted" / "links" / "ps1" / "data.csv")
    (course / "submitted" / "borrows").mkdir()
    (course / "submitted" / "borrows" / "ps1").symlink_to(secret)
    hand_in(course, "late")
    (course / "submitted" / "late" / "ps1" / "timestamp.txt").write_text("1999, honestly")
    receipts = {r.student: r for r in grade(course)}
    assert {name: r.status for name, r in receipts.items()} == {
        "-rf": "failed",
        "borrows": "failed",
        "honest": "graded",
        "late": "graded",
        "links": "graded",
    }
    assert receipts["borrows"].sentence == "the folder ps1 is a link, which is not followed"
    assert receipts["-rf"].sentence.startswith("the folder is no student id")
    (row,) = [
        row for table in score_table(course) for row in table.rows[:1] if table.lesson == "ps1"
    ]
    assert (row.student, row.not_graded) == ("-rf", receipts["-rf"].sentence)
    assert receipts["links"].repairs == (
        "data.csv is a pipe and no file: it was left out.",
        "notes.txt is a link, which is not followed: it was left out.",
    )
    graded = {path.name for path in (course / "autograded" / "links" / "ps1").iterdir()}
    assert graded == {"ps1.ipynb", "timestamp.txt"}
    assert scores(course, "honest") == scores(course, "links") == scores(course, "late") == FULL
    with open_course(course).gradebook as gradebook:
        handed_in = gradebook.find_submission("ps1", "late").timestamp
    assert abs((datetime.now(UTC).replace(tzinfo=None) - handed_in).total_seconds()) < 3600


def test_grading_changes_nothing_that_was_handed_in(course):
    def everything():
        files = [path for path in (course / "submitted").rglob("*") if path.is_file()]
        return {path: (path.read_bytes(), path.stat().st_mtime) for path in files}

    path = course / "submitted" / "deletes" / "ps1" / "ps1.ipynb"
    path.rename(path.with_name("ps1 (1).ipynb"))
    before = everything()
    (receipt,) = grade(course, students=["deletes"])
    assert receipt.sentence == "10 of 13 points"
    assert receipt.repairs[0] == "ps1 (1).ipynb was taken for ps1.ipynb, its name here."
    assert everything() == before
