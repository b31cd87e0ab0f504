"""Judge one call of the learner's function: the first thing that is wrong, and its cause."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from course.checking import calling, wording
from course.checking.calling import Outcome, TookTooLong, call, copy
from course.checking.comparing import Difference, changed, compare, gradients
from course.exercises.exercise import GRADIENT_STOPS, INPUT_CHANGED, Case, Exercise, Mistake
from course.language import _

Function = Callable[..., Any]


@dataclass(frozen=True)
class Finding:
    """What is wrong with an answer.

    lines : for the learner's own screen: the call, what came, what was expected
    hidden : the same for a hidden test, without inputs and expected values; or empty
    cause : the one cause, if it is known
    advice : one thing to try
    mistake : the known mistake that the answer makes, if it is one
    error : the learner's own exception, if that is what came
    not_written : True if the released stub answered
    names_axes : True if the shape is wrong, and `lines` name the axes that came
    arguments : what the function was called with
    """

    lines: tuple[str, ...]
    hidden: str
    cause: str = ""
    advice: str = ""
    mistake: Mistake | None = None
    error: BaseException | None = None
    not_written: bool = False
    names_axes: bool = False
    arguments: tuple[Any, ...] = ()


def judge_value(
    exercise: Exercise, function: Function, case: Case, *, quiet: bool = False
) -> Finding | None:
    """Call the function and judge what it returns: exception, type, shape, values.

    A fixed answer ("number", "choice") has no reference: `HiddenTest.gives` compares those.
    """
    arguments = copy(case.arguments)
    if not calling.fits(function, len(arguments)):
        wanted = _("{name} must be called as {signature}.").format(
            name=exercise.name, signature=exercise.signature
        )
        return Finding((wanted,), wanted, arguments=arguments)
    outcome = call(function, arguments, watch=exercise.from_scratch, quiet=quiet)
    failed = judge_raising(exercise, function, case, outcome)
    if failed or outcome.error is not None:
        return failed
    if outcome.ready_made:
        fact = _("{call} uses a ready-made convolution.").format(
            call=wording.show_call(exercise, case.arguments)
        )
        return Finding(
            (fact,), _(wording.READY_MADE), _(wording.READY_MADE), arguments=case.arguments
        )
    if case.expected is None and exercise.judge:
        sentence = exercise.judge(outcome.value, *copy(case.arguments))
        if sentence:
            mistake = diagnose(exercise, function, case.arguments, outcome)
            cause = _(mistake.sentence) if mistake else ""
            return Finding(
                (sentence,),
                sentence,
                "" if cause in sentence else cause,
                mistake=mistake,
                arguments=case.arguments,
            )
        return None
    expected = case.expected
    if expected is None:
        if exercise.reference is None:
            return None  # a fixed answer: the visible check looks at its form only
        expected = exercise.reference(*copy(case.arguments))
    difference = compare(outcome.value, expected)
    if difference is None:
        return None
    return word(exercise, function, case.arguments, outcome, difference)


def judge_raising(
    exercise: Exercise, function: Function, case: Case, outcome: Outcome
) -> Finding | None:
    """Judge the exception of a call, or that a call which must raise did not."""
    error = outcome.error
    shown = wording.show_call(exercise, case.arguments)
    if outcome.not_written:
        fact = _("{name} is not written yet.").format(name=exercise.name)
        advice = (
            _("Take the # away from the line you choose. The lines below it may stay.")
            if exercise.kind == "choice"
            else _("Replace the line `raise NotImplementedError()` by your own.")
        )
        return Finding((fact,), _("Not written yet."), advice=advice, not_written=True)
    if case.raises and isinstance(error, case.raises):
        return None
    if isinstance(error, TookTooLong):
        slow = _(wording.NEVER_ENDS).format(seconds=error.seconds)
        return Finding((f"{shown}:", slow), slow, error=error, arguments=case.arguments)
    if isinstance(error, SystemExit):
        return Finding((f"{shown}:", _(wording.EXITS)), _(wording.EXITS))
    if calling.ended_python(error):
        ended = _(wording.ENDS_PYTHON)
        return Finding((f"{shown}:", ended), ended, error=error, arguments=case.arguments)
    if error is not None and case.may_raise:
        return None
    if error is not None or case.raises:
        mistake = diagnose(exercise, function, case.arguments, outcome)
        fact = (
            _("{call} raises {got}.").format(call=shown, got=type(error).__name__)
            if error is not None
            else _("{call} raises nothing.").format(call=shown)
        )
        wanted = (
            " " + _("It must raise {expected}.").format(expected=case.raises.__name__)
            if case.raises
            else ""
        )
        hidden = (
            _("It raises {got}.").format(got=type(error).__name__)
            if error is not None
            else _("It raises nothing where it must.")
        )
        return Finding(
            (fact + wanted,),
            hidden,
            _(mistake.sentence) if mistake else "",
            mistake=mistake,
            error=error if not case.raises else None,
            arguments=case.arguments,
        )
    return None


def word(
    exercise: Exercise,
    function: Function,
    arguments: Sequence[Any],
    outcome: Outcome,
    difference: Difference,
) -> Finding:
    """A difference with its cause and something to try."""
    mistake = diagnose(exercise, function, arguments, outcome)
    cause, advice = _(mistake.sentence) if mistake else "", ""
    if difference.kind == "none":
        cause = cause or _(wording.NO_RETURN)
    elif difference.kind == "nan":
        cause = cause or _(wording.NAN_ANSWER)
    elif difference.kind == "shape" and exercise.axes:
        advice = _("Try:  print(Y.shape) just before you return.")
    elif difference.kind == "value" and exercise.parameters:
        names = ", ".join(exercise.parameters)
        advice = _("Try:  {names} = check.case").format(names=names)
    told = wording.word_hidden(exercise, arguments, difference)
    return Finding(
        tuple(wording.word_difference(exercise, arguments, difference)),
        "" if mistake and difference.kind == "value" else told,
        cause,
        advice,
        mistake,
        names_axes=difference.kind == "shape"
        and wording.name_axes(difference.got, wording.axis_sizes(exercise, arguments)) is not None,
        arguments=tuple(arguments),
    )


def judge_unchanged(
    exercise: Exercise, function: Function, arguments: Sequence[Any], *, quiet: bool = False
) -> Finding | None:
    """Call the function twice on the same inputs: it must leave them and answer the same."""
    before = copy(arguments)
    given = copy(arguments)
    outcome = call(function, given, quiet=quiet)
    position = changed(before, given) if outcome.error is None else None
    if position is not None:
        mistake = next(
            (m for m in exercise.mistakes if _changes_alike(m.wrong, before, given)), None
        )
        fact = _("{call} changes {name}.").format(
            call=wording.show_call(exercise, before), name=exercise.parameters[position]
        )
        cause = _(mistake.sentence) if mistake else _(INPUT_CHANGED)
        advice = _("Try:  work on {name}.clone().").format(name=exercise.parameters[position])
        return Finding((fact,), cause, cause, advice, mistake, arguments=before)
    again = call(function, given, quiet=quiet)
    if outcome.error is None and (again.error or compare(again.value, outcome.value)):
        fact = _("{call} answers differently when it is called twice.").format(
            call=wording.show_call(exercise, before)
        )
        hidden = _("It answers differently when it is called twice.")
        return Finding((fact,), hidden, arguments=before)
    return None


def _changes_alike(wrong: Function, before: Sequence[Any], after: Sequence[Any]) -> bool:
    tried = copy(before)
    call(wrong, tried, quiet=True)
    return changed(after, tried) is None


def judge_gradient(
    exercise: Exercise, function: Function, arguments: Sequence[Tensor], *, quiet: bool = False
) -> Finding | None:
    """Compare the gradients of the learner's result with those of the reference."""
    assert exercise.reference is not None
    mine, theirs = copy(arguments), copy(arguments)
    for tensor in (*mine, *theirs):
        tensor.requires_grad_()
    shown = wording.show_call(exercise, arguments)
    outcome = call(function, mine, quiet=quiet)
    if outcome.error is not None or not isinstance(outcome.value, Tensor):
        numpy = "numpy()" in str(outcome.error) or not isinstance(outcome.value, Tensor | None)
        inplace = "in-place" in str(outcome.error)
        cause = _(
            wording.NUMPY_STOPS_GRADIENTS if numpy else INPUT_CHANGED if inplace else GRADIENT_STOPS
        )
        fact = _("{call} cannot be differentiated.").format(call=shown)
        mistake = None if numpy or inplace else _stops_gradients(exercise)
        error = None if numpy or inplace else outcome.error
        return Finding((fact,), cause, cause, mistake=mistake, error=error)
    expected = exercise.reference(*theirs)
    if compare(outcome.value, expected):
        fact = _("{call} gives other values once gradients are asked for.").format(call=shown)
        return Finding((fact,), _("Values are wrong."), arguments=tuple(arguments))
    G = torch.arange(1.0, expected.numel() + 1).reshape(expected.shape)
    right = gradients(expected, G, theirs)
    try:
        got = gradients(outcome.value, G, mine)
    except RuntimeError:  # torch refuses where a tensor was changed after it had been used
        fact = _("{call} cannot be differentiated.").format(call=shown)
        return Finding((fact,), _(INPUT_CHANGED), _(INPUT_CHANGED), arguments=tuple(arguments))
    for name, g, r in zip(exercise.parameters, got, right, strict=True):
        if g is None:
            fact = _("{call}: no gradient reaches {name}.").format(call=shown, name=name)
            cause, mistake = _(GRADIENT_STOPS), _stops_gradients(exercise)
            return Finding((fact,), cause, cause, mistake=mistake, arguments=tuple(arguments))
        if compare(g, r):
            fact = _("{call}: the gradient of {name} is wrong.").format(call=shown, name=name)
            hidden = _("The gradient of {name} is wrong.").format(name=name)
            return Finding((fact,), hidden, arguments=tuple(arguments))
    return None


def _stops_gradients(exercise: Exercise) -> Mistake | None:
    """The known mistake of right values without gradients."""
    return next((m for m in exercise.mistakes if m.sentence == GRADIENT_STOPS), None)


def diagnose(
    exercise: Exercise, function: Function, arguments: Sequence[Any], outcome: Outcome
) -> Mistake | None:
    """The known mistake that answers as the learner's function does.

    Where several give this very outcome, the other visible cases decide.
    """
    alike = [m for m in exercise.mistakes if _same(call_copy(m.wrong, arguments), outcome)]
    for case in exercise.cases:
        if len(alike) < 2:
            break
        theirs = call_copy(function, case.arguments)
        alike = [m for m in alike if _same(call_copy(m.wrong, case.arguments), theirs)]
    return alike[0] if alike else None


def call_copy(function: Function, arguments: Sequence[Any]) -> Outcome:
    """Call a function on copies of the arguments, without a sound."""
    return call(function, copy(arguments), quiet=True)


def _same(one: Outcome, other: Outcome) -> bool:
    if one.error is not None or other.error is not None:
        return type(one.error) is type(other.error) and str(one.error) == str(other.error)
    if one.value is None or other.value is None:
        return one.value is other.value
    if not isinstance(one.value, Tensor | dict | list | tuple | str | int | float):
        return type(one.value) is type(other.value)
    try:
        return compare(one.value, other.value) is None
    except Exception:  # an answer so odd that it cannot be compared is like no known mistake
        return False
