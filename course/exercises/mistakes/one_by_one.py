"""Lesson 4: the known wrong answers, named in words, as short as learners write them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from course.exercises.arithmetic import (
    corr2d_multi_in_out,
    correlate,
)
from course.exercises.given import KINDS, SEPIA, three_kinds


def flattened(X: Tensor, K: Tensor) -> tuple[Tensor, Tensor]:
    """X and K as matrices: (c_i, h·w) and (c_o, c_i)."""
    return X.reshape(len(X), -1), K.reshape(len(K), -1)


def reshapes_to_pixels(X: Tensor, K: Tensor) -> Tensor:
    c_i, h, w = X.shape
    pixels = X.reshape(h * w, c_i)
    return (pixels @ K.reshape(-1, c_i).T).T.reshape(-1, h, w)


def reshapes_to_pixels_and_back(X: Tensor, K: Tensor) -> Tensor:
    c_i, h, w = X.shape
    pixels = X.reshape(h * w, c_i)
    return (pixels @ K.reshape(-1, c_i).T).reshape(-1, h, w)


def permutes_and_reshapes_back(X: Tensor, K: Tensor) -> Tensor:
    Y = leaves_channels_last(X, K)
    h, w, c_o = Y.shape
    return Y.reshape(c_o, h, w)


def leaves_channels_last(X: Tensor, K: Tensor) -> Tensor:
    return X.permute(1, 2, 0) @ K.reshape(len(K), -1).T


def multiplies_in_the_wrong_order(X: Tensor, K: Tensor) -> Tensor:
    pixels, matrix = flattened(X, K)
    return pixels @ matrix


def multiplies_two_tall_matrices(X: Tensor, K: Tensor) -> Tensor:
    pixels, matrix = flattened(X, K)
    return matrix.T @ pixels


def multiplies_without_reshape(X: Tensor, K: Tensor) -> Tensor:
    return X @ K


def multiplies_without_reshape_kernel_first(X: Tensor, K: Tensor) -> Tensor:
    return K @ X


def reshapes_columns_first(X: Tensor, K: Tensor) -> Tensor:
    c_o, (_c_i, h, w) = len(K), X.shape
    return correlate(X, K).reshape(c_o, w, h)


def swaps_rows_and_columns(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K).transpose(1, 2)


def squeezes_the_kernel(X: Tensor, K: Tensor) -> Tensor:
    Y: Tensor = torch.tensordot(K.squeeze(), X, 1)
    return Y


def squeezes_the_kernel_in_an_einsum(X: Tensor, K: Tensor) -> Tensor:
    return torch.einsum("oc,chw->ohw", K.squeeze(), X)


def squeezes_the_result(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K).squeeze()


def stays_flat(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K).flatten(1)


def forgets_the_sum(X: Tensor, K: Tensor) -> Tensor:
    return K * X


def averages_channels(X: Tensor, K: Tensor) -> Tensor:
    return (K * X).mean(1)


def sums_before_multiplying(X: Tensor, K: Tensor) -> Tensor:
    return K.sum(1) * X.sum(0)


def uses_one_weight_for_all_inputs(X: Tensor, K: Tensor) -> Tensor:
    return K[:, 0] * X.sum(0)


def scales_the_first_channel(X: Tensor, K: Tensor) -> Tensor:
    return K[:, 0] * X[0]


def takes_three_channels(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X[:3], K[:, :3])


def reshapes_the_kernel_to_inputs_first(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K.reshape(K.shape[1], len(K)).T[:, :, None, None])


def turns_the_matrix_when_it_fits(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K.transpose(0, 1) if len(K) == len(X) else K)


def leaves_the_graph(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X.detach(), K.detach())


def resizes_the_input(X: Tensor, K: Tensor) -> Tensor:
    c_i, h, w = X.shape
    return (K.reshape(-1, c_i) @ X.resize_(c_i, h * w)).reshape(-1, h, w)


def matrices(**changed: Any) -> dict[str, Tensor]:
    """The three matrices of `photo_matrices`, some of them replaced."""
    right = {
        "grey": torch.full((3, 3), 1 / 3),
        "sepia": torch.tensor(SEPIA),
        "swap": torch.eye(3).flip(0),
    }
    return {**right, **changed}


def sums_for_grey() -> dict[str, Tensor]:
    return matrices(grey=torch.ones(3, 3))


def darkens_for_grey() -> dict[str, Tensor]:
    return matrices(grey=torch.eye(3) / 3)


def fills_one_row_of_grey() -> dict[str, Tensor]:
    return matrices(grey=torch.eye(3)[:, :1] / 3 * torch.ones(3))


def fills_one_column_of_grey() -> dict[str, Tensor]:
    return matrices(grey=torch.eye(3)[0] / 3 * torch.ones(3, 1))


def turns_sepia_on_its_side() -> dict[str, Tensor]:
    return matrices(sepia=torch.tensor(SEPIA).T)


def swaps_red_and_green() -> dict[str, Tensor]:
    return matrices(swap=torch.eye(3)[[1, 0, 2]])


def swaps_green_and_blue() -> dict[str, Tensor]:
    return matrices(swap=torch.eye(3)[[0, 2, 1]])


def moves_every_colour() -> dict[str, Tensor]:
    return matrices(swap=torch.eye(3)[[1, 2, 0]])


def moves_every_colour_the_other_way() -> dict[str, Tensor]:
    return matrices(swap=torch.eye(3)[[2, 0, 1]])


def swaps_nothing() -> dict[str, Tensor]:
    return matrices(swap=torch.eye(3))


def loses_green() -> dict[str, Tensor]:
    return matrices(swap=torch.tensor([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))


def has_kernels_for_matrices() -> dict[str, Tensor]:
    return {name: matrix.reshape(3, 3, 1, 1) for name, matrix in matrices().items()}


def applies_the_layer_to_columns(X: Tensor, K: Tensor) -> Tensor:
    return linear(X, K.reshape(len(K), -1))


def applies_the_layer_to_rows(X: Tensor, K: Tensor) -> Tensor:
    return linear(X.transpose(1, 2), K.reshape(len(K), -1))


def hands_over_four_axes(X: Tensor, K: Tensor) -> Tensor:
    return linear(X.permute(1, 2, 0), K).permute(2, 0, 1)


def hands_over_inputs_first(X: Tensor, K: Tensor) -> Tensor:
    return linear(X.permute(1, 2, 0), K.reshape(len(K), -1).T).permute(2, 0, 1)


def squeezes_the_weight(X: Tensor, K: Tensor) -> Tensor:
    return linear(X.permute(1, 2, 0), K.squeeze()).permute(2, 0, 1)


def moves_a_wrong_axis_back(X: Tensor, K: Tensor) -> Tensor:
    return leaves_channels_last(X, K).permute(0, 2, 1)


Gap = Callable[[Tensor, Tensor], Tensor]
"""Takes Y1 and Y2, gives how far they are apart."""


def gaps_of(seeds: Iterable[int], gap: Gap) -> dict[str, list[float]]:
    """For each kind, the gap of every seed between the matrix product and the general version."""
    gaps: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for seed in seeds:
        for kind, (X, K) in three_kinds(seed).items():
            gaps[kind].append(float(gap(linear_map(X, K), corr2d_multi_in_out(X, K))))
    return gaps


def linear_map(X: Tensor, K: Tensor) -> Tensor:
    """A 1×1 kernel as one fully connected layer: (c_o, h, w)."""
    return linear(X.permute(1, 2, 0), K.flatten(1)).permute(2, 0, 1)


def largest(Y1: Tensor, Y2: Tensor) -> Tensor:
    return (Y1 - Y2).abs().max()


def adds_all_gaps_of_a_seed(seeds: Sequence[int]) -> dict[str, float]:
    return {k: max(g) for k, g in gaps_of(seeds, lambda Y1, Y2: (Y1 - Y2).abs().sum()).items()}


def adds_the_seeds_up(seeds: Sequence[int]) -> dict[str, float]:
    return {kind: sum(gaps) for kind, gaps in gaps_of(seeds, largest).items()}


def averages_the_seeds(seeds: Sequence[int]) -> dict[str, float]:
    return {kind: sum(gaps) / len(gaps) for kind, gaps in gaps_of(seeds, largest).items()}


def averages_the_numbers(seeds: Sequence[int]) -> dict[str, float]:
    return {k: max(g) for k, g in gaps_of(seeds, lambda Y1, Y2: (Y1 - Y2).abs().mean()).items()}


def keeps_the_last_seed(seeds: Sequence[int]) -> dict[str, float]:
    return {kind: gaps[-1] for kind, gaps in gaps_of(seeds, largest).items()}


def stops_after_the_first_seed(seeds: Sequence[int]) -> dict[str, float]:
    return {kind: gaps[0] for kind, gaps in gaps_of(seeds, largest).items()}


def forgets_the_sign(seeds: Sequence[int]) -> dict[str, float]:
    return {k: max(g) for k, g in gaps_of(seeds, lambda Y1, Y2: (Y1 - Y2).max()).items()}


def takes_the_smallest(seeds: Sequence[int]) -> dict[str, float]:
    return {kind: min(gaps) for kind, gaps in gaps_of(seeds, largest).items()}


def asks_whether_all_are_equal(seeds: Sequence[int]) -> dict[str, bool]:
    return {k: all(g) for k, g in gaps_of(seeds, lambda Y1, Y2: (Y1 == Y2).all()).items()}


def keeps_a_list_for_each_kind(seeds: Sequence[int]) -> dict[str, list[float]]:
    return gaps_of(seeds, largest)


def compares_a_function_with_itself(seeds: Sequence[int]) -> dict[str, float]:
    return dict.fromkeys(KINDS, 0.0)


def more_channels() -> str:
    return "more channels"


def recolour() -> str:
    return "recolour"


def standardise() -> str:
    return "standardise"
