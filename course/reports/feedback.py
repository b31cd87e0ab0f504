"""Write the page that a student gets back."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbgrader.utils import rmtree

from course.grading.failures import sentence
from course.grading.folder import open_course
from course.grading.grade import reason_not_graded
from course.grading.standing import Standing
from course.grading.submissions import find_submissions, folder_of


@dataclass(frozen=True)
class Feedback:
    """Where one student's page lies, or why there is none."""

    student: str
    lesson: str
    folder: Path | None
    sentence: str


def write_feedback(
    root: Path,
    lessons: Collection[str] | None = None,
    students: Collection[str] | None = None,
) -> Iterator[Feedback]:
    """Write feedback/STUDENT/LESSON/ for every graded submission, by default all of them.

    Where a submission could not be graded, an older page is removed.
    raises CourseError, before anything is written, if there is nothing to work with
    """
    submissions = find_submissions(root, lessons, students)
    api = open_course(root)

    def write() -> Iterator[Feedback]:
        with api.gradebook as gradebook:
            standing = Standing(gradebook)
        for submission in submissions:
            folder = folder_of(api, "feedback", submission)
            with api.gradebook as gradebook:
                why = reason_not_graded(api, gradebook, standing, submission)
            if why is None:
                result = api.generate_feedback(submission.lesson, submission.student, force=True)
                if not result["success"]:
                    why = sentence(result.get("log", "") + result.get("error", ""))
            if why and folder.exists():
                rmtree(str(folder))
            written = None if why else folder
            yield Feedback(submission.student, submission.lesson, written, why or str(folder))

    return write()
