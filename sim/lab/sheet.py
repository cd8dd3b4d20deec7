"""What the charts of experiments share: a sheet of paper for one chart, its title, its key, its looks."""

import textwrap
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from sim.lab import theme
from sim.lab.drawing import tick, title
from sim.lab.journey_chart import BLUE, GREEN, ORANGE, PURPLE, VERMILION

WIDTH = 7.2  # inches
LETTER_PT, BOLD_PT, HANDLE_PT = 6.4, 7.2, 48.0  # mean widths of letters, and of a mark in a key
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE)
DASHES: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
WORDS: dict[str, Any] = {"fontsize": theme.TEXT_PT, "fontfamily": theme.FONT, "parse_math": False}
AXIS: dict[str, Any] = WORDS | {"color": theme.MUTED}


def sheet(height: float) -> Axes:
    """Axes of their own, so many inches high, which a notebook shows as any others of pyplot."""
    _, ax = plt.subplots(figsize=(WIDTH, height), layout="constrained")
    return ax


def headed(ax: Axes, text: str) -> Axes:
    """The axes with a title that says what is seen, on as many lines as it takes."""
    return title(ax, textwrap.fill(text, max(int(width_pt(ax) / 7.4), 20)))


def width_pt(ax: Axes) -> float:
    """How wide the axes are, in points, as far as they are filled by now."""
    figure = ax.figure.canvas.figure
    figure.draw_without_rendering()
    return float(72 * ax.get_window_extent().width / figure.dpi)


def along(ax: Axes, label: str, values: "pd.Series[Any] | None" = None) -> None:
    """What is along the horizontal axis: numbers, or these values side by side."""
    ax.set_xlabel(label, **AXIS)
    if values is None or is_number(values):
        ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
        ax.xaxis.set_major_formatter(FuncFormatter(tick))
    else:
        ax.set_xticks(range(values.nunique()), [str(value) for value in values.unique()])
        ax.set_xlim(-0.5, values.nunique() - 0.5)


def is_number(values: "pd.Series[Any]") -> bool:
    """Whether a lever with these values has a scale."""
    return is_numeric_dtype(values) and not is_bool_dtype(values)


def looks() -> Iterator[dict[str, Any]]:
    """Looks of lines, different in colour, dashes and marks."""
    for colour, dash, mark in zip(cycle(COLOURS), cycle(DASHES), cycle(MARKERS), strict=False):
        yield {"color": colour, "linestyle": dash, "linewidth": 2.2, "marker": mark, "markersize": 5}


def key(ax: Axes) -> None:
    """Which mark is which, below the label of the horizontal axis, in two columns if there is room."""
    longest = max((len(text) for text in ax.get_legend_handles_labels()[1]), default=0)
    has_room = 2 * (LETTER_PT * longest + HANDLE_PT) < width_pt(ax)
    font = {"family": theme.FONT, "size": theme.TEXT_PT}
    lower = ScaledTranslation(0, -46 / 72, ax.figure.dpi_scale_trans)
    place: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, 0), "borderaxespad": 0.0}
    shown = ax.legend(
        **place,
        bbox_transform=ax.transAxes + lower,
        frameon=False,
        ncols=2 if has_room else 1,
        prop=font,
        labelcolor=theme.INK,
    )
    for text in shown.get_texts():
        text.set_parse_math(False)


def short(name: object, longest: int = 30) -> str:
    """A name for a chart: on one line, and not too long."""
    line = " ".join(str(name).split())
    return line if len(line) <= longest else f"{line[: max(longest - 1, 1)]}…"
