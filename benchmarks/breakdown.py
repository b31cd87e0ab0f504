"""Where `course grade` spends its time: its main process, function by function.

    python -m benchmarks.breakdown build/bench/class

Grades the course with clocks around what it does for each submission, and prints the seconds as
JSON. The workers examine meanwhile: what the main process does costs time only as far as it is
longer than that, or is done before the first or after the last examination.
"""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

STARTED = time.perf_counter()

# What is measured, and inside of what.
PARTS = {
    "imports": "",
    "open the course": "",
    "find out what is done already": "",
    "prepare": "",
    "look for kept results": "",
    "keep results": "",
    "score": "",
    "record": "",
    "write the graded notebook": "record",
    "write the gradebook": "record",
    "write the ledger": "record",
    "wait for the first result": "",
    "wait for later results": "",
    "end the workers": "",
}


class Clocks:
    """Seconds by what they were spent on."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def around(self, owner: Any, name: str, what: Callable[[], str]) -> None:
        """Count the time of a function, for what is said when it begins."""
        inner = getattr(owner, name)

        @wraps(inner)
        def timed(*arguments: Any, **keywords: Any) -> Any:
            part, started = what(), time.perf_counter()
            try:
                return inner(*arguments, **keywords)
            finally:
                self.seconds[part] += time.perf_counter() - started

        setattr(owner, name, timed)

    def always(self, owner: Any, name: str, part: str) -> None:
        """Count the time of a function for one part."""
        self.around(owner, name, lambda: part)


def measured(root: Path) -> dict[str, float]:
    """Grade a course, and return the seconds by part, with the whole and what workers examined."""
    from course.grading import run
    from course.grading.desk import Desk
    from course.grading.executors.pool import Pool
    from course.grading.grade import grade
    from course.grading.ledger import Ledger
    from course.grading.record import Recorder
    from course.grading.results import Results

    clocks = Clocks()
    clocks.seconds["imports"] = time.perf_counter() - STARTED
    clocks.always(Desk, "prepare", "prepare")
    clocks.always(Desk, "unchanged", "find out what is done already")
    clocks.always(Desk, "score", "score")
    clocks.always(Desk, "record", "record")
    clocks.always(Desk, "_write_graded", "write the graded notebook")
    clocks.always(Recorder, "record", "write the gradebook")
    clocks.always(Ledger, "put", "write the ledger")
    clocks.always(Results, "get", "look for kept results")
    clocks.always(Results, "put", "keep results")
    clocks.always(Pool, "close", "end the workers")
    waits = {False: "wait for the first result", True: "wait for later results"}
    clocks.around(run, "wait", lambda: waits["keep results" in clocks.seconds])
    opening = time.perf_counter()
    receipts = grade(root)
    clocks.seconds["open the course"] = time.perf_counter() - opening
    examined = sum(receipt.seconds for receipt in receipts)
    return {
        **{part: clocks.seconds[part] for part in PARTS},
        "whole": time.perf_counter() - STARTED,
        "examined": examined,
    }


if __name__ == "__main__":
    print(json.dumps(measured(Path(sys.argv[1]))))
