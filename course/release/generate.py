"""source/ -> release/, by nbgrader's own generate_assignment: all lessons or none."""

import contextlib
import logging
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.utils.importstring import import_item

from course.release.folder import CourseFolder, ReleaseError, inside, read_course_folder
from course.release.gate import LeakGate, in_folder, remove_strays
from course.release.gradebook import gradebook_file, gradebook_problem
from course.release.inspection import CONVENTIONS, Convention, inspect_source
from course.release.leaks import find_leaks

IGNORED = ".ipynb_checkpoints"  # what JupyterLab leaves in a folder that is only looked at


@dataclass(frozen=True)
class Released:
    """What became of one lesson.

    lesson : the name of its folder
    folder : release/<lesson>
    points : the sum over its cells
    changed : whether the folder differs from what was there before
    left_out : files beside the source notebook that were not shipped
    """

    lesson: str
    folder: Path
    points: float
    changed: bool
    left_out: tuple[str, ...]


def release(
    root: Path,
    lessons: Sequence[str] | None = None,
    conventions: Sequence[Convention] = CONVENTIONS,
) -> list[Released]:
    """Write release/<lesson> and the gradebook's entries for every lesson, or change nothing.

    root : the folder with nbgrader_config.py
    lessons : folder names in source/; all of them if None
    conventions : the course's own rules for its notebooks
    raises ReleaseError, which lists every problem found
    """
    course = read_course_folder(root)
    problems = inspect_source(course, lessons, conventions)
    if problem := gradebook_problem(course.db_url):
        problems.append(problem)
    if problems:
        raise ReleaseError(problems)
    names = list(dict.fromkeys(course.lessons() if lessons is None else lessons))
    with tempfile.TemporaryDirectory(prefix="release-") as scratch:
        staged = Path(scratch) / "release"
        trial = Path(scratch) / "gradebook.db"
        existing = gradebook_file(course.db_url)
        if existing is not None and existing.exists():
            shutil.copyfile(existing, trial)
        left_out = _generate_clean(course, names, staged, f"sqlite:///{trial}")
        report = [
            Released(
                lesson=name,
                folder=course.release / name,
                points=_points(staged / name),
                changed=_differ(staged / name, course.release / name),
                left_out=tuple(left_out[name]),
            )
            for name in names
        ]
        # Everything is clean, and a copy of the gradebook took it.
        if existing is not None and not existing.exists():
            with _replaced(staged, course.release, names):
                _move_into_place(trial, existing)
        else:
            with _replaced(staged, course.release, names):
                _generate(course, names, Path(scratch) / "recorded", course.db_url)
    return report


def stale(root: Path, conventions: Sequence[Convention] = CONVENTIONS) -> list[str]:
    """Return one sentence for each lesson whose release/ folder is not what source/ gives.

    raises ReleaseError if the source cannot be released
    """
    course = read_course_folder(root)
    if problems := inspect_source(course, None, conventions):
        raise ReleaseError(problems)
    names = course.lessons()
    source, released = course.shown(course.source), course.shown(course.release)
    with tempfile.TemporaryDirectory(prefix="release-") as scratch:
        _generate_clean(course, names, Path(scratch), None)
        sentences = [
            f"{released}/{name} is not what {source}/{name} gives: "
            "run `course release` and commit the result."
            for name in names
            if _differ(Path(scratch) / name, course.release / name)
        ]
    there = sorted(path.name for path in course.release.glob("*") if path.is_dir())
    sentences += [
        f"{released}/{name} has no {source}/{name}: delete it or put its source back."
        for name in there
        if name not in names and not name.startswith(".")
    ]
    return sentences


def _generate_clean(
    course: CourseFolder, names: Sequence[str], destination: Path, db_url: str | None
) -> dict[str, list[str]]:
    """Generate lessons, without strays and without leaks; return what was left out of each."""
    _generate(course, names, destination, db_url)
    gate = LeakGate(config=course.config)
    left_out = {
        name: remove_strays(destination / name, course.source / name, gate.ship) for name in names
    }
    leaks = find_leaks(course.source, destination, course.markers, gate.no_secret)
    if leaks:
        released = course.shown(course.release)
        raise ReleaseError([str(in_folder(leak, released)) for leak in leaks])
    return left_out


def _generate(
    course: CourseFolder, names: Sequence[str], destination: Path, db_url: str | None
) -> None:
    """Run nbgrader's generate_assignment for each lesson.

    destination : the folder to write the lessons' folders into
    db_url : the gradebook to enter them in, or None to enter them nowhere
    raises ReleaseError if nbgrader fails
    """
    log = logging.Logger("course.release")  # of its own: nbgrader's warnings are not for us
    errors = _Errors()
    log.addHandler(errors)
    with inside(course.root):
        for name in names:
            config = deepcopy(course.config)
            config.CourseDirectory.release_directory = str(destination)
            config.CourseDirectory.assignment_id = name
            if db_url is None:
                config.SaveCells.enabled = False
                config.GenerateAssignment.no_database = True
            else:
                config.CourseDirectory.db_url = db_url
            converter = GenerateAssignment(
                coursedir=CourseDirectory(config=config, log=log), config=config, log=log
            )
            # What the gate does in stock nbgrader is done here for all lessons together.
            converter.preprocessors = [
                step for step in converter.preprocessors if not _is_gate(step)
            ]
            try:
                converter.start()
            except Exception as error:
                source = course.shown(course.source / name)
                reason = errors.last or f"{type(error).__name__}: {error}"
                raise ReleaseError(
                    [f"{source}: nbgrader cannot generate it ({reason}); correct that first."]
                ) from error


class _Errors(logging.Handler):
    """Keep the last line of the last traceback that nbgrader logs: the exception's own words."""

    last = ""

    def emit(self, record: logging.LogRecord) -> None:
        lines = record.getMessage().strip().split("\n")
        if lines[0].startswith("Traceback"):
            start = max(n for n, line in enumerate(lines) if line.startswith("  ")) + 1
            self.last = " ".join(" ".join(lines[start:]).split())


def _is_gate(step: object) -> bool:
    found = import_item(step) if isinstance(step, str) else step
    return isinstance(found, type) and issubclass(found, LeakGate)


@contextlib.contextmanager
def _replaced(staged: Path, released: Path, names: Sequence[str]) -> Iterator[None]:
    """Put staged folders in the place of released ones; put the old ones back on an exception."""
    existed = released.exists()
    released.mkdir(parents=True, exist_ok=True)
    # On the same disk as release/, so that a folder is replaced by renaming.
    aside = Path(tempfile.mkdtemp(prefix=".release-", dir=released.parent))
    old, new = aside / "old", aside / "new"
    placed: list[str] = []
    try:
        old.mkdir()
        shutil.copytree(staged, new)
        for name in names:
            placed.append(name)
            if (released / name).exists():
                (released / name).rename(old / name)
            (new / name).rename(released / name)
        yield
    except BaseException:
        for name in placed:
            if (old / name).exists() or not (new / name).exists():
                shutil.rmtree(released / name, ignore_errors=True)
            if (old / name).exists():
                (old / name).rename(released / name)
        if not existed:
            shutil.rmtree(released, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _move_into_place(trial: Path, gradebook: Path) -> None:
    """Move a new gradebook to its place, where it appears whole or not at all."""
    near = gradebook.with_name(f".{gradebook.name}.new")
    try:
        shutil.copyfile(trial, near)
        near.replace(gradebook)
    finally:
        near.unlink(missing_ok=True)


def _differ(one: Path, other: Path) -> bool:
    return _contents(one) != _contents(other)


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and IGNORED not in path.parts
    }


def _points(folder: Path) -> float:
    total = 0.0
    for path in folder.glob("*.ipynb"):
        nb = nbformat.read(path, as_version=4)
        for cell in nb.cells:
            meta = cell.metadata.get("nbgrader", {})
            if meta.get("grade") or meta.get("task"):
                total += meta.get("points", 0)
    return total
