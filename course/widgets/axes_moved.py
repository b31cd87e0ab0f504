"""What stack, cat, permute and reshape do to numbered tensors, told by running them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import prod

import torch
from torch import Tensor

from course.language import N_, _

MOST_CELLS, MOST_AXES = 48, 4
FIRST_OF_B = 100
OPERATIONS = ("stack", "cat", "permute", "reshape", "permute_reshape")
NAMES = {1: ("n",), 2: ("h", "w"), 3: ("c", "h", "w"), 4: ("n", "c", "h", "w")}
"""What the axes of A are called, by their number."""

NEW = N_("new")


@dataclass(frozen=True)
class Laid:
    """A tensor whose numbers can be told apart, and how it lies in memory.

    name : "A", "B" or "R", the result
    numbers : any shape; A counts from 0, B from 100
    axes : what each axis is called, "" for one without a name
    strides : for each axis how many places of the memory one step takes
    memory : the numbers in the order in which they lie in memory
    contiguous : whether reading row by row is reading the memory in order
    """

    name: str
    numbers: Tensor
    axes: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.numbers.shape)

    @property
    def strides(self) -> tuple[int, ...]:
        return tuple(self.numbers.stride())

    @property
    def memory(self) -> list[int]:
        return list(self.numbers.as_strided((self.numbers.numel(),), (1,), 0).tolist())

    @property
    def contiguous(self) -> bool:
        return self.numbers.is_contiguous()

    def shares(self, other: "Laid") -> bool:
        """Whether both lie in the same memory."""
        return self.numbers.data_ptr() == other.numbers.data_ptr()


@dataclass(frozen=True)
class Moved:
    """An operation, what went in and what came out.

    code : the expression that does it
    before : A, or A and B
    after : R
    reshaped : what reshape alone makes of A in the shape of R, for permute
    """

    code: str
    before: tuple[Laid, ...]
    after: Laid
    reshaped: Laid | None = None


def move_axes(
    shape: Sequence[int],
    operation: str,
    dim: int = 0,
    order: Sequence[int] = (),
    target: Sequence[int] = (),
) -> Moved:
    """Run an operation of torch on tensors that are numbered from 0, and from 100.

    shape : of A, and of B for stack and cat; 1 to 4 axes, at most 48 numbers
    operation : "stack", "cat", "permute", "reshape" or "permute_reshape", which does both
    dim : for stack and cat
    order : of the axes, for permute
    target : the new shape, for reshape; one size may be -1
    raises ValueError with one sentence if it cannot be done

    >>> move_axes((2, 3, 4), "stack", dim=1).after.shape
    (2, 2, 3, 4)
    >>> move_axes((2, 3), "permute", order=(1, 0)).after.numbers.tolist()
    [[0, 3], [1, 4], [2, 5]]
    """
    A = numbered("A", shape)
    if operation in ("stack", "cat"):
        return _joined(A, numbered("B", shape, FIRST_OF_B), operation, dim)
    if operation == "permute":
        order = order_of(order, A)
        numbers = A.numbers.permute(*order)
        after = Laid("R", numbers, tuple(A.axes[axis] for axis in order))
        reshaped = Laid("S", A.numbers.reshape(numbers.shape), ("",) * numbers.ndim)
        return Moved(f"A.permute{_call(order)}", (A,), after, reshaped)
    start, code = A.numbers, "A"
    if operation == "permute_reshape":
        order = order_of(order, A)
        start, code = start.permute(*order), f"A.permute{_call(order)}"
    elif operation != "reshape":
        raise ValueError(_("There is no operation '{operation}' here.").format(operation=operation))
    fits(target, A)
    numbers = start.reshape(*target)
    return Moved(f"{code}.reshape{_call(target)}", (A,), Laid("R", numbers, ("",) * numbers.ndim))


def _joined(A: Laid, B: Laid, operation: str, dim: int) -> Moved:
    rank = len(A.shape)
    last = rank if operation == "stack" else rank - 1
    if not -last - 1 <= dim <= last:
        raise ValueError(
            _("dim is {dim}, but for {operation} it goes from 0 to {last} here.").format(
                dim=dim, operation=operation, last=last
            )
        )
    dim %= last + 1
    code, axes = f"torch.{operation}((A, B), dim={dim})", list(A.axes)
    if operation == "cat":
        return Moved(code, (A, B), Laid("R", torch.cat((A.numbers, B.numbers), dim), A.axes))
    if rank == MOST_AXES:
        raise ValueError(
            _("A has {rank} axes, and stack adds one: this picture has room for {most}.").format(
                rank=rank, most=MOST_AXES
            )
        )
    axes.insert(dim, _(NEW))
    stacked = torch.stack((A.numbers, B.numbers), dim)
    return Moved(code, (A, B), Laid("R", stacked, tuple(axes)))


def numbered(name: str, shape: Sequence[int], start: int = 0) -> Laid:
    """A tensor that counts from a start.

    raises TypeError or ValueError with one sentence if it cannot be drawn

    >>> numbered("A", (2, 3)).numbers.tolist()
    [[0, 1, 2], [3, 4, 5]]
    """
    sizes = whole_numbers(shape)
    if not 1 <= len(sizes) <= MOST_AXES or min(sizes) < 1:
        raise ValueError(
            _("The shape {shape} needs 1 to {most} axes, each of size 1 or more.").format(
                shape=sizes, most=MOST_AXES
            )
        )
    if prod(sizes) > MOST_CELLS:
        raise ValueError(
            _("The shape {shape} has {count} numbers, but a picture holds {most}.").format(
                shape=sizes, count=prod(sizes), most=MOST_CELLS
            )
        )
    numbers = torch.arange(start, start + prod(sizes)).reshape(sizes)
    return Laid(name, numbers, NAMES[len(sizes)])


def whole_numbers(sizes: object) -> tuple[int, ...]:
    """A shape as a tuple.

    sizes : whole numbers, or text such as "(2, -1)"
    raises TypeError or ValueError with one sentence for anything else

    >>> whole_numbers("(2, -1)"), whole_numbers([3, 4])
    ((2, -1), (3, 4))
    """
    if isinstance(sizes, str):
        words = sizes.replace("\N{MINUS SIGN}", "-").strip("()[] ").replace(",", " ").split()
        try:
            return tuple(int(word) for word in words)
        except ValueError:
            sentence = _("'{text}' is not a shape: write whole numbers, such as 2, 3, 4.")
            raise ValueError(sentence.format(text=sizes)) from None
    if not isinstance(sizes, Sequence) or any(type(size) is not int for size in sizes):
        raise TypeError(
            _("A shape is a tuple of whole numbers, such as (2, 3, 4), not {sizes}.").format(
                sizes=sizes
            )
        )
    return tuple(sizes)


def order_of(order: Sequence[int], A: Laid) -> tuple[int, ...]:
    """The order of axes, if it names each axis of A once; else ValueError."""
    if sorted(order) != list(range(len(A.shape))):
        raise ValueError(
            _("permute needs each axis once: the numbers from 0 to {last}, not {order}.").format(
                last=len(A.shape) - 1, order=tuple(order)
            )
        )
    return tuple(order)


def fits(target: Sequence[int], A: Laid) -> None:
    """Raise ValueError with one sentence unless A can be reshaped, and the result drawn."""
    count, known = A.numbers.numel(), prod(size for size in target if size != -1)
    if not 1 <= len(target) <= MOST_AXES:
        raise ValueError(
            _("The new shape needs 1 to {most} axes, not {rank}.").format(
                most=MOST_AXES, rank=len(target)
            )
        )
    if any(size < 1 and size != -1 for size in target) or list(target).count(-1) > 1:
        raise ValueError(
            _("The new shape {target} needs sizes of 1 or more, and at most one -1.").format(
                target=tuple(target)
            )
        )
    if -1 in target and count % known:
        raise ValueError(
            _("{count} numbers do not divide by {known}: no size for -1 fits.").format(
                count=count, known=known
            )
        )
    if -1 not in target and known != count:
        raise ValueError(
            _("The new shape {target} has room for {known} numbers, but A has {count}.").format(
                target=tuple(target), known=known, count=count
            )
        )


def factorings(count: int, most: int = MOST_AXES) -> list[tuple[int, ...]]:
    """All shapes for a count of numbers with up to `most` axes, none of size 1.

    >>> factorings(8)
    [(8,), (2, 4), (4, 2), (2, 2, 2)]
    """

    def split(rest: int, axes: int) -> Iterator[tuple[int, ...]]:
        if axes == 1:
            yield (rest,)
            return
        for size in range(2, rest // 2 + 1):
            if rest % size == 0:
                yield from ((size, *others) for others in split(rest // size, axes - 1))

    return [shape for axes in range(1, most + 1) for shape in split(count, axes)]


def orders(rank: int) -> list[tuple[int, ...]]:
    """All orders of so many axes.

    >>> orders(2)
    [(0, 1), (1, 0)]
    """
    return list(permutations(range(rank)))


def _call(sizes: Sequence[int]) -> str:
    """Arguments in brackets: one of them without the comma of a tuple."""
    return f"({', '.join(map(str, sizes))})"
