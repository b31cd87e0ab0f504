"""Before a class is graded again, it is said who would move; then nothing has been written yet."""

import nbformat
import pytest
from typer.testing import CliRunner

from course.cli import app
from course.grading.grade import grade
from course.grading.preview import Change, preview
from course.release.generate import release
from tests.graded_class import find, hand_in, hand_in_text
from tests.small_class import course as course
from tests.small_class import examinations as examinations
from tests.small_class import left_by_grading
from tests.small_class import small_class as small_class

# In the source of ps1: sorting the list is forgiven, and the mean may be anything.
CORRECTIONS = [
    ("hidden_median", "if given == [30, 10, 20]:", "if sorted(given) == [10, 20, 30]:"),
    ("hidden_mean", "assert ", "assert True or "),
]


@pytest.fixture
def corrected(course):
    """The class after two tests were corrected; cleo's mean was marked by hand before that."""
    list(grade(course))
    path = course / "source" / "ps1" / "ps1.ipynb"
    nb = nbformat.read(path, as_version=4)
    for name, old, new in CORRECTIONS:
        assert old in find(nb, name).source
        find(nb, name).source = find(nb, name).source.replace(old, new)
    nbformat.write(nb, path)
    release(course, ["ps1"], conventions=())
    hand_in(course, "dora")
    hand_in_text(course, "emil", "{}", name="mine.ipynb")
    return course


def all_files(root, *but):
    files = (path for path in root.rglob("*") if path.is_file())
    told = {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
    return {name: data for name, data in told.items() if not name.startswith(but)}


def test_a_preview_says_who_moves_and_grading_then_does_just_that(corrected, examinations):
    before = all_files(corrected, ".course/results")
    moves = {(move.student, move.lesson): move for move in preview(corrected)}
    assert all_files(corrected, ".course/results") == before
    assert sorted(examinations) == ["ps1/ps1"] * 4
    ben = moves["ben", "ps1"]
    assert (ben.before, ben.after) == (9, 10)
    assert ben.changes == (Change("hidden_median", 3, 4),)
    assert moves["cleo", "ps1"].is_none  # a mark by hand stays
    assert moves["ana", "ps1"].is_none
    assert (moves["ana", "ps1"].before, moves["cleo", "ps1"].before) == (12.5, 8)
    assert (moves["dora", "ps1"].before, moves["dora", "ps1"].after) == (None, 10)
    assert "no notebook has the file name" in moves["emil", "ps1"].problem
    assert moves["ana", "pair"].is_none
    assert len(moves) == 7

    examinations.clear()
    receipts = {(r.student, r.lesson): r for r in grade(corrected)}
    assert examinations == []
    assert receipts.keys() == moves.keys()
    for key, move in moves.items():
        assert receipts[key].points == move.after
    assert {move.is_none for move in preview(corrected, students=["ana", "ben", "cleo"])} == {True}


def test_the_command_shows_a_table_and_writes_nothing(course, monkeypatch):
    list(grade(course))
    hand_in(course, "ben")
    before = left_by_grading(course)
    monkeypatch.chdir(course)
    shown = CliRunner().invoke(app, ["grade", "--preview"])
    assert shown.exit_code == 0
    assert "ben, ps1: 9 would become 10 points" in shown.stdout
    assert "1 would gain points, 0 would lose some, 4 stay as they are." in shown.stdout
    assert left_by_grading(course) == before


def test_a_preview_of_nothing_new_examines_nothing(course, examinations):
    list(grade(course))
    assert [move.is_none for move in preview(course, lessons=["pair"])] == [True, True]
    assert examinations == []
