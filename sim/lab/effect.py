"""One line of a comparison in words: how a KPI differs from the baseline's, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sim.experiments.comparison import Comparison
from sim.experiments.kpi_names import KPIS, Kpi

VERDICTS = ("better", "worse", "more", "less", "nothing shown", "the same", "no interval", "no value")
UNCLEAR, SAME, NO_INTERVAL, NO_VALUE = VERDICTS[4:]


@dataclass(frozen=True)
class Effect:
    """The difference of a KPI between a world and the baseline with its 95 % interval, in the KPI's unit."""

    world: str
    name: str
    kpi: Kpi
    currency: str
    baseline: float
    mean: float
    difference: float
    low: float
    high: float
    probability_better: float

    @property
    def label(self) -> str:
        """What the KPI is called."""
        return self.kpi.label

    @property
    def is_shown(self) -> bool:
        """Whether the interval leaves out 0."""
        return bool(self.low > 0 or self.high < 0)

    @property
    def verdict(self) -> str:
        """better, worse, more, less (where neither is better), or why there is none of them."""
        if np.isnan(self.difference):
            return NO_VALUE
        if np.isnan(self.low):
            return NO_INTERVAL
        if not self.is_shown:
            return SAME if self.low == self.high == 0 else UNCLEAR
        sign = 1 if self.low > 0 else -1
        return {1: "better", -1: "worse", 0: "more" if sign > 0 else "less"}[sign * self.kpi.better]

    @property
    def percent(self) -> tuple[float, float, float]:
        """Difference, low and high in percent of the baseline's mean; NaN where that is 0."""
        size = abs(self.baseline) or np.nan
        difference, low, high = (100 * one / size for one in (self.difference, self.low, self.high))
        return difference, low, high

    @property
    def unit(self) -> str:
        """The unit of a difference: points, where that of the KPI is a range."""
        unit = self.kpi.unit_text(self.currency)
        return "points" if " to " in unit else unit

    @property
    def difference_text(self) -> str:
        """The difference with sign and unit."""
        return f"{self._fine.number(self.difference, '+')} {self.unit}".strip()

    @property
    def interval(self) -> str:
        """From low to high with signs."""
        return (
            "none" if np.isnan(self.low) else f"{self.number(self.low, '+')} to {self.number(self.high, '+')}"
        )

    @property
    def interval_text(self) -> str:
        """From low to high with signs and unit."""
        return f"{self.interval} {self.unit}".strip()

    @property
    def chance(self) -> str:
        """The probability of being better, without the false certainty of 0 and 100 %; a dash for none."""
        if np.isnan(self.probability_better):
            return "–"
        shown = f"{100 * self.probability_better:.1f} %"
        return {"100.0 %": "> 99.9 %", "0.0 %": "< 0.1 %"}.get(shown, shown)

    def number(self, value: float, sign: str = "") -> str:
        """A value as precisely as this interval deserves, without unit."""
        return self._fine.number(value, sign)

    @property
    def _fine(self) -> Kpi:
        """The KPI with the decimals that tell low from high and both from 0, at most four figures."""
        ends = np.abs([self.difference, self.low, self.high])
        sizes = np.append(ends[: 3 * self.is_shown], self.high - self.low)
        sizes = sizes[sizes > 0]  # NaN goes, too
        if not sizes.size:
            return self.kpi
        finest = max(sizes.min(), 1e-4 * np.nanmax(ends))
        need = int(np.ceil(-np.log10(scale(self.kpi) * finest)))
        return replace(self.kpi, digits=max(self.kpi.digits, need))


def effects(comparison: Comparison, kpis: Sequence[str] | None = None) -> list[Effect]:
    """The lines of `comparison.differences` in the order of the KPIs, then of the worlds.

    `kpis` are names of `KPIS`, None takes all; ValueError for another name.
    """
    names = list(KPIS) if kpis is None else list(kpis)
    for name in names:
        known(name)
    others = [world for world in comparison.scenarios if world != comparison.baseline]
    return [_effect(comparison, world, name) for name in names for world in others]


def known(name: str) -> Kpi:
    """The KPI of this name; ValueError if there is none."""
    if name not in KPIS:
        raise ValueError(f"there is no KPI {name!r}; allowed: {', '.join(KPIS)}")
    return KPIS[name]


def scale(kpi: Kpi) -> float:
    """What takes a KPI to the unit it is written in: a share is written in percent."""
    return 100.0 if kpi.unit.startswith("share") else 1.0


def _effect(comparison: Comparison, world: str, name: str) -> Effect:
    row: Any = comparison.differences.xs((world, name))
    columns = ("baseline", "mean", "difference", "low", "high", "probability_better")
    currency = comparison.scenarios[comparison.baseline].currency
    return Effect(world, name, KPIS[name], currency, *(float(row[column]) for column in columns))
