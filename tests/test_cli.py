"""The `course` command: what a teacher reads, and the exit status that scripts look at."""

import shutil

import pytest
from typer.testing import CliRunner

from course.cli import app
from tests.foreign_course import write_foreign_course
from tests.graded_class import graded_class as graded_class
from tests.graded_class import run

COMMANDS = ["release", "grade", "feedback", "table"]


@pytest.fixture
def course(monkeypatch):
    """Call the command in a folder; a function of the folder and its arguments."""

    def call(folder, *arguments):
        monkeypatch.chdir(folder)
        return CliRunner().invoke(app, arguments)

    return call


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example(course, tmp_path, command):
    shown = course(tmp_path, command, "--help")
    assert shown.exit_code == 0
    assert f"course {command}" in shown.output.split("Example:")[1]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_that_is_no_course_is_one_sentence(course, tmp_path, command):
    failed = course(tmp_path, command)
    assert failed.exit_code == 1
    assert failed.stderr.count("\n") == 1
    assert "nbgrader_config.py" in failed.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["grade"], "There is no folder"),
        (["feedback"], "There is no folder"),
        (["table"], "There is no gradebook"),
        (["release", "ps9"], "ps9"),
    ],
)
def test_what_is_missing_is_one_sentence(course, tmp_path, arguments, sentence):
    write_foreign_course(tmp_path)
    failed = course(tmp_path, *arguments)
    assert failed.exit_code == 1
    assert failed.stderr.count("\n") == 1
    assert sentence in failed.stderr


def test_the_table_is_shown_and_written(course, graded_class, tmp_path):
    shown = course(graded_class.root, "table", "--csv", str(tmp_path / "scores.csv"))
    assert shown.exit_code == 0
    assert "list left unchanged" in shown.stdout
    assert (tmp_path / "scores.csv").exists()
    failed = course(graded_class.root, "table", "--csv", str(tmp_path / "no" / "scores.csv"))
    assert failed.exit_code == 1
    assert failed.stderr.endswith("No such file or directory.\n")


def test_grading_reports_each_submission_and_what_failed(graded_class, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(graded_class.root, root)
    command = "course", "grade", "--lesson", "ps1", "-s", "renames", "-s", "deletes"
    done = run(root, *command)  # a copy of a course counts as handed in again
    assert "deletes, ps1: 10 of 13 points" in done.stdout
    assert "s). Repaired: Missing, and put back: check_mean, hidden_mean" in done.stdout
    done = run(root, *command)
    assert "2 of 2: " in done.stdout
    assert "deletes, ps1: unchanged, 10 of 13 points" in done.stdout
    assert "0 graded, 1 unchanged." in done.stdout
    why = "no notebook has the file name that the lesson gave it"
    assert f"Not graded: renames, ps1: {why}." in done.stdout
    assert done.stderr == ""
