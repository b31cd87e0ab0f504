"""Hold an answer against the right one: kind, shape, values, inputs left unchanged, gradient.

Each comparison returns the first Difference it meets, or None.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

RTOL, ATOL = 1e-4, 1e-5

Kind = Literal["none", "type", "shape", "nan", "value"]


@dataclass(frozen=True)
class Difference:
    """Where an answer first parts from the right one.

    kind : "none" (nothing returned), "type", "shape", "nan" or "value"
    got, expected : what stands there: types, shapes or numbers
    index : where, for "nan" and "value"
    """

    kind: Kind
    got: Any = None
    expected: Any = None
    index: tuple[int, ...] = ()


def compare(got: Any, expected: Any) -> Difference | None:
    """The first difference between an answer and the right one, or None.

    Tensors are compared elementwise in float64 with rtol 1e-4 and atol 1e-5, or 1e-5 of the largest
    expected number if that is more; the dtype is free.
    Tuples, lists and sizes of numbers count as the same, numbers too whatever their type.

    >>> compare(torch.zeros(2, 3), torch.zeros(3, 2)).kind
    'shape'
    >>> compare(torch.tensor([56.0, 72.0]), torch.tensor([56, 73])).index
    (1,)
    >>> compare((3, 3), torch.Size([3, 3])) is None
    True
    """
    if got is None and expected is not None:
        return Difference("none")
    if isinstance(expected, Tensor):
        return _compare_tensors(got, expected)
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return Difference("type", type(got), dict)
        if set(got) != set(expected):
            return Difference("value", sorted(map(str, got)), sorted(map(str, expected)))
        return _first_of([got[key] for key in expected], list(expected.values()))
    if isinstance(expected, list | tuple):
        if isinstance(got, Tensor) and got.ndim == 1:
            got = got.tolist()
        if not isinstance(got, list | tuple):
            return Difference("type", type(got), type(expected))
        if len(got) != len(expected):
            return Difference("shape", (len(got),), (len(expected),))
        return _first_of(got, expected)
    return _compare_scalars(got, expected)


def _first_of(got: Sequence[Any], expected: Sequence[Any]) -> Difference | None:
    for index, (g, e) in enumerate(zip(got, expected, strict=True)):
        difference = compare(g, e)
        if difference:
            where = (index, *difference.index)
            return Difference(difference.kind, difference.got, difference.expected, where)
    return None


def _compare_scalars(got: Any, expected: Any) -> Difference | None:
    if isinstance(got, Tensor) and got.numel() == 1:
        got = got.item()
    if isinstance(expected, str):
        same = isinstance(got, str) and got == expected
        kind: Kind = "value" if isinstance(got, str) else "type"
        if same:
            return None
        return (
            Difference(kind, got, expected) if kind == "value" else Difference(kind, type(got), str)
        )
    if not isinstance(got, int | float):
        return Difference("type", type(got), type(expected))
    if math.isnan(got):
        return Difference("nan", got, expected)
    close = math.isclose(got, expected, rel_tol=RTOL, abs_tol=ATOL)
    return None if close else Difference("value", got, expected)


def _compare_tensors(got: Any, expected: Tensor) -> Difference | None:
    if not isinstance(got, Tensor) or got.is_complex():
        return Difference("type", got.dtype if isinstance(got, Tensor) else type(got), Tensor)
    if got.shape != expected.shape:
        return Difference("shape", tuple(got.shape), tuple(expected.shape))
    g, e = got.detach().double(), expected.detach().double()
    missing = g.isnan() & ~e.isnan()
    # Rounding grows with the largest numbers at work, in an FFT even where the result is near 0.
    atol = ATOL * max(1.0, float(e.nan_to_num(0, 0, 0).abs().amax())) if e.numel() else ATOL
    wrong = missing | ~torch.isclose(g, e, rtol=RTOL, atol=atol, equal_nan=True)
    if not wrong.any():
        return None
    index = tuple(int(i) for i in (missing if missing.any() else wrong).nonzero()[0])
    return Difference("nan" if missing.any() else "value", g[index].item(), e[index].item(), index)


def changed(before: Sequence[Any], after: Sequence[Any]) -> int | None:
    """Which argument a call has changed, by position, or None.

    >>> changed((torch.zeros(2), 1), (torch.ones(2), 1))
    0
    """
    for position, (old, new) in enumerate(zip(before, after, strict=True)):
        if isinstance(old, Tensor) and not (old.shape == new.shape and torch.equal(old, new)):
            return position
    return None


def gradients(Y: Tensor, G: Tensor, inputs: Sequence[Tensor]) -> list[Tensor | None]:
    """The gradient of ``(Y * G).sum()`` for each input; None where Y does not depend on it.

    Y, G : of one shape
    returns one gradient an input, of its shape

    >>> X = torch.ones(2, 3, requires_grad=True)
    >>> gradients(2 * X, torch.ones(2, 3), [X])[0].shape
    torch.Size([2, 3])
    """
    if not Y.requires_grad:
        return [None for _ in inputs]
    return list(torch.autograd.grad((Y * G.to(Y.dtype)).sum(), inputs, allow_unused=True))
