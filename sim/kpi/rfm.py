"""Recency, frequency and monetary value: customers scored by what they bought, and when."""

import numpy as np
import pandas as pd

from .inputs import Moment, in_days, require, require_columns, to_moment


def rfm(transactions: pd.DataFrame, as_of: Moment, window_days: float, bins: int = 5) -> pd.DataFrame:
    """Recency, frequency and monetary value of each customer at a fixed date, with scores from 1 to `bins`.

    `transactions` needs customer_id, time and amount; each row counts as a purchase. Purchases after
    `as_of`, and customers who have only those, are left out. Returns by customer_id: recency_days, days
    from the last purchase ever to `as_of` (buy-till-you-die models call recency the time from the *first*);
    frequency and monetary, count and sum of amounts in the window (as_of - window_days, as_of], 0 for a
    customer without purchases in it; r, f, m, the scores, `bins` the best (most recent, most, highest).

    Score: floor(bins x (rank - 1/2) / n) + 1, where equal values share the mean of their ranks. So equal
    values have equal scores and a better value never a lower one; without ties each score has n / bins
    customers; scores in the middle of a large tie stay empty. ValueError unless window_days is positive and
    bins a whole number of at least 1.

    >>> log = pd.DataFrame({
    ...     "customer_id": ["a", "a", "b", "c"],
    ...     "time": pd.to_datetime(["2024-01-01", "2024-03-01", "2024-02-01", "2023-06-01"]),
    ...     "amount": [30.0, 20.0, 80.0, 10.0],
    ... })
    >>> print(rfm(log, as_of="2024-03-31", window_days=180, bins=3))
                 recency_days  frequency  monetary  r  f  m
    customer_id
    a                    30.0          2      50.0  3  3  2
    b                    59.0          1      80.0  2  2  3
    c                   304.0          0       0.0  1  1  1
    """
    require_columns(transactions, "transactions", ["customer_id", "time", "amount"])
    require("window_days", window_days, window_days > 0, "above 0")
    require("bins", bins, isinstance(bins, int | np.integer) and bins >= 1, "a whole number of at least 1")
    values = _values(transactions, to_moment(as_of), window_days)
    return values.assign(
        r=_scores(-values["recency_days"], bins),
        f=_scores(values["frequency"], bins),
        m=_scores(values["monetary"], bins),
    )


def _values(transactions: pd.DataFrame, end: pd.Timestamp, window_days: float) -> pd.DataFrame:
    past = transactions[transactions["time"] <= end]
    age_days = in_days(end - past["time"])
    in_window = age_days < window_days
    counted = past.assign(
        recency_days=age_days, frequency=in_window, monetary=past["amount"].where(in_window, 0)
    )
    values = counted.groupby("customer_id", observed=True).agg(
        {"recency_days": "min", "frequency": "sum", "monetary": "sum"}
    )
    # in binary 0.1 + 0.2 is not 0.3: the last bits of a sum must not break a tie
    return values.round({"monetary": 6})


def _scores(values: pd.Series, bins: int) -> pd.Series:
    # twice the mean rank is a whole number, so the bins' edges are exact
    odd_ranks = (2 * values.rank(method="average")).astype("int64") - 1
    return odd_ranks * bins // (2 * len(values)) + 1
