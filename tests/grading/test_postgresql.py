"""A gradebook in PostgreSQL, on a server that these tests start, says what one in a file says."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from course.cli import app
from course.grading.folder import CourseError
from course.grading.grade import grade
from course.reports import score_table
from tests.grading.processes import wait_until
from tests.small_class import examinations as examinations
from tests.small_class import (
    hand_in_all,
    in_the_gradebook,
    in_the_graded_folder,
    mark_by_hand,
    write_small_course,
)
from tests.small_class import small_class as small_class

NO_SERVER = "no PostgreSQL was found: install one (Debian: sudo apt-get install postgresql)"
DATABASE = "numbers"
STARTS = ("-c", "listen_addresses=", "-c", "fsync=off")


def program(name):
    """The path of one of PostgreSQL's programs; Debian keeps them out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return found[-1] if found else shutil.which(name)


class Server:
    """Listens in its folder only, and belongs to a user who may do nothing."""

    def __init__(self, folder):
        self.folder = folder
        self.url = f"postgresql+psycopg://teacher@/{DATABASE}?host={folder}"
        self._process = None
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        initdb = program("initdb"), "--no-sync", "-A", "trust", "-U", "teacher", "-E", "UTF8"
        subprocess.run(
            self._as_nobody(*initdb, "--locale=C", "-D", f"{folder}/data"),
            check=True,
            capture_output=True,
            cwd=folder,
        )

    def start(self):
        command = program("postgres"), "-D", f"{self.folder}/data", "-k", self.folder, *STARTS
        self._process = subprocess.Popen(
            self._as_nobody(*command), cwd=self.folder, stderr=subprocess.DEVNULL
        )
        wait_until(self._answers)

    def kill(self):
        self._process.send_signal(signal.SIGQUIT)  # at once, without a goodbye
        self._process.wait()

    def ask(self, statement):
        about = {"host": self.folder, "user": "teacher", "dbname": "postgres"}
        with psycopg.connect(**about, autocommit=True) as connection:
            connection.execute(statement)

    def _answers(self):
        assert self._process.poll() is None
        try:
            self.ask("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _as_nobody(self, *command):
        if os.getuid() != 0:
            return command
        return "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command


@pytest.fixture(scope="module")
def server():
    if not (program("postgres") and program("initdb")):
        if os.environ.get("CI"):
            pytest.fail(NO_SERVER, pytrace=False)
        pytest.skip(NO_SERVER)
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:
        there = Server(folder)
        there.start()
        yield there
        there.kill()


@pytest.fixture
def course(server, small_class, tmp_path):
    """The small class with its gradebook on the server, released and not graded."""
    server.ask(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    server.ask(f"CREATE DATABASE {DATABASE}")
    root = tmp_path / "course"
    write_small_course(root, f"c.CourseDirectory.db_url = {server.url!r}\n")
    hand_in_all(root)
    shutil.copytree(small_class / ".course" / "results", root / ".course" / "results")
    return root


def test_a_class_is_graded_into_it_as_into_a_file(course, small_class, examinations):
    assert not list(course.glob("*.db"))
    assert {receipt.status for receipt in grade(course)} == {"graded"}
    mark_by_hand(course)
    assert {r.status for r in grade(course, lessons=["pair"])} == {"graded"}  # late now
    assert {receipt.status for receipt in grade(course, force=True)} == {"graded"}
    assert examinations == []
    assert in_the_gradebook(course) == in_the_gradebook(small_class)
    assert in_the_graded_folder(course) == in_the_graded_folder(small_class)
    assert score_table(course) == score_table(small_class)
    assert {receipt.status for receipt in grade(course)} == {"unchanged"}


def test_a_server_that_ends_in_the_middle_is_one_sentence_and_nothing_is_lost(
    course, server, small_class, monkeypatch
):
    receipts = grade(course)
    first = next(receipts)
    server.kill()
    try:
        with pytest.raises(CourseError, match=r"^The gradebook cannot be written .*\.$") as said:
            list(receipts)
        assert "\n" not in str(said.value)
        monkeypatch.chdir(course)
        refused = CliRunner().invoke(app, ["grade"])
        assert refused.exit_code == 1
        assert refused.stderr.count("\n") == 1
        assert "see that its server runs" in refused.stderr
    finally:
        server.start()
    again = {(r.student, r.lesson): r.status for r in grade(course)}
    assert again.pop((first.student, first.lesson)) == "unchanged"
    assert set(again.values()) == {"graded"}
    mark_by_hand(course)
    list(grade(course, force=True))
    assert in_the_gradebook(course) == in_the_gradebook(small_class)
