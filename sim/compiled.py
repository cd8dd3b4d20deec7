"""Loops over customers, compiled by Numba once on each computer and kept for the next time.

In NumPy a pass over a few customers costs as much as one over thousands: dozens of calls, each dearer than
its arithmetic. A compiled loop is one call, and says what happens to one customer.

Numba forgets a function when its own file changes, but not when a function that it calls does. So what is
kept belongs to one state of all files with compiled functions, see `sim.compiled_files`, and any change
begins anew. A compiled function takes functions and constants only from such files. It is called with one
kind of arguments: processes that compile at the same time then keep the same, never one kind in place of
another. To step through one with a debugger, set NUMBA_DISABLE_JIT=1.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
from numba import njit
from numba.core import config
from numba.extending import is_jitted

from sim import compiled_files

Function = TypeVar("Function", bound=Callable[..., object])

LOOPS: list[Any] = []
"""All that `compiled` compiles of the modules imported so far; none if Numba is switched off."""

_OPTIONS: Any = config  # of Numba, which declares none


def compiled(function: Function) -> Function:
    """The same function in machine code, which is kept for this state of the sources.

    Division by zero gives infinity, as in NumPy. Where nothing can be kept it is compiled in every session.
    """
    with _kept():
        loop: Any = njit(function, cache=compiled_files.can_keep(), error_model="numpy")
    if not is_jitted(loop):
        return np.errstate(over="ignore")(function)  # whole numbers wrap around, as in machine code
    LOOPS.append(loop)
    return loop  # type: ignore[return-value]


@contextmanager
def _kept() -> Iterator[None]:
    """Let Numba keep what is declared now in our folder, and leave its setting as it was."""
    before, _OPTIONS.CACHE_DIR = _OPTIONS.CACHE_DIR, str(compiled_files.FOLDER or "")
    try:
        yield
    finally:
        _OPTIONS.CACHE_DIR = before
