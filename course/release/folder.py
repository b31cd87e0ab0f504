"""A course's folder, as nbgrader sees it through nbgrader_config.py."""

import contextlib
import os
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ClearSolutions
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from course.release.regions import Markers

CONFIG_FILE = "nbgrader_config.py"


class ReleaseError(Exception):
    """Why nothing was released: one sentence for each problem.

    >>> ReleaseError(["source/a/a.ipynb, cell 2: no points.", "source/b: no such folder."]).problems
    ['source/a/a.ipynb, cell 2: no points.', 'source/b: no such folder.']
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class CourseFolder:
    """Where a course keeps its things.

    root : the folder with nbgrader_config.py
    config : what that file says
    source, release : folders with one folder a lesson
    db_url : the gradebook
    markers : the delimiters of solutions, hidden tests and mark schemes
    """

    root: Path
    config: Config
    source: Path
    release: Path
    db_url: str
    markers: Markers

    def shown(self, path: Path) -> str:
        """Return a path as messages name it: from the course's folder on."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return str(path)

    def lessons(self) -> list[str]:
        """Return the names of the source folders, in order."""
        if not self.source.is_dir():
            return []
        return sorted(
            path.name
            for path in self.source.iterdir()
            if path.is_dir() and not path.name.startswith(".")
        )


def read_course_folder(root: Path) -> CourseFolder:
    """Read nbgrader_config.py, and only that one: no personal settings enter a release.

    raises ReleaseError if there is none, or it cannot be read
    """
    root = root.resolve()
    if not (root / CONFIG_FILE).is_file():
        raise ReleaseError(
            [f"{root} has no {CONFIG_FILE}: run this in the folder of a course that has one."]
        )
    with inside(root):
        try:
            config = PyFileConfigLoader(CONFIG_FILE, path=str(root)).load_config()
        except Exception as error:
            raise ReleaseError([f"{CONFIG_FILE}: {_one_line(error)}; correct the file."]) from error
        if "root" not in config.CourseDirectory:
            config.CourseDirectory.root = str(root)
        coursedir = CourseDirectory(config=config)
        return CourseFolder(
            root=root,
            config=config,
            source=_folder(coursedir, coursedir.source_directory),
            release=_folder(coursedir, coursedir.release_directory),
            db_url=coursedir.db_url,
            markers=read_markers(config),
        )


def read_markers(config: Config) -> Markers:
    """Return the delimiters and stubs that a course's nbgrader uses."""
    solutions = ClearSolutions(config=config)
    tests = ClearHiddenTests(config=config)
    schemes = ClearMarkScheme(config=config)
    return Markers(
        solution=(solutions.begin_solution_delimeter, solutions.end_solution_delimeter),
        hidden=(tests.begin_test_delimeter, tests.end_test_delimeter),
        scheme=(schemes.begin_mark_scheme_delimeter, schemes.end_mark_scheme_delimeter),
        stubs=(*solutions.code_stub.values(), solutions.text_stub),
        tasks_only=schemes.enforce_metadata,
    )


@contextlib.contextmanager
def inside(root: Path) -> Iterator[None]:
    """Work as nbgrader started in root would, and leave the process as it was.

    nbgrader changes the working directory and the environment, imports what the configuration
    names, and starts `alembic` as a program, which lies beside this Python.
    """
    environment, path = dict(os.environ), list(sys.path)
    programs = sysconfig.get_path("scripts")
    os.environ["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", os.defpath)])
    sys.path.insert(0, str(root))
    try:
        with contextlib.chdir(root):
            yield
    finally:
        sys.path[:] = path
        os.environ.clear()
        os.environ.update(environment)


def _folder(coursedir: Any, step: str) -> Path:
    return Path(coursedir.format_path(step, ".", "lesson")).resolve().parent


def _one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
