"""Who stays, by cohort: the truth of a run and what its company can see, as tables."""

from collections.abc import Callable
from functools import wraps
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sim import kpi
from sim.lab.charts import NORMAL_95
from sim.lab.sheet_table import side_by_side
from sim.luck import Floats
from sim.run import Run

MONTH_DAYS = 365.25 / 12
COHORTS = 3
"""Cohorts of the retention curves: more than three curves of two runs cannot be told apart."""
LEAST_FOLLOWED = 20
"""A curve ends where fewer of a cohort are followed, unless the cohort itself is smaller."""
BEFORE = "before the start"
"""Cohort of the customers taken over from a log, who are followed from the first day of the run."""

SHARES = ("truth", "truth_low", "truth_high", "seen", "seen_low", "seen_high")
TRUTH = "still customers, %"
BUYING, RECORDED = "bought in that month, %", "not cancelled on record, %"
ALL = "all cohorts"


def once_a_run(table: Callable[[Run], pd.DataFrame]) -> Callable[[Run], pd.DataFrame]:
    """The table of a run made once, as a baseline stays while levers move; do not write into it."""
    made: WeakKeyDictionary[Run, pd.DataFrame] = WeakKeyDictionary()

    @wraps(table)
    def remembered(run: Run) -> pd.DataFrame:
        if run not in made:
            made[run] = table(run)
        return made[run]

    return remembered


@once_a_run
def retention(run: Run) -> pd.DataFrame:
    """Retention curves, one row a cohort and month since acquisition (index `cohort`, `month`), percent.

    Cohorts are the customers acquired in the first, second and last third of the months. customers is the
    cohort's size. truth is the share still there at that age by Kaplan & Meier, as not all are followed
    equally long; truth_low and truth_high are its 95 % interval (Greenwood 1926, of log(-log)). seen is what
    the company has on record. Under contract: those who neither cancelled nor were parted with, by Kaplan &
    Meier. Without: the share that bought in the month up to that age, of those for whom it lies within the
    run (interval by Wilson 1927). A curve ends where fewer than `LEAST_FOLLOWED` are followed.
    """
    lives, cohorts = _lives(run), _cohorts(run) or {"": np.zeros(len(run.customers), bool)}
    table = pd.concat([_curves(lives, chosen).assign(cohort=name) for name, chosen in cohorts.items()])
    return table.set_index(["cohort", "month"])


def is_contractual(run: Run) -> bool:
    """Whether customers have to cancel, so that a company knows who it lost."""
    return run.scenario.market.churn_model == "sbg"


def retention_table(run: Run, baseline: Run) -> pd.DataFrame:
    """The retention curves beside those of a baseline, one row a cohort and month since acquisition."""
    return side_by_side(_readable(run), _readable(baseline))


def _readable(run: Run) -> pd.DataFrame:
    curves = retention(run)
    rows = [f"{cohort}, month {month}" for cohort, month in curves.index]
    names = ["customers"]
    for share in (TRUTH, RECORDED if is_contractual(run) else BUYING):
        names += [share, f"{share}, from", f"{share}, to"]
    return curves.set_axis(names, axis=1).set_axis(pd.Index(rows, name="acquired, age"))


def _cohorts(run: Run) -> dict[str, NDArray[np.bool_]]:
    """Which customers each cohort holds, the oldest first; nobody who was lost before the run."""
    starts, count = run.month_starts, len(run.month_starts) - 1
    month = np.searchsorted(starts, run.customers["acquired_at"].to_numpy(), side="right") - 1
    here = ~(run.truth["churned_at"] < starts[0]).to_numpy()
    third = COHORTS * np.arange(count) // count
    cohorts = {_span(starts[:-1][third == one]): (month >= 0) & (third[month] == one) for one in {*third}}
    cohorts = {BEFORE: month < 0, **cohorts}
    return {name: chosen & here for name, chosen in cohorts.items() if (chosen & here).any()}


def _span(months: pd.DatetimeIndex) -> str:
    """The months from the first to the last, in words."""
    first, last = months[0], months[-1]
    if first == last:
        return f"{first:%b %Y}"
    return f"{first:%b} – {last:%b %Y}" if first.year == last.year else f"{first:%b %Y} – {last:%b %Y}"


class _Lives(NamedTuple):
    """Of every customer the ages, in months: up to which it is followed, at its loss, at its loss on record.

    `bought` says of every customer (row) and month of age (column) whether it bought; None under contract.
    """

    followed: Floats
    lost: Floats
    recorded: Floats
    bought: NDArray[np.bool_] | None


def _lives(run: Run) -> _Lives:
    customers = run.customers
    acquired, start = customers["acquired_at"], run.month_starts[0]
    since = acquired.where(acquired > start, start)
    followed = _months(run.month_starts[-1] - since)
    recorded = _months(customers[["cancelled_at", "terminated_at"]].min(axis=1) - since)
    bought = None if is_contractual(run) else _bought(run, since, followed)
    return _Lives(followed, _months(run.truth["churned_at"] - since), recorded, bought)


def _bought(run: Run, since: "pd.Series[pd.Timestamp]", followed: Floats) -> NDArray[np.bool_]:
    """Whether each customer bought in the month up to each age; at age 0 all did."""
    customer = pd.Index(run.customers["customer_id"]).get_indexer(run.transactions["customer_id"])
    age = np.ceil(_months(run.transactions["time"].to_numpy() - since.to_numpy()[customer])).astype(int)
    bought = np.zeros((len(followed), int(followed.max(initial=0)) + 2), bool)
    bought[customer, np.maximum(age, 0)] = True
    bought[:, 0] = True
    return bought


def _curves(lives: _Lives, chosen: NDArray[np.bool_]) -> pd.DataFrame:
    """Truth and record of the chosen customers, percent, one row a month of age."""
    followed, lost, recorded = (one[chosen] for one in lives[:3])
    ages = np.arange(int(np.sort(followed)[-LEAST_FOLLOWED:][0]) + 1 if len(followed) else 0)
    if lives.bought is None:
        seen = kaplan_meier(recorded, followed, ages)
    else:
        able = followed[:, None] >= ages
        seen = wilson((lives.bought[chosen][:, : len(ages)] & able).sum(axis=0), able.sum(axis=0))
    shares = 100 * np.concatenate([kaplan_meier(lost, followed, ages), seen])
    return pd.DataFrame(
        {"month": ages, "customers": int(chosen.sum()), **dict(zip(SHARES, shares, strict=True))}
    )


def kaplan_meier(lost: Floats, followed: Floats, ages: ArrayLike) -> Floats:
    """Kaplan-Meier share still there at these ages and its 95 % interval, as rows: share, low, high.

    `lost` are ages at the loss, NaN for none, and `followed` the ages up to which each is known. Interval by
    Greenwood's variance of log(-log(share)); none wide where nobody or everybody was lost. As `kpi.survival`,
    which has no interval.
    """
    known = np.sort(np.fmin(lost, followed))
    times, events = np.unique(lost[lost <= followed], return_counts=True)
    at_risk = len(known) - np.searchsorted(known, times)
    place = np.searchsorted(times, ages, side="right")
    share = np.concatenate([[1.0], np.cumprod(1 - events / at_risk)])[place]
    left = np.maximum(at_risk - events, 0.5)  # nobody left: the share is 0, whatever its variance
    variance = np.concatenate([[0.0], np.cumsum(events / (at_risk * left))])[place]
    inside = (share > 0) & (share < 1)
    log = np.log(share, where=inside, out=np.full(len(share), -1.0))
    factor = np.exp(NORMAL_95 * np.sqrt(variance) / -log)
    low, high = share**factor, share ** (1 / factor)
    return np.array([share, np.where(inside, low, share), np.where(inside, high, share)])


def wilson(part: NDArray[np.int64], whole: NDArray[np.int64]) -> Floats:
    """Share part / whole and its 95 % interval by Wilson 1927, as rows: share, low, high."""
    share, spread = part / whole, NORMAL_95**2 / whole
    middle = (share + spread / 2) / (1 + spread)
    half = np.sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    return np.array([share, middle - half, middle + half])


def _months(time: "pd.Series[pd.Timedelta] | NDArray[np.timedelta64]") -> Floats:
    """Lengths of time in months of equal length; NaN for none."""
    return np.asarray(time) / np.timedelta64(1, "D") / MONTH_DAYS


@once_a_run
def buying(run: Run) -> pd.DataFrame:
    """Share of each month's new customers who buy in later months, percent; see `kpi.cohort_retention`.

    One row a cohort (PeriodIndex) and at last one of all (`ALL`), which weighs every cohort by its size;
    column customers, the cohort's size, then one column per month since the first purchase, from 1 on.
    Customers taken over from a log count as new with their first purchase in the run.
    """
    sales = run.transactions
    shares = 100 * kpi.cohort_retention(sales).drop(columns=0, errors="ignore")
    first = sales.groupby("customer_id", observed=True)["time"].min().dt.to_period("M")
    sizes = first.value_counts().reindex(shares.index, fill_value=0)
    known = shares.notna().mul(sizes, axis=0).sum()
    total = shares.mul(sizes, axis=0).sum() / known.where(known > 0)
    rows = pd.concat([shares, total.to_frame(ALL).T.set_axis([ALL])])
    rows.insert(0, "customers", [*sizes, sizes.sum()])
    return rows.set_axis([*shares.index, ALL]).rename_axis(index="first purchase", columns=None)


def buying_table(run: Run, baseline: Run) -> pd.DataFrame:
    """The share still buying, percent, of each cohort and under it the same of the baseline."""
    now, before = _named(buying(run), ""), _named(buying(baseline), ", baseline")
    both, place = pd.concat([now, before]), [*range(len(now)), *range(len(before))]
    months = [*both.columns.drop("customers").sort_values()]
    names = {month: f"month {month}, %" for month in months}
    return both[["customers", *months]].iloc[np.argsort(place, kind="stable")].rename(columns=names)


def _named(table: pd.DataFrame, suffix: str) -> pd.DataFrame:
    names = [one if one == ALL else f"{one:%b %Y}" for one in table.index]
    return table.set_axis(pd.Index([f"{name}{suffix}" for name in names], name="first purchase"))
