"""Writes a value as JSON can hold it. Lenient: a subclass of a plain type is sent as that type."""

import json
from collections.abc import Callable
from types import EllipsisType, NoneType
from typing import Any

from course.grading.examiner.bounds import (
    LARGEST,
    MOST_BLOBS,
    MOST_DEPTH,
    MOST_DIGITS,
    MOST_ERRORS,
    MOST_FACT,
    MOST_NODES,
    MOST_RANGE,
    MOST_TEXT,
    PLAIN,
    SUBCLASSED,
    NotPlain,
    are_facts,
    is_text,
    size_of_facts,
)
from course.grading.examiner.raised import cut, describe

ENCODER = json.JSONEncoder(check_circular=False, separators=(",", ":"))

# Read by the methods of the plain type itself: a student's subclass may have replaced its own.
ITEMS: dict[type, Callable[[Any], Any]] = {
    tuple: tuple.__iter__,
    list: list.__iter__,
    set: set.__iter__,
    frozenset: frozenset.__iter__,
}


def to_json(header: dict[str, Any]) -> bytes:
    """The header as text of ASCII characters; NaN and infinities as Python's json writes them."""
    return ENCODER.encode(header).encode("ascii")


class Writer:
    """Writes one value.

    carrier_of, keep, refer, lines_of : see Codec
    blobs : what is to be written as bytes, each with its carrier, None for bytes themselves
    """

    def __init__(
        self,
        carrier_of: Callable[[object], Any],
        keep: Callable[[object], dict[str, Any]] | None,
        refer: Callable[[object], int | None] | None,
        lines_of: Callable[[BaseException], list[str]],
    ) -> None:
        self.blobs: list[tuple[Any, Any]] = []
        self._carrier_of = carrier_of
        self._keep = keep
        self._refer = refer
        self._lines_of = lines_of
        self._nodes = 0
        self._errors = 0

    def write(self, value: Any, depth: int = 0) -> object:
        """Write a value that lies so deep; raises NotPlain."""
        self._count(1)
        if depth > MOST_DEPTH:
            raise NotPlain(
                f"A value nested deeper than {MOST_DEPTH} levels, or within itself, cannot be sent."
            )
        kind = type(value)
        if kind in PLAIN:
            return self._plain(kind, value, depth + 1)
        there = self._refer(value) if self._refer else None
        if there is not None:
            return ["there", there]
        base = next((base for base in SUBCLASSED if issubclass(kind, base)), None)
        if base is not None:
            return self._plain(base, value, depth + 1)
        return self._other(value)

    def _plain(self, kind: type, value: Any, depth: int) -> object:
        """Write a value of a plain type, or of a subclass of it."""
        if kind in ITEMS:
            return [kind.__name__, [self.write(item, depth) for item in ITEMS[kind](value)]]
        if kind is dict:
            items = dict.items(value)
            return ["dict", [[self.write(k, depth), self.write(v, depth)] for k, v in items]]
        if kind is slice:
            return ["slice", *[self.write(x, depth) for x in (value.start, value.stop, value.step)]]
        if kind is bytes:
            return ["bytes", self._blob(None, bytes.__bytes__(value))]
        return _scalar(kind, value)

    def _other(self, value: Any) -> object:
        """Write a value that is not plain."""
        carrier = self._carrier_of(value)
        if carrier is not None:
            return ["carried", self._blob(carrier, value)]
        if issubclass(type(value), BaseException):
            self._errors += 1
            if self._errors > MOST_ERRORS:
                raise NotPlain(f"More than {MOST_ERRORS} exceptions cannot be sent at once.")
            return ["error", describe(value, self._lines_of)]
        if self._keep is None:
            raise NotPlain(f"A value of type {cut(type(value).__name__, 100)} cannot be sent.")
        facts = {key: _shortened(fact) for key, fact in self._keep(value).items()}
        if not are_facts(facts):
            raise NotPlain(f"What is told of {cut(type(value).__name__, 100)} is not plain.")
        self._count(size_of_facts(facts))
        return ["object", facts]

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            raise NotPlain(f"A value of more than {MOST_NODES} parts cannot be sent.")

    def _blob(self, carrier: Any, value: Any) -> int:
        """The number of a new blob."""
        if len(self.blobs) == MOST_BLOBS:
            raise NotPlain(f"More than {MOST_BLOBS} arrays or byte strings cannot be sent at once.")
        self.blobs.append((carrier, value))
        return len(self.blobs) - 1


def _scalar(kind: type, value: Any) -> object:
    """Write a plain value that holds no others."""
    if kind is int:
        return _bounded(int.__int__(value))
    if kind is float:
        return float.__float__(value)
    if kind is str:
        return _text(str.__str__(value))
    if kind is complex:
        number = complex.__complex__(value)
        return ["complex", number.real, number.imag]
    if kind is range:
        if value[MOST_RANGE:]:
            raise NotPlain(f"A range of more than {MOST_RANGE} numbers cannot be sent.")
        return ["range", *[_bounded(x) for x in (value.start, value.stop, value.step)]]
    if kind is EllipsisType:
        return ["ellipsis"]
    assert kind in (bool, NoneType)
    return value


def _bounded(number: int) -> int:
    if not -LARGEST < number < LARGEST:
        raise NotPlain(f"An int of more than {MOST_DIGITS} digits cannot be sent.")
    return number


def _text(text: str) -> str:
    if not is_text(text):
        raise NotPlain(
            f"A string of more than {MOST_TEXT} characters, or with half of one, cannot be sent."
        )
    return text


def _shortened(fact: Any) -> Any:
    """A fact with its texts cut to what may cross."""
    if isinstance(fact, str):
        return cut(fact, MOST_FACT)
    if isinstance(fact, list):
        return [_shortened(part) for part in fact]
    return fact
