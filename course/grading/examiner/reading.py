"""Reads what the other side wrote. Strict: what is not exactly as it must be is refused.

Every function here raises Malformed, or an exception that `Codec.unpack` turns into it.
"""

import json
from collections.abc import Callable, Collection
from itertools import accumulate
from types import NoneType
from typing import Any

from course.grading.examiner.bounds import (
    MOST_BLOBS,
    MOST_BYTES,
    MOST_DEPTH,
    MOST_DIGITS,
    MOST_ERRORS,
    MOST_HEADER,
    MOST_LIKE_KEYS,
    MOST_NODES,
    MOST_RANGE,
    MOST_TOKENS,
    Malformed,
    are_facts,
    is_text,
    size_of_facts,
)
from course.grading.examiner.raised import rebuild

NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
MOST_BRACKETS = 4 * MOST_DEPTH  # of JSON, one within the other
SCALARS = frozenset({NoneType, bool, int, float})  # which the parser has checked
TABLE_KEYS = ({"size"}, {"size", "carrier", "meta"})


def _int(digits: str) -> int:
    require(len(digits) <= MOST_DIGITS + digits.startswith("-"), "An int is too long.")
    return int(digits)


def _float(digits: str) -> float:
    require(len(digits) <= 40, "A float is too long.")
    return float(digits)


DECODER = json.JSONDecoder(parse_int=_int, parse_float=_float)


def require(condition: bool, sentence: str) -> None:
    """Raise Malformed with the sentence unless the condition holds."""
    if not condition:
        raise Malformed(sentence)


def split(data: bytes) -> tuple[dict[str, Any], int]:
    """The header of a message, and where its blobs begin."""
    length = int.from_bytes(data[:4], "big")
    require(len(data) >= 4 and length <= MOST_HEADER, "The header is too long.")
    header = data[4 : 4 + length]
    require(len(header) == length, "The message ends within its header.")
    if length > MOST_TOKENS or header.count(b"[") + header.count(b"{") > MOST_BRACKETS:
        check(header)  # for what fewer bytes and brackets cannot be
    parts, end = DECODER.raw_decode(header.decode("ascii"))
    require(end == length, "The header goes on after its end.")
    require(type(parts) is dict and parts.keys() == {"value", "blobs"}, "This is no header.")
    return parts, 4 + length


def check(header: bytes) -> None:
    """Refuse a header that it would take too much time, memory or stack to parse."""
    bare = without_strings(header)
    tokens = bare.count(b"[") + bare.count(b"{") + bare.count(b",")
    require(tokens <= MOST_TOKENS, "The header has too many parts.")
    closed = bare.count(b"]") + bare.count(b"}")
    require(closed <= tokens, "The header closes more than it opens.")
    # The parser would descend as far as Python's recursion limit lets it, which a test may raise.
    require(depth(bare) <= MOST_BRACKETS, "The header is nested too deep.")


def without_strings(header: bytes) -> bytes:
    r"""What is left of a JSON text without its strings, up to where it is no JSON any more.

    >>> without_strings(rb'[{"a[\"[\\": [1]}, "", [2]]')
    b'[{: [1]}, , [2]]'
    """
    unescaped = header.replace(rb"\\", b"").replace(rb"\"", b"")
    require(unescaped.count(b'"') <= 2 * MOST_TOKENS, "The header has too many strings.")
    return b"".join(unescaped.split(b'"')[::2])


def depth(bare: bytes) -> int:
    """How deep brackets are nested in a JSON text without strings.

    >>> depth(b"[{: [1]}, [2]]")
    3
    """
    brackets = bare.translate(None, NO_BRACKETS)
    return max(accumulate(map(STEPS.__getitem__, brackets)), default=0)


def read_table(table: Any, room: int, carriers: Collection[str]) -> list[dict[str, Any]]:
    """The list of the blobs, if it can be true.

    room : bytes that are left for the blobs
    carriers : the names of those that can read one
    """
    require(type(table) is list and len(table) <= MOST_BLOBS, "There are too many blobs.")
    for entry in table:
        require(type(entry) is dict and entry.keys() in TABLE_KEYS, "A blob is not described.")
        require(type(entry["size"]) is int and entry["size"] >= 0, "A blob has no size.")
        if "carrier" in entry:
            name, meta = entry["carrier"], entry["meta"]
            require(type(name) is str and name in carriers, "Nobody carries such a blob.")
            require(type(meta) is dict, "Nothing is told of a blob.")
    total = sum(entry["size"] for entry in table)
    require(total <= MOST_BYTES, "The blobs are too large.")
    require(total == room, "The blobs are not as long as they say.")
    return list(table)


class Reader:
    """Reads the value of one message.

    table : what the message says of its blobs
    blobs : bytes, or what a carrier made of them; each is used once, in order
    stand_in, resolve : see Codec
    """

    def __init__(
        self,
        table: list[dict[str, Any]],
        blobs: list[Any],
        stand_in: Callable[[dict[str, Any]], object] | None,
        resolve: Callable[[int], object] | None,
    ) -> None:
        self._table = table
        self._blobs = blobs
        self._stand_in = stand_in
        self._resolve = resolve
        self._used = 0
        self._depth = -1  # of the values that are being read
        self._nodes = 0
        self._errors = 0

    def read_all(self, item: Any) -> Any:
        """Read the value that uses all blobs."""
        [value] = self._each([item])
        require(self._used == len(self._blobs), "A blob belongs to no value.")
        return value

    def _each(self, items: Any) -> list[Any]:
        """Read values that lie one level deeper."""
        require(type(items) is list, "What holds values is no array of them.")
        self._count(len(items))
        self._depth += 1
        require(self._depth <= MOST_DEPTH or not items, "The value is nested too deep.")
        read = [item if type(item) in SCALARS else self._read(item) for item in items]
        self._depth -= 1
        return read

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        require(self._nodes <= MOST_NODES, "The value has too many parts.")

    def _read(self, item: Any) -> Any:
        if type(item) is str:
            require(is_text(item), "A string is too long, or holds half a character.")
            return item
        require(type(item) is list and len(item) > 0, "A value is neither plain nor an array.")
        tag, *content = item
        require(type(tag) is str and tag in BY_TAG, "An array begins with no tag.")
        return BY_TAG[tag](self, *content)  # a TypeError if it is not the content of this tag

    def _tuple(self, items: Any) -> tuple[Any, ...]:
        return tuple(self._each(items))

    def _set(self, items: Any) -> set[Any]:
        return set(_different(self._each(items)))

    def _frozenset(self, items: Any) -> frozenset[Any]:
        return frozenset(_different(self._each(items)))

    def _dict(self, pairs: Any) -> dict[Any, Any]:
        are_pairs = type(pairs) is list and all(type(x) is list and len(x) == 2 for x in pairs)
        require(are_pairs, "A dict holds no pairs.")
        parts = self._each([part for pair in pairs for part in pair])
        return dict(zip(_different(parts[::2]), parts[1::2], strict=True))

    def _slice(self, start: Any, stop: Any, step: Any) -> slice:
        return slice(*self._each([start, stop, step]))

    def _bytes(self, number: Any) -> Any:
        return self._blob(number, is_carried=False)

    def _carried(self, number: Any) -> Any:
        return self._blob(number, is_carried=True)

    def _blob(self, number: Any, is_carried: bool) -> Any:
        used = self._used
        in_order = type(number) is int and number == used < len(self._blobs)
        require(in_order, "The blobs are not used in order.")
        require(is_carried == ("carrier" in self._table[used]), "A blob is of another kind.")
        self._used += 1
        return self._blobs[used]

    def _complex(self, real: Any, imaginary: Any) -> complex:
        require(type(real) is float and type(imaginary) is float, "A complex is not of floats.")
        return complex(real, imaginary)

    def _range(self, start: Any, stop: Any, step: Any) -> range:
        are_ints = type(start) is int and type(stop) is int and type(step) is int
        require(are_ints, "A range is not of ints.")
        numbers = range(start, stop, step)
        require(not numbers[MOST_RANGE:], "A range is too long.")
        return numbers

    def _ellipsis(self) -> Any:
        return ...

    def _error(self, facts: Any) -> Exception:
        self._errors += 1
        require(self._errors <= MOST_ERRORS, "There are too many exceptions.")
        return rebuild(facts)

    def _object(self, facts: Any) -> object:
        if self._stand_in is None or not are_facts(facts):
            raise Malformed("These are not the facts of an object that may cross.")
        self._count(size_of_facts(facts))
        return self._stand_in(facts)

    def _there(self, number: Any) -> object:
        if self._resolve is None or type(number) is not int or number < 0:
            raise Malformed("An object has no number.")
        return self._resolve(number)


BY_TAG: dict[str, Callable[..., Any]] = {
    "tuple": Reader._tuple,
    "list": Reader._each,
    "set": Reader._set,
    "frozenset": Reader._frozenset,
    "dict": Reader._dict,
    "slice": Reader._slice,
    "bytes": Reader._bytes,
    "carried": Reader._carried,
    "complex": Reader._complex,
    "range": Reader._range,
    "ellipsis": Reader._ellipsis,
    "error": Reader._error,
    "object": Reader._object,
    "there": Reader._there,
}


def _different(keys: list[Any]) -> list[Any]:
    """The keys, if they can be those of one set, and not chosen to make it slow."""
    like = len(keys) - len(set(map(hash, keys)))
    require(like <= MOST_LIKE_KEYS, "Too many keys have the same hash.")
    require(not like or len(set(keys)) == len(keys), "A key is there twice.")
    return keys
