"""The append-only record of what happened: tables of records, no Python object per event."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
Columns = dict[str, Column]
Records = NDArray[Any]  # a structured array whose fields are the columns of a table

# Of invoices that no single customer causes.
ACCOUNTS = ("marketing", "sales", "service", "extension", "program")
TOUCHES = ("offer", "upsell", "newsletter cancelled", "log-in failed", "promotion", "demotion")
RESPONSES = ("none", "accepted")
MOVES = ("earn", "bonus", "activate", "redeem", "expire", "adjust", "reverse")  # of points

# Days are floats since the start of the simulation; row is the customer's row, key the luck key of a lead.
TABLES: dict[str, dict[str, type]] = {
    "transactions": {
        "row": np.int32,
        "count": np.int32,  # the customer's purchases before
        "day": np.float64,
        "amount": np.float64,
        "discount": np.float64,
        "points_earned": np.int64,
        "reward_cost": np.float64,
        "service_share": np.float32,  # of the amount, beside quality and product levels
        "minutes": np.float32,
        "tolerance": np.float32,
        "experience": np.float32,
        "satisfaction": np.float32,
        "trust": np.float32,
        "commitment": np.float32,
        "failures": np.int8,
        "delight": np.bool_,
        "returned": np.bool_,
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


# Records. The largest block is so large that an operating system gives it in large pages of memory: to be
# given new pages of 4 kB would cost as much as to write on them.
FIRST_BLOCK, GROWTH, LARGEST_BLOCK = 64, 8, 262_144

_RECORDS = {
    table: np.dtype((np.record, np.dtype(list(columns.items()), align=True)))
    for table, columns in TABLES.items()
}


class Journal:
    """Tables of records that grow, one record an event: no Python object for any of them."""

    def __init__(self) -> None:
        self._tables = {table: _Table(kind) for table, kind in _RECORDS.items()}

    def append(self, table: str, size: int) -> Records:
        """So many new records, in which everything is 0, to be filled in."""
        return self._tables[table].append(size)

    def record(self, table: str, **columns: Column | float) -> None:
        """Append rows with all columns declared for the table, as many as the first has.

        A single value stands for a whole column.
        """
        records = self.append(table, np.size(next(iter(columns.values()))))
        for name in TABLES[table]:
            records[name] = columns[name]

    def invoice(self, account: str, day: float, amount: float) -> None:
        """Book an invoice that no channel causes: `amount` of currency on `day`; none of nothing."""
        if amount:
            self.record("invoices", day=day, account=ACCOUNTS.index(account), channel=-1, amount=amount)

    def read(self, table: str) -> Columns:
        """A whole table as columns, in the order of recording."""
        blocks = self._tables[table].blocks()
        return {name: np.concatenate([block[name] for block in blocks]) for name in TABLES[table]}


class _Table:
    """Records in blocks: growing never copies what has been recorded."""

    def __init__(self, kind: np.dtype[Any]) -> None:
        self._blocks: list[Records] = [np.zeros(FIRST_BLOCK, kind)]
        self._used = 0  # of the last block

    def append(self, size: int) -> Records:
        block, start = self._blocks[-1], self._used
        if start + size > len(block):
            self._blocks[-1] = block[:start]
            block, start = np.zeros(max(size, min(GROWTH * len(block), LARGEST_BLOCK)), block.dtype), 0
            self._blocks.append(block)
        self._used = start + size
        return block[start : self._used]

    def blocks(self) -> list[Records]:
        return [*self._blocks[:-1], self._blocks[-1][: self._used]]
