"""Grades, and is killed at a moment that is asked for: just before the grader's n-th write.

    python -m tests.grading.kill_at

A line on stdin is a run: MOMENT STUDENT FOLDER. A line on stdout says how it ended: "killed", or
"done" and how many moments there were. A run is a fork, since nbgrader takes seconds to import.
"""

import os
import signal
import sys
from pathlib import Path

import sqlalchemy

from course.grading.grade import grade

WRITES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod"}
FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def die_at(moment):
    """Count the writes to files and the statements to the database; die before the n-th."""
    passed = []

    def moment_passes(*_):
        passed.append(None)
        if len(passed) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def hear(event, about):
        if event in WRITES or (event == "open" and about[2] & FLAGS):
            moment_passes()

    sys.addaudithook(hear)
    for event in ("before_cursor_execute", "commit"):
        sqlalchemy.event.listen(sqlalchemy.Engine, event, moment_passes)
    return passed


def grade_and_die(moment, student, folder):
    passed = die_at(moment)
    list(grade(Path(folder), students=[student]))
    print("done", len(passed), flush=True)


def main():
    for line in sys.stdin:
        moment, student, folder = line.rstrip("\n").split(" ", 2)
        child = os.fork()
        if child == 0:
            try:
                grade_and_die(int(moment), student, folder)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            print("killed", flush=True)


if __name__ == "__main__":
    main()
