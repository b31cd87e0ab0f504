"""The keeper: it stands between the warm process and one submission's, and outlives the latter.

    warm process --fork--> keeper --fork--> S, which runs students' code

The keeper runs no code of students, and S cannot see it: it is outside S's process tree. What it
says on its control socket, a line each:

    ready                       S is confined and begins
    {"refused": "a sentence"}   S could not be confined, and did not begin; the last line
    {"exit": 0, "signal": null, "seconds": 0.31, "memory": 251000}
                                S has ended, with this exit code or by this signal; its seconds of
                                processor time, and its largest resident memory in KiB, which
                                includes what it shares with the warm process; the last line

What it is told there: `kill`. When its control socket is closed, that means the same.
"""

import os
import select
import socket
import time
import traceback
from collections.abc import Callable, Sequence
from typing import NoReturn

from course.grading.sandbox.child import (
    READY,
    close_all_but,
    end,
    first_word,
    is_told_to_kill,
    refuse,
    say,
    stand,
    tell,
)
from course.grading.sandbox.inner import end_with_parent, leave_everything
from course.grading.sandbox.limits import Limits, mapped_bytes
from course.grading.sandbox.refusal import CannotIsolate


def keep(
    run: Callable[[], None],
    control: socket.socket,
    limits: Limits,
    seccomp_program: bytes,
    isolate: bool = True,
    descriptors: Sequence[int] = (),
) -> NoReturn:
    """Run `run` in a confined child of this process, a fresh fork, and end with it.

    run : called in the child once it is confined; when it returns, the child ends with code 0, and
        when it raises, with code 1 and its traceback on standard error
    control : the keeper's end of a stream socket, see above; S does not get it. The caller of
        `os.fork` must close its own copy, else the keeper's end is not seen at the other side
    limits, seccomp_program : see `Limits` and `compile_seccomp`
    isolate : if false, S keeps this user's rights (--trust-students); the limits on memory,
        processor time, files and the clock remain, and its process group is killed with it
    descriptors : what stays open in S, say the socket on which it is asked; every other one is
        closed, and 0, 1 and 2 are /dev/null where they are not among these
    """
    code = 1
    try:
        end_with_parent()
        control.setblocking(True)
        close_all_but([control.fileno(), *descriptors])
        _keep(run, control, limits, seccomp_program, isolate, descriptors)
        code = 0
    except (CannotIsolate, OSError) as error:
        tell(control, {"refused": str(error)})
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _keep(
    run: Callable[[], None],
    control: socket.socket,
    limits: Limits,
    seccomp_program: bytes,
    isolate: bool,
    descriptors: Sequence[int],
) -> None:
    mapped = mapped_bytes()
    if isolate:
        leave_everything(limits)
    news, word = os.pipe()
    child = os.fork()
    if child == 0:
        control.close()
        os.close(news)
        stand(run, word, limits, seccomp_program if isolate else None, mapped)
    os.close(word)
    for descriptor in descriptors:  # so that S's peer sees when S's end is closed
        if descriptor > 2:
            os.close(descriptor)
    word_of_child = first_word(news)
    if word_of_child != READY:
        end(child)
        refuse(control, word_of_child)
        return
    say(control, READY + b"\n")
    _wait(child, control, limits.wall)
    tell(control, end(child))


def _wait(child: int, control: socket.socket, seconds: float) -> None:
    """Return when the child has ended, or must."""
    deadline = time.monotonic() + seconds
    ended = os.pidfd_open(child)
    watch = select.poll()
    watch.register(ended, select.POLLIN)
    watch.register(control, select.POLLIN)
    while (left := deadline - time.monotonic()) > 0:
        for descriptor, _ in watch.poll(1000 * left):
            if descriptor == ended:
                return
            if is_told_to_kill(control):
                return
