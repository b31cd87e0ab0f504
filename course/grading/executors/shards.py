"""The executor without a network: files of jobs, which anybody may run anywhere and as often.

A shard is a file of parts, each its length (8 bytes, big-endian) and a value as `examiner.plain`
writes it: what all its jobs have in common, a part for each lesson with its reference, a part for
each job, and an end. Nothing in it is run by being read. Its results go into a folder, one file a
result, as a course keeps them itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

from course.grading.examiner.job import Job, Result
from course.grading.examiner.plain import Codec, Malformed
from course.grading.examiner.settings import Settings
from course.grading.executors.pool import Pool
from course.grading.failures import sentence
from course.grading.results import Results, environment

RESULTS = "results"
SUFFIX = ".shard"
AHEAD = 2
END = {"end": True}
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
        "references": len(references),
    }
    count = 0
    rest = iter(jobs)
    for first in rest:
        with (folder / f"{count}{SUFFIX}").open("wb") as file:
            _write(file, head)
            for lesson, job in references.items():
                _write(file, {"lesson": lesson, "reference": job.plain()})
            for key, lesson, job in chain([first], islice(rest, size - 1)):
                _write(file, {"key": key, "lesson": lesson, "job": job.plain()})
            _write(file, END)
        count += 1
    return count


def run_shard(path: Path, workers: int | None = None) -> Iterator[tuple[str, bool]]:
    """Examine the jobs of a shard that have no result yet; yield each key, and whether it was new.

    path : FOLDER/N.shard; the results go into FOLDER/results
    workers : by default one a core
    raises ShardError if it cannot be read, or was written with other packages than there are here,
        and in the end if some of its jobs could not be examined
    """
    parts = _read(path)
    try:
        head = next(parts)
        settings, written_with = Settings.from_plain(head["settings"]), head["environment"]
        learned = list(islice(parts, head["references"]))
        references = {part["lesson"]: Job.from_plain(part["reference"]) for part in learned}
    except (StopIteration, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ShardError(f"{path} is no shard: write it again.") from error
    if written_with != environment():
        raise ShardError(
            f"{path} was written with other versions of Python's packages than there are here: "
            "install the same ones, or write the shards on a machine like this one."
        )
    results = Results(path.parent / RESULTS)
    with Pool(settings, references, workers) as pool:
        running: dict[Future[Result], str] = {}
        problems: list[Exception] = []
        for part in parts:
            if results.get(part["key"]) is not None:
                yield part["key"], False
                continue
            future = pool.submit(part["lesson"], Job.from_plain(part["job"]))
            running[future] = part["key"]
            while len(running) >= AHEAD * pool.at_once:
                yield from _kept(results, running, problems)
        while running:
            yield from _kept(results, running, problems)
    if problems:
        raise ShardError(
            f"{len(problems)} could not be examined ({sentence(problems[0])}): "
            "run the shard again, which examines these only."
        )


def collect_results(folder: Path, results: Path) -> int:
    """Copy the results of a folder of shards to where a course keeps its own.

    returns how many results there are
    raises ShardError if there are none
    """
    found = sorted((folder / RESULTS).glob("*/*.json"))
    if not found:
        raise ShardError(f"{folder} holds no results: run its shards first.")
    theirs, ours = Results(folder / RESULTS), Results(results)
    for key in (path.stem for path in found):
        result = theirs.get(key)
        if result is not None and ours.get(key) is None:
            ours.put(key, result)
    return len(found)


def _kept(
    results: Results, running: dict[Future[Result], str], problems: list[Exception]
) -> Iterator[tuple[str, bool]]:
    for future in wait(running, return_when=FIRST_COMPLETED).done:
        key = running.pop(future)
        try:
            result = future.result()
        except Exception as error:  # no student's fault, and none of the other jobs'
            problems.append(error)
        else:
            results.put(key, result)
            yield key, True


def _write(file: BinaryIO, value: Mapping[str, Any]) -> None:
    data = CODEC.pack(dict(value))
    file.write(len(data).to_bytes(8, "big") + data)


def _read(path: Path) -> Iterator[dict[str, Any]]:
    """The parts, without the end, which must be there."""
    try:
        with path.open("rb") as file:
            left = path.stat().st_size
            while length := int.from_bytes(file.read(8), "big"):
                left -= 8 + length
                if left < 0:
                    break
                part = CODEC.unpack(file.read(length))
                if part == END:
                    return
                yield part
    except FileNotFoundError as error:
        raise ShardError(f"There is no shard {path}.") from error
    except (Malformed, OSError) as error:
        raise ShardError(f"{path} cannot be read as a shard: {error}; write it again.") from error
    raise ShardError(f"{path} ends too early: write it again.")
