"""Carries NumPy's arrays and scalars. NumPy is imported when the first of them is met."""

import math
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

INTS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
DTYPES = ["bool", *INTS, "float16", "float32", "float64", "complex64", "complex128"]
MOST_BYTES = 64 << 20
MOST_AXES = 32
MOST_SIZE = 1 << 40  # of one axis, and of all axes that are not empty together


class ArrayCarrier:
    """Carries exact arrays of numbers, from any subclass of them; NumPy's scalars as scalars.

    >>> import numpy
    >>> carrier = ArrayCarrier()
    >>> carrier.unpack(*carrier.pack(numpy.ones((2, 3)))).shape
    (2, 3)
    """

    name = "array"

    def carries(self, value: object) -> bool:
        numpy = sys.modules.get("numpy")  # without it there are no arrays
        return numpy is not None and issubclass(type(value), (numpy.ndarray, numpy.generic))

    def pack(self, value: Any) -> tuple[dict[str, Any], bytes]:
        import numpy

        is_scalar = issubclass(type(value), numpy.generic)
        array = numpy.asarray(value) if is_scalar else numpy.ndarray.view(value, numpy.ndarray)
        if array.dtype.name not in DTYPES:
            raise ValueError(f"An array of {array.dtype.name} cannot be sent.")
        if array.nbytes > MOST_BYTES:
            raise ValueError(f"An array of more than {MOST_BYTES >> 20} MiB cannot be sent.")
        native = array.astype(array.dtype.newbyteorder("="), copy=False)
        meta = {"dtype": native.dtype.name, "shape": list(native.shape), "scalar": is_scalar}
        return meta, native.tobytes()

    def unpack(
        self, meta: dict[str, Any], data: bytes
    ) -> "numpy.ndarray[Any, Any] | numpy.generic":
        import numpy

        if set(meta) != {"dtype", "shape", "scalar"} or meta["dtype"] not in DTYPES:
            raise ValueError("This is no array of numbers.")
        dtype, shape = numpy.dtype(meta["dtype"]), meta["shape"]
        if count(shape) * dtype.itemsize != len(data):
            raise ValueError("An array is not as large as it says.")
        if dtype.name == "bool" and data.strip(b"\x00\x01"):
            raise ValueError("A bool is neither 0 nor 1.")
        array = numpy.frombuffer(data, dtype).reshape(shape).copy()
        return dtype.type(array[()]) if meta["scalar"] is True and not shape else array

    def overwrite(self, old: Any, new: Any) -> None:
        if self.pack(old) == self.pack(new):
            return
        alike = old.shape == new.shape and old.dtype == new.dtype
        if not alike or not getattr(old, "flags", None) or not old.flags.writeable:
            raise TypeError("The array cannot take the new values.")
        old[...] = new

    def link(self, values: list[Any], metas: list[dict[str, Any]], link: Any) -> list[Any]:
        return values


def count(shape: Any) -> int:
    """How many elements an array of such a shape has; ValueError if there is no such shape.

    >>> count([2, 0, 5])
    0
    """
    if type(shape) is not list or len(shape) > MOST_AXES:
        raise ValueError("This is no shape.")
    if not all(type(size) is int and 0 <= size <= MOST_SIZE for size in shape):
        raise ValueError("This is no size of an axis.")
    if math.prod(size or 1 for size in shape) > MOST_SIZE:
        raise ValueError("The shape is too large.")
    return math.prod(shape)
