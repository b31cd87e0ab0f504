"""Run cells as a notebook does, and keep what they show as notebook outputs.

An IPython shell without a kernel: no sockets, no threads, so that a process may be forked with it.
"""

import contextlib
import io
import sys
from collections.abc import Iterator
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

Output = dict[str, Any]

MOST_CHARACTERS = 100_000  # of text that one cell may show
MOST_DATA = 2_000_000  # characters of pictures and tables
MOST_OUTPUTS = 50
CUT = "\n… the rest is left out.\n"


class Outputs:
    """What one cell shows, as nbformat has it, and no more than fits."""

    def __init__(self) -> None:
        self.shown: list[Output] = []
        self.left_out: set[str] = set()  # kinds of which one had no room
        self._text = MOST_CHARACTERS
        self._data = MOST_DATA

    def write(self, stream: str, text: str) -> None:
        """Add printed text to the stream, which is "stdout" or "stderr"."""
        if self._text <= 0 or not text:
            return
        cut = text[: self._text]
        self._text -= len(cut)
        if self._text <= 0:
            cut += CUT
        last = self.shown[-1] if self.shown else {}
        if last.get("output_type") == "stream" and last["name"] == stream:
            last["text"].append(cut)
        elif self._has_room(0):
            self.shown.append({"output_type": "stream", "name": stream, "text": [cut]})

    def add(self, output: Output, size: int = 0) -> None:
        """Add an output of another kind, whose data is so many characters long."""
        if self._has_room(size):
            self._data -= size
            self.shown.append(output)
        else:
            self.left_out.add(output["output_type"])

    def _has_room(self, size: int) -> bool:
        return len(self.shown) < MOST_OUTPUTS and size <= self._data

    def finished(self) -> list[Output]:
        """The outputs, each stream's text in one piece."""
        return [
            {**o, "text": "".join(o["text"])} if o["output_type"] == "stream" else o
            for o in self.shown
        ]


class _Stream(io.TextIOBase):
    """Stands for sys.stdout or sys.stderr while a cell runs."""

    encoding = "utf-8"

    def __init__(self, outputs: Outputs, name: str) -> None:
        self._outputs, self.name = outputs, name

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._outputs.write(self.name, text)
        return len(text)

    def writable(self) -> bool:
        return True


def _plain_data(data: dict[str, Any]) -> tuple[dict[str, str], int]:
    plain = {str(kind): value for kind, value in data.items() if isinstance(value, str)}
    return plain, sum(map(len, plain.values()))


class _Publisher(DisplayPublisher):
    shell: "Shell"

    def publish(self, data: dict[str, Any], metadata: Any = None, **_: Any) -> None:  # type: ignore[override]
        plain, size = _plain_data(data)
        if plain:
            self.shell.outputs.add(
                {"output_type": "display_data", "data": plain, "metadata": {}}, size
            )

    def clear_output(self, wait: bool = False) -> None:
        pass


class _Formatter(DisplayFormatter):
    parent: "Shell"

    def format(self, obj: Any, include: Any = None, exclude: Any = None) -> Any:
        if not self.parent.draws:
            return {}, {}  # as for an object that has shown itself
        return super().format(obj, include, exclude)  # type: ignore[no-untyped-call]


class _Hook(DisplayHook):
    shell: "Shell"

    def start_displayhook(self) -> None:
        pass

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        plain, size = _plain_data(format_dict)
        count = self.shell.execution_count
        self.shell.outputs.add(
            {
                "output_type": "execute_result",
                "data": plain,
                "metadata": {},
                "execution_count": count,
            },
            size,
        )

    def log_output(self, format_dict: dict[str, Any]) -> None:
        pass

    def finish_displayhook(self) -> None:
        pass


class Shell(InteractiveShell):
    """One namespace in which cells run one after the other."""

    draws = True  # results, pictures and tracebacks, which is most of the time that they take

    def __init__(self) -> None:
        config = Config()
        config.HistoryManager.enabled = False  # it would start a thread
        config.HistoryManager.hist_file = ":memory:"
        super().__init__(  # type: ignore[no-untyped-call]
            config=config, displayhook_class=_Hook, display_pub_class=_Publisher, colors="nocolor"
        )
        self.display_formatter = _Formatter(parent=self)
        self.outputs = Outputs()
        with contextlib.suppress(ImportError):
            self.enable_matplotlib("inline")  # type: ignore[no-untyped-call]

    def enable_gui(self, gui: str | None = None) -> None:
        """There are no windows here."""

    def showtraceback(self, *about: Any, **more: Any) -> None:
        """Show the exception that has just occurred, if anything is shown."""
        if self.draws:
            super().showtraceback(*about, **more)

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.outputs.add(
            {
                "output_type": "error",
                "ename": str(getattr(etype, "__name__", etype)),
                "evalue": _said(evalue),
                "traceback": [str(line) for line in stb],
            },
            sum(len(str(line)) for line in stb),
        )

    def run(self, source: str, *, show: bool = True) -> tuple[list[Output], bool]:
        """Run a cell; return what it shows, and whether it came to its end.

        show : without it results, pictures and tracebacks are not drawn
        """
        self.outputs = Outputs()
        with self._captured(draws=show):
            # The history holds tracebacks, too.
            result = self.run_cell(source, store_history=show)  # type: ignore[no-untyped-call]
        self.execution_count += not show
        return (self.outputs.finished() if show else []), bool(result.success)

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        """Throw away what is shown meanwhile."""
        kept, self.outputs = self.outputs, Outputs()
        try:
            with self._captured(draws=False):
                yield
        finally:
            self.outputs = kept

    @contextlib.contextmanager
    def _captured(self, draws: bool) -> Iterator[None]:
        before = sys.stdout, sys.stderr, self.draws
        sys.stdout, sys.stderr = _Stream(self.outputs, "stdout"), _Stream(self.outputs, "stderr")
        self.draws = draws
        try:
            yield
        finally:
            sys.stdout, sys.stderr, self.draws = before


def _said(error: BaseException) -> str:
    try:
        return str(error)[:MOST_CHARACTERS]
    except BaseException:  # a student's own __str__
        return ""
