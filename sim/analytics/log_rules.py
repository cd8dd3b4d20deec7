"""What is done to a log before it is believed: copied rows, refunds."""

import numpy as np
import pandas as pd

from sim.analytics.fitting import Floats
from sim.analytics.log_table import PURCHASE_NUMBER, plain

CRUMB = 1e-6


def copied_rows(raw: pd.DataFrame) -> "pd.Series[bool]":
    """Rows that equal an earlier row in every column of the log."""
    return raw.astype(str).duplicated()


def rows_are_single(raw: pd.DataFrame, time: "pd.Series[pd.Timestamp]") -> bool:
    """Whether a row can be told from every other purchase: by a time of day or a purchase number."""
    numbered = any(PURCHASE_NUMBER.fullmatch(plain(name)) for name in raw.columns)
    return numbered or bool((time != time.dt.normalize()).any())


def net_refunds(rows: pd.DataFrame) -> tuple[Floats, Floats]:
    """Take refunds (negative amounts) off the purchases they return.

    A refund reduces the same customer's latest purchase on that day or before, then the one before that, and
    so on. `rows` has customer_id, time and amount. Returns two values per row: what is left of a purchase,
    and what of a refund found no purchase; 0 where they do not apply.
    """
    amounts = rows["amount"].to_numpy(float)
    left, unmatched = np.maximum(amounts, 0.0), np.zeros(len(rows))
    numbered = rows.assign(place=np.arange(len(rows)))
    for _, theirs in _of_customers_with_refunds(numbered).groupby("customer_id", sort=False)["place"]:
        _net(theirs.tolist(), amounts, left, unmatched)
    return left, unmatched


def _of_customers_with_refunds(rows: pd.DataFrame) -> pd.DataFrame:
    """Their rows by day; within a day purchases in order of time, then refunds."""
    refund = rows["amount"] < 0
    theirs = rows["customer_id"].isin(rows.loc[refund, "customer_id"])
    order = rows.assign(day=rows["time"].dt.normalize(), refund=refund)[theirs]
    return order.sort_values(["day", "refund", "time"], kind="stable")


def _net(places: list[int], amounts: Floats, left: Floats, unmatched: Floats) -> None:
    """One customer's refunds against a stack of their open purchases, latest on top."""
    stack: list[int] = []
    for place in places:
        if amounts[place] > 0:
            stack.append(place)
        elif amounts[place] < 0:
            unmatched[place] = _take(-amounts[place], stack, left)


def _take(owed: float, stack: list[int], left: Floats) -> float:
    """Take `owed` from the top of the stack; returns what is owed still. Crumbs of rounding count as
    nothing."""
    while owed > CRUMB and stack:
        top = stack[-1]
        taken = min(owed, left[top])
        owed, left[top] = owed - taken, left[top] - taken
        if left[top] <= CRUMB:
            left[stack.pop()] = 0.0
    return owed if owed > CRUMB else 0.0
