"""A course folder as nbgrader's own API sees it."""

import sys
from pathlib import Path

import sqlalchemy
from nbgrader.apps import NbGraderAPI

from course.release.folder import ReleaseError, read_course_folder
from course.release.gradebook import gradebook_file, gradebook_problem


class CourseError(Exception):
    """One sentence for the teacher: what is wrong, where, and what to do."""


def open_course(root: Path) -> NbGraderAPI:
    """Open nbgrader's API on a course folder, with the folder's nbgrader_config.py.

    raises CourseError if the folder holds no such file, or one that does not run
    """
    try:
        folder = read_course_folder(Path(root))
    except ReleaseError as error:
        raise CourseError(error.problems[0]) from error
    # As under nbgrader itself, the configuration may name modules that lie beside it.
    if str(folder.root) not in sys.path:
        sys.path.append(str(folder.root))
    return NbGraderAPI(config=folder.config)


def check_gradebook(api: NbGraderAPI) -> None:
    """Refuse, before anything is written, a gradebook that nbgrader cannot use.

    raises CourseError if it is missing, of another version of nbgrader, or in use
    """
    url = api.coursedir.db_url
    file = gradebook_file(url)
    if file and not (file.exists() and file.stat().st_size):
        raise CourseError(f"There is no gradebook at {file}: run `course release` first.")
    if file and _is_locked(url):
        raise CourseError(f"The gradebook {file} is locked: close the program that writes to it.")
    if problem := gradebook_problem(url):
        raise CourseError(problem)


def _is_locked(url: str) -> bool:
    engine = sqlalchemy.create_engine(url, connect_args={"timeout": 2})  # seconds
    try:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("BEGIN IMMEDIATE"))
    except sqlalchemy.exc.OperationalError as error:
        return "locked" in str(error)
    except sqlalchemy.exc.DatabaseError:
        return False  # no database at all: another sentence says so
    finally:
        engine.dispose()
    return False
