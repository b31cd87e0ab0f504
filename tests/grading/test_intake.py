"""What is let in: plain files of the submission, and nothing else; the rest is said."""

import contextlib
import json
import os
import socket
from datetime import UTC, datetime

import pytest

from course.grading.intake import Intake, Refused, id_problem, shown
from tests.grading.rebuilt import CELLS

SECRET = "what is not the student's"
CELL = {"cell_type": "code", "source": "x = 1", "metadata": {}}


def notebook(*names):
    cells = [{**CELL, "metadata": {"nbgrader": {"grade_id": name}}} for name in names]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


@pytest.fixture
def submission(tmp_path):
    """submitted/ana/ps1 with its notebook, beside a secret."""
    (tmp_path / "secret.ipynb").write_text(SECRET)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text(SECRET)
    folder = tmp_path / "submitted" / "ana" / "ps1"
    folder.mkdir(parents=True)
    (folder / "ps1.ipynb").write_text(notebook("mean"))
    return folder


@pytest.fixture
def take_in(submission, tmp_path):
    def call(folder=submission, lesson=CELLS, **limits):
        copy = tmp_path / "copy"
        taken = Intake(**limits).take_in(folder, tmp_path / "submitted", copy, lesson)
        copied = {path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()}
        assert not any(SECRET in path.read_text() for path in copy.rglob("*") if path.is_file())
        assert not any(path.is_symlink() for path in copy.rglob("*"))
        return copied, taken

    return call


def link_to_a_file(folder):
    (folder / "notes.txt").symlink_to(folder.parents[2] / "secret.ipynb")


def link_to_a_folder(folder):
    (folder / "notes").symlink_to(folder.parents[2] / "outside")


def link_to_nothing(folder):
    (folder / "notes").symlink_to("nowhere")


def link_in_a_ring(folder):
    (folder / "notes").symlink_to(folder)


def pipe(folder):
    os.mkfifo(folder / "notes")


def listen(folder):
    # The path of a socket may be 108 characters long.
    with contextlib.chdir(folder), socket.socket(socket.AF_UNIX) as opened:
        opened.bind("notes")


def name(text):
    return lambda folder: (folder / text).write_text("a")


def folder_in_folder(folder):
    deep = folder / "/".join("abcdefghijkl")
    deep.mkdir(parents=True)
    (deep / "notes").write_text("a")


@pytest.mark.parametrize(
    ("add", "words"),
    [
        (link_to_a_file, "notes.txt is a link, which is not followed: it was left out."),
        (link_to_a_folder, "notes is a link"),
        (link_to_nothing, "notes is a link"),
        (link_in_a_ring, "notes is a link"),
        (pipe, "notes is a pipe and no file: it was left out."),
        (listen, "notes is a socket and no file"),
        (name("-rf"), "-rf has a name that could be taken for something else"),
        (name("notes\u202etxt.exe"), "notes?txt.exe has a name"),
        (name("bell\x07"), "bell? has a name"),
        (name("up\\down"), "up\\down has a name"),
        (folder_in_folder, "more than 8 deep"),
    ],
)
def test_what_is_no_plain_file_is_left_out_and_said(submission, take_in, add, words):
    add(submission)
    copied, taken = take_in()
    assert copied == {"ps1.ipynb", "timestamp.txt"}
    assert words in " ".join(taken.repairs)
    assert len(taken.repairs) == 1


def test_a_device_is_left_out(submission, take_in):
    if os.geteuid() != 0:
        pytest.skip("only root can make a device")
    try:
        os.mknod(submission / "null", 0o20666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("no devices can be made here")
    assert take_in()[1].repairs == ["null is a device and no file: it was left out."]


def test_a_second_name_of_somebody_elses_file_is_left_out(submission, take_in, monkeypatch):
    (submission / "mine.txt").write_text("a")
    os.link(submission / "mine.txt", submission / "again.txt")
    assert take_in()[1].repairs == []  # one's own is harmless, and backups make them
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(submission / "mine.txt", 12345, -1)
    taken = Intake().take_in(
        submission, submission.parents[1], submission.parents[2] / "copy2", CELLS
    )
    assert "again.txt is a second name of somebody else's file" in taken.repairs[0]


def test_files_beside_the_notebook_come_along_and_those_of_programs_do_not(submission, take_in):
    for path in ("data/x.csv", ".git/config", ".DS_Store", "__pycache__/a.pyc", "Übung 1.txt"):
        (submission / path).parent.mkdir(exist_ok=True)
        (submission / path).write_text("a")
    (submission / ".ipynb_checkpoints").mkdir()
    (submission / ".ipynb_checkpoints" / "ps1-checkpoint.ipynb").write_text(notebook("mean"))
    copied, taken = take_in()
    assert copied == {"ps1.ipynb", "timestamp.txt", "data/x.csv", "Übung 1.txt"}
    assert taken.repairs == []


def test_a_large_file_is_left_out(submission, take_in):
    (submission / "big.bin").write_bytes(b"1" * 2000)
    copied, taken = take_in(max_file_size=1000)
    assert copied == {"ps1.ipynb", "timestamp.txt"}
    assert taken.repairs == ["big.bin is larger than 0.001 MB: it was left out."]


def test_of_too_many_files_the_notebook_comes_first(submission, take_in):
    for number in range(5):
        (submission / f"{number}.txt").write_text("1")
    copied, taken = take_in(max_files=4)
    assert copied == {"ps1.ipynb", "timestamp.txt", "0.txt", "1.txt", "2.txt"}
    assert taken.repairs == ["There are more than 4 files: the rest was left."]


def test_all_files_together_may_be_too_large(submission, take_in):
    (submission / "a.txt").write_text("1" * 600)
    (submission / "b.txt").write_text("1" * 600)
    copied, taken = take_in(max_submission_size=1000)
    assert copied == {"ps1.ipynb", "timestamp.txt", "a.txt"}
    assert taken.repairs == ["All files together are too large: b.txt was left out."]


@pytest.mark.parametrize("level", [0, 1])
def test_a_submission_that_is_a_link_is_refused(submission, take_in, level):
    folder = submission if level == 0 else submission.parent
    elsewhere = folder.rename(folder.parents[1 - level] / "elsewhere")
    folder.symlink_to(elsewhere)
    with pytest.raises(Refused, match="is a link, which is not followed"):
        take_in()


def test_a_notebook_that_is_a_link_leaves_nothing_to_grade(submission, take_in):
    (submission / "ps1.ipynb").unlink()
    (submission / "ps1.ipynb").symlink_to(submission.parents[2] / "secret.ipynb")
    with pytest.raises(Refused) as refused:
        take_in()
    assert str(refused.value) == (
        "there is no notebook in the folder. "
        "ps1.ipynb is a link, which is not followed: it was left out"
    )


@pytest.mark.parametrize(
    "name",
    ["ps1 (1).ipynb", "ps1-Copy1.ipynb", "PS1.ipynb", "Ana_17_file_ps1.ipynb", "sub/ps1.ipynb"],
)
def test_a_renamed_notebook_is_taken_for_what_it_is(submission, take_in, name):
    (submission / name).parent.mkdir(exist_ok=True)
    (submission / "ps1.ipynb").rename(submission / name)
    copied, taken = take_in()
    assert copied == {"ps1.ipynb", "timestamp.txt"}
    assert taken.repairs == [f"{name} was taken for ps1.ipynb, its name here."]
    assert (submission / name).exists()


def test_a_notebook_of_another_name_is_known_by_its_cells(submission, take_in):
    (submission / "ps1.ipynb").unlink()
    (submission / "homework.ipynb").write_text(notebook(*CELLS["ps1"]))
    assert take_in()[1].repairs == ["homework.ipynb was taken for ps1.ipynb, its name here."]


@pytest.mark.parametrize("names", [["mine.ipynb"], ["ps10.ipynb"], ["ps1a.ipynb"], ["ps1.py"], []])
def test_what_is_not_plainly_the_lessons_notebook_is_not_guessed(submission, take_in, names):
    (submission / "ps1.ipynb").unlink()
    for other in names:
        (submission / other).write_text(notebook("mean"))
    with pytest.raises(Refused, match="no notebook"):
        take_in()


def test_two_candidates_are_left_for_the_student_to_choose(submission, take_in):
    (submission / "ps1.ipynb").rename(submission / "ps1 (1).ipynb")
    (submission / "ps1 (2).ipynb").write_text(notebook("mean"))
    with pytest.raises(Refused, match=r"More than one file could be ps1.ipynb .*: keep one"):
        take_in()


def test_the_right_name_wins_over_its_copies(submission, take_in):
    (submission / "ps1-Copy1.ipynb").write_text(notebook())
    copied, taken = take_in()
    assert copied == {"ps1.ipynb", "timestamp.txt"}
    assert taken.repairs == []


JANUARY, MAY = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 5))


@pytest.mark.parametrize("claim", ["1999-01-01 00:00:00 UTC", "yesterday", "", "\x00\xff"])
def test_the_time_of_handing_in_is_not_what_the_submission_says(submission, take_in, claim):
    (submission / "timestamp.txt").write_text(claim)
    for path, time in (("ps1.ipynb", JANUARY), ("timestamp.txt", MAY)):
        os.utime(submission / path, (time.timestamp(), time.timestamp()))
    _, taken = take_in()
    assert taken.arrived == MAY
    said = "timestamp.txt says another time than the server: 2026-05-01 00:00 UTC counts."
    assert taken.repairs == [said]
    assert (submission / "timestamp.txt").read_text() == claim


def test_an_honest_timestamp_needs_no_word(submission, take_in, tmp_path):
    (submission / "timestamp.txt").write_text(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f} UTC")
    assert take_in()[1].repairs == []
    assert (tmp_path / "copy" / "timestamp.txt").read_text()[:10] == f"{datetime.now(UTC):%Y-%m-%d}"


def test_no_file_counts_as_written_after_it_came(submission, take_in):
    os.utime(submission / "ps1.ipynb", (4e9, 4e9))
    assert take_in()[1].arrived <= datetime.now(UTC)


def test_the_time_of_arrival_can_be_what_counts(submission, take_in):
    os.utime(submission / "ps1.ipynb", (0, 0))
    assert take_in(clock="ctime")[1].arrived > datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("student", ["ana", "a.b@uni.edu", "ana+1", "_x", "0017"])
def test_a_usual_student_id_is_one(student):
    assert id_problem(student) is None


@pytest.mark.parametrize("student", ["-rf", ".hidden", "a b", "<b>", "a\nb", "ana\u202e", "a[1]"])
def test_a_hostile_student_id_is_refused(student):
    assert "no student id" in id_problem(student)
    assert shown(student).isprintable()
    assert shown(student).isascii()
