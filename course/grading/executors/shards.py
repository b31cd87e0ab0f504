"""The executor without a network: files of jobs, which anybody may run anywhere and as often.

A shard is a file of parts, each its length (8 bytes, big-endian) and a value as `examiner.plain`
writes it: first what all its jobs have in common, then a job each. Nothing in it is run by being
read. Its results go into a folder, one file a result, as a course keeps them itself.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import Any, BinaryIO

from course.grading.examiner.job import Job, Result
from course.grading.examiner.plain import Codec, Malformed
from course.grading.examiner.settings import Settings
from course.grading.executors.pool import Pool
from course.grading.results import Results, environment

RESULTS = "results"
SUFFIX = ".shard"
AHEAD = 2
CODEC = Codec()


class ShardError(Exception):
    """One sentence: what is wrong with a shard or its folder, and what to do."""


def write_shards(
    folder: Path,
    jobs: Iterable[tuple[str, str, Job]],
    settings: Settings,
    references: Mapping[str, Job],
    size: int,
) -> int:
    """Write the jobs into shards 0.shard, 1.shard, ... and return how many shards there are.

    folder : made if it is not there; must hold no shards yet
    jobs : key, lesson and job, see `key_of`
    settings, references : see Engine
    size : jobs in a shard
    raises ShardError if there are shards already
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.glob(f"*{SUFFIX}")):
        raise ShardError(f"{folder} holds shards already: name a new folder.")
    head = {
        "environment": environment(),
        "settings": settings.plain(),
        "references": {lesson: job.plain() for lesson, job in references.items()},
    }
    count, part, file = 0, 0, None
    try:
        for key, lesson, job in jobs:
            if file is None or part == size:
                if file is not None:
                    file.close()
                file = (folder / f"{count}{SUFFIX}").open("wb")
                _write(file, head)
                count, part = count + 1, 0
            _write(file, {"key": key, "lesson": lesson, "job": job.plain()})
            part += 1
    finally:
        if file is not None:
            file.close()
    return count


def run_shard(path: Path, workers: int | None = None) -> Iterator[tuple[str, bool]]:
    """Examine the jobs of a shard that have no result yet; yield each key, and whether it was new.

    path : FOLDER/N.shard; the results go into FOLDER/results
    workers : by default one a core
    raises ShardError if it cannot be read, or was written with other packages than there are here
    """
    parts = _read(path)
    try:
        head = next(parts)
        settings = Settings.from_plain(head["settings"])
        references = {lesson: Job.from_plain(job) for lesson, job in head["references"].items()}
        written_with = head["environment"]
    except (StopIteration, KeyError, TypeError) as error:
        raise ShardError(f"{path} is no shard: write it again.") from error
    if written_with != environment():
        raise ShardError(
            f"{path} was written with other versions of Python's packages than there are here: "
            "install the same ones, or write the shards on a machine like this one."
        )
    results = Results(path.parent / RESULTS)
    with Pool(settings, references, workers) as pool:
        running: dict[Future[Result], str] = {}
        for part in parts:
            if results.get(part["key"]) is not None:
                yield part["key"], False
                continue
            future = pool.submit(part["lesson"], Job.from_plain(part["job"]))
            running[future] = part["key"]
            while len(running) >= AHEAD * pool.at_once:
                yield from _kept(results, running)
        while running:
            yield from _kept(results, running)


def collect_results(folder: Path, results: Path) -> int:
    """Copy the results of a folder of shards to where a course keeps its own.

    returns how many results there are
    raises ShardError if there are none
    """
    found = sorted((folder / RESULTS).glob("*/*.json"))
    if not found:
        raise ShardError(f"{folder} holds no results: run its shards first.")
    for path in found:
        into = results / path.parent.name
        into.mkdir(parents=True, exist_ok=True)
        if not (into / path.name).exists():
            copy = into / f".{path.name}.part"
            shutil.copyfile(path, copy)
            copy.replace(into / path.name)
    return len(found)


def shards_in(folder: Path) -> Sequence[Path]:
    """The shards of a folder, in the order of their numbers."""
    return sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: (len(path.stem), path.stem))


def _kept(results: Results, running: dict[Future[Result], str]) -> Iterator[tuple[str, bool]]:
    for future in wait(running, return_when=FIRST_COMPLETED).done:
        key = running.pop(future)
        results.put(key, future.result())
        yield key, True


def _write(file: BinaryIO, value: Mapping[str, Any]) -> None:
    data = CODEC.pack(dict(value))
    file.write(len(data).to_bytes(8, "big") + data)


def _read(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open("rb") as file:
            while length := file.read(8):
                data = file.read(int.from_bytes(length, "big"))
                yield CODEC.unpack(data)
    except FileNotFoundError as error:
        raise ShardError(f"There is no shard {path}.") from error
    except (Malformed, OSError, OverflowError) as error:
        raise ShardError(f"{path} cannot be read as a shard: {error}; write it again.") from error
