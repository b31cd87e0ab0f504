"""Run a command to its end, and say how long it took and how much memory."""

import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.classes import ENVIRONMENT

LOOKS = 0.5  # seconds from one look at the memory to the next


@dataclass(frozen=True)
class Run:
    """What a command took.

    main, all : MiB at the highest, of its first process, and of all its processes together; what
        several of them share is counted once
    """

    seconds: float
    main: float = 0.0
    all: float = 0.0


def run(command: Sequence[str], folder: Path, memory: bool = False) -> Run:
    """Run a command in a folder; what it prints goes to `output.txt` there.

    memory : look at it, too, twice a second
    raises SystemExit with the end of what it has printed if it fails
    """
    path = folder / "output.txt"
    with path.open("w", encoding="utf-8") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=ENVIRONMENT, stdout=output, stderr=subprocess.STDOUT
        )
        over, peak = threading.Event(), [0.0, 0.0]
        if memory:
            looking = threading.Thread(target=_look, args=(process.pid, over, peak))
            looking.start()
        status = process.wait()
        seconds = time.perf_counter() - started
        if memory:
            over.set()
            looking.join()
    if status:
        last = path.read_text(encoding="utf-8")[-2000:]
        raise SystemExit(f"{' '.join(command)} in {folder} failed:\n{last}")
    return Run(seconds, *peak)


def _look(pid: int, over: threading.Event, peak: list[float]) -> None:
    while not over.wait(LOOKS):
        memory = {process: _memory(process) for process in _descendants(pid)}
        peak[0] = max(peak[0], memory.get(pid, 0.0))
        peak[1] = max(peak[1], sum(memory.values()))


def _descendants(pid: int) -> list[int]:
    """A process and all that it has started, also indirectly."""
    children: dict[int, list[int]] = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            about = stat.read_text(encoding="utf-8", errors="replace")
        except OSError:  # it has ended meanwhile
            continue
        children[int(about.rpartition(")")[2].split()[1])].append(int(stat.parent.name))
    found = [pid]
    for process in found:
        found += children[process]
    return found


def _memory(pid: int) -> float:
    """MiB of a process: its own, and its part of what it shares."""
    try:
        lines = Path("/proc", str(pid), "smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:  # it has ended meanwhile
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
