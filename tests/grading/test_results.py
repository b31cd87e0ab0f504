"""A result is kept under all that it depends on, and is there as a whole or not at all."""

import errno
import json
import os
import threading
from dataclasses import fields, replace

import pytest

from course.grading import results
from course.grading.examiner.job import Job, JobCell, Result
from course.grading.examiner.settings import Settings
from course.grading.results import Results, key_of
from course.grading.sandbox.limits import Limits

CELLS = (JobCell("answer", "x = 1", "", ("x",)), JobCell("test", "", "assert x == 1"))
JOB = Job(CELLS, "key", 7, {"a.csv": b"1,2"}, {"b.csv": b"3,4"}, 30.0, False)
SETTINGS = Settings(("a.B",), Limits(), 300.0, ("/data",), ("course.c",), (("D", "1"),), True)

OTHER_CELLS = [
    (replace(CELLS[0], kind="own"), CELLS[1]),
    (replace(CELLS[0], source="x = 2"), CELLS[1]),
    (replace(CELLS[0], asks=("x", "y")), CELLS[1]),
    (CELLS[0], replace(CELLS[1], tests="assert x == 2")),
    CELLS[::-1],
    CELLS[:1],
]
OTHER_JOBS = {
    "cells": OTHER_CELLS,
    "draw_key": ["kez"],
    "seed": [8],
    "files": [{}, {"a.csv": b"1,3"}, {"b.csv": b"1,2"}],
    "test_files": [{}, {"b.csv": b"3,5"}],
    "cell_seconds": [31.0],
    "show_given": [True],
}
OTHER_SETTINGS = {
    "carriers": [(), ("a.C",)],
    "limits": [
        replace(Limits(), **{f.name: getattr(Limits(), f.name) + 1}) for f in fields(Limits)
    ],
    "total_seconds": [301.0],
    "readable": [(), ("/other",)],
    "withheld": [()],
    "environment": [(), (("D", "2"),)],
    "isolate": [False],
}

RESULT = Result(
    [[{"output_type": "stream", "name": "stdout", "text": "é\n"}], []], ["killed"], seconds=1.5
)


def test_every_part_of_a_job_and_of_the_settings_is_in_the_key():
    assert OTHER_JOBS.keys() == {field.name for field in fields(Job)}
    assert OTHER_SETTINGS.keys() == {field.name for field in fields(Settings)}
    keys = [key_of(JOB, SETTINGS)]
    keys += [
        key_of(replace(JOB, **{n: v}), SETTINGS) for n, all_ in OTHER_JOBS.items() for v in all_
    ]
    keys += [
        key_of(JOB, replace(SETTINGS, **{n: v})) for n, all_ in OTHER_SETTINGS.items() for v in all_
    ]
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 64 for key in keys)


def test_nothing_else_is_in_the_key():
    again = Job.from_plain(JOB.plain())
    settings = Settings.from_plain(json.loads(json.dumps(SETTINGS.plain())))
    assert key_of(again, settings) == key_of(JOB, SETTINGS)
    other_order = replace(JOB, files=dict(reversed(JOB.files.items())))
    assert key_of(other_order, SETTINGS) == key_of(JOB, SETTINGS)


def test_other_packages_make_another_key(monkeypatch):
    before = key_of(JOB, SETTINGS)
    monkeypatch.setattr(results, "environment", lambda: "another Python")
    assert key_of(JOB, SETTINGS) != before


@pytest.fixture
def kept(tmp_path):
    return Results(tmp_path / "results")


def file_of(tmp_path, key):
    return tmp_path / "results" / key[:2] / f"{key}.json"


def test_a_result_comes_back_as_it_was(kept):
    assert kept.get("ab12") is None
    assert "ab12" not in kept
    kept.put("ab12", replace(RESULT, modules=(["a"], ["b"])))
    assert kept.get("ab12") == RESULT
    assert "ab12" in kept
    assert kept.get("ab13") is None


GARBAGE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"outputs": [], "ended": []}',
    b'{"outputs": 5, "ended": [], "seconds": 1}',
    b'{"outputs": [5], "ended": [], "seconds": 1}',
    b'{"outputs": [[5]], "ended": [], "seconds": 1}',
    b'{"outputs": [], "ended": [1], "seconds": 1}',
    b'{"outputs": [], "ended": [], "seconds": "long"}',
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda data: data[:50].decode("latin-1"))
def test_what_is_no_result_is_none(kept, tmp_path, garbage):
    kept.put("ab12", RESULT)
    file_of(tmp_path, "ab12").write_bytes(garbage)
    assert kept.get("ab12") is None
    kept.put("ab12", RESULT)
    assert kept.get("ab12") == RESULT


def test_no_part_of_a_result_is_one(kept, tmp_path):
    kept.put("ab12", RESULT)
    path = file_of(tmp_path, "ab12")
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert kept.get("ab12") is None


def test_who_looks_while_it_is_written_sees_all_of_it(kept):
    large = replace(RESULT, outputs=[[{"output_type": "stream", "text": "x" * 1_000_000}]])
    kept.put("ab12", large)
    writers = [
        threading.Thread(target=lambda: [kept.put("ab12", large) for _ in range(20)])
        for _ in range(2)
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert kept.get("ab12") == large


def test_a_full_disk_leaves_what_was_there(kept, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    kept.put("ab12", RESULT)
    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(OSError, match="No space"):
        kept.put("ab12", replace(RESULT, seconds=9.0))
    monkeypatch.undo()
    assert kept.get("ab12") == RESULT
    assert [path.name for path in file_of(tmp_path, "ab12").parent.iterdir()] == ["ab12.json"]
