"""From the gradebook to what students and teachers read."""

from course.reports.feedback import Feedback, write_feedback
from course.reports.printed import print_table, write_csv, write_markdown
from course.reports.score_table import LessonTable, score_table

__all__ = [
    "Feedback",
    "LessonTable",
    "print_table",
    "score_table",
    "write_csv",
    "write_feedback",
    "write_markdown",
]
