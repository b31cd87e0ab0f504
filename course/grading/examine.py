"""Examine a notebook: run the student's cells in one process, and the tests in another."""

import atexit
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Dict, Float, Integer, List, Unicode

from course.grading.examiner.job import Job, Result
from course.grading.examiner.settings import Settings
from course.grading.executors.engine import Engine
from course.grading.lesson import Lesson, files_beside, lesson_of
from course.grading.make_job import code_cells, make_job
from course.grading.results import FOLDER, Results, key_of
from course.grading.sandbox.limits import MIB, Limits
from course.grading.sandbox.refusal import CannotIsolate
from course.grading.sandbox.report import probe

RESULT = "result"
"""Where in the resources a result stands that is known already."""


class Examine(NbGraderPreprocessor):
    """Run the student's cells and the tests, each in a process of its own, and write what they show
    as the cells' outputs, from which nbgrader takes the scores.

    It stands where nbgrader has Execute. A result that is kept from before is taken instead.
    """

    secret = Unicode(help="What only the teachers of this course know.").tag(config=True)
    carriers = List(Unicode(), help="What may cross beside plain data: classes.").tag(config=True)
    readable = List(Unicode(), help="Files that students' code may read.").tag(config=True)
    withheld = List(Unicode(), help="Modules that do not exist for students' code.").tag(
        config=True
    )
    environment = Dict(help="What stands in the environment of students' code.").tag(config=True)
    cell_seconds = Float(
        4,
        help="So many seconds of processor time may a cell or a call take. Once one has taken "
        "more, every later one of that submission has a tenth of it, and a further call of the "
        "same function a tenth of that. What only waits has six times as many seconds by the "
        "clock.",
    ).tag(config=True)
    total_seconds = Float(120, help="So many seconds may a notebook take, by the clock.").tag(
        config=True
    )
    processor_seconds = Integer(60, help="So many seconds of processor time.").tag(config=True)
    memory = Integer(2048, help="So many MiB may the student's code use.").tag(config=True)
    show_given = Bool(False, help="Draw what the lesson's own cells show, too.").tag(config=True)
    trust_students = Bool(
        False, help="Run students' code with your own rights, without any isolation."
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        result = resources.get(RESULT) or self._examined(nb, resources)
        write_outputs(nb, result)
        for how in result.ended:
            self.log.warning("Student's code was ended early: %s", how)
        return nb, resources

    def _examined(self, nb: NotebookNode, resources: dict[str, Any]) -> Result:
        """The result that is kept, or a new one, which then is kept."""
        coursedir = CourseDirectory(config=self.config)
        folder = Path(resources.get("metadata", {}).get("path") or ".")
        lesson, names = lesson_of(self.config, resources), resources["nbgrader"]
        job = self.job(nb, lesson, names, files_beside(folder, coursedir.ignore))
        results, key = Results(Path(coursedir.root) / FOLDER), key_of(job, self.settings())
        result = results.get(key)
        if result is None:
            engine = _engine(self.settings())
            if reference := self.reference(lesson):
                engine.teach(lesson.key, reference)
            result = engine.examine(lesson.key, job)
            results.put(key, result)
        return result

    def job(
        self, nb: NotebookNode, lesson: Lesson, names: Mapping[str, str], files: Mapping[str, bytes]
    ) -> Job:
        """The job of a rebuilt notebook.

        names : nbgrader's names of the assignment and the student
        files : what lies beside the notebook
        """
        whose = (self.secret, names["assignment"], names["student"])
        return make_job(nb, lesson, whose, files, self.cell_seconds, self.show_given)

    def reference(self, lesson: Lesson) -> Job | None:
        """The lesson with its solutions as a job; None where they are not at hand."""
        if lesson.source is None:
            return None
        names = {"assignment": lesson.assignment, "student": "reference"}
        return self.job(lesson.source, lesson, names, lesson.beside)

    def settings(self) -> Settings:
        """What an examiner is made with."""
        return Settings(
            carriers=tuple(self.carriers),
            limits=Limits(memory=self.memory * MIB, processor=self.processor_seconds),
            total_seconds=self.total_seconds,
            readable=tuple(self.readable),
            withheld=tuple(self.withheld),
            environment=tuple(sorted(self.environment.items())),
            isolate=not self.trust_students,
        )


def write_outputs(nb: NotebookNode, result: Result) -> None:
    """Put the outputs into the notebook's code cells."""
    for count, (cell, outputs) in enumerate(zip(code_cells(nb), result.outputs, strict=True), 1):
        cell.execution_count = count
        cell.outputs = [nbformat.from_dict(output) for output in outputs]
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count


# One engine a process, whatever number of notebooks nbgrader grades in it.
_lock = Lock()
_engines: dict[Settings, Engine] = {}


def _engine(settings: Settings) -> Engine:
    """The engine with these settings, made if it is not there yet.

    raises CannotIsolate with the missing piece and the flag that goes without
    """
    with _lock:
        if settings not in _engines:
            refusal = probe().refusal() if settings.isolate else None
            if refusal:
                raise CannotIsolate(refusal)
            _engines[settings] = Engine(settings, {})
            atexit.register(_engines[settings].close)
        return _engines[settings]
