"""The append-only record of what happened, column by column: no Python object per event."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
Columns = dict[str, Column]

# Days are floats since the start of the simulation; row is the customer's row, key the luck key of a lead.
TABLES: dict[str, dict[str, type]] = {
    "transactions": {
        "row": np.intp,
        "day": np.float64,
        "amount": np.float64,
        "points_earned": np.int64,
        "reward": np.bool_,
    },
    "points": {"row": np.intp, "day": np.float64, "points": np.int64},
    "surveys": {"row": np.intp, "day": np.float64, "nps": np.int8, "csat": np.int8},
    "leads": {"key": np.int64, "day": np.float64, "converted": np.bool_},
    "invoices": {"day": np.float64, "amount": np.float64},
}


class Journal:
    """Blocks of equally long columns, by table; each block is what one department recorded in one pass."""

    def __init__(self) -> None:
        self._blocks: dict[str, list[Columns]] = {table: [] for table in TABLES}

    def record(self, table: str, **columns: Column) -> None:
        """Append one block with the columns declared for the table."""
        self._blocks[table].append(columns)

    def read(self, table: str) -> Columns:
        """A whole table as columns, in the order of recording."""
        blocks = self._blocks[table]
        return {
            name: np.concatenate([np.empty(0, kind), *(block[name] for block in blocks)], dtype=kind)
            for name, kind in TABLES[table].items()
        }
