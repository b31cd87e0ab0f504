"""Numbers as the pictures write them: short, with a true minus sign."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

MINUS = "\N{MINUS SIGN}"
DUST = 1e-6


def short(value: float, largest: float = 0.0) -> str:
    """Write a number in at most six characters; rounding dust beside `largest` is written 0.

    >>> short(56.0), short(2.5), short(0.3333), short(123456.0)
    ('56', '2.5', '0.33', '1.2e5')
    >>> short(3e-8), short(3e-8, largest=9.0)
    ('3e\N{MINUS SIGN}8', '0')
    """
    size = abs(value)
    if size <= DUST * largest:
        return "0"
    if size >= 99999.5 or size < 0.005:
        digits, power = f"{value:.1e}".split("e")
        return f"{digits.removesuffix('.0')}e{int(power)}".replace("-", MINUS)
    decimals = 0 if size >= 1000 else 1 if size >= 100 else 2
    text = f"{value:.{decimals}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", MINUS)


def factor(value: float, largest: float = 0.0) -> str:
    """Write a number as the second factor of a product: a negative one stands in brackets.

    >>> factor(2.0), factor(-1.0)
    ('2', '(\N{MINUS SIGN}1)')
    """
    text = short(value, largest)
    return f"({text})" if text.startswith(MINUS) else text


def largest(*tensors: Array) -> float:
    """The largest absolute value of all tensors, where their common colour scale ends.

    >>> largest(np.array([1.0, -3.0]), np.array([[2.0]]))
    3.0
    """
    return max(float(np.abs(tensor).max()) for tensor in tensors)


def spoken(matrix: Array) -> str:
    """Write a matrix on one line for a screen reader: numbers by spaces, rows by semicolons.

    >>> spoken(np.array([[56.0, 72.0], [104.0, 120.0]]))
    '56 72; 104 120'
    """
    top = largest(matrix)
    return "; ".join(" ".join(short(value, top) for value in row) for row in matrix)
