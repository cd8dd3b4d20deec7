"""Luck drawn ahead: for many customers, and several of their next purchases each, in one call.

A draw is the same whenever it is made, and a call costs as much as hundreds of draws.
"""

from collections.abc import Callable, Mapping

import numpy as np

from sim.compiled import compiled
from sim.luck import Draws, Floats, Luck
from sim.world.customers import Customers, Rows
from sim.world.journal import Column

ENOUGH = 3000  # draws of a purpose in one call; more take longer than the calls they save
FARTHEST = 4  # purchases of a customer beyond the next one

Makers = Mapping[int, Callable[[Floats], Column]]
"""What is made of the uniforms of a purpose."""


class Foresight:
    """The draws for the purchases of those who are due before a day.

    Those for `purposes` stay uniforms; of the others is made what `makers` say, all as floats.
    """

    def __init__(self, luck: Luck, customers: Customers, purposes: tuple[int, ...], makers: Makers) -> None:
        self._luck = luck
        self._customers = customers
        self._purposes = (*makers, *purposes)
        self._makers = tuple(makers.values())
        self._drawn: Floats = np.empty((len(self._purposes), 0))
        self.look(0.0)

    def look(self, until: float) -> None:
        """From now on see what happens before `until` (days); what was seen before is forgotten."""
        self._until = until
        self._size = 0
        # the draws for a customer's n-th purchase are at place n + shift, for n below the end
        self._shift = np.zeros(len(self._customers), np.intp)
        self._end = np.zeros(len(self._customers), np.intp)

    def draws(self, who: Rows, count: Column) -> Draws:
        """For the next purchase of customers `who`, who have made `count`."""
        drawn = np.empty((len(self._purposes), len(who)))
        if not _pick(self._drawn, self._shift, self._end, who, count, drawn):
            self._see_further()
            _pick(self._drawn, self._shift, self._end, who, count, drawn)
        return dict(zip(self._purposes, drawn, strict=True))

    def _see_further(self) -> None:
        """Draw for all who are due and have no draws left, for the more purchases the fewer they are."""
        customers = self._customers
        who = customers.due(self._until)
        who = who[self._end[who] <= customers.purchases[who]]
        count = customers.purchases[who].astype(np.intp)
        each = 1 + min(ENOUGH // who.size, FARTHEST)
        counts = (count[:, None] + np.arange(each)).ravel()
        drawn = self._luck.uniform(self._purposes, np.repeat(customers.key[who], each), counts)
        for row, make in enumerate(self._makers):
            drawn[row] = make(drawn[row])
        self._shift[who] = self._size + np.arange(0, counts.size, each) - count
        self._end[who] = count + each
        self._keep(drawn)

    def _keep(self, drawn: Floats) -> None:
        start, self._size = self._size, self._size + drawn.shape[1]
        if self._size > self._drawn.shape[1]:
            kept = self._drawn[:, :start]
            self._drawn = np.empty((len(self._purposes), 2 * self._size))
            self._drawn[:, :start] = kept
        self._drawn[:, start : self._size] = drawn


@compiled
def _pick(drawn: Floats, shift: Rows, end: Rows, who: Rows, count: Column, picked: Floats) -> bool:
    """Copy the draws for these purchases; False if some have not been drawn yet."""
    for i in range(len(who)):
        if end[who[i]] <= count[i]:
            return False
        place = shift[who[i]] + count[i]
        for purpose in range(len(drawn)):
            picked[purpose, i] = drawn[purpose, place]
    return True
