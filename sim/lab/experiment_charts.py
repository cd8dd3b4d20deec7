"""The charts of experiments: each a function of a result and, if wanted, of the axes to draw on.

Lines through dots, bands and thin lines on bars are 95 % intervals. Nothing is told by colour alone: lines
have dashes and marks, what is not shown or beaten is hollow, ends of bars are written out.
"""

import textwrap
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from sim.experiments.kpi_names import Kpi
from sim.experiments.sensitivity import Tornado
from sim.experiments.sweep import Sweep
from sim.lab import theme
from sim.lab.comparison_charts import course, differences
from sim.lab.drawing import dress
from sim.lab.effect import known, scale
from sim.lab.sheet import COLOURS, DASHES, MARKERS, WORDS, along, headed, is_number, key, sheet, short
from sim.lab.trade_off import trade_off
from sim.scenario import Lever, levers

__all__ = ["course", "differences", "sweep_curve", "tornado", "trade_off"]

MOST_LINES, MOST_BARS = len(COLOURS), 15
MEANS = ["mean", "low", "high"]
BAR = 0.36  # of the place of a lever


def sweep_curve(sweep: Sweep, kpi: str, ax: Axes | None = None) -> Axes:
    """Mean of a KPI along the first lever of a sweep with its 95 % band, a line for each value of the second.

    A diamond marks the unchanged scenario. A lever that is no number has its values side by side, unjoined.
    `kpi` is a name of `KPIS`. ValueError for another, and for a sweep of more than two levers or of more than
    5 values of the second.
    """
    about, currency = known(kpi), sweep.scenario.currency
    table, names = sweep.table(kpi), _two_levers(sweep)
    table[MEANS] *= scale(about)
    ax = ax or sheet(4.8)
    dress(
        ax,
        f"{about.heading(currency)}; mean of {sweep.runs['seed'].nunique()} replications, 95 % intervals",
        ticks=5,
    )
    along(ax, _lever_words(names[0]), table[names[0]])
    _curves(ax, table, names)
    _mark_unchanged(ax, sweep, kpi, names[0])
    key(ax)
    return headed(ax, _best_words(about, currency, table, names))


def tornado(sensitivity: Tornado, kpi: str, ax: Axes | None = None) -> Axes:
    """What each lever alone does to a KPI at its low and its high end, the largest swing first.

    The bars are differences to the unchanged scenario with the same luck, hatched at the low end and filled
    at the high one; the thin lines are their 95 % intervals, and at the bar is the lever's value. At most the
    15 levers with the largest swing. `kpi` is a name of `KPIS`; ValueError for another, TypeError for a
    result of another method.
    """
    if not isinstance(sensitivity, Tornado):
        raise TypeError(
            f"tornado takes what sim.sensitivity gives with method='tornado'; got {sensitivity!r}"
        )
    about, scenario = known(kpi), sensitivity.scenario
    table = sensitivity.table(kpi).dropna(subset=["swing"])
    shown = table.head(MOST_BARS)
    ax = ax or sheet(0.55 * len(shown) + 1.6)
    dress(ax, "hatched: the lever at its low end; filled: at its high end", ticks=1)
    unit = about.unit_text(scenario.currency)
    along(ax, f"{about.label} less that of {short(scenario.name)} as it is, {unit}")
    for place, (_, row) in enumerate(shown.iterrows()):
        _bars(ax, place, row, scale(about))
    ax.set_yticks(range(len(shown)), [textwrap.fill(_lever(str(name)).label, 22) for name in shown.index])
    ax.set_ylim(max(len(shown), 1) - 0.4, -0.6)
    ax.axvline(0, color=theme.BASELINE_COLOUR, linewidth=1.2)
    ax.grid(axis="x", visible=True, color=theme.RULE, linewidth=0.8)
    ax.grid(axis="y", visible=False)
    ax.margins(x=0.12)
    return headed(ax, _tornado_words(about, scenario.currency, table, len(shown)))


def _two_levers(sweep: Sweep) -> list[str]:
    names = [str(name) for name in sweep.points.columns]
    if len(names) > 2:
        raise ValueError(f"the sweep has {len(names)} levers; allowed: one, or two for several lines")
    if len(names) == 2 and sweep.points[names[1]].nunique() > MOST_LINES:
        lines = sweep.points[names[1]].nunique()
        raise ValueError(f"{names[1]} has {lines} values, a line each; allowed: at most {MOST_LINES}")
    return names


def _places(values: "pd.Series[Any]") -> "pd.Series[float]":
    """Where values of a lever are along the axis: numbers at themselves, others side by side."""
    return (
        values.astype(float)
        if is_number(values)
        else values.map({v: n for n, v in enumerate(values.unique())})
    )


def _curves(ax: Axes, table: pd.DataFrame, names: list[str]) -> None:
    """A line and its band for each value of the second lever."""
    joined = is_number(table[names[0]])
    lines = table.assign(place=_places(table[names[0]]), line=_line_names(table, names))
    shown = lines.sort_values("place", kind="stable").groupby("line", sort=False)
    for number, (name, some) in enumerate(shown):
        colour = COLOURS[number]
        style: dict[str, Any] = {
            "color": colour,
            "errorbar": None,
            "linestyle": DASHES[number] if joined else "",
        }
        apart = 0.0 if joined else 0.12 * (number - (len(shown) - 1) / 2)
        x, low, high = some["place"] + apart, some["low"], some["high"]
        sns.lineplot(x=x, y=some["mean"], marker=MARKERS[number], linewidth=2.2, label=name, ax=ax, **style)
        if joined:
            ax.fill_between(x, low, high, color=colour, alpha=0.14, linewidth=0)
        else:
            ax.vlines(x, low, high, color=colour, linewidth=2.0)


def _line_names(table: pd.DataFrame, names: list[str]) -> "pd.Series[str] | str":
    if len(names) == 1:
        return "mean"
    return _lever(names[1]).label + " " + table[names[1]].map(_value)


def _mark_unchanged(ax: Axes, sweep: Sweep, kpi: str, lever: str) -> None:
    """A diamond where the scenario is by itself, if its setting is on the axis."""
    values = sweep.points[lever]
    own = sweep.scenario[lever]
    if is_number(values) or own in set(values):
        x = float(own) if is_number(values) else list(values.unique()).index(own)
        y = sweep.baseline[kpi].mean() * scale(known(kpi))
        name = f"{short(sweep.scenario.name)} as it is"
        ax.plot(x, y, "D", color="white", markeredgecolor=theme.INK, markersize=9, label=name, zorder=4)


def _best_words(kpi: Kpi, currency: str, table: pd.DataFrame, names: list[str]) -> str:
    means = table["mean"].dropna()
    if means.empty:
        return f"{kpi.label} is not known at any point"
    best: Any = means.idxmin() if kpi.better < 0 else means.idxmax()
    at = ", ".join(f"{_lever(name).label} {_value(table.loc[best, name])}" for name in names)
    value = kpi.text(means[best] / scale(kpi), currency)
    return f"{kpi.label} is {'lowest' if kpi.better < 0 else 'highest'}, {value}, at {at}"


def _bars(ax: Axes, place: int, row: "pd.Series[Any]", unit: float) -> None:
    """The two ends of one lever, each with its interval and the value of the lever."""
    looks: dict[str, Any] = {"low": {"color": "white", "hatch": "////"}, "high": {"color": COLOURS[0]}}
    for shift, (end, look) in zip((-BAR / 2, BAR / 2), looks.items(), strict=True):
        size, begin, stop = (unit * row[f"at_{end}{part}"] for part in ("", "_from", "_to"))
        y = place + shift
        ax.barh(y, size, BAR, edgecolor=COLOURS[0], linewidth=0.8, zorder=2, **look)
        ax.hlines(y, begin, stop, color=theme.INK, linewidth=1.6, zorder=3)
        outer = np.nanmin([size, begin]) if size < 0 else np.nanmax([size, stop])
        side, align = (-5, "right") if size < 0 else (5, "left")
        words: dict[str, Any] = {"ha": align, "va": "center", "color": theme.INK, **WORDS}
        ax.annotate(_value(row[end]), (outer, y), (side, 0), textcoords="offset points", **words)


def _tornado_words(kpi: Kpi, currency: str, table: pd.DataFrame, shown: int) -> str:
    if table.empty:
        return f"{kpi.label} is not known at the ends of any lever"
    of = f" ({shown} of {len(table)} levers shown)" if shown < len(table) else ""
    name, row = table.index[0], table.iloc[0]
    if not row["swing"]:
        return f"No lever moves {kpi.label}{of}"
    ends = " to ".join(kpi.number(row[f"at_{end}"], "+") for end in ("low", "high"))
    unit = kpi.unit_text(currency)
    return f"{kpi.label} is moved most by {_lever(str(name)).label}: {ends} {unit}{of}"


def _lever(name: str) -> Lever:
    return next(one for one in levers() if one.name == name)


def _lever_words(name: str) -> str:
    lever = _lever(name)
    return f"{lever.label}, {lever.unit}" if lever.unit else lever.label


def _value(value: object) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else str(value)
