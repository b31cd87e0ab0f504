"""Examines the jobs of a course one after the other, in this process and those that it starts."""

import time
from collections.abc import Mapping
from pathlib import Path

from course.grading.examiner.examiner import CannotStart, Examiner, TesterLost
from course.grading.examiner.job import Job, Result
from course.grading.examiner.settings import Settings


class Engine:
    """Keeps an examiner warm, and starts it anew when it is lost.

    settings : what the examiner is made with
    references : by lesson the job of its solution, from which it is learned what to import
    """

    def __init__(self, settings: Settings, references: Mapping[str, Job]) -> None:
        self._settings = settings
        self._references = dict(references)
        self._examiner: Examiner | None = None
        self._learned: set[str] = set()

    def teach(self, lesson: str, reference: Job) -> None:
        """Say what the solution of a lesson is; the first time counts."""
        self._references.setdefault(lesson, reference)

    def examine(self, lesson: str, job: Job) -> Result:
        """Examine one job.

        raises CannotIsolate, CannotStart or TesterLost if that fails twice: no student's fault
        """
        try:
            return self._examine(lesson, job)
        except (CannotStart, TesterLost):
            self.close()
            return self._examine(lesson, job)

    def close(self) -> None:
        """End the warm processes."""
        if self._examiner is not None:
            self._examiner.close()
        self._examiner = None
        self._learned.clear()

    def _examine(self, lesson: str, job: Job) -> Result:
        examiner = self._warm()
        if lesson not in self._learned:
            self._learned.add(lesson)
            if lesson in self._references:
                examiner.learn(self._references[lesson])
        started = time.monotonic()
        result = examiner.examine(job)
        result.seconds = time.monotonic() - started
        return result

    def _warm(self) -> Examiner:
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
