"""Grade submissions through nbgrader's own API, several at a time."""

import os
import time
import warnings
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.apps import NbGraderAPI
from nbgrader.utils import rmtree
from sqlalchemy.exc import SAWarning

from course.grading import failures
from course.grading.folder import open_course
from course.grading.submissions import Submission, find_submissions, folder_of, lessons_in_gradebook
from course.grading.workers import Worker, WorkerLost, map_with

NOT_GRADED = "Not graded: "


@dataclass(frozen=True)
class Receipt:
    """What became of one submission, in a sentence, and how long it took."""

    student: str
    lesson: str
    status: Literal["graded", "unchanged", "failed"]
    sentence: str
    seconds: float


def grade(
    root: Path,
    lessons: Collection[str] | None = None,
    students: Collection[str] | None = None,
    force: bool = False,
) -> Iterator[Receipt]:
    """Grade what was handed in, and yield a receipt for each submission as it is done.

    root : the course folder
    lessons, students : only these; by default all
    force : also submissions that were graded before and have not changed since
    raises CourseError, before anything is written, if grading cannot start
    """
    submissions = find_submissions(root, lessons, students)
    return _grade(open_course(root), submissions, force)


def _grade(api: NbGraderAPI, submissions: list[Submission], force: bool) -> Iterator[Receipt]:
    count = min(os.cpu_count() or 1, len(submissions))
    workers = [Worker(_grader, api.coursedir.root) for _ in range(count)]
    known = lessons_in_gradebook(api)
    for submission in submissions:
        if submission.lesson not in known:
            said = f"the folder is not named after a lesson ({', '.join(known)})"
            yield Receipt(submission.student, submission.lesson, "failed", said, 0.0)
    jobs = [(submission, force) for submission in submissions if submission.lesson in known]
    for (submission, _), receipt in map_with(workers, jobs) if jobs else []:
        if isinstance(receipt, WorkerLost):
            said = "running the notebook killed the grader, which was started anew"
            lost = receipt.seconds
            receipt = Receipt(submission.student, submission.lesson, "failed", said, lost)
        if receipt.status == "failed":
            _forget_scores(api, submission, receipt.sentence)
        yield receipt


def _grader(root: str) -> Callable[[tuple[Submission, bool]], Receipt]:
    """Build, in a worker process, the function that grades one submission."""
    api = open_course(Path(root))
    _silence()
    # A worker a core is enough: numerical libraries' threads would only wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

    def grade_one(job: tuple[Submission, bool]) -> Receipt:
        started = time.monotonic()
        try:
            receipt = _grade_here(api, *job)
        except Exception as error:  # whatever it is, the batch goes on
            submission, _ = job
            said = failures.sentence(f"{type(error).__name__}: {error}")
            receipt = Receipt(submission.student, submission.lesson, "failed", said, 0.0)
        return replace(receipt, seconds=time.monotonic() - started)

    return grade_one


def _silence() -> None:
    """Keep what kernels and libraries write about themselves off the teacher's terminal."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)


def _grade_here(api: NbGraderAPI, submission: Submission, force: bool) -> Receipt:
    lesson, student = submission.lesson, submission.student
    force = force or _is_newer(api, submission) or _was_interrupted(api, submission)
    result = api.autograde(lesson, student, force=force)
    log = result.get("log", "")
    if not result["success"]:
        said = failures.sentence(log + result.get("error", ""))
        return Receipt(student, lesson, "failed", said, 0.0)
    with api.gradebook as gradebook:
        score = gradebook.find_submission(lesson, student)
        said = f"{score.score:g} of {score.max_score:g} points"
    unchanged = "Skipping existing assignment" in log
    return Receipt(student, lesson, "unchanged" if unchanged else "graded", said, 0.0)


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
    stats = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return [max(stat.st_mtime, stat.st_ctime) for stat in stats]


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
