"""The axis explorer: where each number of a small tensor goes, and how it lies in memory."""

from collections.abc import Sequence
from itertools import product
from typing import Any, ClassVar

from course.figures import Picture
from course.figures.page import Box, Page
from course.figures.palette import TEXT
from course.language import N_, _
from course.widgets.axes_moved import (
    OPERATIONS,
    Laid,
    Moved,
    factorings,
    move_axes,
    numbered,
    orders,
    whole_numbers,
)
from course.widgets.stage import Asked, Stage, Told

PALETTE = (
    "#99DDFF",
    "#FFAABB",
    "#EEDD88",
    "#BBCC33",
    "#DDDDDD",
    "#EE8866",
    "#77AADD",
    "#44BB99",
    "#AAAA00",
)
"""Paul Tol's "light" scheme, made for cells under dark words and for all kinds of sight.

It is none of the colours of X, K and Y, since these tensors are none of them.
"""


class AxisExplorer(Stage):
    """Stack, cat, permute and reshape numbered tensors, and follow each number to its place.

    shape : of A, and of B; 1 to 4 axes, at most 48 numbers

    >>> AxisExplorer(shape=(2, 3, 4)).told["code"]
    'A.permute(1, 2, 0).shape == (3, 4, 2)'
    """

    NAME: ClassVar = N_("Axis explorer")
    WORDS: ClassVar = {
        "operation": N_("Operation"),
        "stack": N_("stack"),
        "cat": N_("cat"),
        "permute": N_("permute"),
        "reshape": N_("reshape"),
        "permute_reshape": N_("permute, then reshape"),
        "shape": N_("Shape of A"),
        "dim": N_("dim"),
        "order": N_("Order of the axes"),
        "target": N_("New shape"),
        "typed": N_("or type one"),
        "typed_label": N_("New shape, typed; one size may be -1"),
        "compare": N_("Compare with reshape"),
        "replay": N_("Show the move"),
        "axis": N_("axis {axis}"),
        "named_axis": N_("axis {axis} ({name})"),
        "lines": N_("lines of blocks"),
        "blocks": N_("block by block"),
        "down": N_("down ↓"),
        "across": N_("across →"),
        "legend": N_("Dashed: another number than with permute."),
        "follow": N_("Point at a number, or walk with the arrow keys, to follow it."),
        "cell": N_("{number} at {place}"),
        "elsewhere": N_("{number} at {place}, another number than with permute"),
        "followed": N_("{number} is {before} and becomes {after}. In the memory of R: place {at}."),
        "memory": N_("R in memory"),
        "reading": N_("R read row by row"),
        "facts": N_("Shape and memory"),
        "tensor": N_("tensor"),
        "its_shape": N_("shape"),
        "strides": N_("strides"),
        "contiguous": N_("contiguous"),
        "where": N_("memory"),
    }

    def __init__(self, shape: Sequence[int] = (2, 3, 4)) -> None:
        super().__init__({"shape": shape, "operation": "permute", "compare": False})

    def answer(self, asked: Asked) -> Told:
        """The tensors before and after, number by number, and how they lie in memory.

        asked : shape and operation; dim, order and target as far as they matter, or None
        """
        A = numbered("A", whole_numbers(asked["shape"]))
        operation = asked["operation"]
        order = asked.get("order") or _usual_order(A)
        target = whole_numbers(asked.get("target") or _usual_target(A, operation, order))
        dim = asked.get("dim") or 0
        moved = move_axes(A.shape, operation, dim, order, target)
        compare = bool(asked.get("compare")) and moved.reshaped is not None
        return {
            "shape": list(A.shape),
            "operation": operation,
            "operations": list(OPERATIONS),
            "dim": dim,
            "dims": list(range(len(A.shape) + (operation == "stack"))),
            "order": list(order),
            "orders": [[list(one), _order_in_words(one, A)] for one in orders(len(A.shape))],
            "target": list(target),
            "targets": [list(one) for one in factorings(A.numbers.numel())],
            "compare": compare,
            "code": f"{moved.code}.shape == {moved.after.shape}",
            "before": [_drawn(laid) for laid in moved.before],
            "after": _drawn(moved.after),
            "wrong": _compared(moved) if compare else None,
            "colours": _colours(moved),
            "places": _places(moved),
            "facts": [_facts(laid, moved) for laid in (*moved.before, moved.after)],
            "notes": explained(moved, operation, dim, compare),
        }

    def still(self) -> Picture:
        return draw_move(move_axes(self.told["shape"], "permute", order=self.told["order"]))


def _usual_order(A: Laid) -> list[int]:
    """The first axis last, as from (c, h, w) to (h, w, c)."""
    return [*range(1, len(A.shape)), 0]


def _usual_target(A: Laid, operation: str, order: Sequence[int]) -> list[int]:
    """All axes but the last one joined; after permute all but the first, which needs a copy."""
    count = A.numbers.numel()
    if len(A.shape) == 1:
        choices = factorings(count, 2)
        return list(choices[len(choices) // 2])
    if operation == "permute_reshape":
        first = A.shape[order[0]]
        return [first, count // first]
    return [count // A.shape[-1], A.shape[-1]]


def _order_in_words(order: Sequence[int], A: Laid) -> str:
    """An order of axes with their names.

    >>> _order_in_words((1, 2, 0), numbered("A", (2, 3, 4)))
    '1, 2, 0: (h, w, c)'
    """
    return f"{', '.join(map(str, order))}: ({', '.join(A.axes[axis] for axis in order)})"


def _drawn(laid: Laid) -> dict[str, Any]:
    """A tensor as matrices, one for each index of the axes before the last two."""
    leading, rows = laid.shape[:-2], laid.numbers.tolist()
    return {
        "name": laid.name,
        "shape": str(laid.shape),
        "axes": [
            {"axis": axis, "name": name, "size": size}
            for axis, (name, size) in enumerate(zip(laid.axes, laid.shape, strict=True))
        ],
        "blocks": [
            {"at": list(at), "rows": laid.numbers[at].tolist() if len(laid.shape) > 1 else [rows]}
            for at in product(*map(range, leading))
        ],
        "reading": laid.numbers.flatten().tolist(),
        "memory": laid.memory,
    }


def _compared(moved: Moved) -> dict[str, Any]:
    """What reshape alone makes, and for each place whether it holds another number."""
    assert moved.reshaped
    elsewhere = (moved.reshaped.numbers != moved.after.numbers).flatten().tolist()
    code = f"S = A.reshape({', '.join(map(str, moved.reshaped.shape))})"
    return _drawn(moved.reshaped) | {"code": code, "elsewhere": elsewhere}


def _colours(moved: Moved) -> dict[int, str]:
    """A colour for each number: its tensor's, or that of its place along the first axis of A."""
    if len(moved.before) == 2:
        pairs = zip(moved.before, PALETTE, strict=False)
        return {number: ink for laid, ink in pairs for number in laid.numbers.flatten().tolist()}
    (A,) = moved.before
    return {
        number: PALETTE[index % len(PALETTE)]
        for index, part in enumerate(A.numbers)
        for number in part.flatten().tolist()
    }


def _places(moved: Moved) -> dict[int, dict[str, Any]]:
    """For each number where it stands before, after, and in the memory of the result."""
    memory = moved.after.memory
    before = {number: place for laid in moved.before for number, place in places_of(laid).items()}
    return {
        number: {"before": before[number], "after": place, "at": memory.index(number)}
        for number, place in places_of(moved.after).items()
    }


def places_of(laid: Laid) -> dict[int, str]:
    """For each number the index that gives it.

    >>> places_of(numbered("A", (2, 2)))[3]
    'A[1, 1]'
    """
    indices = product(*map(range, laid.shape))
    return {int(laid.numbers[index]): f"{laid.name}{list(index)}" for index in indices}


def _facts(laid: Laid, moved: Moved) -> dict[str, str]:
    """A row of the table."""
    shared = laid.name == "R" and laid.shares(moved.before[0])
    return {
        "name": laid.name,
        "shape": str(laid.shape),
        "strides": str(laid.strides),
        "contiguous": _("yes") if laid.contiguous else _("no"),
        "where": _("the memory of A") if shared else _("memory of its own"),
    }


def explained(moved: Moved, operation: str, dim: int, compare: bool) -> list[str]:
    """What the operation did, in sentences.

    >>> explained(move_axes((2, 3), "cat", dim=1), "cat", 1, False)[0]
    'cat makes axis 1 longer: 3 + 3 = 6. No axis is added.'
    """
    A, R = moved.before[0], moved.after
    if operation == "stack":
        first, second = (f"R[{', '.join([*[':'] * dim, str(place)])}]" for place in (0, 1))
        return [
            _("stack makes a new axis {dim} of size 2: {first} is A, {second} is B.").format(
                dim=dim, first=first, second=second
            ),
            _("The numbers are copied to new memory."),
        ]
    if operation == "cat":
        return [
            _("cat makes axis {dim} longer: {a} + {b} = {sum}. No axis is added.").format(
                dim=dim, a=A.shape[dim], b=A.shape[dim], sum=R.shape[dim]
            ),
            _("The numbers are copied to new memory."),
        ]
    if operation == "permute":
        if (R.shape, R.strides) == (A.shape, A.strides):
            sentences = [_("Here every axis stays where it is: permute changes nothing.")]
        else:
            sentences = [
                _("permute moves the axes. No number moves in memory: the strides change.")
            ]
        return sentences + _sentences_of_reshape_instead(moved) * compare
    if operation == "reshape":
        return [
            _("reshape keeps the order: read row by row, A and R are the same. No copy is made.")
        ]
    if R.shares(A):
        return [_("Here reshape needs no copy: other strides are enough.")]
    return [
        _("After permute, reading row by row jumps through the memory of A."),
        _("reshape must write the numbers in their new order: it copies them."),
    ]


def _sentences_of_reshape_instead(moved: Moved) -> list[str]:
    assert moved.reshaped
    count = int((moved.reshaped.numbers != moved.after.numbers).sum())
    if not count:
        return [_("Here reshape gives the same numbers: no axis longer than 1 has moved.")]
    return [
        _(
            "reshape gives the same shape {shape}, and no error, but {count} of {all} places hold "
            "another number."
        ).format(shape=moved.after.shape, count=count, all=moved.after.numbers.numel())
    ]


def draw_move(moved: Moved) -> Picture:
    """The tensors before and after an operation, as matrices of numbered, coloured cells.

    returns a figure
    """
    page, colours = Page(), _colours(moved)
    page.word(0, 0, f"{moved.code}.shape == {moved.after.shape}", colour=TEXT, bold=True)
    left, ends = 0.0, []
    for laid in (*moved.before, moved.after):
        if laid is moved.after:
            page.line((left - 0.7, 3), (left + 0.3, 3), width=1.5, arrow=True)
            left += 1.0
        box = _matrices(page, laid, left, colours)
        left = box.right + 1.2
        ends.append(f"{laid.name}: {_in_words(laid)}.")
    return page.finish(" ".join([f"{moved.code}.shape == {moved.after.shape}.", *ends]))


def _matrices(page: Page, laid: Laid, left: float, colours: dict[int, str]) -> Box:
    """A tensor with its matrices side by side, in lines of the last axis but two."""
    names = [name or str(axis) for axis, name in enumerate(laid.axes)]
    head = page.word(left, 1.0, f"{laid.name} ({', '.join(names)})", colour=TEXT, bold=True)
    side, bottom, right = 0.8, 1.5, head.right
    h, w = laid.shape[-2] if len(laid.shape) > 1 else 1, laid.shape[-1]
    title = 0.5 if len(laid.shape) > 2 else 0.0
    across = laid.shape[-3] if len(laid.shape) > 2 else 1
    for place, block in enumerate(_drawn(laid)["blocks"]):
        line, at = divmod(place, across)
        x0, y0 = left + at * (w * side + 0.5), 1.5 + line * (h * side + title + 0.35)
        if title:
            page.word(x0, y0 + 0.15, f"{laid.name}{block['at']}")
        for (i, row), j in product(enumerate(block["rows"]), range(w)):
            x, y = x0 + j * side, y0 + title + i * side
            page.square(x, y, side, colours[row[j]])
            page.word(x + side / 2, y + side / 2, str(row[j]), colour=TEXT, align="center")
        right, bottom = max(right, x0 + w * side), y0 + title + h * side
    return page.claim(Box(left, 1.0, right - left, bottom - 1.0))


def _in_words(laid: Laid) -> str:
    lines = [" ".join(map(str, row)) for block in _drawn(laid)["blocks"] for row in block["rows"]]
    return "; ".join(lines)
