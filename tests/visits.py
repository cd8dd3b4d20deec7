"""Purchases as departments hand them to each other, made by hand."""

import numpy as np
from numpy.typing import ArrayLike

from sim.luck import Draws
from sim.world.customers import Rows
from sim.world.journal import Journal
from sim.world.visit import Visit


def visit_of(who: Rows, time: ArrayLike, luck: Draws | None = None, **columns: ArrayLike) -> Visit:
    """A purchase of each of `who`; columns of the journal that are not given are 0, and so is the favour."""
    records = Journal().append("transactions", who.size)
    for name, values in {"row": who, "day": time, **columns}.items():
        records[name] = values
    return Visit(who, records["day"].copy(), luck or {}, records, np.zeros(who.size))
