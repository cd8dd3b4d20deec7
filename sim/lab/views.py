"""The views of a run beside its baseline: each a picture and the table behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.lab import charts, single
from sim.lab.charts import NORMAL_95
from sim.lab.cohort_charts import BUYING_MARGINS, RETENTION_MARGINS, cohort_chart, retention_chart
from sim.lab.cohorts import buying_table, retention_table
from sim.lab.large_charts import clv_chart, nps_chart, profit_chart
from sim.lab.lifecycle import lifecycle_table
from sim.lab.lifecycle_chart import MARGINS as LIFECYCLE_MARGINS
from sim.lab.lifecycle_chart import lifecycle_chart
from sim.lab.picture import Picture
from sim.lab.sheet_table import side_by_side
from sim.run import Run


@dataclass(frozen=True)
class View:
    """A picture as the bytes of a PNG, what it shows in words (for who cannot see it), and its table.

    The table holds plain numbers, its labels their units; columns are (quantity, "now" or "baseline") except
    where the rows say which run it is.
    """

    name: str
    what: str
    png: Callable[[Run, Run], bytes]
    table: Callable[[Run, Run], pd.DataFrame]


def views() -> tuple[View, ...]:
    """All views of one deck, in the order of their buttons; the overview keeps its axes from call to call."""
    return (
        View(
            "Overview",
            "Customers and churn, NPS, how CLV is distributed, profit and points liability, month by month",
            Picture().png,
            overview_table,
        ),
        View(
            "Lifecycle",
            "How many leads became customers, regulars, buyers of a second product, and how many were lost",
            partial(single.png, lifecycle_chart, margins=LIFECYCLE_MARGINS),
            lifecycle_table,
        ),
        View(
            "Retention",
            "Share of each cohort still there by months since acquisition, in truth and on record",
            partial(single.png, retention_chart, margins=RETENTION_MARGINS),
            retention_table,
        ),
        View(
            "Cohorts",
            "Share of each month's new customers who buy in the months after the first purchase",
            partial(single.png, cohort_chart, margins=BUYING_MARGINS),
            buying_table,
        ),
        View(
            "NPS",
            "NPS of each month's answers and of all together, with 95 % intervals",
            partial(single.png, nps_chart),
            nps_table,
        ),
        View(
            "CLV",
            "How realised CLV is distributed over the customers",
            partial(single.png, clv_chart),
            clv_table,
        ),
        View(
            "Profit",
            "Profit added up since the start, and what is owed in points, month by month",
            partial(single.png, profit_chart),
            profit_table,
        ),
    )


def overview_table(run: Run, baseline: Run) -> pd.DataFrame:
    """Customers, churn, NPS, CLV so far, profit so far and points liability, one row a month."""
    return side_by_side(*(_overview(one) for one in (run, baseline)))


def _overview(run: Run) -> pd.DataFrame:
    months, currency = run.months.set_index("month"), run.scenario.currency
    return pd.DataFrame(
        {
            "active customers": months["active_customers"],
            "churn, % a month": 100 * months["churn_rate"],
            "NPS": months["nps"],
            f"mean CLV so far, {currency}": months["clv"],
            f"cumulated profit, {currency}": months["profit"].cumsum(),
            f"points liability, {currency}": months["points_liability"],
        }
    )


def nps_table(run: Run, baseline: Run) -> pd.DataFrame:
    """NPS with its 95 % interval and the number of answers, of each month and of all."""
    return side_by_side(*(_nps(one) for one in (run, baseline)))


def _nps(run: Run) -> pd.DataFrame:
    months, kpis = run.months, run.kpis()
    score, se = np.append(months["nps"], kpis["nps"]), np.append(months["nps_se"], kpis["nps_se"])
    half = NORMAL_95 * np.where(se > 0, se, np.nan)
    rows = pd.Index([*(f"{month:%b %Y}" for month in months["month"]), "all answers"], name="month")
    answers = np.append(months["answers"], months["answers"].sum())
    columns = {"NPS": score, "95 % interval from": score - half, "to": score + half, "answers": answers}
    return pd.DataFrame(columns, index=rows)


def clv_table(run: Run, baseline: Run) -> pd.DataFrame:
    """Mean CLV with its 95 % interval, its quantiles, and the bars of the picture."""
    edges = charts.clv_edges(run.clv, baseline.clv)
    return side_by_side(*(_clv(one, edges) for one in (run, baseline)))


def _clv(run: Run, edges: NDArray[np.float64]) -> pd.DataFrame:
    clv, unit = run.clv, f"CLV, {run.scenario.currency}"
    mean, half = run.kpis()["clv"], NORMAL_95 * run.kpis()["clv_se"]
    money = {"mean": mean, "mean, 95 % interval from": mean - half, "mean, to": mean + half}
    money["half of the customers below"] = clv.median()
    shares = charts.clv_shares(clv, edges)
    bars = {_between(*ends): share for *ends, share in zip(edges[:-1], edges[1:], shares, strict=True)}
    figures = {unit: pd.Series(money), "customers, %": pd.Series(bars)}
    return pd.DataFrame(figures, index=pd.Index([*money, *bars], name="CLV"), dtype=float)


def _between(low: float, high: float) -> str:
    return f"{low:,.1f} to {high:,.1f}".replace("-", "−")


def profit_table(run: Run, baseline: Run) -> pd.DataFrame:
    """Profit of the month and so far, and what is owed in points, one row a month."""
    return side_by_side(*(_profit(one) for one in (run, baseline)))


def _profit(run: Run) -> pd.DataFrame:
    months, currency = run.months.set_index("month"), run.scenario.currency
    return pd.DataFrame(
        {
            f"profit of the month, {currency}": months["profit"],
            f"cumulated profit, {currency}": months["profit"].cumsum(),
            f"points liability, {currency}": months["points_liability"],
        }
    )
