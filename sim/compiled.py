"""Loops over customers, compiled by Numba once on each computer and kept for the next time.

In NumPy a pass over a few customers costs as much as one over thousands: dozens of calls, each dearer than
its arithmetic. A compiled loop is one call, and says what happens to one customer.

What is kept belongs to a file and is made anew when that file changes. Therefore a compiled function takes
functions, and constants that may ever change, from its own file only. It is called with one kind of
arguments: processes that compile at the same time then keep the same, never one kind in place of another. To
step through one with a debugger, set NUMBA_DISABLE_JIT=1.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit, vectorize
from numba.extending import is_jitted

Function = TypeVar("Function", bound=Callable[..., object])

LOOPS: list[Any] = []
"""All that `compiled` compiles of the modules imported so far; none if Numba is switched off."""
SOURCES: set[str] = set()
"""The files of all that is compiled."""


def compiled(function: Function) -> Function:
    """The same function in machine code, which is kept beside its file or in the user's cache.

    Division by zero gives infinity, as in NumPy. Where nothing can be kept it is compiled in every session.
    """
    SOURCES.add(function.__code__.co_filename)
    try:
        loop = njit(function, cache=True, error_model="numpy")
    except RuntimeError:  # no place to keep it
        loop = njit(function, error_model="numpy")
    if is_jitted(loop):
        LOOPS.append(loop)
    return loop  # type: ignore[return-value]


def elementwise(function: Function) -> Function:
    """A function of numbers as one of arrays of any shapes that fit together, compiled and kept likewise."""
    SOURCES.add(function.__code__.co_filename)
    try:
        return vectorize(cache=True)(function)
    except RuntimeError:
        return vectorize()(function)
