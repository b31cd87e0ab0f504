"""What the grader does with one submission, before and after it is examined.

It runs the preprocessors that nbgrader_config.py lists for `nbgrader autograde`, in their order and
each made once, and takes over what nbgrader's own loop does around them.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde
from traitlets.utils.importstring import import_item

from course.grading.examine import RESULT, Examine
from course.grading.examiner.job import Job, Result
from course.grading.folder import CourseError
from course.grading.intake import Intake, Refused, TakenIn
from course.grading.ledger import Entry, Ledger, fingerprint
from course.grading.lesson import Lesson, files_beside, read_lesson
from course.grading.marks import Marks
from course.grading.read_notebook import read_notebook
from course.grading.reasons import lost_points
from course.grading.record import MARKS, Record, Recorder
from course.grading.repairs import repairs_of
from course.grading.results import FOLDER, Results, environment, key_of
from course.grading.standing import Standing
from course.grading.submissions import Submission, folder_of
from course.release.folder import CONFIG_FILE

WHERE_IN_MEMORY = re.compile(r" at 0x[0-9a-f]+")  # in the repr of a function
Preprocess = Callable[[NotebookNode, dict[str, Any]], tuple[NotebookNode, dict[str, Any]]]


@dataclass(frozen=True)
class Notebook:
    """A notebook of a submission, rebuilt, and what is to be examined of it.

    key : of the result
    """

    name: str
    lesson: Lesson
    nb: NotebookNode
    resources: dict[str, Any]
    job: Job
    key: str


@dataclass(frozen=True)
class Prepared:
    """A submission that can be examined.

    fingerprint : see `Entry`
    folder : a copy of what was let in, to be thrown away
    notebooks : by name; None for one that was not handed in
    """

    submission: Submission
    fingerprint: str
    folder: Path
    taken: TakenIn
    notebooks: Mapping[str, Notebook | None]

    @property
    def examined(self) -> dict[str, Notebook]:
        """The notebooks that there are to be examined."""
        return {name: nb for name, nb in self.notebooks.items() if nb is not None}

    def throw_away(self) -> None:
        """Remove the copy; those that are forgotten go with the desk's folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class Scored:
    """A submission with its marks, of which nothing is written yet.

    notebooks : the graded ones by name
    limits, lost, seconds : see `Entry`
    """

    prepared: Prepared
    notebooks: Mapping[str, NotebookNode]
    marks: Mapping[str, Marks | None]
    limits: tuple[str, ...]
    lost: dict[str, float]
    seconds: float


class Desk:
    """A course that is being graded: its gradebook is open, its lessons are read once.

    api : nbgrader's view of the course
    copies : a folder for what is taken in
    """

    def __init__(self, api: NbGraderAPI, copies: Path) -> None:
        self._api, self._copies = api, copies
        self.root = Path(api.coursedir.root)
        self.results = Results(self.root / FOLDER)
        self.ledger = Ledger(self.root)
        self.examine = Examine(config=api.config)
        self.settings = self.examine.settings()
        self._autograde = Autograde(coursedir=api.coursedir, parent=api)
        for kind in (Examine, Record):
            if kind not in map(type, self._scoring):
                raise CourseError(
                    f"{CONFIG_FILE} does not list {kind.__module__}.{kind.__name__} in "
                    "c.Autograde.autograde_preprocessors: take its lists from this course's file."
                )
        self.gradebook = Gradebook(api.coursedir.db_url, api.coursedir.course_id)
        self.recorder = Recorder(self.gradebook, api.config)
        self._standing = Standing(self.gradebook)
        self._lessons: dict[str, dict[str, Lesson]] = {}

    def __enter__(self) -> "Desk":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.gradebook.close()

    def lessons(self, assignment: str) -> dict[str, Lesson]:
        """The notebooks of an assignment, by name."""
        if assignment not in self._lessons:
            notebooks = self.gradebook.find_assignment(assignment).notebooks
            names = [notebook.name for notebook in notebooks]
            self._lessons[assignment] = {
                name: read_lesson(self._api.config, self.gradebook, assignment, name)
                for name in names
            }
            self.gradebook.db.rollback()  # nothing is held while submissions are examined
        return self._lessons[assignment]

    def references(self, assignments: set[str]) -> dict[str, Job]:
        """The jobs of the solutions, by lesson, as far as they are at hand."""
        return {
            lesson.key: job
            for assignment in sorted(assignments)
            for lesson in self.lessons(assignment).values()
            if (job := self.examine.reference(lesson)) is not None
        }

    def unchanged(self, submission: Submission) -> Entry | None:
        """What is known of a submission that need not be graded again."""
        entry = self.ledger.get(submission)
        try:
            if entry is None or entry.fingerprint != self.fingerprint(submission):
                return None
        except Refused:  # said when it is prepared
            return None
        if not self._standing.is_complete(submission):
            return None
        return entry if folder_of(self._api, "autograded", submission).exists() else None

    def fingerprint(self, submission: Submission) -> str:
        """Of what was handed in, the lesson, the settings and what lateness hangs on."""
        folder = folder_of(self._api, "submitted", submission)
        due = self._standing.due(submission)
        try:
            return fingerprint(folder, self._version(submission.lesson), due)
        except OSError as error:
            raise Refused(f"the folder cannot be read ({error.strerror})") from error

    def prepare(self, submission: Submission) -> Prepared:
        """Take in a submission and rebuild its notebooks.

        raises Refused with a sentence if there is nothing to grade
        """
        print_of_it = self.fingerprint(submission)
        lessons = self.lessons(submission.lesson)
        folder = Path(tempfile.mkdtemp(dir=self._copies))
        try:
            taken = self._take_in(submission, folder / "in", lessons)
            notebooks = {
                name: self._rebuilt(submission, lesson, folder / "in", taken)
                for name, lesson in lessons.items()
            }
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return Prepared(submission, print_of_it, folder, taken, notebooks)

    def score(self, prepared: Prepared, results: Mapping[str, Result]) -> Scored:
        """Write results into the notebooks, and read the marks off them.

        results : by notebook
        """
        marks: dict[str, Marks | None] = dict.fromkeys(prepared.notebooks)
        graded = {}
        for name, notebook in prepared.examined.items():
            resources = notebook.resources | {RESULT: results[name], MARKS: marks}
            graded[name] = _through(self._scoring, notebook.nb, resources)
        limits = [how for result in results.values() for how in result.ended]
        seconds = sum(result.seconds for result in results.values())
        lost: dict[str, float] = {}
        for nb in graded.values():
            for why, points in lost_points(nb).items():
                lost[why] = lost.get(why, 0.0) + points
        return Scored(prepared, graded, marks, tuple(dict.fromkeys(limits)), lost, seconds)

    def record(self, scored: Scored) -> Entry:
        """Write the graded notebooks, then the gradebook, and last the ledger."""
        prepared = scored.prepared
        submission = prepared.submission
        self.ledger.drop(submission)  # from here on it is neither as before nor done
        self._autograde.run_pre_convert_hook()
        self._write_graded(scored)
        arrived = prepared.taken.arrived.replace(tzinfo=None)
        points, most = self.recorder.record(
            submission.lesson, submission.student, scored.marks, arrived
        )
        self._autograde.run_post_convert_hook()
        repairs = dict.fromkeys(r for nb in scored.notebooks.values() for r in repairs_of(nb))
        entry = Entry(
            prepared.fingerprint,
            points,
            most,
            tuple(repairs),
            scored.limits,
            scored.lost,
            scored.seconds,
        )
        self.ledger.put(submission, entry)
        return entry

    def forget(self, submission: Submission, reason: str) -> None:
        """Leave no automatic score of an earlier run, and note why; marks by hand stay."""
        self.ledger.drop(submission)
        graded = folder_of(self._api, "autograded", submission)
        if graded.exists():
            remove(graded)
        self.recorder.forget(submission.lesson, submission.student, reason)

    @cache  # noqa: B019 (a desk lives as long as a run)
    def _version(self, assignment: str) -> str:
        """Of the lesson, its settings, and the packages."""
        versions = [lesson.version for lesson in self.lessons(assignment).values()]
        config = json.dumps(self._api.config, default=repr, sort_keys=True)
        return "\n".join([*versions, WHERE_IN_MEMORY.sub("", config), environment()])

    def _take_in(
        self, submission: Submission, into: Path, lessons: Mapping[str, Lesson]
    ) -> TakenIn:
        top = self.root / self._api.coursedir.submitted_directory
        folder = folder_of(self._api, "submitted", submission)
        names = {
            name: {place.name for place in lesson.skeleton.places if place.name}
            for name, lesson in lessons.items()
        }
        return Intake(config=self._api.config).take_in(folder, top, into, names)

    def _rebuilt(
        self, submission: Submission, lesson: Lesson, folder: Path, taken: TakenIn
    ) -> Notebook | None:
        name = lesson.notebook
        path = folder / f"{name}.ipynb"
        if not path.exists():
            return None
        nb, repairs = read_notebook(path.read_bytes())
        names = {
            "student": submission.student,
            "assignment": submission.lesson,
            "notebook": name,
            "db_url": self._api.coursedir.db_url,
        }
        resources = {
            "nbgrader": names,
            "unique_key": name,
            "metadata": {"name": name, "path": str(folder)},
            "repairs": [*taken.repairs, *repairs],
            "lesson": lesson,
        }
        nb = _through(self._sanitizing, nb, resources)
        files = files_beside(folder, self._api.coursedir.ignore) | self._given(lesson)
        job = self.examine.job(nb, lesson, names, files)
        return Notebook(name, lesson, nb, resources, job, key_of(job, self.settings))

    def _given(self, lesson: Lesson) -> dict[str, bytes]:
        """The lesson's files, which stand in for the student's copies of them."""
        kept = self._autograde.exclude_overwriting.get(lesson.assignment, [])
        return {name: data for name, data in lesson.beside.items() if name not in kept}

    def _write_graded(self, scored: Scored) -> None:
        """Put the graded notebooks, and what lies beside them, where nbgrader looks for them."""
        submission = scored.prepared.submission
        graded = folder_of(self._api, "autograded", submission)
        graded.parent.mkdir(parents=True, exist_ok=True)
        # Beside its place, so that it can be moved there in one step. Its name is hidden from
        # nbgrader, and what an interrupted run has left is overwritten.
        fresh, old = (graded.with_name(f".{graded.name}.{which}") for which in ("new", "old"))
        for left in (fresh, old):
            if left.exists():
                remove(left)
        try:
            shutil.copytree(scored.prepared.folder / "in", fresh)
            for name, nb in scored.notebooks.items():
                nbformat.write(nb, fresh / f"{name}.ipynb")
            for lesson in self.lessons(submission.lesson).values():
                for name, data in self._given(lesson).items():
                    path = fresh / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(data)
            if graded.exists():
                graded.rename(old)
            fresh.rename(graded)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        if old.exists():
            remove(old)
        self._autograde.set_permissions(submission.lesson, submission.student)

    @cached_property
    def _sanitizing(self) -> list[Preprocess]:
        return self._made(self._autograde.sanitize_preprocessors)

    @cached_property
    def _scoring(self) -> list[Preprocess]:
        return self._made(self._autograde.autograde_preprocessors)

    def _made(self, names: list[Any]) -> list[Preprocess]:
        kinds = [import_item(name) if isinstance(name, str) else name for name in names]
        return [
            self.examine if kind is Examine else kind(config=self._api.config) for kind in kinds
        ]


def _through(
    preprocessors: list[Preprocess], nb: NotebookNode, resources: dict[str, Any]
) -> NotebookNode:
    for preprocess in preprocessors:
        nb, resources = preprocess(nb, resources)
    return nb


def remove(folder: Path) -> None:
    """Remove a folder, also one whose files are read-only."""
    for here, _, _ in os.walk(folder):
        Path(here).chmod(0o700)
    shutil.rmtree(folder)
