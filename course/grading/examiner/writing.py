"""Writes a value as JSON can hold it. Lenient: a subclass of a plain type is sent as that type."""

import json
from collections.abc import Callable, Iterable
from itertools import chain, islice
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
    SUBCLASSED,
    NotPlain,
    are_facts,
    is_text,
    size_of_facts,
)
from course.grading.examiner.raised import cut, describe

ENCODER = json.JSONEncoder(check_circular=False, separators=(",", ":"))


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
        self._depth = -1  # of the values that are being written
        self._nodes = 0
        self._errors = 0

    def write(self, value: object) -> object:
        """Write the value; raises NotPlain."""
        [written] = self._each([value])
        return written

    def _each(self, values: Iterable[Any]) -> list[object]:
        """Write values that lie one level deeper."""
        parts = [*islice(values, MOST_NODES + 1)]
        self._count(len(parts))
        self._depth += 1
        if self._depth > MOST_DEPTH and parts:
            raise NotPlain(
                f"A value nested deeper than {MOST_DEPTH} levels, or within itself, cannot be sent."
            )
        written = [BY_TYPE.get(type(part), Writer._odd)(self, part) for part in parts]
        self._depth -= 1
        return written

    def _odd(self, value: Any) -> object:
        """Write a value that is not of a plain type."""
        there = self._refer(value) if self._refer else None
        if there is not None:
            return ["there", there]
        kind = type(value)
        if issubclass(kind, SUBCLASSED):
            base = next(base for base in SUBCLASSED if issubclass(kind, base))
            return BY_TYPE[base](self, value)
        return self._other(value)

    # Plain values, and those of subclasses. They are read by the methods of the plain type itself:
    # a student's subclass may have replaced its own.

    def _itself(self, value: object) -> object:
        return value

    def _int(self, value: int) -> int:
        number = int.__int__(value)
        if not -LARGEST < number < LARGEST:
            raise NotPlain(f"An int of more than {MOST_DIGITS} digits cannot be sent.")
        return number

    def _float(self, value: float) -> float:
        return float.__float__(value)

    def _str(self, value: str) -> str:
        text = str.__str__(value)
        if not is_text(text):
            raise NotPlain(
                f"A string of more than {MOST_TEXT} characters, or with half of one, "
                "cannot be sent."
            )
        return text

    def _complex(self, value: complex) -> object:
        number = complex.__complex__(value)
        return ["complex", number.real, number.imag]

    def _bytes(self, value: bytes) -> object:
        return ["bytes", self._blob(None, bytes.__bytes__(value))]

    def _tuple(self, value: tuple[Any, ...]) -> object:
        return ["tuple", self._each(tuple.__iter__(value))]

    def _list(self, value: list[Any]) -> object:
        return ["list", self._each(list.__iter__(value))]

    def _set(self, value: set[Any]) -> object:
        return ["set", self._each(set.__iter__(value))]

    def _frozenset(self, value: frozenset[Any]) -> object:
        return ["frozenset", self._each(frozenset.__iter__(value))]

    def _dict(self, value: dict[Any, Any]) -> object:
        parts = self._each(chain.from_iterable(dict.items(value)))
        return ["dict", [*zip(parts[::2], parts[1::2], strict=True)]]

    def _slice(self, value: slice) -> object:
        return ["slice", *self._each([value.start, value.stop, value.step])]

    def _range(self, value: range) -> object:
        if value[MOST_RANGE:]:
            raise NotPlain(f"A range of more than {MOST_RANGE} numbers cannot be sent.")
        return ["range", *map(self._int, (value.start, value.stop, value.step))]

    def _ellipsis(self, value: EllipsisType) -> object:
        return ["ellipsis"]

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


BY_TYPE: dict[type, Callable[[Writer, Any], object]] = {
    NoneType: Writer._itself,
    bool: Writer._itself,
    int: Writer._int,
    float: Writer._float,
    str: Writer._str,
    complex: Writer._complex,
    bytes: Writer._bytes,
    tuple: Writer._tuple,
    list: Writer._list,
    set: Writer._set,
    frozenset: Writer._frozenset,
    dict: Writer._dict,
    slice: Writer._slice,
    range: Writer._range,
    EllipsisType: Writer._ellipsis,
}


def _shortened(fact: Any) -> Any:
    """A fact with its texts cut to what may cross."""
    if isinstance(fact, str):
        return cut(fact, MOST_FACT)
    if isinstance(fact, list):
        return [_shortened(part) for part in fact]
    return fact
