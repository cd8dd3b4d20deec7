"""Pictures of cohorts: who stays, in truth and on record, and who still buys month after month."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator

from sim.lab import theme
from sim.lab.cohorts import ALL, buying, is_contractual, retention
from sim.lab.drawing import dress, title
from sim.lab.journey_chart import BLUE, GREEN, ORANGE, VERMILION
from sim.lab.sheet import AXIS, WORDS
from sim.lab.single import page
from sim.run import Run

RETENTION_MARGINS = {"left": 0.055, "right": 0.98, "bottom": 0.235, "top": 0.87}
BUYING_MARGINS = {"left": 0.16, "right": 0.985, "bottom": 0.1, "top": 0.875}
COLOURS = (BLUE, VERMILION, GREEN, ORANGE)
"""Of the cohorts, the oldest first."""

SHADES = LinearSegmentedColormap.from_list("shares", ["#eaf2f8", "#52a3d4"])
"""Colours of shares, from low to high: ink stands out from all of them."""
FEW, WRITTEN = 12, 24
"""Up to so many months shares are written into all cells, and into every one of the rows of all cohorts."""
TEACHING_MONTH = 12
"""The age, months, that a title speaks of, or the oldest one if nobody is that old."""


def retention_chart(run: Run, baseline: Run | None = None, ax: Axes | None = None) -> Axes:
    """Retention by cohort of acquisition: the truth on the left, what the company has on record on the right.

    The run solid with the 95 % intervals of the truth, the baseline dashed. Wants axes of about 9 x 4 inches.
    """
    ax = page(RETENTION_MARGINS) if ax is None else ax
    now, before = retention(run), retention(run if baseline is None else baseline)
    panes = _panes(ax)
    labels = ("truth: still customers, %", _seen_label(run))
    for pane, column, label in zip(panes, ("truth", "seen"), labels, strict=True):
        dress(pane, label, ticks=5)
        _curves(pane, now, before, column)
        pane.set_xlim(0, max(_last_month(now), _last_month(before), 1))
        pane.set_ylim(0, 102)
        pane.set_yticks(range(0, 101, 20))
        pane.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 3, 6, 10]))
        pane.set_xlabel("months since acquisition", **AXIS)
    _key(ax, now, before)
    return title(ax, _retention_in_words(run, now))


def _panes(ax: Axes) -> list[Axes]:
    """Two axes side by side in the place of one."""
    ax.set_axis_off()
    return [ax.inset_axes((0, 0, 0.475, 1)), ax.inset_axes((0.525, 0, 0.475, 1))]


def _seen_label(run: Run) -> str:
    return "on record: not cancelled, %" if is_contractual(run) else "on record: bought in that month, %"


def _curves(ax: Axes, now: pd.DataFrame, before: pd.DataFrame, column: str) -> None:
    for colour, cohort in zip(COLOURS, _cohorts(now, before), strict=False):
        for table, style in ((before, theme.BASELINE), (now, theme.NOW)):
            curve = _of(table, cohort)
            mark = "" if len(curve) > 1 else "o"
            ax.plot(curve.index, curve[column], **(style | {"color": colour}), marker=mark, clip_on=False)
        low, high = curve[f"{column}_low"], curve[f"{column}_high"]
        ax.fill_between(curve.index, low, high, color=colour, alpha=0.15, linewidth=0)


def _cohorts(now: pd.DataFrame, before: pd.DataFrame) -> list[str]:
    """Cohorts of either run, in order."""
    return list(dict.fromkeys([*now.index.get_level_values(0), *before.index.get_level_values(0)]))


def _of(table: pd.DataFrame, cohort: str) -> pd.DataFrame:
    """The curve of one cohort by month of age; empty if it has nobody."""
    return table[table.index.get_level_values(0) == cohort].droplevel(0)


def _last_month(table: pd.DataFrame) -> int:
    return int(table.index.get_level_values(1).max()) if len(table) else 0


def _key(ax: Axes, now: pd.DataFrame, before: pd.DataFrame) -> None:
    """Below the axes: colours of the cohorts with their sizes; above, which line is which."""
    place: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points"}
    for row, (colour, cohort) in enumerate(zip(COLOURS, _cohorts(now, before), strict=False)):
        sizes = [f"{_size(table, cohort):,}" for table in (now, before)]
        said = f"━ acquired {cohort}: {sizes[0]} customers (baseline {sizes[1]})"
        ax.annotate(said, (0, 0), (0, -46 - 15 * row), **place, color=colour, va="top", **WORDS)
    for row, said in enumerate(("━ now, shaded: 95 % interval", "╍ baseline")):
        ax.annotate(said, (0.7, 0), (0, -46 - 15 * row), **place, color=theme.INK, va="top", **WORDS)


def _size(table: pd.DataFrame, cohort: str) -> int:
    return int(_of(table, cohort)["customers"].max()) if cohort in table.index else 0


def _retention_in_words(run: Run, now: pd.DataFrame) -> str:
    if now.empty:
        return "No customers: nobody to keep"
    cohort = now.index[0][0]
    curve = _of(now, cohort)
    month = min(TEACHING_MONTH, curve.index[-1])
    there, seen = curve.loc[month, ["truth", "seen"]]
    record = "have not cancelled" if is_contractual(run) else "buy"
    return f"{cohort}: in month {month}, {there:.0f} % are still customers, {seen:.0f} % {record}"


def cohort_chart(run: Run, baseline: Run | None = None, ax: Axes | None = None) -> Axes:
    """Heatmap: which share of each month's new customers buys in later months; below, all and the baseline.

    Wants axes of about 8 x 5 inches.
    """
    ax = page(BUYING_MARGINS) if ax is None else ax
    now, before = buying(run), buying(run if baseline is None else baseline)
    shares, summary = _shares(now, before)
    if shares.empty or not shares.shape[1]:
        ax.set_axis_off()
        return title(ax, "Nobody bought" if shares.empty else "One month: nobody can have come back yet")
    upper, lower, bar = _heat_axes(ax)
    look = _heat_look(shares, summary)
    cells = upper.pcolormesh(shares.to_numpy(), **look)
    lower.pcolormesh(summary.to_numpy(), **look)
    ax.figure.colorbar(cells, cax=bar)
    _write(lower, summary, every=-(-summary.shape[1] // WRITTEN))
    if max(shares.shape) <= FEW:
        _write(upper, shares)
    _name_rows(upper, _row_names(now))
    _name_rows(lower, ["all, now", "all, baseline"])
    _name_months(upper, lower, [*shares.columns])
    _label_heat(upper, bar)
    return title(ax, _buying_in_words(summary))


def _shares(now: pd.DataFrame, before: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cohorts' shares, and those of all customers in both runs, month by month."""
    shares = now.drop(index=ALL, columns="customers")
    summary = pd.concat([now.loc[[ALL]], before.loc[[ALL]]]).reindex(columns=shares.columns)
    return shares.astype(float), summary.astype(float)


def _heat_axes(ax: Axes) -> tuple[Axes, Axes, Axes]:
    """Axes for the cohorts, for all customers below them, and for the scale, in the place of one."""
    ax.set_axis_off()
    high = 0.095  # room for two lines of text
    upper = ax.inset_axes((0, high + 0.03, 0.93, 0.97 - high))
    return upper, ax.inset_axes((0, 0, 0.93, high)), ax.inset_axes((0.95, high + 0.03, 0.018, 0.97 - high))


def _heat_look(*tables: pd.DataFrame) -> dict[str, Any]:
    """Colours between whole tens, so that they stand still while a lever is dragged."""
    shares = np.concatenate([table.to_numpy().ravel() for table in tables]) / 10
    ends = {
        "vmin": min(10 * np.floor(np.nanmin(shares)), 90),
        "vmax": min(10 * np.floor(np.nanmax(shares) + 1), 100),
    }
    return {"cmap": SHADES, **ends}


def _write(ax: Axes, shares: pd.DataFrame, every: int = 1) -> None:
    """Write the share into the cells of every month, or every second, third, ..."""
    words = WORDS | {"color": theme.INK, "ha": "center", "va": "center", "fontsize": 10}
    for (row, column), share in np.ndenumerate(shares.to_numpy()):
        if column % every == 0 and not np.isnan(share):
            ax.text(column + 0.5, row + 0.5, f"{share:.0f}", **words)


def _row_names(now: pd.DataFrame) -> list[str]:
    sizes = now["customers"].drop(ALL)
    months = pd.PeriodIndex(sizes.index).strftime("%b %Y")
    return [f"{month} ({size:,})" for month, size in zip(months, sizes, strict=True)]


def _name_rows(ax: Axes, names: list[str]) -> None:
    """Name the rows, or every second, third, ... of them if there are many."""
    every = -(-len(names) // 18)
    ax.set_yticks(np.arange(0, len(names), every) + 0.5, names[::every])
    ax.set_ylim(len(names), 0)
    _dress_heat(ax)


def _name_months(upper: Axes, lower: Axes, months: list[int]) -> None:
    every = -(-len(months) // WRITTEN)
    lower.set_xticks(np.arange(0, len(months), every) + 0.5, [str(month) for month in months[::every]])
    upper.set_xticks([])
    lower.set_xlabel("months since the first purchase", **AXIS)
    _dress_heat(lower)


def _dress_heat(ax: Axes) -> None:
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0, labelsize=theme.TEXT_PT, labelcolor=theme.INK, labelfontfamily=theme.FONT)


def _label_heat(upper: Axes, bar: Axes) -> None:
    """What rows and colours are, above them."""
    place: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "color": theme.MUTED}
    said = "first purchase in (customers): % who buy in the month"
    upper.annotate(said, (0, 1), (0, 5), **place, ha="left", **WORDS)
    bar.annotate("%", (0.5, 1), (0, 5), **place, ha="center", **WORDS)
    bar.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    bar.tick_params(length=0, labelsize=theme.TEXT_PT, labelcolor=theme.INK, labelfontfamily=theme.FONT)
    bar.spines[:].set_visible(False)


def _buying_in_words(summary: pd.DataFrame) -> str:
    month = min(TEACHING_MONTH, int(summary.columns[-1]))
    now, before = summary[month]
    beside = "" if np.isnan(before) else f" (baseline {before:.0f} %)"
    return f"In month {month} after the first purchase {now:.0f} % of customers buy{beside}"
