"""Which submissions there are to grade."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from nbgrader.apps import NbGraderAPI

from course.grading.folder import CourseError, check_gradebook, open_course


@dataclass(frozen=True, order=True)
class Submission:
    lesson: str
    student: str


def find_submissions(
    root: Path,
    lessons: Collection[str] | None = None,
    students: Collection[str] | None = None,
) -> list[Submission]:
    """Find what was handed in, in order of lesson and student; by default all of it.

    raises CourseError if nothing could be graded, or something asked for does not exist
    """
    api = open_course(root)
    submitted = Path(api.coursedir.root) / api.coursedir.submitted_directory
    if not submitted.is_dir():
        raise CourseError(
            f"There is no folder {submitted}: put each notebook into "
            f"{api.coursedir.submitted_directory}/STUDENT/LESSON/."
        )
    check_gradebook(api)
    handed_in = _handed_in(api)
    for lesson in lessons or sorted({submission.lesson for submission in handed_in}):
        _check_lesson(api, lesson, asked_for=bool(lessons))
    for student in students or []:
        if student not in {submission.student for submission in handed_in}:
            raise CourseError(f"There is no student {student} in {submitted}.")
    return [
        submission
        for submission in handed_in
        if (not lessons or submission.lesson in lessons)
        and (not students or submission.student in students)
    ]


def lessons_in_gradebook(api: NbGraderAPI) -> list[str]:
    """The names of the lessons that were released, in order."""
    with api.gradebook as gradebook:
        return sorted(assignment.name for assignment in gradebook.assignments)


def folder_of(api: NbGraderAPI, step: str, submission: Submission) -> Path:
    """The folder of one submission, where step is such as "submitted" or "autograded"."""
    name = getattr(api.coursedir, f"{step}_directory")
    return Path(api.coursedir.format_path(name, submission.student, submission.lesson))


def _handed_in(api: NbGraderAPI) -> list[Submission]:
    """Every folder under submitted/, also those whose name is no lesson."""
    found = set()
    for student in api.get_submitted_students("*"):
        anything = folder_of(api, "submitted", Submission("*", student))
        for folder in anything.parent.glob(anything.name):
            if folder.is_dir() and not folder.name.startswith("."):
                found.add(Submission(folder.name, student))
    return sorted(found)


def _check_lesson(api: NbGraderAPI, lesson: str, asked_for: bool) -> None:
    released = lessons_in_gradebook(api)
    if lesson in released:
        return
    if lesson in api.get_source_assignments():
        raise CourseError(
            f"The lesson {lesson} is not in the gradebook: run `course release {lesson}` first."
        )
    if asked_for:
        raise CourseError(
            f"There is no lesson {lesson}; the gradebook has {', '.join(released) or 'none yet'}."
        )
