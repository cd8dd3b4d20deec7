"""The customer table: one row a customer, NumPy columns that departments read and write in one pass."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled
from sim.luck import Floats
from sim.world.journal import Column

Rows = NDArray[np.intp]

NEVER = np.inf

# Column, type and value of a fresh row. Times are days since the start of the simulation, rates are per day.
# What every purchase reads or writes comes first: it lies in few cache lines. What is small comes together.
_COLUMNS: dict[str, tuple[type, float]] = {
    "rate": (np.float64, 0.0),
    "dropout": (np.float64, 0.0),
    "spend_rate": (np.float64, 0.0),
    "leniency": (np.float64, 0.0),
    "premium": (np.float64, 0.0),
    "purchases": (np.int32, 0),
    "held": (np.int8, 0),
    "tier": (np.int8, 0),
    "channel": (np.int8, 0),
    "upsells": (np.int8, 0),
    "is_costly": (np.bool_, False),
    "treatment": (np.int8, 0),
    "has_priority": (np.bool_, False),
    "is_prone": (np.bool_, False),
    "key": (np.int64, 0),
    "last_purchase": (np.float64, -NEVER),
    "next_purchase": (np.float64, NEVER),
    "pending": (np.float64, NEVER),
    "churned_at": (np.float64, NEVER),
    "log_pace": (np.float64, 0.0),
    "hold": (np.float64, 0.0),
    "satisfaction": (np.float64, 0.0),
    "trust": (np.float64, 0.5),
    "commitment": (np.float64, 0.5),
    "expectation": (np.float64, 0.0),
    "breach": (np.float64, 0.0),
    "damage": (np.float64, 0.0),
    "failed_at": (np.float64, -NEVER),
    "grudge_at": (np.float64, -NEVER),
    "acquired_at": (np.float64, 0.0),
    "life_end": (np.float64, NEVER),
    "member_since": (np.float64, NEVER),
    "points": (np.int64, 0),
    "products": (np.int64, 0),
    "fatigue": (np.float64, 0.0),
    "offered_at": (np.float64, -NEVER),
    "margin_quarter": (np.float64, 0.0),
    "margin_before": (np.float64, 0.0),
    "cancelled_at": (np.float64, NEVER),
    "terminated_at": (np.float64, NEVER),
    "opted_out_at": (np.float64, NEVER),
    "join_odds": (np.float64, 1.0),
    "response": (np.float64, 1.0),
    "dilution": (np.float64, 1.0),
    "active_points": (np.int64, 0),
    "points_spent": (np.int64, 0),
    "redeemed_at": (np.float64, -NEVER),
    "paid": (np.float64, 0.0),
    "tier_until": (np.float64, NEVER),
    "reference": (np.float64, 0.0),
    "stock": (np.float64, 0.0),
    "hassle": (np.float64, 0.0),
}

_FIELDS = np.dtype([(name, kind) for name, (kind, _) in _COLUMNS.items()], align=True)
_RECORD = np.dtype((np.record, _FIELDS))
_BYTES = np.dtype((np.void, _RECORD.itemsize))  # NumPy copies these at once, but records field by field
_FRESH = np.array(tuple(fresh for _, fresh in _COLUMNS.values()), _RECORD)


class Customers:
    """All customers so far. Rows are never removed or reordered.

    `table` has a record for each, which compiled loops read and write; attributes are its columns.

    rate            base purchases per day
    dropout         bg/nbd: chance of loss after a purchase; pareto/nbd: rate of loss per day
    spend_rate      rate of the gamma distribution of baskets (1 / currency)
    leniency        how much better than average this customer judges, points of 10
    premium         log basket above the mean at acquisition; it fades
    purchases       purchases made
    held            how many they are
    tier            level of privileges, 0 to 3
    last_purchase   day of the latest purchase
    next_purchase   day of the next purchase, NEVER if there will be none
    pending         day of the next purchase unless the customer is lost before
    churned_at      day of loss, NEVER while a customer; in the future once it is decided
    log_pace        log of the present purchase rate / rate
    hold            how far the present log-odds or log hazard of loss is below the customer's own
    satisfaction    0 to 10 for an average judge, -10 to 20 for the extreme
    trust           0 to 1
    commitment      0 to 1
    expectation     delight the customer has come to expect, points of 10
    breach          failures beyond tolerance at the latest purchase
    damage          satisfaction still missing since the latest such failure, points of 10
    failed_at       day of the latest purchase with a failure beyond tolerance
    grudge_at       day of the latest second failure or unresolved complaint
    key             the customer's number, which keys the luck
    channel         index into world.acquisition.CHANNELS
    acquired_at     day of the first purchase (negative: before the simulation)
    life_end        pareto/nbd: day on which the life would end at the present hazard
    member_since    day of joining the program, NEVER if not a member
    points          points balance, pending ones included
    products        further products held: bit n stands for the n-th of the ladder
    upsells         accepted up-sells
    is_costly       whether further products cost more than they bring
    fatigue         recent offers, as of offered_at
    offered_at      day of the latest offer
    treatment       index into world.extension.TREATMENTS: what the company does about a lasting loss
    margin_quarter  recorded margin of this quarter's purchases, currency; kept where losses are treated
    margin_before   the same of the quarter before
    cancelled_at    contracts: day on which the cancellation is recorded
    terminated_at   day on which the company parted with the customer
    opted_out_at    day on which the customer cancelled the newsletter
    join_odds       by how much the odds to join a program exceed those of an average spender
    response        share of what a program can do to the pace that it does to this customer
    dilution        1 / (1 + cards of rivals): what is left of a program's effects on the pace
    active_points   points of the balance that are no longer pending
    points_spent    points ever redeemed or expired
    redeemed_at     day of the latest redemption
    paid            paid so far, less what was returned, currency
    tier_until      day until which the tier is valid
    has_priority    whether the tier is served before the others who wait
    reference       log of the price this customer expects / the full price
    stock           log of how much more than needed the latest purchase bought
    is_prone        whether rebates make this customer buy more
    hassle          how much this customer minds the trouble of redeeming, 1 on average
    """

    table: NDArray[Any]
    rate: Floats
    dropout: Floats
    spend_rate: Floats
    leniency: Floats
    premium: Floats
    purchases: NDArray[np.int32]
    held: NDArray[np.int8]
    tier: NDArray[np.int8]
    last_purchase: Floats
    next_purchase: Floats
    pending: Floats
    churned_at: Floats
    log_pace: Floats
    hold: Floats
    satisfaction: Floats
    trust: Floats
    commitment: Floats
    expectation: Floats
    breach: Floats
    damage: Floats
    failed_at: Floats
    grudge_at: Floats
    key: NDArray[np.int64]
    channel: NDArray[np.int8]
    acquired_at: Floats
    life_end: Floats
    member_since: Floats
    points: NDArray[np.int64]
    products: NDArray[np.int64]
    upsells: NDArray[np.int8]
    is_costly: NDArray[np.bool_]
    fatigue: Floats
    offered_at: Floats
    treatment: NDArray[np.int8]
    margin_quarter: Floats
    margin_before: Floats
    cancelled_at: Floats
    terminated_at: Floats
    opted_out_at: Floats
    join_odds: Floats
    response: Floats
    dilution: Floats
    active_points: NDArray[np.int64]
    points_spent: NDArray[np.int64]
    redeemed_at: Floats
    paid: Floats
    tier_until: Floats
    has_priority: NDArray[np.bool_]
    reference: Floats
    stock: Floats
    is_prone: NDArray[np.bool_]
    hassle: Floats

    def __init__(self) -> None:
        self._room = np.empty(0, _RECORD)
        self._expose(0)

    def __len__(self) -> int:
        return len(self.table)

    def admit(self, size: int, **columns: Column) -> Rows:
        """Add `size` rows; columns not given start fresh. Returns the new row numbers."""
        start, end = len(self), len(self) + size
        self._reserve(end)
        self._expose(end)
        for name, values in columns.items():
            self.table[name][start:] = values
        return np.arange(start, end)

    def due(self, until: float) -> Rows:
        """Rows whose next purchase falls before `until` (days)."""
        return np.flatnonzero(self.next_purchase < until)

    def those_due(self, who: Rows, until: float) -> Rows:
        """Of these rows the same."""
        return _those_due(self.table, who, until)

    def _reserve(self, size: int) -> None:
        if size <= len(self._room):
            return
        grown = np.repeat(_FRESH, max(size, 2 * len(self._room)))
        grown.view(_BYTES)[: len(self)] = self.table.view(_BYTES)
        self._room = grown

    def _expose(self, size: int) -> None:
        self.table = self._room[:size]
        for name in _COLUMNS:
            setattr(self, name, self.table[name])


@compiled
def _those_due(table: Any, who: Rows, until: float) -> Rows:
    found, size = np.empty(len(who), np.intp), 0
    for row in who:
        if table[row].next_purchase < until:
            found[size] = row
            size += 1
    return found[:size]
