"""Workers examine side by side; losing one of them costs time and nothing else."""

import os
import signal
import time

import pytest

from course.grading.examiner.job import Job, JobCell
from course.grading.examiner.settings import Settings
from course.grading.executors.pool import MOST_TRIES, Pool
from course.grading.executors.worker import Worker, WorkerLost
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


def test_a_worker_that_is_killed_in_the_middle_costs_no_result(pool):
    slow = [pool.submit("lesson", job(f"import time\ntime.sleep(1)\n{n}")) for n in range(4)]
    wait_until(lambda: pool.workers[0].pid and len(below(pool.workers[0].pid)) > 2)
    lost = pool.workers[0].pid
    started = below(lost)
    os.kill(lost, signal.SIGKILL)
    assert [value(future.result()) for future in slow] == ["0", "1", "2", "3"]
    assert pool.workers[0].pid != lost
    wait_until(lambda: not any(map(is_alive, started)))


def test_a_worker_that_is_lost_every_time_is_said(monkeypatch):
    tries = []

    def lost(worker, *_):
        tries.append(worker)
        raise WorkerLost("gone")

    monkeypatch.setattr(Worker, "examine", lost)
    with Pool(SETTINGS, {}, 1) as pool, pytest.raises(WorkerLost, match="gone"):
        pool.submit("lesson", job("1")).result()
    assert len(tries) == MOST_TRIES


def test_what_an_examiner_cannot_do_is_told_by_the_one_that_asked():
    with Pool(Settings(carriers=("no.such.Carrier",)), {}, 1) as pool:
        with pytest.raises(Exception, match="no"):
            pool.submit("lesson", job("1")).result()
        assert is_alive(pool.workers[0].pid)


def test_a_pool_that_is_closed_waits_for_nobody():
    with Pool(SETTINGS, {}, 1) as pool:
        assert value(pool.submit("lesson", job("1")).result()) == "1"
        endless = pool.submit("lesson", job("import time\ntime.sleep(100)", cell_seconds=100.0))
        never_begun = pool.submit("lesson", job("2"))
        wait_until(endless.running)
        time.sleep(0.2)
        process = pool.workers[0].pid
        started = [process, *below(process)]
        began = time.monotonic()
    assert time.monotonic() - began < 30
    assert never_begun.cancelled()
    with pytest.raises(WorkerLost):
        endless.result()
    wait_until(lambda: not any(map(is_alive, started)))


@pytest.mark.parametrize("isolate", [True, False])
def test_an_idle_pool_leaves_no_process_and_no_folder(tmp_path, monkeypatch, isolate):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with Pool(Settings(isolate=isolate), {}, 1) as pool:
        pool.submit("lesson", job("1")).result()
        process = pool.workers[0].pid
        started = [process, *below(process)]
        assert len(started) > 2
    assert not is_alive(process)
    wait_until(lambda: not any(map(is_alive, started)))
    assert list(tmp_path.iterdir()) == []
