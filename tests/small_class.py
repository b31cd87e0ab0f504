"""A small class, graded once and shared, to be graded again, interrupted and compared.

ps1     one notebook, of the foreign course
pair    two notebooks; handed in late
"""

import json
import os
import shutil
from datetime import datetime

import nbformat
import pytest
from filelock import FileLock

from course.grading.executors.pool import Pool
from course.grading.folder import open_course
from course.grading.grade import grade
from course.release.generate import release
from tests.foreign_course import notebook, solution, task, tested, write_foreign_course
from tests.graded_class import CONFIG, STUDENTS, hand_in, set_answer

# Without torch the processes that examine start sooner.
SETTINGS = """
c.Examine.carriers = []
c.Examine.cell_seconds = 2
c.LateSubmissionPlugin.penalty_method = "zero"
"""

DOUBLE = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
HALF = "def half(x):\n    ### BEGIN SOLUTION\n    return x / 2\n    ### END SOLUTION"
HIDDEN_DOUBLE = "### BEGIN HIDDEN TESTS\ndouble(4) - 6\n### END HIDDEN TESTS"
HIDDEN_HALF = "### BEGIN HIDDEN TESTS\nassert half(6) == 3, 'Half of 6 is 3.'\n### END HIDDEN TESTS"
PAIR = {
    "one": notebook(solution("double", DOUBLE), tested("hidden_double", HIDDEN_DOUBLE, points=2)),
    "two": notebook(
        solution("half", HALF),
        tested("hidden_half", HIDDEN_HALF, points=3),
        task("essay", "Read about halves.", points=4),
    ),
}
RIGHT = {
    "one": ("double", "def double(x):\n    return x + x"),
    "two": ("half", "half = 0.5 .__mul__"),
}

DUE = "2020-02-20 20:20:20"
HANDED_IN = datetime(2021, 3, 4, 5, 6, 7).timestamp()

# What is handed in of ps1 and of pair, by student.
CLASS = {
    "ana": (lambda nb: None, ("one", "two")),
    "ben": (STUDENTS["sorts"], ("one",)),
    "cleo": (STUDENTS["wrong"], ()),
}


def write_small_course(root, config=""):
    """The course with its two lessons, released."""
    write_foreign_course(root)
    shutil.copy(CONFIG, root)
    with (root / "nbgrader_config.py").open("a") as file:
        file.write(SETTINGS + config)
    (root / "source" / "pair").mkdir()
    for name, nb in PAIR.items():
        nbformat.write(nb, root / "source" / "pair" / f"{name}.ipynb")
    release(root, conventions=())


def hand_in_all(root):
    for student, (change, names) in CLASS.items():
        hand_in(root, student, change)
        for name in names:
            hand_in_part(root, student, name)
    for path in (root / "submitted").rglob("*.ipynb"):
        os.utime(path, (HANDED_IN, HANDED_IN))


def hand_in_part(root, student, name, answer=None):
    """Write one notebook of pair, with a right answer or another one."""
    nb = nbformat.read(root / "release" / "pair" / f"{name}.ipynb", as_version=4)
    cell, right = RIGHT[name]
    set_answer(nb, cell, answer or right)
    path = root / "submitted" / student / "pair" / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(nb))


def mark_by_hand(root):
    """What a teacher adds: marks, a comment, due dates, an extension."""
    with open_course(root).gradebook as gradebook:
        gradebook.update_or_create_assignment("pair", duedate=DUE)
        mark = gradebook.find_grade("compare", "ps1", "ps1", "ana")
        mark.manual_score, mark.extra_credit, mark.needs_manual_grade = 2, 0.5, False
        gradebook.find_grade("hidden_mean", "ps1", "ps1", "cleo").manual_score = 3
        said = gradebook.find_comment("compare", "ps1", "ps1", "ana")
        said.manual_comment = "Well seen."
        gradebook.grant_extension("pair", "ben", weeks=1000)
        gradebook.db.commit()


def in_the_gradebook(root):
    """All that the gradebook says of the submissions, by names."""
    rows = {}
    with open_course(root).gradebook as gradebook:
        for lesson in gradebook.assignments:
            for submission in lesson.submissions:
                key = lesson.name, submission.student.id
                late = submission.timestamp, submission.extension
                rows[key] = (*late, submission.score, submission.max_score)
                for nb in submission.notebooks:
                    rows[(*key, nb.name)] = nb.late_submission_penalty
                    for mark in nb.grades:
                        rows[(*key, nb.name, "mark", mark.name)] = (
                            mark.auto_score,
                            mark.manual_score,
                            mark.extra_credit,
                            mark.needs_manual_grade,
                        )
                    for said in nb.comments:
                        about = said.auto_comment, said.manual_comment
                        rows[(*key, nb.name, "comment", said.name)] = about
    return rows


def in_the_graded_folder(root):
    """The contents of all graded files, also of hidden ones."""
    graded = root / "autograded"
    files = (path for path in graded.rglob("*") if path.is_file())
    return {path.relative_to(graded).as_posix(): path.read_bytes() for path in files}


def left_by_grading(root):
    return in_the_gradebook(root), in_the_graded_folder(root)


@pytest.fixture(scope="session")
def small_class(tmp_path_factory):
    """The folder of the class, graded and marked by hand; read only, one for all of xdist."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    root, done = base / "small_class", base / "small_class.done"
    with FileLock(base / "small_class.lock"):
        if not done.exists():
            write_small_course(root)
            hand_in_all(root)
            assert {receipt.status for receipt in grade(root)} == {"graded"}
            mark_by_hand(root)
            assert {receipt.status for receipt in grade(root, force=True)} == {"graded"}
            done.touch()
    return root


@pytest.fixture
def course(small_class, tmp_path):
    """A copy of the graded class, in which every submission counts as handed in anew."""
    root = tmp_path / "course"
    shutil.copytree(small_class, root)
    return root


@pytest.fixture
def examinations(monkeypatch):
    """The lessons whose notebooks were given to the pool, one for each examination."""
    given = []
    submit = Pool.submit

    def noted(pool, lesson, job):
        given.append(lesson)
        return submit(pool, lesson, job)

    monkeypatch.setattr(Pool, "submit", noted)
    return given
