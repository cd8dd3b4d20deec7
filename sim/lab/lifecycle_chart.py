"""The customer lifecycle as a flow: leads, customers, regulars, those with a second product, and the lost."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from scipy.optimize import brentq

from sim.lab import theme
from sim.lab.drawing import title
from sim.lab.journey_chart import BLUE, GREEN, PURPLE, VERMILION
from sim.lab.lifecycle import STAGES, Lifecycle, lifecycle, share
from sim.lab.sheet import WORDS
from sim.lab.single import page
from sim.luck import Floats
from sim.run import Run

MARGINS = {"left": 0.012, "right": 0.988, "bottom": 0.02, "top": 0.9}
GREY = "#76808c"

ENDS = {
    "newcomers_stay": BLUE,
    "regulars_stay": GREEN,
    "extended_stay": PURPLE,
    "extended_lost": VERMILION,
    "regulars_lost": VERMILION,
    "newcomers_lost": VERMILION,
    "not_won": GREY,
}
"""Where everybody is at the end and the colour of that, from top to bottom: so no flow crosses another."""
STEPS = {"customers": BLUE, "regulars": GREEN, "extended": PURPLE}
"""The stages that customers reach, each with the colour of who comes in."""
_GROUPS = ("newcomers", "regulars", "extended")
"""Those who came no further than that stage: the first words of their ends."""

_LEFT_PT, _RIGHT_PT, _HEAD_PT, _FOOT_PT = 112.0, 166.0, 60.0, 20.0
"""Room for words, points: beside the sources, beside the ends, above the stages, below all."""
_SLOT_PT, _GAP_PT, _BAR_PT, _LINE_PT = 31.0, 6.0, 8.0, 14.5
"""Points: least height of an end with its words, space between flows, width of a bar, height of a line."""
_COLUMNS = (0.0, 0.17, 0.5, 0.83, 1.0)
"""Where sources, stages and ends stand, as shares of the room between the words."""


class Node(NamedTuple):
    """A bar, or a part of one: its place, its top and how high it is, points."""

    x: float
    top: float
    height: float

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return self.top - self.height

    @property
    def middle(self) -> float:
        """Half way up."""
        return self.top - self.height / 2


def lifecycle_chart(run: Run, baseline: Run | None = None, ax: Axes | None = None) -> Axes:
    """The flow of leads and customers through the lifecycle, widths as their numbers, the baseline in words.

    From left to right: where they came from, the stages they reached, where they are at the end. Who stays
    leaves upwards, who is lost downwards. Wants axes of about 9 x 5.5 inches.
    """
    ax = page(MARGINS) if ax is None else ax
    now, before = lifecycle(run), lifecycle(run if baseline is None else baseline)
    ax.set_axis_off()
    if not now.leads + now.customers:
        return title(ax, "No leads and no customers: nothing flows")
    flow = _Flow(ax, now, before)
    flow.draw()
    flow.label(run.scenario.extension.regular_purchases)
    return title(ax, _in_words(now))


def _in_words(now: Lifecycle) -> str:
    if not now.customers:
        return f"None of {now.leads:,} leads became a customer"
    regulars, lost = share(now, "regulars"), share(now, "lost")
    extended = 100 * now.extended / now.customers
    return f"Of 100 customers {regulars:.0f} become regulars, {extended:.0f} extend, {lost:.0f} are lost"


class _Flow:
    """One drawing: the scale and the places of all bars, in points."""

    def __init__(self, ax: Axes, now: Lifecycle, before: Lifecycle) -> None:
        self._ax, self._now, self._before = ax, now, before
        width, self._height = 72 * ax.bbox.width / _dpi(ax), 72 * ax.bbox.height / _dpi(ax)
        ax.set_xlim(0, width)
        ax.set_ylim(0, self._height)
        self._x = _LEFT_PT + (width - _LEFT_PT - _RIGHT_PT) * np.array(_COLUMNS)
        self._ends = self._place_ends(self._height - _HEAD_PT)
        self._steps = {step: self._place_step(place) for place, step in enumerate(STEPS)}
        self._sources = self._place_sources(self._height - _HEAD_PT)

    def draw(self) -> None:
        """All flows, and the bars upon them."""
        into = self._part_with_leads()
        for group, (step, node) in zip(_GROUPS, self._steps.items(), strict=True):
            self._flow(into, node, STEPS[step])
            into = [self._part(node, group)]
        for node in (*self._sources.values(), *self._steps.values()):
            self._bar(node, theme.INK)
        for end, node in self._ends.items():
            self._bar(node, ENDS[end])

    def label(self, regular_purchases: int) -> None:
        """Numbers, shares and the baseline in words."""
        for source, node in self._sources.items():
            self._words(node.x - 8, node.middle + 1.5 * _LINE_PT, "right", self._of_source(source))
        for step, node in self._steps.items():
            self._words(node.x, self._height, "center", self._of_step(step))
        for end, node in self._ends.items():
            self._words(node.x + 8, node.middle + _LINE_PT, "left", self._of_end(end))
        regulars = f"Regulars: {regular_purchases:,} purchases or more."
        said = f"{regulars} Extended: a second product. Lost: in truth."
        self._ax.text(0, 0, said, va="bottom", color=theme.MUTED, **WORDS)

    def _place_ends(self, top: float) -> dict[str, Node]:
        """The ends below each other, at as large a scale as fits between the words above and below."""
        shown = [end for end in ENDS if getattr(self._now, end) or getattr(self._before, end)]
        counts = np.array([getattr(self._now, end) for end in shown], float)
        self._scale = _scale(counts, top - _FOOT_PT)
        slots, heights = _slots(counts, self._scale), self._scale * counts
        tops = top - np.cumsum(slots) + (slots + heights) / 2
        return {end: Node(self._x[4], *bar) for end, *bar in zip(shown, tops, heights, strict=True)}

    def _place_step(self, place: int) -> Node:
        """The bar of a stage, in the middle of where those who reached it end."""
        ends = [node for end, node in self._ends.items() if end.startswith(_GROUPS[place:])]
        if not ends:
            return Node(self._x[place + 1], self._height / 2, 0.0)
        height = sum(node.height for node in ends)
        return Node(self._x[place + 1], (ends[0].top + ends[-1].bottom + height) / 2, height)

    def _place_sources(self, top: float) -> dict[str, Node]:
        """The leads beside those who end as leads, so that this flow is straight; the others above them."""
        counts = {source: getattr(self._now, source) for source in ("leads", "opening")}
        shown = {source: self._scale * count for source, count in counts.items() if count}
        height = sum(shown.values()) + _GAP_PT * (len(shown) - 1)
        if self._now.not_won:
            bottom = self._ends["not_won"].bottom
        else:
            bottom = self._steps["customers"].middle - height / 2
        places, bottom = {}, min(bottom, top - height)
        for source, high in shown.items():
            places[source] = Node(self._x[0], bottom + high, high)
            bottom += high + _GAP_PT
        return places

    def _part_with_leads(self) -> list[Node]:
        """Let those flow who stay leads; returns the parts of the sources that become customers."""
        parts = [self._sources["opening"]] if "opening" in self._sources else []
        leads = self._sources.get("leads")
        if leads is None:
            return parts
        end = self._ends.get("not_won", Node(self._x[4], leads.bottom, 0.0))
        self._flow([Node(leads.x, leads.bottom + end.height, end.height)], end, GREY)
        return [*parts, Node(leads.x, leads.top, leads.height - end.height)]

    def _part(self, node: Node, group: str) -> Node:
        """Let those flow who come no further than this stage; returns the part of its bar that goes on."""
        stay, lost = (self._ends.get(f"{group}_{how}", Node(0, 0, 0)) for how in ("stay", "lost"))
        self._flow([Node(node.x, node.top, stay.height)], stay, ENDS[f"{group}_stay"])
        self._flow([Node(node.x, node.bottom + lost.height, lost.height)], lost, VERMILION)
        return Node(node.x, node.top - stay.height, node.height - stay.height - lost.height)

    def _flow(self, parts: list[Node], to: Node, colour: str) -> None:
        """Bands from parts of bars into a bar, filling it from its top."""
        top = to.top
        for part in parts:
            if part.height > 0:
                bend = part.x + self._x[2] - self._x[1]
                band = _band(part, Node(to.x, top, part.height), min(bend, to.x))
                self._ax.add_patch(PathPatch(band, facecolor=colour, alpha=0.32, linewidth=0))
            top -= part.height

    def _bar(self, node: Node, colour: str) -> None:
        if node.height > 0:
            corner = (node.x - _BAR_PT / 2, node.bottom)
            self._ax.add_patch(Rectangle(corner, _BAR_PT, node.height, facecolor=colour, linewidth=0))

    def _words(self, x: float, top: float, align: str, lines: tuple[str, ...]) -> None:
        """Lines below each other: what it is in bold, the baseline, which comes last, in grey."""
        for place, line in enumerate(lines):
            look: dict[str, Any] = {"color": theme.MUTED if line is lines[-1] else theme.INK}
            weight = "bold" if not place else "normal"
            y = top - (place + 0.5) * _LINE_PT
            self._ax.text(x, y, line, ha=align, va="center", fontweight=weight, **look, **WORDS)

    def _of_source(self, source: str) -> tuple[str, ...]:
        now, before = getattr(self._now, source), getattr(self._before, source)
        return STAGES[source].words, f"{now:,}", f"baseline {before:,}"

    def _of_step(self, step: str) -> tuple[str, ...]:
        """A stage: how many reached it, what share of those who could, and the same in the baseline."""
        counted = "won" if step == "customers" else step
        now, before = getattr(self._now, step), getattr(self._before, step)
        of = "leads won" if step == "customers" else STAGES[step].of
        shares = [percent(share(flow, counted)) for flow in (self._now, self._before)]
        return f"{STAGES[step].words} {now:,}", f"{shares[0]} of {of}", f"baseline {before:,} ({shares[1]})"

    def _of_end(self, end: str) -> tuple[str, ...]:
        now, before = getattr(self._now, end), getattr(self._before, end)
        shares = [percent(share(flow, end)) for flow in (self._now, self._before)]
        return f"{now:,} {STAGES[end].words}", f"{shares[0]}; baseline {before:,} ({shares[1]})"


def percent(value: float) -> str:
    """A share as the picture writes it.

    >>> percent(12.345), percent(float("nan"))
    ('12 %', '– %')
    """
    return "– %" if np.isnan(value) else f"{value:.0f} %"


def _slots(counts: Floats, scale: float) -> Floats:
    """Height of the place of each end: its bar and a gap, and at least its words."""
    return np.maximum(_SLOT_PT, scale * counts + _GAP_PT)


def _scale(counts: Floats, height: float) -> float:
    """Points per head at which all slots together are just so high."""
    least = _slots(counts, 0).sum()
    if least >= height:
        raise ValueError(f"axes leave {height:.0f} points for the flow; allowed: more than {least:.0f}")
    return float(brentq(lambda scale: _slots(counts, scale).sum() - height, 0, height / counts.sum()))


def _band(start: Node, end: Node, bend: float) -> Path:
    """A band that bends until `bend` and runs straight from there."""
    half = (start.x + bend) / 2
    upper = [(start.x, start.top), (half, start.top), (half, end.top), (bend, end.top), (end.x, end.top)]
    lower = [(end.x, end.bottom), (bend, end.bottom), (half, end.bottom), (half, start.bottom)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, *[Path.LINETO] * 3, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    points = [*upper, *lower, (start.x, start.bottom), (start.x, start.top)]
    return Path(points, codes)


def _dpi(ax: Axes) -> float:
    return float(ax.figure.dpi)
