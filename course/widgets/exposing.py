"""A function against the truth on one input: whether the two part, and by what."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from course.checking.calling import Outcome, call, copy
from course.checking.comparing import Difference, changed, compare, gradients
from course.checking.judging import call_copy
from course.exercises.exercise import Exercise, Function, Mistake

By = Literal["", "raises", "accepts", "none", "type", "shape", "nan", "value", "inputs", "gradient"]
Shape = tuple[int, ...]

Nature = Literal["values", "inputs", "gradient"]


@dataclass(frozen=True)
class Meeting:
    """What came of a function and the truth on one input.

    truth, answer : both outcomes
    by : what parts them; empty if they agree
        raises, accepts : the function stops where the truth does not, or the other way round
        none, type, shape, nan, value : as `compare` calls the difference
        inputs : the same values, but an input was changed
        gradient : the same values, but gradients do not reach every input
    difference : of the values, if they differ
    after : the arguments as the call has left them
    place : which argument was changed
    cut : the arguments that no gradient reaches
    """

    truth: Outcome
    answer: Outcome
    by: By = ""
    difference: Difference | None = None
    after: tuple[Any, ...] = ()
    place: int | None = None
    cut: tuple[int, ...] = ()


def confront(
    exercise: Exercise, function: Function, arguments: Sequence[Any], *, gradient: bool = False
) -> Meeting:
    """Call the truth and a function on copies of the same arguments, and hold the two together.

    gradient : True to ask, where all else agrees, whether gradients reach every input
    returns by whom and by what they part, as `check` would see it

    >>> from course.exercises.many_inputs import CORR2D_MULTI_IN as exercise
    >>> average = exercise.mistakes[0].wrong
    >>> confront(exercise, average, (torch.zeros(2, 3, 3), torch.zeros(2, 2, 2))).by
    ''
    >>> confront(exercise, average, (torch.ones(2, 3, 3), torch.ones(2, 2, 2))).by
    'value'
    """
    assert exercise.reference is not None
    truth = call_copy(exercise.reference, arguments)
    after = copy(arguments)
    answer = call(function, after, quiet=True)
    if answer.error is not None or truth.error is not None:
        by = _parted_by_raising(exercise, truth, answer, arguments)
        return Meeting(truth, answer, by, after=after)
    difference = _compared(answer.value, truth.value)
    if difference:
        return Meeting(truth, answer, difference.kind, difference, after)
    place = changed(arguments, after)
    if place is not None:
        return Meeting(truth, answer, "inputs", after=after, place=place)
    cut = cut_off(function, arguments) if gradient else ()
    return Meeting(truth, answer, "gradient" if cut else "", after=after, cut=cut)


def _parted_by_raising(
    exercise: Exercise, truth: Outcome, answer: Outcome, arguments: Sequence[Any]
) -> By:
    if answer.error is None:
        return "accepts"
    if truth.error is not None:
        return "" if isinstance(answer.error, type(truth.error)) else "raises"
    mixed = len({a.dtype for a in arguments if isinstance(a, Tensor)}) > 1
    return "" if mixed and any(case.may_raise for case in exercise.cases) else "raises"


def _compared(got: Any, expected: Any) -> Difference | None:
    try:
        if type(got) is type(expected) is Tensor and torch.equal(got, expected):
            return None  # the quick way, for the search
        return compare(got, expected)
    except Exception:  # an answer so odd that it cannot be compared is no right answer
        return Difference("type", type(got), type(expected))


def wrong_cells(got: Tensor, expected: Tensor) -> list[Shape]:
    """Where two tensors of one shape differ, in the eyes of `compare`.

    >>> wrong_cells(torch.tensor([56.0, 70.0]), torch.tensor([56.0, 72.0]))
    [(1,)]
    """
    wrong = []
    g, e = got.detach().double(), expected.detach().double()
    for index in (g != e).nonzero().tolist():
        mixed = e.clone()
        mixed[tuple(index)] = g[tuple(index)]
        if compare(mixed, e):
            wrong.append(tuple(index))
    return wrong


def cut_off(function: Function, arguments: Sequence[Any]) -> tuple[int, ...]:
    """The positions of the float tensors that no gradient reaches from the result.

    >>> cut_off(lambda X, K: X.detach() * K, (torch.ones(2), torch.ones(2)))
    (0,)
    """
    places = [i for i, a in enumerate(arguments) if isinstance(a, Tensor) and a.is_floating_point()]
    given = copy(arguments)
    for i in places:
        given[i].requires_grad_()
    value = call(function, given, quiet=True).value
    if not isinstance(value, Tensor):
        return tuple(places)
    try:
        reached = gradients(value, torch.ones(value.shape), [given[i] for i in places])
    except RuntimeError:  # torch refuses where a tensor was changed after it had been used
        return tuple(places)
    return tuple(i for i, g in zip(places, reached, strict=True) if g is None)


def nature(exercise: Exercise, mistake: Mistake) -> Nature:
    """What a bug spoils, in the visible cases of its exercise.

    returns "inputs" or "gradient" if its values are right in all of them, else "values"

    >>> from course.exercises.many_inputs import CORR2D_MULTI_IN as exercise
    >>> [nature(exercise, m) for m in exercise.mistakes if "torch" in m.name]
    ['values', 'gradient']
    """
    key = (exercise.name, mistake.wrong)
    if key not in _NATURES:
        met = {confront(exercise, mistake.wrong, case.arguments).by for case in exercise.cases}
        _NATURES[key] = "values"
        if met == {"", "inputs"} or met == {"inputs"}:
            _NATURES[key] = "inputs"
        elif met == {""} and exercise.gradient:
            cut = cut_off(mistake.wrong, exercise.cases[0].arguments)
            _NATURES[key] = "gradient" if cut else "values"
    return _NATURES[key]


_NATURES: dict[tuple[str, Function], Nature] = {}
