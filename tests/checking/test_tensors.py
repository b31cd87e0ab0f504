"""Tensors cross between two processes exactly, and gradients come back."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.overrides import TorchFunctionMode

from course.checking.tensors import DTYPES, TensorCarrier, pull_back
from course.grading.examiner.plain import Codec, Malformed, NotPlain, overwrite
from course.grading.examiner.wire import Answerer, Caller, Wire

CODEC = Codec([TensorCarrier()])
FUZZ = settings(derandomize=True, deadline=None, max_examples=200, database=None)


def sent(value: object) -> Any:
    return CODEC.unpack(CODEC.pack(value))


def ones(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """A leaf that requires a gradient."""
    return torch.ones(*shape, dtype=dtype, requires_grad=True)


def test_a_rehearsal_changes_no_random_number() -> None:
    torch.manual_seed(3)
    expected = torch.rand(5)
    TensorCarrier().rehearse()
    torch.manual_seed(3)
    assert torch.equal(torch.rand(5), expected)
    TensorCarrier().reseed(3)
    assert torch.equal(torch.rand(5), expected)


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (2, 3), (4, 0, 2), (2, 3, 1, 5)], ids=str)
def test_a_tensor_crosses_exactly(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    tensor = (torch.rand(shape) * 9).to(dtype)
    got = sent(tensor)
    assert type(got) is Tensor
    assert (got.dtype, got.shape, got.requires_grad) == (dtype, shape, False)
    assert torch.equal(got, tensor)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(24).reshape(2, 3, 4).permute(2, 0, 1),
        torch.arange(9)[::2],
        torch.tensor(3.0).expand(4, 5),
        torch.tensor([1 + 2j, 3 - 1j]).conj(),
        torch.tensor([1 + 2j, 3 - 1j]).conj().imag,
        torch.tensor([float("inf"), -0.0, 1e-45]),
    ],
    ids=range(6),
)
def test_a_view_crosses_as_what_it_shows(tensor: Tensor) -> None:
    got = sent(tensor)
    assert torch.equal(got, tensor)
    assert got.is_contiguous()
    assert not got.is_conj()
    assert not got.is_neg()


def test_a_tensor_that_came_can_be_changed_and_resized() -> None:
    got = sent(torch.ones(2))
    got += 1
    got.resize_(3)
    assert got[:2].tolist() == [2, 2]


def test_every_bit_of_a_nan_crosses() -> None:
    odd = torch.tensor([0x7FC00123, -1], dtype=torch.int32).view(torch.float32)
    assert sent(odd).view(torch.int32).tolist() == [0x7FC00123, -1]


def test_a_parameter_and_any_subclass_cross_as_tensors_whatever_they_say() -> None:
    class Liar(Tensor):
        @classmethod
        def __torch_function__(cls, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError("asked")

        def detach(self) -> Any:
            return torch.zeros(2)

        numpy = tolist = detach

    parameter, liar = sent([torch.nn.Parameter(torch.ones(2)), torch.ones(2).as_subclass(Liar)])
    assert type(parameter) is type(liar) is Tensor
    assert parameter.requires_grad
    assert parameter.is_leaf
    assert liar.tolist() == [1, 1]


def test_no_mode_sees_a_tensor_cross() -> None:
    class Counting(TorchFunctionMode):
        def __torch_function__(
            self, function: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            raise AssertionError(function)

    tensor, other = torch.ones(2), torch.zeros(2)
    with Counting():
        got = sent(tensor)
        overwrite(other, got, CODEC)
    assert other.tolist() == [1, 1]


def test_a_dtype_a_device_and_a_size_cross() -> None:
    value = (torch.float64, torch.device("cpu"), torch.device("cuda:1"), torch.ones(2, 3).shape)
    assert sent(value) == (torch.float64, torch.device("cpu"), torch.device("cuda:1"), (2, 3))
    assert type(sent(value)[3]) is tuple


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        (torch.ones(2, 2).to_sparse(), "A sparse tensor cannot be sent"),
        (torch.ones(2, device="meta"), "meta"),
        (torch.zeros(1).expand(1 << 40), "64 MiB"),
        (torch.zeros(1).expand((64 << 18) + 1), "64 MiB"),
        (torch.zeros(2, dtype=torch.float8_e4m3fn), "float8_e4m3fn"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_tensor_without_plain_values_is_refused(tensor: Tensor, reason: str) -> None:
    with pytest.raises(NotPlain, match=reason):
        CODEC.pack(tensor)


META = {"kind": "tensor", "dtype": "float32", "shape": [2, 3], "requires_grad": False}


def message(meta: Any, data: bytes) -> bytes:
    entry = {"size": len(data), "carrier": "tensor", "meta": meta}
    header = json.dumps({"value": ["carried", 0], "blobs": [entry]}).encode()
    return len(header).to_bytes(4, "big") + header + data


@pytest.mark.parametrize(
    "meta",
    [
        {},
        META | {"more": 1},
        META | {"kind": "dtype"},
        META | {"dtype": "float64"},
        META | {"dtype": "int32", "requires_grad": True},
        META | {"dtype": "bool", "shape": [24]},
        META | {"dtype": "object"},
        META | {"dtype": "__doc__"},
        META | {"dtype": None},
        META | {"dtype": []},
        META | {"shape": [2, 4]},
        META | {"shape": [-2, -3]},
        META | {"shape": [-1, 6, -1]},
        META | {"shape": [2.0, 3]},
        META | {"shape": [True, 6]},
        META | {"shape": [2**62, 2**62, 6]},
        META | {"shape": [2**64 + 6]},
        META | {"shape": [1] * 33 + [6]},
        META | {"shape": "23"},
        META | {"shape": {"2": 3}},
        {"kind": "dtype", "name": "float32"},
    ],
    ids=str,
)
def test_a_tensor_that_lies_about_itself_is_malformed(meta: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match=r"^[A-Z]"):
        CODEC.unpack(message(meta, b"\x02" * 24))


@pytest.mark.parametrize(
    "meta",
    [
        META | {"shape": [0, 2**62]},
        META | {"shape": [0, 2**40, 2]},
        {"kind": "dtype", "name": "load"},
        {"kind": "dtype", "name": ["float32"]},
        {"kind": "device", "name": "cpu:-1"},
        {"kind": "device", "name": "cuda:999999999999"},
        {"kind": "device", "name": "privateuseone"},
        {"kind": "os", "name": "system"},
        {"kind": ["tensor"], "name": "system"},
    ],
    ids=str,
)
def test_what_has_no_bytes_and_lies_is_malformed(meta: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        CODEC.unpack(message(meta, b""))


SIZES = st.integers(-2, 5) | st.sampled_from([2**31, 2**40, 2**63, 2**64, True, 1.5, None, "1"])
METAS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["tensor", "tensor", "tensor", "dtype", "device", 1]),
        "dtype": st.sampled_from([*DTYPES, "object", 1, None]),
        "shape": st.lists(SIZES, max_size=4) | st.none() | st.text(max_size=2),
        "requires_grad": st.sampled_from([True, False, 1, None, "x"]),
    },
    optional={"name": st.text(max_size=3)},
)


@FUZZ
@given(METAS, st.binary(max_size=48), st.booleans())
def test_a_made_up_tensor_is_malformed_or_just_as_large_as_its_bytes(
    meta: dict[str, Any], data: bytes, fitting: bool
) -> None:
    if fitting and meta["dtype"] in DTYPES:
        size = DTYPES[meta["dtype"]].itemsize
        meta["shape"] = [len(data) // size]
        data = data[: len(data) // size * size]
    with contextlib.suppress(Malformed):
        got = CODEC.unpack(message(meta, data))
        assert type(got) is Tensor
        assert got.untyped_storage().nbytes() == len(data)
        assert list(got.shape) == meta["shape"]


@FUZZ
@given(st.integers(0, 300), st.integers(1, 255))
def test_a_flipped_byte_is_malformed_or_gives_exact_tensors(at: int, byte: int) -> None:
    whole = CODEC.pack([ones(2), torch.arange(3), torch.tensor([True])])
    at %= len(whole)
    with contextlib.suppress(Malformed):
        got = CODEC.unpack(whole[:at] + bytes([whole[at] ^ byte]) + whole[at + 1 :])
        assert {type(tensor) for tensor in got} == {Tensor}


class Process:
    """The student's side of a call, and the tester's."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    def call(self, *arguments: Any) -> Any:
        link = SimpleNamespace(inputs=CODEC.carried(arguments))
        link.pull = lambda cotangents: self.caller.ask("pull", cotangents, seconds=5)
        return self.caller.ask("call", *arguments, seconds=5, link=link)


@contextlib.contextmanager
def elsewhere(function: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """The function as it can be called from another process."""
    kept: dict[str, Any] = {}

    def call(*arguments: Any) -> Any:
        kept["inputs"] = CODEC.carried(arguments)
        value = function(*arguments)
        kept["outputs"] = CODEC.carried(value)
        return value

    def pull(cotangents: list[Tensor | None]) -> list[Tensor | None]:
        return pull_back(kept["outputs"], kept["inputs"], cotangents)

    here, there = socket.socketpair()
    answerer = Answerer(Wire(there), CODEC, {"call": call, "pull": pull})
    thread = threading.Thread(target=answerer.serve)
    thread.start()
    try:
        yield Process(Caller(Wire(here), CODEC)).call
    finally:
        here.close()
        thread.join()
        there.close()


def attend(Q: Tensor, K: Tensor, V: Tensor) -> tuple[Tensor, Tensor]:
    """Attention: its outputs (3, 2) and its weights (3, 4)."""
    weights = torch.softmax(Q @ K.mT, dim=-1)
    return weights @ V, weights


def test_gradients_are_those_of_one_process() -> None:
    inputs = [torch.rand(shape, requires_grad=True) for shape in ((3, 5), (4, 5), (4, 2))]
    Y, A = attend(*inputs)
    expected = torch.autograd.grad((Y**2).sum() + A[0, 1], inputs)
    with elsewhere(attend) as function:
        Y, A = function(*inputs)
        got = torch.autograd.grad((Y**2).sum() + A[0, 1], inputs)
    for a, b in zip(got, expected, strict=True):
        torch.testing.assert_close(a, b)


def test_a_gradient_reaches_a_leaf_through_what_was_computed_of_it() -> None:
    w = ones(3)
    with elsewhere(lambda x: x * x) as function:
        function(w * 2).sum().backward()
    assert w.grad is not None
    assert w.grad.tolist() == [8, 8, 8]


def test_gradcheck_accepts_a_function_elsewhere() -> None:
    x = torch.rand(2, 3, dtype=torch.float64, requires_grad=True)
    with elsewhere(lambda x: torch.tanh(x) @ x.mT) as function:
        assert torch.autograd.gradcheck(function, (x,))


def test_one_output_of_several_can_be_differentiated_twice_over_and_apart() -> None:
    x, y = ones(2), ones(2)
    with elsewhere(lambda x, y: {"a": [x * 2], "b": (y * 3, x.detach())}) as function:
        value = function(x, y)
        a, b, detached = value["a"][0], *value["b"]
        assert not detached.requires_grad
        for _ in range(2):
            got = torch.autograd.grad(a.sum(), [x, y], retain_graph=True, allow_unused=True)
            assert got[0].tolist() == [2, 2]
            assert got[1] is None
        with pytest.raises(RuntimeError, match="not have been used in the graph"):
            torch.autograd.grad(b.sum(), x)


def test_a_result_cut_from_its_input_has_no_gradient() -> None:
    with elsewhere(lambda x: x.detach() * 2) as function:
        value = function(ones(2))
    assert not value.requires_grad


def test_a_result_of_something_else_that_requires_a_gradient_does_not_depend_on_the_input() -> None:
    x, w = ones(2), ones(2)
    with elsewhere(lambda x: w * 2) as function:
        value = function(x)
        assert value.requires_grad
        assert torch.autograd.grad(value.sum(), x, allow_unused=True) == (None,)
        assert function(torch.ones(2)).requires_grad


def test_an_output_may_be_the_input_itself() -> None:
    x = ones(2)
    with elsewhere(lambda x: (x, x * 2, x)) as function:
        a, b, c = function(x)
        assert torch.autograd.grad((a + b + 3 * c).sum(), x)[0].tolist() == [6, 6]


def test_a_leaf_changed_in_place_is_the_error_that_torch_makes_of_it() -> None:
    reason = "a leaf Variable that requires grad"
    with elsewhere(lambda x: x.add_(1)) as function, pytest.raises(RuntimeError, match=reason):
        function(ones(2))


def test_the_same_tensor_passed_twice_gets_both_gradients() -> None:
    x = ones(2)
    with elsewhere(lambda a, b: 2 * a + 3 * b) as function:
        assert torch.autograd.grad(function(x, x).sum(), x)[0].tolist() == [5, 5]


def test_inputs_of_ints_and_without_gradient_stay_out_of_it() -> None:
    x, index, y = ones(3), torch.tensor([0, 2]), torch.ones(2)
    with elsewhere(lambda x, index, y, dtype: (x[index] * y, index + 1)) as function:
        value, shifted = function(x, index, y, torch.float32)
        assert not shifted.requires_grad
        assert torch.autograd.grad(value.sum(), x)[0].tolist() == [1, 0, 1]


def test_without_gradients_wanted_nothing_is_tied() -> None:
    with elsewhere(lambda x: x * 2) as function, torch.no_grad():
        assert not function(ones(2)).requires_grad


def test_who_differentiates_twice_is_told_so() -> None:
    x = ones(2)
    with elsewhere(lambda x: x**3) as function:
        (first,) = torch.autograd.grad(function(x).sum(), x, create_graph=True)
        with pytest.raises(RuntimeError, match="once, not a second time"):
            first.sum().backward()


def test_an_error_of_the_backward_pass_comes_back() -> None:
    class Bad(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, cotangent: Tensor) -> Tensor:
            raise KeyError("mine")

    with elsewhere(Bad.apply) as function, pytest.raises(KeyError, match="mine"):
        function(ones(2)).sum().backward()


@pytest.mark.parametrize(
    "pulled",
    [
        None,
        [],
        (torch.ones(2),),
        [torch.ones(2), None],
        [1.0],
        [torch.ones(3)],
        [torch.ones(1)],
        [torch.ones((), dtype=torch.float32)],
        [torch.ones(2, dtype=torch.float64)],
    ],
    ids=str,
)
def test_a_gradient_that_does_not_fit_its_input_is_an_error(pulled: Any) -> None:
    link = SimpleNamespace(inputs=[ones(2)], pull=lambda cotangents: pulled)
    value = CODEC.unpack(CODEC.pack(ones(2) * 2), link)
    with pytest.raises(RuntimeError, match="other side"):
        value.sum().backward()


def test_every_tensor_has_a_cotangent_and_dtypes_have_none() -> None:
    asked = []
    link = SimpleNamespace(inputs=[torch.float32, ones(2), torch.ones(3)], pull=None)
    link.pull = lambda cotangents: asked.append(cotangents) or [torch.ones(2), None]
    values = CODEC.unpack(CODEC.pack([torch.ones(1), torch.int8, ones(2) * 2, ones(3) * 2]), link)
    values[3].sum().backward()
    assert [None if c is None else c.tolist() for c in asked[0]] == [None, None, [1, 1, 1]]


def test_changes_are_written_into_the_tensor_itself_and_its_views() -> None:
    base = torch.zeros(2, 3)
    overwrite([base[0]], [torch.ones(3)], CODEC)
    assert base.tolist() == [[1, 1, 1], [0, 0, 0]]


def test_a_tensor_without_changes_is_not_touched() -> None:
    x = torch.tensor([1.0, float("nan")], requires_grad=True)
    y = (x * x).sum()
    version = x._version
    overwrite([x], [sent(x)], CODEC)
    assert x._version == version
    y.backward()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (torch.zeros(2, 3), torch.ones(3, 2)),
        (torch.zeros(2), torch.ones(2, dtype=torch.float64)),
        (torch.zeros(2), torch.ones(2, dtype=torch.int32)),
        (torch.zeros(1).expand(3), torch.arange(3.0)),
        (ones(2), torch.zeros(2, requires_grad=True)),
        (ones(2), torch.zeros(2)),
        (torch.zeros(2), ones(2)),
        (torch.nn.Parameter(torch.zeros(2)), ones(3)),
        (ones(2) * 2, torch.zeros(2, requires_grad=True)),
    ],
    ids=str,
)
def test_a_tensor_takes_other_values_shapes_and_dtypes(old: Tensor, new: Tensor) -> None:
    given = [old]
    overwrite(given, [new], CODEC)
    assert given[0] is old
    assert old.dtype == new.dtype
    assert torch.equal(old, new)
    assert old.requires_grad == new.requires_grad


def test_the_seed_decides_the_random_numbers() -> None:
    with torch.random.fork_rng():
        TensorCarrier().reseed(5)
        first = torch.rand(3)
        TensorCarrier().reseed(5)
        assert torch.equal(first, torch.rand(3))
