"""Examine a notebook: run the student's cells in one process, and the tests in another."""

import atexit
from pathlib import Path
from threading import Lock
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Dict, Float, Integer, List, Unicode

from course.grading.examiner.examiner import CannotStart, Examiner, TesterLost
from course.grading.examiner.job import Job, Result
from course.grading.make_job import (
    Lesson,
    code_cells,
    draw_key,
    files_beside,
    job_cells,
    read_lesson,
    seed_of,
)
from course.grading.sandbox.limits import MIB, Limits
from course.grading.sandbox.refusal import CannotIsolate
from course.grading.sandbox.report import probe
from course.grading.skeleton import read_skeleton


class Examine(NbGraderPreprocessor):
    """Run the student's cells and the tests, each in a process of its own, and write what they show
    as the cells' outputs, from which nbgrader takes the scores.

    It stands where nbgrader has Execute.
    """

    secret = Unicode(help="What only the teachers of this course know.").tag(config=True)
    carriers = List(Unicode(), help="What may cross beside plain data: classes.").tag(config=True)
    readable = List(Unicode(), help="Files that students' code may read.").tag(config=True)
    withheld = List(Unicode(), help="Modules that do not exist for students' code.").tag(
        config=True
    )
    environment = Dict(help="What stands in the environment of students' code.").tag(config=True)
    cell_seconds = Float(30, help="So long may a cell or a call run.").tag(config=True)
    total_seconds = Float(300, help="So long may a notebook take.").tag(config=True)
    processor_seconds = Integer(120, help="So much processor time may it use.").tag(config=True)
    memory = Integer(2048, help="So many MiB may the student's code use.").tag(config=True)
    show_given = Bool(False, help="Draw what the lesson's own cells show, too.").tag(config=True)
    trust_students = Bool(
        False, help="Run students' code with your own rights, without any isolation."
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        names = resources["nbgrader"]
        lesson = read_lesson(read_skeleton(self.config, names))
        beside = Path(resources.get("metadata", {}).get("path") or ".")
        job = self._job(nb, lesson, names, beside)
        try:
            result = self._examined(job, lesson, names)
        except (CannotStart, TesterLost) as error:
            self.log.warning("The examiner is started anew: %s", error)
            _close(self._settings())
            result = self._examined(job, lesson, names)
        write_outputs(nb, result)
        for how in result.ended:
            self.log.warning("A process of the student's ended early: %s", how)
        return nb, resources

    def _examined(self, job: Job, lesson: Lesson, names: dict[str, str]) -> Result:
        examiner = _warm(self._settings())
        key = (names["assignment"], names["notebook"])
        if key not in examiner.learned:
            examiner.learned.add(key)
            reference = self.reference(lesson, names)
            if reference is not None:
                examiner.learn(reference)
        return examiner.examine(job)

    def _job(self, nb: NotebookNode, lesson: Lesson, names: dict[str, str], beside: Path) -> Job:
        whose = (self.secret, names["assignment"], names["student"])
        return Job(
            job_cells(nb, lesson),
            draw_key=draw_key(*whose),
            seed=seed_of(*whose),
            files=files_beside(beside),
            test_files=files_beside(self.source_folder(names)),
            cell_seconds=self.cell_seconds,
            show_given=self.show_given,
        )

    def source_folder(self, names: dict[str, str]) -> Path:
        """Where the lesson with its solutions lies."""
        coursedir = CourseDirectory(config=self.config)
        return Path(coursedir.format_path(coursedir.source_directory, ".", names["assignment"]))

    def reference(self, lesson: Lesson, names: dict[str, str]) -> Job | None:
        """The lesson with its solutions as a job; None where they are not at hand."""
        folder = self.source_folder(names)
        try:
            nb = nbformat.read(folder / f"{names['notebook']}.ipynb", as_version=4)
        except (OSError, ValueError):
            return None
        return self._job(nb, lesson, names | {"student": "reference"}, folder)

    def _settings(self) -> dict[str, Any]:
        """What the examiner is made with."""
        return {
            "carriers": self.carriers,
            "limits": Limits(memory=self.memory * MIB, processor=self.processor_seconds),
            "total_seconds": self.total_seconds,
            "readable": [Path(path) for path in self.readable],
            "withheld": self.withheld,
            "environment": self.environment,
            "isolate": not self.trust_students,
        }


def write_outputs(nb: NotebookNode, result: Result) -> None:
    """Put the outputs into the notebook's code cells."""
    for count, (cell, outputs) in enumerate(zip(code_cells(nb), result.outputs, strict=True), 1):
        cell.execution_count = count
        cell.outputs = [nbformat.from_dict(output) for output in outputs]
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count


# One examiner a process, whatever number of notebooks nbgrader grades in it.
_lock = Lock()
_examiners: dict[str, Examiner] = {}


def _warm(settings: dict[str, Any]) -> Examiner:
    """The examiner with these settings, started if it is not there yet.

    raises CannotIsolate with the missing piece and the flag that goes without
    """
    with _lock:
        if repr(settings) not in _examiners:
            refusal = probe().refusal() if settings["isolate"] else None
            if refusal:
                raise CannotIsolate(refusal)
            examiner = Examiner(**settings)
            _examiners[repr(settings)] = examiner
            atexit.register(examiner.close)
        return _examiners[repr(settings)]


def _close(settings: dict[str, Any]) -> None:
    """End the examiner with these settings, so that the next one starts anew."""
    with _lock:
        if repr(settings) in _examiners:
            _examiners.pop(repr(settings)).close()
