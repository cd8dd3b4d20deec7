"""A run against theory: repeat purchases since the first one, simulated and as BG/NBD expects them."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from sim.analytics import BGNBD
from sim.lab import theme
from sim.lab.charts import NORMAL_95
from sim.lab.drawing import dress, title
from sim.lab.sheet import WORDS, along
from sim.lab.single import page
from sim.luck import Floats
from sim.run import Run
from sim.scenario import Scenario

WEEK = pd.Timedelta(weeks=1)
THEORY: dict[str, Any] = {"color": theme.WORSE, "linewidth": 1.8, "linestyle": (0, (1, 1.2))}
KEY = (
    ("━ simulated, 95 % interval", theme.NOW_COLOUR, 178),
    ("┅ theory: BG/NBD", theme.WORSE, 74),
    ("╍ baseline", theme.BASELINE_COLOUR, 0),
)
"""What is written above the chart, in which colour, how many points left of its end."""


def theory_chart(run: Run, baseline: Run | None = None, ax: Axes | None = None) -> Axes:
    """Repeat purchases per customer by weeks since the first: simulated, and as theory expects.

    Solid with its 95 % interval, `repeat_purchases` of the run; dashed, of the baseline; dotted, E[X(t)] of
    BG/NBD (Fader, Hardie & Lee 2005, eq. 9) at the run's market levers. The two agree while every mechanism
    is off, as in `Scenario.base`. ValueError if another churn model moves the run.
    """
    theory = theory_of(run.scenario)
    ax = page() if ax is None else ax
    now = repeat_purchases(run)
    expected = pd.Series(theory.expected_purchases(now.index), now.index)
    dress(ax, "repeat purchases per customer so far", ticks=6)
    if baseline is not None:
        ax.plot(repeat_purchases(baseline)["mean"], **theme.BASELINE)
    ax.fill_between(now.index, now["low"], now["high"], color=theme.NOW_COLOUR, alpha=0.2, linewidth=0)
    ax.plot(now["mean"], **theme.NOW)
    ax.plot(expected, **THEORY)
    ax.set_xlim(0, max(now.index[-1], 1))
    ax.set_ylim(bottom=0)
    along(ax, "weeks since the first purchase")
    _key(ax)
    return title(ax, _in_words(now, expected))


def theory_of(scenario: Scenario) -> BGNBD:
    """BG/NBD at the market levers of a scenario; ValueError if its churn model is another."""
    market = scenario.market
    if market.churn_model != "bg/nbd":
        raise ValueError(f"market.churn_model is {market.churn_model!r}; theory_chart knows 'bg/nbd'")
    return BGNBD(market.rate_shape, market.rate_scale_weeks, market.dropout_a, market.dropout_b)


def repeat_purchases(run: Run) -> pd.DataFrame:
    """Mean repeat purchases of a customer within 0, 1, 2, ... weeks of the first, with its 95 % interval.

    Index week, as far as every customer is observed; columns mean, low and high: mean -+ 1.96 standard errors
    over customers. One row of NaN if there are no customers.
    """
    so_far = _counts(run)
    mean = so_far.mean(axis=0) if len(so_far) else np.full(so_far.shape[1], np.nan)
    half = NORMAL_95 * so_far.std(axis=0, ddof=1) / np.sqrt(len(so_far)) if len(so_far) > 1 else np.nan
    weeks = pd.RangeIndex(so_far.shape[1], name="week")
    return pd.DataFrame({"mean": mean, "low": mean - half, "high": mean + half}, weeks)


def _counts(run: Run) -> Floats:
    """Repeat purchases so far, a row a customer and a column a week."""
    first = run.customers.set_index("customer_id")["acquired_at"]
    watched = (run.month_starts[-1] - first.max()) // WEEK if len(first) else 0
    repeats = run.transactions[run.transactions.duplicated("customer_id")]
    age = repeats["time"].to_numpy() - first.reindex(repeats["customer_id"]).to_numpy()
    week = np.ceil(age / WEEK.to_timedelta64()).astype(int)
    seen = week <= watched
    row = first.index.get_indexer(pd.Index(repeats["customer_id"]))
    counts = np.zeros((len(first), watched + 1))
    np.add.at(counts, (row[seen], week[seen]), 1)
    return counts.cumsum(axis=1)


def _key(ax: Axes) -> None:
    """Which line is which, above the axes on the right."""
    place: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "ha": "right"}
    for said, colour, left in KEY:
        ax.annotate(said, (1, 1), (-left, 3), **place, **WORDS, color=colour)


def _in_words(now: pd.DataFrame, expected: "pd.Series[float]") -> str:
    week, (mean, low, _) = now.index[-1], now.iloc[-1]
    if np.isnan(mean):
        return "No customers: nothing to compare"
    return (
        f"After {week} weeks: {mean:.2f} ± {mean - low:.2f} repeat purchases, theory {expected.iloc[-1]:.2f}"
    )
