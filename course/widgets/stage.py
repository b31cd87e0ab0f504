"""What every widget stands on: how the browser asks, how Python answers, what stays when it ends.

The browser never computes a number of the lesson. It sends what the learner did as `asked`, Python
answers with `told`, and the browser draws `told`. Moving and stepping need no question, because
`told` holds the numbers of every position.
"""

import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import anywidget
from IPython.display import display, publish_display_data
from torch import Tensor
from traitlets import Dict, Unicode, observe

from course.figures import Picture
from course.figures.palette import INPUT, KERNEL, NEGATIVE, OUTPUT, ZERO
from course.language import N_, _

Asked = dict[str, Any]
Told = dict[str, Any]

HERE = Path(__file__)

WORDS = {
    "no_answer": N_(
        "Python has not answered yet: it is busy, or it was restarted. "
        "If this stays, run the cell again."
    ),
    "no_number": N_("'{text}' is not a number."),
    "row_column": N_("row {i}, column {j}: {value}"),
    "edit": N_("Type a number to change a cell."),
}
"""What the browser says in every widget; each widget adds its own words."""

OUR_FAULT = N_("This cannot be shown, and that is a fault of the course. Please report it.")
STILL = N_("A still picture. Run the cell to bring it to life.")


class CannotShow(ValueError):
    """Arguments that a widget cannot show. A notebook shows its sentence, without our traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"✗ {self}"]


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what is wrong with the arguments of a widget into one line without a traceback."""
    try:
        yield
    except (TypeError, ValueError) as problem:
        raise CannotShow(str(problem)) from None


class Stage(anywidget.AnyWidget):
    """The base of the widgets: name.py says what is true, name.js and name.css how it looks.

    A widget gives `WORDS`, `answer` and `still`, and calls `super().__init__(asked)`.

    asked : what the learner chose, in plain numbers and words, with `n`, the number of the question
    told : what there is to draw, with the `n` of its question; `problem` says why it is not newer
    words : what the browser says, translated
    name : what the widget is called, translated, for screen readers
    """

    WORDS: ClassVar[Mapping[str, str]] = {}
    NAME: ClassVar[str] = ""

    asked = Dict().tag(sync=True)
    told = Dict().tag(sync=True)
    words = Dict().tag(sync=True)
    name = Unicode().tag(sync=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Take the script and the style of the same stem, after the ones that all share."""
        if "_esm" not in vars(cls):  # traitlets makes subclasses of its own, which have theirs
            own = Path(str(sys.modules[cls.__module__].__file__))
            cls._esm = _both(own, ".js")
            cls._css = _colours() + _both(own, ".css")
        super().__init_subclass__(**kwargs)

    def __init__(self, asked: Asked) -> None:
        """Draw the answer to the first question.

        raises CannotShow with one sentence if there is none
        """
        with refusing():
            told = self.answer(asked)
        words = {key: _(sentence) for key, sentence in {**WORDS, **self.WORDS}.items()}
        super().__init__(asked=asked, told=told | {"n": 0}, words=words, name=_(self.NAME))

    def answer(self, asked: Asked) -> Told:
        """All that the browser draws, in plain numbers and words.

        raises TypeError or ValueError with one sentence if there is nothing to draw
        """
        raise NotImplementedError

    def still(self) -> Picture:
        """The widget as it opens, where no browser runs it."""
        raise NotImplementedError

    @observe("asked")
    def _tell(self, change: Mapping[str, Any]) -> None:
        """Answer the browser; a question without an answer leaves the picture as it is."""
        n = change["new"].get("n", 0)
        if change["name"] not in self._trait_values or not n:
            return
        try:
            self.told = self.answer(change["new"]) | {"n": n}
        except (TypeError, ValueError) as problem:
            self.told = {**self.told, "n": n, "problem": str(problem)}
        except Exception:  # ours to mend: said in the widget, and told in full in Jupyter's log
            self.told = {**self.told, "n": n, "problem": _(OUR_FAULT)}
            raise

    def _ipython_display_(self, **kwargs: Any) -> None:
        """Show the widget, and after it the still picture, which the living widget hides.

        The picture is an output of its own, since a page that knows widgets shows nothing else of
        theirs, and no widget lives in a graded notebook, on a page, or after the kernel has ended.
        """
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        mime = "application/vnd.jupyter.widget-view+json"
        publish_display_data(  # type: ignore[no-untyped-call]
            {mime: view, "text/html": "<!-- -->", "text/plain": ""}
        )
        display(Still(self.still()))  # type: ignore[no-untyped-call]


class Still:
    """A picture that a living widget just above it hides."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle, metadata = self.picture._repr_mimebundle_()
        image = bundle["text/html"]
        caption = f'<p style="font-size: 85%; opacity: 0.75; margin: 0.3em 0">{_(STILL)}</p>'
        return bundle | {"text/html": f'<div class="mc-still">{image}{caption}</div>'}, metadata


def _both(own: Path, suffix: str) -> str:
    """The text that all widgets share, then the widget's own."""
    return "\n".join(path.with_suffix(suffix).read_text("utf-8") for path in (HERE, own))


def _colours() -> str:
    """The colours of the course as CSS variables, so that pictures and widgets cannot differ."""
    inks = "".join(
        f"--mc-{role.letter.lower()}: {role.fill}; --mc-{role.letter.lower()}-ink: {role.ink}; "
        for role in (INPUT, KERNEL, OUTPUT)
    )
    return f".mc-stage {{ {inks}--mc-negative: {NEGATIVE}; --mc-zero: {ZERO}; }}\n"


def packed(values: Tensor, kind: str) -> str:
    """Numbers as base64, so that thousands of them reach the browser at once.

    values : of any shape
    kind : how a number is stored: "<f4" is a float32, "<i4" an int32

    >>> import torch
    >>> packed(torch.ones(1), "<f4")
    'AACAPw=='
    """
    return b64encode(values.numpy().astype(kind).tobytes()).decode("ascii")
