"""What may cross between the tester and the student's process, and how it is written.

A message is the length of its header (4 bytes, big-endian), the header, and blobs of bytes one
after the other. The header is JSON: {"value": ..., "blobs": [...]}. In "value" a null, a boolean, a
number and a string stand for themselves; an array is a tag and its content, such as ["tuple", [1]].
Nothing in a message is run, looked up by its name, or built by a class that the message names.

>>> codec = Codec()
>>> codec.pack((1, 2.5))
b'\\x00\\x00\\x00&{"value":["tuple",[1,2.5]],"blobs":[]}'
>>> codec.unpack(codec.pack({"a": [1, (2,)]}))
{'a': [1, (2,)]}
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from course.grading.examiner.bounds import MOST_BYTES, MOST_HEADER, Malformed, NotPlain
from course.grading.examiner.raised import cut, traceback_lines
from course.grading.examiner.reading import Reader, read_table, split
from course.grading.examiner.writing import Writer, to_json

__all__ = ["Carrier", "Codec", "Link", "Malformed", "NotPlain", "overwrite"]


class Link(Protocol):
    """What ties the values of an answer to the arguments of its call.

    inputs : the carried values among the arguments, in the order of `Codec.pack_noting`
    pull : see the carrier whose values are tied
    """

    inputs: Sequence[Any]

    def pull(self, cotangents: list[Any]) -> list[Any]: ...


class Carrier(Protocol):
    """Knows one kind of values that are written as bytes, such as arrays.

    `pack` and `unpack` may raise any exception: its text becomes the sentence of NotPlain and of
    Malformed. `unpack` trusts nothing: it builds exact types only, of just so many bytes.
    """

    name: str

    def carries(self, value: object) -> bool:
        """Whether the value is of this kind; asked of all that is not plain, so fast."""

    def pack(self, value: Any) -> tuple[dict[str, Any], bytes]:
        """What is to be known of the value, as JSON can write it, and its bytes."""

    def unpack(self, meta: dict[str, Any], data: bytes) -> Any:
        """The value again."""

    def overwrite(self, old: Any, new: Any) -> None:
        """Make the old value equal to the new one in place; TypeError if that cannot be."""

    def link(self, values: list[Any], metas: list[dict[str, Any]], link: Link) -> list[Any]:
        """The values of one message tied to the link; called once, and only if there is one."""


class Codec:
    """Writes values as messages and reads them again.

    carriers : kinds of values that are written as bytes
    keep : for what is not plain, the facts that are told of it, at least "number" (int) and "type"
        (str): scalars, strings and lists of strings; without it such values are NotPlain
    stand_in : makes of such facts the value that stands for the object
    refer : the number by which the other side knows a value that stands for an object of its own,
        None for all others
    resolve : the object of this side that has a number; LookupError if none has
    lines_of : the lines that are told as the traceback of an exception
    """

    def __init__(
        self,
        carriers: Sequence[Carrier] = (),
        keep: Callable[[object], dict[str, Any]] | None = None,
        stand_in: Callable[[dict[str, Any]], object] | None = None,
        *,
        refer: Callable[[object], int | None] | None = None,
        resolve: Callable[[int], object] | None = None,
        lines_of: Callable[[BaseException], list[str]] = traceback_lines,
    ) -> None:
        self.carriers = {carrier.name: carrier for carrier in carriers}
        self.keep = keep
        self.stand_in = stand_in
        self.refer = refer
        self.resolve = resolve
        self.lines_of = lines_of

    def pack(self, value: object) -> bytes:
        """Write a value; raises NotPlain, and nothing else.

        A subclass of a plain type is written as that type, whatever its methods say.
        """
        return self.pack_noting(value)[0]

    def pack_noting(self, value: object) -> tuple[bytes, list[Any]]:
        """As `pack`, and the values inside that carriers wrote, in order."""
        try:
            return self._pack(value)
        except NotPlain:
            raise
        except Exception as error:
            raise NotPlain(f"The value cannot be sent. {_said(error)}") from None

    def unpack(self, data: bytes, link: Link | None = None) -> Any:
        """Read a value; raises Malformed, and nothing else, whatever the bytes are.

        link : given to the carriers, which tie their values to it
        returns exact plain types, and what carriers, `stand_in` and `resolve` return
        """
        try:
            return self._unpack(data, link)
        except Malformed:
            raise
        except Exception as error:
            raise Malformed(f"The message cannot be read. {_said(error)}") from None

    def carried(self, value: object) -> list[Any]:
        """The values inside that carriers would write, in the order in which `pack` writes them."""
        writer = Writer(self.carrier, self.keep, self.refer, self.lines_of)
        writer.write(value)
        return [blob for carrier, blob in writer.blobs if carrier is not None]

    def carrier(self, value: object) -> Carrier | None:
        """Who carries the value, if somebody does."""
        return next((c for c in self.carriers.values() if c.carries(value)), None)

    def _pack(self, value: object) -> tuple[bytes, list[Any]]:
        writer = Writer(self.carrier, self.keep, self.refer, self.lines_of)
        written = writer.write(value)
        table: list[dict[str, Any]] = []
        blobs: list[bytes] = []
        total = 0
        for carrier, blob in writer.blobs:
            if carrier is None:
                data, told = blob, {}
            else:
                meta, data = carrier.pack(blob)
                told = {"carrier": carrier.name, "meta": meta}
            table.append({"size": len(data), **told})
            blobs.append(data)
            total += len(data)
            if total > MOST_BYTES:
                raise NotPlain(f"A value of more than {MOST_BYTES >> 20} MiB cannot be sent.")
        header = to_json({"value": written, "blobs": table})
        if len(header) > MOST_HEADER:
            raise NotPlain(f"A value of more than {MOST_HEADER >> 20} MiB of text cannot be sent.")
        message = b"".join([len(header).to_bytes(4, "big"), header, *blobs])
        return message, [blob for carrier, blob in writer.blobs if carrier is not None]

    def _unpack(self, data: bytes, link: Link | None) -> Any:
        parts, start = split(data)
        table = read_table(parts["blobs"], len(data) - start, self.carriers)
        blobs: list[Any] = []
        for entry in table:
            blob = data[start : start + entry["size"]]
            start += entry["size"]
            name = entry.get("carrier")
            blobs.append(self.carriers[name].unpack(entry["meta"], blob) if name else blob)
        if link is not None:
            self._tie(table, blobs, link)
        reader = Reader(table, blobs, self.stand_in, self.resolve)
        return reader.read_all(parts["value"])

    def _tie(self, table: list[dict[str, Any]], blobs: list[Any], link: Link) -> None:
        for name, carrier in self.carriers.items():
            places = [i for i, entry in enumerate(table) if entry.get("carrier") == name]
            if places:
                metas = [table[i]["meta"] for i in places]
                tied = carrier.link([blobs[i] for i in places], metas, link)
                for i, value in zip(places, tied, strict=True):
                    blobs[i] = value


def overwrite(old: Any, new: Any, codec: Codec) -> Any:
    """Make an old structure equal the new one in place, as far as it can be changed in place.

    Lists, dicts, sets and what carriers carry are changed, also inside tuples.
    returns what now equals the new structure: the old one, or the new one if it could not be
        changed, such as a number

    >>> a = [1]
    >>> given = (a, {"b": a})
    >>> overwrite(given, ([1, 2], {}), Codec()) is given, given
    (True, ([1, 2], {}))
    """
    if old is new:
        return old
    if isinstance(old, list) and isinstance(new, list):
        pairs = zip(old, new, strict=False)
        old[:] = [*(overwrite(a, b, codec) for a, b in pairs), *new[len(old) :]]
        return old
    if isinstance(old, dict) and isinstance(new, dict):
        items = {k: overwrite(old[k], v, codec) if k in old else v for k, v in new.items()}
        old.clear()
        old.update(items)
        return old
    if isinstance(old, set) and isinstance(new, set):
        old.clear()
        old.update(new)
        return old
    if isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new):
        parts = tuple(overwrite(a, b, codec) for a, b in zip(old, new, strict=True))
        return old if all(a is b for a, b in zip(old, parts, strict=True)) else parts
    return _overwritten(old, new, codec)


def _overwritten(old: Any, new: Any, codec: Codec) -> Any:
    """The old value if it is or can be made equal, otherwise the new one."""
    if isinstance(old, int | float | str | complex | bytes):
        # Kept if it would be sent as the new one is, such as a number of NumPy's.
        is_sent_so = isinstance(old, type(new)) and (type(old) is bool) == (type(new) is bool)
        return old if is_sent_so and repr(type(new)(old)) == repr(new) else new
    carrier = codec.carrier(old)
    if carrier is not None and carrier.carries(new):
        try:
            carrier.overwrite(old, new)
            return old
        except TypeError:
            return new
    return new


def _said(error: Exception) -> str:
    """What an exception says, shortly and whatever it is: a student's may refuse to say it."""
    try:
        return cut(f"{type(error).__name__}: {error}", 300)
    except Exception:
        return "An exception was raised."
