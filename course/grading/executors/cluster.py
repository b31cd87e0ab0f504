"""The executor of a cluster: the workers of a Dask scheduler.

Each Dask worker gets a pool of its own, whose warm processes are programs started anew, not forks
of a worker with threads. What reaches a worker is jobs: no gradebook, no secret of the course, no
password.
"""

import contextlib
import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError, Future
from functools import partial
from typing import Any
from uuid import uuid4

from distributed import Client, Security, WorkerPlugin, get_worker
from distributed.comm.core import CommClosedError

from course.grading.examiner.job import Job, Result
from course.grading.examiner.settings import Settings
from course.grading.executors.engine import MOST_TRIES
from course.grading.executors.pool import Pool
from course.grading.folder import CourseError
from course.grading.results import environment

SECONDS_TO_CONNECT = 30


class OtherPackages(Exception):
    """A worker could come to other results."""


class Examining(WorkerPlugin):
    """Lets a Dask worker examine: one submission at a time for each of its threads.

    settings, references : see Engine
    raises OtherPackages where its results would not be those of the machine that asks
    """

    idempotent = False

    def __init__(self, settings: Settings, references: Mapping[str, Job]) -> None:
        self.name = f"course-examiner-{uuid4().hex}"  # runs of several courses may share workers
        self._made_with = settings, dict(references)
        self._environment = environment()
        self.pool: Pool | None = None

    def setup(self, worker: Any) -> None:
        if environment() != self._environment:
            raise OtherPackages(f"{worker.address} has other versions of Python's packages than")
        self.pool = Pool(*self._made_with, worker.state.nthreads)

    def teardown(self, worker: Any) -> None:
        if self.pool is not None:
            self.pool.close()


def examine_there(name: str, lesson: str, job: Job) -> Result:
    """Runs in a Dask worker, which has the plugin of this name."""
    plugin: Any = get_worker().plugins[name]
    pool: Pool = plugin.pool
    return pool.submit(lesson, job).result()


class Cluster:
    """An Executor on the workers of a scheduler.

    address : such as tcp://10.0.0.1:8786, or tls://… with Dask's own configuration for TLS
    raises CourseError if nobody answers there
    """

    def __init__(self, address: str, settings: Settings, references: Mapping[str, Job]) -> None:
        # What matters is raised here, in a sentence.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        try:
            security = Security()  # from Dask's configuration
            if problem := _tls_problem(address, security):
                raise CourseError(f"{address} {problem} (docs/dask.md).")
            self._client = Client(
                address, timeout=SECONDS_TO_CONNECT, security=security, set_as_default=False
            )
        except (OSError, ValueError) as error:
            raise CourseError(f"No Dask scheduler answers at {address}: {error}.") from error
        self._executor = self._client.get_executor(pure=False, retries=MOST_TRIES - 1)
        examining = Examining(settings, references)
        self._name = examining.name
        try:
            with _in_words():
                self._client.register_plugin(examining)
        except OtherPackages as error:
            self.close()
            raise CourseError(f"{error} there are here: install the same ones on both.") from error

    @property
    def at_once(self) -> int:
        """How many threads the workers have together, as of now; raises what `submit` raises."""
        with _in_words():
            threads: Mapping[str, int] = self._client.nthreads()
        return max(1, sum(threads.values()))

    def submit(self, lesson: str, job: Job) -> "Future[Result]":
        """Examine a job on some worker, and on another one if that is lost.

        raises OSError, at once or in the future, if the scheduler is lost
        """
        told: Future[Result] = Future()
        with _in_words():
            future = self._executor.submit(examine_there, self._name, lesson, job)
        future.add_done_callback(partial(_tell, told))
        return told

    def close(self) -> None:
        """Forget what has not begun, and leave the workers as they were."""
        with contextlib.suppress(OSError):  # the scheduler was lost, and with it what is to end
            self._executor.shutdown(wait=False)
            self._client.unregister_worker_plugin(self._name)
        self._client.close()


def _tell(told: "Future[Result]", future: "Future[Result]") -> None:
    """Pass on what came of an examination."""
    try:
        with _in_words():
            told.set_result(future.result())
    except Exception as error:
        told.set_exception(error)


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    """Say what it means if Dask's client cannot go on: nothing can be examined any more."""
    try:
        yield
    except (CancelledError, CommClosedError) as error:
        raise OSError("the scheduler was lost") from error


def _tls_problem(address: str, security: Security) -> str | None:
    """What is wrong with the configuration; Dask itself says it late and with a traceback."""
    found = security.get_connection_args("client")
    is_tls = address.startswith("tls://")
    if is_tls and found["ssl_context"] is None:
        return "needs a certificate: name its files in Dask's configuration"
    if found["require_encryption"] and not is_tls:
        return "is not encrypted, but Dask's configuration requires it: use a tls:// address"
    return None
