"""What the tasks give: numbers that they state, where right and wrong answers both begin."""

import torch
from torch import Tensor

RATE = 0.5
"""Lesson 1: the learning rate of `learn_kernel`."""

LAYERS = (
    (2, 5, 9, 4, 3, 2),
    (3, 120, 180, 8, 3, 5),
    (1, 28, 28, 6, 5, 5),
    (64, 7, 9, 10, 7, 9),
)
"""The layers of `shapes_and_parameters`: c_i, h, w, c_o, k_h, k_w."""


SEPIA = ((0.393, 0.769, 0.189), (0.349, 0.686, 0.168), (0.272, 0.534, 0.131))
"""The usual sepia table: a row for each new colour, a column for each old one."""


KINDS = ("float32", "float64", "integers")


def three_kinds(seed: int) -> dict[str, tuple[Tensor, Tensor]]:
    """X and K for one seed, in three kinds of numbers.

    The floats are short, so that every product is exact. Only the additions round, and the gaps
    are the same on every machine that adds the channels in the same order.

    seed : a whole number
    returns {"float32": (X, K), "float64": (X, K), "integers": (X, K)}, X of shape (3, 5, 7), from
        0 to 255 as in a photograph, and K of shape (4, 3, 1, 1), from -10 to 10; "integers" holds
        whole numbers in float32

    >>> {kind: X.shape for kind, (X, K) in three_kinds(0).items()}["float64"]
    torch.Size([3, 5, 7])
    """
    generator = torch.Generator().manual_seed(seed)
    X = 255 * torch.rand(3, 5, 7, generator=generator, dtype=torch.float64)
    K = 20 * torch.rand(4, 3, 1, 1, generator=generator, dtype=torch.float64) - 10
    return {
        "float32": (shorten(X, 12).float(), shorten(K, 12).float()),
        "float64": (shorten(X, 26), shorten(K, 26)),
        "integers": (X.round().float(), K.round().float()),
    }


def shorten(numbers: Tensor, bits: int) -> Tensor:
    """Numbers rounded to so many binary digits.

    >>> shorten(torch.tensor([0.1, 255.3]), 8)
    tensor([1.0010e-01, 2.5500e+02])
    """
    mantissa, exponent = torch.frexp(numbers)
    return torch.ldexp(torch.ldexp(mantissa, torch.tensor(bits)).round(), exponent - bits)
