"""Which system calls students' code may make, as a seccomp program for the kernel.

The list says what is allowed, and anything else fails as on a kernel that lacks the call (ENOSYS).
A list of what is forbidden would let through whatever the next kernel brings; and libraries must
cope with ENOSYS anyway, as they run on old kernels too. What a student may try on purpose (a new
process, a connection) fails with EPERM, "Operation not permitted", which says more.

The program is made by libseccomp through `pyseccomp` (0.1.2: it loads, adds rules and exports;
tried with libseccomp 2.5.4). Importing it starts processes (`ctypes.util.find_library`), so
`compile_seccomp` is called once, where tools may be started, and the bytes are handed over.
"""

import errno
import tempfile
from typing import Any

from course.grading.sandbox import syscalls
from course.grading.sandbox.refusal import CannotIsolate

ALLOWED = """
    brk mmap munmap mprotect mremap madvise msync mincore mlock mlock2 munlock membarrier
    get_mempolicy set_mempolicy mbind pkey_alloc pkey_free pkey_mprotect

    read write pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2 lseek sendfile
    copy_file_range close close_range dup dup2 dup3 flock fsync fdatasync
    fallocate ftruncate truncate fadvise64 pipe pipe2

    open openat openat2 creat access faccessat faccessat2 stat lstat fstat newfstatat statx statfs
    fstatfs readlink readlinkat getdents getdents64 getcwd chdir fchdir umask
    mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat
    chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes utimensat futimesat
    getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr

    poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait
    epoll_pwait2 eventfd eventfd2 timerfd_create timerfd_settime timerfd_gettime
    recvfrom recvmsg recvmmsg shutdown getsockopt getsockname getpeername

    futex futex_waitv futex_wait futex_wake futex_requeue set_robust_list get_robust_list
    set_tid_address rseq gettid exit exit_group wait4 waitid
    sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_getscheduler
    sched_get_priority_max sched_get_priority_min sched_rr_get_interval getcpu getpriority
    arch_prctl riscv_hwprobe riscv_flush_icache

    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait
    rt_sigqueueinfo rt_tgsigqueueinfo sigaltstack kill tkill tgkill pause alarm setitimer getitimer
    restart_syscall

    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times
    timer_create timer_settime timer_gettime timer_getoverrun timer_delete

    getpid getppid getpgid getpgrp getsid getuid geteuid getgid getegid getresuid getresgid
    getgroups capget uname sysinfo getrusage getrlimit setrlimit prlimit64 getrandom
"""
"""What a numerical program needs on its own files, its own memory and its own threads."""

REFUSED = """
    fork vfork execve execveat unshare setns
    socket connect bind listen accept accept4 sendmsg sendmmsg
    ptrace process_vm_readv process_vm_writev pidfd_open pidfd_getfd pidfd_send_signal
    setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
    mount umount2 pivot_root chroot mknod mknodat open_by_handle_at name_to_handle_at
    shmget msgget semget mq_open memfd_create bpf perf_event_open userfaultfd
    io_uring_setup io_uring_enter io_uring_register add_key request_key keyctl
"""
"""What fails with EPERM: mostly what a student might try; all the rest fails with ENOSYS.

shmget, memfd_create and mq_open are here because their memory is bounded by no limit of ours, and
sendmsg because it hands descriptors over.
"""

IOCTLS = {
    "FIOCLEX": 0x5451,
    "FIONCLEX": 0x5450,
    "FIONBIO": 0x5421,
    "FIONREAD": 0x541B,
    "TCGETS": 0x5401,
    "TCGETS2": 0x802C542A,
    "TIOCGWINSZ": 0x5413,
}
"""Properties of descriptors; isatty() asks for TCGETS."""

PRCTLS = {
    "PR_GET_DUMPABLE": 3,
    "PR_SET_NAME": 15,
    "PR_GET_NAME": 16,
    "PR_CAPBSET_READ": 23,
    "PR_SET_TIMERSLACK": 29,
    "PR_GET_TIMERSLACK": 30,
    "PR_GET_NO_NEW_PRIVS": 39,
    "PR_SET_THP_DISABLE": 41,
    "PR_GET_THP_DISABLE": 42,
    "PR_SET_VMA": 0x53564D41,  # names a mapping; glibc's malloc and torch do
}
"""Missing on purpose: PR_SET_PDEATHSIG, by which the process ends together with its keeper."""

_NEW_NAMESPACES = (
    syscalls.CLONE_NEWNS
    | syscalls.CLONE_NEWUTS
    | syscalls.CLONE_NEWIPC
    | syscalls.CLONE_NEWUSER
    | syscalls.CLONE_NEWPID
    | syscalls.CLONE_NEWNET
    | 0x02000000  # CLONE_NEWCGROUP
)
_AF_UNIX = 1
_F_SETLEASE, _F_DUPFD_CLOEXEC = 1024, 1030  # below the first are those of POSIX, and locks
_UNKNOWN_NAME = -1
_OPTIMIZE = 8  # SCMP_FLTATR_CTL_OPTIMIZE, which pyseccomp 0.1.2 does not name; since libseccomp 2.5
_BINARY_TREE = 2


def compile_seccomp() -> bytes:
    """The program for `syscalls.load_seccomp`, for the architecture of this machine.

    raises CannotIsolate if pyseccomp or libseccomp is missing
    """
    try:
        import pyseccomp  # type: ignore[import-untyped]
    except ImportError as error:
        raise CannotIsolate("pyseccomp is missing: pip install pyseccomp.") from error
    except RuntimeError as error:
        raise CannotIsolate(
            "libseccomp is missing: install it (Debian: apt install libseccomp2)."
        ) from error

    program = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.ENOSYS))
    program.set_attr(_OPTIMIZE, _BINARY_TREE)
    for names, action in (
        (ALLOWED, pyseccomp.ALLOW),
        (REFUSED, pyseccomp.ERRNO(errno.EPERM)),
    ):
        for name in names.split():
            # A name that this libseccomp does not know is a new call: ENOSYS, as on an old kernel.
            if pyseccomp.resolve_syscall(0, name) != _UNKNOWN_NAME:
                program.add_rule(action, name)
    _allow_by_argument(program, pyseccomp)
    with tempfile.TemporaryFile() as file:
        program.export_bpf(file)
        file.seek(0)
        return file.read()


def _allow_by_argument(program: Any, pyseccomp: Any) -> None:
    """Add the calls that are allowed with some arguments only."""

    def when(number: int, comparison: int, *values: int) -> Any:
        return pyseccomp.Arg(number, comparison, *values)

    equal, masked, allow = pyseccomp.EQ, pyseccomp.MASKED_EQ, pyseccomp.ALLOW
    refuse = pyseccomp.ERRNO(errno.EPERM)
    for value in IOCTLS.values():
        program.add_rule(allow, "ioctl", when(1, equal, value))
    for value in PRCTLS.values():
        program.add_rule(allow, "prctl", when(0, equal, value))
    # Not leases (F_SETLEASE): their holder keeps waiting whoever opens a file of the same user's.
    program.add_rule(allow, "fcntl", when(1, pyseccomp.LT, _F_SETLEASE))
    program.add_rule(allow, "fcntl", when(1, equal, _F_DUPFD_CLOEXEC))
    # Threads, but no processes. The arguments of clone3 lie in memory, where seccomp cannot look:
    # it fails with ENOSYS, and glibc then takes clone.
    thread, mask = syscalls.CLONE_THREAD, syscalls.CLONE_THREAD | _NEW_NAMESPACES
    program.add_rule(allow, "clone", when(0, masked, mask, thread))
    program.add_rule(refuse, "clone", when(0, masked, thread, 0))
    # A pair within the process, which is how asyncio wakes itself; and nobody else to send to.
    program.add_rule(allow, "socketpair", when(0, equal, _AF_UNIX))
    program.add_rule(refuse, "socketpair", when(0, pyseccomp.NE, _AF_UNIX))
    program.add_rule(allow, "sendto", when(4, equal, 0))
    program.add_rule(refuse, "sendto", when(4, pyseccomp.NE, 0))
