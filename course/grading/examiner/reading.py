"""Reads what the other side wrote. Strict: what is not exactly as it must be is refused.

Every function here raises Malformed, or an exception that `Codec.unpack` turns into it.
"""

import json
from collections.abc import Callable, Collection
from itertools import accumulate
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
    bare = without_strings(header)
    tokens = bare.count(b"[") + bare.count(b"{") + bare.count(b",")
    require(tokens <= MOST_TOKENS, "The header has too many parts.")
    closed = bare.count(b"]") + bare.count(b"}")
    require(closed <= tokens, "The header closes more than it opens.")
    # The parser would descend as far as Python's recursion limit lets it, which a test may raise.
    require(depth(bare) <= 4 * MOST_DEPTH, "The header is nested too deep.")
    parts = DECODER.decode(header.decode("ascii"))
    require(type(parts) is dict and set(parts) == {"value", "blobs"}, "This is no header.")
    return parts, 4 + length


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
        require(type(entry) is dict and set(entry) in TABLE_KEYS, "A blob is not described.")
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
        self._nodes = 0
        self._errors = 0

    def read_all(self, item: Any) -> Any:
        """Read the value that uses all blobs."""
        value = self._read(item, 0)
        require(self._used == len(self._blobs), "A blob belongs to no value.")
        return value

    def _read(self, item: Any, depth: int) -> Any:
        self._count(1)
        require(depth <= MOST_DEPTH, "The value is nested too deep.")
        if type(item) is str:
            require(is_text(item), "A string is too long, or holds half a character.")
            return item
        if type(item) is not list:
            require(type(item) is not dict, "An object stands where a value must be.")
            return item
        match item:
            case ["tuple", list(items)]:
                return tuple(self._each(items, depth))
            case ["list", list(items)]:
                return self._each(items, depth)
            case ["dict", list(pairs)]:
                return self._dict(pairs, depth)
            case ["set", list(items)]:
                return set(_different(self._each(items, depth)))
            case ["frozenset", list(items)]:
                return frozenset(_different(self._each(items, depth)))
            case ["slice", start, stop, step]:
                return slice(*self._each([start, stop, step], depth))
            case ["bytes", number]:
                return self._blob(number, carried=False)
            case ["carried", number]:
                return self._blob(number, carried=True)
            case [str(tag), *content]:
                return self._other(tag, content)
        raise Malformed("An array begins with no tag.")

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        require(self._nodes <= MOST_NODES, "The value has too many parts.")

    def _each(self, items: list[Any], depth: int) -> list[Any]:
        return [self._read(item, depth + 1) for item in items]

    def _dict(self, pairs: list[Any], depth: int) -> dict[Any, Any]:
        read = []
        for pair in pairs:
            require(type(pair) is list and len(pair) == 2, "A dict holds no pairs.")
            read.append(self._each(pair, depth))
        _different([key for key, _ in read])
        return dict(read)

    def _blob(self, number: Any, carried: bool) -> Any:
        used = self._used
        in_order = type(number) is int and number == used < len(self._blobs)
        require(in_order, "The blobs are not used in order.")
        require(carried == ("carrier" in self._table[used]), "A blob is of another kind.")
        self._used += 1
        return self._blobs[used]

    def _other(self, tag: str, content: list[Any]) -> Any:
        """Read what holds no values."""
        match tag, content:
            case "complex", [float(real), float(imaginary)]:
                return complex(real, imaginary)
            case "range", [start, stop, step]:
                require(all(type(x) is int for x in content), "A range is not of ints.")
                numbers = range(start, stop, step)
                require(not numbers[MOST_RANGE:], "A range is too long.")
                return numbers
            case "ellipsis", []:
                return ...
            case "error", [facts]:
                self._errors += 1
                require(self._errors <= MOST_ERRORS, "There are too many exceptions.")
                return rebuild(facts)
            case "object", [facts] if self._stand_in is not None:
                require(are_facts(facts), "These are not the facts of an object.")
                self._count(size_of_facts(facts))
                return self._stand_in(facts)
            case "there", [number] if self._resolve is not None:
                require(type(number) is int and number >= 0, "An object has no number.")
                return self._resolve(number)
        raise Malformed("An array has an unknown tag, or not the content that belongs to it.")


def _different(keys: list[Any]) -> list[Any]:
    """The keys, if they can be those of one set, and not chosen to make it slow."""
    hashes = {hash(key) for key in keys}
    require(len(keys) - len(hashes) <= MOST_LIKE_KEYS, "Too many keys have the same hash.")
    require(len(set(keys)) == len(keys), "A key is there twice.")
    return keys
