"""The deck's four charts: each a function of a run, its baseline and the axes to draw on.

They need no widget: `charts.nps(run, baseline, plt.gca())` in any notebook. The run is a solid line, the
baseline a dashed one. Two runs of one seed are twins, so the gap between the lines is the levers' effect.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sim.lab import theme
from sim.lab.drawing import (
    band,
    compact,
    dress,
    intervals,
    legend,
    level,
    line,
    lines,
    month_axes,
    month_numbers,
    number_axis,
    round_limits,
    steps,
    strips,
    title,
    upright,
)
from sim.run import Run

Floats = NDArray[np.float64]
Chart = Callable[[Run, Run, Axes], Axes]

NORMAL_95 = 1.96
DOTS = {"color": theme.NOW_COLOUR, "linestyle": "", "marker": "o", "markersize": 4.5}
SHOWN = 0.98
"""Share of customers that the CLV chart has room for at least; the long tails would flatten all else."""


def customers(run: Run, baseline: Run, ax: Axes) -> Axes:
    """Active customers at each month's end; below, the share of customers lost in each month. The truth."""
    now, before = run.months, baseline.months
    upper, lower = strips(ax)
    dress(upper, "active customers", ticks=4)
    dress(lower, "churn, % of customers per month", ticks=2)
    lines(upper, now["active_customers"], before["active_customers"])
    lines(lower, 100 * now["churn_rate"], 100 * before["churn_rate"])
    month_axes(longest_months(run, baseline), upper, lower)
    legend(upper)
    at_end = now["active_customers"].iloc[-1]
    more = at_end - before["active_customers"].iloc[-1]
    return title(ax, f"{at_end:,} customers at the end" + (f" ({more:+,})" if more else ""))


def nps(run: Run, baseline: Run, ax: Axes) -> Axes:
    """NPS of each month's answers with its 95 % interval, and of all answers together as a line and a band.

    Months are not joined: most of what they do is noise. A month whose answers all agree has no interval.
    """
    kpis, months, before = run.kpis(), run.months, baseline.kpis()["nps"]
    score, se, of_month = kpis["nps"], kpis["nps_se"], months["nps"].to_numpy()
    half = NORMAL_95 * months["nps_se"].where(months["nps_se"] > 0)
    low, high = of_month - half.to_numpy(), of_month + half.to_numpy()
    within = (score - NORMAL_95 * se, score + NORMAL_95 * se)
    band(ax, *within, color=theme.NOW_COLOUR, alpha=theme.BAND, linewidth=0)
    level(ax, score, **theme.NOW)
    level(ax, before, **theme.BASELINE)
    intervals(ax, month_numbers(months), low, high, color=theme.NOW_COLOUR, linewidth=1.3)
    line(ax, month_numbers(months), of_month, **DOTS)
    ax.set_ylim(*_tens(np.concatenate([low, high, of_month, [before]])))
    dress(ax, "NPS, 95 % intervals", ticks=5)
    month_axes(longest_months(run, baseline), ax)
    legend(ax)
    return title(ax, _nps_in_words(score, NORMAL_95 * se, half.median()))


def clv(run: Run, baseline: Run, ax: Axes) -> Axes:
    """How realised CLV differs between customers: a histogram, with the means as vertical lines."""
    currency = run.scenario.currency
    edges = clv_edges(run.clv, baseline.clv)
    now, before = clv_shares(run.clv, edges), clv_shares(baseline.clv, edges)
    steps(ax, now, edges, fill=True, color=theme.NOW_COLOUR, alpha=theme.BARS)
    steps(ax, now, edges, fill=False, **_outline(theme.NOW))
    steps(ax, before, edges, fill=False, **_outline(theme.BASELINE))
    upright(ax, run.clv.mean(), **theme.NOW)
    upright(ax, baseline.clv.mean(), **theme.BASELINE)
    dress(ax, "% of customers", ticks=4)
    ax.set_xlim(edges[0], edges[-1])
    round_limits(ax, 0, max(now.max(), before.max()))
    number_axis(ax, f"CLV, {currency} (vertical lines: means; up to {100 - 100 * SHOWN:.0f} % are beyond)")
    legend(ax)
    return title(ax, _clv_in_words(run.clv, currency))


def profit(run: Run, baseline: Run, ax: Axes) -> Axes:
    """Profit added up since the start; below, the points liability: what the points held will cost."""
    now, before, currency = run.months, baseline.months, run.scenario.currency
    upper, lower = strips(ax)
    dress(upper, f"cumulated profit, {currency}", ticks=4)
    dress(lower, f"points liability, {currency}", ticks=2)
    lines(upper, now["profit"].cumsum(), before["profit"].cumsum())
    lines(lower, now["points_liability"], before["points_liability"])
    month_axes(longest_months(run, baseline), upper, lower)
    legend(upper)
    made, owed = now["profit"].sum(), now["points_liability"].iloc[-1]
    return title(ax, f"Profit {compact(made)} {currency}; {compact(owed)} owed in points")


CHARTS: tuple[Chart, ...] = (customers, nps, clv, profit)


def longest_months(run: Run, baseline: Run) -> "pd.Series[pd.Timestamp]":
    """The months of the longer run: what the charts over time have room for."""
    return max(run.months["month"], baseline.months["month"], key=len)


def _tens(values: Floats) -> tuple[float, float]:
    """Limits at whole tens around the values, within what an NPS can be; all of that if there are none."""
    if np.isnan(values).all():
        return -100.0, 100.0
    low, high = np.floor(np.nanmin(values) / 10 - 0.1), np.ceil(np.nanmax(values) / 10 + 0.1)
    return max(10 * low, -100.0) - 1, min(10 * high, 100.0) + 1


def _nps_in_words(score: float, half: float, half_of_month: float) -> str:
    if np.isnan(score):
        return "NPS: nobody answered"
    overall = f"NPS {round(score)} ± {half:.0f} overall"
    return overall if np.isnan(half_of_month) else f"{overall}, ± {half_of_month:.0f} in a single month"


def _outline(style: dict[str, Any]) -> dict[str, Any]:
    return style | {"linewidth": 1.3}


def _clv_in_words(values: "pd.Series[float]", currency: str) -> str:
    if values.empty:
        return "CLV: no customers"
    return f"CLV: mean {compact(values.mean())}, half below {compact(values.median())} {currency}"


def clv_edges(now: "pd.Series[float]", before: "pd.Series[float]") -> Floats:
    """Thirty bars between round numbers, so that they stand still while a lever is dragged."""
    both = np.concatenate([now, before])
    low, high = np.quantile(both, [(1 - SHOWN) / 2, (1 + SHOWN) / 2]) if len(both) else (0.0, 1.0)
    ends = MaxNLocator(12).tick_values(low, high if high > low else low + 1)
    return np.linspace(ends[0], ends[-1], 31)


def clv_shares(values: "pd.Series[float]", edges: Floats) -> Floats:
    """Share of the values between two edges each, percent."""
    return 100 * np.histogram(values, edges)[0] / max(len(values), 1)
