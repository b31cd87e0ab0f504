"""A small course to attack: three exercises, each with a hidden test, and secrets all around it.

lab/lab.ipynb
    double            check 1 point, hidden 2 points: plain asserts on tensors
    mean              check 1 point, hidden 3 points: plain asserts that tell what they got
    corr2d_multi_in   check 1 point, hidden 4 points: `HiddenTest`, as in this course's lessons
"""

import shutil
from dataclasses import dataclass

import nbformat

from course.grading.folder import open_course
from course.release.generate import release
from tests.foreign_course import code, markdown, notebook, solution, tested, write_source
from tests.graded_class import CONFIG, find, scores

HONEST, ATTACKER, NEIGHBOUR = "zoe", "mallory", "bob"

GIVEN = """\
import torch
from torch.testing import assert_close

from course import check, corr2d"""

DOUBLE = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
CHECK_DOUBLE = "assert_close(double(torch.tensor([1.0, 2.0])), torch.tensor([2.0, 4.0]))"
HIDDEN_DOUBLE = """\
# Hidden test, 2 points: signed numbers, more than one axis.
### BEGIN HIDDEN TESTS
drawn_canary_input = torch.tensor([[3.5, -4.25, 8.0], [0.5, -96.75, 1.0]])
assert_close(double(drawn_canary_input.clone()), 2 * drawn_canary_input)
### END HIDDEN TESTS"""

MEAN = (
    "def mean(values):\n    ### BEGIN SOLUTION\n"
    "    return sum(values) / len(values)\n    ### END SOLUTION"
)
CHECK_MEAN = "assert mean([1, 2, 6]) == 3"
HIDDEN_MEAN = """\
# Hidden test, 3 points: negative numbers, one number, a mean that is no whole number.
### BEGIN HIDDEN TESTS
for canary_given, canary_wanted in [([-44, 50, 33], 13), ([1789], 1789), ([1, 2, 4, 6], 3.25)]:
    canary_got = mean(canary_given)
    assert isinstance(canary_got, int | float), f"a number is wanted, and no {canary_got}"
    assert abs(canary_got - canary_wanted) < 1e-9, f"{canary_got} is not the mean"
### END HIDDEN TESTS"""

CORR = """\
def corr2d_multi_in(X, K):
    ### BEGIN SOLUTION
    return sum(corr2d(x, k) for x, k in zip(X, K))
    ### END SOLUTION"""
HIDDEN_CORR = """\
# Hidden test, 4 points. Values (3). Gradients of X and K (0.5). Inputs unchanged (0.5).
### BEGIN HIDDEN TESTS
from course.checking import HiddenTest
from course.exercises import many_inputs as canary_lesson

hidden = HiddenTest(corr2d_multi_in)
with hidden.aspect("values", points=3):
    hidden.gives([[56, 72], [104, 120]], *canary_lesson.EXAMPLE)
    hidden.agrees((3, 5, 7), (3, 2, 3))
    hidden.agrees((1, 4, 6), (1, 3, 2))
with hidden.aspect("gradients", points=0.5):
    hidden.has_gradient((3, 5, 7), (3, 2, 3))
with hidden.aspect("inputs left unchanged", points=0.5):
    hidden.leaves_inputs((3, 5, 7), (3, 2, 3))
hidden.points()
### END HIDDEN TESTS"""

RIGHT = {
    "double": "def double(x):\n    return 2 * x",
    "mean": "def mean(values):\n    return sum(values) / len(values)",
    "corr2d_multi_in": (
        "def corr2d_multi_in(X, K):\n    return sum(corr2d(x, k) for x, k in zip(X, K))"
    ),
}
FULL = {
    "check_double": 1.0,
    "hidden_double": 2.0,
    "check_mean": 1.0,
    "hidden_mean": 3.0,
    "check_corr2d_multi_in": 1.0,
    "hidden_corr2d_multi_in": 4.0,
}

# What no student may ever get to see, each word planted in one place.
SECRETS = {
    "the secret of the course": "canary-of-the-course-secret",
    "the grader's environment": "canary-of-the-environment",
    "the gradebook": "canary-of-the-gradebook",
    "another student": "canary-of-bobs-work",
    "the source folder": "canary-of-the-source",
    "a file of the teacher's": "canary-of-the-teachers-home",
}
HIDDEN_LINES = [
    line.strip()
    for text in (HIDDEN_DOUBLE, HIDDEN_MEAN, HIDDEN_CORR)
    for line in text.splitlines()[2:-1]
    if len(line.strip()) > 12
]

LIMITS = """
c.Examine.secret = "canary-of-the-course-secret"
c.Examine.cell_seconds = 2
c.Examine.total_seconds = 25
c.Examine.processor_seconds = 12
c.Examine.memory = 512
"""


def lab_notebook():
    """The source notebook, with solutions and hidden tests."""
    return notebook(
        markdown("# A lesson to attack"),
        code(GIVEN),
        solution("double", DOUBLE),
        tested("check_double", CHECK_DOUBLE, points=1),
        tested("hidden_double", HIDDEN_DOUBLE, points=2),
        solution("mean", MEAN),
        tested("check_mean", CHECK_MEAN, points=1),
        tested("hidden_mean", HIDDEN_MEAN, points=3),
        solution("corr2d_multi_in", CORR),
        tested("check_corr2d_multi_in", "check(corr2d_multi_in)", points=1),
        tested("hidden_corr2d_multi_in", HIDDEN_CORR, points=4),
        markdown("Next comes nothing."),
    )


def make_lab(top):
    """The released course in top/course, and beside it what students must not reach."""
    root = top / "course"
    write_source(root, "lab", lab_notebook())
    (root / "source" / "notes.txt").write_text(SECRETS["the source folder"])
    shutil.copy(CONFIG, root)
    with (root / "nbgrader_config.py").open("a") as file:
        file.write(LIMITS)
    (top / "teacher").mkdir()
    (top / "teacher" / "marks.txt").write_text(SECRETS["a file of the teacher's"])
    release(root)
    with open_course(root).gradebook as gradebook:
        gradebook.add_student(NEIGHBOUR, first_name=SECRETS["the gradebook"])
    hand_in(root, NEIGHBOUR, {}, {"mean": f"# {SECRETS['another student']}"})
    return root


def hand_in(root, student, answers, cells=None):
    """Write a submission: right answers, but for those given.

    answers : the text of an answer by its name
    cells : the texts of cells of the student's own, by the name of the cell that each follows;
        "" for the top of the notebook
    """
    nb = nbformat.read(root / "release" / "lab" / "lab.ipynb", as_version=4)
    for name, text in (RIGHT | answers).items():
        find(nb, name).source = text
    for name, text in (cells or {}).items():
        at = nb.cells.index(find(nb, name)) + 1 if name else 0
        nb.cells.insert(at, code(text))
    folder = root / "submitted" / student / "lab"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    nbformat.write(nb, folder / "lab.ipynb")
    return folder


@dataclass
class Graded:
    """What became of a submission.

    points : of every test, None if it was not graded
    shown : what the student's own cells show in the graded notebook
    pages : what the student gets back
    said : nbgrader's log
    """

    points: dict[str, float | None]
    shown: str
    pages: str
    said: str


def grade(root, student):
    """Grade one submission with nbgrader's own API, and write the student's feedback."""
    api = open_course(root)
    result = api.autograde("lab", student, force=True)
    said = result.get("log", "") + result.get("error", "")
    if not result["success"]:
        return Graded(dict.fromkeys(FULL), "", "", said)
    feedback = api.generate_feedback("lab", student, force=True)
    assert feedback["success"], feedback
    nb = nbformat.read(root / "autograded" / student / "lab" / "lab.ipynb", as_version=4)
    own = [cell for cell in nb.cells if cell.cell_type == "code" and not is_test(cell)]
    page = (root / "feedback" / student / "lab" / "lab.html").read_text()
    return Graded(scores(root, student, "lab"), str([cell.outputs for cell in own]), page, said)


def is_test(cell):
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))
