"""The examiner: gives each job to a tester and to a student's process of its own.

    examiner --forks--> tester  <--plain data-->  student's process
                 |                                       ^
                 +---------------------------------------+  forks, and forks again if it ends

It belongs to the grader, so it never reads what the student's process says: that is the tester's.
"""

import contextlib
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from course.grading.examiner.job import Job, Result, error_output
from course.grading.examiner.plain import Codec
from course.grading.examiner.warm import CannotStart, Fork, Zygote
from course.grading.examiner.wire import Late, Wire, WireError
from course.grading.sandbox.filter import compile_seccomp
from course.grading.sandbox.limits import Limits

READY_SECONDS = 30.0  # on a machine that is busy with other things
SIGNALS = {
    9: "killed",
    11: "a crash (segmentation fault)",
    24: "no processor time left",
    31: "a forbidden system call",
}


class TesterLost(Exception):
    """The tester itself ended: no student's fault, and no score."""


class Examiner:
    """Keeps the warm processes and examines jobs, for any number of threads at a time.

    carriers : dotted names of what else than plain data may cross
    limits : on each student's process and on each tester
    withheld : modules of this package that do not exist for students' code
    environment : what stands in the environment of students' code
    total_seconds : for a whole notebook, by the clock
    readable : what students' code may read, beside Python and this package
    isolate : False trusts the students: their code runs with this user's rights
    raises CannotIsolate or CannotStart, with a sentence
    """

    def __init__(
        self,
        carriers: Sequence[str] = (),
        limits: Limits | None = None,
        total_seconds: float = 300.0,
        readable: Sequence[Path] = (),
        withheld: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        isolate: bool = True,
    ) -> None:
        limits = limits or Limits()
        program = compile_seccomp() if isolate else b""
        self._total = total_seconds
        self._codec = Codec()
        self._zygotes = contextlib.ExitStack()
        start = partial(
            Zygote,
            carriers=carriers,
            limits=limits,
            seccomp_program=program,
            readable=readable,
            isolate=isolate,
        )
        try:
            self._students = self._zygotes.enter_context(
                start("student", withheld=withheld, environment=environment)
            )
            # A tester has the clock alone for its limit: what a student's process makes it compute
            # must end in tests that were not reached, and not in a tester that was lost.
            patient = replace(limits, processor=int(total_seconds) + 60)
            self._testers = self._zygotes.enter_context(start("tester", limits=patient))
            for zygote in (self._students, self._testers):  # which come up side by side
                zygote.wait_ready()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the warm processes."""
        self._zygotes.close()

    @property
    def is_alive(self) -> bool:
        """Whether both warm processes are there."""
        return self._students.is_alive and self._testers.is_alive

    def learn(self, job: Job) -> Result:
        """Examine a reference solution, and import beforehand what it has needed.

        job : the lesson with the teacher's solution
        returns its result, to see whether the solution earns what it should
        """
        result = self._examine(job, is_first=True)
        preloads = zip((self._students, self._testers), result.modules, strict=True)
        for zygote, modules in preloads:  # side by side
            zygote.preload(modules)
        for zygote in (self._students, self._testers):
            zygote.wait_ready()
        return result

    def examine(self, job: Job) -> Result:
        """Run a notebook and its tests.

        raises TesterLost if the tester ends before it is done, CannotStart if it cannot begin
        """
        return self._examine(job, is_first=False)

    def _examine(self, job: Job, is_first: bool) -> Result:
        """Examine a job, and of a lesson's first learn which modules were loaded in the end."""
        result = Result([[] for _ in job.cells])
        with contextlib.ExitStack() as forks:
            examination = _Examination(self._students, job, result, forks)
            ours, testers = socket.socketpair()
            lines, testers_lines = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            forks.callback(ours.close)
            forks.callback(lines.close)
            tester = self._testers.fork(testers, testers_lines)
            forks.callback(tester.let_go)
            deadline = time.monotonic() + self._total
            wire = Wire(ours)
            try:
                wire.send(0, self._codec.pack((job.plain(), is_first)), deadline)
                while examination.hear(self._codec.unpack(wire.receive(deadline)[1]), lines):
                    pass
            except Late:
                examination.out_of_time(self._total)
            except WireError as error:
                raise TesterLost(f"The tester ended: {tester.end()}.") from error
        return result


class _Examination:
    """What has happened to one job so far."""

    def __init__(
        self, students: Zygote, job: Job, result: Result, forks: contextlib.ExitStack
    ) -> None:
        self._students, self._job, self._result, self._forks = students, job, result, forks
        self._student: Fork | None = None
        self._done: set[int] = set()

    def hear(self, told: tuple[Any, ...], lines: socket.socket) -> bool:
        """Do what the tester asks for; False if it is done."""
        what, *about = told
        if what == "cell":
            at, outputs = about
            self._result.outputs[at] = _as_text(outputs)
            self._done.add(at)
        elif what == "student":
            self._give_student(lines)
        elif what == "modules":
            self._result.modules = (about[0], about[1])
        elif what == "late":
            self._result.ended.append(f"{self._job.cell_seconds:g} seconds of processor time")
        elif what == "done":
            (is_alive,) = about
            if not is_alive:
                self._note_end()
            return False
        return True

    def _give_student(self, lines: socket.socket) -> None:
        """Fork a student's process, and hand the tester the line to it."""
        self._note_end()
        testers, students = socket.socketpair()
        with testers:
            fork = self._students.fork(students)
            self._forks.callback(fork.let_go)
            fork.wait_ready(READY_SECONDS)
            with contextlib.suppress(OSError):  # the tester was lost, as its wire will say
                socket.send_fds(lines, [b"line"], [testers.fileno()])
        self._student = fork

    def _note_end(self) -> None:
        """Say how the student's process has ended.

        raises CannotStart if that was for want of its warm process, and so no student's fault
        """
        if self._student is not None:
            self._result.ended.append(_how(self._student.end()))
            self._student = None

    def out_of_time(self, seconds: float) -> None:
        """Score the tests that were not reached 0, and say so."""
        sentence = f"The notebook took more than {seconds:g} seconds: this was not reached."
        for at, cell in enumerate(self._job.cells):
            if at not in self._done and cell.kind == "test":
                self._result.outputs[at] = [error_output("OutOfTime", sentence)]
        self._result.ended.append(f"stopped after {seconds:g} seconds")


def _how(told: dict[str, Any]) -> str:
    """How a student's process ended, from what its keeper tells."""
    number = told.get("signal")
    if number:
        return SIGNALS.get(number, f"signal {number}")
    return f"exit code {told.get('exit')}"


def _as_text(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {key: _as_text(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_text(inner) for inner in value]
    return value


__all__ = ["CannotStart", "Examiner", "TesterLost"]
