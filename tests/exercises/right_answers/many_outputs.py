"""Lesson 3: answers in other styles, all right, and wrong ones beyond the known mistakes."""

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.functional import conv2d, conv3d, unfold

from course import corr2d, corr2d_multi_in
from course.exercises.given import LAYERS


def result_shape(X: Tensor, K: Tensor) -> tuple[int, int, int]:
    return len(K), X.shape[1] - K.shape[2] + 1, X.shape[2] - K.shape[3] + 1


def list_and_stack(X: Tensor, K: Tensor) -> Tensor:
    maps = []
    for k in K:
        maps.append(corr2d_multi_in(X, k))
    return torch.stack(maps)


def loops_over_both_channel_axes(X: Tensor, K: Tensor) -> Tensor:
    return torch.stack([sum(corr2d(x, k) for x, k in zip(X, bank, strict=True)) for bank in K])


def fills_new_memory(X: Tensor, K: Tensor) -> Tensor:
    Y = torch.zeros(result_shape(X, K))
    for o in range(K.shape[0]):
        for c in range(K.shape[1]):
            Y[o] += corr2d(X[c], K[o, c])
    return Y


def concatenates_maps_with_an_axis(X: Tensor, K: Tensor) -> Tensor:
    return torch.cat([corr2d_multi_in(X, k)[None] for k in K])


def loops_over_windows(X: Tensor, K: Tensor) -> Tensor:
    _, _, k_h, k_w = K.shape
    Y = torch.zeros(result_shape(X, K))
    for i in range(Y.shape[1]):
        for j in range(Y.shape[2]):
            Y[:, i, j] = (X[:, i : i + k_h, j : j + k_w] * K).sum((1, 2, 3))
    return Y


def shift_and_add(X: Tensor, K: Tensor) -> Tensor:
    _, h_o, w_o = result_shape(X, K)
    return sum(
        torch.einsum("oc,chw->ohw", K[:, :, a, b], X[:, a : a + h_o, b : b + w_o])
        for a in range(K.shape[2])
        for b in range(K.shape[3])
    )


def shift_and_add_every_number(X: Tensor, K: Tensor) -> Tensor:
    c_o, h_o, w_o = result_shape(X, K)
    Y = torch.zeros(c_o, h_o, w_o)
    for o in range(c_o):
        for c in range(K.shape[1]):
            for a in range(K.shape[2]):
                for b in range(K.shape[3]):
                    Y[o] += K[o, c, a, b] * X[c, a : a + h_o, b : b + w_o]
    return Y


def shift_and_broadcast(X: Tensor, K: Tensor) -> Tensor:
    _, h_o, w_o = result_shape(X, K)
    Y = 0
    for a in range(K.shape[2]):
        for b in range(K.shape[3]):
            weights = K[:, :, a, b, None, None]
            Y = Y + (weights * X[None, :, a : a + h_o, b : b + w_o]).sum(1)
    return Y


def windows_and_einsum(X: Tensor, K: Tensor) -> Tensor:
    windows = X.unfold(1, K.shape[2], 1).unfold(2, K.shape[3], 1)
    return torch.einsum("chwab,ocab->ohw", windows, K)


def windows_and_tensordot(X: Tensor, K: Tensor) -> Tensor:
    windows = X.unfold(1, K.shape[2], 1).unfold(2, K.shape[3], 1)
    return torch.tensordot(K, windows, dims=([1, 2, 3], [0, 3, 4]))


def windows_and_broadcast(X: Tensor, K: Tensor) -> Tensor:
    windows = X.unfold(1, K.shape[2], 1).unfold(2, K.shape[3], 1)
    return (windows[None] * K[:, :, None, None]).sum((1, 4, 5))


def im2col(X: Tensor, K: Tensor) -> Tensor:
    columns = unfold(X[None], K.shape[2:])[0]
    return (K.flatten(1) @ columns).reshape(result_shape(X, K))


def im2col_by_index(X: Tensor, K: Tensor) -> Tensor:
    _, h_o, w_o = result_shape(X, K)
    _, c_i, k_h, k_w = K.shape
    rows = torch.arange(h_o)[:, None, None, None] + torch.arange(k_h)[:, None]
    columns = torch.arange(w_o)[:, None, None] + torch.arange(k_w)
    windows = X[:, rows, columns].permute(0, 3, 4, 1, 2).reshape(c_i * k_h * k_w, -1)
    return (K.reshape(len(K), -1) @ windows).view(-1, h_o, w_o)


def strided(X: Tensor, K: Tensor) -> Tensor:
    X = X.contiguous()
    _, h_o, w_o = result_shape(X, K)
    shape, s = (len(X), h_o, w_o, *K.shape[2:]), X.stride()
    return torch.einsum("chwab,ocab->ohw", X.as_strided(shape, (*s, *s[1:])), K)


def big_matrix(X: Tensor, K: Tensor) -> Tensor:
    """Every number of Y is a row of one large matrix, times all numbers of X."""
    c_i, h, w = X.shape
    _, h_o, w_o = result_shape(X, K)
    positions = unfold(torch.arange(float(X.numel())).reshape(1, c_i, h, w), K.shape[2:])[0]
    index = positions.T.long().expand(len(K), -1, -1)
    weights = K.flatten(1)[:, None].expand_as(index)
    matrix = torch.zeros(len(K), h_o * w_o, X.numel(), dtype=X.dtype).scatter(2, index, weights)
    return (matrix @ X.flatten()).reshape(len(K), h_o, w_o)


def mapped_over_filters(X: Tensor, K: Tensor) -> Tensor:
    return vmap(lambda k: im2col(X, k[None])[0])(K)


def mapped_over_windows(X: Tensor, K: Tensor) -> Tensor:
    windows = X.unfold(1, K.shape[2], 1).unfold(2, K.shape[3], 1)
    over_columns = vmap(lambda window: (K * window).sum((1, 2, 3)), in_dims=1, out_dims=1)
    return vmap(over_columns, in_dims=1, out_dims=1)(windows)


def fourier(X: Tensor, K: Tensor) -> Tensor:
    _, h_o, w_o = result_shape(X, K)
    size = X.shape[1:]
    spectrum = torch.fft.rfft2(X) * torch.fft.rfft2(K, s=size).conj()
    return torch.fft.irfft2(spectrum, s=size).sum(1)[:, :h_o, :w_o]


def ready_made(X: Tensor, K: Tensor) -> Tensor:
    return conv2d(X[None], K)[0]


def unbatched_ready_made(X: Tensor, K: Tensor) -> Tensor:
    return conv2d(X, K)


def three_dimensional_ready_made(X: Tensor, K: Tensor) -> Tensor:
    return conv3d(X[None, None], K[:, None])[0, :, 0]


def grouped_then_sum(X: Tensor, K: Tensor) -> Tensor:
    c_o, c_i, k_h, k_w = K.shape
    Y = conv2d(X.repeat(c_o, 1, 1), K.reshape(-1, 1, k_h, k_w), groups=c_o * c_i)
    return Y.reshape(c_o, c_i, *Y.shape[1:]).sum(1)


def layer_called_with_other_weights(X: Tensor, K: Tensor) -> Tensor:
    layer = nn.Conv2d(K.shape[1], K.shape[0], K.shape[2:], bias=False)
    return functional_call(layer, {"weight": K}, X[None])[0]


def written_row_by_row() -> Tensor:
    o, third = [0.0, 0.0, 0.0], [0.0, 1 / 3, 0.0]
    one = [0.0, 1.0, 0.0]
    rows = [[o, o, one], [o, one, o], [one, o, o], [third] * 3, [o, o, [1.0, 0.0, -1.0]]]
    return torch.tensor(rows).reshape(5, 3, 1, 3)


def built_from_a_matrix() -> Tensor:
    colours = torch.cat((torch.eye(3).flip(0), torch.ones(1, 3) / 3, torch.zeros(1, 3)))
    K = colours[:, :, None, None] * torch.tensor([0, 1, 0])
    K[4, 2] += torch.tensor([[1, 0, -1]])
    return K


def that_could_be_learned() -> Tensor:
    return nn.Parameter(written_row_by_row().double())


def formulas() -> list[tuple[torch.Size, int]]:
    return [
        (torch.Size((c_o, h - k_h + 1, w - k_w + 1)), c_o * (c_i * k_h * k_w + 1))
        for c_i, h, w, c_o, k_h, k_w in LAYERS
    ]


def asked_of_torch() -> tuple[tuple[torch.Size, int], ...]:
    pairs = []
    for c_i, h, w, c_o, k_h, k_w in LAYERS:
        layer = nn.Conv2d(c_i, c_o, (k_h, k_w))
        Y = layer(torch.zeros(1, c_i, h, w))[0]
        pairs.append((Y.shape, sum(p.numel() for p in layer.parameters())))
    return tuple(pairs)


def lists() -> list[list[object]]:
    return [[list(shape), float(parameters)] for shape, parameters in formulas()]


FROM_SCRATCH = (
    shift_and_add,
    shift_and_add_every_number,
    shift_and_broadcast,
    windows_and_einsum,
    windows_and_tensordot,
    windows_and_broadcast,
    im2col,
    im2col_by_index,
    strided,
    big_matrix,
    mapped_over_filters,
    mapped_over_windows,
    fourier,
)
"""Without a ready-made convolution, and without a loop over the pixels."""

RIGHT = {
    "corr2d_multi_in_out": {
        f.__name__.replace("_", " "): f
        for f in (
            list_and_stack,
            loops_over_both_channel_axes,
            fills_new_memory,
            concatenates_maps_with_an_axis,
            loops_over_windows,
            *FROM_SCRATCH,
            ready_made,
            unbatched_ready_made,
            three_dimensional_ready_made,
            grouped_then_sum,
            layer_called_with_other_weights,
        )
    },
    "shapes_and_parameters": {
        "formulas": formulas,
        "asked of torch": asked_of_torch,
        "lists and floats": lists,
    },
    "filter_bank": {
        "written row by row": written_row_by_row,
        "built from a matrix": built_from_a_matrix,
        "in float64, with a gradient": that_could_be_learned,
    },
    "corr2d_fast": {f.__name__.replace("_", " "): f for f in FROM_SCRATCH},
}


def sets_the_weight_of_a_layer(X: Tensor, K: Tensor) -> Tensor:
    layer = nn.Conv2d(K.shape[1], K.shape[0], K.shape[2:], bias=False)
    layer.weight.data = K
    return layer(X[None])[0]


def leaves_torch_for_numpy(X: Tensor, K: Tensor) -> Tensor:
    return torch.from_numpy(ready_made(X, K).numpy())


def spoils_the_kernels(X: Tensor, K: Tensor) -> Tensor:
    Y = ready_made(X, K)
    with torch.no_grad():
        K.sub_(1)
    return Y


def knows_at_most_three_filters(X: Tensor, K: Tensor) -> Tensor:
    return torch.stack([corr2d_multi_in(X, k) for k in K[:3]])


def knows_one_input_channel(X: Tensor, K: Tensor) -> Tensor:
    return torch.stack([corr2d(X[0], k[0]) for k in K])


def drops_a_single_output_axis(X: Tensor, K: Tensor) -> Tensor:
    return ready_made(X, K) if len(K) > 1 else ready_made(X, K)[0]


def knows_grey_and_colour_only(X: Tensor, K: Tensor) -> Tensor:
    channels = range(3) if len(X) == 3 else range(1)
    return torch.stack([sum(corr2d(X[c], k[c]) for c in channels) for k in K])


def im2col_squeezed(X: Tensor, K: Tensor) -> Tensor:
    return im2col(X, K).squeeze()


def loops_over_pixels_in_numpy(X: Tensor, K: Tensor) -> Tensor:
    x, k = X.numpy(), K.numpy()
    c_o, h_o, w_o = result_shape(X, K)
    Y = torch.zeros(c_o, h_o, w_o).numpy()
    for i in range(h_o):
        for j in range(w_o):
            window = x[:, i : i + K.shape[2], j : j + K.shape[3]]
            Y[:, i, j] = (window * k).sum((1, 2, 3))
    return torch.from_numpy(Y)


def loops_over_plain_numbers(X: Tensor, K: Tensor) -> Tensor:
    x, bank = X.tolist(), K.tolist()
    c_o, h_o, w_o = result_shape(X, K)
    _, c_i, k_h, k_w = K.shape
    taps = [(c, a, b) for c in range(c_i) for a in range(k_h) for b in range(k_w)]
    return torch.tensor(
        [
            [
                [sum(x[c][i + a][j + b] * bank[o][c][a][b] for c, a, b in taps) for j in range(w_o)]
                for i in range(h_o)
            ]
            for o in range(c_o)
        ]
    )


def loops_over_rows(X: Tensor, K: Tensor) -> Tensor:
    _, h_o, _ = result_shape(X, K)
    k_h = K.shape[2]
    return torch.cat([im2col(X[:, i : i + k_h], K) for i in range(h_o)], 1)


WRONG = {
    "corr2d_multi_in_out": {
        "sets the weight of a layer": sets_the_weight_of_a_layer,
        "leaves torch for numpy": leaves_torch_for_numpy,
        "spoils K": spoils_the_kernels,
        "at most three filters": knows_at_most_three_filters,
        "one input channel": knows_one_input_channel,
        "one channel or three": knows_grey_and_colour_only,
        "drops a single output axis": drops_a_single_output_axis,
    },
    "corr2d_fast": {
        "ready-made": ready_made,
        "corr2d of the course": loops_over_both_channel_axes,
        "squeezes": im2col_squeezed,
        "loops over windows": loops_over_windows,
        "loops over rows": loops_over_rows,
        "loops over pixels in numpy": loops_over_pixels_in_numpy,
        "loops over plain numbers": loops_over_plain_numbers,
    },
}

EQUIVALENT: dict[str, dict[str, str]] = {}
"""Mutants of the stored solutions that earn every point, each with the reason why it may."""
