"""The weekly customer panel: what the company had on record of each customer when a week ended.

From it follow the seven warnings, and how well they would have warned: only that part knows the truth.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.kpi.inputs import require
from sim.scenario import Scenario
from sim.starting import StartingCustomers

WINDOW_DAYS = 365
"""Purchases count towards frequency and monetary value for this long."""

SCORES = 5
HORIZON_DAYS = 90.0
"""A warning is right if the loss follows within this time."""

FALL, FALL_WEEKS = 2, 4  # scores; one is often no more than a border between fifths that moves
MANY, RECENT_WEEKS = 2, 13

_WEEK = 7 * 86_400  # seconds
_DAY = 86_400.0

Tables = Mapping[str, pd.DataFrame]
Grid = NDArray[Any]  # weeks x customers
Seconds = NDArray[np.int64]  # since the start of the clock


def weekly_panel(tables: Tables, scenario: Scenario, until: pd.Timestamp) -> pd.DataFrame:
    """One row a customer and week, from the week of the first purchase on; see `Run.panel` for the columns.

    `tables` are a run's, `until` is the moment after its last day. Weeks of 7 days start with the clock; a
    week holds what happened from its first moment to just before its end.
    """
    grid = _WeekGrid(tables["customers"], scenario, until)
    week, who = np.nonzero(grid.known)
    columns = {
        **_purchases(grid, tables["transactions"], scenario.starting_customers),
        **_contacts(grid, tables),
    }
    cells = {name: values[week, who] for name, values in columns.items()}
    last_purchase, ends = cells.pop("last_purchase"), (week + 1) * _WEEK
    return pd.DataFrame(
        {
            "customer_id": grid.ids.iloc[who].array,
            "week": grid.ends[week],
            "recency_days": ((ends - last_purchase) / _DAY).astype(np.float32),
            "frequency": cells.pop("frequency"),
            "monetary": cells["cents"] / 100,
            "r": _scores(week, last_purchase),
            "f": _scores(week, columns["frequency"][week, who]),
            "m": _scores(week, cells.pop("cents")),
            **cells,
        }
    )


class _WeekGrid:
    """The whole weeks of a run times its customers, sorted by id: where records are counted and looked up."""

    def __init__(self, customers: pd.DataFrame, scenario: Scenario, until: pd.Timestamp) -> None:
        customers = customers.sort_values("customer_id")
        self.start = np.datetime64(scenario.clock.start, "s")
        self.weeks = (until - pd.Timestamp(self.start)).days // 7
        self.ends = self.start + _WEEK * np.arange(1, self.weeks + 1).astype("timedelta64[s]")
        self.ids = customers["customer_id"]
        self.acquired_at = self.seconds(customers["acquired_at"])
        self.known: Grid = np.arange(self.weeks)[:, None] >= self.acquired_at // _WEEK

    def seconds(self, times: pd.Series) -> Seconds:
        """Seconds since the start of the clock; there must be no gaps."""
        return (times.to_numpy("datetime64[s]") - self.start).astype(np.int64)

    def cells(self, customer_id: pd.Series, week: NDArray[np.int64]) -> tuple[Seconds, NDArray[np.bool_]]:
        """Place of each customer and week in the flat grid, and which of them lie inside it."""
        inside = week < self.weeks
        who = pd.Index(self.ids).get_indexer(customer_id)
        return week[inside] * len(self.ids) + who[inside], inside

    def sums(self, customer_id: pd.Series, week: NDArray[np.int64], values: Grid) -> Grid:
        """Sum of whole `values` by week and customer."""
        cell, inside = self.cells(customer_id, week)
        size = self.weeks * len(self.ids)
        return np.bincount(cell, values[inside], size).reshape(self.weeks, len(self.ids))

    def count(self, customer_id: pd.Series, times: pd.Series) -> Grid:
        """Records by week and customer; those without a time are none."""
        happened = times.notna()
        week = self.seconds(times[happened]) // _WEEK
        return self.sums(customer_id[happened], week, np.ones(len(week))).astype(np.int16)

    def latest(self, customer_id: pd.Series, times: pd.Series) -> Grid:
        """Number of each customer's latest record up to the end of each week, -1 for none; sorted by time."""
        cell, inside = self.cells(customer_id, self.seconds(times) // _WEEK)
        number = np.full(self.weeks * len(self.ids), -1)
        number[cell] = np.flatnonzero(inside)  # of several the last stays
        return np.maximum.accumulate(number.reshape(self.weeks, len(self.ids)))


def _purchases(grid: _WeekGrid, sales: pd.DataFrame, known: StartingCustomers | None) -> dict[str, Grid]:
    """Second of the last purchase; number and cents of those in the window, at each week's end."""
    ids, time = sales["customer_id"], grid.seconds(sales["time"])
    cents = np.rint(100 * sales["paid"].to_numpy())  # sums of whole numbers are exact: ties stay ties
    enters, leaves = time // _WEEK, -(-(time + WINDOW_DAYS * 86_400) // _WEEK) - 1
    latest = grid.latest(ids, sales["time"])
    last_before = _last_before(grid, known)
    last = np.append(time, 0)[latest]
    return {
        "last_purchase": np.where(latest < 0, last_before, last),
        "frequency": _in_window(grid, ids, enters, leaves, np.ones(len(time))).astype(np.int32),
        "cents": _in_window(grid, ids, enters, leaves, cents),
    }


def _in_window(grid: _WeekGrid, ids: pd.Series, enters: Seconds, leaves: Seconds, values: Grid) -> Grid:
    change = grid.sums(ids, enters, values) - grid.sums(ids, leaves, values)
    return np.cumsum(change, axis=0, out=change)


def _last_before(grid: _WeekGrid, known: StartingCustomers | None) -> Seconds:
    """Second of the last purchase before the run, for customers taken over from a log."""
    if known is None:
        return grid.acquired_at
    weeks = known.table.set_index("customer_id")["last_purchase_weeks"]
    later = grid.ids.map(weeks).fillna(0.0).to_numpy(float) * _WEEK
    return grid.acquired_at + np.floor(later).astype(np.int64)


def _contacts(grid: _WeekGrid, tables: Tables) -> dict[str, Grid]:
    touches, tickets, customers = tables["touchpoints"], tables["tickets"], tables["customers"]
    failed = touches["kind"] == "log-in failed"
    ignored = touches["kind"].isin(["offer", "upsell"]) & (touches["response"] == "none")
    complaint = tickets["reason"] == "complaint"
    opted_out = grid.count(customers["customer_id"], customers["newsletter_cancelled_at"])
    return {
        "failed_logins": _count(grid, touches[failed], "time"),
        "ignored_offers": _count(grid, touches[ignored], "time"),
        **_answers(grid, tables["surveys"]),
        "complaints": _count(grid, tickets[complaint], "opened_at"),
        "questions": _count(grid, tickets[~complaint], "opened_at"),
        "cancelled": opted_out + _count(grid, customers, "cancelled_at"),
    }


def _count(grid: _WeekGrid, records: pd.DataFrame, time: str) -> Grid:
    return grid.count(records["customer_id"], records[time])


def _answers(grid: _WeekGrid, surveys: pd.DataFrame) -> dict[str, Grid]:
    answers = surveys[surveys["kind"] == "nps"].sort_values("time", kind="stable")
    score = answers["score"].astype(np.float32)
    change = score.groupby(answers["customer_id"], observed=True).diff().to_numpy(np.float32)
    latest = grid.latest(answers["customer_id"], answers["time"])
    return {
        "survey_answers": _count(grid, answers, "time"),
        "survey_change": np.append(change, np.float32(np.nan))[latest],
    }


def _scores(week: NDArray[np.intp], values: Grid) -> Grid:
    """1 to SCORES among the values of each week, the highest best; the formula is that of `kpi.rfm`."""
    by_week = pd.Series(values).groupby(week)
    odd_ranks = (2 * by_week.rank(method="average")).astype(np.int64) - 1
    sizes = np.bincount(week)[week]
    return (odd_ranks * SCORES // (2 * sizes) + 1).to_numpy(np.int8)


def warning_flags(panel: pd.DataFrame) -> pd.DataFrame:
    """The seven warnings of each customer and week, as booleans in the order of the panel's rows.

    falling RFM              the r or the f score is at least FALL below that of FALL_WEEKS weeks before
    log-in problems          a log-in failed this week
    no response to an offer  an offer of this week was not accepted
    lower survey answer      an NPS answer of this week is lower than the customer's one before
    complaint                a complaint was opened this week
    many questions           a question or billing ticket this week, the second or more in RECENT_WEEKS weeks
    cancelled                the cancellation of newsletter or contract was recorded this week
    """
    by_customer = panel.groupby("customer_id", observed=True, sort=False)
    before = by_customer[["r", "f"]].shift(FALL_WEEKS)
    asked = by_customer["questions"].cumsum()
    asked_before = asked.groupby(panel["customer_id"], observed=True).shift(RECENT_WEEKS, fill_value=0)
    return pd.DataFrame(
        {
            "falling RFM": (before - panel[["r", "f"]] >= FALL).any(axis=1),
            "log-in problems": panel["failed_logins"] > 0,
            "no response to an offer": panel["ignored_offers"] > 0,
            "lower survey answer": (panel["survey_answers"] > 0) & (panel["survey_change"] < 0),
            "complaint": panel["complaints"] > 0,
            "many questions": (panel["questions"] > 0) & (asked - asked_before >= MANY),
            "cancelled": panel["cancelled"] > 0,
        }
    )


def judge_warnings(
    panel: pd.DataFrame, tables: Tables, until: pd.Timestamp, within_days: float = HORIZON_DAYS
) -> pd.DataFrame:
    """How often each warning fired and was right; see `Run.warnings`. ValueError unless within_days > 0."""
    require("within_days", within_days, within_days > 0, "above 0")
    flags = warning_flags(panel)
    ahead = _days_to_loss(panel, tables["truth"])
    followed = ahead.between(0, within_days)
    watched = ~_ended_before(panel, tables["customers"])
    judged = watched & (panel["week"] + pd.Timedelta(days=within_days) <= until)
    base_rate = followed[judged & ~(ahead < 0)].mean()
    losses = _losses(panel, tables["truth"])
    found = {
        name: {
            **_precision(followed[judged & fired], ahead[judged & fired]),
            "base_rate": base_rate,
            **_foresight(panel["customer_id"], ahead[watched & fired & followed], losses),
        }
        for name, fired in flags.items()
    }
    table = pd.DataFrame.from_dict(found, orient="index").rename_axis("warning").astype({"fired": int})
    table.insert(6, "lift", table["precision"] / table["base_rate"])
    return table


def _days_to_loss(panel: pd.DataFrame, truth: pd.DataFrame) -> "pd.Series[float]":
    """Days from the end of each row's week to the customer's loss: below 0 afterwards, NaN if never lost."""
    churned_at = _by_row(panel, truth["customer_id"], truth["churned_at"])
    return (churned_at - panel["week"]).dt.total_seconds() / _DAY


def _ended_before(panel: pd.DataFrame, customers: pd.DataFrame) -> "pd.Series[bool]":
    """Weeks that began with the customer's end on record: nobody needs a warning any more."""
    cancelled, terminated = (customers[name].to_numpy() for name in ("cancelled_at", "terminated_at"))
    ends = np.fmin(cancelled, terminated)  # NaT only if both are
    return _by_row(panel, customers["customer_id"], pd.Series(ends)) < panel["week"] - pd.Timedelta(days=7)


def _by_row(panel: pd.DataFrame, customer_id: pd.Series, times: pd.Series) -> pd.Series:
    """The time of each customer beside the customer's rows."""
    return times.set_axis(customer_id).reindex(panel["customer_id"]).set_axis(panel.index)


def _losses(panel: pd.DataFrame, truth: pd.DataFrame) -> int:
    """Customers lost during the run; those taken over from a log may have been lost before."""
    return int((truth["churned_at"] >= panel["week"].min() - pd.Timedelta(days=7)).sum())


def _precision(followed: "pd.Series[bool]", ahead: "pd.Series[float]") -> dict[str, float]:
    from scipy.stats import binomtest  # here, as it takes half a second that only this shall cost

    fired, right = len(followed), int(followed.sum())
    low, high = binomtest(right, fired).proportion_ci(0.95, method="wilson") if fired else (np.nan, np.nan)
    return {
        "fired": fired,
        "precision": followed.mean(),
        "precision_low": low,
        "precision_high": high,
        "already_lost": (ahead < 0).mean(),
    }


def _foresight(customer_id: pd.Series, ahead: "pd.Series[float]", losses: int) -> dict[str, float]:
    """Of right firings, given the days to the loss: share of losses foreseen, median time from the first."""
    first = ahead.groupby(customer_id[ahead.index], observed=True).max()
    return {"recall": len(first) / losses if losses else np.nan, "lead_time_days": first.median()}
