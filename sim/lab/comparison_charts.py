"""The charts of a comparison: what differs, and how it came about month by month.

Nothing is told by colour alone: what is not shown is hollow, worlds have a dash each, verdicts are words.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.experiments.comparison import Comparison
from sim.lab import theme
from sim.lab.drawing import dress, strips
from sim.lab.effect import VERDICTS, Effect, effects
from sim.lab.sheet import AXIS, BOLD_PT, LETTER_PT, WORDS, headed, key, looks, sheet, short, width_pt
from sim.run import Run

HEADLINE = ("profit", "clv", "churn_rate_per_month", "nps", "revenue", "cac", "points_liability")
"""KPIs of the picture of a comparison, unless others are asked for."""
SHORTEST = 16  # letters of a name in an axis label, so that it fits on a phone
FARTHEST = 4.0
"""How many times the typical line may a line of the forest plot reach before it leaves the picture."""


def differences(comparison: Comparison, kpis: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """Forest plot: how each world differs from the baseline, in percent of the baseline's mean.

    A dot and its 95 % interval a KPI and world; filled where the interval leaves out 0, hollow where not. The
    difference itself and the verdict stand above it. A line too long for the picture ends in an arrow. `kpis`
    are names of `KPIS` (None takes `HEADLINE`); ValueError for one that the comparison has not.
    """
    lines = effects(comparison, HEADLINE if kpis is None else kpis)
    ax = ax or sheet(height_of(len(lines)))
    reach = _reach(lines)
    _forest_axes(ax, lines, reach, f"difference to {short(comparison.baseline, SHORTEST)}, % of its mean")
    room = width_pt(ax)
    for place, line in enumerate(lines):
        _forest_line(ax, place, line, reach)
        _forest_words(ax, place, line, room if len(comparison.scenarios) > 2 else 0.0)
    return headed(ax, _forest_title(lines, list(comparison.scenarios)))


def height_of(lines: int) -> float:
    """Inches that so many lines of the forest plot need."""
    return 0.52 * lines + 1.3


def _reach(lines: list[Effect]) -> float:
    """How far the picture goes to either side, percent: the longest line, unless it dwarfs the others."""
    ends = np.abs([line.percent for line in lines if np.isfinite(line.percent[0])])
    longest = np.nanmax(ends, axis=1) if ends.size else np.zeros(1)
    typical = float(np.median(longest[longest > 0])) if (longest > 0).any() else 0.25
    return 1.08 * min(max(float(longest.max()), typical), FARTHEST * typical)


def _forest_line(ax: Axes, place: int, line: Effect, reach: float) -> None:
    """The dot, its interval, and an arrow at each end that leaves the picture."""
    difference, low, high = line.percent
    if np.isnan(difference):
        return
    colour = _colour(line)
    within = np.clip([low, high], -reach, reach)
    ax.hlines(place, *within, color=colour, linewidth=2.4, zorder=2)
    for end, beyond, arrow in ((-reach, low < -reach, "<"), (reach, high > reach, ">")):
        if beyond:
            ax.plot(end, place, arrow, color=colour, markersize=8, clip_on=False, zorder=3)
    face = colour if line.is_shown else "white"
    if abs(difference) <= reach:
        ax.plot(difference, place, "o", color=colour, markerfacecolor=face, markersize=7, zorder=3)


def _forest_words(ax: Axes, place: int, line: Effect, room_pt: float) -> None:
    """Above the line: the KPI on the left, the difference and the verdict on the right; the world if room."""
    backing = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
    common: dict[str, Any] = {"va": "center", "transform": ax.get_yaxis_transform(), "bbox": backing, **WORDS}
    said = f"{line.difference_text}, {line.verdict}"
    ax.text(1, place - 0.38, said, ha="right", color=_colour(line), **common)
    letters = int((room_pt - LETTER_PT * len(said)) / BOLD_PT) - len(line.label) - 3
    name = f"{line.label}, {short(line.world, max(letters, 5))}" if room_pt else line.label
    ax.text(0, place - 0.38, name, ha="left", color=theme.INK, fontweight="bold", **common)


def _forest_axes(ax: Axes, lines: list[Effect], reach: float, label: str) -> None:
    """Percent along the axes, a line at 0, and one between the KPIs."""
    dress(ax, " ", ticks=1)
    ax.set_xlim(-reach, reach)
    ax.set_ylim(len(lines) - 0.4, -0.85)
    ax.set_yticks([])
    ax.grid(axis="x", visible=True, color=theme.RULE, linewidth=0.8)
    ax.axvline(0, color=theme.BASELINE_COLOUR, linewidth=1.2, zorder=1)
    for place in range(1, len(lines)):
        if lines[place].name != lines[place - 1].name:
            ax.axhline(place - 0.66, color=theme.RULE, linewidth=0.8, zorder=0)
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(_percent))
    ax.set_xlabel(label, **AXIS)


def _percent(value: float, _: int) -> str:
    return f"{value:+g} %".replace("-", "−") if value else "0"


def _forest_title(lines: list[Effect], worlds: list[str]) -> str:
    said = Counter(line.verdict for line in lines)
    counts = ", ".join(f"{said[verdict]} {verdict}" for verdict in VERDICTS if said[verdict])
    others = short(worlds[1], 30) if len(worlds) == 2 else f"{len(worlds) - 1} scenarios"
    return f"{others} against {short(worlds[0], 30)}: {counts}"


def _colour(line: Effect) -> str:
    return {"better": theme.BETTER, "worse": theme.WORSE}.get(line.verdict, theme.MUTED)


def course(runs: Mapping[str, Run], ax: Axes | None = None) -> Axes:
    """Twins month by month: profit so far and active customers, each less the baseline's.

    `runs` are runs of one seed by the name of their world, the baseline first. ValueError for other runs.
    """
    (baseline, before), *others = runs.items()
    if not others or {run.seed for run in runs.values()} != {before.seed}:
        raise ValueError(f"runs are {[*runs.values()]}; allowed: at least two, all of one seed")
    ax = ax or sheet(4.8)
    upper, lower = strips(ax)
    dress(
        upper, f"profit so far less that of {short(baseline, SHORTEST)}, {before.scenario.currency}", ticks=4
    )
    dress(lower, f"active customers less those of {short(baseline, SHORTEST)}", ticks=2)
    for (world, run), look in zip(others, looks(), strict=False):
        more = (run.months - before.months)[["profit", "active_customers"]].dropna()
        upper.plot(more.index + 1, more["profit"].cumsum(), label=short(world), **look)
        lower.plot(more.index + 1, more["active_customers"], label=short(world), **look)
    for one in (upper, lower):
        one.axhline(0, **theme.BASELINE)
        one.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    upper.tick_params(labelbottom=False)
    lower.set_xlabel("month", **AXIS)
    key(lower)
    return headed(ax, f"Month by month in one pair of twins, seed {before.seed}")
