"""How every KPI reads its input, and the one sentence it says when that is not as asked."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Numbers = TypeVar("Numbers", float, NDArray[np.float64], pd.Series)
"""One number, or an array or Series of them: the formula is the same."""

Moment = str | datetime | np.datetime64
"""A point in time, as `pandas.Timestamp` reads it; without time zone, like the tables."""

SECONDS_PER_DAY = 86_400


def require(name: str, value: ArrayLike, ok: ArrayLike, allowed: str) -> None:
    """Raise a ValueError that names the first `value` for which `ok` is false."""
    values, good = np.broadcast_arrays(value, ok)
    if not good.all():
        raise ValueError(f"{name} is {values[~good][0]}, but must be {allowed}")


def require_share(name: str, value: ArrayLike) -> None:
    """Raise a ValueError unless every `value` lies in 0 to 1."""
    share = np.asarray(value, dtype=float)
    require(name, share, (share >= 0) & (share <= 1), "a share from 0 to 1")


def require_amount(name: str, value: ArrayLike) -> None:
    """Raise a ValueError unless every `value` is a finite number of at least 0."""
    amount = np.asarray(value, dtype=float)
    require(name, amount, np.isfinite(amount) & (amount >= 0), "a finite number of at least 0")


def require_columns(table: pd.DataFrame, name: str, columns: Iterable[str]) -> None:
    """Raise a ValueError unless `table` has these columns, complete and of the right kind.

    `time` holds timestamps without zone, `customer_id` anything, every other column finite numbers.
    """
    for column in columns:
        if column not in table.columns:
            present = ", ".join(map(str, table.columns))
            raise ValueError(f"{name} needs a column '{column}', but has only: {present}")
        _require_complete(table[column], name)
        if column == "time":
            require_timestamps(f"{name}: column 'time'", table[column])
        elif column != "customer_id":
            _require_finite(table[column], name)


def require_timestamps(name: str, values: pd.Series) -> None:
    """Raise a ValueError unless `values` are timestamps without time zone (NaT is one)."""
    if values.dtype.kind != "M" or isinstance(values.dtype, pd.DatetimeTZDtype):
        allowed = "timestamps (datetime64) without time zone"
        raise ValueError(f"{name} is {values.dtype}, but must be {allowed}")


def _require_complete(values: pd.Series, table: str) -> None:
    gaps = values.isna()
    if gaps.any():
        raise ValueError(f"{table}: column '{values.name}' has no value in row {gaps.idxmax()}")


def _require_finite(values: pd.Series, table: str) -> None:
    if not pd.api.types.is_numeric_dtype(values.dtype):
        raise ValueError(f"{table}: column '{values.name}' is {values.dtype}, but must be numbers")
    require(f"{table}: column '{values.name}'", values, np.isfinite(values), "a finite number")


def to_moment(as_of: Moment) -> pd.Timestamp:
    """Return `as_of` as a Timestamp; a ValueError if it is missing, unreadable or has a time zone."""
    moment = pd.Timestamp(as_of)
    if pd.isna(moment) or moment.tzinfo is not None:
        raise ValueError(f"as_of is {as_of}, but must be a date or time without time zone")
    return moment


def in_days(durations: pd.Series) -> pd.Series:
    """Return durations as numbers of days."""
    return durations.dt.total_seconds() / SECONDS_PER_DAY
