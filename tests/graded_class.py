"""A class of the foreign course that has been graded once, shared by all tests that look at it."""

import copy
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
import pytest
from filelock import FileLock

from course.grading.folder import open_course
from course.grading.grade import Receipt, grade
from course.release.generate import release
from tests.foreign_course import code, notebook, tested, write_foreign_course, write_source

CONFIG = Path(__file__).parents[1] / "nbgrader_config.py"

MEAN = "def mean(values):\n    return sum(values) / len(values)"
MEDIAN = "def median(values):\n    return sorted(values)[len(values) // 2]"

# ps2: what its tests return is impossible, or the key that the drawn inputs come from.
ODD_POINTS = notebook(
    tested("nan", "float('nan')", points=2),
    tested("negative", "-1", points=2),
    tested("too_many", "7", points=2),
    tested("part", "1.5", points=2),
    code("import os"),
    tested("key", "print(os.environ['COURSE_DRAW_KEY'])", points=1),
)


def set_answer(nb, name, source):
    find(nb, name).source = source


def find(nb, name):
    """The cell of this grade_id."""
    found = [c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name]
    return found[0]


def duplicate(nb):
    for name in ("mean", "check_mean", "hidden_mean"):
        at = nb.cells.index(find(nb, name))
        nb.cells.insert(at, copy.deepcopy(nb.cells[at]))
    set_answer(nb, "mean", "def mean(values):\n    return 'the first copy is not the last word'")


def delete(nb):
    for name in ("check_mean", "hidden_mean", "hidden_median"):
        nb.cells.remove(find(nb, name))


def break_metadata(nb):
    find(nb, "hidden_mean").metadata["nbgrader"]["schema_version"] = 99
    find(nb, "check_mean").metadata["nbgrader"]["schema_version"] = 1
    find(nb, "check_median").metadata["nbgrader"].update(grade=False, points=50)
    find(nb, "hidden_median").cell_type = "raw"
    find(nb, "mean").metadata["nbgrader"] = "gone"


def skip(nb):
    set_answer(nb, "mean", "def mean(values):\n    return 3")
    find(nb, "hidden_mean").metadata["tags"] = ["skip-execution"]


def answer(name, source):
    return lambda nb: set_answer(nb, name, source)


def quote_the_tests(nb):
    """Print the source of every cell that ran before, and what the environment holds."""
    nb.cells.append(code("import os\nprint(*In, dict(os.environ), sep='\\n')\nIn"))


# How each student's notebook differs from right answers; None has no answers at all.
STUDENTS: dict[str, Callable[..., None] | None] = {
    "breaks": break_metadata,
    "deletes": delete,
    "doubles": duplicate,
    "ends": answer("mean", "import os\ndef mean(values):\n    os._exit(0)"),
    "kills": lambda nb: nb.cells.insert(0, code("import os\nos.kill(os.getppid(), 9)")),
    "loops": answer("mean", "def mean(values):\n    while True:\n        pass"),
    "perfect": lambda nb: None,
    "quotes": quote_the_tests,
    "skips": skip,
    "sorts": answer("median", "def median(v):\n    v.sort()\n    return v[len(v) // 2]"),
    "untouched": None,
    "warns": answer(
        "mean",
        "import warnings\ndef mean(v):\n    warnings.warn('slow')\n    return sum(v) / len(v)",
    ),
    "wrong": answer("mean", "def mean(values):\n    return values[0] + secret"),
}


@dataclass
class GradedClass:
    root: Path
    receipts: list[Receipt]

    def receipt(self, student, lesson="ps1"):
        return next(r for r in self.receipts if (r.student, r.lesson) == (student, lesson))

    def graded(self, student, lesson="ps1"):
        """The graded notebook."""
        path = self.root / "autograded" / student / lesson / f"{lesson}.ipynb"
        return nbformat.read(path, as_version=4)


def scores(root, student, lesson="ps1"):
    """The automatic score of each graded cell."""
    with open_course(root).gradebook as gradebook:
        submitted = gradebook.find_submission(lesson, student)
        return {mark.name: mark.auto_score for nb in submitted.notebooks for mark in nb.grades}


def write_course(root, config=""):
    """The foreign course with this project's nbgrader_config.py, released into its gradebook."""
    write_foreign_course(root)
    shutil.copy(CONFIG, root)
    with (root / "nbgrader_config.py").open("a") as file:
        file.write(f"c.Examine.cell_seconds = 2\n{config}")
    write_source(root, "ps2", ODD_POINTS)
    release(root)


def hand_in(root, student, change=lambda nb: None, lesson="ps1"):
    """Write a submission: right answers, then changed by a function of the notebook."""
    nb = nbformat.read(root / "release" / lesson / f"{lesson}.ipynb", as_version=4)
    if lesson == "ps1" and change:
        set_answer(nb, "mean", MEAN)
        set_answer(nb, "median", MEDIAN)
        set_answer(nb, "compare", "The mean moves.")
        change(nb)
    path = root / "submitted" / student / lesson / f"{lesson}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(nb))  # as it is: nbformat would repair it


def hand_in_text(root, student, text, name="ps1.ipynb", lesson="ps1"):
    """Write a submission that is not the notebook it should be."""
    path = root / "submitted" / student / lesson / name
    path.parent.mkdir(parents=True)
    path.write_text(text)


def run(root, *command, check=True):
    """Run a program of this environment in a folder, and return what it did."""
    program = Path(sys.executable).parent / command[0]
    environment = {**os.environ, "COURSE_SECRET": "of the tests"}
    done = subprocess.run(
        [program, *command[1:]], cwd=root, env=environment, capture_output=True, text=True
    )
    if check:
        assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="session")
def graded_class(tmp_path_factory):
    """The class after `grade`, made once for all of xdist's workers. Read only."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    root, receipts = base / "graded_class", base / "graded_class.json"
    with FileLock(base / "graded_class.lock"):
        if not receipts.exists():
            receipts.write_text(json.dumps([asdict(receipt) for receipt in grade_class(root)]))
    return GradedClass(root, [Receipt(**receipt) for receipt in json.loads(receipts.read_text())])


def grade_class(root):
    write_course(root)
    for student, change in STUDENTS.items():
        hand_in(root, student, change)
    hand_in_text(root, "scrawls", "{not a notebook")
    hand_in_text(root, "renames", "{}", name="mine.ipynb")
    hand_in_text(root, "strays", "{}", lesson="problem1")
    hand_in(root, "perfect", lesson="ps2")
    hand_in(root, "sorts", lesson="ps2")
    return list(grade(root))
