"""The few Linux system calls that Python 3.11 does not offer, one function each.

Nothing is decided here: `inner` says what is called, in which order and why. Each function takes
plain numbers, strings and bytes, and raises OSError with the name of the call. They are called
through the C library of the running process, which starts no thread and no other process. The
numbers are from the kernel's user headers (include/uapi/linux) and are the same on x86_64 and
aarch64; 444 to 446 are the same on every architecture.
"""

import ctypes
import os
import sys
from functools import cache

# unshare(2): what a process may get an own, empty copy of.
CLONE_NEWNS = 0x00020000  # mounts
CLONE_NEWUTS = 0x04000000  # host name
CLONE_NEWIPC = 0x08000000  # System V and POSIX message queues, shared memory
CLONE_NEWUSER = 0x10000000  # users and capabilities
CLONE_NEWPID = 0x20000000  # process numbers, from the next child on
CLONE_NEWNET = 0x40000000  # network
CLONE_THREAD = 0x00010000  # clone(2): a thread, no process

# mount(2)
MS_RDONLY = 1 << 0
MS_NOSUID = 1 << 1
MS_NODEV = 1 << 2
MS_NOEXEC = 1 << 3
MS_REMOUNT = 1 << 5
MS_REC = 1 << 14
MS_PRIVATE = 1 << 18

# prctl(2)
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x20080522

_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_LANDLOCK_CREATE_RULESET_VERSION = 1
_LANDLOCK_RULE_PATH_BENEATH = 1


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _FilterProgram(ctypes.Structure):
    """struct sock_fprog: how many instructions of 8 bytes, and where they lie."""

    _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.c_char_p))


class _RulesetAttributes(ctypes.Structure):
    """struct landlock_ruleset_attr, which has grown: an older kernel is given its beginning."""

    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),  # from ABI 4 on
        ("scoped", ctypes.c_uint64),  # from ABI 6 on
    )


class _PathBeneathAttributes(ctypes.Structure):
    """struct landlock_path_beneath_attr."""

    _pack_ = 1
    _layout_ = "ms"  # what _pack_ means; Python 3.14 wants it said
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> int:
    """Call a function of the C library; a negative answer is raised as OSError."""
    function = getattr(_libc(), name, None)
    if function is None:
        raise OSError(f"{name}: this system has no such call")
    return _checked(name, function(*arguments))


def _numbered_call(name: str, number: int, *arguments: object) -> int:
    """Make a system call for which the C library has no function."""
    return _checked(name, _libc().syscall(ctypes.c_long(number), *arguments))


def _checked(name: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Leave the namespaces of `flags` (CLONE_NEW...) for new ones."""
    _call("unshare", ctypes.c_int(flags))


def setns(namespace: int, kind: int) -> None:
    """Enter the namespace of a descriptor, of the kind CLONE_NEW...; into one of process trees goes
    the next child only.
    """
    _call("setns", ctypes.c_int(namespace), ctypes.c_int(kind))


def mount(kind: str, target: str, flags: int, options: str = "") -> None:
    """Mount a new file system of this kind on `target`, or change how `target` is mounted."""
    texts = [text.encode() for text in (kind, target, kind, options)]
    source, place, filesystem, data = texts
    _call("mount", source, place, filesystem, ctypes.c_ulong(flags), data)


def prctl(option: int, argument: int = 0) -> None:
    """Change one property of this process."""
    zero = ctypes.c_ulong(0)
    _call("prctl", ctypes.c_int(option), ctypes.c_ulong(argument), zero, zero, zero)


def drop_capabilities() -> None:
    """Give up every capability for good: the bounding set first, as that needs one of them."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:  # EINVAL: the kernel knows no more of them
            break
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    nothing = bytes(24)  # effective, permitted and inheritable, twice 32 bits each
    _call("capset", ctypes.byref(header), nothing)


def load_seccomp(program: bytes) -> None:
    """Let every further system call of this thread be judged by a BPF program.

    program : instructions of 8 bytes each (struct sock_filter)
    raises OSError; without PR_SET_NO_NEW_PRIVS the kernel refuses
    """
    prepared = _FilterProgram(len(program) // 8, program)
    zero = ctypes.c_ulong(0)
    mode = ctypes.c_ulong(SECCOMP_MODE_FILTER)
    _call("prctl", ctypes.c_int(PR_SET_SECCOMP), mode, ctypes.byref(prepared), zero, zero)


def landlock_abi() -> int:
    """The version of Landlock that this kernel speaks, from 1 on; 0 where it has none."""
    if sys.platform != "linux":
        return 0
    try:
        version = ctypes.c_uint32(_LANDLOCK_CREATE_RULESET_VERSION)
        nothing = ctypes.c_size_t(0)
        number = _LANDLOCK_CREATE_RULESET
        return _numbered_call("landlock_create_ruleset", number, None, nothing, version)
    except OSError:
        return 0


def landlock_ruleset(files: int, network: int, scopes: int, abi: int) -> int:
    """A new rule set, which forbids these kinds of access but where a rule allows them.

    returns a descriptor, for the caller to close
    """
    attributes = _RulesetAttributes(files, network, scopes)
    size = ctypes.c_size_t(24 if abi >= 6 else 16 if abi >= 4 else 8)
    number = _LANDLOCK_CREATE_RULESET
    flags = ctypes.c_uint32(0)
    return _numbered_call("landlock_create_ruleset", number, ctypes.byref(attributes), size, flags)


def landlock_allow(ruleset: int, path: str, access: int) -> None:
    """Allow these kinds of access to the file `path`, or to all that lies beneath a folder."""
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        attributes = _PathBeneathAttributes(access, place)
        _numbered_call(
            "landlock_add_rule",
            _LANDLOCK_ADD_RULE,
            ctypes.c_int(ruleset),
            ctypes.c_int(_LANDLOCK_RULE_PATH_BENEATH),
            ctypes.byref(attributes),
            ctypes.c_uint32(0),
        )
    finally:
        os.close(place)


def landlock_restrict(ruleset: int) -> None:
    """Hold this thread, and all that it starts, to a rule set for good."""
    number, flags = _LANDLOCK_RESTRICT_SELF, ctypes.c_uint32(0)
    _numbered_call("landlock_restrict_self", number, ctypes.c_int(ruleset), flags)
