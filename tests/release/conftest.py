"""A small foreign course, released once and copied for each test."""

import shutil
from pathlib import Path

import pytest
from nbgrader import api

from course.release.generate import release
from course.release.gradebook import newest_schema
from tests.foreign_course import write_foreign_course


@pytest.fixture(scope="session")
def pristine(tmp_path_factory):
    """The course with its release/ and gradebook, for copying only."""
    root = tmp_path_factory.mktemp("pristine") / "course"
    write_foreign_course(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "get_alembic_version", newest_schema)
        release(root)
    return root


@pytest.fixture
def course(pristine, tmp_path, monkeypatch):
    """A course of its own for each test: source/, release/ and gradebook.db."""
    # For a new gradebook nbgrader starts a program to learn this, which takes seconds.
    monkeypatch.setattr(api, "get_alembic_version", newest_schema)
    return Path(shutil.copytree(pristine, tmp_path / "course"))
