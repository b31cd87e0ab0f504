"""Results of examinations, kept under the hash of all that they depend on."""

import contextlib
import hashlib
import json
import os
import platform
import tempfile
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import course
from course.grading.examiner.job import Job, Result
from course.grading.examiner.settings import Settings

FOLDER = Path(".course") / "results"
"""Where a course keeps them, below its root. It may be deleted at any time."""


def key_of(job: Job, settings: Settings) -> str:
    """The name of a result: 64 hexadecimal digits.

    Two jobs with the same key have the same result: the key holds the sources of the student and of
    the tests, the limits, the seed, and the packages with which they run.
    """
    told = json.dumps([job, settings.plain(), environment()], sort_keys=True, default=_plain)
    return hashlib.sha256(told.encode()).hexdigest()


def _plain(part: Any) -> Any:
    """Of a file its hash, of a job and its cells what is in them."""
    return hashlib.sha256(part).hexdigest() if isinstance(part, bytes) else vars(part)


@cache
def environment() -> str:
    """The Python, the packages and the text of this package, as a hash."""
    digest = hashlib.sha256(platform.python_version().encode())
    packages = (package.metadata for package in distributions())  # read anew whenever asked
    for name in sorted({f"{about['Name']} {about['Version']}" for about in packages}):
        digest.update(name.encode())
    package = Path(course.__file__).parent
    for path in sorted(package.rglob("*.py")):
        digest.update(str(path.relative_to(package)).encode() + path.read_bytes())
    return digest.hexdigest()


class Results:
    """A folder of results.

    folder : made when the first one is put into it
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __contains__(self, key: str) -> bool:
        return self._path(key).exists()

    def get(self, key: str) -> Result | None:
        """The result of this key; None if there is none, or only a part of one."""
        try:
            told = json.loads(self._path(key).read_bytes())
            result = Result(told["outputs"], told["ended"], seconds=told["seconds"])
        except (FileNotFoundError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return result if _is_whole(result) else None

    def put(self, key: str, result: Result) -> None:
        """Keep a result. Whoever looks meanwhile sees all of it or nothing."""
        told = {"outputs": result.outputs, "ended": result.ended, "seconds": result.seconds}
        write_whole(self._path(key), json.dumps(told))

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"


def _is_whole(result: Result) -> bool:
    """Whether it is what `put` writes: results may come from other machines."""
    return (
        isinstance(result.outputs, list)
        and all(isinstance(cell, list) for cell in result.outputs)
        and all(isinstance(output, dict) for cell in result.outputs for output in cell)
        and isinstance(result.ended, list)
        and all(isinstance(how, str) for how in result.ended)
        and isinstance(result.seconds, float | int)
    )


def write_whole(path: Path, text: str) -> None:
    """Write a file such that it is there as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
