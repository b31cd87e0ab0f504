"""`check`, the front door of every visible check, and what it raises."""

import sys
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from course.checking.comparing import compare
from course.checking.judging import (
    Finding,
    call_copy,
    judge_gradient,
    judge_unchanged,
    judge_value,
)
from course.exercises.catalogue import EXERCISES
from course.exercises.exercise import Exercise, Mistake
from course.language import _

MOST_LINES = 4
READY_MADE = "course.exercises.arithmetic"
"""Where the course keeps what earlier lessons built."""


class WrongAnswer(AssertionError):
    """An answer that is not right yet. A notebook shows its message, without our traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"✗ {line}" if i == 0 else f"  {line}" for i, line in enumerate(self.lines)]

    @property
    def lines(self) -> list[str]:
        """The message, line by line."""
        return str(self).split("\n")


class NotWrittenYet(WrongAnswer):
    """An exercise that nobody has started. No error in tone."""

    def _render_traceback_(self) -> list[str]:
        return [f"… {line}" if i == 0 else f"  {line}" for i, line in enumerate(self.lines)]


def find_exercise(function: object, caller: dict[str, Any]) -> Exercise:
    """The exercise that a function answers: by the name it has in the lesson, else by its own.

    caller : the names of the lesson; a lambda or a wrapped function is known by them
    raises WrongAnswer with one sentence if there is none, or if it stands for several
    """
    if not callable(function):
        raise WrongAnswer(
            _("check() wants the function itself, as in  check(corr2d)  and not its result.")
        )
    name = getattr(function, "__name__", "")
    if getattr(function, "__module__", "") == READY_MADE and name in EXERCISES:
        raise WrongAnswer(_("This {name} is the course's own. Write yours.").format(name=name))
    known = [key for key, value in caller.items() if value is function and key in EXERCISES]
    if len(known) > 1:
        raise WrongAnswer(
            _("{names} are one and the same function. Write each with a def of its own.").format(
                names=", ".join(known)
            )
        )
    return exercise_named(known[0] if known else name)


def exercise_named(name: str) -> Exercise:
    """The exercise of that name.

    raises WrongAnswer with one sentence, and a guess, if there is none

    >>> exercise_named("corr2d").signature
    'corr2d(X, K)'
    """
    if name in EXERCISES:
        return EXERCISES[name]
    near = get_close_matches(name, EXERCISES, n=1)
    guess = " " + _("Did you mean {name}?").format(name=near[0]) if near else ""
    raise WrongAnswer(_("'{name}' is not an exercise of this course.").format(name=name) + guess)


def judge(exercise: Exercise, function: Callable[..., Any]) -> Finding | None:
    """Run every visible case: values first, then inputs left unchanged, then gradients.

    A wrong shape is told on the first case whose sizes name the axes that came.
    """
    findings: list[Finding] = []
    for case in exercise.cases:
        finding = judge_value(exercise, function, case, quiet=bool(findings))
        if finding:
            findings.append(finding)
            if finding.error or finding.not_written:
                break
    if findings:
        return next((f for f in findings if f.names_axes), findings[0])
    if exercise.kind == "number":
        return _judge_number(exercise, function)
    if exercise.kind == "choice":
        return _judge_choice(exercise, function)
    calls = [case.arguments for case in exercise.cases if not (case.raises or case.may_raise)]
    if exercise.gradient:
        return judge_unchanged(exercise, function, calls[0]) or judge_gradient(
            exercise, function, calls[0]
        )
    if exercise.parameters and calls:
        return judge_unchanged(exercise, function, calls[0])
    return None


def _judge_number(exercise: Exercise, function: Callable[..., Any]) -> Finding | None:
    answer = call_copy(function, ()).value
    for mistake in exercise.mistakes:
        if compare(answer, mistake.wrong()) is None:
            fact = _("{name} gives {answer}.").format(name=exercise.name, answer=answer)
            return Finding((fact,), fact, _(mistake.sentence), mistake=mistake)
    return None


def _judge_choice(exercise: Exercise, function: Callable[..., Any]) -> Finding | None:
    answer = call_copy(function, ()).value
    if isinstance(answer, str) and answer in exercise.options:
        return None
    fact = _("{name} gives {answer!r}, which is none of the choices.").format(
        name=exercise.name, answer=answer
    )
    advice = _("Choices: {choices}").format(choices=", ".join(map(repr, exercise.options)))
    return Finding((fact,), fact, advice=advice)


class Check:
    """Run an exercise's visible check.

    case : the arguments of the call that failed last, to try again by hand
    mistake : the known mistake that was named last, or None
    states : the last result of every exercise that was checked: "right" or "wrong" or "blank"
    """

    def __init__(self) -> None:
        self.case: tuple[Any, ...] = ()
        self.mistake: Mistake | None = None
        self.states: dict[str, str] = {}

    def __call__(self, function: object) -> None:
        """Print one line if the answer is right; raise WrongAnswer, naming the cause, if it is not.

        function : the learner's function, under the exercise's name
        raises NotWrittenYet for the released stub; the learner's own exception, with a note
        """
        __tracebackhide__ = True
        exercise = find_exercise(function, sys._getframe(1).f_globals)
        assert callable(function)  # find_exercise has said so
        finding = judge(exercise, function)
        self.case = finding.arguments if finding else ()
        self.mistake = finding.mistake if finding else None
        if finding is None:
            self.states[exercise.name] = "right"
            print(praise(exercise, function))
            return
        self.states[exercise.name] = "blank" if finding.not_written else "wrong"
        raise_finding(finding)


def praise(exercise: Exercise, function: Callable[..., Any]) -> str:
    """One line for an answer with nothing wrong in it."""
    if exercise.kind != "code":
        answer = repr(call_copy(function, ()).value)
        noted = _("{name}: your answer {answer} is noted. It is marked when you hand in.")
        return "✓ " + noted.format(name=exercise.name, answer=answer)
    parts = [_("values")]
    if exercise.axes:
        parts.append(_("inputs left unchanged"))
    if exercise.gradient:
        parts.append(_("gradients"))
    return "✓ " + _("{name} is right: {parts}.").format(name=exercise.name, parts=", ".join(parts))


def raise_finding(finding: Finding) -> None:
    """Raise what was found: the learner's own exception with a note, or a WrongAnswer."""
    __tracebackhide__ = True
    if isinstance(finding.error, Exception):
        for line in (*finding.lines, finding.cause):
            if line:
                finding.error.add_note(line)
        raise finding.error.with_traceback(
            finding.error.__traceback__ and _learners_part(finding.error)
        )
    lines = [*finding.lines, finding.cause, finding.advice]
    message = "\n".join([line for line in lines if line][:MOST_LINES])
    raise (NotWrittenYet if finding.not_written else WrongAnswer)(message)


def _learners_part(error: BaseException) -> Any:
    """The traceback from the learner's first line on."""
    here = error.__traceback__
    while here is not None and here.tb_frame.f_globals.get("__name__", "").startswith("course."):
        here = here.tb_next
    return here


check = Check()
