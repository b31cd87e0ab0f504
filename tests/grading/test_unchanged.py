"""What is graded already is left alone, and whatever decides about points makes it due again."""

import os
import shutil
from datetime import timedelta

import nbformat
import pytest

from course.grading.folder import open_course
from course.grading.grade import grade
from course.release.generate import release
from tests.graded_class import find, hand_in
from tests.small_class import course as course
from tests.small_class import examinations as examinations
from tests.small_class import hand_in_part, in_the_gradebook
from tests.small_class import small_class as small_class

ALL = {(s, "ps1") for s in ("ana", "ben", "cleo")} | {("ana", "pair"), ("ben", "pair")}


def due(course, **about):
    """Grade; return what was due, and check that the rest is said to be unchanged."""
    receipts = list(grade(course, **about))
    assert {receipt.status for receipt in receipts} <= {"graded", "unchanged"}
    assert len({(r.student, r.lesson) for r in receipts}) == len(receipts)
    return {(r.student, r.lesson) for r in receipts if r.status == "graded"}


@pytest.fixture
def graded(course, examinations):
    """The class, all of it known here."""
    assert due(course) == ALL
    assert examinations == []  # the results came along
    assert due(course) == set()
    return course


def test_what_is_unchanged_is_not_recorded_again(graded):
    with open_course(graded).gradebook as gradebook:
        gradebook.find_grade("hidden_mean", "ps1", "ps1", "ana").auto_score = 0.125
        gradebook.db.commit()
    before = in_the_gradebook(graded)
    assert due(graded) == set()
    assert in_the_gradebook(graded) == before
    assert due(graded, force=True) == ALL
    assert in_the_gradebook(graded) != before


def test_an_unchanged_submission_is_told_as_it_was(course):
    def told():
        return {(r.student, r.lesson): (r.points, r.most, r.lost) for r in grade(course)}

    first = told()
    assert told() == first
    assert first["ben", "ps1"] == (9, 13, {"list left unchanged": 1})


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({"students": ["ana"]}, {("ana", "ps1"), ("ana", "pair")}),
        ({"lessons": ["pair"]}, {("ana", "pair"), ("ben", "pair")}),
        ({"students": ["ana", "cleo"], "lessons": ["ps1"]}, {("ana", "ps1"), ("cleo", "ps1")}),
    ],
)
def test_only_what_is_asked_for_is_graded(course, about, expected):
    assert due(course, **about) == expected
    assert due(course) == ALL - expected


def hands_in_again(course):
    hand_in(course, "ana", lambda nb: nb.cells.reverse())


def hands_in_the_other_notebook(course):
    hand_in_part(course, "ben", "two")


def adds_a_file(course):
    (course / "submitted" / "ben" / "ps1" / "notes.txt").write_text("mine")


def touches_and_sets_back_the_time(course):
    path = course / "submitted" / "cleo" / "ps1" / "ps1.ipynb"
    before = path.stat()
    path.write_bytes(path.read_bytes())
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def is_granted_an_extension(course):
    with open_course(course).gradebook as gradebook:
        gradebook.grant_extension("pair", "ana", weeks=1000)


def moves_the_due_date(course):
    with open_course(course).gradebook as gradebook:
        lesson = gradebook.find_assignment("pair")
        lesson.duedate += timedelta(days=1)
        gradebook.db.commit()


def loses_the_graded_notebook(course):
    shutil.rmtree(course / "autograded" / "cleo" / "ps1")


def loses_a_score(course):
    with open_course(course).gradebook as gradebook:
        gradebook.find_grade("hidden_half", "two", "pair", "ana").auto_score = None
        gradebook.db.commit()


def loses_a_submission(course):
    with open_course(course).gradebook as gradebook:
        gradebook.remove_submission("pair", "ben")


def loses_the_ledger(course):
    shutil.rmtree(course / ".course" / "graded")


def breaks_the_ledger(course):
    for path in (course / ".course" / "graded" / "pair").iterdir():
        path.write_text(path.read_text()[:-20])


BOTH = {("ana", "pair"), ("ben", "pair")}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (hands_in_again, {("ana", "ps1")}),
        (hands_in_the_other_notebook, {("ben", "pair")}),
        (adds_a_file, {("ben", "ps1")}),
        (touches_and_sets_back_the_time, {("cleo", "ps1")}),
        (is_granted_an_extension, {("ana", "pair")}),
        (moves_the_due_date, BOTH),
        (loses_the_graded_notebook, {("cleo", "ps1")}),
        (loses_a_score, {("ana", "pair")}),
        (loses_a_submission, {("ben", "pair")}),
        (loses_the_ledger, ALL),
        (breaks_the_ledger, BOTH),
    ],
)
def test_a_submission_is_due_again_when_it(graded, event, expected):
    event(graded)
    assert due(graded) == expected
    assert due(graded) == set()


def test_an_extension_takes_the_late_penalty_away(graded):
    assert in_the_gradebook(graded)["pair", "ana", "one"] == 2
    is_granted_an_extension(graded)
    due(graded)
    assert in_the_gradebook(graded)["pair", "ana", "one"] is None


def test_a_corrected_test_makes_its_lesson_due(graded, examinations):
    path = graded / "source" / "pair" / "two.ipynb"
    nb = nbformat.read(path, as_version=4)
    find(nb, "hidden_half").source = find(nb, "hidden_half").source.replace("6) == 3", "6) == 4")
    nbformat.write(nb, path)
    release(graded, ["pair"], conventions=())
    assert due(graded) == BOTH
    assert set(examinations) == {"pair/two"}  # ben has not handed it in, and one is as it was
    assert in_the_gradebook(graded)["pair", "ana", "two", "mark", "hidden_half"][0] == 0


def test_other_limits_make_everything_due(graded, examinations):
    with (graded / "nbgrader_config.py").open("a") as file:
        file.write("c.Examine.memory = 1000\n")
    assert due(graded) == ALL
    assert len(examinations) == 6


def test_a_setting_that_no_test_can_see_takes_no_new_examination(graded, examinations):
    with (graded / "nbgrader_config.py").open("a") as file:
        file.write('c.LateSubmissionPlugin.penalty_method = "none"\n')
    assert due(graded) == ALL
    assert examinations == []
    assert in_the_gradebook(graded)["pair", "ana", "one"] is None


def test_what_failed_is_tried_again(graded):
    (graded / "submitted" / "ana" / "ps1" / "ps1.ipynb").rename(graded / "ps1.ipynb")
    for _ in range(2):
        (receipt,) = grade(graded, students=["ana"], lessons=["ps1"])
        assert receipt.status == "failed"
    (graded / "ps1.ipynb").rename(graded / "submitted" / "ana" / "ps1" / "ps1.ipynb")
    assert due(graded) == {("ana", "ps1")}
