"""What this machine offers to keep students' code apart, in plain words.

`probe` tries every layer once, in processes that are thrown away, and says what is there; grading
asks `Report.refusal` before it begins.
"""

import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import course
from course.grading.sandbox.filter import compile_seccomp
from course.grading.sandbox.outer import behind_wall
from course.grading.sandbox.refusal import CannotIsolate

TRUST = "--trust-students"
"""The flag that accepts what is missing."""

_NO_LINUX = "this is no Linux: grade in a Linux container or virtual machine"
_NO_NAMESPACES = (
    "allow user namespaces: in Docker, --security-opt seccomp=unconfined (its own profile refuses "
    "them) and, for /proc, --security-opt systempaths=unconfined; in Kubernetes, as "
    "docs/kubernetes.md says; on Ubuntu from 23.10 on, "
    "sysctl kernel.apparmor_restrict_unprivileged_userns=0; on old Debian, "
    "sysctl kernel.unprivileged_userns_clone=1"
)


@dataclass(frozen=True)
class Layer:
    """One layer of the isolation."""

    name: str
    gives: str
    """What holds while it is there."""
    remedy: str
    """How to get it."""
    compulsory: bool = True


LAYERS = (
    Layer(
        "outer wall",
        "student code sees no file but Python, the packages and what it is shown",
        "apt install bubblewrap",
    ),
    Layer("user namespaces", "student code has no user's rights", _NO_NAMESPACES),
    Layer("process tree", "it sees and signals no other process", _NO_NAMESPACES),
    Layer("network", "it reaches no network, not even this machine's own", _NO_NAMESPACES),
    Layer("file system", "every submission begins with an empty scratch folder", _NO_NAMESPACES),
    Layer("all together", "these can be had at once, behind the wall", _NO_NAMESPACES),
    Layer(
        "seccomp",
        "it starts no process and asks the kernel only what a numerical program needs",
        "pip install pyseccomp, and apt install libseccomp2",
    ),
    Layer("limits", "its memory, processor time, threads and files are bounded", "a newer Linux"),
    Layer(
        "Landlock",
        "the kernel refuses forbidden files a second time, by other means",
        "Linux 5.13 or newer, started with landlock among its lsm",
        compulsory=False,
    ),
)


@dataclass(frozen=True)
class Report:
    """Which layers are missing here, and why."""

    problems: Mapping[str, str]
    """For each layer that failed, by its name, what went wrong."""
    linux: bool = True

    @property
    def missing(self) -> list[Layer]:
        """The layers without which nothing is graded."""
        return [layer for layer in LAYERS if layer.compulsory and layer.name in self.problems]

    def lines(self) -> list[str]:
        """A sentence for each layer."""
        if not self.linux:
            return [f"No isolation: {_NO_LINUX}."]
        return [self._line(layer) for layer in LAYERS]

    def refusal(self) -> str | None:
        """Why nothing is graded here, in one sentence; None if all that is needed is there."""
        if not self.missing:
            return None
        accept = f"or accept that students' code runs with your rights: {TRUST}."
        if not self.linux:
            return f"Students' code cannot be kept apart here: {_NO_LINUX}, {accept}"
        first = self.missing[0]
        return (
            f"Students' code cannot be kept apart here, as {first.name} "
            f"{'are' if first.name.endswith('s') else 'is'} missing "
            f"({self._reason(first)}): {self._remedy(first)}; {accept}"
        )

    def _line(self, layer: Layer) -> str:
        if layer.name not in self.problems:
            return f"{layer.name}: present, so {layer.gives}."
        reason = self._reason(layer)
        if layer.compulsory:
            return f"{layer.name}: MISSING ({reason}). To get it: {self._remedy(layer)}."
        return (
            f"{layer.name}: not there ({reason}); the other layers stand. It needs {layer.remedy}."
        )

    def _remedy(self, layer: Layer) -> str:
        # Where bubblewrap speaks itself, it is installed, and was not let.
        is_there = self.problems[layer.name].startswith("bwrap:")
        return _NO_NAMESPACES if is_there else layer.remedy

    def _reason(self, layer: Layer) -> str:
        return " ".join(self.problems[layer.name].split()).rstrip(".")


def probe() -> Report:
    """Try every layer here, in about a fifth of a second."""
    if platform.system() != "Linux":
        return Report({layer.name: _NO_LINUX for layer in LAYERS}, linux=False)
    problems = {}
    try:
        program = compile_seccomp()
    except (CannotIsolate, OSError) as error:
        problems["seccomp"], program = str(error), b""
    trial = [sys.executable, "-m", "course.grading.sandbox.trial", program.hex()]
    try:
        problems |= _ask(behind_wall(trial, [Path(course.__file__).parent]))
    except CannotIsolate as error:
        # Without the wall, so that all that is missing is told at once.
        problems |= {"outer wall": str(error)} | _ask_bare(trial)
    return Report(problems)


def _ask(command: list[str]) -> dict[str, str]:
    """What a trial prints; raises CannotIsolate if it did not come to that."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotIsolate(str(error)) from error
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"it ended with {done.returncode}"]
        raise CannotIsolate(last[0])
    problems: dict[str, str] = json.loads(done.stdout)
    return problems


def _ask_bare(trial: list[str]) -> dict[str, str]:
    try:
        return _ask(trial)
    except CannotIsolate as error:
        return {"user namespaces": str(error)}
