"""Warm processes, as the examiner sees them: start one, have it fork, end it."""

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import course
from course.grading.sandbox.limits import Limits
from course.grading.sandbox.outer import ENVIRONMENT, SCRATCH, behind_wall

PACKAGE = Path(course.__file__).parent
START_SECONDS = 120.0  # imports on a cold disk
READY = b"ready"


class CannotStart(Exception):
    """A warm process did not come up; says why in a sentence."""


class Fork:
    """A process that a warm process has forked.

    control : our end of its control socket, see `keeper`
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._heard = b""
        self._told: dict[str, Any] | None = None

    def wait_ready(self, seconds: float) -> None:
        """Return once the process is confined; raise CannotStart if it is not."""
        self._control.settimeout(seconds)
        try:
            while b"\n" not in self._heard:
                more = self._control.recv(4096)
                if not more:
                    raise CannotStart("The process ended before it was ready.")
                self._heard += more
        except OSError as error:
            raise CannotStart("The process was not ready in time.") from error
        first, _, self._heard = self._heard.partition(b"\n")
        if first != READY:
            raise CannotStart(str(json.loads(first).get("refused", "It was refused.")))

    def let_go(self) -> None:
        """Have the process killed if it is still there, without waiting for that."""
        self._control.close()

    def end(self) -> dict[str, Any]:
        """Kill the process if it is still there; return how it ended, as the keeper tells it.

        raises CannotStart if nobody tells it: the warm process is gone, and the reason unknown
        """
        if self._told is None:
            self._told = self._ended()
        return self._told

    def _ended(self) -> dict[str, Any]:
        with contextlib.suppress(OSError):
            self._control.sendall(b"kill")
        self._control.settimeout(10)
        with contextlib.suppress(OSError):
            while more := self._control.recv(4096):
                self._heard += more
        self._control.close()
        told = self._told_last()
        if told is None:
            raise CannotStart("The warm process was lost.")
        return told

    def _told_last(self) -> dict[str, Any] | None:
        """What the last line said, if it was more than that the process is ready."""
        *_, last = [READY, *self._heard.splitlines()]
        told: dict[str, Any] | None = None if last == READY else json.loads(last)
        return told


class Zygote:
    """A warm process of one role, "student" or "tester".

    carriers : dotted names of what else than plain data may cross
    readable : what it may read beside Python itself and this package
    withheld : modules of this package that do not exist for it
    environment : what stands in its environment beside what Python needs
    isolate : whether it stands behind the wall, and what it forks as well
    """

    def __init__(
        self,
        role: str,
        carriers: Sequence[str],
        limits: Limits,
        seccomp_program: bytes,
        readable: Sequence[Path] = (),
        withheld: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        isolate: bool = True,
    ) -> None:
        self._asking = threading.Lock()
        self._last_words: bytes | None = None
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._folder = None if isolate else tempfile.mkdtemp(prefix="course-")
        arguments = [role, str(theirs.fileno()), "1" if isolate else "0", *carriers]
        command = [sys.executable, "-m", f"{__package__}.zygote", *arguments]
        if isolate:
            command = behind_wall(command, [PACKAGE, *readable], [*map(_file_of, withheld)])
        folder = self._folder or SCRATCH
        with theirs:
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=not isolate,  # Ctrl-C is for the grader; the wall has its own
                cwd=self._folder,
                env={name: value.replace(SCRATCH, folder) for name, value in ENVIRONMENT.items()},
            )
        self._send(
            {
                "seccomp": seccomp_program.hex(),
                "limits": asdict(limits),
                "environment": dict(environment or {}),
            }
        )

    def __enter__(self) -> "Zygote":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def preload(self, modules: Sequence[str]) -> None:
        """Begin to import modules, before the next fork; `wait_ready` waits for it."""
        self._send({"preload": list(modules)})

    def fork(self, *lines: socket.socket) -> Fork:
        """Fork a process that serves these lines; ours of them are closed."""
        ours, control = socket.socketpair()
        try:
            descriptors = [control.fileno(), *(line.fileno() for line in lines)]
            socket.send_fds(self._socket, [b'{"fork": true}'], descriptors)
        except OSError as error:
            ours.close()
            raise CannotStart(self._why()) from error
        finally:
            for line in (control, *lines):
                line.close()
        return Fork(ours)

    def used(self) -> float:
        """Seconds of processor time of the process and of all that it forked, which must end."""
        self._send({"used": True})
        self._socket.settimeout(START_SECONDS)
        seconds = float(self._socket.recv(64))
        self._socket.settimeout(None)
        return seconds

    def close(self) -> None:
        """End the process, and all that it forked with it."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # which other threads notice, too
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._why()  # reads its stderr to the end, and closes it
        self._socket.close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _send(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # `wait_ready` says why
            self._socket.send(json.dumps(message).encode())

    def wait_ready(self) -> None:
        """Return once it has done what it was told; raises CannotStart with its last word."""
        self._socket.settimeout(START_SECONDS)
        try:
            answer = self._socket.recv(64)
        except OSError:
            answer = b""
        if answer != READY:
            raise CannotStart(self._why())
        self._socket.settimeout(None)

    def _why(self) -> str:
        """The last line that the process wrote before it ended."""
        with self._asking:  # several threads may ask
            if self._last_words is None:
                self._process.kill()
                self._last_words = self._process.communicate()[1]
        lines = [line for line in self._last_words.decode(errors="replace").splitlines() if line]
        return lines[-1].strip() if lines else "The warm process ended without a word."


def _file_of(module: str) -> Path:
    """Where a module of this package lies; found without importing it."""
    return PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")
