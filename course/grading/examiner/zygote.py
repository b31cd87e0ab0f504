"""A warm process: it has imported what a lesson needs, and forks on request.

    python -m course.grading.examiner.zygote student CONTROL ISOLATE CARRIER...

CONTROL is the number of an inherited socket. Each message on it is JSON, some with descriptors:

    {"seccomp": "hex", "limits": {...}, "environment": {...}}   first of all
    {"preload": ["torch.optim", ...]}     import these
    {"fork": true}                        fork a process; descriptors: its control socket, see
                                          `keeper`, then its lines
    {"used": true}                        wait for all that was forked to end, and tell how many
                                          seconds of processor time this process and they have used

It never holds a test, a score, a path of the course or a key: what is forked from it has all that
it ever had. It has one thread, since a fork copies one: the others' locks would stay locked.
"""

import contextlib
import gc
import importlib
import io
import json
import os
import resource
import socket
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from course.grading.examiner import student, tester
from course.grading.examiner.arrays import ArrayCarrier
from course.grading.examiner.shell import Shell
from course.grading.examiner.wire import Wire
from course.grading.sandbox.keeper import Keeper
from course.grading.sandbox.limits import Limits

MOST_MESSAGE = 1 << 20


def main(role: str, control: str, isolate: str, *carrier_names: str) -> None:
    """Serve forks until the control socket is closed."""
    asked = socket.socket(fileno=int(control))
    message, _ = _receive(asked)
    os.environ.update(message["environment"])
    program = bytes.fromhex(message["seccomp"])
    keeper = Keeper(Limits(**message["limits"]), program, isolate == "1")
    shell = Shell.instance()
    carriers = [*map(_made, carrier_names), ArrayCarrier()]
    _rehearse(shell, carriers)
    _settle()
    asked.send(b"ready")
    while message is not None:
        keeper.wait_for(asked)
        message, descriptors = _receive(asked)
        if message is None:
            break
        if "preload" in message:
            _preload(message["preload"])
            _rehearse(shell, carriers)
            _settle()
            asked.send(b"ready")
        elif "used" in message:
            keeper.wait_for()
            asked.send(str(_used()).encode())
        else:
            kept, *lines = descriptors
            run = partial(_run, role, lines, shell, carriers)
            keeper.start(run, socket.socket(fileno=kept), lines)
            for line in lines:  # so that its peer sees when the process closes its end
                os.close(line)
    keeper.end_all()


def _used() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def _run(role: str, lines: list[int], shell: Shell, carriers: Sequence[Any]) -> None:
    sockets = [socket.socket(fileno=line) for line in lines]
    wire = Wire(sockets[0])
    if role == "student":
        student.serve(wire, shell, carriers)
    else:
        tester.serve(wire, sockets[1], shell, carriers)


def _receive(asked: socket.socket) -> tuple[Any, list[int]]:
    """The next message and its descriptors; None once nobody asks any more."""
    data, descriptors, _, _ = socket.recv_fds(asked, MOST_MESSAGE, 4)
    return (json.loads(data) if data else None), descriptors


def _made(name: str) -> Any:
    """The carrier that a dotted name means."""
    module, _, kind = name.rpartition(".")
    make: Callable[[], Any] = getattr(importlib.import_module(module), kind)
    return make()


def _rehearse(shell: Shell, carriers: Sequence[Any]) -> None:
    """Do once what every fork does first: it then finds done, and in memory it shares, what it
    would do again and write to pages of its own.
    """
    shell.run("def double(x):\n    return 2 * x\ndouble(1)")
    shell.run("double()")
    for carrier in carriers:
        if hasattr(carrier, "rehearse"):
            carrier.rehearse()
    shell.reset(new_session=True)  # type: ignore[no-untyped-call]


def _preload(names: Sequence[str]) -> None:
    """Import modules; what cannot be imported here is imported, or not, where it is used."""
    nowhere = io.StringIO()
    silent = contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere)
    with silent[0], silent[1], warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            if name not in sys.modules:
                with contextlib.suppress(Exception):
                    importlib.import_module(name)


def _settle() -> None:
    """Leave what is loaded to all forks in common, and make sure that there is one thread."""
    gc.collect()
    gc.freeze()
    threads = [*Path("/proc/self").glob("task/*")]
    if len(threads) > 1:
        raise SystemExit(f"A process with {len(threads)} threads cannot be forked safely.")


if __name__ == "__main__":
    main(*sys.argv[1:])
