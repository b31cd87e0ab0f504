"""The executor of one machine: a worker for each core."""

import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Protocol

from course.grading.examiner.job import Job, Result
from course.grading.examiner.settings import Settings
from course.grading.executors.worker import Worker, WorkerLost

MOST_TRIES = 3
"""So often a job is examined if the worker is lost meanwhile; a student's failure is a result."""


class Executor(Protocol):
    """Examines jobs somewhere."""

    @property
    def at_once(self) -> int:
        """How many it examines at a time; somewhat more should be given to it."""

    def submit(self, lesson: str, job: Job) -> "Future[Result]":
        """Begin to examine a job."""

    def close(self) -> None:
        """End; what has not begun does not begin."""


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Pool:
    """Workers, each in a process of its own with its own warm processes.

    settings, references : see Engine
    count : of workers; by default one for each core that this process may use
    """

    def __init__(
        self, settings: Settings, references: Mapping[str, Job], count: int | None = None
    ) -> None:
        self.at_once = count or cores()
        self.workers = [Worker(settings, references) for _ in range(self.at_once)]
        self._threads = ThreadPoolExecutor(self.at_once, thread_name_prefix="examine")
        self._idle: SimpleQueue[Worker] = SimpleQueue()
        for worker in self.workers:
            self._idle.put(worker)

    def submit(self, lesson: str, job: Job) -> "Future[Result]":
        """Examine a job on the next idle worker; raises WorkerLost if it is lost every time."""
        return self._threads.submit(self._examine, lesson, job)

    def close(self) -> None:
        """End the workers, also those that are busy: nobody asks for their results any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self.workers:
            worker.give_up()
        self._threads.shutdown()
        for worker in self.workers:
            worker.stop()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def _examine(self, lesson: str, job: Job) -> Result:
        worker = self._idle.get()
        try:
            for _ in range(MOST_TRIES - 1):
                try:
                    return worker.examine(lesson, job)
                except WorkerLost:
                    continue
            return worker.examine(lesson, job)
        finally:
            self._idle.put(worker)
