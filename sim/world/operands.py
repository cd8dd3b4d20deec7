"""Levers as operands of compiled loops."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.levers import Section

Operands = NDArray[Any]


def operands(levers: Section, **more: float) -> Operands:
    """The numbers of a section of levers, and some more, as one record to read by name; shape (1,)."""
    numbers = {name: value for name, value in levers if isinstance(value, bool | int | float)} | more
    return np.array([tuple(numbers.values())], np.dtype((np.record, [(name, float) for name in numbers])))
