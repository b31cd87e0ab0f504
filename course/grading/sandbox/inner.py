"""The inner walls: what one submission's process leaves behind, and what it can no longer do.

`enter_own_tree` is called once by the warm process, which may then fork every submission's process
into a tree of its own. In such a fork, `leave_everything` makes new namespaces, with an empty
network and fresh scratch space, and `confine`, just before students' code runs, gives up every
right and closes the door behind itself. Neither of the two starts a process or a thread, and both
take new forks of a single-threaded process only.

Landlock is called by hand (in `syscalls`): of the packages on PyPI, landlock 1.0.0.dev5 takes an
old errno for a failure of its own and knows no scopes, and py-landlock 0.1.1 is 1300 lines for
three calls.
"""

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

from course.grading.sandbox import syscalls
from course.grading.sandbox.limits import Limits, set_limits
from course.grading.sandbox.outer import CPUINFO, SCRATCH
from course.grading.sandbox.refusal import CannotIsolate

INSIDE_USER = 1000
"""The user and group number that students' code sees as its own."""

OTHER_NAMESPACES = (
    syscalls.CLONE_NEWNS | syscalls.CLONE_NEWNET | syscalls.CLONE_NEWIPC | syscalls.CLONE_NEWUTS
)
"""Those beside the process tree, and the user namespace, which gives the right to the others."""

LANDLOCK_ABI = syscalls.landlock_abi()  # asked once, so that no fork has to load the C library

WRITABLE_FOLDERS = (SCRATCH, "/dev/shm")
WRITABLE_FILES = ("/dev/null",)

# Kinds of access, from the kernel's include/uapi/linux/landlock.h.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_SOCK, _MAKE_BLOCK = 1 << 6, 1 << 9, 1 << 11
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FIRST_ABI = (1 << 13) - 1
_TCP = 0b11  # bind, connect
_SCOPES = 0b11  # abstract unix sockets, signals


def enter_own_tree() -> None:
    """Go on in a fork of this process, the first of a new process tree; this one waits for it, and
    ends with its exit code.

    Who owns its process tree may make further ones, for its children, and come back to its own.
    raises OSError
    """
    take_user_namespace(syscalls.CLONE_NEWPID)
    child = os.fork()
    if child != 0:
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    end_with_parent()


def leave_everything(limits: Limits) -> None:
    """Put this process into namespaces of its own.

    raises CannotIsolate, naming the step that failed
    """
    _step("new namespaces", lambda: take_user_namespace(OTHER_NAMESPACES))
    private = syscalls.MS_REC | syscalls.MS_PRIVATE
    _step("private mounts", lambda: syscalls.mount("", "/", private))
    careful = syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC
    room = f"mode=0700,size={limits.scratch},nr_inodes={limits.files}"
    for folder in WRITABLE_FOLDERS:
        _step(f"an empty {folder}", partial(syscalls.mount, "tmpfs", folder, careful, room))
    _step("a bare /proc", lambda: _bare_proc(careful))


def take_user_namespace(others: int) -> None:
    """Enter a new user namespace with one user and one group, and the namespaces of `others`.

    others : CLONE_NEW... flags, or 0
    raises OSError
    """
    user, group = os.geteuid(), os.getegid()
    syscalls.unshare(syscalls.CLONE_NEWUSER | others)
    _write("/proc/self/uid_map", f"{INSIDE_USER} {user} 1")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/gid_map", f"{INSIDE_USER} {group} 1")


def confine(limits: Limits, seccomp_program: bytes, mapped: int) -> None:
    """Give up every right of this process but those that a numerical program needs.

    seccomp_program : from `compile_seccomp`
    mapped : bytes of address space of the warm process, see `mapped_bytes`
    raises CannotIsolate, naming the step that failed
    """
    os.setsid()
    os.umask(0o077)
    _step("scratch", lambda: os.chdir(SCRATCH))
    _step("resource limits", lambda: set_limits(limits, mapped, isolated=True))
    _step("no new privileges", lambda: syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1))
    _step("Landlock", restrict_files)
    _step("no capabilities", syscalls.drop_capabilities)
    _step("no dumps", lambda: syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0))
    _step("end with the warm process", end_with_parent)  # after the others, some of which undo it
    _step("seccomp", lambda: syscalls.load_seccomp(seccomp_program))


def end_with_parent() -> None:
    """Have the kernel kill this process as soon as the thread that forked it ends."""
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)


def restrict_files() -> None:
    """Allow reading everywhere and writing in WRITABLE_..., as far as this kernel's Landlock goes.

    It repeats what the mounts say, by other means, and adds: no TCP (from ABI 4, Linux 6.7, on), no
    abstract sockets and no signals beyond this process (from ABI 6, Linux 6.12, on). A kernel
    without Landlock is told of in the report.
    """
    abi = LANDLOCK_ABI
    if abi == 0:
        return
    known = _FIRST_ABI
    for since, right in ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV)):
        known |= right if abi >= since else 0
    ruleset = syscalls.landlock_ruleset(known, _TCP, _SCOPES, abi)
    try:
        syscalls.landlock_allow(ruleset, "/", _READ_FILE | _READ_DIR)
        write = known & ~(_EXECUTE | _MAKE_CHAR | _MAKE_BLOCK | _MAKE_SOCK)
        for folder in WRITABLE_FOLDERS:
            syscalls.landlock_allow(ruleset, folder, write)
        for file in WRITABLE_FILES:
            rights = known & (_READ_FILE | _WRITE_FILE | _TRUNCATE)
            syscalls.landlock_allow(ruleset, file, rights)
        syscalls.landlock_restrict(ruleset)
    finally:
        os.close(ruleset)


def _bare_proc(flags: int) -> None:
    """A /proc without processes: torch 2.13 complains on stderr if it finds no cpuinfo there."""
    syscalls.mount("tmpfs", "/proc", flags, "size=4k,nr_inodes=4,mode=0755")
    Path("/proc/cpuinfo").symlink_to(CPUINFO)
    syscalls.mount("tmpfs", "/proc", flags | syscalls.MS_REMOUNT | syscalls.MS_RDONLY)


def _write(path: str, text: str) -> None:
    """Like Path.write_text, with a fifth of the memory touched that a fork must copy first."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _step(name: str, action: Callable[[], object]) -> None:
    try:
        action()
    except OSError as error:
        raise CannotIsolate(f"{name}: {error.strerror or error}.") from error
