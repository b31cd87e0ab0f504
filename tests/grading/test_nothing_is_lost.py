"""Whatever ends the grader, and whenever: the next run leaves what an undisturbed one leaves."""

import contextlib
import errno
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from pkgutil import resolve_name

import pytest
from nbgrader.apps import NbGraderAPI
from typer.testing import CliRunner

from course.cli import app
from course.grading.folder import CourseError, open_course
from course.grading.grade import grade
from course.reports import score_table
from tests.graded_class import STUDENTS, hand_in, set_answer
from tests.grading.processes import below, is_alive, wait_until
from tests.small_class import course as course
from tests.small_class import examinations as examinations
from tests.small_class import hand_in_part, left_by_grading
from tests.small_class import small_class as small_class

FEW = 6  # of the moments at which it is killed
PARTS = 10  # of all of them
ROOT = Path(__file__).parents[2]


def hand_in_again(root):
    hand_in(root, "ana", STUDENTS["sorts"])
    hand_in_part(root, "ana", "two", "def half(x):\n    return x")
    for path in (root / "submitted" / "ana").rglob("*.ipynb"):
        os.utime(path, (1e9, 1e9))


@pytest.fixture(scope="module")
def handed_in_again(small_class, tmp_path_factory):
    """The class after a student has handed in other work, and what grading it leaves."""
    root = tmp_path_factory.mktemp("again")
    before, after = root / "before", root / "after"
    shutil.copytree(small_class, before)
    hand_in_again(before)
    shutil.copytree(before, after)
    assert {receipt.status for receipt in grade(after)} == {"graded"}
    shutil.copytree(
        after / ".course" / "results", before / ".course" / "results", dirs_exist_ok=True
    )
    return before, left_by_grading(after)


@pytest.fixture(scope="module")
def killer():
    """Grade one student's work in a folder in a process that is killed at a moment."""
    command = [sys.executable, "-m", "tests.grading.kill_at"]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, **streams) as process:

        def run(moment, folder):
            process.stdin.write(f"{moment} ana {folder}\n")
            process.stdin.flush()
            return process.stdout.readline().split()

        yield run


def killed_and_again(killer, handed_in_again, folder, moment):
    before, expected = handed_in_again
    root = folder / f"killed-{moment}"
    shutil.copytree(before, root)
    assert killer(moment, root) == ["killed"]
    assert len(score_table(root)) == 2  # what can be read makes sense
    again = list(grade(root))
    assert len(again) == 5
    assert {receipt.status for receipt in again} <= {"graded", "unchanged"}
    assert left_by_grading(root) == expected
    shutil.rmtree(root)


def moments(killer, handed_in_again, folder):
    """How many there are."""
    before, _ = handed_in_again
    shutil.copytree(before, folder / "whole")
    done, count = killer(0, folder / "whole")
    assert done == "done"
    return int(count)


def test_a_grader_that_is_killed_goes_on_where_it_was(killer, handed_in_again, tmp_path):
    count = moments(killer, handed_in_again, tmp_path)
    assert count > 50
    for moment in random.Random(6).sample(range(1, count + 1), FEW):
        killed_and_again(killer, handed_in_again, tmp_path, moment)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_there_is_no_moment_at_which_it_would_be_lost(killer, handed_in_again, tmp_path, part):
    count = moments(killer, handed_in_again, tmp_path)
    for moment in range(1 + part, count + 1, PARTS):
        killed_and_again(killer, handed_in_again, tmp_path, moment)


def test_what_an_interrupted_run_has_left_is_seen_by_nobody_and_goes(course):
    lesson = course / "autograded" / "ana" / "ps1"
    for which in ("new", "old"):
        shutil.copytree(lesson, lesson.with_name(f".ps1.{which}"))
    api = NbGraderAPI(config=open_course(course).config)
    shown = api.get_submissions("ps1")  # by formgrader
    assert [about["student"] for about in shown] == ["ana", "ben", "cleo"]
    assert api.autograde("ps1", "ben")["success"]
    assert len(score_table(course)) == 2
    list(grade(course, students=["ana"]))
    assert sorted(path.name for path in lesson.parent.iterdir()) == ["pair", "ps1"]


def test_a_forced_run_that_is_killed_is_not_taken_for_done(course, monkeypatch):
    list(grade(course))

    class Killed(BaseException):
        pass

    def kill(*_):
        raise Killed

    monkeypatch.setattr("course.grading.record.Recorder.record", kill)
    with pytest.raises(Killed):
        list(grade(course, students=["ana"], lessons=["ps1"], force=True))
    monkeypatch.undo()
    done = {(r.student, r.lesson) for r in grade(course) if r.status == "graded"}
    assert done == {("ana", "ps1")}


SLOW_MEAN = """\
import time
def mean(values):
    time.sleep(1.5)
    return sum(values) / len(values)"""
POINTS = {"ana": 12.5, "ben": 9, "cleo": 8, "dora": 10}


STOPPED = "Stopped. What is done is kept; the same command goes on from here.\n"


@pytest.mark.parametrize(
    ("how", "code", "said"),
    [(signal.SIGKILL, -signal.SIGKILL, ""), (signal.SIGINT, 130, STOPPED)],
    ids=["kill -9", "Ctrl-C"],
)
def test_whoever_ends_the_command_ends_all_that_it_has_started(course, how, code, said):
    shutil.rmtree(course / ".course")
    hand_in(course, "dora", lambda nb: set_answer(nb, "mean", SLOW_MEAN))
    command = [Path(sys.executable).with_name("course"), "grade", "--lesson", "ps1"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(
        command, cwd=course, text=True, start_new_session=True, **streams
    ) as grader:
        assert grader.stdout.readline().startswith("Grading 1 of 4: ")
        started = below(grader.pid)
        assert len(started) > 3
        os.killpg(grader.pid, how)  # as a terminal does: to all that have not left its group
        assert grader.wait(30) == code
        assert grader.stderr.read() == said
    wait_until(lambda: not any(map(is_alive, started)))
    receipts = list(grade(course, lessons=["ps1"]))
    assert len(receipts) == 4
    assert {r.student: r.points for r in receipts} == POINTS


WHERE = [
    ("course.grading.results.write_whole", 0),  # what is kept of the first examination
    ("course.grading.desk.tempfile.mkdtemp", 2),
    ("course.grading.desk.shutil.copytree", 1),
    ("course.grading.ledger.write_whole", 1),
]
PROBLEMS = [errno.ENOSPC, errno.EROFS]


def fails_after(count, works, number):
    """Works so often, and then says what the system says with this number."""
    calls = []

    def call(*about, **more):
        calls.append(about)
        if len(calls) > count:
            raise OSError(number, os.strerror(number), str(about[0]) if about else None)
        return works(*about, **more)

    return call


@pytest.mark.parametrize("number", PROBLEMS, ids=os.strerror)
@pytest.mark.parametrize(("where", "count"), WHERE)
def test_where_nothing_can_be_written_any_more_the_grader_says_so_and_goes_on_later(
    handed_in_again, tmp_path, monkeypatch, where, count, number
):
    before, expected = handed_in_again
    root = tmp_path / "course"
    shutil.copytree(before, root)
    if count == 0:
        shutil.rmtree(root / ".course")
        if number != PROBLEMS[0]:
            return  # once is enough: it takes an examination
    with monkeypatch.context() as patch:
        patch.setattr(where, fails_after(count, resolve_name(where), number))
        with pytest.raises(CourseError) as failed:
            list(grade(root))
    said = str(failed.value)
    assert os.strerror(number) in said
    assert said.endswith("is kept: mend this, and run `course grade` again.")
    assert {receipt.status for receipt in grade(root)} <= {"graded", "unchanged"}
    assert left_by_grading(root) == expected


def test_a_locked_gradebook_stops_the_grader_and_what_was_graded_stays(handed_in_again, tmp_path):
    before, expected = handed_in_again
    root = tmp_path / "course"
    shutil.copytree(before, root)
    receipts = grade(root)
    first = next(receipts)
    with contextlib.closing(sqlite3.connect(root / "gradebook.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CourseError, match=r"cannot be written \(.*database is locked\); what"):
            list(receipts)
        with pytest.raises(CourseError, match=r"gradebook.db is locked: close the program"):
            list(grade(root))
    unchanged = {(r.student, r.lesson) for r in grade(root) if r.status == "unchanged"}
    assert (first.student, first.lesson) in unchanged
    assert not {("ana", "ps1"), ("ana", "pair")} <= unchanged  # whose points are others now
    assert left_by_grading(root) == expected


def test_the_command_says_it_in_one_sentence(course, monkeypatch):
    full = fails_after(0, None, errno.ENOSPC)
    monkeypatch.setattr("course.grading.desk.shutil.copytree", full)
    monkeypatch.chdir(course)
    done = CliRunner().invoke(app, ["grade"])
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert "No space left on device; what was graded until then is kept" in done.stderr
