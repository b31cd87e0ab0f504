"""How much one submission may use of the machine."""

import os
import resource
from dataclasses import dataclass

MIB = 1024**2


@dataclass(frozen=True)
class Limits:
    """What bounds the process that runs one submission; the defaults suit lessons on a CPU."""

    memory: int = 2048 * MIB
    """Bytes of address space on top of what the warm process has mapped already."""
    processor: int = 120
    """Seconds of processor time, of all threads together; then the process is killed."""
    wall: float = 600.0
    """Seconds from ready to end by the clock; then the process is killed."""
    threads: int = 64
    """How many threads may run at once. Before Linux 5.14 all submissions share this number."""
    file_size: int = 32 * MIB
    """Bytes of the largest file; writing beyond it is an OSError."""
    scratch: int = 64 * MIB
    """Bytes of all files in the scratch folder together, and again of those in /dev/shm."""
    files: int = 4096
    """How many files and folders may be in the scratch folder, and again in /dev/shm."""
    open_files: int = 256
    """How many descriptors may be open at once."""


def mapped_bytes() -> int:
    """The address space of this process, in bytes; needs /proc."""
    descriptor = os.open("/proc/self/statm", os.O_RDONLY)
    try:
        pages = int(os.read(descriptor, 100).split()[0])
    finally:
        os.close(descriptor)
    return pages * os.sysconf("SC_PAGE_SIZE")


def set_limits(limits: Limits, mapped: int, isolated: bool) -> None:
    """Set this process's resource limits for good.

    mapped : bytes of address space that do not count, see `mapped_bytes`
    isolated : whether it has an own user namespace; if not, the number of threads is left as it
        is, since it would count all that this user runs
    """
    bounds = {
        resource.RLIMIT_AS: mapped + limits.memory,
        resource.RLIMIT_CPU: limits.processor,
        resource.RLIMIT_FSIZE: limits.file_size,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 0,
    }
    if isolated:
        bounds |= {
            resource.RLIMIT_NPROC: limits.threads,
            resource.RLIMIT_MEMLOCK: 0,
            resource.RLIMIT_MSGQUEUE: 0,
        }
    for what, bound in bounds.items():
        hard = resource.getrlimit(what)[1]
        if hard != resource.RLIM_INFINITY:
            bound = min(bound, hard)
        resource.setrlimit(what, (bound, bound))
