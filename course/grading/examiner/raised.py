"""Exceptions that cross: what of them is told, and how the other side builds them again."""

import builtins
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

MOST_MESSAGE = 2000
MOST_NAME = 60
MOST_BASES = 64
MOST_NOTES = 16
MOST_LINES = 60
MOST_LINE = 500

HERE = str(Path(__file__).parent)

# What ends a process or a loop (SystemExit, KeyboardInterrupt, GeneratorExit) is only told of:
# here it becomes an Exception of that name. A group needs its parts, which do not cross.
BUILT_IN: dict[str, type[Exception]] = {
    name: value
    for name, value in vars(builtins).items()
    if isinstance(value, type)
    and issubclass(value, Exception)
    and not issubclass(value, BaseExceptionGroup)
}


def cut(text: str, most: int) -> str:
    """The text, exact, of at most so many characters, with "?" for halves of a character.

    >>> cut("ab\\ud800cd", 4)
    'ab?c'
    """
    return str.__str__(text)[:most].encode("utf-8", "replace").decode()


def traceback_lines(error: BaseException) -> list[str]:
    """The traceback as Python prints it, without the calls of ours that lead to the code."""
    told = getattr(error, "lines_elsewhere", None)
    if isinstance(told, list):
        return told
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename.startswith(HERE):
        frames = frames.tb_next
    if frames is None:
        return []
    return "".join(traceback.format_exception(type(error), error, frames)).splitlines()


def describe(
    error: BaseException, lines_of: Callable[[BaseException], list[str]] = traceback_lines
) -> dict[str, Any]:
    """What is told of an exception: plain, and short however long its message is."""
    kind = type(error)
    lines = _or_nothing(lambda: [str(line) for line in lines_of(error)], [])
    if len(lines) > MOST_LINES:  # where it began and where it ended
        lines = [*lines[:20], "...", *lines[-(MOST_LINES - 21) :]]
    notes = _or_nothing(lambda: [str(note) for note in error.__notes__], [])
    return {
        "type": cut(kind.__name__, MOST_NAME),
        "bases": [cut(base.__name__, MOST_NAME) for base in kind.__mro__[:MOST_BASES]],
        "message": cut(_or_nothing(lambda: str(error), ""), MOST_MESSAGE),
        "notes": [cut(note, MOST_LINE) for note in notes[:MOST_NOTES]],
        "traceback": [cut(line, MOST_LINE) for line in lines],
    }


def _or_nothing(ask: Callable[[], Any], nothing: Any) -> Any:
    """What an exception says of itself, if saying it does not fail."""
    try:
        return ask()
    except Exception:
        return nothing


def rebuild(facts: Any) -> Exception:
    """An exception with the name, the message and the notes of one elsewhere.

    facts : as `describe` writes them; anything else is a ValueError
    returns an instance of the built-in class itself if it is of one, otherwise of a new subclass of
        its first built-in base that has its name; `lines_elsewhere` is its traceback there, which
        IPython shows for its own

    >>> rebuild(describe(KeyError("x")))
    KeyError("'x'")
    >>> str(rebuild(describe(KeyError("x"))))
    "'x'"
    """
    _check(facts)
    name, message = facts["type"], facts["message"]
    base = next((BUILT_IN[n] for n in [name, *facts["bases"]] if n in BUILT_IN), Exception)
    error = _of_built_in(base, message) if name == base.__name__ else None
    if error is None:
        error = _of_new_class(_identifier(name), base, message)
    for note in facts["notes"]:
        error.add_note(note)
    lines = facts["traceback"]
    vars(error)["lines_elsewhere"] = lines
    if lines:
        told = len(facts["notes"])
        vars(error)["_render_traceback_"] = lambda: [
            *lines,
            *getattr(error, "__notes__", [])[told:],
        ]
    return error


def _of_built_in(kind: type[Exception], message: str) -> Exception | None:
    """An instance of the class itself, or None if it cannot have just this message."""
    try:
        error = kind(message) if message else kind()
        return error if str(error) == message else None
    except TypeError:  # UnicodeDecodeError wants five arguments
        return None


def _of_new_class(name: str, base: type[Exception], message: str) -> Exception:
    """An instance of a new subclass, which says the message whatever its base would say."""
    methods = {
        "__init__": lambda self, *args: None,
        "__str__": lambda self: message,
        "__module__": "__main__",  # so that a traceback shows the bare name
    }
    error: Exception = type(name, (base,), methods)(*[message] if message else [])
    return error


def _identifier(name: str) -> str:
    cleaned = re.sub(r"\W", "_", name, flags=re.ASCII)
    return cleaned if cleaned.isidentifier() else f"_{cleaned}"[:MOST_NAME]


def _check(facts: Any) -> None:
    """Raise ValueError if these are not the facts that `describe` writes."""
    most = {
        "bases": (MOST_BASES, MOST_NAME),
        "notes": (MOST_NOTES, MOST_LINE),
        "traceback": (MOST_LINES, MOST_LINE),
    }
    if type(facts) is not dict or set(facts) != {"type", "message", *most}:
        raise ValueError("These are not the facts of an exception.")
    texts = [(facts["type"], MOST_NAME), (facts["message"], MOST_MESSAGE)]
    for key, (count, length) in most.items():
        if type(facts[key]) is not list or len(facts[key]) > count:
            raise ValueError(f"The {key} of an exception are no short list.")
        texts += [(text, length) for text in facts[key]]
    for text, length in texts:
        if type(text) is not str or text != cut(text, length):
            raise ValueError("A text about an exception is too long, or no text.")
