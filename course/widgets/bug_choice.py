"""Which bug the lab opens with: the one that `check` has just named, one by name, or none yet."""

from collections.abc import Sequence
from difflib import get_close_matches

from course.checking.calling import fits
from course.checking.visible import check
from course.exercises.catalogue import EXERCISES
from course.exercises.exercise import Exercise, Mistake
from course.language import _
from course.widgets.easel import why_not
from course.widgets.stage import CannotShow
from course.widgets.their_function import name_of

EXAMPLE = "corr2d_multi_in"


def last_named(exercise: str | None = None) -> tuple[Exercise, Mistake, str, bool]:
    """The mistake that `check` named last, or an example; a sentence, and whether it is known.

    exercise : only a mistake of this one counts
    raises CannotShow with one sentence if no painting exposes the bugs of that exercise
    """
    named = check.mistake
    example = find_exercise(exercise or EXAMPLE)
    if exercise and not any(mistake is named for mistake in example.mistakes):
        named = None
    if named is None:
        note = _("No mistake has been named, so this is an example.")
        return example, example.mistakes[0], note, False
    candidates = [example] if exercise else list(EXERCISES.values())
    holders = [e for e in candidates if any(m is named for m in e.mistakes)]
    # Exercises may share a mistake: the one just checked is wrong.
    holders.sort(key=lambda e: check.states.get(e.name) != "wrong")
    for one in holders:
        if not why_not(one):
            return one, named, _("This is the mistake that check has just named."), True
    note = _("No painting can show the mistake that was named, so this is an example.")
    return example, example.mistakes[0], note, False


def find_exercise(name: str) -> Exercise:
    """The exercise of that name, if it has bugs to expose by painting.

    raises CannotShow with one sentence, and a guess, if there is none

    >>> find_exercise("corr2dd")
    Traceback (most recent call last):
    course.widgets.stage.CannotShow: 'corr2dd' is no exercise. Did you mean corr2d?
    """
    if not isinstance(name, str) or name not in EXERCISES:
        sentence = _("'{name}' is no exercise.").format(name=name)
        raise CannotShow(sentence + guessed(str(name), list(EXERCISES)))
    sentence = why_not(EXERCISES[name])
    if sentence:
        raise CannotShow(sentence)
    return EXERCISES[name]


def find_bug(bug: str | Mistake | None, exercise: str | None) -> tuple[Exercise, Mistake]:
    """A known mistake by its name, in one exercise or in all of them, the example's first.

    raises CannotShow with one sentence, and a guess, if there is none

    >>> find_bug("averages channels", None)[0].name
    'corr2d_multi_in'
    """
    if isinstance(bug, str) and bug in EXERCISES and exercise is None:
        bug, exercise = None, bug
    if exercise is not None:
        among = [find_exercise(exercise)]
    else:
        among = [e for e in EXERCISES.values() if not why_not(e)]
        among.sort(key=lambda e: e.name != EXAMPLE)
    if bug is None:
        return among[0], among[0].mistakes[0]
    if not isinstance(bug, str | Mistake):
        raise CannotShow(_("bug must be the name of a mistake, as in  BugLab('averages channels')"))
    wanted = bug.name if isinstance(bug, Mistake) else bug.replace("_", " ").strip()
    for one in among:
        for mistake in one.mistakes:
            if mistake is bug or (mistake.name == wanted and isinstance(bug, str)):
                return one, mistake
    names = [mistake.name for one in among for mistake in one.mistakes]
    sentence = (
        _("'{bug}' is no known bug of {exercise}.").format(bug=wanted, exercise=exercise)
        if exercise
        else _("'{bug}' is no known bug that can be painted.").format(bug=wanted)
    )
    raise CannotShow(sentence + guessed(wanted, names))


def guessed(name: str, known: Sequence[str]) -> str:
    """A near name as a question, to stand after a sentence; or nothing."""
    near = get_close_matches(name, known, n=1)
    return " " + _("Did you mean {name}?").format(name=near[0]) if near else ""


def exercise_of(bug: object, exercise: str | None, f: object) -> Exercise:
    """The exercise that the learner's own function answers.

    raises CannotShow with one sentence if it is none, or cannot be told
    """
    if not callable(f):
        raise CannotShow(
            _("f must be the function itself, as in  f=corr2d_multi_in  and not its result.")
        )
    if bug is not None:
        raise CannotShow(_("Give a known bug or your own f, not both."))
    if exercise is None and getattr(f, "__name__", "") not in EXERCISES:
        raise CannotShow(
            _("Which exercise does {name} answer? Say it, as in  exercise='{example}'").format(
                name=name_of(f), example=EXAMPLE
            )
        )
    found = find_exercise(str(exercise or getattr(f, "__name__", "")))
    if not fits(f, len(found.parameters)):
        raise CannotShow(
            _("{name} must be called as {signature}.").format(
                name=name_of(f), signature=found.signature
            )
        )
    return found
