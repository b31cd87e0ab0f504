"""Honest work gets here what stock nbgrader 0.9.6 gives it; an attack gets less than there."""

import shutil
from pathlib import Path

import pytest

from course.grading.grade import grade
from course.release.generate import release
from examples.demo import make_course
from examples.hand_in import hand_in as hand_in_class
from tests.attacks import lab
from tests.attacks.class_under_attack import hand_in_attack
from tests.attacks.corpus import ATTACKS
from tests.graded_class import run, scores
from tests.test_example_class import LESSONS

# nbgrader's own lists, in place of those of our nbgrader_config.py.
STOCK = """
from nbgrader import preprocessors as stock
c.Autograde.exporter_class = "nbconvert.exporters.NotebookExporter"
c.Autograde.sanitize_preprocessors = [
    stock.ClearOutput, stock.DeduplicateIds, stock.OverwriteKernelspec, stock.OverwriteCells,
    stock.CheckCellMetadata,
]
c.Autograde.autograde_preprocessors = [
    stock.Execute, stock.IgnorePattern, stock.LimitOutput, stock.SaveAutoGrades,
    stock.AssignLatePenalties, stock.CheckCellMetadata,
]
c.Execute.timeout = 15
"""

# Honest submissions, each of several styles: what differs from right answers.
STYLES = {
    "mistakes": {
        "double": "def double(x):\n    return x.mul_(2)",
        "mean": "def mean(values):\n    return sum(values) // len(values)",
        "corr2d_multi_in": "def corr2d_multi_in(X, K):\n"
        "    return sum(corr2d(x, k) for x, k in zip(X, K)).detach()",
    },
    "loops-and-errors": {
        "double": "def double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()",
        "mean": "def mean(values):\n    total = 0\n    for v in values:\n        total += v\n"
        "    print(total)\n    return total / len(values)",
        "corr2d_multi_in": "def corr2d_multi_in(X, K):\n"
        "    return torch.stack([corr2d(x, k) for x, k in zip(X, K)])",
    },
}


def stock_copy(root: Path, to: Path) -> Path:
    """The same course under nbgrader's own lists, with what was handed in."""
    shutil.copytree(root, to, ignore=shutil.ignore_patterns("autograded", "feedback", ".course"))
    with (to / "nbgrader_config.py").open("a") as file:
        file.write(STOCK)
    return to


def test_honest_work_gets_the_marks_of_stock_nbgrader_and_an_attack_does_not(course, tmp_path):
    for student, answers in STYLES.items():
        lab.hand_in(course, student, answers)
    hand_in_attack(course, "attack", ATTACKS["displayhook"])
    shutil.rmtree(course / "submitted" / lab.NEIGHBOUR)
    stock = stock_copy(course, tmp_path / "stock")
    ours = {student: lab.grade(course, student).points for student in (*STYLES, "attack")}
    run(stock, "nbgrader", "autograde", "lab")
    for student in STYLES:
        assert ours[student] == scores(stock, student, "lab"), student
    assert scores(stock, "attack", "lab")["hidden_mean"] == 1
    assert ours["attack"]["hidden_mean"] == 0


# June's work ends Python and ivan's never ends, where stock nbgrader grades nothing or waits; the
# notebooks of hana and gus are damaged, which stops it.
NOT_FOR_STOCK = {"june", "ivan", "hana", "gus"}


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
def test_the_example_class_gets_the_marks_of_stock_nbgrader(tmp_path, lesson):
    root = tmp_path / "course"
    make_course(root)
    release(root, [lesson])
    hand_in_class(root, [lesson])
    for student in NOT_FOR_STOCK:
        shutil.rmtree(root / "submitted" / student)
    stock = stock_copy(root, tmp_path / "stock")
    receipts = list(grade(root))
    assert {r.status for r in receipts} == {"graded"}
    run(stock, "nbgrader", "autograde", lesson)
    for receipt in receipts:
        ours = scores(root, receipt.student, lesson)
        assert ours == scores(stock, receipt.student, lesson), receipt
