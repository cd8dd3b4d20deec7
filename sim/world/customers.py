"""The customer table: one row a customer, NumPy columns that departments read and write in one pass."""

import numpy as np
from numpy.typing import NDArray

from sim.luck import Floats
from sim.world.journal import Column, Columns

Rows = NDArray[np.intp]

NEVER = np.inf

# Column, type and value of a fresh row. Times are days since the start of the simulation, rates are per day.
_COLUMNS: dict[str, tuple[type, float]] = {
    "key": (np.int64, 0),
    "channel": (np.int8, 0),
    "acquired_at": (np.float64, 0.0),
    "rate": (np.float64, 0.0),
    "dropout": (np.float64, 0.0),
    "spend_rate": (np.float64, 0.0),
    "leniency": (np.float64, 0.0),
    "purchases": (np.int32, 0),
    "last_purchase": (np.float64, -NEVER),
    "next_purchase": (np.float64, NEVER),
    "life_end": (np.float64, NEVER),
    "hazard_ratio": (np.float64, 1.0),
    "churned_at": (np.float64, NEVER),
    "satisfaction": (np.float64, 0.0),
    "member_since": (np.float64, NEVER),
    "points": (np.int64, 0),
}


class Customers:
    """All customers so far. Attributes are views of equal length; rows are never removed or reordered.

    key             the customer's number, which keys the luck
    channel         index into world.acquisition.CHANNELS
    acquired_at     day of the first purchase (negative: before the simulation)
    rate            base purchases per day
    dropout         bg/nbd: chance of loss after a purchase; pareto/nbd: rate of loss per day
    spend_rate      rate of the gamma distribution of baskets (1 / currency)
    leniency        how much better than average this customer judges, points of 10
    purchases       purchases made
    last_purchase   day of the latest purchase
    next_purchase   day of the next purchase, NEVER if there will be none
    life_end        pareto/nbd: day on which the life would end at the present hazard
    hazard_ratio    pareto/nbd: present hazard / base hazard
    churned_at      day of loss, NEVER while a customer
    satisfaction    0 to 10, unbounded in between visits
    member_since    day of joining the program, NEVER if not a member
    points          points balance
    """

    key: NDArray[np.int64]
    channel: NDArray[np.int8]
    acquired_at: Floats
    rate: Floats
    dropout: Floats
    spend_rate: Floats
    leniency: Floats
    purchases: NDArray[np.int32]
    last_purchase: Floats
    next_purchase: Floats
    life_end: Floats
    hazard_ratio: Floats
    churned_at: Floats
    satisfaction: Floats
    member_since: Floats
    points: NDArray[np.int64]

    def __init__(self) -> None:
        self._size = 0
        self._capacity = 0
        self._store: Columns = {name: np.empty(0, kind) for name, (kind, _) in _COLUMNS.items()}
        self._expose()

    def __len__(self) -> int:
        return self._size

    def admit(self, size: int, **columns: Column) -> Rows:
        """Add `size` rows; columns not given start fresh. Returns the new row numbers."""
        rows = np.arange(self._size, self._size + size)
        self._reserve(self._size + size)
        self._size += size
        for name, values in columns.items():
            self._store[name][rows] = values
        self._expose()
        return rows

    def due(self, until: float) -> Rows:
        """Rows whose next purchase falls at or before `until` (days)."""
        return np.flatnonzero(self.next_purchase <= until)

    def _reserve(self, size: int) -> None:
        if size <= self._capacity:
            return
        self._capacity = max(size, 2 * self._capacity)
        for name, (kind, fresh) in _COLUMNS.items():
            grown: Column = np.full(self._capacity, fresh, kind)
            grown[: self._size] = self._store[name][: self._size]
            self._store[name] = grown

    def _expose(self) -> None:
        for name, column in self._store.items():
            setattr(self, name, column[: self._size])
