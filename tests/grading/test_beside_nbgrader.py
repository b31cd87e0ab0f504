"""nbgrader's autograde and formgrader's button share results with `course grade`, and agree."""

import shutil

import nbformat
import pytest
from nbgrader.apps import NbGraderAPI

from course.grading import examine
from course.grading.folder import open_course
from course.grading.grade import grade
from tests.graded_class import find
from tests.small_class import course as course
from tests.small_class import examinations as examinations
from tests.small_class import in_the_gradebook, in_the_graded_folder
from tests.small_class import small_class as small_class

CLASS = [("ps1", "ana"), ("ps1", "ben"), ("ps1", "cleo"), ("pair", "ana")]


def autograde(course, lesson, student):
    """What formgrader's button does."""
    done = NbGraderAPI(config=open_course(course).config).autograde(lesson, student)
    assert done["success"], done["log"]


@pytest.fixture
def no_engine(monkeypatch):
    monkeypatch.setattr(examine, "_engine", lambda _: pytest.fail("examined a second time"))


def test_nbgrader_takes_what_is_kept_and_writes_the_same(course, small_class, no_engine):
    for lesson, student in CLASS:
        autograde(course, lesson, student)
    assert in_the_gradebook(course) == in_the_gradebook(small_class)
    told, expected = in_the_graded_folder(course), in_the_graded_folder(small_class)
    notebooks = [name for name in expected if name.endswith(".ipynb")]
    assert len(notebooks) == 6
    for name in notebooks:
        assert nbformat.reads(told[name], 4).cells == nbformat.reads(expected[name], 4).cells


READS = "def mean(values):\n    return int(open('mine.csv').read()) + int(open('data.csv').read())"


def with_files(course):
    """The lesson and ben have a file each, which ben's code reads."""
    (course / "source" / "ps1" / "data.csv").write_text("1")
    folder = course / "submitted" / "ben" / "ps1"
    (folder / "mine.csv").write_text("2")
    (folder / "data.csv").write_text("77")  # the lesson's counts
    nb = nbformat.read(folder / "ps1.ipynb", as_version=4)
    find(nb, "mean").source = READS
    nbformat.write(nb, folder / "ps1.ipynb")


def test_files_beside_the_notebook_are_the_same_for_both(course, examinations, monkeypatch):
    with_files(course)
    list(grade(course, lessons=["ps1"], students=["ben"]))
    assert examinations == ["ps1/ps1"]
    before = in_the_gradebook(course)
    assert before["ps1", "ben", "ps1", "mark", "check_mean"][0] == 1  # the mean is 3
    monkeypatch.setattr(examine, "_engine", lambda _: pytest.fail("examined a second time"))
    autograde(course, "ps1", "ben")
    assert in_the_gradebook(course) == before


def test_nbgrader_examines_what_is_new_and_keeps_it(course, small_class, examinations):
    shutil.rmtree(course / ".course")
    autograde(course, "pair", "ana")
    assert in_the_gradebook(course) == in_the_gradebook(small_class)
    (receipt,) = grade(course, lessons=["pair"], students=["ana"])
    assert receipt.status == "graded"
    assert examinations == []
