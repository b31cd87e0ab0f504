"""Rebuild a submission and count its marks, without a kernel: the answers are plain Python."""

import ast
import contextlib
import json
import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_output
from nbgrader.utils import determine_grade, is_grade

from course.grading.intake import Intake
from course.grading.read_any_notebook import ReadAnyNotebook
from course.grading.repairs import repairs_of
from course.release.folder import read_course_folder
from tests.graded_class import write_course

CELLS = {
    "ps1": {"mean", "check_mean", "hidden_mean", "median", "check_median", "hidden_median"}
    | {"compare"}
}


@dataclass
class Rebuilt:
    marks: dict[str, float | None]
    repairs: list[str]
    notebook: Any


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The foreign course, released; read only."""
    root = tmp_path_factory.mktemp("released") / "course"
    write_course(root)
    return root


def released(course):
    """The released notebook of ps1, as a student's editor writes it."""
    return json.loads((course / "release" / "ps1" / "ps1.ipynb").read_text())


def rebuild(course, content, name="ps1.ipynb", **intake):
    """Hand in a notebook (parsed, text or bytes), and rebuild it as the course is configured."""
    with tempfile.TemporaryDirectory() as folder:
        submission = Path(folder) / "submitted" / "ana" / "ps1"
        path = submission / name
        path.parent.mkdir(parents=True)
        content = json.dumps(content) if isinstance(content, dict) else content
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return rebuild_folder(course, submission, **intake)


def rebuild_folder(course, submission, **intake):
    """The same for a folder submitted/STUDENT/LESSON that is there already."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        taken = Intake(**intake).take_in(submission, submission.parents[1], copy, CELLS)
        return rebuild_file(course, copy / "ps1.ipynb", taken.repairs)


def rebuild_file(course, path, found_at_intake=()):
    folder = read_course_folder(course)
    config = folder.config
    exporter = ReadAnyNotebook(config=config)
    for preprocessor in config.Autograde.sanitize_preprocessors:
        exporter.register_preprocessor(preprocessor)
    names = {"student": "ana", "assignment": "ps1", "notebook": "ps1", "db_url": folder.db_url}
    given = {"nbgrader": names, "repairs": list(found_at_intake)}
    text, _ = exporter.from_filename(str(path), given)
    nb = nbformat.reads(text, as_version=4)
    nbformat.validate(nb)
    return Rebuilt(marks(nb), repairs_of(nb), nb)


def marks(nb):
    """Run the code cells in order, and score them as nbgrader does."""
    names: dict[str, Any] = {}
    for cell in nb.cells:
        if cell.cell_type == "code":
            run(cell, names)
    graded = [cell for cell in nb.cells if is_grade(cell)]
    log = logging.getLogger("nbgrader")
    return {cell.metadata.nbgrader.grade_id: determine_grade(cell, log)[0] for cell in graded}


def run(cell, names):
    try:
        parsed = ast.parse(cell.source)
        last = parsed.body.pop() if parsed.body and isinstance(parsed.body[-1], ast.Expr) else None
        with contextlib.redirect_stdout(None):
            exec(compile(parsed, "cell", "exec"), names)
            value = (
                eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None
            )
    except Exception as error:
        cell.outputs = [new_output("error", ename=type(error).__name__, evalue=str(error))]
    else:
        data = {"text/plain": repr(value)}
        cell.outputs = [] if value is None else [new_output("execute_result", data)]
