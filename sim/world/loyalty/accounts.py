"""Members' accounts of points: lots are credited, become active, and are debited first in, first out."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled
from sim.luck import Floats, Numbers
from sim.world.customers import Customers, Rows
from sim.world.journal import MOVES, Journal
from sim.world.loyalty.tool import NOBODY

Whole = NDArray[np.int64]

_OFF_THE_RULER = 2**62  # where a pending lot ends: beyond whatever is spent


class Lots(NamedTuple):
    """Lots that the next statements have to settle; columns of shape (n,).

    row       customer's row
    lot       number of the lot
    points    credited
    free      day from which it can become active
    end       where it ends on the customer's ruler; beyond everything while it is pending
    returned  whether the purchase that earned it will be returned
    """

    row: Rows
    lot: Whole
    points: Whole
    free: Floats
    end: Whole
    returned: NDArray[np.bool_]

    @property
    def pending(self) -> NDArray[np.bool_]:
        """Whether the lot is not yet active."""
        return self.end == _OFF_THE_RULER

    def those(self, wanted: NDArray[np.bool_]) -> "Lots":
        """Some of them."""
        row, lot, points, free, end, returned = self
        return Lots(row[wanted], lot[wanted], points[wanted], free[wanted], end[wanted], returned[wanted])


class Accounts:
    """All accounts, exact to the lot without a row for every lot.

    A customer's active lots lie end to end on a ruler in the order in which they became active; debits use it
    up from its start. It is `active_points + points_spent` long, and the first `points_spent` of it are gone:
    a lot of p points that ends at e has clip(e - points_spent, 0, p) left. Pending lots are not on it yet, so
    a lot that is active at once passes those that still wait. A reversal cuts the rest of its lot out; what
    lies behind it moves up, but only lots credited since the last statement lie there, and where these end is
    not read after the reversals of a statement.
    """

    def __init__(self, customers: Customers, journal: Journal) -> None:
        self.pending_days = 0
        self._customers = customers
        self._journal = journal
        self._credited = 0
        self._unsettled: list[Lots] = []

    def credit(
        self, kind: str, who: Rows, time: Floats, points: Whole, returned: NDArray[np.bool_] | bool = False
    ) -> None:
        """Open one lot for each of `who`, to wait `pending_days`; what was `returned` is to be taken back."""
        if not who.size:
            return
        lot = self._open(kind, who, time, points, self.pending_days)
        if not self.pending_days and not np.count_nonzero(returned):
            return
        customers = self._customers
        end = customers.active_points[who] + customers.points_spent[who]
        if self.pending_days:
            end = np.full(who.size, _OFF_THE_RULER)
        lots = Lots(who, lot, points, time + self.pending_days, end, np.broadcast_to(returned, who.shape))
        self._unsettled.append(lots.those(lots.pending | lots.returned))

    def restore(self, who: Rows, time: Floats, points: Whole) -> None:
        """Give points back as a new lot, active at once."""
        self._open("adjust", who, time, points, 0)

    def debit(self, kind: str, who: Rows, time: Floats, points: Whole) -> None:
        """Take active points, the oldest ones first."""
        _debit(self._customers.table, who, points)
        self._record(kind, who, time, -points, -1, time)

    def settle(self, now: float) -> Rows:
        """Take back what is left of lots from returned purchases, then activate the lots that have waited.

        Returns the rows of those who lost points.
        """
        if not self._unsettled:
            return NOBODY
        lots = Lots(*map(np.concatenate, zip(*self._unsettled, strict=True)))
        waits = lots.pending & ~lots.returned
        due = waits & (lots.free <= now)
        reversed_from = self._reverse(lots.those(lots.returned), now)
        self._activate(lots.those(due), now)
        still = waits & ~due
        self._unsettled = [lots.those(still)] if still.any() else []
        return reversed_from

    def _open(self, kind: str, who: Rows, time: Floats, points: Whole, wait: float) -> Whole:
        """Credit the points; returns the numbers of the new lots, in no order that means anything."""
        first, self._credited = self._credited, self._credited + who.size
        lot = np.arange(first, self._credited)
        _credit(self._customers.table, who, points, wait == 0)
        self._record(kind, who, time, points, lot, time + wait)
        return lot

    def _reverse(self, lots: Lots, now: float) -> Rows:
        customers = self._customers
        left = np.clip(lots.end - customers.points_spent[lots.row], 0, lots.points)
        lots, left = lots.those(left > 0), left[left > 0]
        active = ~lots.pending
        np.subtract.at(customers.points, lots.row, left)
        np.subtract.at(customers.active_points, lots.row[active], left[active])
        self._record("reverse", lots.row, now, -left, lots.lot, lots.free)
        return lots.row

    def _activate(self, lots: Lots, now: float) -> None:
        np.add.at(self._customers.active_points, lots.row, lots.points)
        self._record("activate", lots.row, now, 0, lots.lot, lots.free)

    def _record(
        self, kind: str, who: Rows, time: Numbers, points: Whole | int, lot: Whole | int, free: Floats
    ) -> None:
        if who.size:
            move = MOVES.index(kind)
            self._journal.record("points", row=who, day=time, type=move, points=points, lot=lot, free=free)


@compiled
def _credit(table: Any, who: Rows, points: Whole, at_once: bool) -> None:
    """Add points to the balances; those that need not wait are active `at_once`."""
    for i in range(len(who)):
        customer = table[who[i]]
        customer.points += points[i]
        if at_once:
            customer.active_points += points[i]


@compiled
def _debit(table: Any, who: Rows, points: Whole) -> None:
    for i in range(len(who)):
        customer = table[who[i]]
        customer.points -= points[i]
        customer.active_points -= points[i]
        customer.points_spent += points[i]
