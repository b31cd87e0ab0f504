"""A learner's own function in a widget: what it gave, or what it raised, in one sentence."""

import traceback
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course.checking.calling import Outcome, TookTooLong
from course.language import _


def name_of(function: Callable[..., Any]) -> str:
    """What a function is called in a sentence.

    >>> def corr2d(X, K): ...
    >>> name_of(corr2d), name_of(lambda X, K: X)
    ('corr2d', 'your function')
    """
    name = getattr(function, "__name__", "")
    return name if name.isidentifier() else _("your function")


def is_plain(value: object) -> bool:
    """Whether a value is a tensor whose numbers can be drawn: real, dense, in main memory.

    >>> is_plain(torch.ones(2)), is_plain(torch.ones(2) + 1j), is_plain([1.0])
    (True, False, False)
    """
    return (
        isinstance(value, Tensor)
        and not value.is_complex()
        and not value.is_quantized
        and value.layout == torch.strided
        and value.device.type == "cpu"
    )


def what_it_raised(function: Callable[..., Any], outcome: Outcome) -> str:
    """The learner's own exception: its type, its message, and the line that it came from.

    outcome : of a call that failed
    """
    name, error = name_of(function), outcome.error
    assert error is not None
    if outcome.not_written:
        return _("{name} is not written yet.").format(name=name)
    if isinstance(error, TookTooLong):
        return _("{name} did not end within {seconds:g} seconds.").format(
            name=name, seconds=error.seconds
        )
    raised = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    line = _line_of(function, error)
    if line is None:
        return _("{name} raises {error}").format(name=name, error=raised)
    return _("Line {line} of {name} raises {error}").format(line=line, name=name, error=raised)


def _line_of(function: Callable[..., Any], error: BaseException) -> int | None:
    """The last line of the function itself that ran, counted from its `def`."""
    code = getattr(function, "__code__", None)
    lines = [n for frame, n in traceback.walk_tb(error.__traceback__) if frame.f_code is code]
    return lines[-1] - code.co_firstlineno + 1 if lines and code else None
