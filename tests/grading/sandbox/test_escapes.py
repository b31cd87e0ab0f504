"""What a student's code may try, each from inside, behind all walls."""

import json
import platform
import sys
from pathlib import Path

import pytest

from course.grading.sandbox.outer import ENVIRONMENT

ROOT = Path(__file__).parents[3]

TRY = """
import os, sys, ctypes, signal, socket, threading, time
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    result = getattr(libc, name)(*arguments)
    return "done" if result >= 0 else os.strerror(ctypes.get_errno())
def number(n, *arguments):
    return call("syscall", ctypes.c_long(n), *(ctypes.c_long(a) for a in arguments))
"""
NOT_PERMITTED = "Operation not permitted"

SECRETS = [
    "/etc/passwd",
    "/etc/shadow",
    "/etc/hosts",
    "/home",
    "/var",
    "/run",
    "/proc/self/environ",
    "/proc/1/cmdline",
    "/sys/kernel",
    "/sys/class",
    str(Path.home() / ".ssh"),
    str(Path.home() / ".bashrc"),
    str(ROOT / "gradebook.db"),
    str(ROOT / "source"),
    str(ROOT / "submitted"),
    str(ROOT / ".git"),
    str(ROOT / "nbgrader_config.py"),
]


@pytest.mark.parametrize("path", SECRETS)
def test_a_student_cannot_see_a_file_of_the_machine(warm, path):
    assert warm.out(f"import os; print(os.path.lexists({path!r}))") == "False"


def test_a_student_sees_of_the_project_the_package_and_the_environment(warm):
    out = warm.out(f"import os; print(*sorted(os.listdir({str(ROOT)!r})))")
    within = (
        {Path(sys.prefix).relative_to(ROOT).parts[0]} if sys.prefix.startswith(str(ROOT)) else set()
    )
    assert set(out.split()) == {"course", *within}


@pytest.mark.parametrize(
    "path",
    [
        "/x",
        "/tmp/x",
        "/etc/x",
        "/usr/x",
        "/dev/x",
        "/proc/x",
        "/var/tmp/x",
        str(ROOT / "x"),
        str(ROOT / "course" / "x.py"),
        str(ROOT / "course" / "__init__.py"),
        "/dev/zero",
        "/dev/ptmx",
    ],
)
def test_a_student_cannot_write_outside_of_the_scratch_folder(warm, path):
    out = warm.out(f"open({path!r}, 'ab')")
    assert out.startswith(("PermissionError", "OSError: [Errno 30]", "FileNotFoundError"))


@pytest.mark.parametrize("kind", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET"])
@pytest.mark.parametrize("way", ["SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW"])
def test_a_student_cannot_make_a_socket(warm, kind, way):
    out = warm.out(f"import socket; socket.socket(socket.{kind}, socket.{way})")
    assert out == f"PermissionError: [Errno 1] {NOT_PERMITTED}"


@pytest.mark.parametrize("command", ["fcntl.F_SETLEASE", "fcntl.F_SETLEASE + 2 ** 32", "1026"])
def test_a_student_cannot_keep_others_from_opening_a_file(warm, command):
    code = TRY + f"import fcntl\nfd = os.open('x', os.O_CREAT)\nprint(number(72, fd, {command}, 0))"
    assert platform.machine() != "x86_64" or warm.out(code) == "Function not implemented"


def test_a_student_can_lock_and_copy_a_descriptor(warm):
    code = "import fcntl, os\nf = open('x', 'w')\nfcntl.lockf(f, 2)\nprint(os.dup(f.fileno()) > 2)"
    assert warm.out(code) == "True"


def test_a_student_cannot_reach_this_machine_itself(warm):
    out = warm.out("import socket; socket.create_connection(('127.0.0.1', 22))")
    assert "not permitted" in out


def test_a_student_cannot_send_a_descriptor_away(warm):
    code = "import socket; a, b = socket.socketpair(); socket.send_fds(a, [b'x'], [0])"
    assert NOT_PERMITTED in warm.out(code)


def test_a_student_cannot_send_to_a_named_socket(warm):
    code = (
        "import socket; a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
        "a.sendto(b'x', '\\0abstract')"
    )
    assert NOT_PERMITTED in warm.out(code)


def test_a_student_is_the_first_and_only_process(warm):
    code = "print(os.getpid(), os.getppid(), [p for p in range(-1, 400) if p > 1 and alive(p)])"
    alive = (
        "def alive(p):\n    try: os.kill(p, 0)\n    except OSError: return False\n    return True\n"
    )
    assert warm.out(TRY + alive + code) == "1 0 []"


@pytest.mark.parametrize("number", [0, -1, 1, 2, 3])
def test_a_student_signals_nobody(warm, number):
    code = TRY + f"try: os.kill({number}, 9)\nexcept OSError: pass\nprint('still here')"
    assert warm.out(code) == "still here"
    assert warm.out("print('the warm process too')") == "the warm process too"


@pytest.mark.parametrize(
    "action",
    [
        "call('ptrace', 16, 1, 0, 0)",
        "call('unshare', 0x10000000)",
        "call('unshare', 0x00020000)",
        "call('setns', 0, 0)",
        "call('mount', b'tmpfs', b'/scratch', b'tmpfs', 0, b'')",
        "call('umount2', b'/scratch', 2)",
        "call('umount2', b'/proc', 2)",
        "call('chroot', b'/scratch')",
        "call('process_vm_readv', 1, 0, 0, 0, 0, 0)",
        "call('shmget', 0, 1 << 30, 0o1600)",
        "call('memfd_create', b'x', 0)",
        "call('mknod', b'/scratch/d', 0o60666, 0)",
        "number(434, 1, 0)",  # pidfd_open
        "number(438, 3, 0, 0)",  # pidfd_getfd
        "number(425, 8, 0)",  # io_uring_setup
        "call('clone', 0, 0, 17, 0)",
    ],
)
def test_a_student_cannot_make_the_call(warm, action):
    if action.startswith("call('clone'"):
        action = "number(56, 17, 0, 0, 0, 0) if os.uname().machine == 'x86_64' else os.strerror(1)"
    assert warm.out(TRY + f"print({action})") == NOT_PERMITTED


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("prctl: leave the keeper", "call('prctl', 1, 0, 0, 0, 0)"),
        ("prctl: another seccomp filter", "call('prctl', 22, 2, 0, 0, 0)"),
        ("clone3", "number(435, 0, 0)"),
        ("personality", "call('personality', 0x0040000)"),
        ("capset", "call('capset', 0, 0)"),
        ("setuid", "call('setuid', 0)"),
        ("setsid", "call('setsid')"),
        ("landlock_create_ruleset", "number(444, 0, 0, 1)"),
        ("move_mount", "number(429, 0, 0, 0, 0, 0)"),
        ("an unheard-of call", "number(1000)"),
    ],
)
def test_for_a_student_the_kernel_lacks_the_call(warm, name, action):
    assert warm.out(TRY + f"print({action})") == "Function not implemented"


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.fork()",
        "import subprocess; subprocess.run(['/usr/bin/true'])",
        "import subprocess; subprocess.run(['/usr/bin/true'], close_fds=False)",
        "import os; os.posix_spawn('/usr/bin/true', ['true'], {})",
        "import os; os.execv('/usr/bin/true', ['true'])",
        "import multiprocessing as m; p = m.get_context('fork').Process(target=print); p.start()",
        "import multiprocessing as m; p = m.get_context('spawn').Process(target=print); p.start()",
    ],
)
def test_a_student_cannot_start_a_process(warm, code):
    assert "not permitted" in warm.out(code)


def test_a_student_cannot_open_a_terminal(warm):
    assert warm.out("import os; os.forkpty()") == "PermissionError: [Errno 13] Permission denied"


def test_a_student_cannot_start_a_program_with_the_shell(warm):
    assert warm.out("import os; print(os.system('true') == 0)") == "False"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the code is of this architecture")
def test_a_student_cannot_call_the_kernel_as_a_32_bit_program(warm):
    code = """
import ctypes, mmap, os
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes.fromhex('b814000000' 'cd80' 'c3'))  # mov eax, getpid; int 0x80; ret
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))())
"""
    outcome = warm.run(code)
    assert (outcome.out, outcome.end["signal"]) == ("", 31)


def test_a_student_has_no_rights(warm):
    code = TRY + (
        "data = ctypes.create_string_buffer(24)\n"
        "head = ctypes.create_string_buffer(bytes.fromhex('22050820') + bytes(4))\n"
        "print(call('capget', head, data), data.raw == bytes(24))\n"
        "print(os.getresuid(), os.getresgid(), os.getgroups() in ([], [65534]))\n"
        "print([c for c in range(64) if libc.prctl(23, c, 0, 0, 0) == 1])"  # the bounding set
    )
    expected = ["done True", "(1000, 1000, 1000) (1000, 1000, 1000) True", "[]"]
    assert warm.out(code).splitlines() == expected


def test_a_student_inherits_no_descriptor_but_the_one_to_talk(warm):
    code = "import os\nfor fd in range(1024):\n    try: os.fstat(fd); print(fd == talk, fd)\n"
    out = warm.out(code + "    except OSError: pass").splitlines()
    assert [line.split()[0] for line in out] == ["False", "False", "False", "True"]
    assert [line.split()[1] for line in out][:3] == ["0", "1", "2"]


def test_a_students_standard_streams_lead_nowhere(warm):
    code = "import os; print({os.fstat(fd).st_rdev for fd in (0, 1, 2)} == {os.makedev(1, 3)})"
    assert warm.out(code) == "True"


def test_the_environment_is_the_walls_own(warm):
    names = json.loads(warm.out("import os, json; print(json.dumps(dict(os.environ)))"))
    assert names.items() - ENVIRONMENT.items() <= {("PWD", "/scratch"), ("LC_CTYPE", "C.UTF-8")}


def test_of_proc_a_student_sees_what_the_processor_is(warm):
    code = "import os; print(os.listdir('/proc'), 'processor' in open('/proc/cpuinfo').read())"
    assert warm.out(code) == "['cpuinfo'] True"
    assert "Read-only file system" in warm.out("import os; os.unlink('/proc/cpuinfo')")


def test_a_users_wall_stops_the_same(warm_of_a_stranger):
    warm = warm_of_a_stranger
    assert warm.out("import os; print(os.getuid(), os.getpid(), os.listdir('/proc'))") == (
        "1000 1 ['cpuinfo']"
    )
    assert warm.out(f"import os; print('course' in os.listdir({str(ROOT)!r}))") == "True"
    assert "not permitted" in warm.out("import os; os.fork()")
    assert "not permitted" in warm.out("import socket; socket.socket()")
    assert warm.out("import os; print(os.path.exists('/etc/passwd'))") == "False"
    assert warm.out("open('x', 'w').write('a'); print(open('/scratch/x').read())") == "a"
    assert warm.out("import os; print(os.listdir('/scratch'))") == "[]"
    assert "Error" in warm.out("open('/tmp/x', 'w')")
