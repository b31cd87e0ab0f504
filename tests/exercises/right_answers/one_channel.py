"""Lesson 1: answers in other styles, all right, and wrong ones beyond the known mistakes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, mse_loss, unfold

import course


def loops(X: Tensor, K: Tensor) -> Tensor:
    (h, w), (k_h, k_w) = X.shape, K.shape
    Y = torch.zeros((h - k_h + 1, w - k_w + 1))
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + k_h, j : j + k_w] * K).sum()
    return Y


def four_loops(X: Tensor, K: Tensor) -> Tensor:
    Y = torch.zeros(X.shape[0] - K.shape[0] + 1, X.shape[1] - K.shape[1] + 1)
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            for a in range(K.shape[0]):
                for b in range(K.shape[1]):
                    Y[i, j] += X[i + a, j + b] * K[a, b]
    return Y


def stacked_rows(X: Tensor, K: Tensor) -> Tensor:
    (h, w), (k_h, k_w) = X.shape, K.shape
    rows = [
        torch.stack([torch.sum(X[i : i + k_h, j : j + k_w] * K) for j in range(w - k_w + 1)])
        for i in range(h - k_h + 1)
    ]
    return torch.stack(rows)


def shift_and_add(X: Tensor, K: Tensor) -> Tensor:
    (h, w), (k_h, k_w) = X.shape, K.shape
    h_o, w_o = h - k_h + 1, w - k_w + 1
    return sum(K[a, b] * X[a : a + h_o, b : b + w_o] for a in range(k_h) for b in range(k_w))


def windows_and_einsum(X: Tensor, K: Tensor) -> Tensor:
    windows = X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1)
    return torch.einsum("ijab,ab->ij", windows, K)


def windows_and_broadcasting(X: Tensor, K: Tensor) -> Tensor:
    return (X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1) * K).sum((-1, -2))


def im2col(X: Tensor, K: Tensor) -> Tensor:
    (h, w), (k_h, k_w) = X.shape, K.shape
    columns = unfold(X[None, None], (k_h, k_w))[0]
    return (K.reshape(1, -1) @ columns).reshape(h - k_h + 1, w - k_w + 1)


def strided(X: Tensor, K: Tensor) -> Tensor:
    X = X.contiguous()
    (h, w), (k_h, k_w) = X.shape, K.shape
    windows = X.as_strided((h - k_h + 1, w - k_w + 1, k_h, k_w), X.stride() * 2)
    return torch.tensordot(windows, K, dims=2)


def toeplitz(X: Tensor, K: Tensor) -> Tensor:
    (h, w), (k_h, k_w) = X.shape, K.shape
    h_o, w_o = h - k_h + 1, w - k_w + 1
    T = torch.zeros(h_o, w_o, h, w, dtype=K.dtype)
    for i in range(h_o):
        for j in range(w_o):
            T[i, j, i : i + k_h, j : j + k_w] = K
    return (T.reshape(h_o * w_o, h * w) @ X.reshape(-1)).reshape(h_o, w_o)


def fourier(X: Tensor, K: Tensor) -> Tensor:
    (h, w), (k_h, k_w) = X.shape, K.shape
    spectrum = torch.fft.rfft2(X) * torch.fft.rfft2(K, s=(h, w)).conj()
    return torch.fft.irfft2(spectrum, s=(h, w))[: h - k_h + 1, : w - k_w + 1]


def prints_and_warns(X: Tensor, K: Tensor) -> Tensor:
    import sys
    import warnings

    print(X.shape)
    print("a note on stderr", file=sys.stderr)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("an honest warning", stacklevel=1)
    return loops(X, K)


def sobel() -> tuple[Tensor, ...]:
    left_right = torch.tensor([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
    diagonal = torch.tensor([[2, 1, 0], [1, 0, -1], [0, -1, -2]])
    return left_right, diagonal, torch.tensor([[0, 1, 0], [1, -4, 1], [0, 1, 0]])


def fine_differences() -> list[Tensor]:
    left_right = torch.tensor([[-1.0, 8, 0, -8, 1]]) / 12
    return [
        left_right,
        1e-3 * torch.eye(3) @ torch.diag(torch.tensor([1.0, 0, -1])),
        torch.tensor([[-1.0, 16, -30, 16, -1]]) / 12,
    ]


def gaussian_derivatives() -> tuple[Tensor, ...]:
    t = torch.arange(-3.0, 4.0)
    bump = torch.exp(-(t**2) / 4)
    second = torch.outer(bump, bump * (t**2 - (bump * t**2).sum() / bump.sum()))
    second = second / (second * t**2).sum() * 2
    slope = torch.outer(bump, -t * bump)
    return slope, slope + slope.T, second


def one_tensor() -> Tensor:
    kernels = torch.zeros(3, 3, 3, dtype=torch.float64)
    kernels[0, 1, :2] = torch.tensor([5.0, -5.0])
    kernels[1, 0, 0], kernels[1, 2, 2] = 1, -1
    kernels[2] = torch.tensor([1.0, -2.0, 1.0]).repeat(3, 1) / 3
    return kernels


def autograd_and_zero(X: Tensor, Y: Tensor, steps: int) -> Tensor:
    K = torch.zeros((1, 2), requires_grad=True)
    for _ in range(steps):
        mse_loss(loops(X, K).to(Y.dtype), Y).backward()
        K.data -= 0.5 * K.grad
        K.grad = None
    return K


def optimizer(X: Tensor, Y: Tensor, steps: int) -> Tensor:
    K = torch.zeros(1, 2, dtype=X.dtype, requires_grad=True)
    sgd = torch.optim.SGD([K], lr=0.5)
    for _ in range(steps):
        sgd.zero_grad()
        (conv2d(X[None, None], K[None, None])[0, 0] - Y).pow(2).mean().backward()
        sgd.step()
    return K.detach()


def layer(X: Tensor, Y: Tensor, steps: int) -> Tensor:
    conv = nn.Conv2d(1, 1, kernel_size=(1, 2), bias=False, dtype=X.dtype)
    nn.init.zeros_(conv.weight)
    for _ in range(steps):
        conv.zero_grad()
        ((conv(X[None, None]) - Y[None, None]) ** 2).mean().backward()
        conv.weight.data[:] -= 0.5 * conv.weight.grad
    return conv.weight.data.reshape(1, 2)


def gradient_by_hand(X: Tensor, Y: Tensor, steps: int) -> Tensor:
    K = torch.zeros(1, 2, dtype=X.dtype)
    for _ in range(steps):
        error = K[0, 0] * X[:, :-1] + K[0, 1] * X[:, 1:] - Y
        gradient = torch.stack([(2 * error * X[:, :-1]).mean(), (2 * error * X[:, 1:]).mean()])
        K = K - 0.5 * gradient
    return K


def functional_gradient(X: Tensor, Y: Tensor, steps: int) -> Tensor:
    K = torch.zeros(1, 2, dtype=X.dtype)
    slope = torch.func.grad(lambda K: ((course.corr2d(X, K) - Y) ** 2).mean())
    for _ in range(steps):
        K = K - 0.5 * slope(K)
    return K


def by_words(*functions: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    return {f.__name__.replace("_", " "): f for f in functions}


RIGHT = {
    "corr2d": by_words(
        loops,
        four_loops,
        stacked_rows,
        shift_and_add,
        windows_and_einsum,
        windows_and_broadcasting,
        im2col,
        strided,
        toeplitz,
        fourier,
        prints_and_warns,
    ),
    "out_shape": {
        "a list": lambda h, w, k_h, k_w: [h - k_h + 1, w - k_w + 1],
        "a size": lambda h, w, k_h, k_w: loops(torch.ones(h, w), torch.ones(k_h, k_w)).shape,
        "counted": lambda h, w, k_h, k_w: (len(range(h - k_h + 1)), len(range(w - k_w + 1))),
    },
    "edge_kernels": by_words(sobel, fine_differences, gaussian_derivatives, one_tensor),
    "learn_kernel": by_words(
        autograd_and_zero, optimizer, layer, gradient_by_hand, functional_gradient
    ),
}


def ready_made(X: Tensor, K: Tensor) -> Tensor:
    return conv2d(X[None, None], K[None, None])[0, 0]


def borrowed_from_the_course(X: Tensor, K: Tensor) -> Tensor:
    return course.corr2d(X, K)


def ready_made_of_scipy(X: Tensor, K: Tensor) -> Tensor:
    from scipy.signal import correlate2d

    return torch.tensor(correlate2d(X.detach().numpy(), K.detach().numpy(), mode="valid"))


def numpy_loops(X: Tensor, K: Tensor) -> Tensor:
    x, k = X.detach().numpy(), K.detach().numpy()
    windows = np.lib.stride_tricks.sliding_window_view(x, k.shape)
    return torch.from_numpy((windows * k).sum((2, 3)))


def ignores_the_column(X: Tensor, K: Tensor) -> Tensor:
    Y = loops(X, K)
    return Y[:, :1].expand(Y.shape)


def no_return(X: Tensor, K: Tensor) -> None:
    loops(X, K)


def doubles_the_input(X: Tensor, K: Tensor) -> Tensor:
    Y = loops(X, K)
    with torch.no_grad():
        X *= 2
    return Y


def random_start(X: Tensor, Y: Tensor, steps: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    K = torch.randn(1, 2, generator=generator).requires_grad_()
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(((course.corr2d(X, K) - Y) ** 2).mean(), K)
        K = (K - 0.5 * gradient).detach().requires_grad_()
    return K


def least_squares(X: Tensor, Y: Tensor, steps: int) -> Tensor:
    return torch.linalg.lstsq(X.unfold(1, 2, 1).reshape(-1, 2), Y.reshape(-1, 1)).solution.T


WRONG = {
    "corr2d": by_words(
        ready_made,
        borrowed_from_the_course,
        ready_made_of_scipy,
        numpy_loops,
        ignores_the_column,
        no_return,
        doubles_the_input,
    ),
    "edge_kernels": {
        "two kernels": lambda: (torch.ones(1, 2), torch.ones(2, 2)),
        "lists": lambda: ([[1, -1]], [[1, 0], [0, -1]], [[1, -2, 1]]),
        "zeros": lambda: torch.zeros(3, 3, 3),
        "None": lambda: None,
        "too large": lambda: (torch.ones(9, 9),) * 3,
        "not a number": lambda: torch.full((3, 2, 2), float("nan")),
        "three of the first": lambda: (torch.tensor([[1.0, -1.0]]),) * 3,
    },
    "learn_kernel": by_words(random_start, least_squares),
}

EQUIVALENT = {
    "corr2d": {
        "Y = torch.zeros(X.shape[0] - k_h + 1, X.shape[1] - k_w + 1) -> "
        "Y = torch.ones(X.shape[0] - k_h + 1, X.shape[1] - k_w + 1)": "every cell is overwritten",
    },
}
"""Mutants of the stored solutions that earn every point, each with the reason why it may."""
