"""The keeper: the part of a warm process that starts submissions' processes, and sees them end.

    warm process --fork--> S, which runs students' code

S cannot see the warm process: it is outside S's process tree. What is said on the control socket of
an S, a line each:

    ready                       S is confined and begins
    {"refused": "a sentence"}   S could not be confined, and ends without having begun
    {"exit": 0, "signal": null, "seconds": 0.31, "memory": 251000}
                                S has ended, with this exit code or by this signal; its seconds of
                                processor time, and its largest resident memory in KiB, which
                                includes what it shares with the warm process; the last line

What is told there: `kill`. When the control socket is closed, that means the same.
"""

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from course.grading.sandbox import syscalls
from course.grading.sandbox.child import stand, tell
from course.grading.sandbox.inner import enter_own_tree
from course.grading.sandbox.limits import Limits, mapped_bytes


@dataclass
class _Kept:
    """A process that is watched.

    ended : a descriptor that can be read once it has ended
    deadline : by `time.monotonic()`
    """

    process: int
    control: socket.socket
    ended: int
    deadline: float


class Keeper:
    """Starts confined processes, each a fork of this one, and watches over them.

    limits, seccomp_program : see `Limits` and `compile_seccomp`
    isolate : if false, they keep this user's rights (--trust-students); the limits on memory,
        processor time, files and the clock remain, and their process groups are killed with them

    With `isolate`, this process goes on in a fork of itself, the first of a process tree of its
    own: make a keeper before there is anything that should not be there twice.
    raises OSError if such a tree cannot be had
    """

    def __init__(self, limits: Limits, seccomp_program: bytes, isolate: bool = True) -> None:
        self._limits = limits
        self._program = seccomp_program if isolate else None
        self._own_tree = -1
        if isolate:
            enter_own_tree()
            self._own_tree = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self._kept: dict[int, _Kept] = {}  # by each of the two descriptors
        self._watch = select.poll()

    def start(
        self, run: Callable[[], None], control: socket.socket, descriptors: Sequence[int] = ()
    ) -> None:
        """Run `run` in a confined child of this process.

        run : called in the child once it is confined; when it returns, the child ends with code 0,
            and when it raises, with code 1 and its traceback on standard error
        control : one end of a stream socket, see above; the child's student does not get it
        descriptors : what stays open in the child, say the socket on which it is asked; every other
            one is closed there, and 0, 1 and 2 are /dev/null where they are not among these
        """
        mapped = mapped_bytes()
        try:
            child = self._fork()
        except OSError as error:
            tell(control, {"refused": f"a new process: {error.strerror or error}."})
            control.close()
            return
        if child == 0:
            stand(run, control, descriptors, self._limits, self._program, mapped)
        ended = os.pidfd_open(child)
        kept = _Kept(child, control, ended, time.monotonic() + self._limits.wall)
        for descriptor in (control.fileno(), ended):
            self._kept[descriptor] = kept
            self._watch.register(descriptor, select.POLLIN)

    def wait_for(self, *asked: socket.socket) -> None:
        """Return as soon as one of these can be read; without any, once nobody is kept any more.

        Meanwhile whoever is kept is killed when that is asked for, and told of when it has ended.
        """
        ours = {sock.fileno() for sock in asked}
        for descriptor in ours:
            self._watch.register(descriptor, select.POLLIN)
        while (ours or self._kept) and not ours & self._look():
            pass
        for descriptor in ours:
            self._watch.unregister(descriptor)

    def end_all(self) -> None:
        """Kill whoever is kept, and return once all have ended."""
        for kept in self._kept.values():
            _kill(kept.process)
        self.wait_for()

    def _fork(self) -> int:
        if self._program is None:
            return os.fork()
        syscalls.unshare(syscalls.CLONE_NEWPID)  # for the next child, not for this process
        child = -1
        try:
            child = os.fork()
        finally:
            if child != 0:
                syscalls.setns(self._own_tree, syscalls.CLONE_NEWPID)
        return child

    def _look(self) -> set[int]:
        """Wait until something happens, see to it, and return which descriptors can be read."""
        readable = {descriptor for descriptor, _ in self._watch.poll(self._patience())}
        for descriptor in readable:
            kept = self._kept.get(descriptor)
            if kept is None:
                continue
            if descriptor == kept.ended:
                self._see_off(kept)
            elif _is_told_to_kill(kept.control):
                _kill(kept.process)
                self._forget(descriptor)
        for kept in list(self._kept.values()):
            if kept.deadline <= time.monotonic():
                _kill(kept.process)
        return readable

    def _patience(self) -> float | None:
        """Milliseconds until somebody's time is over."""
        if not self._kept:
            return None
        first = min(kept.deadline for kept in self._kept.values())
        return max(0.0, 1000 * (first - time.monotonic())) + 1

    def _see_off(self, kept: _Kept) -> None:
        """Tell how a process has ended that has."""
        _kill(kept.process)  # and what is left of its group
        _, status, used = os.wait4(kept.process, 0)
        code = os.waitstatus_to_exitcode(status)
        self._forget(kept.ended)
        if kept.control.fileno() in self._kept:
            self._forget(kept.control.fileno())
        os.close(kept.ended)
        tell(
            kept.control,
            {
                "exit": code if code >= 0 else None,
                "signal": -code if code < 0 else None,
                "seconds": used.ru_utime + used.ru_stime,
                "memory": used.ru_maxrss,
            },
        )
        kept.control.close()

    def _forget(self, descriptor: int) -> None:
        self._watch.unregister(descriptor)
        del self._kept[descriptor]


def _kill(child: int) -> None:
    """Kill a child that was not reaped yet, and its group, once it has made one of its own."""
    with contextlib.suppress(ProcessLookupError):
        if os.getpgid(child) == child:
            os.killpg(child, signal.SIGKILL)
    os.kill(child, signal.SIGKILL)


def _is_told_to_kill(control: socket.socket) -> bool:
    """Read what is said on `control`, which must be ready; closed, it means kill."""
    try:
        said = control.recv(64)
    except OSError:
        return True
    return not said or b"kill" in said
