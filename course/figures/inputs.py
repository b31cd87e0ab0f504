"""What a picture accepts: each function returns plain numbers or raises one clear sentence."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d

from course.figures.numbers import Array
from course.language import _

AXES = {
    1: "(n,)",
    2: "(h, w)",
    3: "(c, h, w)",
    4: "(c_o, c_i, k_h, k_w)",
}


def numbers_of(tensor: Tensor, name: str, ranks: Sequence[int]) -> Array:
    """The values of a tensor as float64, free of autograd and devices.

    tensor : any real dtype, finite, with one of the given numbers of axes
    returns an array of the same shape
    raises TypeError if it is no tensor, ValueError if it cannot be drawn

    >>> numbers_of(torch.ones(2, 3, dtype=torch.int64), "X", ranks=(2, 3)).shape
    (2, 3)
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(
            _("{name} must be a tensor, not {type}: torch.tensor({name}) makes one.").format(
                name=name, type=type(tensor).__name__
            )
        )
    shape = tuple(tensor.shape)
    if tensor.ndim not in ranks:
        raise ValueError(
            _("{name} has shape {shape}, but this picture needs {axes}.").format(
                name=name, shape=shape, axes=_(" or ").join(AXES[rank] for rank in ranks)
            )
        )
    if tensor.numel() == 0:
        raise ValueError(
            _("{name} has shape {shape}: there is nothing to draw.").format(name=name, shape=shape)
        )
    if tensor.is_complex():
        raise ValueError(
            _("{name} holds complex numbers, but pictures need real ones.").format(name=name)
        )
    values: Array = tensor.detach().cpu().to(torch.float64).numpy()
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        place = tuple(int(index) for index in wrong[0])
        raise ValueError(
            _("{name}[{place}] is {value}, but pictures need finite numbers.").format(
                name=name, place=", ".join(map(str, place)), value=values[place]
            )
        )
    return values


def at_most(count: int, most: int, sentence: str) -> None:
    """Raise ValueError with the sentence if a picture would be too crowded.

    sentence : translated, with the placeholders {count} and {most}
    """
    if count > most:
        raise ValueError(sentence.format(count=count, most=most))


def numbers_fit(values: Array, name: str, most: int) -> None:
    """Raise ValueError if the last two axes are too long to write every number.

    values : (..., h, w)
    """
    if max(values.shape[-2:]) > most:
        raise ValueError(
            _("{name} is {h} by {w}, but this picture has room for {most} by {most}.").format(
                name=name, h=values.shape[-2], w=values.shape[-1], most=most
            )
        )


def paired(X: Tensor, K: Tensor) -> tuple[Array, Array]:
    """One image and one filter as stacks of channels.

    X : (h, w) or (c, h, w)
    K : (k_h, k_w) or (c, k_h, k_w), with as many axes as X and no larger
    returns (c, h, w) and (c, k_h, k_w)
    raises ValueError if they do not fit

    >>> x, k = paired(torch.ones(3, 4), torch.ones(2, 2))
    >>> x.shape, k.shape
    ((1, 3, 4), (1, 2, 2))
    """
    image, kernel = numbers_of(X, "X", (2, 3)), numbers_of(K, "K", (2, 3))
    if image.ndim != kernel.ndim:
        raise ValueError(
            _("X has {x} axes, K has {k}: they need the same number.").format(
                x=image.ndim, k=kernel.ndim
            )
        )
    if image.ndim == 2:
        image, kernel = image[None], kernel[None]
    match(image, kernel)
    return image, kernel


def banked(X: Tensor, K: Tensor) -> tuple[Array, Array]:
    """One image and a filter bank.

    X : (c_i, h, w)
    K : (c_o, c_i, k_h, k_w), no larger than X
    returns the same shapes
    raises ValueError if they do not fit

    >>> x, k = banked(torch.ones(2, 3, 3), torch.ones(3, 2, 2, 2))
    >>> k.shape
    (3, 2, 2, 2)
    """
    image, bank = numbers_of(X, "X", (3,)), numbers_of(K, "K", (4,))
    match(image, bank[0])
    return image, bank


def cross_correlated(image: Array, bank: Array) -> Array:
    """What the picture shows as Y, by PyTorch itself in float64.

    image : (c_i, h, w)
    bank : (c_o, c_i, k_h, k_w)
    returns (c_o, h - k_h + 1, w - k_w + 1)

    >>> cross_correlated(np.ones((2, 3, 5)), np.ones((4, 2, 2, 2))).shape
    (4, 2, 4)
    """
    maps: Array = conv2d(torch.tensor(image), torch.tensor(bank)).numpy()
    return maps


def inside(i: int, j: int, h: int, w: int) -> None:
    """Raise ValueError if cell (i, j) is outside h rows and w columns."""
    if not (0 <= i < h and 0 <= j < w):
        raise ValueError(
            _(
                "Cell ({i}, {j}) is outside: i goes from 0 to {last_i}, j from 0 to {last_j}."
            ).format(i=i, j=j, last_i=h - 1, last_j=w - 1)
        )


def match(image: Array, kernel: Array) -> None:
    """Raise ValueError unless every channel has its kernel and the kernels fit into the image.

    image : (c, h, w)
    kernel : (c, k_h, k_w)
    """
    if len(image) != len(kernel):
        raise ValueError(
            _("X has {x} channels, K has {k}: every channel needs a kernel of its own.").format(
                x=len(image), k=len(kernel)
            )
        )
    if kernel.shape[1] > image.shape[1] or kernel.shape[2] > image.shape[2]:
        raise ValueError(
            _("A kernel of {k_h} by {k_w} does not fit into an image of {h} by {w}.").format(
                k_h=kernel.shape[1], k_w=kernel.shape[2], h=image.shape[1], w=image.shape[2]
            )
        )
