"""The outer wall: a command is started by bubblewrap and sees little of this machine.

The wall is built once, around a long-lived process; what is built for every submission is in
`inner`. Behind it there is a root made of the files that Python needs, all of them read-only, no
network, an own process tree and an environment of a few names. The only places to write are
SCRATCH and /dev/shm.
"""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from course.grading.sandbox.refusal import CannotIsolate

SCRATCH = "/scratch"
"""Home, working folder and place for temporary files, behind the wall and for each submission."""

CPUINFO = "/etc/cpuinfo"
"""Where /proc/cpuinfo stands behind the wall, for those who have no /proc."""

NOBODY = 65534
"""The user and group number under which the command runs if root starts it."""

ENVIRONMENT = {
    "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": SCRATCH,
    "TMPDIR": SCRATCH,
    "USER": "student",  # asked for by getpass, as there is no /etc/passwd
    "LOGNAME": "student",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
    "MPLCONFIGDIR": f"{SCRATCH}/.matplotlib",
    "MPLBACKEND": "agg",
    # One submission, one core: as many submissions as there are cores are examined side by side.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # Each arena of glibc's malloc reserves 64 MiB of the address space, which is bounded.
    "MALLOC_ARENA_MAX": "2",
    # A large array reuses the memory of the last one, as it comes to do in a process that has run
    # for a while, where malloc by itself would ask the kernel for new pages and give them back.
    "MALLOC_MMAP_THRESHOLD_": str(32 * 1024**2),
    "MALLOC_TRIM_THRESHOLD_": str(64 * 1024**2),
}
"""The whole environment of the command, whatever the caller's is."""

_SYSTEM_FOLDERS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SYSTEM_FILES = (
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/timezone",
    "/sys/devices/system/cpu",  # torch's cpuinfo complains on stderr without it
)
HIDDEN = (Path("/usr/local/share/nbgrader"),)
"""What lies among the system's files and is no student's to read: nbgrader's exchange, by default,
with what others have handed in."""

_ROOM_OF_COMMAND = 256 * 1024**2
"""Bytes that the command itself may write to SCRATCH, and again to /dev/shm."""


def behind_wall(
    command: Sequence[str], readable: Sequence[Path], hidden: Sequence[Path] = ()
) -> list[str]:
    """The command line that runs `command` behind the wall.

    command : a program that lies under /usr, `sys.prefix` or a readable path, and its arguments
    readable : files and folders that it may read; they keep their paths
    hidden : files and folders that are empty behind the wall, though a readable one holds them;
        where a readable path lies within a hidden one, the longer path counts
    returns the arguments for `subprocess`; descriptors named in `pass_fds` reach the command
    raises CannotIsolate if bubblewrap is not installed, or setpriv if root asks

    The wall falls when the *thread* that started it ends, so start it from a lasting one. Root's
    command runs as user and group NOBODY, anyone else's as that user in a user namespace.
    """
    as_root = os.geteuid() == 0
    wall = [tool("bwrap", "bubblewrap")]
    wall += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    wall += ["--unshare-cgroup-try", "--hostname", "sandbox", "--die-with-parent", "--new-session"]
    if as_root:
        wall += ["--cap-drop", "ALL"]
        wall += [part for name in _TO_BECOME_NOBODY for part in ("--cap-add", name)]
    else:
        wall += ["--unshare-user"]
    wall += _system()
    masks = []
    for path, is_hidden in _in_order(readable, [*hidden, *HIDDEN]):
        wall += _folders_above(path)
        if not is_hidden:
            wall += ["--ro-bind", str(path), str(path)]
        elif path.is_dir():
            wall += ["--tmpfs", str(path)]
            masks.append(path)  # stays writable until all that lies within it is in place
        else:
            wall += ["--ro-bind", "/dev/null", str(path)]
    wall += [part for path in masks for part in ("--remount-ro", str(path))]
    wall += ["--remount-ro", "/", "--chdir", SCRATCH, "--clearenv"]
    wall += [part for name, value in ENVIRONMENT.items() for part in ("--setenv", name, value)]
    return [*wall, "--", *(_become_nobody() if as_root else []), *command]


def tool(program: str, package: str) -> str:
    """The path of a program; raises CannotIsolate if it is missing."""
    path = shutil.which(program, path="/usr/bin:/bin:/usr/local/bin") or shutil.which(program)
    if path is None:
        raise CannotIsolate(f"{package} is missing: install it (Debian: apt install {package}).")
    return path


_TO_BECOME_NOBODY = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
"""What setpriv needs; it is gone once the user is changed."""


def _become_nobody() -> list[str]:
    return [
        tool("setpriv", "util-linux"),
        f"--reuid={NOBODY}",
        f"--regid={NOBODY}",
        "--clear-groups",
        "--inh-caps=-all",
        "--bounding-set=-all",
        "--no-new-privs",
        "--",
    ]


def _system() -> list[str]:
    """The root without the parts that this course adds."""
    parts = ["--ro-bind", "/usr", "/usr"]
    for name in _SYSTEM_FOLDERS:
        folder = Path(name)
        if folder.is_symlink():
            parts += ["--symlink", str(folder.readlink()), name]
        elif folder.exists():
            parts += ["--ro-bind", name, name]
    for name in _SYSTEM_FILES:
        parts += _folders_above(Path(name))
        parts += ["--ro-bind-try", name, name]
    parts += ["--ro-bind", "/proc/cpuinfo", CPUINFO, "--proc", "/proc", "--dev", "/dev"]
    parts += [*_own_folder("/dev/shm"), "--remount-ro", "/dev", *_own_folder(SCRATCH)]
    return [*parts, "--dir", "/tmp"]


def _folders_above(path: Path) -> list[str]:
    """Make them for everyone to pass: bubblewrap itself would make them for the owner only."""
    folders = [str(folder) for folder in path.parents if folder != Path("/")]
    return [part for folder in reversed(folders) for part in ("--dir", folder)]


def _own_folder(path: str) -> list[str]:
    return ["--perms", "1777", "--size", str(_ROOM_OF_COMMAND), "--tmpfs", path]


def _in_order(readable: Sequence[Path], hidden: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """Each path and whether it is hidden, the outer before the inner, so that the inner counts."""
    shown = {place for path in [*_pythons_own(), *readable] for place in _places(path)}
    masked = set()
    for real in {path.resolve() for path in hidden if path.exists()}:
        for root in {*shown, Path("/usr")}:  # by whichever road it can be reached
            if real.is_relative_to(root.resolve()):
                masked.add(root / real.relative_to(root.resolve()))
    for path in sorted(shown | masked, key=lambda path: path.parts):
        yield path, path in masked


def _pythons_own() -> list[Path]:
    """Where the running Python and its packages lie."""
    own = [Path(sys.prefix), Path(sys.base_prefix)]
    return [path for path in own if not path.resolve().is_relative_to("/usr")]


def _places(path: Path) -> set[Path]:
    """A path as it is written and where it leads to: both must stand behind the wall."""
    return {path.absolute(), path.resolve()}
