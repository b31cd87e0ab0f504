"""The tester: walks through the notebook, lets the student's process run the student's cells, and
runs the tests itself.

It is a process of its own, which no student's code ever runs in. It never saw the student's text
before this job, and is gone after it.
"""

import contextlib
import hashlib
import os
import random
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any

from course.grading.examiner.elsewhere import Elsewhere, Patience, PythonEnded, Student
from course.grading.examiner.job import MOST_REVIVALS, Job, JobCell, error_output
from course.grading.examiner.plain import Codec, NotPlain
from course.grading.examiner.shell import Output, Shell
from course.grading.examiner.student import write_files
from course.grading.examiner.wire import Wire

DRAW_KEY = "COURSE_DRAW_KEY"
FAR = 10 * 365 * 86400.0  # the examiner keeps the time


class TestTookTooLong(BaseException):
    """Ends a test that itself computes for too long."""


class Examination:
    """One notebook.

    shell : where the tests run
    wire : the line to the examiner, which hears of every cell as it is done
    lines : the socket on which the examiner passes lines to the student's process
    """

    def __init__(self, shell: Shell, carriers: Sequence[Any], wire: Wire, lines: socket.socket):
        self._shell, self._carriers = shell, carriers
        self._wire, self._lines = wire, lines
        self._codec = Codec()
        self._fatal: set[int] = set()  # cells that ended the student's process
        self._processes = 0
        self._student: Student | None = None
        self._from_student: dict[str, Any] = {}

    def run(self) -> None:
        """Examine the job that comes first on the wire; of a lesson's first, tell the modules."""
        _, body = self._wire.receive(time.monotonic() + FAR)
        job, is_first = self._codec.unpack(body)
        self._job = Job.from_plain(job)
        self._patience = Patience(self._job.cell_seconds)
        self._asked = {name for cell in self._job.cells for name in cell.asks}
        os.environ[DRAW_KEY] = self._job.draw_key
        self._reseed()
        write_files(dict(self._job.test_files))
        for at, cell in enumerate(self._job.cells):
            outputs = self._examine(at, cell)
            if outputs or cell.kind == "test":
                self._tell_outputs(at, outputs)
        if is_first:
            with contextlib.suppress(PythonEnded):
                theirs = self._alive(len(self._job.cells)).modules()
                self._tell("modules", theirs, sorted(sys.modules))
        if self._patience.has_run_out:
            self._tell("late")
        self._tell("done", self._student is None or self._student.is_alive)

    def _reseed(self) -> None:
        """Whatever a test draws, it draws the same at every regrade."""
        digest = hashlib.sha256(f"tests\n{self._job.draw_key}".encode()).digest()
        seed = int.from_bytes(digest[:4], "big")
        random.seed(seed)
        for carrier in self._carriers:
            if hasattr(carrier, "reseed"):
                carrier.reseed(seed)

    def _examine(self, at: int, cell: JobCell) -> list[Output]:
        if cell.kind == "test":
            return self._test(at, cell)
        outputs: list[Output] = []
        try:
            show = cell.kind != "given" or self._job.show_given
            outputs, _ = self._alive(at).run(cell.source, show)
        except PythonEnded as error:
            self._fatal.add(at)
            outputs = [error_output("PythonEnded", str(error))]
        if cell.tests:
            with contextlib.suppress(PythonEnded):
                self._fetch(at, cell.asks)
            self._run(cell.tests)
        return outputs

    def _test(self, at: int, cell: JobCell) -> list[Output]:
        try:
            self._fetch(at, cell.asks)
        except PythonEnded as error:
            return [error_output("PythonEnded", str(error))]
        return self._run(cell.tests)

    def _run(self, source: str) -> list[Output]:
        """Run a cell of the teacher's; printed errors and warnings cost no marks."""
        try:
            with self._time_limit():
                outputs, ended = self._shell.run(source)
        except TestTookTooLong as error:
            if self._student:
                self._student.is_alive = False  # an answer may still be on its way
            return [error_output("TestTookTooLong", str(error))]
        for output in outputs:
            if output["output_type"] == "stream":
                output["name"] = "stdout"  # nbgrader scores a test with any stderr 0
        # What nbgrader scores by, an error or the points: it takes a test without either for right.
        lost = self._shell.outputs.left_out & {"error", "execute_result"}
        if lost or not (ended or any(o["output_type"] == "error" for o in outputs)):
            outputs.append(error_output("TestFailed", "What it says is too long to be shown."))
        return outputs

    def _fetch(self, at: int, names: Sequence[str]) -> None:
        """Bind what the tests take from the student: values by value, functions by stand-ins."""
        names_here = self._shell.user_ns
        for name, value in self._from_student.items():
            if names_here.get(name) is value:  # else it is the lesson's own by now
                del names_here[name]
        found = self._alive(at).look(names) if names else {}
        for value in list(found.values()):
            if isinstance(value, Elsewhere):
                # One function under two names is one function here too, but under no name that
                # tests do not take from the student, such as `abs`.
                for name in self._asked.intersection(value._names).difference(names_here):
                    found.setdefault(name, value)
        self._from_student = found
        names_here.update(found)

    def _alive(self, upto: int) -> Student:
        """The student's process; if it ended a new one, in which all cells before this have run."""
        while self._student is None or not self._student.is_alive:
            if self._processes > MOST_REVIVALS:
                raise PythonEnded("Python ended too often, and is not started again.")
            self._student = self._new_student()
            try:
                self._catch_up(self._student, upto)
            except PythonEnded:
                continue
        return self._student

    def _new_student(self) -> Student:
        self._processes += 1
        self._tell("student")
        _, descriptors, _, _ = socket.recv_fds(self._lines, 16, 1)
        if not descriptors:
            raise PythonEnded("Python could not be started.")
        line = socket.socket(fileno=descriptors[0])
        return Student(Wire(line), self._carriers, self._patience)

    def _catch_up(self, student: Student, upto: int) -> None:
        student.begin(self._job.seed, dict(self._job.files))
        for at, cell in enumerate(self._job.cells[:upto]):
            if cell.kind != "test" and at not in self._fatal:
                try:
                    student.run(cell.source, False)
                except PythonEnded:
                    self._fatal.add(at)
                    raise

    @contextlib.contextmanager
    def _time_limit(self) -> Iterator[None]:
        """Bound what a test computes here; its calls have limits of their own."""
        seconds = self._job.cell_seconds

        def stop(signum: int, frame: FrameType | None) -> None:
            raise TestTookTooLong(f"The test computed for more than {seconds:g} seconds.")

        signal.signal(signal.SIGPROF, stop)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    def _tell_outputs(self, at: int, outputs: list[Output]) -> None:
        """Whatever a student's process may have made of them: what is too much is an error."""
        try:
            self._tell("cell", at, outputs)
        except NotPlain as error:
            self._tell("cell", at, [error_output("NotShown", str(error))])

    def _tell(self, *what: Any) -> None:
        self._wire.send(0, self._codec.pack(_as_bytes(what)), time.monotonic() + FAR)


def _as_bytes(what: Any) -> Any:
    """Long texts travel as bytes, which have more room than the header of a message."""
    if isinstance(what, str) and len(what) > 1000:
        return what.encode("utf-8", "replace")
    if isinstance(what, dict):
        return {key: _as_bytes(value) for key, value in what.items()}
    if isinstance(what, list | tuple):
        return type(what)(_as_bytes(value) for value in what)
    return what


def serve(wire: Wire, lines: socket.socket, shell: Shell, carriers: Sequence[Any]) -> None:
    """Examine one job."""
    Examination(shell, carriers, wire, lines).run()
