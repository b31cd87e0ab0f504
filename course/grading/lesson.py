"""All that is known of one notebook of a lesson before anybody hands it in."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files
from traitlets.config import Config

from course.grading.examiner.names import defined_names
from course.grading.skeleton import Skeleton, read_skeleton

MOST_BYTES_BESIDE = 32 * 1024**2


@dataclass(frozen=True)
class Lesson:
    """One notebook of a lesson.

    assignment, notebook : nbgrader's names for it
    skeleton : its cells
    given : the texts of the cells that are neither answered nor graded
    students : the names that the released answer cells define
    beside : the contents of the files beside the source notebook, by relative path
    source : the notebook with its solutions; None where it is not at hand
    version : changes whenever something of the above does
    """

    assignment: str
    notebook: str
    skeleton: Skeleton
    given: frozenset[str]
    students: frozenset[str]
    beside: Mapping[str, bytes]
    source: NotebookNode | None
    version: str

    @property
    def key(self) -> str:
        """Its name among all notebooks of the course."""
        return f"{self.assignment}/{self.notebook}"


def read_lesson(config: Config, gradebook: Gradebook, assignment: str, notebook: str) -> Lesson:
    """Read a lesson's notebook from the gradebook, the release and the source folder.

    raises MissingEntry if the gradebook does not know it
    """
    skeleton = read_skeleton(config, gradebook.find_notebook(notebook, assignment))
    code = [place for place in skeleton.places if place.cell.cell_type == "code"]
    answers = [place.text or "" for place in code if place.is_answer]
    coursedir = CourseDirectory(config=config)
    folder = Path(coursedir.format_path(coursedir.source_directory, ".", assignment))
    beside = files_beside(folder, coursedir.ignore)
    source = _read_source(folder / f"{notebook}.ipynb")
    return Lesson(
        assignment,
        notebook,
        skeleton,
        frozenset(place.cell.source for place in code if place.name is None),
        frozenset(name for text in answers for name in defined_names(text)),
        beside,
        source,
        _hash(skeleton.notebook, [place.text for place in skeleton.places], source, beside),
    )


def lesson_of(config: Config, resources: dict[str, Any]) -> Lesson:
    """The lesson that a preprocessor's notebook belongs to, read once for all preprocessors.

    resources : nbconvert's, with nbgrader's names
    """
    if "lesson" not in resources:
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            resources["lesson"] = read_lesson(
                config, gradebook, names["assignment"], names["notebook"]
            )
    lesson: Lesson = resources["lesson"]
    return lesson


def _read_source(path: Path) -> NotebookNode | None:
    try:
        nb: NotebookNode = nbformat.read(path, as_version=4)
        return nb
    except (OSError, ValueError):
        return None


def _hash(*parts: Any) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(json.dumps(part, sort_keys=True, default=bytes.hex).encode())
    return digest.hexdigest()


def files_beside(folder: Path, ignored: list[str]) -> dict[str, bytes]:
    """The contents of the files beside a notebook, by relative path.

    ignored : patterns of names, as nbgrader's `CourseDirectory.ignore`
    Links, notebooks and what would be too much are left out.
    """
    found: dict[str, bytes] = {}
    room = MOST_BYTES_BESIDE
    for path in sorted(map(Path, find_all_files(str(folder), [*ignored, *NOT_BESIDE]))):
        if path.is_symlink() or not path.is_file():
            continue
        room -= path.stat().st_size
        if room < 0:
            break
        found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


NOT_BESIDE = ("*.ipynb", "timestamp.txt", "gradebook.db")
