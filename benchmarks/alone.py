"""The cells of a job without an examiner: in one IPython shell of a warm process."""

import gc
import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from course.grading.examiner.job import Job

Cells = Sequence[tuple[str, bool]]
"""The text of each cell, and whether it shows something."""


class Alone:
    """A process of its own that runs the cells of jobs, everything in one namespace.

    environment : what stands in its environment beside this one's
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._ours, theirs = multiprocessing.Pipe()
        start = multiprocessing.get_context("spawn").Process
        self._process = start(target=_serve, args=(theirs, dict(environment)), daemon=True)
        self._process.start()
        theirs.close()

    def warm_up(self, job: Job) -> None:
        """Run all cells once: what they import and what Python learns of them stays.

        raises AssertionError, with the cell, if one of them fails
        """
        failed = self._ask("warm up", job)
        assert not failed, failed

    def in_a_fork(self, job: Job) -> float:
        """Seconds of processor time of the cells in a fork, which leaves nothing behind."""
        return self._ask("fork", job)

    def in_place(self, job: Job) -> float:
        """Seconds of processor time of the cells in the warm process itself, in a new namespace."""
        return self._ask("in place", job)

    def close(self) -> None:
        """End the process."""
        self._ours.close()
        self._process.join()

    def _ask(self, how: str, job: Job) -> Any:
        cells = [(c.tests if c.kind == "test" else c.source, c.kind != "given") for c in job.cells]
        self._ours.send((how, cells))
        return self._ours.recv()


def _serve(asked: Connection, environment: dict[str, str]) -> None:
    os.environ.update(environment, COURSE_DRAW_KEY="benchmark", MPLBACKEND="agg")
    import course
    from course.grading.examiner.shell import Shell

    course.LEFT_OUT.discard("check")  # which the tester runs, who has another environment
    shell = Shell.instance()

    def run(cells: Cells) -> list[str]:
        return [text for text, show in cells if not shell.run(text, show=show)[1]]

    while True:
        try:
            how, cells = asked.recv()
        except EOFError:
            return
        shell.reset(new_session=True)
        if how == "warm up":
            asked.send(run(cells))
            shell.reset(new_session=True)
            gc.collect()
            gc.freeze()
        elif how == "fork":
            asked.send(_used_by(partial(_forked, partial(run, cells))))
        else:
            asked.send(_used_by(partial(run, cells)))


def _forked(run: Callable[[], object]) -> None:
    child = os.fork()
    if child == 0:
        run()
        os._exit(0)
    os.waitpid(child, 0)


def _used_by(run: Callable[[], object]) -> float:
    """Seconds of processor time, of the children that have ended meanwhile too."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.process_time()
    run()
    after, end = resource.getrusage(resource.RUSAGE_CHILDREN), time.process_time()
    return end - start + after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
