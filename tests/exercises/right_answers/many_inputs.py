"""Lesson 2: answers in other styles, all right, and wrong ones beyond the known mistakes."""

from functools import reduce

import torch
from torch import Tensor
from torch.nn.functional import conv2d, conv3d, unfold

from course import corr2d


def windows_and_einsum(X: Tensor, K: Tensor) -> Tensor:
    _, k_h, k_w = K.shape
    return torch.einsum("chwab,cab->hw", X.unfold(1, k_h, 1).unfold(2, k_w, 1), K)


def windows_and_tensordot(X: Tensor, K: Tensor) -> Tensor:
    _, k_h, k_w = K.shape
    windows = X.unfold(1, k_h, 1).unfold(2, k_w, 1)
    return torch.tensordot(windows, K, dims=([0, 3, 4], [0, 1, 2]))


def shift_and_add(X: Tensor, K: Tensor) -> Tensor:
    (_, h, w), (_, k_h, k_w) = X.shape, K.shape
    h_o, w_o = h - k_h + 1, w - k_w + 1
    return sum(
        torch.einsum("c,chw->hw", K[:, a, b], X[:, a : a + h_o, b : b + w_o])
        for a in range(k_h)
        for b in range(k_w)
    )


def loops_with_three_dimensional_windows(X: Tensor, K: Tensor) -> Tensor:
    (_, h, w), (_, k_h, k_w) = X.shape, K.shape
    Y = torch.zeros(h - k_h + 1, w - k_w + 1)
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[:, i : i + k_h, j : j + k_w] * K).sum()
    return Y


def accumulator(X: Tensor, K: Tensor) -> Tensor:
    Y = 0
    for c in range(X.shape[0]):
        Y = Y + corr2d(X[c], K[c])
    return Y


def fold_with_reduce(X: Tensor, K: Tensor) -> Tensor:
    return reduce(torch.add, map(corr2d, X, K))


def stack_then_sum(X: Tensor, K: Tensor) -> Tensor:
    return torch.stack([corr2d(x, k) for x, k in zip(X, K, strict=True)]).sum(dim=0)


def im2col(X: Tensor, K: Tensor) -> Tensor:
    (_, h, w), (_, k_h, k_w) = X.shape, K.shape
    return (K.reshape(1, -1) @ unfold(X[None], (k_h, k_w))[0]).reshape(h - k_h + 1, w - k_w + 1)


def ready_made(X: Tensor, K: Tensor) -> Tensor:
    return conv2d(X.unsqueeze(0), K.unsqueeze(0)).squeeze(0).squeeze(0)


def unbatched_ready_made(X: Tensor, K: Tensor) -> Tensor:
    return conv2d(X, K[None])[0]


def three_dimensional_ready_made(X: Tensor, K: Tensor) -> Tensor:
    return conv3d(X[None, None], K[None, None])[0, 0, 0]


def grouped_then_sum(X: Tensor, K: Tensor) -> Tensor:
    return conv2d(X, K[:, None], groups=len(X)).sum(0)


def strided(X: Tensor, K: Tensor) -> Tensor:
    X = X.contiguous()
    (c, h, w), (_, k_h, k_w) = X.shape, K.shape
    s = X.stride()
    windows = X.as_strided((h - k_h + 1, w - k_w + 1, c, k_h, k_w), (s[1], s[2], *s))
    return (windows * K).sum((2, 3, 4))


def fourier(X: Tensor, K: Tensor) -> Tensor:
    (_, h, w), (_, k_h, k_w) = X.shape, K.shape
    spectrum = torch.fft.rfft2(X) * torch.fft.rfft2(K, s=(h, w)).conj()
    return torch.fft.irfft2(spectrum, s=(h, w)).sum(0)[: h - k_h + 1, : w - k_w + 1]


def prints_and_warns(X: Tensor, K: Tensor) -> Tensor:
    import sys
    import warnings

    print("X is", X)
    print("a note on stderr", file=sys.stderr)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("an honest warning", stacklevel=1)
    return accumulator(X, K)


def refuses_with_zip(X: Tensor, K: Tensor) -> Tensor:
    return sum(corr2d(x, k) for x, k in zip(X, K, strict=True))


def refuses_with_unpacking(X: Tensor, K: Tensor) -> Tensor:
    c_i, _, _ = X.shape
    channels, _, _ = K.shape
    if channels != c_i:
        raise ValueError(f"X has {c_i} channels, K has {channels}")
    return ready_made(X, K)


def random_input() -> tuple[Tensor, Tensor]:
    return torch.randn(3, 5, 7), torch.randn(3, 2, 3)


def many_channels_in_a_list() -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [
        torch.randn(6, 4, 9, generator=generator).double(),
        torch.randn(6, 3, 2, generator=generator).double(),
    ]


RIGHT = {
    "by_hand": {
        "a list": lambda: [-4, 20, 16],
        "floats": lambda: (-4.0, 20.0, 16.0),
        "a tensor": lambda: torch.tensor([-4, 20, 16]),
        "computed": lambda: (-4, 20, -4 + 20),
    },
    "corr2d_multi_in": {
        f.__name__.replace("_", " "): f
        for f in (
            windows_and_einsum,
            windows_and_tensordot,
            shift_and_add,
            loops_with_three_dimensional_windows,
            accumulator,
            fold_with_reduce,
            stack_then_sum,
            im2col,
            ready_made,
            unbatched_ready_made,
            three_dimensional_ready_made,
            grouped_then_sum,
            strided,
            fourier,
            prints_and_warns,
        )
    },
    "corr2d_multi_in_strict": {
        "zip that is strict": refuses_with_zip,
        "unpacking": refuses_with_unpacking,
    },
    "expose_bugs": {"random input": random_input, "a list in float64": many_channels_in_a_list},
}


def adds_exactly_three_channels(X: Tensor, K: Tensor) -> Tensor:
    return corr2d(X[0], K[0]) + corr2d(X[1], K[1]) + corr2d(X[2], K[2])


def squeezes_one_channel_away(X: Tensor, K: Tensor) -> Tensor:
    return stack_then_sum(X.squeeze(), K.squeeze())


def spoils_the_input(X: Tensor, K: Tensor) -> Tensor:
    Y = ready_made(X, K)
    with torch.no_grad():
        X *= 2
    return Y


def adds_at_most_two_channels(X: Tensor, K: Tensor) -> Tensor:
    return ready_made(X[:2], K[:2])


def knows_grey_and_colour_only(X: Tensor, K: Tensor) -> Tensor:
    return adds_exactly_three_channels(X, K) if len(X) == 3 else corr2d(X[0], K[0])


WRONG = {
    "corr2d_multi_in": {
        "at most two channels": adds_at_most_two_channels,
        "one channel or three": knows_grey_and_colour_only,
        "three channels": adds_exactly_three_channels,
        "squeezes": squeezes_one_channel_away,
        "spoils X": spoils_the_input,
    },
}

EQUIVALENT = {
    "expose_bugs": {
        "X = … -> X = …": "another input, which the hidden test has run through every bug",
        "K = … -> K = …": "another input, which the hidden test has run through every bug",
    },
}
"""Mutants of the stored solutions that earn every point, each with the reason why it may.

"…" stands for any text.
"""
