"""What an exercise is: a declaration that the checks, the hints and the reports all read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor

from course.language import N_

GRADIENT_STOPS = N_("Values are right, but gradients stop here (`.item()`, `torch.tensor`).")
INPUT_CHANGED = N_("You changed the input. A slice is a view, not a copy.")
"""What every exercise says of an answer that cuts gradients, or that spoils its inputs."""

Function = Callable[..., Any]
Axes = tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One visible call of the learner's function.

    arguments : what it is called with
    expected : the right answer written out; without it, the reference is asked
    raises : the exception that a right answer raises here, if it must raise one
    may_raise : True where an exception is as right as the value (mixed dtypes, which torch refuses)
    """

    arguments: tuple[Any, ...] = ()
    expected: Any = None
    raises: type[Exception] | None = None
    may_raise: bool = False


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer and the one sentence that it earns.

    wrong : a function that makes the mistake; an answer that does what it does is told `sentence`
    sentence : names the cause, in the learner's language
    row : the row of the list of known mistakes that it comes from, if it does
    """

    wrong: Function
    sentence: str
    row: int | None = None

    @property
    def name(self) -> str:
        """The name of the wrong function, in words.

        >>> def averages_channels(X, K): ...
        >>> Mistake(averages_channels, "You averaged.").name
        'averages channels'
        """
        return self.wrong.__name__.replace("_", " ").strip()


@dataclass(frozen=True)
class Exercise:
    """All that is known about one exercise, under the name of the function that the learner writes.

    name : the learner's function and the grade_id of its cells
    kind : "code" is a function of its arguments; "number" and "choice" return a fixed answer
    parameters : the names of the function's arguments
    reference : an independent right answer; None where the answer is not one value, or is secret
    cases : the visible calls
    judge : for answers with no single right value: takes what came back, and the
        arguments of the call; returns the sentence that says what is wrong, or None
    options : the answers one can choose from, for kind "choice"
    mistakes : the known wrong answers
    hints : from a nudge to nearly there, never the solution
    axes : the names of the axes of each argument, then of the result; empty where none are tensors
    gradient : True if gradients must flow from the result to every argument
    from_scratch : True if the task forbids a ready-made convolution
    explain : says in one line how the value at an index comes about: (arguments, index) -> str
    """

    name: str
    kind: Literal["code", "number", "choice"]
    parameters: tuple[str, ...] = ()
    reference: Function | None = None
    cases: tuple[Case, ...] = (Case(),)
    judge: Callable[..., str | None] | None = None
    options: tuple[str, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    hints: tuple[str, ...] = ()
    axes: tuple[Axes, ...] = ()
    gradient: bool = False
    from_scratch: bool = False
    explain: Callable[[tuple[Tensor, ...], tuple[int, ...]], str] | None = field(
        default=None, repr=False
    )

    @property
    def signature(self) -> str:
        """How the function is called.

        >>> Exercise("corr2d", "code", ("X", "K")).signature
        'corr2d(X, K)'
        """
        return f"{self.name}({', '.join(self.parameters)})"
