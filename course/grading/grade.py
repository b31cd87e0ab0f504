"""Grade submissions through nbgrader's own API, several at a time."""

import copy
import os
import stat
import tempfile
import time
import warnings
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.apps import NbGraderAPI
from nbgrader.utils import rmtree
from sqlalchemy.exc import SAWarning

from course.grading import failures
from course.grading.folder import CourseError, open_course
from course.grading.intake import Intake, Refused, TakenIn, id_problem, shown
from course.grading.repairs import repairs_in
from course.grading.sandbox.report import probe
from course.grading.submissions import Submission, find_submissions, folder_of, lessons_in_gradebook
from course.grading.workers import Worker, WorkerLost, map_with

NOT_GRADED = "Not graded: "


@dataclass(frozen=True)
class Receipt:
    """What became of one submission, in a sentence, and how long it took.

    repairs : a sentence for each thing that was put right before grading
    """

    student: str
    lesson: str
    status: Literal["graded", "unchanged", "failed"]
    sentence: str
    seconds: float
    repairs: tuple[str, ...] = ()


def grade(
    root: Path,
    lessons: Collection[str] | None = None,
    students: Collection[str] | None = None,
    force: bool = False,
    trust_students: bool = False,
) -> Iterator[Receipt]:
    """Grade what was handed in, and yield a receipt for each submission as it is done.

    root : the course folder
    lessons, students : only these; by default all
    force : also submissions that were graded before and have not changed since
    trust_students : run students' code with your own rights where it cannot be isolated
    raises CourseError, before anything is written, if grading cannot start
    """
    submissions = find_submissions(root, lessons, students)
    api = open_course(root)
    if trust_students:
        api.config.Examine.trust_students = True
    trusted = api.config.Examine.get("trust_students", False)
    if submissions and not trusted and (refusal := probe().refusal()):
        raise CourseError(refusal)
    return _grade(api, submissions, force)


def _grade(api: NbGraderAPI, submissions: list[Submission], force: bool) -> Iterator[Receipt]:
    known = lessons_in_gradebook(api)
    jobs = []
    for submission in submissions:
        said = id_problem(submission.student)
        if said is None and submission.lesson not in known:
            said = f"the folder is not named after a lesson ({', '.join(known)})"
        if said is None:
            jobs.append((submission, force))
        else:
            yield Receipt(shown(submission.student), shown(submission.lesson), "failed", said, 0.0)
    with tempfile.TemporaryDirectory(prefix="course-") as copies:
        count = min(os.cpu_count() or 1, len(jobs))
        trust = bool(api.config.Examine.get("trust_students", False))
        workers = [Worker(_grader, api.coursedir.root, copies, trust) for _ in range(count)]
        for (submission, _), receipt in map_with(workers, jobs) if jobs else []:
            if isinstance(receipt, WorkerLost):
                said = "the grader ended, and was started anew"
                lost = receipt.seconds
                receipt = Receipt(submission.student, submission.lesson, "failed", said, lost)
            if receipt.status == "failed":
                _forget_scores(api, submission, receipt.sentence)
            yield receipt


def _grader(
    root: str, copies: str, trust_students: bool
) -> Callable[[tuple[Submission, bool]], Receipt]:
    """Build, in a worker process, the function that grades one submission.

    copies : a folder for what is taken in
    """
    api = open_course(Path(root))
    api.config.Examine.trust_students = trust_students
    _silence()
    # A worker a core is enough: numerical libraries' threads would only wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

    def grade_one(job: tuple[Submission, bool]) -> Receipt:
        started = time.monotonic()
        submission, _ = job
        failed = partial(Receipt, submission.student, submission.lesson, "failed", seconds=0.0)
        try:
            receipt = _grade_here(api, Path(copies), *job)
        except Refused as error:
            receipt = failed(sentence=str(error))
        except Exception as error:  # whatever it is, the batch goes on
            receipt = failed(sentence=failures.sentence(f"{type(error).__name__}: {error}"))
        return replace(receipt, seconds=time.monotonic() - started)

    return grade_one


def _silence() -> None:
    """Keep what kernels and libraries write about themselves off the teacher's terminal."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)


def _grade_here(api: NbGraderAPI, copies: Path, submission: Submission, force: bool) -> Receipt:
    lesson, student = submission.lesson, submission.student
    graded = folder_of(api, "autograded", submission)
    due = (
        force
        or not graded.exists()
        or _is_newer(api, submission)
        or _was_interrupted(api, submission)
    )
    if due:
        with tempfile.TemporaryDirectory(dir=copies) as copied:
            taken = _take_in(api, submission, Path(copied))
            result = _looking_at(api, copied, taken.repairs).autograde(lesson, student, force=True)
        if not result["success"]:
            said = failures.sentence(result.get("log", "") + result.get("error", ""))
            return Receipt(student, lesson, "failed", said, 0.0)
    with api.gradebook as gradebook:
        score = gradebook.find_submission(lesson, student)
        said = f"{score.score:g} of {score.max_score:g} points"
    status: Literal["graded", "unchanged"] = "graded" if due else "unchanged"
    return Receipt(student, lesson, status, said, 0.0, tuple(repairs_in(graded)))


def _take_in(api: NbGraderAPI, submission: Submission, copies: Path) -> TakenIn:
    """Copy a submission, checked, to where nbgrader will find it as if it had been handed in."""
    with api.gradebook as gradebook:
        notebooks = gradebook.find_assignment(submission.lesson).notebooks
        lesson = {nb.name: {cell.name for cell in nb.source_cells} for nb in notebooks}
    coursedir = api.coursedir
    into = coursedir.format_path(str(copies), submission.student, submission.lesson)
    top = Path(coursedir.root) / coursedir.submitted_directory
    folder = folder_of(api, "submitted", submission)
    return Intake(config=api.config).take_in(folder, top, Path(into), lesson)


def _looking_at(api: NbGraderAPI, copies: str, repairs: list[str]) -> NbGraderAPI:
    """The same course, whose submissions lie in another folder and were repaired so."""
    config = copy.deepcopy(api.config)
    config.CourseDirectory.submitted_directory = copies
    config.Rebuild.found_at_intake = repairs
    return NbGraderAPI(config=config)


def _is_newer(api: NbGraderAPI, submission: Submission) -> bool:
    """Whether a file was handed in after grading; nbgrader itself looks at timestamp.txt only."""
    graded = _times(folder_of(api, "autograded", submission))
    return bool(graded) and max(_times(folder_of(api, "submitted", submission)), default=0) > max(
        graded
    )


def _was_interrupted(api: NbGraderAPI, submission: Submission) -> bool:
    """Whether a test has no score although the graded notebook is there."""
    with api.gradebook as gradebook:
        try:
            submitted = gradebook.find_submission(submission.lesson, submission.student)
        except MissingEntry:
            return True
        return _has_unscored_tests(submitted)


def _has_unscored_tests(submitted: SubmittedAssignment) -> bool:
    return any(
        grade.cell.cell_type == "code"
        and grade.auto_score is None
        and grade.manual_score is None
        and grade.name not in {cell.name for cell in notebook.notebook.solution_cells}
        for notebook in submitted.notebooks
        for grade in notebook.grades
    )


def _times(folder: Path) -> list[float]:
    # Unpacking keeps the time of the last change (mtime); that of the arrival is the ctime.
    stats = [path.lstat() for path in folder.rglob("*")]
    return [max(s.st_mtime, s.st_ctime) for s in stats if not stat.S_ISDIR(s.st_mode)]


def _forget_scores(api: NbGraderAPI, submission: Submission, reason: str) -> None:
    """Leave no automatic score of an earlier run, and note why; marks by hand stay."""
    graded = folder_of(api, "autograded", submission)
    if graded.exists():
        rmtree(str(graded))
    with api.gradebook as gradebook, warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # of nbgrader's own ways with SQLAlchemy
        gradebook.update_or_create_student(submission.student)
        submitted = gradebook.update_or_create_submission(submission.lesson, submission.student)
        for notebook in submitted.notebooks:
            for mark in notebook.grades:
                mark.auto_score = None
                mark.needs_manual_grade = True
            for comment in notebook.comments:
                comment.auto_comment = NOT_GRADED + reason
        gradebook.db.commit()


def reason_not_graded(api: NbGraderAPI, gradebook: Gradebook, submission: Submission) -> str | None:
    """Say why a submission has no scores, or None if it has some."""
    if problem := id_problem(submission.student):
        return problem
    try:
        submitted = gradebook.find_submission(submission.lesson, submission.student)
    except MissingEntry:
        return "not graded yet: run `course grade`"
    if folder_of(api, "autograded", submission).exists():
        interrupted = _has_unscored_tests(submitted)
        return "grading was interrupted: run `course grade`" if interrupted else None
    for notebook in submitted.notebooks:
        for comment in notebook.comments:
            said: str = comment.auto_comment or ""
            if said.startswith(NOT_GRADED):
                return said.removeprefix(NOT_GRADED)
    return "grading failed: run `course grade` to see why"
