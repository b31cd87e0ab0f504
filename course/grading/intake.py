"""Take in what a student handed in: a clean copy, which is all that nbgrader gets to see.

nbgrader copies whatever lies in a submission, follows links on the way and believes the time that
a file in it claims. So files are looked at without following anything (lstat), opened only if they
are plain, and copied to a folder of ours. What was handed in is never changed.
"""

import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path

from traitlets import Enum, Integer
from traitlets.config import LoggingConfigurable

from course.grading.read_notebook import read_notebook, student_cells

STUDENT_ID = re.compile(r"[A-Za-z0-9_@+][A-Za-z0-9._@+-]*")
TIMESTAMP = "timestamp.txt"  # in which nbgrader keeps the time of handing in
LEFT_ALONE = (".*", "__MACOSX", "__pycache__")  # made by programs, not by students
DEEPEST = 8  # folders within folders
LONGEST_NAME = 60
AN_HOUR = 3600  # seconds


class Refused(Exception):
    """Why nothing of a submission can be graded, in one sentence without its full stop."""


@dataclass(frozen=True)
class TakenIn:
    """What nbgrader may work with.

    repairs : a sentence for each file that was refused or renamed
    arrived : the time of handing in, by the server's clock
    """

    repairs: list[str]
    arrived: datetime


@dataclass(frozen=True)
class File:
    """A plain file of a submission, and what lstat said of it."""

    path: Path
    name: str
    status: os.stat_result


class Intake(LoggingConfigurable):
    """Which files of a submission are let in."""

    max_file_size = Integer(50_000_000, help="Of one file, in bytes.").tag(config=True)
    max_submission_size = Integer(200_000_000, help="Of all files, in bytes.").tag(config=True)
    max_files = Integer(500, help="How many files a submission may have.").tag(config=True)
    clock = Enum(
        ("mtime", "ctime"),
        "mtime",
        help="Whose time is that of handing in: 'mtime', when the newest file was written, which "
        "collecting and unpacking keep; or 'ctime', when it came to this machine, which nobody "
        "can set, but which is the time of collecting where submissions are collected.",
    ).tag(config=True)

    def take_in(
        self, folder: Path, top: Path, into: Path, lesson: Mapping[str, set[str]]
    ) -> TakenIn:
        """Copy what may be graded, and note what was refused or renamed.

        folder : the submission, somewhere below `top`
        into : a new folder, which is made
        lesson : the names of the lesson's notebooks, each with the names of its cells
        raises Refused if there is no notebook to grade
        """
        for part in (folder, *folder.parents):
            if top in part.parents and not stat.S_ISDIR(part.lstat().st_mode):
                raise Refused(f"the folder {shown(part.name)} is a link, which is not followed")
        repairs: list[str] = []
        files = list(self._let_in(folder, repairs))
        notebooks = [file for file in files if file.name.endswith(".ipynb")]
        chosen = _choose(notebooks, folder, lesson, repairs)
        into.mkdir(parents=True)
        for name, file in chosen.items():
            (into / f"{name}.ipynb").write_bytes(_read(file))
        if not chosen:
            raise Refused(" ".join([_no_notebook(notebooks), *repairs]).removesuffix("."))
        for file in files:
            if file not in notebooks and file.path != folder / TIMESTAMP:
                copy = into / file.path.relative_to(folder)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(_read(file))
        arrived = self._arrived(files)
        repairs += _claimed_time(folder, files, arrived)
        (into / TIMESTAMP).write_text(f"{arrived:%Y-%m-%d %H:%M:%S} UTC\n")
        return TakenIn(repairs, arrived)

    def _let_in(self, folder: Path, repairs: list[str]) -> Iterator[File]:
        """The plain files of a submission; a sentence for each thing that is something else."""
        count = size = 0
        owner = folder.lstat().st_uid
        for path in _paths(folder, repairs):
            name = path.relative_to(folder).as_posix()
            try:
                status = path.lstat()
                why = _problem(name, status, owner, self.max_file_size)
                if why is None and not os.access(path, os.R_OK):
                    why = "cannot be read"
            except OSError as error:
                why = f"cannot be read ({error.strerror})"
            if why is not None:
                repairs.append(f"{shown(name)} {why}: it was left out.")
                continue
            count, size = count + 1, size + status.st_size
            if count > self.max_files:
                repairs.append(f"There are more than {self.max_files} files: the rest was left.")
                return
            if size > self.max_submission_size:
                repairs.append(f"All files together are too large: {shown(name)} was left out.")
                size -= status.st_size
                continue
            yield File(path, name, status)

    def _arrived(self, files: list[File]) -> datetime:
        changed = max(file.status.st_ctime for file in files)
        written = max(file.status.st_mtime for file in files)
        # What was written after it came here was written with a forged time.
        seconds = changed if self.clock == "ctime" else min(written, changed)
        return datetime.fromtimestamp(max(seconds, 0), UTC)


def id_problem(student: str) -> str | None:
    """Why a folder's name cannot be a student's id, or None if it can.

    >>> id_problem("ana.b@uni+1"), id_problem("-rf")
    (None, 'the folder is no student id: it may have letters a-z, digits and . _ @ + - only')
    """
    if STUDENT_ID.fullmatch(student):
        return None
    return "the folder is no student id: it may have letters a-z, digits and . _ @ + - only"


def shown(name: str) -> str:
    """A name that is safe to print.

    >>> shown("notes\\u202e.txt\\n"), shown("-rf")
    ('notes?.txt?', '-rf')
    """
    safe = "".join(letter if letter.isprintable() else "?" for letter in name)
    safe = safe.encode("ascii", errors="replace").decode()
    return safe if len(safe) <= LONGEST_NAME else safe[: LONGEST_NAME - 3] + "..."


def _paths(folder: Path, repairs: list[str]) -> Iterator[Path]:
    """Everything that is no folder, notebooks of the topmost folder first."""
    for here, folders, names in os.walk(folder, followlinks=False):
        below = Path(here).relative_to(folder)
        if len(below.parts) >= DEEPEST:
            repairs.append(f"There are folders more than {DEEPEST} deep: they were left out.")
            folders.clear()
            continue
        links = [name for name in folders if (Path(here) / name).is_symlink()]
        folders[:] = [name for name in sorted(folders) if not _is_left_alone(name)]
        for name in sorted([*names, *links], key=lambda name: (not name.endswith(".ipynb"), name)):
            if not _is_left_alone(name):
                yield Path(here) / name


def _is_left_alone(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in LEFT_ALONE)


def _problem(name: str, status: os.stat_result, owner: int, largest: int) -> str | None:
    kinds = {
        stat.S_ISLNK: "is a link, which is not followed",
        stat.S_ISFIFO: "is a pipe and no file",
        stat.S_ISSOCK: "is a socket and no file",
        stat.S_ISCHR: "is a device and no file",
        stat.S_ISBLK: "is a device and no file",
    }
    for is_kind, why in kinds.items():
        if is_kind(status.st_mode):
            return why
    if not stat.S_ISREG(status.st_mode):
        return "is no plain file"
    if status.st_nlink > 1 and status.st_uid != owner:
        return "is a second name of somebody else's file"
    if status.st_size > largest:
        return f"is larger than {largest / 1e6:g} MB"
    strange = any(unicodedata.category(letter).startswith("C") for letter in name)
    if strange or "\\" in name or any(part.startswith("-") for part in name.split("/")):
        return "has a name that could be taken for something else"
    return None


def _read(file: File) -> bytes:
    """Read the file that was looked at; what has become another file since is an empty one."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        opened = os.open(file.path, flags)
    except OSError:
        return b""
    with os.fdopen(opened, "rb") as stream:
        if not os.path.samestat(os.fstat(opened), file.status):
            return b""
        return stream.read(file.status.st_size)


def _choose(
    notebooks: list[File], folder: Path, lesson: Mapping[str, set[str]], repairs: list[str]
) -> dict[str, File]:
    """The file of each notebook of the lesson: by its name, else the only one that can be it."""
    chosen = {file.path.stem: file for file in notebooks if file.path.parent == folder}
    chosen = {name: file for name, file in chosen.items() if name in lesson}
    others = [file for file in notebooks if file not in chosen.values()]
    for name in lesson.keys() - chosen.keys():
        found = [file for file in others if _belongs(file, name, lesson)]
        if len(found) == 1:
            chosen[name] = found[0]
            repairs.append(f"{shown(found[0].name)} was taken for {name}.ipynb, its name here.")
        elif found:
            several = ", ".join(shown(file.name) for file in found)
            repairs.append(f"More than one file could be {name}.ipynb ({several}): keep one.")
    return chosen


def _belongs(file: File, name: str, lesson: Mapping[str, set[str]]) -> bool:
    """Whether a file is plainly this notebook of the lesson under another name."""
    # As in `ps1 (1)`, `ps1-Copy1` and `Ana_17_file_ps1`, and not in `ps10`.
    alike = rf"(?<![^\W_]){re.escape(name)}(?![^\W_])"
    if re.search(alike, file.path.stem, re.IGNORECASE):
        return True
    cells = lesson[name]
    inside = {cell.name for cell in student_cells(read_notebook(_read(file))[0])}
    return bool(cells) and 2 * len(cells & inside) >= len(cells)


def _no_notebook(notebooks: list[File]) -> str:
    if notebooks:
        return "no notebook has the file name that the lesson gave it."
    return "there is no notebook in the folder."


def _claimed_time(folder: Path, files: list[File], arrived: datetime) -> Iterator[str]:
    """A sentence if the submission itself says another time."""
    for file in files:
        if file.path == folder / TIMESTAMP:
            text = _read(file)[:100].decode("ascii", errors="replace").strip()
            try:
                said = datetime.fromisoformat(text.removesuffix(" UTC"))
            except ValueError:
                said = None
            said = said.replace(tzinfo=said.tzinfo or UTC) if said else None
            if said is None or abs((said - arrived).total_seconds()) > AN_HOUR:
                when = f"{arrived:%Y-%m-%d %H:%M} UTC"
                yield f"{TIMESTAMP} says another time than the server: {when} counts."
