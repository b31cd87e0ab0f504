"""What a learner paints in the bug lab, and the search for the smallest that exposes a bug."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product
from math import prod
from typing import Any

import torch
from torch import Tensor

from course.exercises.exercise import Exercise, Function, Mistake
from course.language import _
from course.widgets.exposing import Shape, confront, nature

Sizes = dict[str, int]

MOST_ROWS, MOST_OTHERS = 5, 4
"""The largest height and width that can be painted, and the largest other size."""

SEARCHED = (((), 12, 600), ((1.0, -1.0, 2.0), 4, 2000), ((1.0, -1.0), 8, 3000))
"""For 0, 1 and 2 painted cells: the values tried, in how many cells in all, in how many inputs."""


class Easel:
    """The tensors of an exercise that a learner paints: their axes, and the sizes these may have.

    labels : for each argument the label of each axis, or None where the argument is no tensor
    sizes : the labels with the sizes of the first visible case
    whole : the arguments that a visible case gives in whole numbers
    """

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.first = exercise.cases[0].arguments
        self.labels = tuple(self._labels(p) for p in range(len(self.first)))
        self.sizes: Sizes = {
            label: min(size, most(label))
            for labels, argument in zip(self.labels, self.first, strict=True)
            if labels
            for label, size in zip(labels, argument.shape, strict=True)
        }
        self.whole = tuple(
            p
            for p, labels in enumerate(self.labels)
            if labels and any(not case.arguments[p].is_floating_point() for case in exercise.cases)
        )

    def _labels(self, position: int) -> tuple[str, ...] | None:
        argument = self.first[position]
        if not isinstance(argument, Tensor):
            return None
        name, axes = self.exercise.parameters[position], self.axes_of(position)
        return tuple(axis if self._is_one(axis) else f"{name}: {axis}" for axis in axes)

    def axes_of(self, position: int) -> tuple[str, ...]:
        """The names of the axes of an argument; their numbers, where the exercise names none."""
        argument, axes = self.first[position], self.exercise.axes
        if position < len(axes) and len(axes[position]) == argument.ndim:
            return axes[position]
        return tuple(
            f"{self.exercise.parameters[position]}.shape[{i}]" for i in range(argument.ndim)
        )

    def _is_one(self, axis: str) -> bool:
        """Whether an axis has one size in all arguments, in every visible case."""
        return all(
            len(
                {
                    argument.shape[self.axes_of(p).index(axis)]
                    for p, argument in enumerate(case.arguments)
                    if isinstance(argument, Tensor) and axis in self.axes_of(p)
                }
            )
            == 1
            for case in self.exercise.cases
        )

    def shapes(self, sizes: Sizes) -> tuple[Shape | None, ...]:
        """The shapes of the arguments for given sizes; None for what is no tensor."""
        return tuple(
            None if labels is None else tuple(sizes[label] for label in labels)
            for labels in self.labels
        )

    def cells(self, sizes: Sizes) -> int:
        """How many cells there are to paint."""
        return sum(prod(shape) for shape in self.shapes(sizes) if shape is not None)

    def fitted(self, sizes: Sizes) -> Sizes:
        """The sizes with every kernel cut to its picture: k_h is at most h.

        >>> from course.exercises.many_inputs import CORR2D_MULTI_IN
        >>> Easel(CORR2D_MULTI_IN).fitted({"c_i": 2, "h": 1, "w": 3, "k_h": 2, "k_w": 2})["k_h"]
        1
        """
        return {label: min(size, sizes.get(picture(label), size)) for label, size in sizes.items()}

    def tops(self, sizes: Sizes) -> list[tuple[str, int, int]]:
        """Each size that can be changed: its label, the size, and the largest it may have now."""
        return [
            (label, size, min(most(label), sizes.get(picture(label), most(label))))
            if picture(label) != label
            else (label, size, most(label))
            for label, size in sizes.items()
            if most(label) > 1
        ]

    def arguments(
        self, sizes: Sizes, values: Sequence[Sequence[float] | None], whole: Sequence[int] = ()
    ) -> tuple[Any, ...]:
        """The arguments of a call: painted tensors, and the rest as the first visible case has it.

        values : the numbers of each tensor, row by row
        whole : the arguments in whole numbers
        """
        return tuple(
            given
            if shape is None
            else torch.tensor(
                list(numbers or [0.0] * prod(shape)),
                dtype=torch.int64 if p in whole else torch.float32,
            ).reshape(shape)
            for p, (given, shape, numbers) in enumerate(
                zip(self.first, self.shapes(sizes), values, strict=True)
            )
        )


def most(label: str) -> int:
    """The largest size that an axis may have; an axis named "1" has no other."""
    return 1 if label == "1" else MOST_ROWS if label in ("h", "w") else MOST_OTHERS


def picture(label: str) -> str:
    """The axis that an axis of a kernel must fit into: "h" for "k_h"; else the label itself."""
    return label[2:] if label.startswith("k_") else label


def why_not(exercise: Exercise) -> str:
    """Why an exercise has no bugs to expose by painting, in one sentence; or nothing."""
    tensors = [a for a in exercise.cases[0].arguments if isinstance(a, Tensor)]
    if exercise.kind != "code" or not tensors:
        return _("{name} takes no tensors, so there is nothing to paint.").format(
            name=exercise.name
        )
    if exercise.reference is None:
        return _("{name} has no single right answer to hold a bug against.").format(
            name=exercise.name
        )
    if any(not 1 <= a.ndim <= 4 for a in tensors):
        return _("{name} takes tensors that cannot be painted: 1 to 4 axes fit here.").format(
            name=exercise.name
        )
    return ""


@dataclass(frozen=True)
class Painting:
    """One input for a function.

    sizes : of the axes
    values : the numbers of each tensor, row by row; None for what is no tensor
    whole : the arguments in whole numbers
    """

    sizes: Sizes
    values: tuple[tuple[float, ...] | None, ...]
    whole: tuple[int, ...] = ()

    @property
    def painted(self) -> int:
        """How many cells are not 0."""
        return sum(value != 0 for numbers in self.values for value in numbers or ())

    @property
    def cells(self) -> int:
        """How many cells there are in all."""
        return sum(len(numbers or ()) for numbers in self.values)


def smallest(exercise: Exercise, mistake: Mistake) -> Painting | None:
    """The smallest input found that exposes a bug: fewest painted cells, then fewest cells.

    A bounded search, the same each time: nothing painted, then one cell, then two, in small
    tensors. None if it finds nothing.

    >>> from course.exercises.many_inputs import CORR2D_MULTI_IN as exercise
    >>> smallest(exercise, exercise.mistakes[0]).painted
    2
    """
    key = (exercise.name, mistake.wrong)
    if key not in _SMALLEST:
        easel, gradient = Easel(exercise), nature(exercise, mistake) == "gradient"

        def exposes(painting: Painting) -> bool:
            arguments = easel.arguments(painting.sizes, painting.values, painting.whole)
            return bool(confront(exercise, mistake.wrong, arguments, gradient=gradient).by)

        _SMALLEST[key] = next(filter(exposes, _paintings(easel)), None)
    return _SMALLEST[key]


_SMALLEST: dict[tuple[str, Function], Painting | None] = {}


def _paintings(easel: Easel) -> Iterator[Painting]:
    """Inputs by their number of painted cells, and then by their number of cells."""
    labels = list(easel.sizes)
    every = [
        dict(zip(labels, sizes, strict=True))
        for sizes in product(*(range(1, most(label) + 1) for label in labels))
    ]
    fitting = [s for s in every if easel.fitted(s) == s]
    fitting.sort(key=easel.cells)
    for painted, (values, cells, count) in enumerate(SEARCHED):
        if painted == 2 and easel.whole:
            yield from _painted(easel, fitting[0], [(1.0,), (0.5,)], easel.whole)
        small = (sizes for sizes in fitting if easel.cells(sizes) <= cells)
        ways = (p for sizes in small for p in _painted(easel, sizes, [values] * painted))
        yield from islice(ways, count)


def _painted(
    easel: Easel, sizes: Sizes, brushes: Sequence[Sequence[float]], whole: Shape = ()
) -> Iterator[Painting]:
    """Every way to paint as many cells as there are brushes, at most one in each tensor.

    brushes : the values that each of the cells may take
    """
    lengths = [0 if shape is None else prod(shape) for shape in easel.shapes(sizes)]
    for tensors in combinations([p for p, length in enumerate(lengths) if length], len(brushes)):
        for places in product(*(range(lengths[p]) for p in tensors)):
            for values in product(*brushes):
                numbers = [[0.0] * length for length in lengths]
                for p, place, value in zip(tensors, places, values, strict=True):
                    numbers[p][place] = value
                yield Painting(sizes, tuple(tuple(row) or None for row in numbers), whole)
