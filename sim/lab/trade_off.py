"""Two KPIs that pull in different directions: points, intervals, and the front of those that none beats."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from sim.experiments.comparison import Comparison
from sim.experiments.kpi_names import Kpi
from sim.experiments.sweep import Sweep
from sim.lab import theme
from sim.lab.drawing import dress
from sim.lab.effect import known, scale
from sim.lab.sheet import WORDS, along, headed, key, sheet, short
from sim.luck import Floats
from sim.scenario import levers

MOST_NAMES = 12
"""With more points than these, only the front and the unchanged scenario are named."""
PLACES = [(side * away, up * away) for away in (8, 16, 26) for up in (1, -1) for side in (1, -1, 0)]
"""Where a name may stand beside its point, in points of type; the first free place is taken."""
ALIGNED = {-1: "right", 0: "center", 1: "left"}
PARTS = ("mean", "low", "high")
FRONT, BEATEN, UNJUDGED = "on the Pareto front", "dominated: another beats it", "mean"
LOOKS: dict[str, dict[str, Any]] = {
    FRONT: {"color": theme.NOW_COLOUR, "edgecolor": theme.NOW_COLOUR, "zorder": 3},
    BEATEN: {"color": "white", "edgecolor": theme.MUTED, "zorder": 2},
    UNJUDGED: {"color": theme.NOW_COLOUR, "edgecolor": theme.NOW_COLOUR, "zorder": 3},
}


def trade_off(result: Sweep | Comparison, x: str, y: str, ax: Axes | None = None) -> Axes:
    """Two KPIs over the points of a sweep, or the worlds of a comparison, with their Pareto front.

    A point is a mean; the lines through it are the 95 % intervals of its difference to the unchanged scenario
    (or the baseline, a diamond) with the same luck. Filled and joined is the front: the points of which no
    other is at least as good in both KPIs and better in one. Where one of the KPIs has no better direction
    (`better` of `KPIS` is 0) there is none. `x` and `y` are names of `KPIS`; ValueError for another.
    """
    across, up = known(x), known(y)
    points = _points(result, x, y)
    points["is_front"] = front(across.better * points["x"], up.better * points["y"])
    points["group"] = np.where(points["is_front"], FRONT, BEATEN) if across.better and up.better else UNJUDGED
    currency = next(iter(_scenarios(result).values())).currency
    ax = ax or sheet(5.4)
    dress(ax, _axis_words(up, currency, "↑↓"), ticks=5)
    along(ax, _axis_words(across, currency, "→←"))
    _draw(ax, points, _what_is_named(result))
    key(ax)
    headed(ax, _title(across, up, points))
    ax.margins(0.15)
    _names(ax, points)
    return ax


def front(x: Any, y: Any) -> NDArray[np.bool_]:
    """Which points are on the Pareto front where more is better of both.

    No other point is at least as good in both and better in one. Equal points are on it together, a point
    without a number is not. Arrays of one length.
    """
    points = pd.DataFrame({"x": np.asarray(x, float), "y": np.asarray(y, float)}).dropna()
    best = points.groupby("x")["y"].max().sort_index(ascending=False)
    is_higher = best > best.cummax().shift(fill_value=-np.inf)
    on_front = (points["y"] == points["x"].map(best)) & points["x"].map(is_higher)
    return on_front.reindex(range(len(np.asarray(x))), fill_value=False).to_numpy(bool)


def _points(result: Sweep | Comparison, x: str, y: str) -> pd.DataFrame:
    """One row a point, the unchanged scenario first: name, and x and y with their low and high ends."""
    both = {axis: _of(result, kpi) * scale(known(kpi)) for axis, kpi in (("x", x), ("y", y))}
    columns = {axis + part.removeprefix("mean"): one[part] for axis, one in both.items() for part in PARTS}
    names = _labels(result)
    return pd.DataFrame(columns).set_axis(range(len(names))).assign(name=names)


def _of(result: Sweep | Comparison, kpi: str) -> pd.DataFrame:
    """Mean of a KPI at each point; low and high are the paired difference's interval around it."""
    if isinstance(result, Comparison):
        known_means = result.means["mean"].xs(kpi, level="kpi")
        apart = result.differences.xs(kpi, level="kpi").reindex(list(result.scenarios))
        difference, low, high = apart["difference"], apart["low"], apart["high"]
    else:
        table = result.table(kpi)
        known_means = pd.concat([pd.Series({0: result.baseline[kpi].mean()}), table["mean"]])
        apart = table.reindex(known_means.index)
        difference, low, high = (apart[f"difference{end}"] for end in ("", "_low", "_high"))
    means = known_means.reindex(apart.index)
    return pd.DataFrame({"mean": means, "low": means + low - difference, "high": means + high - difference})


def _labels(result: Sweep | Comparison) -> list[str]:
    if isinstance(result, Comparison):
        return [short(world, 24) for world in result.scenarios]
    settings = (", ".join(_value(one) for one in row) for row in result.points.itertuples(index=False))
    return [f"{short(result.scenario.name, 24)} as it is", *settings]


def _what_is_named(result: Sweep | Comparison) -> str:
    if isinstance(result, Comparison):
        return "named: scenarios"
    labels = {one.name: one.label for one in levers()}
    return short("named: " + ", ".join(labels[str(name)] for name in result.points.columns), 56)


def _value(value: object) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def _scenarios(result: Sweep | Comparison) -> dict[str, Any]:
    return result.scenarios if isinstance(result, Comparison) else {"": result.scenario}


def _draw(ax: Axes, points: pd.DataFrame, named: str) -> None:
    """Intervals, front and dots; the first point is a diamond."""
    line: dict[str, Any] = {"color": theme.MUTED, "linewidth": 1.2, "zorder": 1}
    ax.hlines(points["y"], points["xlow"], points["xhigh"], label="95 % interval of the difference", **line)
    ax.vlines(points["x"], points["ylow"], points["yhigh"], **line)
    for group, some in points.groupby("group", sort=False):
        for mark, part in (("D", some[some.index == 0]), ("o", some[some.index > 0])):
            if len(part):
                name = f"baseline, {group}" if mark == "D" else str(group)
                sns.scatterplot(part, x="x", y="y", marker=mark, s=70, ax=ax, label=name, **LOOKS[str(group)])
    edge = points[points["group"] == FRONT].sort_values(["x", "y"])
    ax.plot(edge["x"], edge["y"], "--", color=theme.NOW_COLOUR, linewidth=1.4, zorder=1)
    ax.plot([], [], " ", label=named)


def _axis_words(kpi: Kpi, currency: str, arrows: str) -> str:
    heading = kpi.heading(currency)
    way = {1: f" (more is better {arrows[0]})", -1: f" (less is better {arrows[1]})", 0: ""}
    return heading + way[kpi.better]


def _title(across: Kpi, up: Kpi, points: pd.DataFrame) -> str:
    pair = f"{up.label} and {across.label}"
    if not (across.better and up.better):
        return f"{pair} of {len(points)} settings"
    count = int(points["is_front"].sum())
    if count == 1:
        return f"{pair}: {points.loc[points['is_front'], 'name'].iloc[0]} is best in both"
    return f"{pair}: {count} of {len(points)} settings on the Pareto front"


def _names(ax: Axes, points: pd.DataFrame) -> None:
    """Write names beside the points where they cover neither a point nor each other."""
    ax.figure.canvas.figure.draw_without_rendering()
    dots = ax.transData.transform(points[["x", "y"]].dropna())
    edge = points.loc[points["is_front"], ["x", "y"]].sort_values(["x", "y"])
    taken = [_around(dot, 6) for dot in dots] + [
        _around(dot, 2) for dot in _between(ax.transData.transform(edge))
    ]
    for _, point in _named(points):
        words = _free_place(ax, point, taken)
        taken.append(words.get_window_extent())


def _around(dot: Floats, size: float) -> Bbox:
    return Bbox.from_extents(*(dot - size), *(dot + size))


def _between(corners: Floats) -> Floats:
    """Dots along the line through the corners."""
    steps = np.arange(0, max(len(corners) - 1, 0), 0.1)
    whole = np.arange(len(corners))
    return np.column_stack([np.interp(steps, whole, corners[:, axis]) for axis in (0, 1)])


def _named(points: pd.DataFrame) -> Iterator[tuple[Any, Any]]:
    named = points.dropna(subset=["x", "y"])
    if len(named) > MOST_NAMES:
        named = named[named["is_front"] | (named.index == 0)]
    return named.iterrows()


def _free_place(ax: Axes, point: Any, taken: list[Bbox]) -> Annotation:
    """The name at the first place that is free, or the one that covers least."""
    style: dict[str, Any] = {
        "color": theme.INK if point["is_front"] else theme.MUTED,
        "va": "center",
        **WORDS,
    }
    spot = (point["x"], point["y"])
    words = ax.annotate(point["name"], spot, (0, 0), textcoords="offset points", **style)
    size, dot = words.get_window_extent(), ax.transData.transform(spot)
    dots_per_point = ax.figure.canvas.figure.dpi / 72
    boxes = [_box(dot, dots_per_point * np.array(place), size) for place in PLACES]
    place = PLACES[int(np.argmin([_covered(ax, box, taken) for box in boxes]))]
    words.set(position=place, ha=ALIGNED[int(np.sign(place[0]))])
    return words


def _box(dot: Floats, away: Floats, size: Bbox) -> Bbox:
    """What words of this size cover so far away from a dot, aligned as `ALIGNED` says."""
    left = {-1: -size.width, 0: -size.width / 2, 1: 0.0}[int(np.sign(away[0]))]
    return Bbox.from_bounds(
        dot[0] + away[0] + left, dot[1] + away[1] - size.height / 2, size.width, size.height
    )


def _covered(ax: Axes, words: Bbox, taken: list[Bbox]) -> float:
    """How much of other things the words would cover, and of themselves be outside, in square dots."""
    inside = Bbox.intersection(words, ax.bbox)
    outside = words.width * words.height - (inside.width * inside.height if inside else 0.0)
    shared = (Bbox.intersection(words, one) for one in taken)
    return outside + sum(one.width * one.height for one in shared if one)
