"""A customer base taken over from a real transaction log: where a calibrated world starts."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

COLUMNS = {
    "customer_id": "the company's own id",
    "first_purchase": "timestamp of the first purchase",
    "repeat_purchases": "purchase days after the first (x)",
    "last_purchase_weeks": "weeks from the first purchase to the last (t_x)",
    "observed_weeks": "weeks from the first purchase to the end of the log (T)",
    "repeat_amount_mean": "mean amount of the repeat purchases, NaN where there are none",
    "alive_probability": "P(alive) at the end of the log under the fitted churn model",
}


@dataclass(frozen=True, eq=False)
class StartingCustomers:
    """One row a customer: what the log says of each, enough to draw the hidden traits from their posterior.

    `table` has the columns of `COLUMNS`. Raises ValueError naming the column and customer that cannot be.
    """

    table: pd.DataFrame

    def __post_init__(self) -> None:
        for column in COLUMNS:
            if column not in self.table:
                raise ValueError(f"starting customers lack the column {column}; needed: {', '.join(COLUMNS)}")
        self._require_kinds()
        self._require_values()
        # a unit that parquet can keep
        object.__setattr__(self, "table", self.table.astype({"first_purchase": "datetime64[us]"}))

    def _require_kinds(self) -> None:
        for column in list(COLUMNS)[1:]:
            dtype = self.table[column].dtype
            kinds, allowed = ("M", "timestamps") if column == "first_purchase" else ("iuf", "numbers")
            if not isinstance(dtype, np.dtype) or dtype.kind not in kinds:
                raise ValueError(f"starting customers: {column} is {dtype}; allowed: plain {allowed}")

    def _require_values(self) -> None:
        ids, x = self.table["customer_id"], self.table["repeat_purchases"]
        t_x, end = self.table["last_purchase_weeks"], self.table["observed_weeks"]
        mean, alive = self.table["repeat_amount_mean"], self.table["alive_probability"]
        self._refuse("customer_id", ids.duplicated() | ids.isna(), "each id once")
        self._refuse("repeat_purchases", ~(x >= 0) | (x % 1 != 0), "a whole number from 0")
        self._refuse("observed_weeks", ~end.between(0, np.inf, inclusive="left"), "0 or more")
        self._refuse("last_purchase_weeks", ~t_x.between(0, end), "0 to observed_weeks")
        self._refuse("repeat_amount_mean", (mean <= 0) | (mean == np.inf), "an amount above 0, or NaN")
        self._refuse("alive_probability", ~alive.between(0, 1), "0 to 1")

    def _refuse(self, column: str, wrong: "pd.Series[bool]", allowed: str) -> None:
        if wrong.any():
            row = self.table[wrong].iloc[0]
            raise ValueError(
                f"starting customer {row['customer_id']}: {column} is {row[column]}; allowed: {allowed}"
            )

    def __len__(self) -> int:
        return len(self.table)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StartingCustomers) and self.table.equals(other.table)

    @classmethod
    def load(cls, path: Path) -> "StartingCustomers":
        """Read from a parquet file."""
        return cls(pd.read_parquet(path))

    def save(self, path: Path) -> None:
        """Write as a parquet file."""
        self.table.to_parquet(path, index=False)
