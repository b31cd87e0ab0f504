"""The student's process: runs the student's cells and calls their functions, when it is asked to.

Nothing in here can be trusted once a student's cell has run: that cell may have replaced all of it.
So it holds no test, no score, no path and no key, and the tester believes only what it can check.
"""

import contextlib
import importlib
import inspect
import random
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType, ModuleType
from typing import Any

from course.grading.examiner.plain import Codec
from course.grading.examiner.shell import Output, Shell
from course.grading.examiner.wire import Answerer, Wire

MOST_GRAPHS = 8  # calls whose results can still be differentiated
BY_THE_CLOCK = 6  # times the limit of processor time is the limit by the clock


class OutOfTime(BaseException):
    """Ends a cell or a call at its time limit; no `except Exception` swallows it."""


class StudentProcess:
    """What the tester may ask for, by the name of the method.

    shell : where the student's cells run
    carriers : what else than plain data may cross, such as tensors
    """

    def __init__(self, shell: Shell, carriers: Sequence[Any]) -> None:
        self._shell = shell
        self._carriers = carriers
        self._kept: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._graphs: dict[int, tuple[list[Any], list[Any]]] = {}
        self._calls = 0
        self.codec = Codec(carriers, keep=self.keep, resolve=self._kept.__getitem__)
        self.verbs: dict[str, Callable[..., Any]] = {
            "begin": self.begin,
            "run": self.run,
            "look": self.look,
            "call": self.call,
            "beside": self.beside,
            "get": self.get,
            "pull": self.pull,
            "modules": self.modules,
        }

    def begin(self, seed: int, files: dict[str, bytes]) -> None:
        """Start a submission: its own random numbers, and the files that lie beside the notebook.

        seed : below 2**32
        files : written below the working directory, which is empty
        """
        random.seed(seed)
        for carrier in self._carriers:
            if hasattr(carrier, "reseed"):
                carrier.reseed(seed)
        write_files(files)

    def run(self, source: str, show: bool, seconds: float) -> tuple[list[Output], bool, bool]:
        """Run a cell: what it shows, whether it came to its end, and whether it took too long."""
        with _time_limit(seconds) as stopped:
            outputs, ended = self._shell.run(source, show=show)
        return outputs, ended, bool(stopped)

    def look(self, names: list[str]) -> dict[str, Any]:
        """The values of the names that are there."""
        return {name: self._shell.user_ns[name] for name in names if name in self._shell.user_ns}

    def get(self, thing: Any, name: str) -> Any:
        """An attribute of a thing that stayed here."""
        return getattr(thing, name)

    def call(
        self, thing: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], seconds: float
    ) -> tuple[int, Any, Any]:
        """Call a thing that stayed here. What it prints goes nowhere.

        returns the number of the call, its value, and the arguments if the call changed them
        raises what it raises
        """
        return self._called(lambda: thing(*arguments, **keywords), (arguments, keywords), seconds)

    def beside(
        self, thing: Any, module: str, helper: str, arguments: tuple[Any, ...], seconds: float
    ) -> tuple[int, Any, Any]:
        """Call `module.helper(thing, *arguments)`, a function of the teacher's, in this process."""
        function = getattr(importlib.import_module(module), helper)
        return self._called(lambda: function(thing, *arguments), (arguments, {}), seconds)

    def _called(
        self, call: Callable[[], Any], given: tuple[Any, Any], seconds: float
    ) -> tuple[int, Any, Any]:
        before, inputs = self.codec.pack_noting(given)
        with self._shell.silent(), _time_limit(seconds):
            value = call()
        changed = given if self._has_changed(before, given) else None
        self._calls += 1
        self._graphs[self._calls] = (self.codec.carried((self._calls, value, changed)), inputs)
        self._graphs.pop(self._calls - MOST_GRAPHS, None)
        return self._calls, value, changed

    def _has_changed(self, before: bytes, given: Any) -> bool:
        return self.codec.pack(given) != before

    def pull(self, call: int, cotangents: list[Any]) -> list[Any]:
        """The gradients of a call's inputs, given those of its outputs."""
        outputs, inputs = self._graphs[call]
        for carrier in self._carriers:
            if hasattr(carrier, "pull_back"):
                return list(carrier.pull_back(outputs, inputs, cotangents))
        raise TypeError("nothing here can be differentiated")

    def modules(self) -> list[str]:
        """The names of all modules that are loaded."""
        return sorted(sys.modules)

    def keep(self, thing: Any) -> dict[str, Any]:
        """Keep a thing that cannot cross, and describe it for its stand-in."""
        if isinstance(thing, ModuleType):
            return {"number": -1, "type": "module", "name": thing.__name__}
        number = self._numbers.get(id(thing))
        if number is None:
            number = self._numbers[id(thing)] = len(self._kept)
            self._kept.append(thing)
        facts: dict[str, Any] = {"number": number, "type": type(thing).__name__}
        if callable(thing):
            facts["callable"] = True
            facts["names"] = [n for n, v in list(self._shell.user_ns.items()) if v is thing][:60]
            for fact in ("__name__", "__qualname__", "__module__", "__doc__"):
                said = getattr(thing, fact, None)
                if isinstance(said, str):
                    facts[fact] = said[:500]
            facts["parameters"] = _parameters(thing)
        return facts


def _parameters(function: Any) -> list[str] | None:
    """How a function may be called: `X`, `s=`, `/`, `*`, `*rest`, `**named`; None if unknown."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    written = {
        inspect.Parameter.POSITIONAL_ONLY: "/{}",
        inspect.Parameter.POSITIONAL_OR_KEYWORD: "{}",
        inspect.Parameter.VAR_POSITIONAL: "*{}",
        inspect.Parameter.KEYWORD_ONLY: "!{}",
        inspect.Parameter.VAR_KEYWORD: "**{}",
    }
    return [
        written[p.kind].format(p.name) + ("=" if p.default is not p.empty else "")
        for p in parameters
    ][:60]


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[list[int]]:
    """Raise OutOfTime in what runs too long. What hides from that is ended from outside.

    seconds : of processor time, so that a busy machine takes no marks; what only waits may wait
        BY_THE_CLOCK times as long by the clock
    gives a list, which is empty until OutOfTime was raised
    """
    stopped: list[int] = []

    def stop(signum: int, frame: FrameType | None) -> None:
        stopped.append(signum)
        raise OutOfTime(f"stopped after {seconds:g} seconds")

    timers = {signal.ITIMER_PROF: seconds, signal.ITIMER_REAL: BY_THE_CLOCK * seconds}
    signal.signal(signal.SIGPROF, stop)
    signal.signal(signal.SIGALRM, stop)
    try:
        for timer, limit in timers.items():
            signal.setitimer(timer, limit)
        yield stopped
    finally:
        for timer in timers:
            signal.setitimer(timer, 0)


def write_files(files: dict[str, bytes]) -> None:
    """Write files below the working directory.

    files : their contents by relative path
    """
    from pathlib import Path

    for name, content in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def serve(wire: Wire, shell: Shell, carriers: Sequence[Any]) -> None:
    """Answer the tester until it hangs up."""
    process = StudentProcess(shell, carriers)
    Answerer(wire, process.codec, process.verbs).serve()
