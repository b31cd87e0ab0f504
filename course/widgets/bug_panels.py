"""What the bug lab shows of a meeting: both outputs, their difference, and the one sentence."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from course.checking.calling import TookTooLong
from course.checking.wording import name_type, show
from course.exercises.exercise import Exercise
from course.figures.numbers import largest, short
from course.figures.page import Page
from course.figures.palette import OUTPUT, QUIET, role_of
from course.language import _
from course.widgets.exposing import Meeting, Shape, wrong_cells
from course.widgets.stage import Told
from course.widgets.their_function import is_plain

MOST_DRAWN = 400


def outputs(
    exercise: Exercise, meeting: Meeting, arguments: Sequence[Any], name: str, raised: str
) -> Told:
    """The truth, the other output and the difference, and the sentence that sums them up.

    name : what the other function is called
    raised : its exception in words
    returns a panel for each, and the verdict
    """
    truth, answer = meeting.truth, meeting.answer
    unfinished = answer.not_written or isinstance(answer.error, TookTooLong)
    sentence = raised if unfinished else verdict(exercise, meeting, arguments, name)
    told: Told = {
        "truth": panel(truth.value, "Y") if truth.error is None else said(_told(truth.error)),
        "answer": panel(answer.value, "Y") if answer.error is None else said(raised),
        "difference": said("\N{EN DASH}"),
        "verdict": {"by": "" if answer.not_written else meeting.by, "sentence": sentence},
    }
    if meeting.by == "inputs" and meeting.place is not None:
        told["difference"] = spoiled(exercise, meeting, arguments, meeting.place)
    elif meeting.by == "gradient":
        told["difference"] = said(gradients(exercise, meeting, arguments)) | {
            "title": _("Gradients")
        }
    elif alike(truth.value, answer.value):
        wrong = wrong_cells(answer.value, truth.value) if meeting.difference else []
        apart = torch.zeros(truth.value.shape, dtype=torch.float64)
        for index in wrong:
            apart[index] = float(answer.value[index].detach()) - float(truth.value[index])
        told["difference"] = panel(apart, "")
        mark(told["answer"], apart.shape, wrong)
        mark(told["difference"], apart.shape, wrong)
    elif meeting.by == "shape" and meeting.difference:
        told["difference"] = said(
            f"{meeting.difference.got} \N{NOT EQUAL TO} {meeting.difference.expected}"
        )
    return told


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def spoiled(exercise: Exercise, meeting: Meeting, arguments: Sequence[Any], place: int) -> Told:
    """The input that a call has changed, as it is afterwards."""
    name, before, after = exercise.parameters[place], arguments[place], meeting.after[place]
    told = panel(after, name) | {"title": _("{name} after the call").format(name=name)}
    if after.shape == before.shape:
        mark(told, after.shape, wrong_cells(after, before))
    return told


def gradients(exercise: Exercise, meeting: Meeting, arguments: Sequence[Any]) -> str:
    """Which of the tensors a gradient reaches, a line each."""
    return "\n".join(
        (_("✗ {name}: no gradient") if p in meeting.cut else _("✓ {name}: a gradient")).format(
            name=name
        )
        for p, (name, argument) in enumerate(zip(exercise.parameters, arguments, strict=True))
        if isinstance(argument, Tensor)
    )


def verdict(exercise: Exercise, meeting: Meeting, arguments: Sequence[Any], name: str) -> str:
    """What parts the two, or that nothing does, in one sentence."""
    difference, names = meeting.difference, exercise.parameters
    got, expected = meeting.answer, meeting.truth
    if not meeting.by:
        return agreement(meeting, arguments)
    if meeting.by == "raises" and expected.error is None:
        return _("{name} stops with an exception. The truth does not.").format(name=name)
    if meeting.by == "raises":
        return _("The truth refuses with {expected}, and {name} with {got}.").format(
            expected=type(expected.error).__name__, name=name, got=type(got.error).__name__
        )
    if meeting.by == "accepts":
        return _("The truth refuses this input with {expected}. {name} takes it.").format(
            expected=type(expected.error).__name__, name=name
        )
    if meeting.by == "none":
        return _("{name} gives None.").format(name=name)
    if meeting.by == "inputs" and meeting.place is not None:
        changed = names[meeting.place]
        return _("The numbers agree, but the call has changed {name}.").format(name=changed)
    if difference is None:
        cut = ", ".join(names[p] for p in meeting.cut)
        return _("The numbers agree, but no gradient reaches {names}.").format(names=cut)
    if meeting.by == "shape":
        return _("Shape {got} against {expected}.").format(
            got=difference.got, expected=difference.expected
        )
    if alike(expected.value, got.value):
        wrong = len(wrong_cells(got.value, expected.value))
        return _("Numbers that differ: {count} of {all}.").format(
            count=wrong, all=expected.value.numel()
        )
    kinds = difference.got, difference.expected
    words = [name_type(k) for k in kinds] if meeting.by == "type" else [show(k) for k in kinds]
    return _("{name} gives {got}, the truth is {expected}.").format(
        name=name, got=words[0], expected=words[1]
    )


def agreement(meeting: Meeting, arguments: Sequence[Any]) -> str:
    """That nothing parts the two, and what to try."""
    if meeting.truth.error is not None:
        return _("Both refuse this input.")
    if meeting.answer.error is not None:
        return _("It refuses to mix whole numbers and fractions, which is allowed.")
    if not any(bool(a.any()) for a in arguments if isinstance(a, Tensor)):
        return _("All is 0, and both give the same. Paint a cell.")
    if isinstance(meeting.truth.value, Tensor) and not meeting.truth.value.any():
        return _("Both give zeros only. Paint on, until products are not 0.")
    return _("They agree on every number. Paint on.")


def alike(one: Any, other: Any) -> bool:
    """True for two tensors of one shape, whose numbers can be subtracted."""
    return (
        isinstance(one, Tensor)
        and isinstance(other, Tensor)
        and one.shape == other.shape
        and is_plain(one)
        and is_plain(other)
    )


def panel(value: Any, name: str) -> Told:
    """A value as tiles of numbers, or, where it has none, as a text.

    returns tiles as [label, rows, marked cells], `across` of them in a row

    >>> panel(torch.zeros(2, 3, 3), "X")["tiles"][1][0]
    'X[1]'
    """
    told: Told = {"title": "", "shape": "", "tiles": [], "across": 1, "text": "", "limit": 0.0}
    if value is None:
        return told | {"text": "None"}
    if not isinstance(value, Tensor):
        return told | {
            "text": _("{kind}: {value}").format(kind=name_type(type(value)), value=show(value))
        }
    told["shape"] = str(tuple(value.shape))
    if value.numel() == 0:
        return told | {"text": _("There is no cell in it.")}
    if not is_plain(value) or value.numel() > MOST_DRAWN:
        return told | {"text": _("It is not drawn here.")}
    numbers = value.detach().double()
    flat = numbers.reshape(-1, *(1, 1, *numbers.shape)[-2:])
    leading = tuple(numbers.shape[:-2])
    told["across"] = leading[-1] if leading else 1
    told["limit"] = largest(numbers.nan_to_num(0, 0, 0).numpy())
    for t, rows in enumerate(flat.tolist()):
        index = [int(i) for i in torch.unravel_index(torch.tensor(t), leading)] if leading else []
        label = f"{name}[{', '.join(map(str, index))}]" if index else ""
        told["tiles"].append([label, [[plain(v) for v in row] for row in rows], []])
    return told


def plain(value: float) -> float | str:
    """A number that JSON can hold; NaN and infinity as words."""
    return value if isfinite(value) else "NaN" if value != value else "∞" if value > 0 else "−∞"


def mark(told: Told, shape: Shape, cells: Sequence[Shape]) -> None:
    """Mark cells of a panel, given by their index in a tensor of that shape."""
    for index in cells if told["tiles"] else ():
        *leading, i, j = (0, 0, *index)[-max(len(shape), 2) :]
        t = 0
        for size, at in zip(shape[:-2], leading, strict=True):
            t = t * size + at
        told["tiles"][t][2].append([i, j])


def said(text: str) -> Told:
    """A panel that holds words only."""
    return panel("", "") | {"text": text}


def place_panel(page: Page, x: float, y: float, title: str, one: Told) -> tuple[float, float]:
    """Draw a panel in the still picture; return its right and lower end."""
    role = role_of(title) if one.get("role") else OUTPUT
    right = page.name(x, y, title, role, one["shape"]).right
    top = y + 1.0
    if not one["tiles"]:
        box = page.word(x, top, one["text"], colour=QUIET)
        return max(right, box.right), box.bottom
    bottom = top
    for t, (label, rows, _marks) in enumerate(one["tiles"]):
        # NaN and infinity have no colour; they stand as 0 here, and by their names in `in_words`.
        matrix = torch.tensor(
            [[v if isinstance(v, float) else 0.0 for v in row] for row in rows]
        ).numpy()
        down, across = divmod(t, one["across"])
        h, w = matrix.shape
        left, high = x + across * (w + 0.8), top + down * (h + 1.1)
        page.word(left, high - 0.1, label)
        box = page.tile(matrix, left, high + 0.3, role, one["limit"], name=label or title)
        right, bottom = max(right, box.right), max(bottom, box.bottom)
    return right, bottom


def in_words(title: str, one: Told) -> str:
    """A panel for those who do not see it.

    >>> in_words("K", panel(torch.zeros(1, 2, 2), "K"))
    'K, shape (1, 2, 2). K[0]: 0 0; 0 0.'
    """
    if not one["tiles"]:
        return _("{name}: {text}").format(name=title, text=one["text"])
    matrices = [
        "; ".join(" ".join(v if isinstance(v, str) else short(v) for v in row) for row in rows)
        for _label, rows, _marked in one["tiles"]
    ]
    labels = [label for label, *_rest in one["tiles"]]
    told = " ".join(
        f"{label}: {matrix}." if label else f"{matrix}."
        for label, matrix in zip(labels, matrices, strict=True)
    )
    shape = _("{name}, shape {shape}.").format(name=title, shape=one["shape"])
    return f"{shape} {told}"
