"""Loops over customers, compiled by Numba once on each computer and kept for the next time.

In NumPy a pass over a few customers costs as much as one over thousands: dozens of calls, each dearer than
its arithmetic. A compiled loop is one call, and says what happens to one customer.

What is kept belongs to a file and is made anew when that file changes. Therefore a compiled function calls
compiled functions of its own file only. To step through one with a debugger, set NUMBA_DISABLE_JIT=1.
"""

from collections.abc import Callable
from typing import TypeVar

from numba import njit, vectorize

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """The same function in machine code, which is kept beside its file or in the user's cache.

    Division by zero gives infinity, as in NumPy. Where nothing can be kept it is compiled in every session.
    """
    try:
        return njit(function, cache=True, error_model="numpy")  # type: ignore[return-value]
    except RuntimeError:  # no place to keep it
        return njit(function, error_model="numpy")  # type: ignore[return-value]


def elementwise(function: Function) -> Function:
    """A function of numbers as one of arrays of any shapes that fit together, compiled and kept likewise."""
    try:
        return vectorize(cache=True)(function)
    except RuntimeError:
        return vectorize()(function)
