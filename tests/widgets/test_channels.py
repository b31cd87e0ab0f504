"""A channel that a learner adds is the same in every widget."""

import torch

from course.widgets import FilterLoom, SumMachine
from course.widgets.channels import with_count

X = torch.tensor([[[0.0, 5.0, 2.0]], [[-3.0, 7.0, 7.0]]])
"""Two channels, of which the second is not the first plus 1."""


def test_a_new_channel_is_the_first_one_plus_its_number():
    grown = with_count(X, 4)
    assert torch.equal(grown[:2], X)
    assert torch.equal(grown[2:], torch.stack((X[0] + 2, X[0] + 3)))


def test_channels_are_taken_from_the_end():
    assert torch.equal(with_count(X, 1), X[:1])
    assert torch.equal(with_count(X, 2), X)


def test_a_filter_grows_along_its_inputs_from_its_own_first_kernel():
    bank = X[:, None]  # two filters of one kernel
    grown = with_count(bank, 3, axis=1)
    assert torch.equal(grown[:, :1], bank)
    for o in range(2):
        assert torch.equal(grown[o, 2], bank[o, 0] + 2)


def test_the_sum_machine_and_the_loom_add_the_same_channels():
    machine, loom = SumMachine(X, X[..., :2]), FilterLoom(X, X[None, ..., :2])
    summed = machine.answer(machine.start | {"channels": 4})
    woven = loom.answer(loom.start | {"c_i": 4})
    assert summed["X"] == woven["X"] == with_count(X, 4).tolist()
    assert summed["K"] == woven["K"][0]
