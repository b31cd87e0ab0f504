"""What a channel is that a learner adds: the same in every widget."""

import torch
from torch import Tensor


def with_count(tensor: Tensor, count: int, axis: int = 0) -> Tensor:
    """The tensor with channels taken away, or added as the origin does: c is the first one plus c.

    tensor : with at least one channel along the axis
    count : 1 or more, the size of the axis in what is returned

    >>> with_count(torch.zeros(1, 2, 2), 3)[:, 0, 0]
    tensor([0., 1., 2.])
    >>> with_count(torch.zeros(3, 2, 5, 5), 4, axis=1).shape
    torch.Size([3, 4, 5, 5])
    """
    first, there = tensor.narrow(axis, 0, 1), tensor.shape[axis]
    kept = tensor.narrow(axis, 0, min(there, count))
    return torch.cat([kept, *(first + c for c in range(there, count))], axis)
