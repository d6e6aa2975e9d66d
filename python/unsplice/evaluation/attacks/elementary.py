"""Sine and power from sums, products and quotients alone, which every processor rounds alike.

Those of a C library, or of NumPy's own loops for one processor or another, differ in the last bit.
A difference there is rounded away almost always, and almost is not the same bits everywhere.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["power", "sinc"]

Values = NDArray[np.float64]

_PI: Final = 3.141592653589793
_LOG_2: Final = 0.6931471805599453


def _series(x: Values, coefficients: list[float]) -> Values:
    """Return the polynomial in `x`, the constant term first, by Horner's rule."""
    value = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value = value * x + coefficient
    return value


# Each series goes on until its next term is below the last bit, for the arguments it gets here.
_SINE: Final = [(-1) ** k / math.factorial(2 * k + 1) for k in range(12)]
_LOG: Final = [1 / (2 * k + 1) for k in range(13)]
_EXP: Final = [1 / math.factorial(k) for k in range(16)]


def sinc(x: Values) -> Values:
    """Return sin(pi x) / (pi x), and 1 at 0.

    Examples
    --------
    >>> import numpy as np
    >>> [round(value, 6) for value in sinc(np.array([0, 0.5, -1.5, 2.25])).tolist()]
    [1.0, 0.63662, -0.212207, 0.100035]
    """
    whole = np.rint(x)
    angle = (x - whole) * _PI  # at most pi / 2, and x - whole is exact
    sine = angle * _series(angle * angle, _SINE)
    sine = np.where(whole % 2 == 0, sine, -sine)
    return np.where(x == 0, 1.0, sine / np.where(x == 0, 1.0, x * _PI))


def power(base: Values, exponent: float) -> Values:
    """Return ``base ** exponent`` for numbers from 0 to 1 and a positive exponent.

    Examples
    --------
    >>> import numpy as np
    >>> [round(value, 12) for value in power(np.array([0, 0.25, 1]), 0.5).tolist()]
    [0.0, 0.5, 1.0]
    """
    mantissa, binary = np.frexp(np.where(base == 0, 1.0, base))
    low = mantissa < 0.75  # so that mantissas are from 0.75 to 1.5, on both sides of 1
    mantissa, binary = np.where(low, 2 * mantissa, mantissa), np.where(low, binary - 1, binary)
    ratio = (mantissa - 1) / (mantissa + 1)
    logarithm = exponent * (2 * ratio * _series(ratio * ratio, _LOG) + binary * _LOG_2)
    twos = np.rint(logarithm / _LOG_2)
    value = np.ldexp(_series(logarithm - twos * _LOG_2, _EXP), twos.astype(np.int64))
    return np.where(base == 0, 0.0, value)
