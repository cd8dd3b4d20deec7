"""What all charts of the deck are drawn with, so that they look alike.

Everything here may be done again and again to the same axes: what stays the same is made once.
"""

from typing import Any, cast

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle, StepPatch
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation
from numpy.typing import NDArray

from sim.lab import theme

UPPER, LOWER = 0.55, 0.27
"""Heights of two strips that share one chart."""
LABEL_PT = 20.5
"""How far below the axes their label stands."""

_SIZES = ((1e9, "bn"), (1e6, "M"), (1e3, "k"))
_LABEL: dict[str, Any] = {
    "fontsize": theme.TEXT_PT,
    "fontfamily": theme.FONT,
    "color": theme.MUTED,
    "parse_math": False,
}


def compact(value: float) -> str:
    """A number short enough for a title.

    >>> [compact(59.76), compact(-21_400), compact(1_250_000), compact(3.1e9)]
    ['59.8', '-21,400', '1.25M', '3.10bn']
    """
    for size, name in _SIZES[:2]:
        if abs(value) >= size:
            return f"{value / size:.2f}{name}"
    return f"{value:,.1f}" if abs(value) < 1000 and value % 1 else f"{value:,.0f}"


def month_numbers(months: "pd.DataFrame | pd.Series[float]") -> NDArray[np.int64]:
    """1, 2, 3, ... for the rows of `Run.months` or of one of its columns."""
    return np.arange(1, len(months) + 1)


def line(ax: Axes, x: Any, y: Any, **style: Any) -> None:
    """A line or dots. All charts set their own limits, so matplotlib, which is slow at it, need not."""
    ax.add_artist(Line2D(x, y, **style))


def level(ax: Axes, y: float, **style: Any) -> None:
    """A horizontal line across the chart."""
    line(ax, [0, 1], [y, y], transform=ax.get_yaxis_transform(), **style)


def upright(ax: Axes, x: float, **style: Any) -> None:
    """A vertical line up the chart."""
    line(ax, [x, x], [0, 1], transform=ax.get_xaxis_transform(), **style)


def band(ax: Axes, low: float, high: float, **style: Any) -> None:
    """What lies between two levels."""
    ax.add_artist(Rectangle((0, low), 1, high - low, transform=ax.get_yaxis_transform(), **style))


def intervals(ax: Axes, x: Any, low: Any, high: Any, **style: Any) -> None:
    """A vertical line from low to high at each x, none where there is no number."""
    ends = np.stack([np.column_stack([x, low]), np.column_stack([x, high])], axis=1)
    ax.add_artist(LineCollection([*ends[~np.isnan(ends).any(axis=(1, 2))]], **style))


def steps(ax: Axes, heights: NDArray[np.float64], edges: NDArray[np.float64], **style: Any) -> None:
    """A histogram's outline."""
    ax.add_artist(StepPatch(heights, edges, **style))


def lines(ax: Axes, now: "pd.Series[float]", before: "pd.Series[float]") -> None:
    """Two monthly series on an axis that shows 0."""
    for values, style in ((now, theme.NOW), (before, theme.BASELINE)):
        line(ax, month_numbers(values), values.to_numpy(), **style, marker="" if len(values) > 1 else ".")
    both = np.nan_to_num(np.concatenate([now, before]))
    round_limits(ax, min(both.min(), 0), max(both.max(), 0))


def round_limits(ax: Axes, low: float, high: float) -> None:
    """End the vertical axis at ticks or halfway, so that it stands still while a lever is dragged."""
    ticks = ax.yaxis.get_major_locator().tick_values(low, high if high > low else low + 1)
    half = (ticks[1] - ticks[0]) / 2
    bottom, top = half * np.floor(low / half), half * max(np.ceil(high / half), 1)
    room = 0.03 * (top - bottom)
    ax.set_ylim(bottom - room * (low < 0), top + room)


def strips(ax: Axes) -> tuple[Axes, Axes]:
    """Two axes, one above the other, in the place of one."""
    if not ax.child_axes:
        ax.set_axis_off()
        ax.inset_axes((0, 1 - UPPER, 1, UPPER))
        ax.inset_axes((0, 0, 1, LOWER))
    upper, lower = cast("list[Axes]", ax.child_axes)
    return upper, lower


def title(ax: Axes, text: str) -> Axes:
    """Say what is seen. At a fixed height matplotlib need not search for a free one."""
    font = {"fontsize": theme.TITLE_PT, "fontweight": "bold", "fontfamily": theme.FONT}
    ax.set_title(text, font, x=0, y=1.0, pad=26, ha="left", color=theme.INK, parse_math=False)
    return ax


def dress(ax: Axes, label: str, ticks: int) -> None:
    """Label the vertical axis, with its unit, horizontally above it; few ticks, thin grid, no box."""
    if ax.get_ylabel() == label:
        return
    ax.set_ylabel(label, rotation=0, ha="left", va="bottom", **_LABEL)
    ax.yaxis.set_label_coords(0, 1.0)
    ax.yaxis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_formatter(FuncFormatter(tick))
    ax.tick_params(length=0, labelsize=theme.TEXT_PT, labelcolor=theme.INK, labelfontfamily=theme.FONT)
    ax.tick_params(axis="x", pad=8)
    ax.set_axisbelow(True)
    ax.grid(axis="y", color=theme.RULE, linewidth=0.8)
    ax.grid(axis="x", visible=False)
    ax.spines[:].set_visible(False)


def month_axes(months: "pd.Series[pd.Timestamp]", *axes: Axes) -> None:
    """Months along the lowest of the axes, four of them named."""
    at = np.arange(0, len(months), -(-len(months) // 4))
    names = [f"{month:%b %Y}" for month in months.iloc[at]]
    limits = (0.4, len(months) + 0.6)
    labels = [tick.label1.get_text() for tick in axes[-1].xaxis.get_major_ticks()]
    if (axes[-1].get_xlim(), labels) == (limits, names):
        return
    for ax in axes:
        ax.set_xlim(limits)
        ax.set_xticks(at + 1)
        ax.tick_params(labelbottom=ax is axes[-1])
    axes[-1].set_xticks(at + 1, names)
    _x_label(axes[-1], "month")


def number_axis(ax: Axes, label: str) -> None:
    """Plain numbers along the axes."""
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.xaxis.set_major_formatter(FuncFormatter(tick))
    _x_label(ax, label)


def legend(ax: Axes) -> None:
    """Which line is which, above the axes on the right. Two words draw faster than a Legend."""
    if not ax.texts:
        _key(ax, "━ now", theme.NOW_COLOUR, 82)
        _key(ax, "╍ baseline", theme.BASELINE_COLOUR, 0)


def frame(ax: Axes) -> list[Artist]:
    """What stands around the data: the horizontal axis and the legend."""
    return [ax.xaxis, *ax.texts] if ax.axison else []


def scale(ax: Axes) -> list[Artist]:
    """The vertical axis with its grid."""
    return [ax.yaxis] if ax.axison else []


def data(ax: Axes) -> list[Artist]:
    """Lines, bars and bands in drawing order."""
    drawn = {*ax.lines, *ax.patches, *ax.collections}
    return sorted((artist for artist in ax.get_children() if artist in drawn), key=Artist.get_zorder)


def wipe(ax: Axes) -> None:
    """Take off the data, keep axes, ticks, labels and legend."""
    for artist in data(ax):
        artist.remove()


def _key(ax: Axes, text: str, colour: str, points_left: float) -> None:
    place: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "ha": "right"}
    ax.annotate(text, (1, 1), (-points_left, 3), **place, **(_LABEL | {"color": colour}))


def tick(value: float, _: int) -> str:
    """A number short enough for an axis."""
    for size, name in _SIZES:
        if abs(value) >= size:
            return f"{value / size:g}{name}"
    return f"{value:g}"


def _x_label(ax: Axes, label: str) -> None:
    ax.set_xlabel(label, ha="center", va="top", **_LABEL)
    below = ScaledTranslation(0, -LABEL_PT / 72, cast(Figure, ax.figure).dpi_scale_trans)
    ax.xaxis.set_label_coords(0.5, 0, transform=ax.transAxes + below)
