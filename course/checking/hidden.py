"""Hidden tests: partial credit by aspect, and one sentence for each aspect that is lost.

A hidden cell reads

    hidden = HiddenTest(corr2d_multi_in)
    with hidden.aspect("values", points=3):
        hidden.gives([[56, 72], [104, 120]], X, K)
        hidden.agrees((3, 5, 7), (3, 2, 3))
    hidden.points()

and prints a line an aspect. Its last value is the points earned, which nbgrader takes as partial
credit. Inputs and expected values are never printed, nor is what the learner's function prints.
"""

import hashlib
import hmac
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from course.checking.calling import TookTooLong, call, copy, ended_python
from course.checking.judging import (
    Finding,
    diagnose,
    judge_gradient,
    judge_raising,
    judge_unchanged,
    judge_value,
)
from course.checking.visible import find_exercise
from course.exercises.arithmetic import number
from course.exercises.exercise import Case
from course.language import _

DRAW_KEY = "COURSE_DRAW_KEY"
"""The environment variable with the key of this student's inputs. Grading sets it."""


class _Lost(Exception):
    """Ends an aspect; carries the sentence that says why."""


def as_tensor(expected: Any) -> Any:
    """Nested lists of numbers as a tensor; everything else as it is.

    >>> as_tensor([[56, 72], [104, 120]]).shape
    torch.Size([2, 2])
    """
    return torch.tensor(expected) if isinstance(expected, list) else expected


class HiddenTest:
    """The hidden test of one exercise.

    function : the learner's function
    raises WrongAnswer if it is not one of the course's exercises
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.exercise = find_exercise(function, sys._getframe(1).f_globals)
        self._function = function
        self._no_more = ""  # why it is not called again
        self._generator = torch.Generator().manual_seed(draw_seed(self.exercise.name))
        self._results: list[tuple[str, float, float, str]] = []

    @property
    def function(self) -> Callable[..., Any]:
        """The learner's function; the aspect is lost if an earlier call of it came to no end."""
        if self._no_more:
            raise _Lost(self._no_more)
        return self._function

    @contextmanager
    def aspect(self, name: str, points: float) -> Iterator[None]:
        """Give the points if nothing within is lost; otherwise keep the sentence of the first loss.

        name : what the points are for, in the words of the task
        points : at most this many
        """
        lost = ""
        try:
            yield
        except _Lost as reason:
            lost = str(reason)
        self._results.append((name, 0 if lost else points, points, lost))

    def points(self) -> float:
        """Print one line an aspect, and return the points earned."""
        for name, earned, most, lost in self._results:
            line = _("{aspect}: {earned} of {most} points.").format(
                aspect=name, earned=number(earned), most=number(most)
            )
            print(f"{line} {lost}".strip())
        return sum(earned for _name, earned, _most, _lost in self._results)

    def draw(self, *shape: int) -> Tensor:
        """Signed numbers in eighths, never zero, exact in float32, the same at every regrade.

        shape : of the tensor that is returned
        """
        size = torch.randint(1, 81, shape, generator=self._generator) / 8
        sign = 2 * torch.randint(0, 2, shape, generator=self._generator) - 1
        return size * sign

    def call(self, *arguments: Any) -> Any:
        """What the learner's function returns; the aspect is lost if it raises."""
        outcome = call(self.function, copy(arguments), quiet=True)
        self._lose(judge_raising(self.exercise, self.function, Case(arguments), outcome))
        return outcome.value

    def gives(self, expected: Any, *arguments: Any) -> None:
        """The function gives this written-out answer.

        expected : nested lists for a tensor, else the value itself
        arguments : what it is called with
        """
        case = Case(arguments, expected=as_tensor(expected))
        self._lose(judge_value(self.exercise, self.function, case, quiet=True))

    def agrees(self, *inputs: Any) -> None:
        """The function agrees with the reference.

        inputs : one for each argument: a shape to draw, or the argument itself
        """
        if not (self.exercise.reference or self.exercise.judge):
            raise TypeError(f"{self.exercise.name} has no reference: use gives() in its test")
        case = Case(self._arguments(inputs))
        self._lose(judge_value(self.exercise, self.function, case, quiet=True))

    def never_truncates(self, *shapes: tuple[int, ...]) -> None:
        """Whole-number X with fractional K: refusing is fine, a silently cut value is not.

        shapes : of X and of K
        """
        X, *rest = self._arguments(shapes)
        case = Case((X.round().long(), *rest), may_raise=True)
        self._lose(judge_value(self.exercise, self.function, case, quiet=True))

    def leaves_inputs(self, *inputs: Any) -> None:
        """The values are right, the inputs are left as they were, and a second call agrees.

        inputs : as for `agrees`
        """
        arguments = self._arguments(inputs)
        self._values_first(arguments)
        self._lose(judge_unchanged(self.exercise, self.function, arguments, quiet=True))

    def has_gradient(self, *shapes: tuple[int, ...]) -> None:
        """The gradients of a weighted sum of the result are those of the reference.

        shapes : of the arguments
        """
        arguments = self._arguments(shapes)
        self._values_first(arguments)
        self._lose(judge_gradient(self.exercise, self.function, arguments, quiet=True))

    def raises(self, error: type[Exception], *inputs: Any) -> None:
        """The function refuses these inputs.

        error : the exception that the task asks for
        inputs : as for `agrees`
        """
        arguments = self._arguments(inputs)
        outcome = call(self.function, copy(arguments), quiet=True)
        self._lose(
            judge_raising(self.exercise, self.function, Case(arguments, raises=error), outcome)
        )

    def operations(self, *shapes: tuple[int, ...]) -> int:
        """How many torch operations one call takes.

        shapes : of the arguments
        """
        arguments = self._arguments(shapes)
        outcome = call(self.function, arguments, watch=True, quiet=True)
        self._lose(judge_raising(self.exercise, self.function, Case(arguments), outcome))
        return outcome.operations.total()

    def that(self, condition: object, sentence: str) -> None:
        """Lose the aspect with this sentence unless the condition holds.

        condition : a bool, or a tensor with one value
        sentence : one the learner may read: no inputs, no expected values
        """
        if not bool(condition):
            outcome = call(self.function, (), quiet=True)
            mistake = None if self.exercise.parameters else self._known(outcome.value)
            raise _Lost(sentence if not mistake or mistake in sentence else f"{sentence} {mistake}")

    def _known(self, value: Any) -> str | None:
        outcome = call(lambda: value)
        mistake = diagnose(self.exercise, self.function, (), outcome)
        return _(mistake.sentence) if mistake else None

    def _arguments(self, inputs: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(self.draw(*i) if isinstance(i, tuple) else i for i in inputs)

    def _values_first(self, arguments: tuple[Any, ...]) -> None:
        if judge_value(self.exercise, self.function, Case(arguments), quiet=True):
            raise _Lost(_("The values come first."))

    def _lose(self, finding: Finding | None) -> None:
        if finding is None:
            return
        # Another call would end the same way, at the same cost.
        if isinstance(finding.error, TookTooLong):
            self._no_more = _("Not tried, since an earlier call never ended.")
        elif ended_python(finding.error):
            self._no_more = _("Not tried, since an earlier call ended Python.")
        cause = finding.cause if finding.cause != finding.hidden else ""
        raise _Lost(" ".join(filter(None, (finding.hidden, cause))))


def draw_seed(exercise: str) -> int:
    """The seed of an exercise's hidden inputs, for the student whose key the environment holds.

    exercise : its name
    returns a number below 2**63; the same key and name always give the same

    >>> draw_seed("corr2d") == draw_seed("corr2d"), draw_seed("corr2d") == draw_seed("shapes")
    (True, False)
    """
    key = os.environ.get(DRAW_KEY, "local")
    digest = hmac.new(key.encode(), exercise.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") >> 1
