"""Loops over customers, compiled by Numba once on each computer and kept for the next time.

In NumPy a pass over a few customers costs as much as one over thousands: dozens of calls, each dearer than
its arithmetic. A compiled loop is one call, and says what happens to one customer.

Numba forgets a function when its own file changes, but not when a function that it calls does. So what is
kept belongs to one state of all files with compiled functions, and any change begins anew. A compiled
function takes functions and constants only from such files. It is called with one kind of arguments:
processes that compile at the same time then keep the same, never one kind in place of another. To step
through one with a debugger, set NUMBA_DISABLE_JIT=1.
"""

import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TypeVar

from numba import __version__ as numba_version
from numba import njit, vectorize
from numba.core import config
from numba.extending import is_jitted
from platformdirs import user_cache_path

Function = TypeVar("Function", bound=Callable[..., object])

LOOPS: list[Any] = []
"""All that `compiled` compiles of the modules imported so far; none if Numba is switched off."""

_OPTIONS: Any = config  # of Numba, which declares none
_PACKAGE = Path(__file__).parent
_MARK = b"from sim.compiled import"
_NAME = f"compiled-{sys.implementation.cache_tag}-"
_LONGEST = 140  # letters that Numba adds to the path of the folder; Windows may allow 260 in all


def sources() -> list[Path]:
    """The files with compiled functions, and this one."""
    places = [_PACKAGE / "compiled.py", _PACKAGE / "luck.py", *sorted((_PACKAGE / "world").rglob("*.py"))]
    return [path for path in places if _MARK in path.read_bytes()]


def folder_for_this_state() -> Path | None:
    """Where all that is compiled of the present sources is kept; None if nothing can be.

    In the folder NUMBA_CACHE_DIR if that is set, else beside the sources, or in the user's cache.
    """
    state = hashlib.sha256(f"{sys.version} {numba_version}".encode())
    for path in sources():
        state.update(path.read_bytes())
    given = _OPTIONS.CACHE_DIR
    cache = user_cache_path("crm-flight-simulator", appauthor=False)
    places = [Path(given)] if given else [_PACKAGE / "__pycache__", cache]
    folders = (place / (_NAME + state.hexdigest()[:12]) for place in places)
    return next(filter(_can_write, folders), None)


def earlier_states(folder: Path) -> list[Path]:
    """The folders of other states beside that one, by the same version of Python."""
    return [path for path in folder.parent.glob(_NAME + "*") if path != folder]


def _can_write(folder: Path) -> bool:
    """Whether files can be made there, with names as long as Numba's."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder, prefix=_LONGEST * "_").close()
    except OSError:
        return False
    return True


FOLDER = folder_for_this_state()


def compiled(function: Function) -> Function:
    """The same function in machine code, which is kept for this state of the sources.

    Division by zero gives infinity, as in NumPy. Where nothing can be kept it is compiled in every session.
    """
    with _kept():
        loop = njit(function, cache=FOLDER is not None, error_model="numpy")
    if is_jitted(loop):
        LOOPS.append(loop)
    return loop  # type: ignore[return-value]


def elementwise(function: Function) -> Function:
    """A function of numbers as one of arrays of any shapes that fit together, compiled and kept likewise."""
    with _kept():
        return vectorize(cache=FOLDER is not None)(function)


@contextmanager
def _kept() -> Iterator[None]:
    """Let Numba keep what is declared now in our folder, and leave its setting as it was."""
    before, _OPTIONS.CACHE_DIR = _OPTIONS.CACHE_DIR, str(FOLDER or "")
    try:
        yield
    finally:
        _OPTIONS.CACHE_DIR = before
