"""Small worlds of every kind, and plain loops over the rows of their runs."""

import calendar
from bisect import bisect_right
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

import sim
from sim import Run, Scenario
from sim.starting import StartingCustomers

SMALL = sim.load("coffee").change(
    {
        "clock.start": date(2023, 11, 30),
        "clock.months": 7,
        "acquisition.opening_customers": 80,
        "retention.service_quality": 9.0,
        "retention.quality_cost": 0.05,
        "surveys.sample_share": 0.8,
    }
)


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def taken_over() -> Scenario:
    """Three hundred customers of a log, of whom some are lost already."""
    n = np.arange(300)
    known = pd.DataFrame(
        {
            "customer_id": 5000 + n,
            "first_purchase": pd.Timestamp("2023-01-01"),
            "repeat_purchases": n % 9,
            "last_purchase_weeks": np.where(n % 9 > 0, 1.0 + n % 40, 0.0),
            "observed_weeks": 45.0,
            "repeat_amount_mean": np.where(n % 9 > 0, 5.0 + n % 7, np.nan),
            "alive_probability": np.where(n % 9 > 0, 0.6, 1.0),
        }
    )
    scenario = SMALL.change({"acquisition.opening_customers": 20})
    return Scenario(**{**dict(scenario), "starting_customers": StartingCustomers(known)})


WORLDS = {
    "coffee": SMALL,
    "pareto/nbd": SMALL.change({"market.churn_model": "pareto/nbd"}),
    "no program": SMALL.change({"loyalty.points_per_unit": 0}),
    "taken over": taken_over(),
}


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return table.to_dict("records")


@cache
def edges(start: date, months: int) -> list[pd.Timestamp]:
    """First moments of the months and of the one after them."""
    return [pd.Timestamp(months_later(start, n)) for n in range(months + 1)]


def month_number(run: Run, time: pd.Timestamp) -> int:
    """Which month a time falls in: -1 before the first, beyond the last what comes after it or never."""
    starts = edges(run.scenario["clock.start"], run.scenario["clock.months"])
    return 10**6 if time is pd.NaT else bisect_right(starts, time) - 1


def clv_by_hand(run: Run, until: int) -> dict[object, float]:
    """Realised CLV of every customer up to and including a month, from the rows, one after the other."""
    rate = run.scenario["finance.annual_discount_rate"]
    known = [c for c in rows(run.customers) if month_number(run, c["acquired_at"]) <= until]
    value = {c["customer_id"]: 0.0 for c in known}
    first: dict[object, pd.Timestamp] = {}
    for sale in rows(run.transactions):
        if month_number(run, sale["time"]) <= until:
            start = first.setdefault(sale["customer_id"], sale["time"])
            years = (sale["time"] - start).total_seconds() / 86400 / 365
            value[sale["customer_id"]] += (sale["margin"] - sale["cost_of_reward"]) / (1 + rate) ** years
    marketing = run.scenario["acquisition.paid_spend_per_month"] * (until + 1)
    bearing = [c["customer_id"] for c in known if c["channel"] == "paid"] or list(value)
    for one in bearing:
        value[one] -= marketing / len(bearing)
    return value
