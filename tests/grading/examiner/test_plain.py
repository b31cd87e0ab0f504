"""Only exact plain values cross between the tester and the student's process."""

import collections
import contextlib
import enum
import json
import math
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.grading.examiner.arrays import ArrayCarrier
from course.grading.examiner.plain import Codec, Malformed, NotPlain, overwrite

PLAIN = {type(None), bool, int, float, str, complex, bytes, range, type(...)}


class StandIn:
    """What stands in the tester for an object of the student's."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts


THINGS: list[object] = ["thing 0", "thing 1"]
ARRAYS = ArrayCarrier()
TESTER = Codec(
    [ARRAYS],
    stand_in=StandIn,
    refer=lambda value: value.facts["number"] if type(value) is StandIn else None,
)
STUDENT = Codec(
    [ARRAYS],
    keep=lambda value: {"number": 7, "type": type(value).__name__},
    resolve=THINGS.__getitem__,
)


def message(value: Any, blobs: Any = (), data: bytes = b"") -> bytes:
    """A message with such a header, whether it may be or not."""
    return raw(json.dumps({"value": value, "blobs": blobs}).encode(), data)


def raw(header: bytes, data: bytes = b"") -> bytes:
    return len(header).to_bytes(4, "big") + header + data


def sent(value: object) -> Any:
    """What the tester gets of a value of the student's."""
    return TESTER.unpack(STUDENT.pack(value))


def essence(value: Any) -> Any:
    """What two values have in common if they are the same, with NaN like NaN."""
    kind = type(value)
    if kind in (set, frozenset):
        return kind, sorted(map(repr, map(essence, value)))
    if kind in (list, tuple):
        return kind, [essence(part) for part in value]
    if kind is dict:
        return kind, [(essence(k), essence(v)) for k, v in value.items()]
    return kind, repr(value)


def assert_is_exact(value: Any) -> None:
    """Fail unless all parts are of exactly the types that may come in."""
    kind = type(value)
    if kind in (list, tuple, set, frozenset):
        for part in value:
            assert_is_exact(part)
    elif kind is dict:
        for pair in value.items():
            assert_is_exact(pair)
    elif kind is slice:
        assert_is_exact((value.start, value.stop, value.step))
    elif issubclass(kind, Exception):
        assert_is_exact(vars(value)["lines_elsewhere"])
    elif kind is StandIn:
        assert_is_exact(value.facts)
    elif kind is not numpy.ndarray and not issubclass(kind, numpy.generic):
        assert kind in PLAIN


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=8)
    | st.complex_numbers()
    | st.just(...)
    | st.builds(range, st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 5))
)
KEYS = st.recursive(
    SCALARS,
    lambda x: st.lists(x, max_size=3).map(tuple) | st.frozensets(x, max_size=3),
    max_leaves=5,
)
VALUES = st.recursive(
    KEYS | st.builds(slice, SCALARS, SCALARS, SCALARS) | st.sets(KEYS, max_size=3),
    lambda x: (
        st.lists(x, max_size=4)
        | st.lists(x, max_size=4).map(tuple)
        | st.dictionaries(KEYS, x, max_size=4)
    ),
    max_leaves=15,
)
TAGS = st.sampled_from(
    [
        *("tuple", "list", "dict", "set", "frozenset", "complex", "bytes", "slice", "range"),
        *("ellipsis", "carried", "object", "error", "there", "module", "", "__import__"),
    ]
)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        key: st.none() | st.integers() | st.text(max_size=3) | st.lists(st.text(max_size=3))
        for key in ("number", "type", "bases", "message", "notes", "traceback")
    },
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | st.floats() | st.text(max_size=3) | FACTS,
    lambda x: (
        st.tuples(TAGS, st.lists(x, max_size=3)).map(list)
        | st.tuples(TAGS, x).map(list)
        | st.tuples(TAGS, x, x, x).map(list)
        | st.lists(x, max_size=3)
        | st.dictionaries(st.text(max_size=3), x, max_size=2)
    ),
    max_leaves=12,
)
METAS = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["bool", "int8", "float64", "object", "O", "V8", 3, None]),
        "shape": st.lists(st.integers(-2, 9) | st.just(2**62) | st.booleans(), max_size=3) | JSON,
        "scalar": st.booleans() | JSON,
    }
)
TABLES = st.lists(
    st.fixed_dictionaries(
        {"size": st.integers(-1, 9)},
        optional={"carrier": st.sampled_from(["array", "none", 1]), "meta": METAS | JSON},
    ),
    max_size=3,
)
VALID = [
    STUDENT.pack(value)
    for value in (
        ("value", [1, 2.5, None, True, "text"]),
        {"a": {1, 2}, (1, 2): frozenset({b"xy"}), 3j: slice(1, None, range(3))},
        [numpy.arange(6.0).reshape(2, 3), b"abc", numpy.int8(3), print, ...],
        ("error", KeyError("x"), UnicodeDecodeError("ascii", b"\xff", 0, 1, "no")),
    )
]


def flip(message: bytes, at: int, byte: int) -> bytes:
    at %= len(message)
    return message[:at] + bytes([message[at] ^ byte]) + message[at + 1 :]


def splice(message: bytes, at: int, other: int) -> bytes:
    donor = VALID[other % len(VALID)]
    return message[: at % len(message)] + donor[other % len(donor) :]


def repeat(message: bytes, at: int, size: int) -> bytes:
    at %= len(message)
    return message[: at + size] + message[at:]


MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(
            [flip, splice, repeat, lambda message, at, _: message[: at % len(message)]]
        ),
        st.integers(0, 2000),
        st.integers(1, 255),
    ),
    min_size=1,
    max_size=3,
)
FUZZ = settings(derandomize=True, deadline=None, max_examples=200, database=None)


@FUZZ
@given(VALUES)
def test_a_plain_value_crosses_unchanged(value: Any) -> None:
    assert essence(TESTER.unpack(STUDENT.pack(value))) == essence(value)


@FUZZ
@given(st.binary(max_size=200))
def test_random_bytes_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        TESTER.unpack(data)


@FUZZ
@given(st.sampled_from(VALID), MUTATIONS)
def test_a_damaged_message_is_malformed_or_gives_exact_values(
    message: bytes, mutations: list[tuple[Callable[[bytes, int, int], bytes], int, int]]
) -> None:
    for mutate, at, how in mutations:
        message = mutate(message, at, how) or b"\0"
    check(message)


@FUZZ
@given(JSON, TABLES, st.binary(max_size=12))
def test_a_made_up_message_is_malformed_or_gives_exact_values(
    value: Any, table: Any, data: bytes
) -> None:
    check(message(value, table, data))


def check(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert_is_exact(TESTER.unpack(data))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0\0",
        b"\xff\xff\xff\xff",
        b"\0\0\0\x09{}",
        message(1)[:-1],
        message(1) + b"\0",
        message(1, [{"size": 2**62}]),
        message(["bytes", 0], [{"size": 2**62}], b"abc"),
        message(["bytes", 0], [{"size": True}], b"a"),
        message(["bytes", False], [{"size": 1}], b"a"),
        message(["bytes", -1], [{"size": 1}], b"a"),
        message(["bytes", 0], [{"size": 1, "carrier": "array", "meta": {}}], b"a"),
        message(["carried", 0], [{"size": 1}], b"a"),
        message(["carried", 0], [{"size": 1, "carrier": "pickle", "meta": {}}], b"a"),
        message(["tuple", [["bytes", 0], ["bytes", 0]]], [{"size": 1}], b"a"),
        message(["tuple", [["bytes", 1], ["bytes", 0]]], [{"size": 1}, {"size": 1}], b"ab"),
        message({"a": 1}),
        message([]),
        message([1, 2]),
        message(["tuple"]),
        message(["tuple", [], []]),
        message(["tuple", "ab"]),
        message(["list", {"a": 1}]),
        message(["list", {}]),
        message(["list", ""]),
        message([["list"], []]),
        message([None]),
        message(["dict", {}]),
        message(["dict", ""]),
        message(["dict", ["ab"]]),
        message(["dict", [], []]),
        message(["pickle", "cos\nsystem"]),
        message(["dict", [[1]]]),
        message(["dict", [[1, 2], [1, 3]]]),
        message(["dict", [[1, 2], [True, 3]]]),
        message(["dict", [[["list", []], 1]]]),
        message(["set", [1, 1.0]]),
        message(["set", [["dict", []]]]),
        message(["complex", 1, 2]),
        message(["complex", 1.0]),
        message(["range", 0, 5, 0]),
        message(["range", 0, 5, True]),
        message(["range", 0, 2**60, 1]),
        message(["slice", 1, 2]),
        message(["ellipsis", 1]),
        message(["there", 0]),
        message(["object", {"number": 1}]),
        message(["object", {"number": True, "type": "f"}]),
        message(["object", {"number": 1, "type": "f", "more": {"a": 1}}]),
        message(["object", {"number": 1, "type": "f" * 501}]),
        message(["object", {"number": 1, "type": "f"} | {str(i): i for i in range(64)}]),
        message(["error", {"type": "ValueError"}]),
        message("\ud800"),
        message("a" * (2**20 + 1)),
        message(["tuple", [1] * 100_000]),
        message(["tuple", [["error", {}]] * 65]),
        raw('{"value":"é","blobs":[]}'.encode()),
        raw(b'{"value":1,"blobs":[]}[1]'),
        raw(b'{"value":1,"blobs":[]} '),
        raw(b' {"value":1,"blobs":[]}'),
        raw(b'{"value":' + b"9" * 4001 + b',"blobs":[]}'),
        raw(b'{"value":1.' + b"1" * 99 + b',"blobs":[]}'),
        raw(b'{"value":"\n","blobs":[]}'),
        raw(b'{"value":"\\","blobs":[]}'),
        raw(b"\xef\xbb\xbf" + b'{"value":1,"blobs":[]}'),
    ],
)
def test_what_is_not_exactly_as_it_must_be_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed, match=r"[A-Z].*[.\w]"):
        TESTER.unpack(data)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_a_value_may_be_nested_32_levels_and_no_deeper() -> None:
    assert sent(nested(32)) == nested(32)
    with pytest.raises(NotPlain, match="deeper than 32 levels, or within itself"):
        STUDENT.pack(nested(33))
    written: Any = 1
    for _ in range(33):
        written = ["list", [written]]
    with pytest.raises(Malformed, match="too deep"):
        TESTER.unpack(message(written))


def test_many_brackets_that_are_not_nested_cross() -> None:
    for value in ("[{" * 500, [[] for _ in range(500)], {i: {i: []} for i in range(500)}):
        assert sent(value) == value


@pytest.mark.parametrize("recursion", [1000, 10_000_000])
def test_brackets_without_end_do_not_exhaust_the_stack(recursion: int) -> None:
    source = """
import sys
from course.grading.examiner.plain import Codec, Malformed
sys.setrecursionlimit(int(sys.argv[1]))
for opening in (b"[", b'{"":', b'["list",['):
    header = (b'{"value":' + opening * 400_000)[:2_000_000]
    try:
        Codec().unpack(len(header).to_bytes(4, "big") + header)
    except Malformed:
        print("refused")
"""
    run = subprocess.run(
        [sys.executable, "-c", source, str(recursion)], capture_output=True, text=True
    )
    assert run.stdout == "refused\n" * 3, run.stderr


def test_a_value_within_itself_is_not_plain() -> None:
    value: list[Any] = []
    value += [value, value]
    with pytest.raises(NotPlain):
        STUDENT.pack(value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (10**4000, "4000 digits"),
        (-(10**4000), "4000 digits"),
        ("a" * (2**20 + 1), "1048576 characters"),
        ("\ud800", "half of one"),
        ("\ud83d\ude00", "half of one"),
        (["é" * 2**20], "4 MiB of text"),
        (bytes(64 << 20) + b"1", "64 MiB"),
        ([bytes(40 << 20), bytes(40 << 20)], "64 MiB"),
        ([0] * 100_000, "100000 parts"),
        ([b""] * 10_001, "10000 arrays"),
        (range(2**20 + 1), "1048576 numbers"),
        (range(2**200), "1048576 numbers"),
        ([KeyError()] * 65, "64 exceptions"),
        (numpy.array([object()]), "array of object"),
        (numpy.array("2020", "datetime64"), "array of datetime64"),
        (numpy.longdouble(1), "array of (longdouble|float128)"),
        (numpy.broadcast_to(numpy.zeros(1), (1 << 40,)), "64 MiB"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 40 else "",
)
def test_what_is_too_large_or_odd_is_not_plain(value: object, reason: str) -> None:
    with pytest.raises(NotPlain, match=reason):
        STUDENT.pack(value)


@pytest.mark.parametrize("value", [10**4000 - 1, 1 - 10**4000, "a" * 2**20, [0] * 99_999])
def test_what_is_just_small_enough_crosses(value: object) -> None:
    assert sent(value) == value


def test_a_subclass_is_sent_as_its_base_whatever_its_methods_say() -> None:
    class Liar(int):
        __class__ = str  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            return True

        def __int__(self) -> int:
            raise RuntimeError

        __index__ = __hash__ = __repr__ = __str__ = __int__  # type: ignore[assignment]

    class LyingList(list[Any]):
        def __iter__(self) -> Any:
            return iter([5])

        def __len__(self) -> int:
            return 0

    class LyingDict(dict[Any, Any]):
        items = keys = values = __iter__ = lambda self: []  # type: ignore[assignment]

    Point = collections.namedtuple("Point", "x y")
    Level = enum.IntEnum("Level", "LOW HIGH")
    given = [Liar(3), LyingList([1]), LyingDict(a=1), Point(1, 2), Level.HIGH, numpy.float64(0.1)]
    got = sent(given)
    assert essence(got) == essence([3, [1], {"a": 1}, (1, 2), 2, 0.1])


def test_an_order_of_keys_is_kept() -> None:
    assert list(sent({3: 1, 1: 2, 2: 3})) == [3, 1, 2]


def test_a_list_as_a_key_is_malformed_where_it_arrives() -> None:
    class Hashable(list[int]):
        __hash__ = object.__hash__  # type: ignore[assignment]

    with pytest.raises(Malformed, match="unhashable"):
        sent({Hashable(): 1})


def test_keys_that_are_chosen_to_collide_are_refused_at_once() -> None:
    keys = [i * (2**61 - 1) for i in range(90_000)]
    assert len({hash(key) for key in keys}) == 1
    start = time.perf_counter()
    with pytest.raises(Malformed, match="same hash"):
        TESTER.unpack(message(["set", keys]))
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("piece", [b"[],", b'{"":0},', b"1,", b"1e1,", b'"",', b"]", b'\\"'])
def test_a_full_header_takes_bounded_memory_and_time(piece: bytes) -> None:
    start = b'{"value":"' if piece == b'\\"' else b'{"value":['
    header = start + piece * (((4 << 20) - 20) // len(piece))
    data = raw(header)
    before = time.perf_counter()
    with pytest.raises(Malformed):
        TESTER.unpack(data)
    assert time.perf_counter() - before < 5
    tracemalloc.start()
    with pytest.raises(Malformed):
        TESTER.unpack(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150 << 20


def test_a_size_that_lies_takes_no_memory() -> None:
    data = message(["bytes", 0], [{"size": 60 << 20}], b"abc")
    tracemalloc.start()
    with pytest.raises(Malformed, match="not as long as they say"):
        TESTER.unpack(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_an_object_is_told_of_and_stood_in_for() -> None:
    stand_in = sent([print])[0]
    assert stand_in.facts == {"number": 7, "type": "builtin_function_or_method"}


def test_facts_are_cut_to_what_may_cross() -> None:
    keep = Codec(keep=lambda value: {"number": 1, "type": "f", "doc": "x" * 999 + "\ud800"})
    assert TESTER.unpack(keep.pack(print)).facts["doc"] == "x" * 500
    with pytest.raises(NotPlain, match="told of builtin_function_or_method is not plain"):
        Codec(keep=lambda value: {"number": 1, "type": "f", "more": object()}).pack(print)


def test_a_stand_in_sent_back_is_the_object_itself() -> None:
    assert STUDENT.unpack(TESTER.pack([StandIn({"number": 1})]))[0] is THINGS[1]


@pytest.mark.parametrize("number", [2, -1, True, 1.0, None, 10**30])
def test_a_number_that_no_object_has_is_malformed(number: object) -> None:
    with pytest.raises(Malformed):
        STUDENT.unpack(message(["there", number]))


def test_without_somebody_to_keep_them_objects_are_not_plain() -> None:
    for value in (print, int, math, StandIn({})):
        with pytest.raises(NotPlain, match=f"of type {type(value).__name__} cannot"):
            Codec().pack(value)


@pytest.mark.parametrize(
    "problem", [KeyError("k"), RecursionError(), MemoryError(), OSError("\ud800")]
)
def test_whatever_a_stand_in_raises_is_malformed(problem: Exception) -> None:
    def stand_in(facts: dict[str, Any]) -> object:
        raise problem

    with pytest.raises(Malformed):
        Codec(stand_in=stand_in).unpack(STUDENT.pack(print))


class OwnError(LookupError):
    pass


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "base"),
    [
        (ValueError("no"), ValueError),
        (NotImplementedError(), NotImplementedError),
        (KeyError("x"), KeyError),
        (KeyError(), KeyError),
        (OwnError("mine"), LookupError),
        (UnicodeDecodeError("ascii", b"\xff", 0, 1, "why"), UnicodeDecodeError),
        (FileNotFoundError(2, "No such file", "x"), FileNotFoundError),
        (SyntaxError("bad", ("f", 1, 2, "x x")), SyntaxError),
        (StopIteration(3), StopIteration),
        (numpy.linalg.LinAlgError("singular"), ValueError),
        (ExceptionGroup("many", [ValueError()]), Exception),
        (SystemExit(3), Exception),
        (KeyboardInterrupt(), Exception),
        (json.JSONDecodeError("m", "doc", 0), ValueError),
        (SystemError("s"), SystemError),
    ],
    ids=repr,
)
def test_an_exception_is_built_again(error: BaseException, base: type[Exception]) -> None:
    got = sent(raised(error))
    assert isinstance(got, base)
    assert isinstance(got, Exception)
    assert type(got).__name__ == type(error).__name__
    assert str(got) == str(error)


def test_a_built_in_exception_with_a_plain_message_is_of_the_class_itself() -> None:
    assert type(sent(ValueError("no"))) is ValueError
    assert type(sent(NotImplementedError())) is NotImplementedError
    assert sent(NotImplementedError()).args == ()


def test_an_exception_keeps_its_notes_and_shows_its_traceback_in_ipython() -> None:
    error = raised(OwnError("mine"))
    error.add_note("look here")
    got = sent(error)
    assert got.__notes__ == ["look here"]
    assert got._render_traceback_() == got.lines_elsewhere
    assert got.lines_elsewhere[0] == "Traceback (most recent call last):"
    assert "    raise error" in got.lines_elsewhere
    assert sent(got).lines_elsewhere == got.lines_elsewhere


def test_ipython_shows_the_traceback_of_the_other_side() -> None:
    pytest.importorskip("IPython")
    source = """
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
from course.grading.examiner.plain import Codec
try:
    eval("[1][2]", {"__name__": "there"})
except IndexError as e:
    error = Codec().unpack(Codec().pack(e))
config = Config()
config.HistoryManager.enabled = False
shell = InteractiveShell(config=config)
shell.user_ns["error"] = error
shell.run_cell("raise error")
"""
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert 'File "<string>", line 1, in <module>' in run.stdout + run.stderr
    assert "raise error" not in run.stdout + run.stderr


def test_an_exception_that_will_not_be_told_of_is_told_of_shortly() -> None:
    class Silent(ValueError):
        def __str__(self) -> str:
            raise RuntimeError

    class Loud(ValueError):
        def __str__(self) -> str:
            return "\ud800" * 10**6

    assert str(sent(Silent())) == ""
    assert str(sent(Loud())) == "?" * 2000


def test_a_long_traceback_keeps_its_ends() -> None:
    def fall(depth: int) -> None:
        if depth:
            fall_further(depth - 1)
        raise ValueError("x" * 5000)

    def fall_further(depth: int) -> None:
        fall(depth)

    try:
        fall(80)
    except ValueError as error:
        lines = sent(error).lines_elsewhere
    assert len(lines) == 60
    assert lines[0].startswith("Traceback")
    assert lines[-1] == ("ValueError: " + "x" * 5000)[:500]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a b", "a_b"), ("", "_"), ("1x", "_1x"), ("__class__", "__class__"), ("é" * 60, "_" * 60)],
)
def test_an_exceptions_name_becomes_an_identifier(name: str, shown: str) -> None:
    facts = {"type": name, "bases": ["object"], "message": "m", "notes": [], "traceback": []}
    got = TESTER.unpack(message(["error", facts]))
    assert type(got).__name__ == shown
    assert str(got) == "m"
    assert not hasattr(got, "_render_traceback_")


@pytest.mark.parametrize("name", ["os.system", "type", "eval", "Warning2", "BaseException", "exit"])
def test_no_class_but_a_built_in_exception_is_ever_used(name: str) -> None:
    facts = {"type": "X", "bases": [name], "message": "m", "notes": [], "traceback": []}
    assert type(TESTER.unpack(message(["error", facts]))).__mro__[1] is Exception


@pytest.mark.parametrize(
    "value",
    [
        numpy.arange(6.0).reshape(2, 3),
        numpy.zeros((0, 5), "int8"),
        numpy.array(3),
        numpy.array([True, False]),
        numpy.arange(24, dtype="c8").reshape(2, 3, 4)[:, ::2].T,
        numpy.arange(3, dtype=">i4"),
        numpy.int64(3),
        numpy.bool_(True),
        numpy.float32(0.1),
    ],
    ids=lambda value: f"{type(value).__name__}-{value.dtype}-{value.shape}",
)
def test_an_array_crosses_exactly(value: Any) -> None:
    got = sent(value)
    assert type(got) is type(value)
    assert got.dtype == value.dtype.newbyteorder("=")
    numpy.testing.assert_array_equal(got, value, strict=got.dtype == value.dtype)
    if type(got) is numpy.ndarray:
        assert got.flags.writeable
        assert got.flags.owndata or got.base.flags.owndata


def test_a_subclass_of_an_array_is_sent_as_an_array() -> None:
    class Liar(numpy.ndarray[Any, Any]):
        def __array_finalize__(self, obj: Any) -> None:
            self.lie = True

        def tobytes(self, order: Any = None) -> bytes:
            return b"lies"

    got = sent(numpy.arange(3).view(Liar))
    assert type(got) is numpy.ndarray
    assert got.tolist() == [0, 1, 2]


META = {"dtype": "float64", "shape": [2], "scalar": False}


@pytest.mark.parametrize(
    "meta",
    [
        META | {"dtype": "object"},
        META | {"dtype": "O"},
        META | {"dtype": "V8"},
        META | {"dtype": "float64,float64"},
        META | {"dtype": ["float64"]},
        META | {"shape": [3]},
        META | {"shape": [-2]},
        META | {"shape": [-1, -2]},
        META | {"shape": [2.0]},
        META | {"shape": [True, 2]},
        META | {"shape": [2**32, 2**32, 2]},
        META | {"shape": [2**63 + 2]},
        META | {"shape": [0, 2**62]},
        META | {"shape": [0] * 33},
        META | {"shape": "2"},
        META | {"shape": None},
        META | {"more": 1},
        {"dtype": "float64"},
        META | {"dtype": "bool", "shape": [16]},
    ],
    ids=str,
)
def test_an_array_that_lies_about_itself_is_malformed(meta: dict[str, Any]) -> None:
    entry = {"size": 16, "carrier": "array", "meta": meta}
    with pytest.raises(Malformed):
        TESTER.unpack(message(["carried", 0], [entry], b"\x02" * 16))


def test_carried_values_are_listed_in_the_order_in_which_they_are_written() -> None:
    a, b, c = numpy.zeros(1), numpy.zeros(2), numpy.zeros(3)
    assert [x.size for x in TESTER.carried(({"x": [c]}, b"", (b, {"y": a}), {"z": 1}))] == [3, 2, 1]


def test_values_are_tied_to_their_link_once_a_message() -> None:
    calls: list[Any] = []

    class Tying(ArrayCarrier):
        def link(self, values: list[Any], metas: list[dict[str, Any]], link: Any) -> list[Any]:
            calls.append(([v.tolist() for v in values], [m["shape"] for m in metas], link))
            return [v + 1 for v in values]

    codec, link = Codec([Tying()]), SimpleNamespace(inputs=[], pull=None)
    packed = codec.pack([numpy.zeros(1), b"x", {"a": numpy.zeros(2)}])
    got = codec.unpack(packed, link)
    assert [got[0].tolist(), got[1], got[2]["a"].tolist()] == [[1], b"x", [1, 1]]
    assert calls == [([[0], [0, 0]], [[1], [2]], link)]
    codec.unpack(packed)
    assert len(calls) == 1


def test_the_changes_of_a_call_are_brought_into_the_old_structure() -> None:
    array, inner, numbers = numpy.zeros(2), {"a": 1, "b": [1]}, {1, 2}
    old = [array, inner, numbers, (array, 5), "text", [1, 2, 3]]
    parts = list(old)
    new = [numpy.ones(2), {"b": [1, 2]}, {3}, (numpy.ones(2), 5), "other", [1]]
    assert overwrite(old, new, TESTER) is old
    assert all(a is b for a, b in zip(old[:4], parts[:4], strict=True))
    assert array.tolist() == [1, 1]
    assert inner == {"b": [1, 2]}
    assert numbers == {3}
    assert old[4:] == ["other", [1]]


def test_what_cannot_be_changed_in_place_is_replaced() -> None:
    fixed = numpy.zeros(2)
    fixed.flags.writeable = False
    old = [numpy.zeros(2), fixed, fixed, (1, [2])]
    new = [numpy.zeros((1, 3)), numpy.zeros(2), numpy.ones(2), (5, [2])]
    overwrite(old, new, TESTER)
    assert old[0].shape == (1, 3)
    assert old[1] is fixed
    assert old[2].tolist() == [1, 1]
    assert old[3] == (5, [2])


@FUZZ
@given(VALUES, VALUES)
def test_an_overwritten_value_equals_the_new_one(old: Any, new: Any) -> None:
    assert essence(overwrite(old, new, TESTER)) == essence(new)
