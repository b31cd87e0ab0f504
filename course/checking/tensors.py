"""Carries tensors between two processes, and gradients back: the one part that knows torch.

A value that is refused is a ValueError here; who carries makes of it what is right there.
"""

import math
import re
from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

INTS = ["uint8", "int8", "int16", "int32", "int64"]
FLOATS = ["float16", "bfloat16", "float32", "float64", "complex64", "complex128"]
NAMES = ["bool", *INTS, *FLOATS]
DTYPES: dict[str, torch.dtype] = {name: getattr(torch, name) for name in NAMES}
NAME_OF = {dtype: name for name, dtype in DTYPES.items()}
KINDS = (Tensor, torch.dtype, torch.device)
DEVICE = re.compile(r"(cpu|cuda|meta|mps|xpu)(:\d{1,2})?", re.ASCII)

MOST_BYTES = 64 << 20
MOST_AXES = 32
MOST_SIZE = 1 << 40  # of one axis, and of all axes that are not empty together


class Link(Protocol):
    """What ties the values of a call to its arguments.

    inputs : what was carried to the other side as arguments, in order
    pull : asks the other side for the product of vector and Jacobian: takes a cotangent or None for
        every tensor among the values, returns a gradient or None for every tensor among the inputs
    """

    inputs: Sequence[Any]

    def pull(self, cotangents: list[Tensor | None]) -> list[Tensor | None]: ...


class TensorCarrier:
    """Carries exact tensors, from any subclass of them, and torch's dtypes and devices.

    >>> carrier = TensorCarrier()
    >>> carrier.unpack(*carrier.pack(torch.ones(2, 3))).shape
    torch.Size([2, 3])
    """

    name = "tensor"

    def carries(self, value: object) -> bool:
        return issubclass(type(value), KINDS)

    def pack(self, value: Any) -> tuple[dict[str, Any], bytes]:
        if isinstance(value, torch.dtype):
            return {"kind": "dtype", "name": str(value).removeprefix("torch.")}, b""
        if isinstance(value, torch.device):
            return {"kind": "device", "name": str(value)}, b""
        with torch._C.DisableTorchFunction():  # no mode counts it, no subclass has a say
            return _pack(value)

    def unpack(self, meta: dict[str, Any], data: bytes) -> Any:
        """A tensor has its own memory; one that required a gradient is a leaf that does."""
        if set(meta) == {"kind", "name"} and not data:
            return _name(meta["kind"], meta["name"])
        if set(meta) != {"kind", "dtype", "shape", "requires_grad"} or meta["kind"] != "tensor":
            raise ValueError("This is no tensor.")
        with torch._C.DisableTorchFunction():
            tensor = _unpack(meta["dtype"], meta["shape"], data)
            return tensor.requires_grad_(meta["requires_grad"] is True)

    def overwrite(self, old: Any, new: Any) -> None:
        """Write the new values into the old tensor, unless it has them: then nothing is touched,
        so that what autograd has saved of it stays valid.
        """
        if not isinstance(old, Tensor) or not isinstance(new, Tensor):
            if old != new:
                raise TypeError("It cannot be changed in place.")
            return
        with torch._C.DisableTorchFunction(), torch.no_grad():
            if _pack(old) != _pack(new):
                _write_over(old, new)

    def link(self, values: list[Any], metas: list[dict[str, Any]], link: Link) -> list[Any]:
        """Tie the tensors that require a gradient to the link's inputs that do.

        Their gradients are what `link.pull` says, and cannot be differentiated again.
        """
        tensors = [value for value in values if isinstance(value, Tensor)]
        tracked = [x for x in link.inputs if isinstance(x, Tensor) and x.requires_grad]
        call = _Call(link, tensors)
        if not call.results or not tracked:
            return values
        tied = iter(_Elsewhere.apply(call, *tracked))  # type: ignore[no-untyped-call]
        return [next(tied) if isinstance(v, Tensor) and v.requires_grad else v for v in values]

    def pull_back(
        self, outputs: Sequence[Any], inputs: Sequence[Any], cotangents: Sequence[Tensor | None]
    ) -> list[Tensor | None]:
        """See the function `pull_back`."""
        return pull_back(outputs, inputs, cotangents)

    def rehearse(self) -> None:
        """Do once, before processes are forked, what each of them would do first."""
        X = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        Y = torch.stack([X @ X, torch.zeros(2, 2) * X])[:, :1]
        torch.allclose(Y, Y.detach().clone())
        Y.sum().backward()
        repr(X)

    def reseed(self, seed: int) -> None:
        """Start torch's random numbers anew, on the CPU: `torch.manual_seed` of torch 2.13 takes a
        millisecond to note for each other device where it was called.
        """
        torch.default_generator.manual_seed(seed)


def pull_back(
    outputs: Sequence[Any], inputs: Sequence[Any], cotangents: Sequence[Tensor | None]
) -> list[Tensor | None]:
    """The product of vector and Jacobian, in the process that holds the graph.

    outputs, inputs : what was carried; all that is no tensor is left out
    cotangents : one for every tensor among the outputs, None where there is none
    returns one gradient for every tensor among the inputs, None if nothing depends on it

    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> pull_back([x * x], [x], [torch.ones(2)])
    [tensor([2., 4.])]
    """
    results = [value for value in outputs if isinstance(value, Tensor)]
    arguments = [value for value in inputs if isinstance(value, Tensor)]
    pulled = [
        (result, cotangent)
        for result, cotangent in zip(results, cotangents, strict=True)
        if cotangent is not None and result.requires_grad
    ]
    tracked = [argument for argument in arguments if argument.requires_grad]
    if not pulled or not tracked:
        return [None] * len(arguments)
    found = iter(
        torch.autograd.grad(
            [result for result, _ in pulled],
            tracked,
            [cotangent for _, cotangent in pulled],
            retain_graph=True,
            allow_unused=True,
        )
    )
    return [next(found) if argument.requires_grad else None for argument in arguments]


class _Call:
    """One call that went to the other side, and the tensors that came back."""

    def __init__(self, link: Link, values: list[Tensor]) -> None:
        self.link = link
        self.are_tied = [value.requires_grad for value in values]
        self.results = tuple(v.detach() for v in values if v.requires_grad)

    def gradients(self, cotangents: Sequence[Tensor | None]) -> list[Tensor | None]:
        """The gradients of the inputs that require one; RuntimeError if they cannot be so."""
        given = iter(cotangents)
        pulled = self.link.pull([next(given) if tied else None for tied in self.are_tied])
        inputs = [x for x in self.link.inputs if isinstance(x, Tensor)]
        if type(pulled) is not list or len(pulled) != len(inputs):
            raise RuntimeError("The other side gave no gradient for each input.")
        for gradient, x in zip(pulled, inputs, strict=True):
            _check_gradient(gradient, x)
        return [g for g, x in zip(pulled, inputs, strict=True) if x.requires_grad]


def _check_gradient(gradient: Any, x: Tensor) -> None:
    if gradient is None:
        return
    if type(gradient) is not Tensor:
        raise RuntimeError("A gradient from the other side is no tensor.")
    if gradient.shape != x.shape or gradient.dtype != x.dtype:
        raise RuntimeError(
            f"A gradient from the other side is {tuple(gradient.shape)} {gradient.dtype}, "
            f"its input {tuple(x.shape)} {x.dtype}."
        )


class _Elsewhere(torch.autograd.Function):
    """The call as one step of the graph: forward is done already, backward asks."""

    @staticmethod
    def forward(ctx: Any, call: _Call, *tracked: Tensor) -> tuple[Tensor, ...]:
        ctx.call = call
        ctx.set_materialize_grads(False)
        return call.results

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor | None) -> tuple[Tensor | None, ...]:
        gradients = ctx.call.gradients(cotangents)
        if torch.is_grad_enabled():  # create_graph=True, for a second derivative
            of = [x for x in (*ctx.call.link.inputs, *cotangents) if isinstance(x, Tensor)]
            once: Any = _OnlyOnce
            gradients = [g if g is None else once.apply(g, *of) for g in gradients]
        return None, *gradients


class _OnlyOnce(torch.autograd.Function):
    """A gradient that is an error to differentiate, where it would seem to be a constant.

    torch's `once_differentiable` says nothing if only the inputs require a gradient, as usual.
    """

    @staticmethod
    def forward(ctx: Any, gradient: Tensor, *of: Tensor) -> Tensor:
        return gradient.view_as(gradient)

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor | None) -> tuple[Tensor | None, ...]:
        raise RuntimeError(
            "What another process computed can be differentiated once, not a second time."
        )


def _pack(value: Tensor) -> tuple[dict[str, Any], bytes]:
    said: Any = Tensor  # and not by the value, which may be of a subclass that says anything
    if said.layout.__get__(value) is not torch.strided:
        raise ValueError("A sparse tensor cannot be sent.")
    requires_grad = said.requires_grad.__get__(value)
    tensor = Tensor.as_subclass(value, Tensor).detach()
    if tensor.is_quantized or tensor.is_nested:
        raise ValueError("A nested or quantized tensor cannot be sent.")
    if tensor.is_meta:
        raise ValueError("A tensor on the device meta has no values to be sent.")
    if tensor.dtype not in NAME_OF:
        raise ValueError(f"A tensor of {tensor.dtype} cannot be sent.")
    if tensor.numel() * tensor.element_size() > MOST_BYTES:
        raise ValueError(f"A tensor of more than {MOST_BYTES >> 20} MiB cannot be sent.")
    meta = {
        "kind": "tensor",
        "dtype": NAME_OF[tensor.dtype],
        "shape": list(tensor.shape),
        "requires_grad": requires_grad,
    }
    # NumPy knows no bfloat16, but numbers that are as long.
    known = tensor.view(torch.int16) if tensor.dtype is torch.bfloat16 else tensor
    return meta, known.numpy(force=True).tobytes()


def _unpack(name: Any, shape: Any, data: bytes) -> Tensor:
    if type(name) is not str or name not in DTYPES:
        raise ValueError("This is no dtype.")
    dtype = DTYPES[name]
    if _count(shape) * dtype.itemsize != len(data):
        raise ValueError("A tensor is not as large as it says.")
    if dtype is torch.bool and data.strip(b"\x00\x01"):
        raise ValueError("A bool is neither 0 nor 1.")
    if not data:
        return torch.empty(shape, dtype=dtype, device="cpu")
    # A copy, since memory that torch does not own can never be resized.
    return torch.frombuffer(bytearray(data), dtype=dtype).reshape(shape).clone()


def _count(shape: Any) -> int:
    """How many elements a tensor of such a shape has; ValueError if there is no such shape."""
    if type(shape) is not list or len(shape) > MOST_AXES:
        raise ValueError("This is no shape.")
    if not all(type(size) is int and 0 <= size <= MOST_SIZE for size in shape):
        raise ValueError("This is no size of an axis.")
    if math.prod(size or 1 for size in shape) > MOST_SIZE:
        raise ValueError("The shape is too large.")
    return math.prod(shape)


def _name(kind: Any, name: Any) -> torch.dtype | torch.device:
    if kind == "dtype" and type(name) is str and name in DTYPES:
        return DTYPES[name]
    if kind == "device" and type(name) is str and DEVICE.fullmatch(name):
        return torch.device(name)
    raise ValueError("This is no dtype and no device.")


def _write_over(old: Tensor, new: Tensor) -> None:
    """Give a tensor the values of another one, and its shape and dtype too if they differ."""
    source = new.detach()
    if old.shape == new.shape and old.dtype == new.dtype:
        try:
            old.copy_(source)
        except RuntimeError:  # an expanded tensor has one number at several places
            old.data = source
    else:
        old.data = source
    if old.is_leaf and new.requires_grad != old.requires_grad:
        old.requires_grad_(new.requires_grad)
