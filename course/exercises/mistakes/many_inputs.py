"""Lesson 2: the known wrong answers, named in words, as short as learners write them."""

from collections.abc import Iterable
from functools import reduce

import torch
from torch import Tensor

from course.exercises.arithmetic import correlate, signed


def averages_channels(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K) / len(X)


def uses_the_first_kernel_for_all(X: Tensor, K: Tensor) -> Tensor:
    return sum_maps(correlate(x, K[0]) for x in X)


def sums_before_multiplying(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X.sum(0), K.sum(0))


def sums_everything(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K).sum()


def sums_rows(X: Tensor, K: Tensor) -> Tensor:
    return maps(X, K).sum(1)


def sums_columns(X: Tensor, K: Tensor) -> Tensor:
    return maps(X, K).sum(-1)


def stacks_without_sum(X: Tensor, K: Tensor) -> Tensor:
    return maps(X, K)


def keeps_the_channel_axis(X: Tensor, K: Tensor) -> Tensor:
    return maps(X, K).sum(0, keepdim=True)


def gives_torch_sum_a_generator(X: Tensor, K: Tensor) -> Tensor:
    return torch.sum(correlate(x, k) for x, k in zip(X, K, strict=True))  # type: ignore[call-overload,no-any-return]


def adds_exactly_two_channels(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X[0], K[0]) + correlate(X[1], K[1])


def rectifies_before_the_sum(X: Tensor, K: Tensor) -> Tensor:
    return maps(X, K).relu().sum(0)


def leaves_torch(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X.detach(), K.detach())


def reads_channels_from_the_last_axis(X: Tensor, K: Tensor) -> Tensor:
    return sum_maps(correlate(X[..., c], K[..., c]) for c in range(len(X)))


def turns_the_channels_around(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X, K.flip(0, 1, 2))


def keeps_only_the_last_channel(X: Tensor, K: Tensor) -> Tensor:
    return correlate(X[-1], K[-1])


def adds_into_the_input(X: Tensor, K: Tensor) -> Tensor:
    right = correlate(X, K)
    k_h, k_w = K.shape[-2:]
    h, w = X.shape[-2:]
    Y = X[0, : h - k_h + 1, : w - k_w + 1]
    Y.copy_(right)
    return Y


def pairs_every_channel_with_every_kernel(X: Tensor, K: Tensor) -> Tensor:
    return sum_maps(correlate(x, k) for x in X for k in K)


def maps(X: Tensor, K: Tensor) -> Tensor:
    """Each channel's own map, before the sum: (c_i, h_o, w_o)."""
    return torch.stack([correlate(x, k) for x, k in zip(X, K, strict=True)])


def sum_maps(maps: Iterable[Tensor]) -> Tensor:
    """The sum of maps of one shape."""
    return reduce(torch.Tensor.add, maps)


def averages_the_shares() -> tuple[int, ...]:
    return -4, 20, 8


def keeps_the_larger_share() -> tuple[int, ...]:
    return -4, 20, 20


def drops_the_negative_share() -> tuple[int, ...]:
    return 0, 20, 20


def uses_kernel_0_twice() -> tuple[int, ...]:
    return -4, -4, -8


def turns_the_kernels() -> tuple[int, ...]:
    return 4, 22, 26


def swaps_the_channels() -> tuple[int, ...]:
    return 20, -4, 16


def takes_the_first_window() -> tuple[int, ...]:
    return -4, 8, 4


def sums_the_channels_first() -> tuple[int, ...]:
    return -4, 20, 29


def drops_a_channel(X: Tensor, K: Tensor) -> Tensor:
    return sum_maps(correlate(x, k) for x, k in zip(X, K, strict=False))


def refuses_only_too_many_inputs(X: Tensor, K: Tensor) -> Tensor:
    if len(X) > len(K):
        raise ValueError
    return correlate(X[: len(K)], K[: len(X)])


def refuses_only_too_many_kernels(X: Tensor, K: Tensor) -> Tensor:
    if len(X) < len(K):
        raise ValueError
    return correlate(X[: len(K)], K[: len(X)])


def asserts(X: Tensor, K: Tensor) -> Tensor:
    assert len(X) == len(K)
    return correlate(X, K)


def returns_none_instead(X: Tensor, K: Tensor) -> Tensor | None:
    return correlate(X, K) if len(X) == len(K) else None


def returns_the_error(X: Tensor, K: Tensor) -> Tensor | ValueError:
    return correlate(X, K) if len(X) == len(K) else ValueError("channels differ")


def has_one_channel() -> tuple[Tensor, Tensor]:
    return signed(1, 4, 6), signed(1, 3, 2)


def has_two_channels() -> tuple[Tensor, Tensor]:
    return signed(2, 4, 6), signed(2, 3, 2)


def has_no_negative_number() -> tuple[Tensor, Tensor]:
    return signed(3, 4, 6).abs(), signed(3, 3, 2).abs()


def has_one_kernel_three_times() -> tuple[Tensor, Tensor]:
    return signed(3, 4, 6), signed(1, 3, 2).expand(3, 3, 2)


def is_all_zeros() -> tuple[Tensor, Tensor]:
    return torch.zeros(3, 4, 6), torch.zeros(3, 3, 2)


def average() -> str:
    return "1"


def maximum() -> str:
    return "6"


def side_by_side() -> str:
    return "6, -3, 0"
