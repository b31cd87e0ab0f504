"""Examines the jobs of a course, for any number of threads, on one pair of warm processes."""

import threading
import time
from collections.abc import Mapping
from pathlib import Path

from course.grading.examiner.examiner import CannotStart, Examiner, TesterLost
from course.grading.examiner.job import Job, Result
from course.grading.examiner.settings import Settings

MOST_TRIES = 3
"""So often a job is examined if a process of ours is lost; a student's failure is a result."""


class EngineClosed(Exception):
    """Nobody waits for the result any more."""


class Engine:
    """Keeps an examiner warm, and starts it anew when it is lost.

    settings : what the examiner is made with
    references : by lesson the job of its solution, from which it is learned what to import
    """

    def __init__(self, settings: Settings, references: Mapping[str, Job]) -> None:
        self._settings = settings
        self._references = dict(references)
        self._turn = threading.Lock()  # of whoever changes what is below
        self._examiner: Examiner | None = None
        self._learned: set[str] = set()
        self._is_closed = False

    def teach(self, lesson: str, reference: Job) -> None:
        """Say what the solution of a lesson is; the first time counts."""
        self._references.setdefault(lesson, reference)

    def examine(self, lesson: str, job: Job) -> Result:
        """Examine one job.

        raises CannotIsolate, CannotStart or TesterLost if that fails every time: no student's
            fault; EngineClosed if it is closed meanwhile
        """
        for _ in range(MOST_TRIES - 1):
            try:
                return self._examine(lesson, job)
            except (CannotStart, TesterLost):
                continue
        return self._examine(lesson, job)

    def close(self) -> None:
        """End the warm processes for good, and with them what is being examined."""
        self._is_closed = True
        if (examiner := self._examiner) is not None:
            examiner.close()  # also if somebody learns from it just now
        with self._turn:
            self._forget(self._examiner)

    def _examine(self, lesson: str, job: Job) -> Result:
        examiner = None
        try:
            with self._turn:
                examiner = self._warm()
                self._learn(examiner, lesson)
            started = time.monotonic()
            result = examiner.examine(job)
            result.seconds = time.monotonic() - started
            return result
        except (CannotStart, TesterLost) as error:
            with self._turn:
                if self._is_closed:
                    raise EngineClosed("the grader ends") from error
                if isinstance(error, CannotStart) or not (examiner and examiner.is_alive):
                    self._forget(examiner)
            raise

    def _warm(self) -> Examiner:
        if self._is_closed:
            raise EngineClosed("the grader ends")
        if self._examiner is None:
            settings = self._settings
            self._examiner = Examiner(
                carriers=settings.carriers,
                limits=settings.limits,
                total_seconds=settings.total_seconds,
                readable=[Path(path) for path in settings.readable],
                withheld=settings.withheld,
                environment=dict(settings.environment),
                isolate=settings.isolate,
            )
        return self._examiner

    def _learn(self, examiner: Examiner, lesson: str) -> None:
        if lesson in self._references and lesson not in self._learned:
            self._learned.add(lesson)
            examiner.learn(self._references[lesson])

    def _forget(self, examiner: Examiner | None) -> None:
        """Part with an examiner, unless another thread has done so."""
        if examiner is not None and examiner is self._examiner:
            examiner.close()
            self._examiner = None
            self._learned.clear()
