"""Luck drawn ahead: for many customers, and several of their next purchases each, in one call.

A draw is the same whenever it is made, and a call costs as much as hundreds of draws.
"""

from collections.abc import Callable, Mapping

import numpy as np

from sim.compiled import compiled
from sim.luck import Draws, Floats, Luck
from sim.world.customers import Customers, Rows
from sim.world.journal import Column

AHEAD = 4  # purchases of a customer for which luck is drawn together

Makers = Mapping[int, Callable[[Floats], Column]]
"""What is made of the uniforms of a purpose."""


class Foresight:
    """The draws for the next purchases of those who are due before a day.

    Those for `purposes` stay uniforms; of the others is made what `makers` say, all as floats.
    """

    def __init__(self, luck: Luck, customers: Customers, purposes: tuple[int, ...], makers: Makers) -> None:
        self._luck = luck
        self._customers = customers
        self._purposes = (*makers, *purposes)
        self._makers = tuple(makers.values())
        # the draws for a customer's n-th purchase are at [customer, n % AHEAD], for n below the end
        self._drawn: Floats = np.empty((0, AHEAD, len(self._purposes)))
        self._end = np.zeros(0, np.int64)
        self._due: Rows = np.empty(0, np.intp)

    def look(self, due: Rows, until: float) -> None:
        """From now on see what happens to those `due` before `until` (days)."""
        self._due, self._until = due, until
        if len(self._end) < len(self._customers):
            room = 2 * len(self._customers)
            self._drawn = _grown(self._drawn, room)
            self._end = _grown(self._end, room)
        self._see_further()

    def draws(self, who: Rows, count: Column) -> Draws:
        """For the next purchase of customers `who`, who have made `count`."""
        drawn = np.empty((len(self._purposes), len(who)))
        if not _pick(self._drawn, self._end, who, count, drawn):
            self._see_further()
            _pick(self._drawn, self._end, who, count, drawn)
        return dict(zip(self._purposes, drawn, strict=True))

    def _see_further(self) -> None:
        """Draw for all who are still due; as all then have as much ahead, one call serves many passes."""
        self._due = who = self._customers.those_due(self._due, self._until)
        made = self._customers.purchases[who].astype(np.int64)
        first = np.maximum(made, self._end[who])
        each = made + AHEAD - first
        rows = np.repeat(who, each)
        counts = np.arange(rows.size) + np.repeat(first - (each.cumsum() - each), each)
        drawn = self._luck.uniform(self._purposes, self._customers.key[rows], counts)
        for purpose, make in enumerate(self._makers):
            drawn[purpose] = make(drawn[purpose])
        _keep(self._drawn, rows, counts, drawn)
        self._end[who] = made + AHEAD


def _grown(array: Column, room: int) -> Column:
    grown = np.zeros((room, *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown


@compiled
def _keep(kept: Floats, rows: Rows, counts: Column, drawn: Floats) -> None:
    for i in range(len(rows)):
        for purpose in range(len(drawn)):
            kept[rows[i], counts[i] % AHEAD, purpose] = drawn[purpose, i]


@compiled
def _pick(kept: Floats, end: Column, who: Rows, count: Column, picked: Floats) -> bool:
    """Copy the draws for these purchases; False if some have not been drawn yet."""
    for i in range(len(who)):
        row, n = who[i], count[i]
        if end[row] <= n:
            return False
        for purpose in range(len(picked)):
            picked[purpose, i] = kept[row, n % AHEAD, purpose]
    return True
