"""The class under attack, graded once for all tests that look at it."""

import json
import os
import shutil
from dataclasses import asdict
from functools import cache

import pytest
from filelock import FileLock

from course.grading.sandbox.report import probe
from tests.attacks.class_under_attack import AttackedClass, attack_class
from tests.attacks.lab import make_lab


@pytest.fixture(scope="session")
def isolation():
    refusal = probe().refusal()
    if refusal and not os.environ.get("CI"):
        pytest.skip(refusal)
    assert refusal is None


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """A folder that all of xdist's workers share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def attacked(isolation, shared):
    """The class after `grade`, made once for all of xdist's workers. Read only.

    It is called with False for the class of the quick attacks, and with True for that of the slow.
    """

    @cache
    def made(slow=False):
        top = shared / ("attacked_slow" if slow else "attacked")
        kept = top.with_suffix(".json")
        with FileLock(top.with_suffix(".lock")):
            if not kept.exists():
                top.mkdir()
                kept.write_text(json.dumps(asdict(attack_class(top, slow))))
        return AttackedClass(**json.loads(kept.read_text()))

    return made


@pytest.fixture
def course(isolation, shared, tmp_path):
    """A lab of one's own, in which one student has handed in; all around it lie secrets."""
    made = shared / "released_lab"
    with FileLock(shared / "released_lab.lock"):
        if not made.exists():
            made.mkdir()
            make_lab(made)
    return shutil.copytree(made, tmp_path / "lab") / "course"
