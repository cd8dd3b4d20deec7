"""The contest as a picture for the README."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import StrMethodFormatter

from benchmarks.contest import Result
from sim.lab import theme

PICTURE = Path(__file__).with_name("images") / "peers.png"
OTHERS = "#9aa5b1"
ROOM = 3.0
"""Times the quickest rate: where the axis ends, so that labels fit."""


def draw(results: list[Result], ax: Axes) -> Axes:
    """Thousands of purchases per second, one bar a contestant, on a logarithmic scale; labelled directly."""
    table = pd.DataFrame({"title": [one.title for one in results]})
    table["rate"] = [one.cost.rate / 1e3 for one in results]
    colours = [theme.NOW_COLOUR if one.peer.module == "engine" else OTHERS for one in results]
    sns.barplot(table, x="rate", y="title", hue="title", palette=colours, legend=False, ax=ax)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.set_xlim(right=table["rate"].max() * ROOM)
    for row, rate in enumerate(table["rate"]):
        ax.annotate(f"{rate:,.0f}", (rate, row), (4, 0), textcoords="offset points", va="center")
    ax.set(xlabel="thousand purchases per second, logarithmic", ylabel="")
    sns.despine(ax=ax)
    return ax


def save(results: list[Result], path: Path = PICTURE) -> Path:
    """Write the picture; returns where it is."""
    with plt.rc_context({"font.family": theme.FONT, "font.size": theme.TEXT_PT}):
        figure, ax = plt.subplots(figsize=(9, 0.42 * len(results) + 0.9), layout="constrained")
        draw(results, ax)
        path.parent.mkdir(exist_ok=True)
        figure.savefig(path, dpi=120)
        plt.close(figure)
    return path
