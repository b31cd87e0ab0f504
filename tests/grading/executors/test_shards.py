"""Shards carry examinations to any machine, and bring home what a pool would have found."""

import shutil

import pytest
from typer.testing import CliRunner

from course.cli import app
from course.grading.examiner.examiner import TesterLost as Lost
from course.grading.executors import shards
from course.grading.executors.engine import Engine
from course.grading.executors.shards import ShardError, collect_results, run_shard
from course.grading.grade import grade
from course.grading.hand_out import hand_out
from course.grading.results import FOLDER, Results
from tests.small_class import course as course
from tests.small_class import examinations as examinations
from tests.small_class import left_by_grading
from tests.small_class import small_class as small_class

JOBS = 6  # three of ps1, two of ana's pair, one of ben's
PASSWORD = "swordfish"
CONFIG = f"""
c.Examine.secret = "a secret that no shard may hold"
c.CourseDirectory.student_id_exclude = "{PASSWORD}"
"""


@pytest.fixture(scope="module")
def written(small_class, tmp_path_factory):
    """A course without results, and its shards, not run yet; read only."""
    root = tmp_path_factory.mktemp("shards")
    shutil.copytree(small_class, root / "course")
    shutil.rmtree(root / "course" / ".course")
    assert hand_out(root / "course", root / "shards", 4) == 2
    return root


@pytest.fixture
def folder(written, tmp_path):
    shutil.copytree(written / "shards", tmp_path / "shards")
    return tmp_path / "shards"


def test_shards_bring_home_what_a_pool_finds(written, folder, small_class, examinations, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(written / "course", root)
    before = left_by_grading(small_class)
    run = run_shard(folder / "0.shard", 1)
    assert next(run)[1]
    run.close()  # interrupted
    again = [is_new for _, is_new in run_shard(folder / "0.shard", 1)]
    assert sorted(again) == [False, True, True, True]
    assert [is_new for _, is_new in run_shard(folder / "1.shard", 1)] == [True, True]
    examinations.clear()
    for number, size in enumerate((4, 2)):
        assert [is_new for _, is_new in run_shard(folder / f"{number}.shard", 1)] == [False] * size
    assert collect_results(folder, root / FOLDER) == JOBS
    assert {receipt.status for receipt in grade(root)} == {"graded"}
    assert examinations == []
    assert left_by_grading(root) == before
    assert hand_out(root, tmp_path / "no more", 4) == 0


def test_a_shard_holds_neither_the_secret_nor_the_gradebook(small_class, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(small_class, root)
    with (root / "nbgrader_config.py").open("a") as file:
        file.write(CONFIG)
    assert hand_out(root, tmp_path / "shards", 100) == 1
    data = (tmp_path / "shards" / "0.shard").read_bytes()
    assert b"assert" in data  # it does hold the tests
    for hidden in ("a secret that", PASSWORD, "gradebook", "sqlite", str(root), "ana", "cleo"):
        assert hidden.encode() not in data, hidden


def test_a_truncated_shard_is_refused_in_one_sentence(folder, monkeypatch):
    monkeypatch.setattr(Engine, "examine", lambda *_: pytest.fail("examined"))
    path = folder / "1.shard"
    whole = path.read_bytes()
    head = 8 + int.from_bytes(whole[:8], "big")
    for length in (0, 5, 8, 100, head - 1, head, head + 50):
        path.write_bytes(whole[:length])
        with pytest.raises(ShardError, match=r"1.shard [^.]*\.?[^.]*write it again\.$"):
            list(run_shard(path, 1))


def test_a_shard_that_lost_its_end_is_refused_though_its_jobs_are_whole(folder, monkeypatch):
    monkeypatch.setattr(shards.Pool, "submit", lambda *_: pytest.fail("examined"))
    path = folder / "1.shard"
    parts = list(shards._read(path))
    keys = [part["key"] for part in parts if "key" in part]
    for key in keys:
        Results(folder / "results").put(key, shards.Result([]))
    assert [key for key, _ in run_shard(path, 1)] == keys
    end = 8 + len(shards.CODEC.pack(shards.END))
    path.write_bytes(path.read_bytes()[:-end])
    with pytest.raises(ShardError, match="ends too early: write it again"):
        list(run_shard(path, 1))


FOREIGN = [
    b"PK\x03\x04 and so on, as a zip file begins",
    b"\x00" * 100,
    b"\xff" * 100,
    (5).to_bytes(8, "big") + b"hello",
    (1 << 40).to_bytes(8, "big") + b"as long as that?",
]


@pytest.mark.parametrize("data", FOREIGN)
def test_a_foreign_file_is_refused_in_one_sentence(tmp_path, monkeypatch, data):
    (tmp_path / "0.shard").write_bytes(data)
    done = CliRunner().invoke(app, ["shard", "run", str(tmp_path), "0"])
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith("write it again.\n")


def test_a_shard_that_other_packages_wrote_is_refused(folder, monkeypatch):
    monkeypatch.setattr(shards, "environment", lambda: "others")
    with pytest.raises(ShardError, match="other versions of Python's packages than there are here"):
        list(run_shard(folder / "0.shard", 1))


def test_what_could_not_be_examined_is_said_and_the_rest_is_kept(folder, monkeypatch):
    def lost(engine, lesson, job):
        if lesson == "ps1/ps1":
            raise Lost("the process that examines ended")
        return shards.Result([])

    monkeypatch.setattr(Engine, "examine", lost)
    done = []
    with pytest.raises(ShardError, match=r"^\d could not be examined \(the process that examines"):
        done += [part for number in (0, 1) for part in run_shard(folder / f"{number}.shard", 1)]
    assert len(list((folder / "results").glob("*/*.json"))) >= len(done)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "{}", "7"], "There is no shard"),
        (["collect", "{}"], "holds no results: run its shards first"),
        (["write", "{}"], "holds shards already: name a new folder"),
    ],
)
def test_the_command_says_what_is_missing(written, monkeypatch, arguments, sentence):
    monkeypatch.chdir(written / "course")
    folder = str(written / "shards")
    done = CliRunner().invoke(app, ["shard", *(part.format(folder) for part in arguments)])
    assert done.exit_code == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
