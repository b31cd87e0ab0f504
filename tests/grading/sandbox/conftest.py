"""Warm processes behind a wall, in which student code is tried."""

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import course
from course.grading.sandbox.filter import compile_seccomp
from course.grading.sandbox.outer import behind_wall
from course.grading.sandbox.report import probe

PACKAGE = Path(course.__file__).parent
WALLED = Path(__file__).with_name("walled.py").read_text()
SYSTEM_PYTHON = "/usr/bin/python3"
STRANGER = 65533


@dataclass
class Outcome:
    out: str
    """What the student's code printed."""
    said: list[str]
    """What the keeper said, line by line."""

    @property
    def end(self):
        return json.loads(self.said[-1])


class Warm:
    """A warm process behind the wall."""

    def __init__(self, command, talk, inside):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[inside])
        self.jobs = talk.makefile("rw")

    def run(self, code, limits=None, isolate=True, then=""):
        """Run a snippet as a student's code, and return its Outcome."""
        job = {"code": code, "limits": limits or {}, "isolate": isolate, "then": then}
        print(json.dumps(job), file=self.jobs, flush=True)
        return Outcome(**json.loads(self.jobs.readline()))

    def out(self, code, **options):
        """What a snippet prints, without the last line break."""
        return self.run(code, **options).out.rstrip("\n")

    def close(self):
        self.jobs.close()
        assert self.process.wait(10) == 0


def warm_process(*modules):
    """Behind the wall that this user gets."""
    outside, inside = socket.socketpair()
    number = str(inside.fileno())
    arguments = [number, compile_seccomp().hex(), str(PACKAGE.parent), *modules]
    command = behind_wall([sys.executable, "-c", WALLED, *arguments], [PACKAGE])
    with outside, inside:
        return Warm(command, outside, inside.fileno())


def strangers_process():
    """Behind the wall that a user without rights gets; for tests that root runs."""
    outside, inside = socket.socketpair()
    arguments = [str(inside.fileno()), compile_seccomp().hex(), str(PACKAGE.parent)]
    start = (
        "import os, sys, pathlib\n"
        f"sys.path.insert(0, {str(PACKAGE.parent)!r})\n"
        "from course.grading.sandbox.outer import behind_wall\n"
        f"command = [sys.executable, '-c', *sys.argv[1:]]\n"
        f"command = behind_wall(command, [pathlib.Path({str(PACKAGE)!r})])\n"
        "os.execv(command[0], command)\n"
    )
    who = ["setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups"]
    command = [*who, SYSTEM_PYTHON, "-B", "-c", start, WALLED, *arguments]
    with outside, inside:
        return Warm(command, outside, inside.fileno())


@pytest.fixture(scope="session")
def isolation():
    refusal = probe().refusal()
    if refusal and not os.environ.get("CI"):
        pytest.skip(refusal)
    assert refusal is None


@pytest.fixture(scope="module")
def warm(isolation):
    process = warm_process()
    yield process
    process.close()


@pytest.fixture(scope="module")
def warm_of_a_stranger(isolation):
    if os.geteuid() != 0:
        pytest.skip("only root can become another user; the other tests run as this one")
    readable = shutil.which("setpriv") and Path(SYSTEM_PYTHON).exists()
    if not readable or not all(p.stat().st_mode & 0o005 == 0o005 for p in PACKAGE.parents):
        pytest.skip("a user without rights cannot read the package here, or there is no Python")
    process = strangers_process()
    yield process
    process.close()
