"""The executor of one machine: as many examinations at a time as it has cores."""

import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Protocol

from course.grading.examiner.job import Job, Result
from course.grading.examiner.settings import Settings
from course.grading.executors.engine import Engine


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
    """Threads, each of which waits for an examination; the work is done in processes of theirs.

    settings, references : see Engine
    count : of threads; by default one for each core that this process may use
    """

    def __init__(
        self, settings: Settings, references: Mapping[str, Job], count: int | None = None
    ) -> None:
        self.at_once = count or cores()
        self._engine = Engine(settings, references)
        # The engine's processes end with the thread that started them, and these threads last.
        self._threads = ThreadPoolExecutor(self.at_once, thread_name_prefix="examine")

    def submit(self, lesson: str, job: Job) -> "Future[Result]":
        """Examine a job as soon as a thread is idle; see `Engine.examine` for what it raises."""
        return self._threads.submit(self._engine.examine, lesson, job)

    def close(self) -> None:
        """End, also what is being examined: nobody asks for the results any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._engine.close()
        self._threads.shutdown()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()
