"""The line between the tester and the student's process: frames, questions and answers.

The other side may send anything, or nothing, at any speed. A deadline is a value of
`time.monotonic()`, and is kept whatever the other side does.

A frame is "mc", a number and the length of the body (4 bytes each, big-endian), and the body.
"""

import math
import select
import socket
import struct
import time
from collections.abc import Callable, Mapping
from typing import Any

from course.grading.examiner.plain import Codec, Link, Malformed

MAGIC = b"mc"
HEAD = struct.Struct(">2sII")
MOST_FRAME = 72 << 20  # bytes of a body
CHUNK = 1 << 16  # bytes that are read at once, so that a length that lies takes no memory
NUMBERS = 1 << 32


class WireError(Exception):
    """The other side cannot be reached any more; says why in a sentence."""


class Gone(WireError):
    """The line is closed or broken, or what came over it is no answer."""


class Late(WireError):
    """The deadline passed."""


class Wire:
    """Sends and receives frames over a connected stream socket, which it owns."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._came = b""  # and is not received yet

    def send(self, number: int, body: bytes, deadline: float = math.inf) -> None:
        """Send one frame.

        number : of the question, below 2**32
        raises Gone or Late; after either the line is of no use
        """
        if len(body) > MOST_FRAME:
            raise Gone(f"A frame holds at most {MOST_FRAME >> 20} MiB.")
        frame = memoryview(HEAD.pack(MAGIC, number, len(body)) + body)
        while frame:
            frame = frame[self._once_ready(select.POLLOUT, self._socket.send, frame, deadline) :]

    def receive(self, deadline: float = math.inf) -> tuple[int, bytes]:
        """Wait for one frame; return its number and its body.

        raises Gone or Late; after either the line is of no use
        """
        _left(deadline)
        magic, number, length = HEAD.unpack(self._read(HEAD.size, deadline))
        if magic != MAGIC or length > MOST_FRAME:
            raise Gone("What came is no frame.")
        return number, self._read(length, deadline)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _read(self, length: int, deadline: float) -> bytes:
        """So many bytes; what came beyond them is kept for the next time."""
        if len(self._came) < length:
            data = bytearray(self._came)
            while len(data) < length:
                chunk = self._once_ready(select.POLLIN, self._socket.recv, CHUNK, deadline)
                if not chunk:
                    raise Gone("The other side hung up.")
                data += chunk
            self._came = bytes(data)
        read, self._came = self._came[:length], self._came[length:]
        return read

    def _once_ready(
        self, event: int, operation: Callable[[Any], Any], argument: Any, deadline: float
    ) -> Any:
        """What a socket's operation returns as soon as it can be done, if that is in time."""
        while True:
            left = _left(deadline)
            try:
                return operation(argument)
            except BlockingIOError:
                poll = select.poll()
                poll.register(self._socket, event)
                poll.poll(1000 * min(left, 86_400))  # the system's clock takes no infinity
            except OSError as error:
                raise Gone(f"The line broke: {error}.") from None


def _left(deadline: float) -> float:
    """Seconds until the deadline; raises Late once it has passed."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise Late("The other side did not answer in time.")
    return left


class Caller:
    """Asks the other side, one question after the other; believes nothing but its form."""

    def __init__(self, wire: Wire, codec: Codec) -> None:
        self._wire = wire
        self._codec = codec
        self._asked = 0
        self._is_dead = False

    def ask(self, verb: str, *arguments: Any, seconds: float, link: Link | None = None) -> Any:
        """Ask for a verb and wait for its value.

        seconds : until the answer must have come
        link : gets the carried values of the question as its inputs, and ties to them those of
            the answer, see `Codec.unpack`
        raises what the verb raised, built again; NotPlain if the arguments cannot be sent, in which
            case nothing is; Gone or Late, and from then on Gone at once
        """
        if self._is_dead:
            raise Gone("The other side did not answer an earlier question.")
        deadline = time.monotonic() + seconds
        body, carried = self._codec.pack_noting((verb, arguments))
        if link is not None:
            link.inputs = carried
        # Dead until the answer is here: whatever interrupts the wait, a signal's exception too,
        # would leave that answer to be taken for the next question's.
        self._is_dead = True
        number = self._asked = (self._asked + 1) % NUMBERS
        self._wire.send(number, body, deadline)
        answered, body = self._wire.receive(deadline)
        if answered != number:
            raise Gone("The answer is to another question.")
        try:
            answer = self._codec.unpack(body, link)
        except Malformed as error:
            raise Gone(f"The answer is malformed: {error}") from None
        if type(answer) is not tuple or len(answer) != 2:
            raise Gone("The answer is no pair.")
        outcome, value = answer
        if outcome == "error" and isinstance(value, Exception):
            self._is_dead = False
            raise value
        if outcome != "value":
            raise Gone("The answer is neither a value nor an exception.")
        self._is_dead = False
        return value


class Answerer:
    """Answers the questions of a Caller.

    verbs : what may be asked, by name
    """

    def __init__(self, wire: Wire, codec: Codec, verbs: Mapping[str, Callable[..., Any]]) -> None:
        self._wire = wire
        self._codec = codec
        self._verbs = verbs

    def serve(self) -> None:
        """Answer until the other side hangs up, or sends what is no question."""
        while True:
            try:
                number, question = self._wire.receive()
                verb, arguments = self._codec.unpack(question)
                self._wire.send(number, self._answer(verb, arguments))
            except (WireError, Malformed, TypeError, ValueError):
                return

    def _answer(self, verb: str, arguments: tuple[Any, ...]) -> bytes:
        """The answer, which is an exception if the verb raises one or its value cannot be sent."""
        try:
            return self._codec.pack(("value", self._verbs[verb](*arguments)))
        except BaseException as error:  # SystemExit too: the student's exit() ends no examination
            return self._codec.pack(("error", error))
