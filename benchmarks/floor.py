"""The floor: the cells of graded notebooks and their tests in one warm interpreter, nothing else.

    python -m benchmarks.floor build/bench/class

One process in which everything is imported, one IPython shell, a fresh namespace for each notebook;
no isolation, no fork, no gradebook. It prints how many seconds the cells of all notebooks took, one
after the other on one core.
"""

import gc
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

# As where students' code runs: one thread, and pictures are not drawn.
os.environ |= {"OMP_NUM_THREADS": "1", "COURSE_GRADED": "1", "MPLBACKEND": "agg"}

import nbformat

from course.grading.examiner.shell import Shell

Cells = list[tuple[str, bool]]


def cells_of(path: Path) -> Cells:
    """The text of each code cell, and whether what it shows is kept."""
    nb = nbformat.read(path, as_version=4)
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    return [(cell.source, "nbgrader" in cell.metadata) for cell in code]


def run(shell: Shell, fresh: dict[str, Any], cells: Cells) -> float:
    """Run the cells of a notebook; returns the seconds they took."""
    started = time.perf_counter()
    # Not `shell.reset`, which takes longer than the cells: it has all garbage looked for.
    shell.user_ns.clear()
    shell.user_ns.update(fresh)
    for source, show in cells:
        shell.run(source, show=show)
    return time.perf_counter() - started


def main(course: Path) -> None:
    """Run all graded notebooks of a course."""
    warnings.simplefilter("ignore")
    notebooks = [cells_of(path) for path in sorted(course.glob("autograded/*/*/*.ipynb"))]
    shell = Shell.instance()
    fresh = dict(shell.user_ns)
    for cells in notebooks[:10]:  # so that all is imported
        run(shell, fresh, cells)
    gc.collect()
    gc.freeze()
    print(sum(run(shell, fresh, cells) for cells in notebooks))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
