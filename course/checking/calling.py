"""Call the learner's function, and say what came of it: a value, or the exception it raised.

This is the only place that runs a learner's code. What it prints as a warning never reaches
stderr: nbgrader 0.9.6 scores a graded cell with any stderr output 0 (`utils.determine_grade`).

When a class is graded, the function is a stand-in for one in another process. It has a method
`beside`, by which `report` runs there, next to the function, and tells what an Outcome holds.
"""

import contextlib
import inspect
import io
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

TIME_LIMIT = 5.0
"""Seconds of processor time that one call may take before it counts as a loop that never ends.

Processor time, so that a busy machine takes no marks; a call that only waits may wait six times as
long by the clock.
"""

READY_MADE = ("scipy", "cv2", "skimage", "torch.jit", "torch._dynamo")
"""Modules with convolutions that torch cannot see, and its compilers, which hide what they run."""


class TookTooLong(BaseException):
    """Raised inside a learner's function at the time limit; no `except Exception` swallows it.

    seconds : that it had
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


@dataclass
class Outcome:
    """What came of one call.

    value : what the function returned
    error : the exception that it raised, if it raised one
    operations : how often each torch operation ran, by name; only filled when watched
    ready_made : the ready-made convolutions that it used; only filled when watched
    not_written : True if the released `raise NotImplementedError()` is still what answers
    """

    value: Any = None
    error: BaseException | None = None
    operations: Counter[str] = field(default_factory=Counter)
    ready_made: set[str] = field(default_factory=set)

    not_written: bool = False


def copy(arguments: Sequence[Any]) -> tuple[Any, ...]:
    """The arguments with every tensor cloned, so that a function may spoil them.

    >>> import torch
    >>> X = torch.ones(2, 3)
    >>> copy((X, 4))[0] is X
    False
    """
    return tuple(a.detach().clone() if isinstance(a, Tensor) else a for a in arguments)


def call(
    function: Callable[..., Any],
    arguments: Sequence[Any] = (),
    *,
    watch: bool = False,
    quiet: bool = False,
) -> Outcome:
    """Call a learner's function and catch what it raises.

    arguments : passed as they are
    watch : count the torch operations and notice ready-made convolutions
    quiet : throw away what it prints; otherwise it is printed, warnings on stdout
    returns an Outcome; KeyboardInterrupt and SystemExit of the kernel itself pass through

    >>> call(lambda x: x + 1, [2]).value
    3
    >>> call(lambda x: x / 0, [2]).error
    ZeroDivisionError('division by zero')
    """
    outcome = Outcome()
    try:
        if hasattr(function, "beside"):
            return _call_elsewhere(function, tuple(arguments), watch)
        with _printing(quiet), _exits(function), _time_limit(), _watching(outcome, watch):
            outcome.value = function(*arguments)
    except KeyboardInterrupt:
        raise
    except (Exception, TookTooLong, SystemExit) as error:
        outcome.error = error
        outcome.not_written = _is_stub(function, error)
    return outcome


def report(function: Callable[..., Any], arguments: Sequence[Any], watch: bool) -> dict[str, Any]:
    """What came of a call, as plain data, for an Outcome in another process.

    function, arguments, watch : as for `call`
    returns the fields of the Outcome

    >>> report(lambda x: x + 1, [2], False)["value"]
    3
    """
    outcome = call(function, arguments, watch=watch, quiet=True)
    return {
        "value": outcome.value,
        "error": outcome.error,
        "operations": dict(outcome.operations),
        "ready_made": sorted(outcome.ready_made),
        "not_written": outcome.not_written,
    }


def _call_elsewhere(function: Any, arguments: tuple[Any, ...], watch: bool) -> Outcome:
    """What came of a call in another process, as `report` tells it there."""
    try:
        return _outcome(function.beside(__name__, report.__name__, arguments, watch))
    except Exception as error:
        # Only the stand-in says so, and only of its own limit.
        seconds = getattr(error, "seconds_allowed", None)
        return Outcome(error=error if seconds is None else TookTooLong(seconds))


def ended_python(error: BaseException | None) -> bool:
    """Whether a call in another process ended that process, as only its stand-in says."""
    return getattr(error, "ends_python", False) is True


def _outcome(told: dict[str, Any]) -> Outcome:
    """The Outcome that `report` tells of; it may have been made up, so its types are looked at."""
    error = told["error"]
    if isinstance(error, Exception) and type(error).__name__ == SystemExit.__name__:
        error = SystemExit()
    counts = {str(name): int(count) for name, count in told["operations"].items()}
    return Outcome(
        told["value"],
        error if isinstance(error, BaseException) else None,
        Counter(counts),
        {str(name) for name in told["ready_made"]},
        told["not_written"] is True,
    )


def _is_stub(function: Callable[..., Any], error: BaseException) -> bool:
    """Whether the released stub of this very function raised, and not that of one it calls."""
    frames = list(traceback.walk_tb(error.__traceback__))
    innermost = frames[-1][0].f_code
    own = innermost is getattr(function, "__code__", innermost)
    return type(error) is NotImplementedError and not error.args and own


def count_operations(function: Callable[..., Any], *arguments: Any) -> int:
    """How many torch operations one call takes: the same number on every machine.

    arguments : passed as copies
    returns their number, a view such as a slice counting as one
    raises what the function raises

    >>> import torch
    >>> count_operations(lambda x: x + x * x, torch.ones(2, 3))
    2
    """
    outcome = call(function, copy(arguments), watch=True)
    if outcome.error is not None:
        raise outcome.error
    return outcome.operations.total()


def fits(function: Callable[..., Any], count: int) -> bool:
    """True if the function can be called with that many arguments, by position.

    >>> fits(lambda X, K: None, 2), fits(lambda X: None, 2)
    (True, False)
    """
    try:
        inspect.signature(function).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:  # no signature to be had, as for some built-in functions
        return True
    return True


@contextlib.contextmanager
def _printing(quiet: bool) -> Iterator[None]:
    out = io.StringIO() if quiet else sys.stdout
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        yield


@contextlib.contextmanager
def _time_limit() -> Iterator[None]:
    """Stop the call at the time limit, where the system has such a clock (not on Windows).

    Where a class is graded, the examiner limits the processor time of every call: that one holds.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    has_clock = in_main_thread and hasattr(signal, "setitimer")
    if not has_clock or signal.getitimer(signal.ITIMER_PROF)[0]:
        yield
        return

    clock, processor = time.monotonic(), time.thread_time()

    def look(signum: int, frame: FrameType | None) -> None:
        worked, waited = time.thread_time() - processor, time.monotonic() - clock
        if worked > TIME_LIMIT or waited > 6 * TIME_LIMIT:
            # Not again before this one has had time to arrive, on a busy machine too.
            signal.setitimer(signal.ITIMER_REAL, max(1.0, TIME_LIMIT), TIME_LIMIT / 10)
            raise TookTooLong(TIME_LIMIT)

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, TIME_LIMIT, TIME_LIMIT / 10)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class _Operations(TorchFunctionMode):
    """Sees every torch function that Python calls, under whatever name it was called."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome

    def __torch_function__(  # type: ignore[no-untyped-def]
        self, function, types, args=(), kwargs=None
    ):
        result = function(*args, **(kwargs or {}))
        name = getattr(function, "__name__", "")
        if isinstance(result, Tensor) or name == "__setitem__":  # and not a question of size
            self.outcome.operations[name] += 1
        if "conv" in name:
            self.outcome.ready_made.add(f"torch's {name}")
        return result


@contextlib.contextmanager
def _exits(function: Callable[..., Any]) -> Iterator[None]:
    """Let `exit()` and `quit()` raise here too: in a notebook they end the kernel a cell later."""
    names = getattr(function, "__globals__", {})
    kernels = {name: names[name] for name in ("exit", "quit") if name in names}
    names.update(dict.fromkeys(kernels, sys.exit))
    try:
        yield
    finally:
        names.update(kernels)


@contextlib.contextmanager
def _watching(outcome: Outcome, watch: bool) -> Iterator[None]:
    if not watch:
        yield
        return

    def notice(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            module = frame.f_globals.get("__name__") or ""
            outcome.ready_made |= {m for m in READY_MADE if f"{module}.".startswith(f"{m}.")}

    before = sys.getprofile()
    sys.setprofile(notice)
    try:
        with _Operations(outcome):
            yield
    finally:
        sys.setprofile(before)
