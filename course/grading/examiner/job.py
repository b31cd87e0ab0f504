"""What is to be examined, and what came of it: plain data, the same wherever it is examined."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from course.grading.examiner.names import Kind
from course.grading.examiner.shell import Output

MOST_REVIVALS = 12
"""So often a student's process is started again after it ended before its time."""


@dataclass(frozen=True)
class JobCell:
    """One code cell.

    kind : whose it is, and so where it runs
    source : what the student's process runs; empty for a test, which it never sees
    tests : what the tester runs
    asks : the names that the tester takes from the student's process for it
    """

    kind: Kind
    source: str
    tests: str = ""
    asks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """One notebook to examine.

    cells : its code cells, in order
    draw_key : what the tests draw their inputs from
    seed : of the random numbers in the student's process, below 2**32
    files, test_files : what lies beside the notebook, for the student's cells and for the tests
    cell_seconds : of processor time that a cell or a call may take; see Patience
    show_given : whether given cells show their outputs in the graded notebook
    """

    cells: tuple[JobCell, ...]
    draw_key: str = ""
    seed: int = 0
    files: Mapping[str, bytes] = field(default_factory=dict)
    test_files: Mapping[str, bytes] = field(default_factory=dict)
    cell_seconds: float = 30.0
    show_given: bool = False

    def plain(self) -> dict[str, Any]:
        """The job as it is sent to the tester."""
        told = asdict(self)
        for cell in told["cells"]:  # texts as bytes: they may be longer than a header
            cell["source"] = cell["source"].encode("utf-8", "replace")
            cell["tests"] = cell["tests"].encode("utf-8", "replace")
        return told

    @classmethod
    def from_plain(cls, told: dict[str, Any]) -> "Job":
        """The job that `plain` wrote."""
        cells = tuple(
            JobCell(**{**c, "source": c["source"].decode(), "tests": c["tests"].decode()})
            for c in told["cells"]
        )
        return cls(**{**told, "cells": cells})


@dataclass
class Result:
    """What came of a job.

    outputs : of each cell, as nbformat has them
    ended : which limits were hit, and how each process of the student's that ended before its time
        did so, in a few words
    modules : what the two processes had loaded in the end, the student's and the tester's; only
        told of a lesson's first job
    seconds : that it took, by the clock
    """

    outputs: list[list[Output]]
    ended: list[str] = field(default_factory=list)
    modules: tuple[Sequence[str], Sequence[str]] = ((), ())
    seconds: float = 0.0


def error_output(name: str, sentence: str) -> Output:
    """An error that no code raised, which scores the cell 0."""
    return {
        "output_type": "error",
        "ename": name,
        "evalue": sentence,
        "traceback": [f"{name}: {sentence}"],
    }
