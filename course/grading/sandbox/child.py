"""What a submission's process does first: it confines itself, says so, and runs."""

import contextlib
import json
import os
import socket
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from course.grading.sandbox.inner import confine, end_with_parent, leave_everything
from course.grading.sandbox.limits import Limits, set_limits


def stand(
    run: Callable[[], None],
    control: socket.socket,
    descriptors: Sequence[int],
    limits: Limits,
    seccomp_program: bytes | None,
    mapped: int,
) -> NoReturn:
    """What S does, a fresh fork; see `Keeper.start`.

    seccomp_program : None to set the limits only
    """
    code = 1
    try:
        control.setblocking(True)
        _close_all_but([control.fileno(), *descriptors])
        if _is_confined(control, limits, seccomp_program, mapped):
            control.close()
            run()
            code = 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def tell(control: socket.socket, what: Mapping[str, object]) -> None:
    """Send a line of JSON."""
    _say(control, json.dumps(what).encode())


def _is_confined(
    control: socket.socket, limits: Limits, seccomp_program: bytes | None, mapped: int
) -> bool:
    try:
        if seccomp_program is None:
            os.setsid()
            end_with_parent()
            set_limits(limits, mapped, isolated=False)
        else:
            leave_everything(limits)
            confine(limits, seccomp_program, mapped)
    except Exception as error:  # whatever it is, no student's code may run now
        tell(control, {"refused": str(error)})
        return False
    _say(control, b"ready")
    return True


def _say(control: socket.socket, line: bytes) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more
        control.sendall(line + b"\n")


def _close_all_but(kept: Sequence[int]) -> None:
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
