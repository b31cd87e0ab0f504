"""What a layer costs: the size of its output, the pixels it never reads, and three prices."""

from dataclasses import asdict, dataclass
from itertools import groupby
from math import gcd

from course.language import _

FLOAT32 = 4
LARGEST = {"h": 512, "w": 512, "k": 64, "p": 64, "s": 64, "c_i": 2048, "c_o": 2048, "groups": 2048}

Run = tuple[int, int]
"""Neighbouring rows or columns of the padded X: the first one, and the one after the last."""


@dataclass(frozen=True)
class Layer:
    """The eight numbers that decide a layer with square kernels.

    h, w : of X
    k : side of a kernel; p : padding on every side; s : stride, in both directions
    c_i, c_o : channels of X and of Y; groups : into how many parts both are cut
    """

    h: int
    w: int
    k: int
    p: int
    s: int
    c_i: int
    c_o: int
    groups: int


@dataclass(frozen=True)
class LayerCost:
    """What follows from the eight numbers.

    h_o, w_o : of Y
    row_starts, column_starts : where the windows begin, (h_o,) and (w_o,), in the padded X
    rows_unread, columns_unread : what no window reaches, in the padded X
    bottom, right : how many of those rows and columns lie behind the last window
    lost : pixels in each channel of X that no window reaches
    parameters : weights, and a bias for each output channel
    multiplications : for one X, those with the zeros of the padding counted
    bytes_x, bytes_k, bytes_y : memory in float32; bytes_k with the biases
    """

    h_o: int
    w_o: int
    row_starts: tuple[int, ...]
    column_starts: tuple[int, ...]
    rows_unread: tuple[Run, ...]
    columns_unread: tuple[Run, ...]
    bottom: int
    right: int
    lost: int
    parameters: int
    multiplications: int
    bytes_x: int
    bytes_k: int
    bytes_y: int

    @property
    def memory(self) -> int:
        """Bytes of X, K and Y together."""
        return self.bytes_x + self.bytes_k + self.bytes_y


def layer_cost(
    h: int, w: int, k: int, p: int, s: int, c_i: int, c_o: int, groups: int
) -> LayerCost:
    """The size, the unread pixels and the costs of torch.nn.Conv2d(c_i, c_o, k, s, p, groups=…).

    h, w : of X; k : side of a kernel; p : padding; s : stride; c_i, c_o : channels
    groups : divides c_i and c_o
    raises TypeError or ValueError with one sentence if there is no such layer

    >>> cost = layer_cost(h=12, w=16, k=3, p=1, s=2, c_i=4, c_o=8, groups=1)
    >>> cost.h_o, cost.w_o, cost.parameters, cost.multiplications, cost.memory
    (6, 8, 296, 13824, 5792)
    >>> cost.bottom, cost.lost  # one row is never read, but it is padding
    (1, 0)
    """
    layer = Layer(h, w, k, p, s, c_i, c_o, groups)
    _refuse(layer)
    rows, columns = range(0, h + 2 * p - k + 1, s), range(0, w + 2 * p - k + 1, s)
    read_rows, read_columns = _read(rows, h + 2 * p, k), _read(columns, w + 2 * p, k)
    weights = c_o * (c_i // groups) * k * k
    positions = len(rows) * len(columns)
    return LayerCost(
        h_o=len(rows),
        w_o=len(columns),
        row_starts=tuple(rows),
        column_starts=tuple(columns),
        rows_unread=_runs(read_rows),
        columns_unread=_runs(read_columns),
        bottom=h + 2 * p - rows[-1] - k,
        right=w + 2 * p - columns[-1] - k,
        lost=h * w - sum(read_rows[p : p + h]) * sum(read_columns[p : p + w]),
        parameters=weights + c_o,
        multiplications=positions * weights,
        bytes_x=FLOAT32 * c_i * h * w,
        bytes_k=FLOAT32 * (weights + c_o),
        bytes_y=FLOAT32 * c_o * positions,
    )


def _read(starts: range, length: int, k: int) -> list[bool]:
    """For each row (or column) whether a window of k rows reads it."""
    read = [False] * length
    for start in starts:
        read[start : start + k] = [True] * k
    return read


def _runs(read: list[bool]) -> tuple[Run, ...]:
    """The stretches that are not read.

    >>> _runs([True, False, False, True, False])
    ((1, 3), (4, 5))
    """
    stretches = groupby(range(len(read)), key=lambda index: read[index])
    unread = [list(indices) for was_read, indices in stretches if not was_read]
    return tuple((indices[0], indices[-1] + 1) for indices in unread)


def _refuse(layer: Layer) -> None:
    """Raise TypeError or ValueError with one sentence if there is no such layer."""
    for name, value in asdict(layer).items():
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(
                _("{name} must be a whole number, not {value}.").format(
                    name=name, value="—" if value is None else repr(value)
                )
            )
        least = 0 if name == "p" else 1
        if not least <= value <= LARGEST[name]:
            raise ValueError(
                _("{name} is {value}, but it must be from {low} to {high}.").format(
                    name=name, value=value, low=least, high=LARGEST[name]
                )
            )
    if layer.c_i % layer.groups or layer.c_o % layer.groups:
        raise ValueError(
            _("groups = {groups} must divide c_i = {c_i} and c_o = {c_o}: take {some}.").format(
                groups=layer.groups,
                c_i=layer.c_i,
                c_o=layer.c_o,
                some=_(" or ").join(map(str, _divisors(layer.c_i, layer.c_o, layer.groups))),
            )
        )
    if layer.k > min(layer.h, layer.w) + 2 * layer.p:
        raise ValueError(
            _(
                "A kernel of {k} by {k} does not fit into {h} by {w}, the size of X with padding: "
                "make k smaller or p larger."
            ).format(k=layer.k, h=layer.h + 2 * layer.p, w=layer.w + 2 * layer.p)
        )


def _divisors(c_i: int, c_o: int, near: int) -> list[int]:
    """The common divisors just below and just above a number that is none.

    >>> _divisors(8, 16, near=3)
    [2, 4]
    """
    both = gcd(c_i, c_o)
    possible = [number for number in range(1, both + 1) if both % number == 0]
    below = [number for number in possible if number < near]
    above = [number for number in possible if number > near]
    return below[-1:] + above[:1]
