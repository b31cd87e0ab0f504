"""How large and how deep a value may be that crosses, the same on both sides."""

from typing import Any

MOST_DIGITS = 4000  # of an int
MOST_TEXT = 1 << 20  # characters of one string
MOST_HEADER = 4 << 20  # bytes
MOST_BYTES = 64 << 20  # of all blobs together
MOST_DEPTH = 32
MOST_NODES = 100_000  # values, and facts told of objects
MOST_TOKENS = 8 * MOST_NODES  # of JSON: brackets that open, and commas
MOST_BLOBS = 10_000
MOST_ERRORS = 64
MOST_RANGE = 1 << 20  # numbers in one range, since a test may list them
MOST_FACTS = 64
MOST_FACT = 500  # characters
MOST_LIKE_KEYS = 100  # of one hash: a table of n such keys takes a time that grows as n squared

SUBCLASSED = (int, float, str, complex, bytes, tuple, list, dict, set, frozenset)

LARGEST: int = 10**MOST_DIGITS


class NotPlain(ValueError):
    """A value cannot be sent; says why in a sentence."""


class Malformed(ValueError):
    """A message is not as it must be; says why in a sentence."""


def is_text(value: object, most: int = MOST_TEXT) -> bool:
    """Whether it is an exact string, not too long, of whole characters.

    >>> is_text("é"), is_text("\\ud800"), is_text("abc", 2), is_text(b"a")
    (True, False, False, False)
    """
    if type(value) is not str or len(value) > most:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: it can be neither printed nor stored
        return False
    return True


def is_fact(value: object) -> bool:
    """Whether it may be told of an object: a scalar, a short string, or a list of such strings."""
    if type(value) is int:
        return -LARGEST < value < LARGEST
    if type(value) is list:
        return len(value) <= MOST_FACTS and all(is_text(text, MOST_FACT) for text in value)
    return value is None or type(value) in (bool, float) or is_text(value, MOST_FACT)


def size_of_facts(facts: dict[str, Any]) -> int:
    """How many nodes facts count for."""
    return len(facts) + sum(len(fact) for fact in facts.values() if type(fact) is list)


def are_facts(facts: object) -> bool:
    """Whether they may be told of an object that stays on the other side.

    >>> are_facts({"number": 3, "type": "function"}), are_facts({"number": 3})
    (True, False)
    """
    return (
        type(facts) is dict
        and len(facts) <= MOST_FACTS
        and all(is_text(key, MOST_FACT) and is_fact(fact) for key, fact in facts.items())
        and type(facts.get("number")) is int
        and type(facts.get("type")) is str
    )
