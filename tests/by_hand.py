"""Small worlds of every kind, and plain loops over the rows of their runs."""

import calendar
from bisect import bisect_right
from collections import defaultdict
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

import sim
from sim import Run, Scenario
from sim.starting import StartingCustomers

BRIEF = {"clock.start": date(2023, 11, 30), "clock.months": 7, "surveys.sample_share": 0.8}
SMALL = sim.load("coffee").change(
    {
        **BRIEF,
        "acquisition.opening_customers": 80,
        "retention.service_quality": 9.0,
        "retention.quality_cost": 0.05,
    }
)
EVERY_CHANNEL = SMALL.change(
    {
        "acquisition.trial_spend_per_month": 300,
        "acquisition.deal_spend_per_month": 200,
        "word_of_mouth.referrals_per_promoter": 0.05,
        "sales.representatives": 1,
        "sales.automated_share": 0.3,
    }
)
PAID_FOR = ("paid", "trial", "deal")


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
    "every channel": EVERY_CHANNEL,
    "contracts": sim.load("telco").change({**BRIEF, "acquisition.opening_customers": 150}),
    "a kitchen": sim.load("pizza").change({**BRIEF, "acquisition.opening_customers": 150}),
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


def marketing_per_month(scenario: Scenario) -> dict[str, float]:
    """What each channel costs in a month, by the levers."""
    return {channel: scenario[f"acquisition.{channel}_spend_per_month"] for channel in PAID_FOR}


def wages_in_sales_per_month(scenario: Scenario) -> float:
    """Of all representatives, for 160 hours, by the levers."""
    return 160.0 * scenario["sales.representatives"] * scenario["sales.wage_per_hour"]


def channel_costs_by_hand(run: Run, until: int) -> dict[str, float]:
    """Acquisition cost of the channels up to and including a month.

    Wages fall on the leads that people contacted, else on all leads, else on the organic channel.
    """
    costs = {channel: a_month * (until + 1) for channel, a_month in marketing_per_month(run.scenario).items()}
    leads = rows(run.leads)
    by_people = [lead for lead in leads if lead["contacted_at"] is not pd.NaT and not lead["automated"]]
    worked_on = [lead["channel"] for lead in by_people or leads] or ["organic"]
    for channel in worked_on:
        wage = wages_in_sales_per_month(run.scenario) * (until + 1) / len(worked_on)
        costs[channel] = costs.get(channel, 0.0) + wage
    return costs


def clv_by_hand(run: Run, until: int) -> dict[object, float]:
    """Realised CLV of every customer up to and including a month, from the rows, one after the other."""
    known = [c for c in rows(run.customers) if month_number(run, c["acquired_at"]) <= until]
    value = {c["customer_id"]: 0.0 for c in known}
    for who, amount in _discounted(run, until):
        value[who] += amount
    of_channel = defaultdict(list)
    for one in known:
        of_channel[one["channel"]].append(one["customer_id"])
    for channel, cost in channel_costs_by_hand(run, until).items():
        bearing = of_channel[channel] or list(value)
        for who in bearing:
            value[who] -= cost / len(bearing)
    return value


def _discounted(run: Run, until: int) -> list[tuple[object, float]]:
    """What customers brought and cost, purchase by purchase and ticket by ticket, as of their first one."""
    moves = [
        (sale["time"], sale["customer_id"], sale["margin"] - sale["cost_of_reward"])
        for sale in rows(run.transactions)
    ]
    moves += [(one["closed_at"], one["customer_id"], -one["cost"]) for one in rows(run.tickets)]
    moves = [move for move in moves if month_number(run, move[0]) <= until]
    first: dict[object, pd.Timestamp] = {}
    found = []
    for time, who, amount in sorted(moves, key=lambda move: move[0]):
        years = (time - first.setdefault(who, time)).total_seconds() / 86400 / 365
        found.append((who, amount / (1 + run.scenario["finance.annual_discount_rate"]) ** years))
    return found
