"""The exercises of a lesson as Otter has them, and `otter run` on what was handed in.

Otter gets an environment of its own under build/, from PyPI; what the lesson imports, torch among
it, it takes from .venv. Its tests are those of our lesson, cell by cell: the visible check as a
public test case, the hidden test as a hidden one, each worth all of its points or none.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.classes import ROOT, Course
from benchmarks.watched import run

VERSION = "7.0.0"
FOLDER = ROOT / "build" / "otter"
BIN = FOLDER / "bin"
INSTALLED = FOLDER / f".otter-{VERSION}"

# `otter run` reads such a file for each question. As in a notebook, a cell that ends in a number
# earns so many points.
TEST_FILE = """\
import ast
from otter.test_files import test_case

OK_FORMAT = False
name = {name!r}


def run(source, env, most):
    *body, last = ast.parse(source).body
    if not isinstance(last, ast.Expr):
        body, last = [*body, last], None
    exec(compile(ast.Module(body, []), "<test>", "exec"), env)
    earned = last and eval(compile(ast.Expression(last.value), "<test>", "eval"), env)
    assert earned is None or earned >= most
"""
TEST_CASE = """

@test_case(points={points!r}, hidden={hidden!r})
def {test}(env):
    run({source!r}, env, {points!r})
"""


def install() -> None:
    """Make the environment, unless it is there."""
    if INSTALLED.exists():
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(FOLDER)], check=True)
    asked = f"otter-grader[grading,plugins]=={VERSION}"
    command = [BIN / "pip", "install", "--quiet", "--disable-pip-version-check", asked]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    ours = next((ROOT / ".venv" / "lib").glob("python*/site-packages"))
    theirs = next((FOLDER / "lib").glob("python*/site-packages"))
    # After Otter's own packages, so that it keeps the versions that it asks for. `addsitedir` reads
    # the link to this project, too.
    line = f"import site; site.addsitedir({str(ours)!r})\n"
    (theirs / "zz-what-the-lessons-import.pth").write_text(line, encoding="utf-8")
    INSTALLED.touch()


def otter_run(course: Course, count: int) -> tuple[float, list[float]]:
    """Grade what the first students handed in, a command each, as `otter run` has it.

    returns the seconds, and the points of each
    raises SystemExit if Otter fails
    """
    install()
    folder = course.folder.with_name(f"{course.folder.name}-otter")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tests").mkdir(parents=True)
    source = course.folder / "source" / course.lesson / f"{course.lesson}.ipynb"
    for question, text in _test_files(json.loads(source.read_text(encoding="utf-8"))).items():
        (folder / "tests" / f"{question}.py").write_text(text, encoding="utf-8")
    otter = str(BIN / "otter")
    run([otter, "generate", "--no-environment", "--no-requirements"], folder)
    seconds, points = 0.0, []
    for student in course.students[:count]:
        notebook = f"{course.lesson}.ipynb"
        handed_in = course.folder / "submitted" / student / course.lesson / notebook
        (folder / student).mkdir()
        (folder / student / notebook).write_text(_without_tests(handed_in), encoding="utf-8")
        command = [otter, "run", "-a", "../autograder.zip", notebook]
        seconds += run(command, folder / student).seconds
        results = json.loads((folder / student / "results.json").read_text(encoding="utf-8"))
        points.append(sum(test.get("score", 0) for test in results["tests"]))
    return seconds, points


def _test_files(notebook: dict[str, Any]) -> dict[str, str]:
    """A test file for each exercise with tests, by its name."""
    files: dict[str, str] = {}
    for cell in notebook["cells"]:
        about = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] != "code" or not _is_test(cell):
            continue
        test = about["grade_id"]
        hidden, question = test.startswith("hidden_"), test.partition("_")[2]
        files.setdefault(question, TEST_FILE.format(name=question))
        source = "".join(cell["source"])
        files[question] += TEST_CASE.format(
            test=test, points=about["points"], hidden=hidden, source=source
        )
    return files


def _without_tests(path: Path) -> str:
    """The text of a notebook without its test cells, which Otter has in files of its own."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"] = [cell for cell in notebook["cells"] if not _is_test(cell)]
    return json.dumps(notebook)


def _is_test(cell: dict[str, Any]) -> bool:
    about = cell["metadata"].get("nbgrader", {})
    return bool(about.get("grade") and not about.get("solution"))
