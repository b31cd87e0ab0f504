"""The tester asks over a line at whose other end anybody may sit."""

import contextlib
import math
import os
import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.grading.examiner.plain import Codec, NotPlain
from course.grading.examiner.wire import Answerer, Caller, Gone, Late, Wire, WireError

CODEC = Codec()
HEAD = 10
LIMIT = 0.3  # seconds that a question may take here
SLACK = 0.2  # seconds that it may take longer


@contextlib.contextmanager
def a_line_to(peer: Callable[[socket.socket], None]) -> Iterator[Wire]:
    """A wire at whose other end a function runs with the bare socket."""
    here, there = socket.socketpair()

    def run() -> None:
        with contextlib.suppress(OSError, WireError):
            peer(there)

    thread = threading.Thread(target=run)
    thread.start()
    wire = Wire(here)
    try:
        yield wire
    finally:
        wire.close()
        there.close()
        thread.join()


def frame(number: int, body: bytes) -> bytes:
    return struct.pack(">2sII", b"mc", number, len(body)) + body


def question(sock: socket.socket) -> tuple[int, Any]:
    """The number of the next question, and what is asked."""
    number, body = Wire(sock).receive(time.monotonic() + 5)
    return number, CODEC.unpack(body)


def replying(make: Callable[[int], bytes]) -> Callable[[socket.socket], None]:
    """A peer that answers every question with the bytes made for its number, and stays."""

    def peer(sock: socket.socket) -> None:
        while True:
            number, _ = question(sock)
            sock.sendall(make(number))

    return peer


def honest(sock: socket.socket) -> None:
    def fail() -> None:
        raise KeyError("x")

    verbs = {
        "add": lambda a, b: a + b,
        "fail": fail,
        "exit": lambda: exit(3),
        "function": lambda: fail,
        "echo": lambda value: value,
    }
    Answerer(Wire(sock), CODEC, verbs).serve()


def ask(wire: Wire) -> Any:
    """Ask a question that must not take longer than it may."""
    start = time.monotonic()
    try:
        return Caller(wire, CODEC).ask("add", 1, 2, seconds=LIMIT)
    finally:
        assert time.monotonic() - start < LIMIT + SLACK


def test_a_question_is_answered() -> None:
    with a_line_to(honest) as wire:
        caller = Caller(wire, CODEC)
        assert caller.ask("add", 1, 2, seconds=5) == 3
        assert caller.ask("add", "a", "b", seconds=5) == "ab"


def test_a_large_value_crosses_in_both_directions() -> None:
    value = os.urandom(3 << 20)
    with a_line_to(honest) as wire:
        assert Caller(wire, CODEC).ask("echo", value, seconds=5) == value


def test_what_a_verb_raises_is_raised_and_the_next_question_is_answered() -> None:
    with a_line_to(honest) as wire:
        caller = Caller(wire, CODEC)
        with pytest.raises(KeyError, match=r"^'x'$"):
            caller.ask("fail", seconds=5)
        with pytest.raises(KeyError, match=r"^'no such verb'$"):
            caller.ask("no such verb", seconds=5)
        with pytest.raises(TypeError):
            caller.ask("add", seconds=5)
        with pytest.raises(Exception, match=r"^3$") as caught:
            caller.ask("exit", seconds=5)
        assert type(caught.value).__name__ == "SystemExit"
        assert caller.ask("add", 1, 2, seconds=5) == 3


def test_a_value_that_cannot_be_sent_is_an_error_of_its_question() -> None:
    with a_line_to(honest) as wire:
        caller = Caller(wire, CODEC)
        with pytest.raises(ValueError, match="of type function cannot be sent") as caught:
            caller.ask("function", seconds=5)
        assert type(caught.value).__name__ == "NotPlain"
        assert caller.ask("add", 1, 2, seconds=5) == 3


def test_arguments_that_cannot_be_sent_are_refused_before_anything_is_sent() -> None:
    with a_line_to(honest) as wire:
        caller = Caller(wire, CODEC)
        with pytest.raises(NotPlain):
            caller.ask("add", print, 2, seconds=5)
        assert caller.ask("add", 1, 2, seconds=5) == 3


HOSTILE: dict[str, tuple[Callable[[socket.socket], None], type[WireError]]] = {
    "says nothing": (lambda sock: time.sleep(LIMIT + SLACK), Late),
    "hangs up": (lambda sock: sock.close(), Gone),
    "hangs up in a frame": (lambda sock: (sock.sendall(b"mc\0\0"), sock.close())[0], Gone),
    "sends no frame": (replying(lambda n: b"HTTP/1.1 200 OK\r\n\r\n"), Gone),
    "sends a huge length": (replying(lambda n: struct.pack(">2sII", b"mc", n, 2**32 - 1)), Gone),
    "sends a part": (replying(lambda n: frame(n, bytes(100))[:-1]), Late),
    "sends no message": (replying(lambda n: frame(n, b"abc")), Gone),
    "sends nothing": (replying(lambda n: frame(n, b"")), Gone),
    "sends another number": (replying(lambda n: frame(n + 1, CODEC.pack(("value", 3)))), Gone),
    "sends number 0": (replying(lambda n: frame(0, CODEC.pack(("value", 3)))), Gone),
    "sends a list": (replying(lambda n: frame(n, CODEC.pack(["value", 3]))), Gone),
    "sends three": (replying(lambda n: frame(n, CODEC.pack(("value", 3, 3)))), Gone),
    "sends one": (replying(lambda n: frame(n, CODEC.pack(("value",)))), Gone),
    "sends another outcome": (replying(lambda n: frame(n, CODEC.pack(("values", 3)))), Gone),
    "sends no exception": (replying(lambda n: frame(n, CODEC.pack(("error", "x")))), Gone),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_who_sends_no_answer_is_gone_or_late_and_stays_so(kind: str) -> None:
    peer, outcome = HOSTILE[kind]
    with a_line_to(peer) as wire:
        caller = Caller(wire, CODEC)
        start = time.monotonic()
        with pytest.raises(outcome, match=r"^[A-Z].*\.$"):
            caller.ask("add", 1, 2, seconds=LIMIT)
        assert time.monotonic() - start < LIMIT + SLACK
        start = time.monotonic()
        with pytest.raises(Gone, match="earlier question"):
            caller.ask("add", 1, 2, seconds=LIMIT)
        assert time.monotonic() - start < 0.1


def test_a_trickle_does_not_prolong_the_deadline() -> None:
    def trickle(sock: socket.socket) -> None:
        number, _ = question(sock)
        for byte in frame(number, CODEC.pack(("value", "x" * 500))):
            sock.sendall(bytes([byte]))
            time.sleep(0.01)

    with a_line_to(trickle) as wire, pytest.raises(Late):
        ask(wire)


def test_a_flood_of_single_bytes_does_not_prolong_the_deadline() -> None:
    def flood(sock: socket.socket) -> None:
        number, _ = question(sock)
        sock.sendall(struct.pack(">2sII", b"mc", number, 70 << 20))
        while True:
            sock.sendall(b"x")

    with a_line_to(flood) as wire, pytest.raises(Late):
        ask(wire)


def test_who_does_not_read_does_not_prolong_the_deadline() -> None:
    start = time.monotonic()
    with a_line_to(lambda sock: time.sleep(LIMIT + SLACK)) as wire:
        with pytest.raises(Late):
            wire.send(1, bytes(20 << 20), start + LIMIT)
        assert time.monotonic() - start < LIMIT + SLACK


def test_a_deadline_that_has_passed_is_late_even_if_the_answer_is_there() -> None:
    with a_line_to(lambda sock: sock.sendall(frame(1, b"abc"))) as wire:
        assert wire.receive(time.monotonic() + 5) == (1, b"abc")
        with pytest.raises(Late):
            wire.receive(time.monotonic())


def test_an_answer_given_before_the_question_is_to_another_question() -> None:
    """Once the numbers are known; the first one may be guessed, and then is what the peer said."""
    early = b"".join(frame(n, CODEC.pack(("value", n))) for n in (1, 1, 2))
    with a_line_to(lambda sock: sock.sendall(early)) as wire:
        caller = Caller(wire, CODEC)
        assert caller.ask("add", 1, 2, seconds=LIMIT) == 1
        with pytest.raises(Gone, match="another question"):
            caller.ask("add", 1, 2, seconds=LIMIT)


def test_a_wait_that_was_interrupted_leaves_no_answer_for_the_next_question() -> None:
    class Interrupt(BaseException):
        pass

    class Interrupted(Wire):
        def receive(self, deadline: float = math.inf) -> tuple[int, bytes]:
            raise Interrupt

    here, there = socket.socketpair()
    with here, there:
        caller = Caller(Interrupted(here), CODEC)
        with pytest.raises(Interrupt):
            caller.ask("add", 1, 2, seconds=5)
        with pytest.raises(Gone, match="earlier question"):
            caller.ask("add", 1, 2, seconds=5)


def test_a_length_that_lies_takes_no_memory() -> None:
    def lie(sock: socket.socket) -> None:
        number, _ = question(sock)
        sock.sendall(struct.pack(">2sII", b"mc", number, 70 << 20) + b"abc")
        sock.close()

    with a_line_to(lie) as wire:
        tracemalloc.start()
        with pytest.raises(Gone):
            ask(wire)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 2 << 20


def test_a_frame_that_is_too_large_is_not_sent() -> None:
    here, there = socket.socketpair()
    with here, there, pytest.raises(Gone, match="72 MiB"):
        Wire(here).send(1, bytes((72 << 20) + 1))


def test_a_frame_crosses_whatever_the_pieces_it_comes_in() -> None:
    sent = frame(7, b"abcdef" * 50)
    for size in (1, 3, 10, 11, 299):

        def pieces(sock: socket.socket, size: int = size) -> None:
            for at in range(0, len(sent), size):
                sock.sendall(sent[at : at + size])

        with a_line_to(pieces) as wire:
            assert wire.receive(time.monotonic() + 5) == (7, b"abcdef" * 50)


def test_frames_that_come_in_one_piece_are_received_one_by_one() -> None:
    bodies = [b"abc", b"", b"d" * 200_000, b"e"]
    sent = b"".join(frame(number, body) for number, body in enumerate(bodies))
    with a_line_to(lambda sock: sock.sendall(sent)) as wire:
        for number, body in enumerate(bodies[:3]):
            assert wire.receive(time.monotonic() + 5) == (number, body)
        with pytest.raises(Late):
            wire.receive(time.monotonic())
        assert wire.receive(time.monotonic() + 5) == (3, b"e")


def test_who_hangs_up_after_a_whole_frame_has_sent_it() -> None:
    with a_line_to(lambda sock: (sock.sendall(frame(1, b"abc")), sock.close())[0]) as wire:
        assert wire.receive(time.monotonic() + 5) == (1, b"abc")
        with pytest.raises(Gone, match="hung up"):
            wire.receive(time.monotonic() + 5)


GOOD = frame(1, CODEC.pack(("value", 3)))
CUTS = st.builds(
    lambda at, byte, end: (GOOD[:at] + byte + GOOD[at + 1 :])[:end],
    st.integers(0, len(GOOD)),
    st.binary(min_size=1, max_size=2),
    st.integers(0, len(GOOD) + 1),
)
ANSWERS = st.binary(max_size=60) | CUTS | st.binary(max_size=40).map(lambda b: frame(1, b))


@settings(derandomize=True, deadline=None, max_examples=200, database=None)
@given(ANSWERS)
def test_any_bytes_in_answer_give_what_they_say_or_a_wire_error(answer: bytes) -> None:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(answer)
        there.shutdown(socket.SHUT_WR)
        start = time.monotonic()
        try:
            got = Caller(Wire(here), CODEC).ask("add", 1, 2, seconds=1)
        except WireError:
            got = None
        assert time.monotonic() - start < 1 + SLACK
    if got is not None:  # it must stand in the answer, as this frame's value
        assert answer[:6] == GOOD[:6]
        assert answer[HEAD:].startswith(CODEC.pack(("value", got)))


@pytest.mark.parametrize(
    "sent",
    [b"", b"abc", frame(1, b"abc"), frame(1, CODEC.pack(3)), frame(1, CODEC.pack(("add", 1, 2)))],
)
def test_who_answers_hangs_up_when_there_is_no_question(sent: bytes) -> None:
    here, there = socket.socketpair()
    with here, there:
        here.sendall(sent)
        here.shutdown(socket.SHUT_WR)
        Answerer(Wire(there), CODEC, {"add": lambda a, b: a + b}).serve()
