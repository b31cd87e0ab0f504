"""The workers of a Dask scheduler find what a pool finds, also if some of them are lost."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from distributed import Client, LocalCluster

from course.grading.examiner.settings import Settings
from course.grading.executors import cluster as cluster_module
from course.grading.executors.cluster import Cluster
from course.grading.folder import CourseError
from course.grading.grade import grade
from tests.grading.executors.test_pool import job, value
from tests.grading.processes import wait_until
from tests.small_class import course as course
from tests.small_class import examinations as examinations
from tests.small_class import left_by_grading
from tests.small_class import small_class as small_class


@pytest.fixture(scope="module")
def scheduler():
    """The address of a scheduler with two workers, each a process."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as there:
        yield there.scheduler_address


def test_a_class_graded_on_a_cluster_has_the_same_points(
    scheduler, course, small_class, examinations
):
    shutil.rmtree(course / ".course")
    receipts = list(grade(course, scheduler=scheduler))
    assert {receipt.status for receipt in receipts} == {"graded"}
    assert examinations == []  # in this process
    assert left_by_grading(course) == left_by_grading(small_class)


def test_a_worker_that_is_killed_in_the_middle_does_no_harm(scheduler):
    there = Cluster(scheduler, Settings(), {})
    try:
        assert there.at_once == 2
        slow = [there.submit("a", job(f"import time\ntime.sleep(1)\n{n}")) for n in range(4)]
        with Client(scheduler, set_as_default=False) as client:
            lost, *_ = client.run(os.getpid).values()
        os.kill(lost, signal.SIGKILL)
        assert [value(future.result(120)) for future in slow] == ["0", "1", "2", "3"]
    finally:
        there.close()


def test_two_runs_at_a_time_keep_their_settings_apart(scheduler):
    both = [Cluster(scheduler, Settings(environment=(("WHO", who),)), {}) for who in "ab"]
    try:
        asked = [there.submit("a", job("import os\nos.environ['WHO']")) for there in both]
        assert [value(future.result(120)) for future in asked] == ["'a'", "'b'"]
        both[0].close()
        asked = both[1].submit("a", job("import os\nos.environ['WHO'] * 2"))
        assert value(asked.result(120)) == "'bb'"
    finally:
        both[1].close()


def test_a_worker_with_other_packages_is_refused_in_one_sentence(scheduler, monkeypatch):
    monkeypatch.setattr(cluster_module, "environment", lambda: "others")  # here, not there
    with pytest.raises(CourseError, match=r"^tcp://.* has other versions .* on both\.$"):
        Cluster(scheduler, Settings(), {})


@contextlib.contextmanager
def scheduler_of_its_own(folder):
    """A scheduler and a worker, as two commands start them; gives its address and its process."""
    file, dask = folder / "scheduler.json", Path(sys.executable).with_name("dask")
    here = ["--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0"]
    with contextlib.ExitStack() as stack:
        for arguments in (
            ["scheduler", "--port", "0", *here],
            ["worker", "--nworkers", "1", "--nthreads", "1", "--no-dashboard"],
        ):
            command = [dask, *arguments, "--scheduler-file", file]
            process = stack.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
            stack.callback(process.kill)
            if "scheduler" in arguments:
                scheduler = process
                wait_until(file.exists)
        yield json.loads(file.read_text())["address"], scheduler


def test_a_scheduler_that_is_lost_in_the_middle_loses_nothing(
    course, small_class, tmp_path, monkeypatch
):
    monkeypatch.setattr(cluster_module, "SECONDS_TO_CONNECT", 5)
    shutil.rmtree(course / ".course")
    with scheduler_of_its_own(tmp_path) as (address, scheduler):
        receipts = grade(course, scheduler=address)
        next(receipts)
        scheduler.kill()
        with pytest.raises(CourseError, match=r"the scheduler was lost; what was graded until"):
            list(receipts)
    assert {receipt.status for receipt in grade(course)} == {"graded", "unchanged"}
    assert left_by_grading(course) == left_by_grading(small_class)


def test_a_scheduler_that_does_not_answer_is_one_sentence(course, monkeypatch):
    monkeypatch.setattr(cluster_module, "SECONDS_TO_CONNECT", 1)
    with pytest.raises(CourseError, match=r"^No Dask scheduler answers at tcp://127.0.0.1:1: .*$"):
        list(grade(course, scheduler="tcp://127.0.0.1:1"))
