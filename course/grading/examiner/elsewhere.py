"""The tester's side of the student's process: ask it, and stand in for what stays there.

Everything that comes from there is plain data, or a stand-in that this module makes. A stand-in can
be called and looked into; it never compares, so no student's `__eq__` decides anything here.
"""

import contextlib
import inspect
import keyword
import sys
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from course.grading.examiner.plain import Codec, NotPlain, overwrite
from course.grading.examiner.shell import Output
from course.grading.examiner.student import BY_THE_CLOCK
from course.grading.examiner.wire import Caller, Late, Wire, WireError

MOST_OUTPUTS = 100  # of one cell
MOST_MODULES = 10_000
MOST_NAME = 200  # characters of a module's name
GRACE = 5.0  # seconds that the process may be late, beyond the time limit that it keeps itself
LESS = 10  # times less time is left after what took too long, and again for the same function

INSIDE = f"{__name__.partition('.')[0]}."
"""What the names of this package's modules begin with."""

UNKNOWN_MODULE = object()
"""Stands for a module that the tester has not loaded: a test that wants it must import it."""


class PythonEnded(RuntimeError):
    """The student's Python came to its end, or stopped answering, during a call.

    ends_python : tells it from an exception of the student's of the same name
    """

    ends_python = True


class OutOfTime(RuntimeError):
    """A call was stopped because it took too long.

    seconds_allowed : that it had, or the first such call of the same function
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"stopped after {seconds:g} seconds")
        self.seconds_allowed = seconds


class Patience:
    """How long a cell or a call of one submission may take.

    seconds : of processor time. Once one took too long, the others get less: an endless function
        costs its time once, and an answer that is right takes milliseconds
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._least = seconds / LESS

    @property
    def has_run_out(self) -> bool:
        return self.seconds == self._least

    def run_out(self) -> None:
        """Be told that a cell or a call took too long."""
        self.seconds = self._least


class Elsewhere:
    """Stands in for something that stays in the student's process."""

    def __init__(self, process: "Student", facts: dict[str, Any]) -> None:
        self._process, self._number = process, facts["number"]
        names = facts.get("names")
        self._names = names if isinstance(names, list) else []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._process.get(self, name)


class CallableElsewhere(Elsewhere):
    """Stands in for a function or a class of the student's."""

    def __init__(self, process: "Student", facts: dict[str, Any]) -> None:
        super().__init__(process, facts)
        for name in ("__name__", "__qualname__", "__module__", "__doc__"):
            if isinstance(facts.get(name), str):
                setattr(self, name, facts[name])
        signature = _signature(facts.get("parameters"))
        if signature is not None:
            self.__signature__ = signature

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._process.call(self, arguments, keywords)

    def beside(self, module: str, helper: str, *arguments: Any) -> Any:
        """Call `module.helper(function, *arguments)` in the process where the function lives.

        module : its dotted name; the student's process imports it
        returns what the helper returns, which is the word of the student's process
        """
        return self._process.beside(self, module, helper, arguments)


class Student:
    """The student's process, as the tester sees it.

    wire : the line to it
    carriers : what else than plain data may cross
    patience : how long a cell or a call may take
    """

    def __init__(self, wire: Wire, carriers: Sequence[Any], patience: Patience) -> None:
        self._patience = patience
        # By the number of a function: how long a call of it had that took too long.
        self._too_slow: dict[int, float] = {}
        self._stand_ins: dict[int, Any] = {}
        self.codec = Codec(
            carriers,
            stand_in=self._stand_in,
            refer=lambda value: value._number if isinstance(value, Elsewhere) else None,
        )
        self._caller = Caller(wire, self.codec)
        self.is_alive = True

    def begin(self, seed: int, files: dict[str, bytes]) -> None:
        with self._properly():
            self._ask("begin", seed, files)

    def run(self, source: str, show: bool) -> tuple[list[Output], bool]:
        """Run a cell there; return what it shows, and whether it came to its end.

        raises PythonEnded if the process did not survive it
        """
        with self._properly():
            outputs, ended, late = self._ask("run", source, show, self._patience.seconds)
            if late is True:
                self._patience.run_out()
            return [_output(output) for output in outputs][:MOST_OUTPUTS], ended is True

    def look(self, names: Sequence[str]) -> dict[str, Any]:
        """The values of the names that are there; a stand-in for what cannot cross."""
        found: dict[str, Any] = {}
        for name in names:
            # One by one: a value that cannot cross must not hold up the others.
            with self._properly():
                answer = self._ask("look", [name])
            if isinstance(answer, dict) and name in answer and answer[name] is not UNKNOWN_MODULE:
                found[name] = answer[name]
        return found

    def get(self, thing: Elsewhere, name: str) -> Any:
        return self._ask("get", thing, name)

    def call(self, thing: Elsewhere, arguments: Any, keywords: dict[str, Any]) -> Any:
        return self._called("call", (arguments, keywords), thing, arguments, keywords)

    def beside(self, thing: Elsewhere, module: str, helper: str, arguments: Any) -> Any:
        return self._called("beside", (arguments, {}), thing, module, helper, arguments)

    def modules(self) -> list[str]:
        """The names of the modules that the process has loaded."""
        with self._properly():
            names = self._ask("modules")
            # So few, and so short, that the tester can tell them to the examiner.
            return [name for name in names if _is_name(name)][:MOST_MODULES]

    @contextlib.contextmanager
    def _properly(self) -> Iterator[None]:
        """For what no test has asked for: any other answer than the proper one ends the process."""
        try:
            yield
        except PythonEnded:
            raise
        except Exception as error:
            self.is_alive = False
            why = f" {error}" if isinstance(error, NotPlain) else ""
            raise PythonEnded(f"The process gave no proper answer.{why}") from error

    def _called(self, verb: str, given: Any, thing: Elsewhere, *asked: Any) -> Any:
        link = SimpleNamespace(inputs=(), pull=None, call=None)
        link.pull = lambda cotangents: self._ask("pull", link.call, cotangents)
        seconds = self._patience.seconds / (LESS if thing._number in self._too_slow else 1)
        longest = self._too_slow.get(thing._number, seconds)
        try:
            answer = self._ask(verb, thing, *asked, seconds, link=link)
        except Exception as error:
            if type(error).__name__ != OutOfTime.__name__:  # as the process calls it, too
                raise
            self._patience.run_out()
            self._too_slow[thing._number] = longest
            raise OutOfTime(longest) from error
        if not (isinstance(answer, tuple) and len(answer) == 3 and type(answer[0]) is int):
            self.is_alive = False
            raise PythonEnded("The process gave no proper answer.")
        link.call, value, changed = answer
        if changed is not None:
            overwrite(given, changed, self.codec)
        return value

    def _ask(self, verb: str, *arguments: Any, link: Any = None) -> Any:
        seconds = BY_THE_CLOCK * self._patience.seconds + GRACE
        try:
            return self._caller.ask(verb, *arguments, seconds=seconds, link=link)
        except WireError as error:
            self.is_alive = False
            if isinstance(error, Late):
                self._patience.run_out()
            raise PythonEnded(
                "Python ended or hung here: os._exit, a crash, no memory left, or an endless loop."
            ) from error

    def _stand_in(self, facts: dict[str, Any]) -> Any:
        number = facts["number"]
        if number < 0:
            return _module(facts)
        if number not in self._stand_ins:
            kind = CallableElsewhere if facts.get("callable") is True else Elsewhere
            name = str(facts["type"])
            named = name if name.isidentifier() and not keyword.iskeyword(name) else "object"
            self._stand_ins[number] = type(named, (kind,), {})(self, facts)
        return self._stand_ins[number]


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and name.isascii() and len(name) <= MOST_NAME


def _module(facts: dict[str, Any]) -> Any:
    """A module that the tester has loaded itself; another one the student cannot make it load.

    None of the inner ones of this package: some of them hold the references that it is tested with.
    """
    name = facts.get("name")
    if not isinstance(name, str) or name.startswith(INSIDE):
        return UNKNOWN_MODULE
    return sys.modules.get(name, UNKNOWN_MODULE)


def _signature(parameters: Any) -> inspect.Signature | None:
    """The signature that the student's process describes, if it describes one."""
    kinds: list[tuple[str, Any]] = [
        ("**", inspect.Parameter.VAR_KEYWORD),
        ("*", inspect.Parameter.VAR_POSITIONAL),
        ("/", inspect.Parameter.POSITIONAL_ONLY),
        ("!", inspect.Parameter.KEYWORD_ONLY),
        ("", inspect.Parameter.POSITIONAL_OR_KEYWORD),
    ]
    if not isinstance(parameters, list):
        return None
    made = []
    try:
        for written in parameters:
            mark, kind = next(k for k in kinds if written.startswith(k[0]))
            name = written.removeprefix(mark)
            default = None if name.endswith("=") else inspect.Parameter.empty
            made.append(inspect.Parameter(name.removesuffix("="), kind, default=default))
        return inspect.Signature(made)
    except (AttributeError, TypeError, ValueError):
        return None


def _output(output: Any) -> Output:
    """One output, checked: S may send anything."""
    kind = output["output_type"]
    if kind == "stream":
        return {"output_type": kind, "name": _one_of(output["name"]), "text": _text(output["text"])}
    if kind in ("display_data", "execute_result"):
        data = {_text(mime): _text(value) for mime, value in output["data"].items()}
        return {"output_type": kind, "data": data, "metadata": {}}
    if kind == "error":
        return {
            "output_type": kind,
            "ename": _text(output["ename"]),
            "evalue": _text(output["evalue"]),
            "traceback": [_text(line) for line in output["traceback"]],
        }
    raise ValueError(f"no such output: {kind!r}")


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError("text expected")
    return value.encode("utf-8", "replace").decode()


def _one_of(name: Any) -> str:
    return name if name in ("stdout", "stderr") else "stdout"
