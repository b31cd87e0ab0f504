"""The cost bench: how large a layer's output is, which pixels it never reads, and what it costs."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from math import ceil, log10, nan
from typing import Any, ClassVar

from course.figures import Picture
from course.figures.page import Box, Page
from course.figures.palette import INPUT, KERNEL, OUTPUT, PAPER, QUIET, TEXT, ZERO, mix
from course.language import N_, _
from course.widgets.layer_cost import Layer, LayerCost, layer_cost
from course.widgets.stage import Asked, Stage, Told

MOST_DOTS = 48
"""Windows along a side; beyond that, their starts would be a grey mass."""


class CostBench(Stage):
    """Turn a layer's eight numbers, and see its output, the pixels it drops and what it costs.

    h, w : of X, up to 512
    k : side of the square kernels; p : padding; s : stride, each up to 64
    c_i, c_o : channels, up to 2048
    groups : divides c_i and c_o; 1 for an ordinary layer, c_i for a depthwise one

    >>> CostBench(h=28, w=28, k=5, p=0, s=1, c_i=1, c_o=6).told["parameters"]["number"]
    '156'
    """

    NAME: ClassVar = N_("Shape and cost bench")
    WORDS: ClassVar = {
        "h": N_("height of X"),
        "w": N_("width of X"),
        "k": N_("side of a kernel"),
        "p": N_("padding on every side"),
        "s": N_("stride"),
        "c_i": N_("input channels"),
        "c_o": N_("output channels"),
        "groups": N_("separate parts"),
        "sizes": N_("The layer"),
        "slider": N_("{symbol}, {meaning}, slider"),
        "field": N_("{symbol}, {meaning}"),
        "presets": N_("Change it into:"),
        "dense": N_("3×3 layer"),
        "pointwise": N_("1×1 layer"),
        "depthwise": N_("depthwise"),
        "strided": N_("strided"),
        "pin": N_("Pin to compare"),
        "unpin": N_("Unpin"),
        "pinned": N_("Pinned: {layer}"),
        "x_picture": N_("X with its padding, to scale"),
        "k_picture": N_("The kernels: a row for each output channel, a column for each input"),
        "y_picture": N_("Y, to scale. The arrow keys move the window."),
        "a_kernel": N_("one square for each kernel"),
        "legend_x": N_("X"),
        "legend_padding": N_("padding"),
        "legend_dot": N_("a window starts here"),
        "legend_unread": N_("never read"),
        "window": N_(
            "Y[{i}, {j}] reads rows {top} to {bottom} and columns {left} to {right} "
            "of the padded X."
        ),
        "point": N_("Point at a pixel of Y to see its window."),
        "size": N_("Size of Y"),
        "parameters": N_("Parameters"),
        "multiplications": N_("Multiplications"),
        "memory": N_("Memory"),
        "costs": N_("Size and costs"),
        "linear_memory": N_("Memory of X, K and Y"),
        "log": N_("Bars on a log scale: each line is 10 times the line before."),
        "linear": N_("Linear scale: twice as long is twice as much."),
        "mark": N_("The mark is the pinned layer."),
    }

    def __init__(
        self,
        h: int = 12,
        w: int = 16,
        k: int = 3,
        p: int = 1,
        s: int = 2,
        c_i: int = 4,
        c_o: int = 8,
        groups: int = 1,
    ) -> None:
        layer = Layer(h, w, k, p, s, c_i, c_o, groups)
        super().__init__({"layer": asdict(layer), "pin": None})

    def answer(self, asked: Asked) -> Told:
        """The sizes, the picture's places, the costs, and their ratios to the pinned layer."""
        layer = _layer_of(asked["layer"])
        cost = layer_cost(**asdict(layer))
        pin = _layer_of(asked["pin"]) if asked.get("pin") else None
        pinned = layer_cost(**asdict(pin)) if pin else None
        told = asdict(cost) | {
            "layer": asdict(layer),
            "presets": presets(layer),
            "pin": asdict(pin) if pin else None,
            "pinned": in_short(pin) if pin else None,
            "shapes": _shapes(layer, cost),
            "blocks": _blocks(layer),
            "notes": unread(layer, cost),
            "size": [f"h_o = {_size_sum(layer, 'h')}", f"w_o = {_size_sum(layer, 'w')}"],
            "summary": _summary(layer, cost),
        }
        return told | _costs(layer, cost, pinned)

    def still(self) -> Picture:
        return draw_layer(_layer_of(self.asked["layer"]))


def _layer_of(sizes: Mapping[str, Any]) -> Layer:
    return Layer(**{field.name: sizes[field.name] for field in fields(Layer)})


def presets(layer: Layer) -> dict[str, dict[str, int]]:
    """What each preset changes in a layer.

    >>> presets(Layer(12, 16, 5, 0, 1, 4, 8, 1))["depthwise"]
    {'k': 3, 'p': 1, 's': 1, 'c_o': 4, 'groups': 4}
    """
    return {
        "dense": {"k": 3, "p": 1, "s": 1, "groups": 1},
        "pointwise": {"k": 1, "p": 0, "s": 1, "groups": 1},
        "depthwise": {"k": 3, "p": 1, "s": 1, "c_o": layer.c_i, "groups": layer.c_i},
        "strided": {"k": 3, "p": 1, "s": 2, "groups": 1},
    }


def in_short(layer: Layer) -> str:
    """A layer on one line.

    >>> in_short(Layer(12, 16, 3, 1, 2, 4, 8, 1)).replace("\N{NO-BREAK SPACE}", " ")
    '12 × 16, k = 3, p = 1, s = 2, c_i = 4, c_o = 8, groups = 1'
    """
    rest = [
        f"{name}\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{value}"
        for name, value in asdict(layer).items()
        if name not in "hw"
    ]
    return ", ".join([f"{layer.h} × {layer.w}", *rest])


def _shapes(layer: Layer, cost: LayerCost) -> dict[str, str]:
    """The shapes as PyTorch prints them; that of X without its padding."""
    return {
        "x": f"({layer.c_i}, {layer.h}, {layer.w})",
        "k": f"({layer.c_o}, {layer.c_i // layer.groups}, {layer.k}, {layer.k})",
        "y": f"({layer.c_o}, {cost.h_o}, {cost.w_o})",
    }


def _blocks(layer: Layer) -> list[list[int]]:
    """For each group the outputs and the inputs that kernels join: first, after the last, twice."""
    down, across = layer.c_o // layer.groups, layer.c_i // layer.groups
    return [
        [group * down, (group + 1) * down, group * across, (group + 1) * across]
        for group in range(layer.groups)
    ]


def unread(layer: Layer, cost: LayerCost) -> list[str]:
    """What no window reaches, in sentences.

    >>> layer = Layer(12, 17, 3, 0, 2, 4, 8, 1)
    >>> unread(layer, layer_cost(12, 17, 3, 0, 2, 4, 8, 1))
    ['1 row at the bottom is never read.', 'Pixels of X that are lost: 17 of 204 in each channel.']
    """
    if not cost.rows_unread and not cost.columns_unread:
        return [_("Every pixel is read.")]
    sentences = []
    if cost.bottom == 1:
        sentences.append(_("1 row at the bottom is never read."))
    elif cost.bottom:
        sentences.append(_("{n} rows at the bottom are never read.").format(n=cost.bottom))
    if cost.right == 1:
        sentences.append(_("1 column on the right is never read."))
    elif cost.right:
        sentences.append(_("{n} columns on the right are never read.").format(n=cost.right))
    if layer.s > layer.k and cost.h_o * cost.w_o > 1:
        skipped = _("The stride is larger than the kernel: pixels between the windows are skipped.")
        sentences.append(skipped)
    if cost.lost:
        lost = _("Pixels of X that are lost: {lost} of {all} in each channel.")
        sentences.append(lost.format(lost=cost.lost, all=layer.h * layer.w))
    else:
        sentences.append(_("All of that is padding: no pixel of X is lost."))
    return sentences


def _size_sum(layer: Layer, side: str) -> str:
    """The size of Y with the numbers put in.

    >>> _size_sum(Layer(12, 16, 3, 1, 2, 4, 8, 1), "h")
    '⌊(12 + 2·1 − 3) / 2⌋ + 1 = 6'
    """
    length = layer.h if side == "h" else layer.w
    size = (length + 2 * layer.p - layer.k) // layer.s + 1
    return f"⌊({length} + 2·{layer.p} − {layer.k}) / {layer.s}⌋ + 1 = {size}"


def _costs(layer: Layer, cost: LayerCost, pinned: LayerCost | None) -> Told:
    """The three costs: number, sum with the numbers put in, length of the bar, ratio to the pin."""
    most = max(cost.multiplications, cost.memory, cost.parameters)
    if pinned:
        most = max(most, pinned.multiplications, pinned.memory, pinned.parameters)
    # In steps of three, so that the axis stands still while a slider moves.
    decades = max(6, 3 * ceil(log10(most) / 3))
    sums = {
        "parameters": f"c_o · (c_i/groups) · k · k + c_o = {_weights(layer)} + {layer.c_o}",
        "multiplications": "h_o · w_o · c_o · (c_i/groups) · k · k = "
        f"{cost.h_o} · {cost.w_o} · {_weights(layer)}",
        "memory": f"4 · ({layer.c_i} · {layer.h} · {layer.w} + {cost.parameters} + "
        f"{layer.c_o} · {cost.h_o} · {cost.w_o})",
    }
    told: Told = {
        name: {
            "number": f"{getattr(cost, name):,}",
            "sum": f"{formula} = {getattr(cost, name):,}",
            "share": log10(getattr(cost, name)) / decades,
            "mark": log10(getattr(pinned, name)) / decades if pinned else None,
            "ratio": compared(name, getattr(cost, name), getattr(pinned, name)) if pinned else "",
        }
        for name, formula in sums.items()
    }
    told["memory"]["number"] = _bytes(cost.memory)
    return told | {
        "ticks": [{"at": power / decades, "text": _power(power)} for power in range(decades + 1)],
        "parts": [
            {"of": "x", "share": cost.bytes_x / cost.memory, "text": _bytes(cost.bytes_x)},
            {
                "of": "k",
                "share": cost.bytes_k / cost.memory,
                "text": _("{bytes}, with the biases").format(bytes=_bytes(cost.bytes_k)),
            },
            {"of": "y", "share": cost.bytes_y / cost.memory, "text": _bytes(cost.bytes_y)},
        ],
    }


def _weights(layer: Layer) -> str:
    """The number of weights as a product.

    >>> _weights(Layer(12, 16, 3, 1, 2, 4, 8, 2))
    '8 · (4/2) · 3 · 3'
    """
    return f"{layer.c_o} · ({layer.c_i}/{layer.groups}) · {layer.k} · {layer.k}"


def _bytes(size: int) -> str:
    """A number of bytes, and a large one in MiB too.

    >>> _bytes(5792), _bytes(12845056)
    ('5,792 bytes', '12,845,056 bytes (12.2 MiB)')
    """
    if size < 2**20:
        return _("{n} bytes").format(n=f"{size:,}")
    return _("{n} bytes ({mib} MiB)").format(n=f"{size:,}", mib=f"{size / 2**20:,.1f}")


def _power(power: int) -> str:
    """A power of ten as it stands under a log scale.

    >>> [_power(power) for power in (0, 1, 2, 12)]
    ['1', '10', '10²', '10¹²']
    """
    raised = str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return ("1", "10")[power] if power < 2 else f"10{raised}"


RATIOS = {
    "parameters": (
        N_("as many parameters as pinned"),
        N_("{ratio} times fewer parameters"),
        N_("{ratio} times more parameters"),
    ),
    "multiplications": (
        N_("as many multiplications as pinned"),
        N_("{ratio} times fewer multiplications"),
        N_("{ratio} times more multiplications"),
    ),
    "memory": (
        N_("as much memory as pinned"),
        N_("{ratio} times less memory"),
        N_("{ratio} times more memory"),
    ),
}


def compared(name: str, now: int, then: int) -> str:
    """How a cost compares with the pinned one.

    >>> compared("multiplications", 1728, 13824)
    '8 times fewer multiplications'
    """
    same, fewer, more = RATIOS[name]
    if now == then:
        return _(same)
    ratio = max(now, then) / min(now, then)
    digits = 0 if ratio >= 100 else 1 if ratio >= 10 else 2
    shown = f"{ratio:,.{digits}f}"
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    # A ratio that would round to 1 is not the same.
    shown = f"{ratio:.4f}" if shown == "1" else shown
    return _(fewer if now < then else more).format(ratio=shown)


def _summary(layer: Layer, cost: LayerCost) -> str:
    """The result in one line, to be read aloud."""
    return _(
        "Y has shape {shape}. {parameters} parameters, {multiplications} multiplications, {memory}."
    ).format(
        shape=_shapes(layer, cost)["y"],
        parameters=f"{cost.parameters:,}",
        multiplications=f"{cost.multiplications:,}",
        memory=_bytes(cost.memory),
    )


def draw_layer(layer: Layer) -> Picture:
    """X with its padding, the windows' starts, what is never read, and Y beside it, to scale.

    layer : with at most 512 by 512 pixels
    returns a figure, with the costs below
    """
    cost = layer_cost(**asdict(layer))
    page, shapes = Page(), _shapes(layer, cost)
    tall, wide = layer.h + 2 * layer.p, layer.w + 2 * layer.p
    side = min(12 / (wide + cost.w_o), 8 / max(tall, cost.h_o), 0.5)

    def area(top: float, bottom: float, left: float, right: float, x: float = 0.0) -> Box:
        return Box(x + left * side, top * side, (right - left) * side, (bottom - top) * side)

    page.name(0, -0.55, "X", INPUT, shapes["x"])
    page.bar(area(0, tall, 0, wide), ZERO)
    ends = (layer.p, layer.p + layer.h, layer.p, layer.p + layer.w)
    page.bar(area(*ends), mix(PAPER, INPUT.fill, 0.3))
    for first, last in cost.rows_unread:
        _hatch(page, area(first, last, 0, wide))
    for first, last in cost.columns_unread:
        _hatch(page, area(0, tall, first, last))
    if max(cost.h_o, cost.w_o) <= MOST_DOTS:
        for row in cost.row_starts:
            for column in cost.column_starts:
                page.disc((column + 0.5) * side, (row + 0.5) * side, 0.16 * side, INPUT.ink)
    page.frame(area(*ends), colour=INPUT.ink, width=1.2)
    page.frame(area(0, layer.k, 0, layer.k), colour=KERNEL.fill)
    y = wide * side + 2.0
    page.line((y - 1.5, tall * side / 2), (y - 0.5, tall * side / 2), width=1.5, arrow=True)
    page.name(y, -0.55, "Y", OUTPUT, shapes["y"])
    page.bar(area(0, cost.h_o, 0, cost.w_o, y), mix(PAPER, OUTPUT.fill, 0.4))
    page.frame(area(0, 1, 0, 1, y), colour=KERNEL.fill)

    told = _costs(layer, cost, None)
    lines = [
        *unread(layer, cost),
        f"{_(CostBench.WORDS['parameters'])}: {told['parameters']['number']}",
        f"{_(CostBench.WORDS['multiplications'])}: {told['multiplications']['number']}",
        f"{_(CostBench.WORDS['memory'])}: {told['memory']['number']}",
    ]
    bottom = max(tall, cost.h_o) * side + 0.75
    for number, line in enumerate(lines):
        page.word(0, bottom + 0.55 * number, line, colour=TEXT)
    words = [f"{in_short(layer)}.", _summary(layer, cost), *unread(layer, cost)]
    return page.finish(" ".join(words))


def _hatch(page: Page, box: Box) -> None:
    """Cover a box with slanted lines that continue from box to box."""
    step, lines = 0.22, list[tuple[float, float]]()
    page.bar(box, PAPER)
    for number in range(ceil((box.x + box.y) / step), ceil((box.right + box.bottom) / step)):
        along = number * step
        left, right = max(box.x, along - box.bottom), min(box.right, along - box.y)
        lines += [(left, along - left), (right, along - right), (nan, nan)]
    page.curve(lines, colour=QUIET, width=1.0)
