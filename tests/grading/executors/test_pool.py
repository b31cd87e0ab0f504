"""Jobs are examined side by side; a process of ours that is lost costs time and nothing else."""

import os
import signal
import tempfile
import time

import pytest

from course.grading.examiner.examiner import Examiner
from course.grading.examiner.examiner import TesterLost as Lost
from course.grading.examiner.job import Job, JobCell, Result
from course.grading.examiner.settings import Settings
from course.grading.executors.engine import MOST_TRIES, EngineClosed
from course.grading.executors.pool import Pool
from tests.grading.processes import below, is_alive, wait_until

SETTINGS = Settings()
DRAW = "import random\nrandom.random()"


def job(source, **about):
    return Job((JobCell("own", source),), **{"draw_key": "of the tests", **about})


def value(result):
    """What the only cell shows."""
    (output,) = result.outputs[0]
    return output["data"]["text/plain"]


@pytest.fixture(scope="module")
def pool():
    with Pool(SETTINGS, {}, 2) as pool:
        yield pool


def test_jobs_are_examined_each_with_its_own_result(pool):
    futures = [pool.submit("lesson", job(f"{n} * {n}")) for n in range(7)]
    assert [value(future.result()) for future in futures] == [str(n * n) for n in range(7)]


def test_the_same_job_has_the_same_result_wherever_it_is_examined(pool):
    futures = [pool.submit("lesson", job(DRAW, seed=3)) for _ in range(4)]
    assert len({value(future.result()) for future in futures}) == 1
    assert value(pool.submit("lesson", job(DRAW, seed=4)).result()) != value(futures[0].result())


@pytest.mark.parametrize("role", ["students", "testers"])
@pytest.mark.parametrize("place", ["the wall", "inside of it", "who waits", "the warm process"])
def test_whatever_is_killed_in_the_middle_costs_no_result(pool, role, place):
    assert value(pool.submit("lesson", job("1")).result()) == "1"
    names = ["the wall", "inside of it", "who waits", "the warm process", "its fork"]
    slow = [pool.submit("lesson", job(f"import time\ntime.sleep(1)\n{n}")) for n in range(4)]
    wait_until(lambda: len(chain(pool, role)) >= len(names))
    lost = chain(pool, role)
    os.kill(dict(zip(names, lost, strict=False))[place], signal.SIGKILL)
    assert [value(future.result()) for future in slow] == ["0", "1", "2", "3"]
    wait_until(lambda: not any(map(is_alive, lost)))


def chain(pool, role):
    """The wall around a warm process, and all that stands behind it, from the outside on."""
    wall = getattr(pool._engine._examiner, f"_{role}")._process.pid
    return [wall, *below(wall)]


def test_an_examination_that_is_lost_does_not_disturb_the_others(pool, monkeypatch):
    pool.submit("lesson", job("1")).result()
    before, examine, tries = chain(pool, "students")[0], Examiner.examine, []

    def lost_at_first(examiner, job):
        tries.append(job)
        if len(tries) < MOST_TRIES:
            raise Lost("gone")
        return examine(examiner, job)

    monkeypatch.setattr(Examiner, "examine", lost_at_first)
    assert value(pool.submit("lesson", job("2")).result()) == "2"
    assert len(tries) == MOST_TRIES
    assert chain(pool, "students")[0] == before


def test_what_is_lost_every_time_is_said(monkeypatch):
    tries = []

    def lost(examiner, job):
        tries.append(job)
        raise Lost("gone")

    monkeypatch.setattr(Examiner, "examine", lost)
    with Pool(SETTINGS, {}, 1) as pool, pytest.raises(Lost, match="gone"):
        pool.submit("lesson", job("1")).result()
    assert len(tries) == MOST_TRIES


def test_a_lesson_is_learned_once_however_many_wait_for_it(monkeypatch):
    learned = []
    monkeypatch.setattr(Examiner, "learn", lambda _, job: learned.append(job) or Result([]))
    with Pool(SETTINGS, {"lesson": job("0")}, 3) as pool:
        futures = [pool.submit("lesson", job(f"{n}")) for n in range(6)]
        assert [value(future.result()) for future in futures] == [str(n) for n in range(6)]
    assert learned == [job("0")]


def test_what_an_examiner_cannot_do_is_told_by_the_one_that_asked():
    with (
        Pool(Settings(carriers=("no.such.Carrier",)), {}, 1) as pool,
        pytest.raises(Exception, match="no"),
    ):
        pool.submit("lesson", job("1")).result()


@pytest.mark.parametrize("isolate", [True, False])
def test_a_pool_that_is_closed_waits_for_nobody(isolate):
    before = below(os.getpid())
    with Pool(Settings(isolate=isolate), {}, 1) as pool:
        assert value(pool.submit("lesson", job("1")).result()) == "1"
        endless = pool.submit("lesson", job("import time\ntime.sleep(100)", cell_seconds=100.0))
        never_begun = pool.submit("lesson", job("2"))
        wait_until(endless.running)
        time.sleep(0.2)
        started = {*below(os.getpid())}.difference(before)
        began = time.monotonic()
    assert time.monotonic() - began < 30
    assert never_begun.cancelled()
    with pytest.raises(EngineClosed):
        endless.result()
    assert started
    wait_until(lambda: not any(map(is_alive, started)))


@pytest.mark.parametrize("isolate", [True, False])
def test_an_idle_pool_leaves_no_process_and_no_folder(tmp_path, monkeypatch, isolate):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)  # else the folder is remembered
    before = below(os.getpid())
    with Pool(Settings(isolate=isolate), {}, 1) as pool:
        pool.submit("lesson", job("1")).result()
        started = {*below(os.getpid())}.difference(before)
        assert len(started) >= 2
    wait_until(lambda: not any(map(is_alive, started)))
    assert list(tmp_path.iterdir()) == []
