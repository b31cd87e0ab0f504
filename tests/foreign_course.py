"""A small course on lists of numbers, without torch: the teacher's rooms must serve it too.

ps1/ps1.ipynb
    mean       solution     check_mean 1 point     hidden_mean 4 points, plain asserts
    median     solution     check_median 1 point   hidden_median 4 points, partial credit
    compare    written answer, 3 points, marked by hand, with a mark scheme
"""

from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

CONFIG = """\
c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "numbers"
"""

MEAN = '''\
def mean(values):
    """Return the sum of a list of numbers, divided by how many there are."""
    ### BEGIN SOLUTION
    total = 0
    for value in values:
        total = total + value
    return total / len(values)
    ### END SOLUTION'''

CHECK_MEAN = """\
assert mean([1, 2, 6]) == 3, "mean([1, 2, 6]) is 3: add the numbers, then divide by 3."
"""

HIDDEN_MEAN = """\
# Hidden test, 4 points: negative numbers, one number, a mean that is no whole number.
### BEGIN HIDDEN TESTS
assert mean([-4, 10, 3]) == 3, "A negative number is not added as it is."
assert mean([17]) == 17, "The mean of one number is that number."
assert abs(mean([1, 2, 4, 6]) - 3.25) < 1e-9, "The mean need not be a whole number."
### END HIDDEN TESTS"""

MEDIAN = '''\
def median(values):
    """Return the number in the middle of the sorted list; its length is odd."""
    ### BEGIN SOLUTION
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
    ### END SOLUTION'''

CHECK_MEDIAN = """\
assert median([9, 1, 5]) == 5, "median([9, 1, 5]) is 5: sort the numbers first."
"""

HIDDEN_MEDIAN = """\
# Hidden test, 4 points. Middle number (3). List left unchanged (1).
### BEGIN HIDDEN TESTS
points = 0
if median([8, -3, 7, 40, 5]) == 7:
    points += 3
    print("middle number: 3 of 3 points")
else:
    print("middle number: 0 of 3 points")
given = [30, 10, 20]
median(given)
if given == [30, 10, 20]:
    points += 1
    print("list left unchanged: 1 of 1 point")
else:
    print("list left unchanged: 0 of 1 point")
points
### END HIDDEN TESTS"""

COMPARE = """\
The mean moves towards the outlier, while the median stays where most numbers are.

### BEGIN MARK SCHEME
1 point: says that one outlier pulls the mean along.
2 points: explains that sorting bounds its pull on the median.
### END MARK SCHEME"""


def write_foreign_course(root: Path, config: str = "") -> None:
    """Write the course's nbgrader_config.py, its one source notebook and the folders around it.

    root : an existing or new folder
    config : further lines for nbgrader_config.py, where the configuration is called `c`
    """
    root.mkdir(parents=True, exist_ok=True)
    (root / "nbgrader_config.py").write_text(CONFIG + config)
    write_source(root, "ps1", foreign_notebook())


def foreign_notebook() -> Any:
    """Return the source notebook of ps1, with solutions and hidden tests."""
    return notebook(
        markdown("# Mean and median\n\nWhich of the two does one odd number move?"),
        code("values = [2, 4, 90]\nprint(max(values))"),
        markdown("## `mean`\n\nAdd the numbers and divide by how many there are."),
        solution("mean", MEAN),
        tested("check_mean", CHECK_MEAN, points=1),
        tested("hidden_mean", HIDDEN_MEAN, points=4),
        markdown("## `median`\n\nThe number in the middle, once they are in order."),
        solution("median", MEDIAN),
        tested("check_median", CHECK_MEDIAN, points=1),
        tested("hidden_median", HIDDEN_MEDIAN, points=4),
        markdown("## In your own words\n\nAdd 1000 to the list: what becomes of both, and why?"),
        written("compare", COMPARE, points=3),
        markdown("Next comes the spread of a list."),
    )


def write_source(root: Path, lesson: str, nb: Any) -> Path:
    """Write a notebook as source/<lesson>/<lesson>.ipynb and return its path."""
    path = root / "source" / lesson / f"{lesson}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nb, path)
    return path


def notebook(*cells: Any) -> Any:
    """Return a Python notebook of these cells, whose cell ids count from one."""
    for number, cell in enumerate(cells, start=1):
        cell["id"] = f"cell-{number}"
    kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=list(cells), metadata={"kernelspec": kernelspec})


def markdown(source: str) -> Any:
    return new_markdown_cell(source)


def code(source: str) -> Any:
    return new_code_cell(source)


def solution(grade_id: str, source: str) -> Any:
    """Return an autograded answer cell, whose points are those of its test cells."""
    return new_code_cell(source, metadata={"nbgrader": _meta(grade_id, solution=True)})


def tested(grade_id: str, source: str, points: float) -> Any:
    """Return a locked test cell worth some points."""
    meta = _meta(grade_id, grade=True, locked=True, points=points)
    return new_code_cell(source, metadata={"nbgrader": meta})


tested.__test__ = False  # pytest would collect it wherever it is imported


def written(grade_id: str, source: str, points: float) -> Any:
    """Return a written answer that a teacher marks by hand."""
    meta = _meta(grade_id, grade=True, solution=True, points=points)
    return new_markdown_cell(source, metadata={"nbgrader": meta})


def task(grade_id: str, source: str, points: float) -> Any:
    """Return nbgrader's manually graded task, whose text may hold a mark scheme."""
    meta = _meta(grade_id, locked=True, task=True, points=points)
    return new_markdown_cell(source, metadata={"nbgrader": meta})


def _meta(grade_id: str, **flags: Any) -> dict[str, Any]:
    meta = {"grade": False, "solution": False, "locked": False, "task": False}
    return meta | {"grade_id": grade_id, "schema_version": 3} | flags
