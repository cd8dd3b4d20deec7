"""From a transaction log to the few numbers per customer that the models read."""

from datetime import date

import pandas as pd

DAYS_PER_WEEK = 7


def customer_summary(transactions: pd.DataFrame, as_of: pd.Timestamp | date | str) -> pd.DataFrame:
    """One row a customer: how often, how recently and how dearly they bought until `as_of` ends.

    `transactions` has the columns customer_id, time and amount. A day with several purchases is one purchase
    of their total. Returns a table indexed by customer_id:

    - first_purchase: day of the first purchase
    - repeat_purchases: x, later days with a purchase
    - last_purchase_weeks: t_x, weeks from the first day to the last; 0 where x = 0
    - observed_weeks: T, weeks from the first day to `as_of`
    - repeat_amount_mean: mean amount of the x repeat days; NaN where x = 0

    Recency here runs from the *first* purchase, as buy-till-you-die models have it; in RFM it runs back from
    today.
    """
    end = pd.Timestamp(as_of).normalize()
    days = _purchase_days(transactions, end)
    first = days.groupby("customer_id")["day"].transform("min")
    repeats = days[days["day"] > first].groupby("customer_id")["amount"]
    bought = days.groupby("customer_id")["day"]
    start = bought.min()
    return pd.DataFrame(
        {
            "first_purchase": start,
            "repeat_purchases": bought.size() - 1,
            "last_purchase_weeks": _weeks(bought.max() - start),
            "observed_weeks": _weeks(end - start),
            "repeat_amount_mean": repeats.mean(),
        }
    )


def _purchase_days(transactions: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """One row per customer and day of purchase, with the day's total."""
    day = transactions["time"].dt.normalize()
    known = transactions.assign(day=day)[day <= end]
    return known.groupby(["customer_id", "day"], observed=True)["amount"].sum().reset_index()


def _weeks(span: "pd.Series[pd.Timedelta]") -> "pd.Series[float]":
    return span / pd.Timedelta(days=DAYS_PER_WEEK)
