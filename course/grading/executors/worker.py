"""An engine in a process of its own, which may be lost without any loss.

    python -m course.grading.executors.worker CONNECTION LIFELINE

CONNECTION and LIFELINE are numbers of inherited descriptors. What arrives on the first is trusted:
it comes from the grader that started this process. It ends as soon as the lifeline is cut, which
happens when that grader ends, however it ends.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from course.grading.examiner.job import Job, Result
from course.grading.examiner.settings import Settings
from course.grading.executors.engine import Engine


class WorkerLost(Exception):
    """The process ended before it answered: no student's fault, as their code runs elsewhere."""


class Worker:
    """Starts the process when it is first needed, and again after it was lost.

    settings, references : see Engine
    """

    def __init__(self, settings: Settings, references: Mapping[str, Job]) -> None:
        self._made_with = settings, dict(references)
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._lifeline = -1
        self._turn = threading.Lock()  # of examining to begin, or to end for good
        self._is_busy = self._is_over = False

    def examine(self, lesson: str, job: Job) -> Result:
        """Examine one job; raises WorkerLost, or what the engine raises."""
        try:
            connection = self._begin()
            connection.send((lesson, job))
            answer = connection.recv()
        except (EOFError, OSError) as error:
            self.stop()
            raise WorkerLost("the process that examines ended") from error
        finally:
            self._is_busy = False
        if isinstance(answer, Exception):
            raise answer
        if not isinstance(answer, Result):
            raise WorkerLost("the process that examines gave no result")
        return answer

    @property
    def pid(self) -> int | None:
        """The number of the process, None while there is none."""
        return self._process.pid if self._process else None

    def give_up(self) -> None:
        """Examine nothing any more. Whoever waits for a result gets WorkerLost at once."""
        with self._turn:
            self._is_over = True
            if self._is_busy and (process := self._process):
                process.kill()
            elif self._connection is not None:
                self._connection.close()  # it begins to end, while others are given up
                self._connection = None

    def stop(self) -> None:
        """End the process, and with it what it has started."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            try:
                self._process.wait(5)  # it cleans up after itself
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            os.close(self._lifeline)
            self._process = None

    def _begin(self) -> Connection:
        with self._turn:
            if self._is_over:
                raise WorkerLost("the grader ends")
            self._is_busy = True
            return self._connection or self._start()

    def _start(self) -> Connection:
        connection, theirs = Pipe()
        hear, self._lifeline = os.pipe()
        inherited = theirs.fileno(), hear
        self._process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name, *map(str, inherited)],
            pass_fds=inherited,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # a warning of a library would garble the progress bar
            start_new_session=True,  # Ctrl-C is for the grader, which then ends this one
        )
        theirs.close()
        os.close(hear)
        self._connection = connection
        connection.send(self._made_with)
        return connection


def serve(connection: Connection) -> None:
    """Examine what is asked for until nobody asks any more."""
    settings, references = connection.recv()
    engine = Engine(settings, references)
    try:
        while True:
            lesson, job = connection.recv()
            try:
                answer: Result | Exception = engine.examine(lesson, job)
            except Exception as error:
                answer = error
            connection.send(answer)
    except (EOFError, OSError):
        pass
    finally:
        engine.close()


def end_with(lifeline: int) -> None:
    """End this process when the other end of a pipe is closed."""

    def wait() -> None:
        os.read(lifeline, 1)
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    end_with(int(sys.argv[2]))
    serve(Connection(int(sys.argv[1])))
