"""Lesson 1: the known wrong answers, named in words, as short as learners write them."""

import torch
from torch import Tensor

from course.exercises.arithmetic import correlate
from course.exercises.given import RATE


def fill(Y: Tensor, X: Tensor, K: Tensor) -> Tensor:
    """Write the answer of one window into every cell of Y, wherever that window lies."""
    k_h, k_w = K.shape
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + k_h, j : j + k_w] * K).sum()
    return Y


def size(X: Tensor, K: Tensor) -> tuple[int, int]:
    """The right shape of Y."""
    return X.shape[0] - K.shape[0] + 1, X.shape[1] - K.shape[1] + 1


def slide(X: Tensor, K: Tensor) -> Tensor:
    """The right values, from scratch, so that only the mistake is found."""
    return fill(torch.zeros(size(X, K)), X, K)


def turns_the_kernel(X: Tensor, K: Tensor) -> Tensor:
    return slide(X, K.flip(0, 1))


def slides_the_picture_over_the_kernel(X: Tensor, K: Tensor) -> Tensor:
    return fill(torch.zeros(size(K, X)), K, X)


def forgets_the_last_position(X: Tensor, K: Tensor) -> Tensor:
    return fill(torch.zeros(X.shape[0] - K.shape[0], X.shape[1] - K.shape[1]), X, K)


def keeps_the_size_of_the_picture(X: Tensor, K: Tensor) -> Tensor:
    Y = torch.zeros(X.shape)
    fill(Y[: size(X, K)[0], : size(X, K)[1]], X, K)
    return Y


def lets_the_window_stick_out(X: Tensor, K: Tensor) -> Tensor:
    return fill(torch.zeros_like(X), X, K)


def swaps_rows_and_columns(X: Tensor, K: Tensor) -> Tensor:
    k_w, k_h = K.shape
    Y = torch.zeros(X.shape[0] - k_h + 1, X.shape[1] - k_w + 1)
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + k_h, j : j + k_w] * K).sum()
    return Y


def makes_a_square_of_the_height(X: Tensor, K: Tensor) -> Tensor:
    return fill(torch.zeros(size(X, K)[0], size(X, K)[0]), X, K)


def makes_a_square_of_the_width(X: Tensor, K: Tensor) -> Tensor:
    return fill(torch.zeros(size(X, K)[1], size(X, K)[1]), X, K)


def takes_two_by_two_windows(X: Tensor, K: Tensor) -> Tensor:
    Y = torch.zeros(size(X, K))
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + 2, j : j + 2] * K).sum()
    return Y


def multiplies_as_matrices(X: Tensor, K: Tensor) -> Tensor:
    Y = torch.zeros(size(X, K))
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + K.shape[0], j : j + K.shape[1]] @ K).sum()
    return Y


def averages_the_window(X: Tensor, K: Tensor) -> Tensor:
    return slide(X, K) / K.numel()


def adds_window_and_kernel(X: Tensor, K: Tensor) -> Tensor:
    return slide(X, torch.ones_like(K)) + K.sum()


def stops_one_short(X: Tensor, K: Tensor) -> Tensor:
    Y = torch.zeros(size(X, K))
    fill(Y[:-1, :-1], X, K)
    return Y


def makes_y_of_the_type_of_x(X: Tensor, K: Tensor) -> Tensor:
    return fill(torch.zeros(size(X, K), dtype=X.dtype), X, K)


def makes_numbers_of_tensors(X: Tensor, K: Tensor) -> Tensor:
    return torch.tensor(slide(X, K).tolist())


def multiplies_in_place(X: Tensor, K: Tensor) -> Tensor:
    Y = torch.zeros(size(X, K))
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            window = X[i : i + K.shape[0], j : j + K.shape[1]]
            window *= K
            Y[i, j] = window.sum()
    return Y


def writes_into_the_picture(X: Tensor, K: Tensor) -> Tensor:
    h_o, w_o = size(X, K)
    return fill(X.float()[:h_o, :w_o], X, K)


def returns_after_the_first_window(X: Tensor, K: Tensor) -> Tensor:
    Y = torch.zeros(size(X, K))
    fill(Y[:1, :1], X, K)
    return Y


def returns_after_the_first_row(X: Tensor, K: Tensor) -> Tensor:
    Y = torch.zeros(size(X, K))
    fill(Y[:1], X, K)
    return Y


def cuts_negative_answers(X: Tensor, K: Tensor) -> Tensor:
    return slide(X, K).clamp(min=0)


def takes_absolute_values(X: Tensor, K: Tensor) -> Tensor:
    return slide(X, K).abs()


def squeezes(X: Tensor, K: Tensor) -> Tensor:
    return slide(X, K).squeeze()


def forgets_to_add_one(h: int, w: int, k_h: int, k_w: int) -> tuple[int, int]:
    return h - k_h, w - k_w


def gives_columns_first(h: int, w: int, k_h: int, k_w: int) -> tuple[int, int]:
    return w - k_w + 1, h - k_h + 1


def takes_height_for_width(h: int, w: int, k_h: int, k_w: int) -> tuple[int, int]:
    return h - k_h + 1, h - k_h + 1


def pairs_height_with_kernel_width(h: int, w: int, k_h: int, k_w: int) -> tuple[int, int]:
    return h - k_w + 1, w - k_h + 1


def keeps_the_size(h: int, w: int, k_h: int, k_w: int) -> tuple[int, int]:
    return h, w


def lets_the_kernel_stick_out(h: int, w: int, k_h: int, k_w: int) -> tuple[int, int]:
    return h + k_h - 1, w + k_w - 1


def takes_one_too_many(h: int, w: int, k_h: int, k_w: int) -> tuple[int, int]:
    return h - k_h - 1, w - k_w - 1


def jumps_by_the_kernel(h: int, w: int, k_h: int, k_w: int) -> tuple[int, int]:
    return (h - k_h) // k_h + 1, (w - k_w) // k_w + 1


def loses_half_a_kernel_on_each_side(h: int, w: int, k_h: int, k_w: int) -> tuple[int, int]:
    return h - k_h // 2 * 2, w - k_w // 2 * 2


def counts_the_cells(h: int, w: int, k_h: int, k_w: int) -> int:
    return (h - k_h + 1) * (w - k_w + 1)


def symmetric_matrix() -> str:
    return "symmetric matrix"


def all_positive() -> str:
    return "all positive"


def none() -> str:
    return "none"


def differences(*kernels: list[list[float]]) -> tuple[Tensor, ...]:
    """Kernels written as lists."""
    return tuple(torch.tensor(kernel) for kernel in kernels)


def blurs() -> tuple[Tensor, ...]:
    return differences([[1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]], [[1.0, 2.0, 1.0]])


def compares_top_with_bottom() -> tuple[Tensor, ...]:
    return differences([[1.0], [-1.0]], [[1.0, 0.0], [0.0, -1.0]], [[1.0], [-2.0], [1.0]])


def takes_the_other_diagonal() -> tuple[Tensor, ...]:
    return differences([[1.0, -1.0]], [[0.0, 1.0], [-1.0, 0.0]], [[1.0, -2.0, 1.0]])


def subtracts_bright_from_dark() -> tuple[Tensor, ...]:
    return differences([[-1.0, 1.0]], [[-1.0, 0.0], [0.0, 1.0]], [[-1.0, 2.0, -1.0]])


def takes_one_wide_difference() -> tuple[Tensor, ...]:
    return differences([[1.0, -1.0]], [[1.0, 0.0], [0.0, -1.0]], [[1.0, 0.0, -1.0]])


def turns_the_second_derivative_round() -> tuple[Tensor, ...]:
    return differences([[1.0, -1.0]], [[1.0, 0.0], [0.0, -1.0]], [[-1.0, 2.0, -1.0]])


def halves_the_second_derivative() -> tuple[Tensor, ...]:
    return differences([[1.0, -1.0]], [[1.0, 0.0], [0.0, -1.0]], [[0.5, -1.0, 0.5]])


def walk(X: Tensor, Y: Tensor, steps: int, rate: float = RATE, keep: float = 0.0) -> Tensor:
    """Gradient descent; `keep` is the share of each gradient that stays in the next one."""
    K, gradient = torch.zeros(1, 2), torch.zeros(1, 2)
    for _step in range(steps):
        error = correlate(X, K) - Y
        gradient = keep * gradient + 2 * correlate(X, error) / error.numel()
        K = K - rate * gradient
    return K


def forgets_to_clear_the_gradient(X: Tensor, Y: Tensor, steps: int) -> Tensor:
    return walk(X, Y, steps, keep=1.0)


def climbs(X: Tensor, Y: Tensor, steps: int) -> Tensor:
    return walk(X, Y, steps, rate=-RATE)


def sums_the_squares(X: Tensor, Y: Tensor, steps: int) -> Tensor:
    return walk(X, Y, steps, rate=RATE * Y.numel())


def takes_one_step(X: Tensor, Y: Tensor, steps: int) -> Tensor:
    return walk(X, Y, 1)


def always_takes_a_hundred_steps(X: Tensor, Y: Tensor, steps: int) -> Tensor:
    return walk(X, Y, 100)


def remembers_the_lesson(X: Tensor, Y: Tensor, steps: int) -> Tensor:
    return torch.tensor([[1.0, -1.0]])


def returns_the_loss(X: Tensor, Y: Tensor, steps: int) -> Tensor:
    return (correlate(X, walk(X, Y, steps - 1)) - Y).square().mean()


def keeps_the_axes_of_conv2d(X: Tensor, Y: Tensor, steps: int) -> Tensor:
    return walk(X, Y, steps)[None, None]


def makes_a_new_kernel_each_step(X: Tensor, Y: Tensor, steps: int) -> Tensor:
    K = torch.zeros(1, 2, requires_grad=True)
    for _step in range(steps):
        (correlate(X, K) - Y).square().mean().backward()
        K = K - RATE * K.grad  # type: ignore[operator]
    return K
