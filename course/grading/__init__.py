"""From what students handed in to scores in the gradebook."""

from course.grading.folder import CourseError
from course.grading.grade import Receipt, grade
from course.grading.submissions import Submission, find_submissions

__all__ = ["CourseError", "Receipt", "Submission", "find_submissions", "grade"]
