"""The append-only record of what happened, column by column: no Python object per event."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
Columns = dict[str, Column]
Record = Mapping[str, Column | float]

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

    A record is kept as it comes. When a table is read its records become one, with the types declared.
    """

    def __init__(self) -> None:
        self._records: dict[str, list[Record]] = {table: [_empty(kinds)] for table, kinds in TABLES.items()}

    def record(self, table: str, **columns: Column | float) -> None:
        """Append rows with the columns declared for the table, as many as the first has.

        A single value stands for a whole column. Arrays must not be changed afterwards: they are not copied.
        """
        self._records[table].append(columns)

    def invoice(self, account: str, day: float, amount: float) -> None:
        """Book an invoice that no channel causes: `amount` of currency on `day`; none of nothing."""
        if amount:
            self.record("invoices", day=day, account=ACCOUNTS.index(account), channel=-1, amount=amount)

    def read(self, table: str) -> Columns:
        """A whole table as columns, in the order of recording."""
        records = self._records[table]
        sizes = [np.size(next(iter(one.values()))) for one in records]
        joined = {
            name: _joined([one[name] for one in records], sizes, kind) for name, kind in TABLES[table].items()
        }
        self._records[table] = [joined]
        return joined


def _joined(parts: list[Column | float], sizes: list[int], kind: type) -> Column:
    """One column of this type; a single value counts as often as its record has rows."""
    for place, part in enumerate(parts):
        if not isinstance(part, np.ndarray):
            parts[place] = np.full(sizes[place], part, kind)
    return np.concatenate(parts, dtype=kind, casting="unsafe")


def _empty(kinds: dict[str, type]) -> Record:
    return {name: np.empty(0, kind) for name, kind in kinds.items()}
