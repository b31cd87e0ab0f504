"""How an answer is judged: call it, compare it, name the mistake, word the message.

Each name is fetched when it is first asked for: where a learner's code is graded there is
`course.checking.calling`, which is told to call it, and nothing of the exercises.
"""

from importlib import import_module
from typing import Any

HOME = {
    "HiddenTest": "course.checking.hidden",
    "NotWrittenYet": "course.checking.visible",
    "WrongAnswer": "course.checking.visible",
    "check": "course.checking.visible",
}
"""The module that each name comes from."""

__all__ = sorted(HOME)


def __getattr__(name: str) -> Any:
    if name not in HOME:
        raise AttributeError(f"module 'course.checking' has no attribute '{name}'")
    return getattr(import_module(HOME[name]), name)
