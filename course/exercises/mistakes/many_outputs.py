"""Lesson 3: the known wrong answers, named in words, as short as learners write them."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import unfold

from course.exercises.arithmetic import corr2d_multi_in, correlate
from course.exercises.exercise import Function
from course.exercises.given import LAYERS


def lengthens_an_axis(X: Tensor, K: Tensor) -> Tensor:
    return torch.cat([correlate(X, k) for k in K], 0)


def averages_the_channels(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K) / len(X)


def stacks_along_the_last_axis(X: Tensor, K: Tensor) -> Tensor:
    return torch.stack([correlate(X, k) for k in K], -1)


def stacks_along_axis_1(X: Tensor, K: Tensor) -> Tensor:
    return torch.stack([correlate(X, k) for k in K], 1)


def pairs_inputs_with_filters(X: Tensor, K: Tensor) -> Tensor:
    return torch.stack([correlate(x.expand(len(k), -1, -1), k) for x, k in zip(X, K, strict=False)])


def takes_filters_from_axis_1(X: Tensor, K: Tensor) -> Tensor:
    return torch.stack([corr2d_multi_in(X, K[:, c]) for c in range(K.shape[1])])


def takes_filters_from_axis_1_and_truncates(X: Tensor, K: Tensor) -> Tensor:
    both = min(K.shape[:2])
    return torch.stack([correlate(X[:both], K[:both, c]) for c in range(K.shape[1])])


def stacks_inside_the_loop(X: Tensor, K: Tensor) -> Tensor:
    Y = correlate(X, K[0])
    for k in K[1:]:
        Y = torch.stack((Y, correlate(X, k)))
    return Y


def leaves_out_the_sum(X: Tensor, K: Tensor) -> Tensor:
    return torch.stack([torch.stack([correlate(X[c], k[c]) for c in range(len(X))]) for k in K])


def returns_a_map_for_every_kernel(X: Tensor, K: Tensor) -> Tensor:
    return leaves_out_the_sum(X, K).flatten(0, 1)


def squeezes(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K).squeeze()


def adds_the_maps_of_all_filters(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K).sum(0)


def returns_inside_the_loop(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K[:1])


def returns_the_first_map(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K[0])


def returns_a_list(X: Tensor, K: Tensor) -> list[Tensor]:
    return [correlate(X, k) for k in K]


def makes_exactly_three_maps(X: Tensor, K: Tensor) -> Tensor:
    return torch.stack([correlate(X, K[o]) for o in (0, 1, 2)])


def uses_one_kernel_for_all_inputs(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K[:, :1].expand_as(K))


def swaps_rows_and_columns(X: Tensor, K: Tensor) -> Tensor:
    Y = correlate(X, K)
    return Y.reshape(Y.shape[0], Y.shape[2], Y.shape[1])


def mixes_the_filters(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K.reshape(-1, len(K)).T.reshape(K.shape))


def leaves_torch(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X.detach(), K.detach())


def adds_a_batch_axis_in_place(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X.unsqueeze_(0)[0], K)


def one_for_every_kernel() -> str:
    return "2048"


def one_for_every_input() -> str:
    return "32"


def inputs_and_outputs_together() -> str:
    return "96"


def for_each_layer(shape: Function, parameters: Function) -> list[tuple[Any, Any]]:
    """Two formulas, asked for every layer.

    shape, parameters : functions of (c_i, h, w, c_o, k_h, k_w)
    returns one pair a layer
    """
    return [(shape(*layer), parameters(*layer)) for layer in LAYERS]


def positions(c_i: int, h: int, w: int, c_o: int, k_h: int, k_w: int) -> tuple[int, ...]:
    return c_o, h - k_h + 1, w - k_w + 1


def weights(c_i: int, h: int, w: int, c_o: int, k_h: int, k_w: int) -> int:
    return c_o * c_i * k_h * k_w


def weights_and_biases(c_i: int, h: int, w: int, c_o: int, k_h: int, k_w: int) -> int:
    return weights(c_i, h, w, c_o, k_h, k_w) + c_o


def loses_the_last_position() -> list[tuple[Any, Any]]:
    return for_each_layer(
        lambda c_i, h, w, c_o, k_h, k_w: (c_o, h - k_h, w - k_w), weights_and_biases
    )


def keeps_the_size_of_the_picture() -> list[tuple[Any, Any]]:
    return for_each_layer(lambda c_i, h, w, c_o, k_h, k_w: (c_o, h, w), weights_and_biases)


def counts_a_map_for_every_kernel() -> list[tuple[Any, Any]]:
    return for_each_layer(
        lambda c_i, h, w, c_o, k_h, k_w: (c_o * c_i, h - k_h + 1, w - k_w + 1), weights_and_biases
    )


def counts_a_map_for_every_input() -> list[tuple[Any, Any]]:
    return for_each_layer(
        lambda c_i, h, w, c_o, k_h, k_w: (c_i, h - k_h + 1, w - k_w + 1), weights_and_biases
    )


def puts_the_channels_last() -> list[tuple[Any, Any]]:
    return for_each_layer(
        lambda c_i, h, w, c_o, k_h, k_w: (h - k_h + 1, w - k_w + 1, c_o), weights_and_biases
    )


def gives_the_shape_of_the_kernels() -> list[tuple[Any, Any]]:
    return for_each_layer(lambda c_i, h, w, c_o, k_h, k_w: (c_o, c_i, k_h, k_w), weights_and_biases)


def forgets_the_output_channels() -> list[tuple[Any, Any]]:
    return for_each_layer(
        lambda c_i, h, w, c_o, k_h, k_w: (h - k_h + 1, w - k_w + 1), weights_and_biases
    )


def forgets_the_bias() -> list[tuple[Any, Any]]:
    return for_each_layer(positions, weights)


def counts_a_bias_for_every_kernel() -> list[tuple[Any, Any]]:
    return for_each_layer(positions, lambda *layer: weights(*layer) + layer[0] * layer[3])


def counts_one_bias_for_the_layer() -> list[tuple[Any, Any]]:
    return for_each_layer(positions, lambda *layer: weights(*layer) + 1)


def forgets_the_input_channels() -> list[tuple[Any, Any]]:
    return for_each_layer(positions, lambda *layer: weights(1, *layer[1:]) + layer[3])


def counts_one_filter() -> list[tuple[Any, Any]]:
    return for_each_layer(positions, lambda *layer: weights(*layer) // layer[3] + 1)


def counts_multiplications() -> list[tuple[Any, Any]]:
    return for_each_layer(positions, multiplications)


def counts_multiplications_and_biases() -> list[tuple[Any, Any]]:
    return for_each_layer(positions, lambda *layer: multiplications(*layer) + layer[3])


def multiplications(c_i: int, h: int, w: int, c_o: int, k_h: int, k_w: int) -> int:
    return weights(c_i, h, w, c_o, k_h, k_w) * (h - k_h + 1) * (w - k_w + 1)


def bank(order: list[int], grey: Tensor, change: Tensor, tap: int) -> Tensor:
    """A bank of three colours, a grey and a change.

    order : the input channel that each of the outputs 0, 1 and 2 reads
    grey : (3,) or (3, 1, 1), the weights of the colours, at the tap or at every tap
    change : (3, 3), for each colour the weights of left, middle and right
    tap : 0, 1 or 2, where the colours' weights stand
    returns (5, 3, 1, 3)
    """
    K = torch.zeros(5, 3, 1, 3)
    K[[0, 1, 2], order, 0, tap] = 1.0
    if grey.ndim == 1:
        K[3, :, 0, tap] = grey
    else:
        K[3] = grey
    K[4, :, 0] = change
    return K


COLOURS = [2, 1, 0]


THIRDS = torch.full((3,), 1 / 3)


BLUE = torch.tensor([0.0, 0.0, 1.0])[:, None]


LEFT_MINUS_RIGHT = torch.tensor([1.0, 0.0, -1.0])


def keeps_the_order_of_the_colours() -> Tensor:
    return bank([0, 1, 2], THIRDS, BLUE * LEFT_MINUS_RIGHT, tap=1)


def moves_the_colours_by_one_pixel() -> Tensor:
    return bank(COLOURS, THIRDS, BLUE * LEFT_MINUS_RIGHT, tap=0)


def adds_the_colours() -> Tensor:
    return bank(COLOURS, torch.ones(3), BLUE * LEFT_MINUS_RIGHT, tap=1)


def blurs_the_grey() -> Tensor:
    return bank(COLOURS, torch.full((3, 1, 1), 1 / 9), BLUE * LEFT_MINUS_RIGHT, tap=1)


def weighs_the_colours() -> Tensor:
    return bank(COLOURS, torch.tensor([0.299, 0.587, 0.114]), BLUE * LEFT_MINUS_RIGHT, tap=1)


def rounds_a_third() -> Tensor:
    return bank(COLOURS, torch.full((3,), 0.33), BLUE * LEFT_MINUS_RIGHT, tap=1)


def subtracts_left_from_right() -> Tensor:
    return bank(COLOURS, THIRDS, -BLUE * LEFT_MINUS_RIGHT, tap=1)


def watches_all_colours() -> Tensor:
    return bank(COLOURS, THIRDS, LEFT_MINUS_RIGHT.expand(3, 3), tap=1)


def watches_red() -> Tensor:
    return bank(COLOURS, THIRDS, BLUE.flip(0) * LEFT_MINUS_RIGHT, tap=1)


def right_bank() -> Tensor:
    return bank(COLOURS, THIRDS, BLUE * LEFT_MINUS_RIGHT, tap=1)


def swaps_inputs_and_outputs() -> Tensor:
    return right_bank().transpose(0, 1)


def stands_upright() -> Tensor:
    return right_bank().transpose(2, 3)


def leaves_out_the_row_axis() -> Tensor:
    return right_bank()[:, :, 0]


def forgets_the_last_filter() -> Tensor:
    return right_bank()[:4]


def rows_of(X: Tensor, K: Tensor) -> Tensor:
    """Each window as one column: (c_i · k_h · k_w, h_o · w_o)."""
    return unfold(X[None], K.shape[-2:])[0]


def sizes_of(X: Tensor, K: Tensor) -> tuple[int, int, int]:
    """The shape of the result: (c_o, h_o, w_o)."""
    return len(K), X.shape[1] - K.shape[2] + 1, X.shape[2] - K.shape[3] + 1


def reads_columns_first(X: Tensor, K: Tensor) -> Tensor:
    c_o, h_o, w_o = sizes_of(X, K)
    return (K.reshape(c_o, -1) @ rows_of(X, K)).reshape(c_o, w_o, h_o)


def flattens_in_another_order(X: Tensor, K: Tensor) -> Tensor:
    c_o, h_o, w_o = sizes_of(X, K)
    return (K.permute(0, 2, 3, 1).reshape(c_o, -1) @ rows_of(X, K)).reshape(c_o, h_o, w_o)


def flattens_the_bank_by_columns(X: Tensor, K: Tensor) -> Tensor:
    c_o, h_o, w_o = sizes_of(X, K)
    return (K.reshape(-1, c_o).T @ rows_of(X, K)).reshape(c_o, h_o, w_o)


def leaves_the_windows_in_a_row(X: Tensor, K: Tensor) -> Tensor:
    return K.reshape(len(K), -1) @ rows_of(X, K)


def adds_taps(X: Tensor, K: Tensor, letters: str = "oc,chw->ohw", square: bool = False) -> Tensor:
    """Shift and add over the taps of the kernels.

    letters : the einsum of one tap, from (c_o, c_i) and (c_i, h_o, w_o)
    square : True to walk over k_h columns too
    """
    _c_o, h_o, w_o = sizes_of(X, K)
    k_h, k_w = K.shape[2:]
    shifted = [
        torch.einsum(letters, K[:, :, a, b], X[:, a : a + h_o, b : b + w_o])
        for a in range(k_h)
        for b in range(k_h if square else k_w)
    ]
    return torch.stack(shifted).sum(0)


def leaves_the_inputs_apart(X: Tensor, K: Tensor) -> Tensor:
    return adds_taps(X, K, "oc,chw->ochw")


def takes_square_taps(X: Tensor, K: Tensor) -> Tensor:
    return adds_taps(X, K, square=True)


def turns_the_taps_around(X: Tensor, K: Tensor) -> Tensor:
    return adds_taps(X, K.flip(2, 3))


def keeps_only_the_last_tap(X: Tensor, K: Tensor) -> Tensor:
    _c_o, h_o, w_o = sizes_of(X, K)
    a, b = K.shape[2] - 1, K.shape[3] - 1
    return torch.einsum("oc,chw->ohw", K[:, :, a, b], X[:, a : a + h_o, b : b + w_o])


def multiplies_unmatched_channels(X: Tensor, K: Tensor) -> Tensor:
    return adds_taps(X, K, "od,chw->ohw")


def leaves_torch_fast(X: Tensor, K: Tensor) -> Tensor:
    return adds_taps(X.detach(), K.detach())
