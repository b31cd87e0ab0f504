"""The executor of a cluster: the workers of a Dask scheduler.

Each Dask worker gets a pool of its own, whose processes are started apart from the threads in which
Dask runs tasks. What reaches a worker is jobs: no gradebook, no secret of the course, no password.
"""

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from distributed import Client, WorkerPlugin, get_worker

from course.grading.examiner.job import Job, Result
from course.grading.examiner.settings import Settings
from course.grading.executors.pool import MOST_TRIES, Pool
from course.grading.folder import CourseError

NAME = "course-examiner"
SECONDS_TO_CONNECT = 30


class Examining(WorkerPlugin):
    """Lets a Dask worker examine: one process for each of its threads.

    settings, references : see Engine
    """

    name = NAME
    idempotent = False  # another run has other references

    def __init__(self, settings: Settings, references: Mapping[str, Job]) -> None:
        self._made_with = settings, dict(references)
        self.pool: Pool | None = None

    def setup(self, worker: Any) -> None:
        self.pool = Pool(*self._made_with, worker.state.nthreads)

    def teardown(self, worker: Any) -> None:
        if self.pool is not None:
            self.pool.close()


def examine_there(lesson: str, job: Job) -> Result:
    """Runs in a Dask worker."""
    plugin: Any = get_worker().plugins[NAME]
    pool: Pool = plugin.pool
    return pool.submit(lesson, job).result()


class Cluster:
    """An Executor on the workers of a scheduler.

    address : such as tcp://10.0.0.1:8786, or tls://… with Dask's own configuration for TLS
    raises CourseError if nobody answers there
    """

    def __init__(self, address: str, settings: Settings, references: Mapping[str, Job]) -> None:
        try:
            self._client = Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise CourseError(f"No Dask scheduler answers at {address}: {error}.") from error
        self._client.register_plugin(Examining(settings, references))
        self._executor = self._client.get_executor(pure=False, retries=MOST_TRIES - 1)

    @property
    def at_once(self) -> int:
        """How many threads the workers have together, as of now."""
        threads: Mapping[str, int] = self._client.nthreads()
        return max(1, sum(threads.values()))

    def submit(self, lesson: str, job: Job) -> "Future[Result]":
        """Examine a job on some worker, and on another one if that is lost."""
        future: Future[Result] = self._executor.submit(examine_there, lesson, job)
        return future

    def close(self) -> None:
        """Forget what has not begun, and leave the workers as they were."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._client.unregister_worker_plugin(NAME)
        self._client.close()
