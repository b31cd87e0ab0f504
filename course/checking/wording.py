"""The sentences that a learner reads, without the judgement behind them."""

from collections.abc import Sequence
from math import prod
from typing import Any

from torch import Tensor

from course.checking.comparing import Difference
from course.exercises.arithmetic import number
from course.exercises.exercise import Exercise
from course.language import N_, _

NUMPY_STOPS_GRADIENTS = N_(
    "NumPy and SciPy cannot carry gradients. Stay in torch from X and K to the result."
)
READY_MADE = N_(
    "The task says from scratch: slide the window yourself, without a ready-made convolution."
)
NO_RETURN = N_("Did you forget `return`?")
NEVER_ENDS = N_("It did not finish within {seconds:g} seconds. Is there a loop that never ends?")
ENDS_PYTHON = N_("Python itself ended here: `os._exit`, a crash, or no memory left.")
EXITS = N_("It stops Python itself. Take out `exit()` or `sys.exit()`.")
NAN_ANSWER = N_("NaN comes from 0/0, or from `torch.empty` that was never filled.")

RESULT_AXES = {"c_i", "c_o", "h_o", "w_o"}

TYPES: dict[type, str] = {
    Tensor: N_("a tensor"),
    list: N_("a list"),
    tuple: N_("a tuple"),
    dict: N_("a dict"),
    int: N_("a number"),
    float: N_("a number"),
    str: N_("a text"),
    bool: N_("True or False"),
}


def name_type(kind: Any) -> str:
    """A type in a learner's words.

    >>> import numpy
    >>> name_type(list), name_type(numpy.ndarray)
    ('a list', 'ndarray')
    """
    if isinstance(kind, type):
        for known, words in TYPES.items():
            if issubclass(kind, known):
                return _(words)
        return str(kind.__name__)
    return str(kind)


def show(value: Any) -> str:
    """A value in one short piece of a line; a tensor by its shape.

    >>> import torch
    >>> show(torch.zeros(3, 5, 7)), show(0.5), show("add")
    ('(3, 5, 7)', '0.5', "'add'")
    """
    if isinstance(value, Tensor):
        return str(tuple(value.shape))
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        return number(value)
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def show_call(exercise: Exercise, arguments: Sequence[Any]) -> str:
    """A call with the shapes of its tensors.

    >>> import torch
    >>> from course.exercises.exercise import Exercise
    >>> show_call(Exercise("corr2d", "code", ("X", "K")), (torch.zeros(4, 6), torch.zeros(2, 3)))
    'corr2d(X: (4, 6), K: (2, 3))'
    """
    pairs = zip(exercise.parameters, arguments, strict=False)
    shown = (f"{p}: {show(a)}" if isinstance(a, Tensor) else f"{p}={show(a)}" for p, a in pairs)
    return f"{exercise.name}({', '.join(shown)})"


def name_axes(shape: Sequence[int], sizes: dict[str, int]) -> str | None:
    """A shape in the names of the axes, if every size has exactly one name.

    >>> name_axes((3, 4, 5), {"c_i": 3, "h_o": 4, "w_o": 5})
    '(c_i, h_o, w_o)'
    >>> name_axes((12, 5), {"c_o": 4, "c_i": 3, "w_o": 5})
    '(c_o·c_i, w_o)'
    """
    names = []
    likely = {name: size for name, size in sizes.items() if name in RESULT_AXES}
    channels = [size for name, size in likely.items() if name.startswith("c_")]
    for size in shape:
        found = [name for name, known in likely.items() if known == size]
        if not found and len(channels) == 2 and prod(channels) == size:
            found = ["c_o·c_i"]
        if not found:
            found = [name for name, known in sizes.items() if known == size]
        if len(found) != 1:
            return None
        names.append(found[0])
    return f"({', '.join(names)})" if names else None


def axis_sizes(exercise: Exercise, arguments: Sequence[Any]) -> dict[str, int]:
    """The size of each named axis of a call, those of the result included.

    >>> import torch
    >>> from course.exercises.exercise import Exercise
    >>> e = Exercise("corr2d", "code", axes=(("h", "w"), ("k_h", "k_w"), ("h_o", "w_o")))
    >>> axis_sizes(e, (torch.zeros(4, 6), torch.zeros(2, 3)))
    {'h': 4, 'w': 6, 'k_h': 2, 'k_w': 3, 'h_o': 3, 'w_o': 4}
    """
    sizes: dict[str, int] = {}
    for axes, argument in zip(exercise.axes, arguments, strict=False):
        if isinstance(argument, Tensor):
            sizes.update(zip(axes, argument.shape, strict=False))
    for side in "hw":
        if side in sizes and f"k_{side}" in sizes:
            sizes[f"{side}_o"] = sizes[side] - sizes[f"k_{side}"] + 1
    return sizes


def word_difference(exercise: Exercise, arguments: Sequence[Any], d: Difference) -> list[str]:
    """The call, what came and what was expected; for a shape the axes by name."""
    call = show_call(exercise, arguments)
    if d.kind == "none":
        return [_("{call} gives None.").format(call=call)]
    if d.kind == "type":
        return [
            _("{call} gives {got}, expected {expected}.").format(
                call=call, got=name_type(d.got), expected=name_type(d.expected)
            )
        ]
    if d.kind == "shape":
        lines = [
            _("{call} gives shape {got}, expected {expected}.").format(
                call=call, got=d.got, expected=d.expected
            )
        ]
        names = word_axes(exercise, arguments, d)
        return [*lines, names] if names else lines
    where = f"[{', '.join(map(str, d.index))}]" if d.index else ""
    if d.kind == "nan":
        return [_("{call} gives NaN at {where}.").format(call=call, where=where)]
    lines = [
        _("{call} gives {got} at {where}, expected {expected}.").format(
            call=call, where=where, got=show(d.got), expected=show(d.expected)
        )
        if where
        else _("{call} gives {got}, expected {expected}.").format(
            call=call, got=show(d.got), expected=show(d.expected)
        )
    ]
    if exercise.explain and len(d.index) == len(exercise.axes[-1]):
        lines.append(_("There, {sum}.").format(sum=exercise.explain(tuple(arguments), d.index)))
    return lines


def word_axes(exercise: Exercise, arguments: Sequence[Any], d: Difference) -> str | None:
    """A wrong shape in the names of the axes, where they can be told apart."""
    sizes = axis_sizes(exercise, arguments)
    if not exercise.axes:
        return None
    wanted = f"({', '.join(exercise.axes[-1])})"
    got = name_axes(d.got, sizes)
    if got and got != wanted:
        return _("You return {got}. Wanted is {wanted}.").format(got=got, wanted=wanted)
    return _("Wanted is {wanted}.").format(wanted=wanted)


def word_hidden(exercise: Exercise, arguments: Sequence[Any], d: Difference) -> str:
    """A difference as a hidden test may tell it: without inputs and without expected values."""
    if d.kind == "none":
        return _("It gives None.") + " " + _(NO_RETURN)
    if d.kind == "type":
        return _("It gives {got}, expected {expected}.").format(
            got=name_type(d.got), expected=name_type(d.expected)
        )
    if d.kind == "shape":
        return word_axes(exercise, arguments, d) or _("The shape is wrong.")
    if d.kind == "nan":
        return _("It gives NaN.") + " " + _(NAN_ANSWER)
    if exercise.kind != "code":
        return _("This is not the answer.")
    return _("Values are wrong.")
