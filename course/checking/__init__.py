"""How an answer is judged: call it, compare it, name the mistake, word the message."""

from course.checking.calling import count_operations
from course.checking.hidden import HiddenTest
from course.checking.hints import hint
from course.checking.progress import progress
from course.checking.visible import NotWrittenYet, WrongAnswer, check

__all__ = [
    "HiddenTest",
    "NotWrittenYet",
    "WrongAnswer",
    "check",
    "count_operations",
    "hint",
    "progress",
]
