"""A task that says from scratch notices a ready-made convolution, under whatever name."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import course
from course.checking.calling import call

X, K = torch.ones(4, 6), torch.ones(2, 3)


def by_module(X: Tensor, K: Tensor) -> Tensor:
    layer = nn.Conv2d(1, 1, K.shape, bias=False)
    layer.weight.data = K[None, None]
    return layer(X[None])[0]


def by_scipy(X: Tensor, K: Tensor) -> Tensor:
    from scipy import signal

    return torch.from_numpy(signal.correlate2d(X.numpy(), K.numpy(), mode="valid"))


def compiled(X: Tensor, K: Tensor) -> Tensor:
    return torch.jit.trace(lambda a, b: torch.conv2d(a, b), (X[None, None], K[None, None]))


READY_MADE: dict[str, Callable[..., Any]] = {
    "functional": lambda X, K: nn.functional.conv2d(X[None, None], K[None, None]),
    "alias": lambda X, K: getattr(torch, "con" + "v2d")(X[None, None], K[None, None]),
    "three dimensions": lambda X, K: torch.conv3d(X[None, None, None], K[None, None, None]),
    "transposed": lambda X, K: torch.conv_transpose2d(X[None, None], K[None, None]),
    "operator": lambda X, K: torch.ops.aten.conv2d(X[None, None], K[None, None]),
    "module": by_module,
    "the course's own": course.corr2d,
    "scipy": by_scipy,
    "compiled": compiled,
}


@pytest.mark.parametrize("way", READY_MADE)
def test_a_ready_made_convolution_is_noticed(way: str) -> None:
    assert call(READY_MADE[way], (X, K), watch=True).ready_made


FROM_SCRATCH: dict[str, Callable[..., Any]] = {
    "loops": lambda X, K: torch.stack(
        [(X[i : i + 2, j : j + 3] * K).sum() for i in range(3) for j in range(4)]
    ),
    "windows": lambda X, K: (X.unfold(0, 2, 1).unfold(1, 3, 1) * K).sum((2, 3)),
    "im2col": lambda X, K: K.reshape(1, -1) @ nn.functional.unfold(X[None, None], (2, 3))[0],
    "fourier": lambda X, K: torch.fft.irfft2(torch.fft.rfft2(X) * torch.fft.rfft2(K, s=(4, 6))),
}


@pytest.mark.parametrize("way", FROM_SCRATCH)
def test_work_from_scratch_is_not_mistaken_for_ready_made(way: str) -> None:
    outcome = call(FROM_SCRATCH[way], (X, K), watch=True)
    assert outcome.error is None
    assert outcome.ready_made == set()
