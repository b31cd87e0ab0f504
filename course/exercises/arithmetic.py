"""Cross-correlation as the exercises need it: the oracle, and the sum behind one value in words.

The oracle stands on ``torch.nn.functional.conv2d``, so it shares no line with what a learner writes
and an answer that borrows it is a ready-made convolution.
"""

from itertools import islice

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from course.language import _

LONGEST_SUM = 6


def correlate(X: Tensor, K: Tensor) -> Tensor:
    """Slide every kernel over the image and add over the input channels.

    X : (h, w) or (c_i, h, w)
    K : (k_h, k_w), (c_i, k_h, k_w) or (c_o, c_i, k_h, k_w), no larger than X
    returns (h_o, w_o), or (c_o, h_o, w_o) for a four-axis K; h_o = h - k_h + 1, w_o = w - k_w + 1
    raises RuntimeError if the channel counts differ

    >>> import torch
    >>> correlate(torch.ones(3, 5, 7), torch.ones(4, 3, 2, 3)).shape
    torch.Size([4, 4, 5])
    """
    image = X if X.ndim == 3 else X[None]
    kernels = K.reshape((1,) * (4 - K.ndim) + tuple(K.shape))
    if image.dtype != kernels.dtype:
        image, kernels = image.double(), kernels.double()
    Y = conv2d(image, kernels)
    return Y if K.ndim == 4 else Y[0]


def corr2d(X: Tensor, K: Tensor) -> Tensor:
    """The one-channel cross-correlation, ready-made, so that every lesson runs alone.

    X : (h, w)
    K : (k_h, k_w), no larger than X
    returns (h - k_h + 1, w - k_w + 1)
    raises ValueError if X or K does not have two axes

    >>> import torch
    >>> corr2d(torch.arange(9.0).reshape(3, 3), torch.tensor([[0.0, 1.0], [2.0, 3.0]]))
    tensor([[19., 25.],
            [37., 43.]])
    """
    if X.ndim != 2 or K.ndim != 2:
        raise ValueError(
            _("corr2d takes one channel: X (h, w) and K (k_h, k_w), not {X} and {K}.").format(
                X=tuple(X.shape), K=tuple(K.shape)
            )
        )
    return correlate(X, K)


def corr2d_multi_in(X: Tensor, K: Tensor) -> Tensor:
    """One map from many channels, ready-made, so that the lessons after the second run alone.

    X : (c_i, h, w)
    K : (c_i, k_h, k_w), no larger than X
    returns (h - k_h + 1, w - k_w + 1)
    raises ValueError if X or K does not have three axes, or if the channel counts differ

    >>> import torch
    >>> corr2d_multi_in(torch.ones(3, 5, 7), torch.ones(3, 2, 3)).shape
    torch.Size([4, 5])
    """
    if X.ndim != 3 or K.ndim != 3 or len(X) != len(K):
        raise ValueError(
            _("corr2d_multi_in takes X (c_i, h, w) and K (c_i, k_h, k_w), not {X} and {K}.").format(
                X=tuple(X.shape), K=tuple(K.shape)
            )
        )
    return correlate(X, K)


def corr2d_multi_in_out(X: Tensor, K: Tensor) -> Tensor:
    """One map a filter, ready-made, so that the lessons after the third run alone.

    The channels are added from the last to the first: on paper the same as from the first to the
    last, but another rounding. Lesson 4 compares the two.

    X : (c_i, h, w)
    K : (c_o, c_i, k_h, k_w), no larger than X
    returns (c_o, h - k_h + 1, w - k_w + 1)
    raises ValueError if X or K has another number of axes, or if the channel counts differ

    >>> import torch
    >>> corr2d_multi_in_out(torch.ones(3, 5, 7), torch.ones(4, 3, 2, 3)).shape
    torch.Size([4, 4, 5])
    """
    if X.ndim != 3 or K.ndim != 4 or len(X) != K.shape[1]:
        raise ValueError(
            _(
                "corr2d_multi_in_out takes X (c_i, h, w) and K (c_o, c_i, k_h, k_w), "
                "not {X} and {K}."
            ).format(X=tuple(X.shape), K=tuple(K.shape))
        )
    *others, last = (correlate(X[c : c + 1], K[:, c : c + 1]) for c in range(len(X)))
    return sum(reversed(others), start=last)


def mix_channels(X: Tensor, K: Tensor) -> Tensor:
    """The 1×1 layer as a matrix product, ready-made. Lesson 4 measures how it rounds.

    X : (c_i, h, w)
    K : (c_o, c_i, 1, 1)
    returns (c_o, h, w)

    >>> mix_channels(torch.ones(3, 5, 7), torch.ones(4, 3, 1, 1)).shape
    torch.Size([4, 5, 7])
    """
    return (K.flatten(1) @ X.flatten(1)).reshape(len(K), *X.shape[1:])


def signed(*shape: int, seed: int = 0) -> Tensor:
    """Small signed whole numbers for visible cases, the same in every call: -5 … 5, never 0.

    shape : of the tensor that is returned

    >>> signed(3, 5, 7).shape
    torch.Size([3, 5, 7])
    """
    generator = torch.Generator().manual_seed(seed + sum(shape))
    size = torch.randint(1, 6, shape, generator=generator)
    return (size * (2 * torch.randint(0, 2, shape, generator=generator) - 1)).float()


def number(value: float) -> str:
    """A number as short as it reads: 56 and not 56.0, at most four digits after the point.

    >>> number(56.0), number(-0.5), number(1 / 3)
    ('56', '-0.5', '0.3333')
    """
    return f"{round(float(value), 4):.10g}"


def _addends(values: list[float]) -> str:
    shown = [number(value) for value in islice(values, LONGEST_SUM)]
    if len(values) > LONGEST_SUM:
        shown.append("…")
    return " + ".join(text if text[0] != "-" else f"({text})" for text in shown)


def sum_of_products(arguments: tuple[Tensor, ...], index: tuple[int, ...]) -> str:
    """The products of one window and the kernel, and their sum.

    arguments : X (h, w) and K (k_h, k_w)
    index : (i, j) of the output

    >>> import torch
    >>> X = torch.arange(9.0).reshape(3, 3)
    >>> sum_of_products((X, torch.tensor([[0.0, 1.0], [2.0, 3.0]])), (0, 0))
    '0·0 + 1·1 + 3·2 + 4·3 = 19'
    """
    X, K = arguments
    i, j = index
    k_h, k_w = K.shape
    window = X[i : i + k_h, j : j + k_w]
    pairs = list(zip(window.flatten().tolist(), K.flatten().tolist(), strict=True))
    shown = [f"{_addends([x])}·{_addends([k])}" for x, k in pairs[:LONGEST_SUM]]
    if len(pairs) > LONGEST_SUM:
        shown.append("…")
    return f"{' + '.join(shown)} = {number(sum(x * k for x, k in pairs))}"


def sum_over_channels(arguments: tuple[Tensor, ...], index: tuple[int, ...]) -> str:
    """Each input channel's share of one output value, and their sum.

    arguments : X (c_i, h, w) and K (c_i, k_h, k_w) or (c_o, c_i, k_h, k_w)
    index : (i, j), or (o, i, j) for a four-axis K

    >>> import torch
    >>> X = torch.stack((torch.arange(9.0), torch.arange(1.0, 10.0))).reshape(2, 3, 3)
    >>> K = torch.tensor([[[0.0, 1.0], [2.0, 3.0]], [[1.0, 2.0], [3.0, 4.0]]])
    >>> sum_over_channels((X, K), (0, 0))
    '19 + 37 = 56'
    """
    X, K = arguments
    *output, i, j = index
    kernel = K[output[0]] if output else K
    _, k_h, k_w = kernel.shape
    shares = (X[:, i : i + k_h, j : j + k_w] * kernel).sum((1, 2)).tolist()
    return f"{_addends(shares)} = {number(sum(shares))}"
