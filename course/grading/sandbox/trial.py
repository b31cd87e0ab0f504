"""Run by `report.probe`: try each inner layer in a throw-away process, and print what failed.

    python -m course.grading.sandbox.trial SECCOMP_PROGRAM_IN_HEX

prints a JSON object with a sentence for each layer that failed; the names are those of `report`.
"""

import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from course.grading.sandbox import syscalls
from course.grading.sandbox.inner import LANDLOCK_ABI, restrict_files, take_user_namespace
from course.grading.sandbox.keeper import Keeper
from course.grading.sandbox.limits import Limits, mapped_bytes, set_limits
from course.grading.sandbox.outer import SCRATCH

BEHIND_WALL = Path(SCRATCH).is_dir()


def tried(action: Callable[[], None]) -> str | None:
    """What goes wrong when `action` runs in a fork of this process; None if nothing does."""
    news, word = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            action()
            code = 0
        except Exception as error:
            os.write(word, str(error).encode())
        finally:
            os._exit(code)
    os.close(word)
    with os.fdopen(news, "rb") as file:
        said = file.read().decode()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return (said or f"it ended with code {status}") if status else None


def own_processes() -> None:
    take_user_namespace(syscalls.CLONE_NEWPID)
    child = os.fork()
    if child == 0:
        os._exit(0 if os.getpid() == 1 else 1)
    if os.waitpid(child, 0)[1]:
        raise OSError("the first process of a new tree has not the number 1")


def own_mounts() -> None:
    take_user_namespace(syscalls.CLONE_NEWNS)
    syscalls.mount("tmpfs", "/proc", syscalls.MS_RDONLY, "size=4k")
    if any(Path("/proc").iterdir()):
        raise OSError("an empty file system over /proc shows something")


def no_processes(program: bytes) -> None:
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    syscalls.load_seccomp(program)
    try:
        if os.fork() == 0:
            os._exit(0)
    except PermissionError:
        return
    raise OSError("a filtered process could fork")


def landlock() -> None:
    if LANDLOCK_ABI == 0:
        raise OSError("this kernel has no Landlock, or it is not switched on")
    if BEHIND_WALL:
        syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
        restrict_files()


def all_together(program: bytes) -> None:
    keeper = Keeper(Limits(), program)
    ours, theirs = socket.socketpair()
    keeper.start(lambda: None, theirs)
    keeper.wait_for()
    with ours, ours.makefile() as said:
        first, *_ = said.read().splitlines()
    if first != "ready":
        raise OSError(json.loads(first).get("refused", "the process ended before it was ready"))


def main() -> None:
    program = bytes.fromhex(sys.argv[1])
    actions: dict[str, Callable[[], None]] = {
        "user namespaces": lambda: take_user_namespace(0),
        "process tree": own_processes,
        "network": lambda: take_user_namespace(syscalls.CLONE_NEWNET),
        "file system": own_mounts,
        "limits": lambda: set_limits(Limits(), mapped_bytes(), isolated=True),
        "Landlock": landlock,
    }
    if program:
        actions["seccomp"] = lambda: no_processes(program)
    if program and BEHIND_WALL:
        actions["all together"] = lambda: all_together(program)
    failed = {name: problem for name, action in actions.items() if (problem := tried(action))}
    print(json.dumps(failed))


if __name__ == "__main__":
    main()
