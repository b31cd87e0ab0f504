"""What was graded from what: so that what has not changed is not graded again.

An entry is written last, after the graded notebook and the gradebook. Whatever ends the grader
before that leaves no entry, or an old one that no longer fits, and the submission is graded again.
"""

import hashlib
import json
import os
import stat
from dataclasses import asdict, dataclass, field
from pathlib import Path

from course.grading.results import write_whole
from course.grading.submissions import Submission

FOLDER = Path(".course") / "graded"
"""Where a course keeps the entries, below its root. Without them all is graded again."""


@dataclass(frozen=True)
class Entry:
    """What became of a submission.

    fingerprint : of all that it was graded from
    repairs : a sentence for each thing that was put right before grading
    limits : what ended the student's code before its time, in a few words each
    lost : points that were lost, by their reason
    seconds : that its examination took
    """

    fingerprint: str
    points: float
    most: float
    repairs: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    lost: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0


class Ledger:
    """The entries of a course, a file each."""

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER

    def get(self, submission: Submission) -> Entry | None:
        """The entry of a submission; None if there is none that can be read."""
        try:
            told = json.loads(self._path(submission).read_bytes())
            lists = {key: tuple(told[key]) for key in ("repairs", "limits")}
            return Entry(**{**told, **lists})
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, submission: Submission, entry: Entry) -> None:
        write_whole(self._path(submission), json.dumps(asdict(entry)))

    def drop(self, submission: Submission) -> None:
        self._path(submission).unlink(missing_ok=True)

    def _path(self, submission: Submission) -> Path:
        return self._folder / submission.lesson / f"{submission.student}.json"


def fingerprint(folder: Path, *versions: str) -> str:
    """Changes whenever a file of a submission is written, or one of the versions is another.

    folder : what was handed in; only looked at, not read
    """
    digest = hashlib.sha256("\n".join(versions).encode())
    for path, status in sorted(_files(str(folder))):
        # Unpacking keeps the time of the last change (mtime); that of the arrival is the ctime.
        about = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_mode)
        digest.update(f"{path}{about}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _files(folder: str) -> list[tuple[str, os.stat_result]]:
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                found += _files(entry.path)
            else:
                found.append((entry.path, status))
    return found
