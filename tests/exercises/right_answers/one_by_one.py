"""Lesson 4: answers in other styles, all right, and wrong ones beyond the known mistakes."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.functional import conv2d, linear

from course import corr2d, corr2d_multi_in, corr2d_multi_in_out, three_kinds

Layer = Callable[[Tensor, Tensor], Tensor]


# corr2d_multi_in_out_1x1 and by_linear


def matmul_of_rows(X: Tensor, K: Tensor) -> Tensor:
    c_i, h, w = X.shape
    return (K.reshape(-1, c_i) @ X.reshape(c_i, -1)).reshape(-1, h, w)


def flatten_and_unflatten(X: Tensor, K: Tensor) -> Tensor:
    return (K.flatten(1) @ X.flatten(1)).unflatten(1, X.shape[1:])


def view_of_contiguous(X: Tensor, K: Tensor) -> Tensor:
    (c_i, h, w), c_o = X.shape, K.shape[0]
    return K.contiguous().view(c_o, c_i).mm(X.contiguous().view(c_i, h * w)).view(c_o, h, w)


def permute_and_multiply(X: Tensor, K: Tensor) -> Tensor:
    return (X.permute(1, 2, 0) @ K[:, :, 0, 0].T).permute(2, 0, 1)


def movedim_and_multiply(X: Tensor, K: Tensor) -> Tensor:
    return (X.movedim(0, -1) @ K.squeeze(-1).squeeze(-1).T).movedim(-1, 0)


def pixels_as_rows(X: Tensor, K: Tensor) -> Tensor:
    c_i, h, w = X.shape
    pixels = X.permute(1, 2, 0).reshape(h * w, c_i)
    return (pixels @ K.reshape(-1, c_i).T).T.reshape(-1, h, w)


def einsum(X: Tensor, K: Tensor) -> Tensor:
    return torch.einsum("ocab,chw->ohw", K, X)


def tensordot(X: Tensor, K: Tensor) -> Tensor:
    return torch.tensordot(K[:, :, 0, 0], X, dims=1)


def broadcast_and_sum(X: Tensor, K: Tensor) -> Tensor:
    return (K * X).sum(1)


def batched_matmul(X: Tensor, K: Tensor) -> Tensor:
    return (K.reshape(len(K), -1) @ X.permute(1, 0, 2)).permute(1, 0, 2)


def add_scaled_channels(X: Tensor, K: Tensor) -> Tensor:
    maps = []
    for k in K:
        total = 0
        for c in range(len(X)):
            total = total + k[c] * X[c]
        maps.append(total)
    return torch.stack(maps)


def pixel_by_pixel(X: Tensor, K: Tensor) -> Tensor:
    (_, h, w), c_o = X.shape, len(K)
    Y = torch.zeros(c_o, h, w, dtype=X.dtype)
    for i in range(h):
        for j in range(w):
            Y[:, i, j] = K.flatten(1) @ X[:, i, j]
    return Y


def one_dot_product_a_number(X: Tensor, K: Tensor) -> Tensor:
    rows = [torch.stack([torch.dot(k.flatten(), pixel) for pixel in X.flatten(1).T]) for k in K]
    return torch.stack(rows).reshape(len(K), *X.shape[1:])


def mapped_over_pixels(X: Tensor, K: Tensor) -> Tensor:
    one = lambda pixel: K.flatten(1) @ pixel  # noqa: E731
    return vmap(vmap(one, in_dims=1, out_dims=1), in_dims=1, out_dims=1)(X)


def ready_made(X: Tensor, K: Tensor) -> Tensor:
    return conv2d(X, K)


def batch_of_one(X: Tensor, K: Tensor) -> Tensor:
    return conv2d(X.unsqueeze(0), K).squeeze(0)


def loops_of_lesson_3(X: Tensor, K: Tensor) -> Tensor:
    return torch.stack([sum(corr2d(x, c) for x, c in zip(X, k, strict=True)) for k in K])


def stack_of_lesson_2(X: Tensor, K: Tensor) -> Tensor:
    return torch.stack([corr2d_multi_in(X, k) for k in K], 0)


def functional_linear(X: Tensor, K: Tensor) -> Tensor:
    return linear(X.permute(1, 2, 0), K.flatten(1)).permute(2, 0, 1)


def linear_on_columns(X: Tensor, K: Tensor) -> Tensor:
    return linear(X.transpose(0, 2), K[:, :, 0, 0]).transpose(0, 2)


def functional_layer(X: Tensor, K: Tensor) -> Tensor:
    c_o, c_i = K.shape[:2]
    layer = nn.Linear(c_i, c_o, bias=False)
    return functional_call(layer, {"weight": K.flatten(1)}, X.permute(1, 2, 0)).permute(2, 0, 1)


def layer_with_a_parameter(X: Tensor, K: Tensor) -> Tensor:
    layer = nn.Linear(X.shape[0], K.shape[0], bias=False)
    layer.weight = nn.Parameter(K.reshape(K.shape[0], X.shape[0]))
    return layer(X.movedim(0, 2)).movedim(2, 0)


def layer_with_a_copy_and_a_bias_of_zero(X: Tensor, K: Tensor) -> Tensor:
    (c_i, h, w), c_o = X.shape, len(K)
    layer = nn.Linear(c_i, c_o).to(X.dtype)
    with torch.no_grad():
        layer.weight.copy_(K.reshape(c_o, c_i))
        layer.bias.zero_()
    return layer(X.reshape(c_i, h * w).T).T.reshape(c_o, h, w)


def detached_layer(X: Tensor, K: Tensor) -> Tensor:
    with torch.no_grad():
        return functional_layer(X, K)


def numpy_product(X: Tensor, K: Tensor) -> Tensor:
    return torch.from_numpy(np.einsum("oc,chw->ohw", K[:, :, 0, 0].numpy(), X.numpy()))


LAYERS = (
    matmul_of_rows,
    flatten_and_unflatten,
    view_of_contiguous,
    permute_and_multiply,
    movedim_and_multiply,
    pixels_as_rows,
    einsum,
    tensordot,
    broadcast_and_sum,
    batched_matmul,
    add_scaled_channels,
    pixel_by_pixel,
    one_dot_product_a_number,
    mapped_over_pixels,
    ready_made,
    batch_of_one,
    loops_of_lesson_3,
    stack_of_lesson_2,
    functional_linear,
)
LINEAR = (
    functional_linear,
    linear_on_columns,
    functional_layer,
    layer_with_a_parameter,
    layer_with_a_copy_and_a_bias_of_zero,
    detached_layer,
    numpy_product,
)


# photo_matrices

SEPIA = [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]]


def whole_numbers_for_swap() -> dict[str, Tensor]:
    swap = torch.tensor([[0, 0, 1], [0, 1, 0], [1, 0, 0]])
    return {"swap": swap, "sepia": torch.tensor(SEPIA), "grey": torch.full((3, 3), 1 / 3)}


def by_flipping_and_in_float64() -> dict[str, Tensor]:
    grey = torch.tensor([[1, 1, 1]] * 3) / 3
    sepia = torch.tensor(SEPIA, dtype=torch.float64)
    return {"grey": grey, "sepia": sepia, "swap": torch.eye(3).flip(1)}


def grey_in_four_digits() -> dict[str, Tensor]:
    return {**whole_numbers_for_swap(), "grey": torch.full((3, 3), 0.33333)}


# largest_gaps


def nested_loops(layer: Layer) -> Callable[[Sequence[int]], dict[str, float]]:
    def largest_gaps(seeds: Sequence[int]) -> dict[str, float]:
        gaps = dict.fromkeys(("float32", "float64", "integers"), 0)
        for seed in seeds:
            for kind, (X, K) in three_kinds(seed).items():
                gap = torch.max(torch.abs(corr2d_multi_in_out(X, K) - layer(X, K))).item()
                if gap > gaps[kind]:
                    gaps[kind] = gap
        return gaps

    return largest_gaps


def one_comprehension(seeds: Sequence[int]) -> dict[str, float]:
    return {
        kind: max(
            float((einsum(*pair) - corr2d_multi_in_out(*pair)).abs().max())
            for pair in (three_kinds(seed)[kind] for seed in seeds)
        )
        for kind in ("float32", "float64", "integers")
    }


def tensors_for_numbers(seeds: Sequence[int]) -> dict[str, Tensor]:
    largest = {}
    for kind in ("integers", "float32", "float64"):
        pairs = [three_kinds(seed)[kind] for seed in seeds]
        gaps = [matmul_of_rows(X, K) - corr2d_multi_in_out(X, K) for X, K in pairs]
        largest[kind] = torch.stack(gaps).abs().amax()
    return largest


def largest_of_two_signs(seeds: Sequence[int]) -> dict[str, float]:
    largest = {}
    for kind in ("integers", "float32", "float64"):
        pairs = [three_kinds(seed)[kind] for seed in seeds]
        gaps = torch.stack([matmul_of_rows(X, K) - corr2d_multi_in_out(X, K) for X, K in pairs])
        largest[kind] = max(gaps.max().item(), -gaps.min().item())
    return largest


def named(*functions: Callable[..., object]) -> dict[str, Callable[..., object]]:
    return {function.__name__.replace("_", " "): function for function in functions}


RIGHT = {
    "corr2d_multi_in_out_1x1": named(*LAYERS),
    "by_linear": named(*LINEAR),
    "photo_matrices": named(
        whole_numbers_for_swap, by_flipping_and_in_float64, grey_in_four_digits
    ),
    "largest_gaps": {
        **{f"with {name}": nested_loops(layer) for name, layer in named(*LAYERS).items()},
        **named(one_comprehension, tensors_for_numbers, largest_of_two_signs),
    },
}


def minds_one_output_only(X: Tensor, K: Tensor) -> Tensor:
    matrix = K.squeeze()
    if len(K) == 1:
        matrix = matrix[None]
    return torch.tensordot(matrix, X, 1)


def keeps_a_random_bias(X: Tensor, K: Tensor) -> Tensor:
    layer = nn.Linear(len(X), len(K))
    layer.weight.data = K.flatten(1)
    return layer(X.permute(1, 2, 0)).permute(2, 0, 1)


def keeps_random_weights(X: Tensor, K: Tensor) -> Tensor:
    return nn.Linear(len(X), len(K), bias=False)(X.permute(1, 2, 0)).permute(2, 0, 1)


def spoils_the_kernel(X: Tensor, K: Tensor) -> Tensor:
    Y = ready_made(X, K)
    with torch.no_grad():
        K *= 2
    return Y


def a_number_that_was_passed_on(seeds: Sequence[int]) -> dict[str, float]:
    return nested_loops(einsum)([24, 172, 27])


def another_number_that_was_passed_on(seeds: Sequence[int]) -> dict[str, float]:
    return nested_loops(einsum)([40])


WRONG = {
    "corr2d_multi_in_out_1x1": named(minds_one_output_only, spoils_the_kernel),
    "by_linear": named(keeps_a_random_bias, keeps_random_weights),
    "largest_gaps": named(a_number_that_was_passed_on, another_number_that_was_passed_on),
}

EQUIVALENT = {
    "by_linear": {
        "layer = nn.Linear(c_i, c_o, bias=False) -> layer = nn.Linear(c_o, c_i, bias=False)": (
            "the next line replaces the whole weight, and with it its shape"
        ),
    },
    "largest_gaps": {
        "gaps = … -> gaps = …-1…": "no gap is negative, so a start below 0 is never kept",
        "gaps[kind] = max(gaps[kind], … -> gaps[kind] = max(…, gaps[kind])": "max has no order",
    },
}
"""Mutants of the stored solutions that earn every point, each with the reason why it may.

"…" stands for any text.
"""
