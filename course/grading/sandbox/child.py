"""A submission's process as its parent sees it: how it begins, how it is ended, what is told."""

import contextlib
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from course.grading.sandbox.inner import confine, end_with_parent
from course.grading.sandbox.limits import Limits, set_limits
from course.grading.sandbox.refusal import CannotIsolate

READY = b"ready"


def stand(
    run: Callable[[], None],
    word: int,
    limits: Limits,
    seccomp_program: bytes | None,
    mapped: int,
) -> NoReturn:
    """What S does: confine itself, say so, and run.

    word : a pipe to the parent, on which S says READY, or why it could not be confined
    seccomp_program : None to set the limits only
    """
    code = 1
    try:
        _confine_and_say_so(word, limits, seccomp_program, mapped)
        run()
        code = 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _confine_and_say_so(
    word: int, limits: Limits, seccomp_program: bytes | None, mapped: int
) -> None:
    try:
        if seccomp_program is None:
            os.setsid()
            end_with_parent()
            set_limits(limits, mapped, isolated=False)
        else:
            confine(limits, seccomp_program, mapped)
    except (CannotIsolate, OSError, ValueError) as error:
        os.write(word, str(error).encode())
        raise
    os.write(word, READY)  # fails, and ends this process, if the parent ended before it was watched
    os.close(word)


def first_word(news: int) -> bytes:
    """What S says before it begins; nothing if it ended."""
    with os.fdopen(news, "rb", buffering=0) as file:
        return file.read(4096)


def end(child: int) -> dict[str, float | int | None]:
    """Kill what is left of the child, and say how it ended; it is killed before it is reaped."""
    if os.getpgid(child) == child:  # once it has called setsid
        os.killpg(child, signal.SIGKILL)
    os.kill(child, signal.SIGKILL)
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return {
        "exit": code if code >= 0 else None,
        "signal": -code if code < 0 else None,
        "seconds": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss,
    }


def refuse(control: socket.socket, word: bytes) -> None:
    """Say that S did not begin, and why."""
    tell(control, {"refused": word.decode() or "the process ended before it was ready"})


def is_told_to_kill(control: socket.socket) -> bool:
    """Read what is said on `control`, which must be ready; closed, it means kill."""
    said = control.recv(64)
    return not said or b"kill" in said


def tell(control: socket.socket, what: Mapping[str, object]) -> None:
    """Send a line of JSON."""
    say(control, json.dumps(what).encode() + b"\n")


def say(control: socket.socket, line: bytes) -> None:
    """Send a line."""
    with contextlib.suppress(OSError):  # nobody listens any more
        control.sendall(line)


def close_all_but(kept: Sequence[int]) -> None:
    """Close every descriptor but these; 0, 1 and 2 become /dev/null if they are not among them."""
    # Of a list, since os.closerange may try a million numbers, one by one.
    for file in Path("/proc/self/fd").iterdir():
        if (descriptor := int(file.name)) > 2 and descriptor not in kept:
            with contextlib.suppress(OSError):  # the one by which the folder was read
                os.close(descriptor)
    nothing = os.open("/dev/null", os.O_RDWR)
    for descriptor in {0, 1, 2} - set(kept):
        os.dup2(nothing, descriptor)
    if nothing > 2:
        os.close(nothing)
