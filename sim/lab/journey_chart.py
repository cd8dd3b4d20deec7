"""One customer's life as a picture: what the customer felt above, what the company had on record below."""

import io
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, DateFormatter, date2num
from matplotlib.figure import Figure

from sim.lab import theme
from sim.lab.drawing import compact, dress, title
from sim.run import Run

INCHES = (10.0, 6.0)
BLUE, GREEN, PURPLE, VERMILION, ORANGE = "#0072b2", "#00805f", "#a0467a", "#b34700", "#8a6000"
"""From Okabe & Ito's palette, darkened like the theme's."""

_MARGINS = {"left": 0.165, "right": 0.955, "bottom": 0.075, "top": 0.875, "hspace": 0.36}
_HEIGHTS = (1.1, 0.8, 1.6)
SHORT_DAYS = 180  # a journey whose dates need the day


class Lane(NamedTuple):
    """A line of the timeline: its name, and what a row of the journey starts with, as "event: detail"."""

    name: str
    starts: tuple[str, ...]
    marker: str
    colour: str


LANES = (
    Lane("purchase", ("purchase:",), "o", BLUE),
    Lane("reward taken", ("points redeemed:",), "*", GREEN),
    Lane("tier gained", ("promotion:",), "^", GREEN),
    Lane("tier lost", ("demotion:",), "v", VERMILION),
    Lane("points expired", ("points expired:",), "x", ORANGE),
    Lane("rebate claimed", ("rebate claimed:",), "P", BLUE),
    Lane("purchase returned", ("purchase returned:",), "X", ORANGE),
    Lane("offer accepted", ("offer: accepted",), "P", GREEN),
    Lane("offer ignored", ("offer: ignored",), "x", ORANGE),
    Lane("NPS answer (of 10)", ("survey answer: nps",), "D", PURPLE),
    Lane("log-in failed", ("failed log-in:",), "v", ORANGE),
    Lane("question or bill", ("ticket opened: question", "ticket opened: billing"), "s", ORANGE),
    Lane("complaint", ("ticket opened: complaint",), "X", VERMILION),
    Lane("newsletter ended", ("newsletter cancelled:",), "X", VERMILION),
    Lane("contract cancelled", ("cancellation recorded:",), "X", VERMILION),
    Lane("parted with", ("parted with:",), "X", VERMILION),
)


class Page(Figure):
    """A figure that a notebook shows although it belongs to no pyplot window."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


def journey_chart(run: Run, customer_id: object) -> Figure:
    """One customer's satisfaction, trust and commitment over time, above a timeline of what was recorded.

    The upper two strips and the moment of loss are hidden from any company. Returns a figure of 10 x 6 inch.
    ValueError for a customer who is not in the run.
    """
    journey = run.journey(customer_id)
    figure = Page(figsize=INCHES, dpi=theme.DOTS_PER_INCH)
    felt, bound, recorded = figure.subplots(
        3, 1, sharex=True, gridspec_kw={"height_ratios": _HEIGHTS, **_MARGINS}
    )
    lives = run.episodes[run.episodes["customer_id"] == customer_id]
    _satisfaction(felt, journey, lives, run.scenario.retention.market_standard)
    _bonds(bound, journey)
    _timeline(recorded, journey)
    _dates(recorded, journey)
    _mark_loss(journey, felt, bound, recorded)
    title(felt, _in_words(run, journey, customer_id))
    return figure


def _satisfaction(ax: Axes, journey: pd.DataFrame, lives: pd.DataFrame, standard: float) -> None:
    dress(ax, "satisfaction, points of 10 (hidden)", ticks=4)
    hurt = lives[lives["failures"] > lives["tolerance"]]
    ax.axhline(standard, **(theme.BASELINE | {"linewidth": 1.0}))
    ax.step(journey["time"], journey["satisfaction"], where="post", color=BLUE, linewidth=2.0)
    ax.plot(hurt["time"], hurt["satisfaction"], "v", color=VERMILION, markersize=6, clip_on=False)
    _key(ax, ("▼ failures not tolerated", VERMILION), ("╍ market standard", theme.BASELINE_COLOUR))
    seen = [*journey["satisfaction"].dropna(), standard]
    ax.set_ylim(np.floor(min(seen)) - 0.1, np.ceil(max(seen)) + 0.1)  # whole points: noise stays small


def _bonds(ax: Axes, journey: pd.DataFrame) -> None:
    dress(ax, "trust and commitment, 0 to 1 (hidden)", ticks=2)
    line: dict[str, Any] = {"where": "post", "linewidth": 2.0}
    ax.step(journey["time"], journey["trust"], color=GREEN, **line)
    ax.step(journey["time"], journey["commitment"], color=PURPLE, linestyle=(0, (3, 1)), **line)
    _key(ax, ("━ trust", GREEN), ("╍ commitment", PURPLE))
    ax.set_ylim(-0.03, 1.03)


def _timeline(ax: Axes, journey: pd.DataFrame) -> None:
    """A lane for each kind of event that this customer has, the first one on top."""
    dress(ax, "on record", ticks=4)
    said = journey["event"] + ": " + journey["detail"]
    lanes = [(lane, journey[said.str.startswith(lane.starts)]) for lane in LANES]
    lanes = [(lane, events) for lane, events in lanes if len(events)]
    for place, (lane, events) in enumerate(lanes):
        ax.plot(events["time"], np.full(len(events), place), lane.marker, **_look(lane))
        if "nps" in lane.starts[0]:
            _scores(ax, events, place)
    ax.set_yticks(range(len(lanes)), [lane.name for lane, _ in lanes])
    ax.set_ylim(max(len(lanes), 4) - 0.5, -0.7)


def _look(lane: Lane) -> dict[str, Any]:
    return {"color": lane.colour, "markersize": 8 if lane.marker == "*" else 6, "markeredgewidth": 1.2}


def _scores(ax: Axes, events: pd.DataFrame, place: int) -> None:
    """Write each answer beside its mark."""
    for time, detail in zip(events["time"], events["detail"], strict=True):
        backing = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
        at = (date2num(time), place)
        ax.annotate(detail.split()[1], at, (6, 0), va="center", bbox=backing, **_words(PURPLE))


def _dates(ax: Axes, journey: pd.DataFrame) -> None:
    days = date2num(journey["time"])
    is_short = days[-1] - days[0] < SHORT_DAYS
    ax.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=7))
    ax.xaxis.set_major_formatter(DateFormatter("%d %b %Y" if is_short else "%b %Y"))
    room = max(0.015 * (days[-1] - days[0]), 0.5)
    ax.set_xlim(days[0] - room, days[-1] + room)


def _mark_loss(journey: pd.DataFrame, *axes: Axes) -> None:
    """A dotted line through all strips, named in the lowest of them."""
    for time in journey.loc[journey["event"] == "lost", "time"]:
        for ax in axes:
            ax.axvline(date2num(time), color=VERMILION, linewidth=1.6, linestyle=":")
        low, high = axes[-1].get_xlim()
        is_late = date2num(time) > (low + high) / 2
        axes[-1].annotate(
            f"lost {time:%d %b %Y} (hidden)" if _is_unseen(journey) else f"lost {time:%d %b %Y}",
            (date2num(time), 1),
            (-5 if is_late else 5, 3),
            xycoords=("data", "axes fraction"),
            ha="right" if is_late else "left",
            **_words(VERMILION),
        )


def _is_unseen(journey: pd.DataFrame) -> bool:
    return bool((journey["detail"] == "nobody recorded it").any())


def _in_words(run: Run, journey: pd.DataFrame, customer_id: object) -> str:
    bought = journey[journey["event"] == "purchase"]
    paid = f"{compact(bought['amount'].sum())} {run.scenario.currency}"
    count = f"{len(bought)} purchase{'s' * (len(bought) != 1)}"
    ends = "lost" if (journey["event"] == "lost").any() else "still a customer"
    return f"Customer {customer_id} of {run.scenario.name}, seed {run.seed}: {count}, {paid}, {ends}"


def _key(ax: Axes, *entries: tuple[str, str]) -> None:
    """Which mark is which, above the axes on the right."""
    points_left = 0.0
    for text, colour in reversed(entries):
        place: dict[str, Any] = {"xycoords": "axes fraction", "ha": "right"}
        ax.annotate(text, (1, 1), (-points_left, 3), **place, **_words(colour))
        points_left += 6.6 * len(text) + 8


def _words(colour: str) -> dict[str, Any]:
    return {
        "textcoords": "offset points",
        "color": colour,
        "fontsize": theme.TEXT_PT,
        "fontfamily": theme.FONT,
        "parse_math": False,
    }
