"""The append-only record of what happened, column by column: no Python object per event."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
Columns = dict[str, Column]

# Of invoices that no single customer causes.
ACCOUNTS = ("marketing", "sales", "service", "extension", "program")
TOUCHES = ("offer", "upsell", "newsletter cancelled", "log-in failed", "promotion", "demotion")
RESPONSES = ("none", "accepted")
MOVES = ("earn", "bonus", "activate", "redeem", "expire", "adjust", "reverse")  # of points

# Days are floats since the start of the simulation; row is the customer's row, key the luck key of a lead.
TABLES: dict[str, dict[str, type]] = {
    "transactions": {
        "row": np.intp,
        "day": np.float64,
        "amount": np.float64,
        "discount": np.float64,
        "points_earned": np.int64,
        "reward_cost": np.float64,
        "returned": np.bool_,
        "service_share": np.float32,  # of the amount, beside quality and product levels
        "failures": np.int8,
        "tolerance": np.float32,
        "delight": np.bool_,
        "minutes": np.float32,
        "experience": np.float32,
        "satisfaction": np.float32,
        "trust": np.float32,
        "commitment": np.float32,
    },
    "points": {
        "row": np.intp,
        "day": np.float64,
        "type": np.int8,
        "points": np.int64,
        "lot": np.int64,  # -1 where it is left to world.lots
        "free": np.float64,  # of a lot: from when on it may become active
    },
    "rebates": {
        "row": np.intp,
        "day": np.float64,
        "amount": np.float64,
        "deadline": np.float64,
        "claimed": np.float64,  # infinite if it never is
        "refused": np.bool_,
    },
    "surveys": {"row": np.intp, "day": np.float64, "nps": np.int8, "csat": np.int8},
    "leads": {
        "key": np.int64,
        "channel": np.int8,
        "day": np.float64,
        "fit": np.float32,
        "intent": np.float32,
        "score": np.float32,
        "cost": np.float64,
    },
    "contacts": {"key": np.int64, "day": np.float64, "automated": np.bool_, "converted": np.bool_},
    "tickets": {
        "number": np.int64,
        "row": np.intp,
        "day": np.float64,
        "reason": np.int8,
        "channel": np.int8,
    },
    "answers": {
        "number": np.int64,
        "started": np.float64,
        "closed": np.float64,
        "resolved": np.bool_,
        "channel": np.int8,
        "cost": np.float64,
    },
    "touchpoints": {
        "row": np.intp,
        "day": np.float64,
        "kind": np.int8,
        "product": np.int8,
        "response": np.int8,
    },
    "invoices": {"day": np.float64, "account": np.int8, "channel": np.int8, "amount": np.float64},
}


class Journal:
    """Columns that grow together, by table: no Python object per event.

    They are written into room that doubles whenever it runs out.
    """

    def __init__(self) -> None:
        self._columns: dict[str, Columns] = {table: _empty(kinds) for table, kinds in TABLES.items()}
        self._sizes = dict.fromkeys(TABLES, 0)

    def record(self, table: str, **columns: Column | float) -> None:
        """Append rows with the columns declared for the table, as many as the first has.

        A single value stands for a whole column.
        """
        start = self._sizes[table]
        end = start + np.size(next(iter(columns.values())))
        self._reserve(table, end)
        for name, column in self._columns[table].items():
            column[start:end] = columns[name]
        self._sizes[table] = end

    def invoice(self, account: str, day: float, amount: float) -> None:
        """Book an invoice that no channel causes: `amount` of currency on `day`; none of nothing."""
        if amount:
            self.record("invoices", day=day, account=ACCOUNTS.index(account), channel=-1, amount=amount)

    def read(self, table: str) -> Columns:
        """A whole table as columns, in the order of recording."""
        return {name: column[: self._sizes[table]] for name, column in self._columns[table].items()}

    def _reserve(self, table: str, size: int) -> None:
        columns = self._columns[table]
        room = len(next(iter(columns.values())))
        if size <= room:
            return
        for name, column in columns.items():
            columns[name] = np.empty(max(size, 2 * room), column.dtype)
            columns[name][:room] = column


def _empty(kinds: dict[str, type]) -> Columns:
    return {name: np.empty(0, kind) for name, kind in kinds.items()}
