"""What a search is for: a KPI as high or low as possible, within limits of others."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isnan
from typing import Any

from sim.experiments.kpi_names import KPIS
from sim.experiments.points import require_kpi
from sim.experiments.search import Score

Limits = dict[str, tuple[float, float]]

UNKNOWN = 1e12
"""How far an unknown KPI counts as beyond its limits: finite, as the search adds such numbers up."""


@dataclass(frozen=True, slots=True)
class Goal:
    """`kpi` times `sign` is to be large; `limits` are the lowest and highest values allowed by KPI."""

    kpi: str
    sign: int
    limits: Limits

    @property
    def kpis(self) -> list[str]:
        """All KPIs it takes, the objective first, each once."""
        return list(dict.fromkeys([self.kpi, *self.limits]))

    def score(self, means: Mapping[str, float], sizes: Mapping[str, float]) -> Score:
        """What means of the KPIs are worth; limits are missed in units of the sizes."""
        misses = {kpi: self.beyond(kpi, means[kpi]) / (sizes[kpi] or 1.0) for kpi in self.limits}
        return Score(self.sign * means[self.kpi], misses)

    def holds(self, means: Mapping[str, float]) -> bool:
        """Whether all limits are kept."""
        return all(self.beyond(kpi, means[kpi]) == 0 for kpi in self.limits)

    def beyond(self, kpi: str, value: float) -> float:
        """How far a KPI is beyond its limits; very far if it is unknown."""
        low, high = self.limits[kpi]
        return UNKNOWN if isnan(value) else max(low - value, value - high, 0.0)

    def text(self, name: str) -> str:
        """A limit in words."""
        low, high = self.limits[name]
        if low > -inf and high < inf:
            return f"{name} {low:,g} to {high:,g}"
        return f"{name} at least {low:,g}" if low > -inf else f"{name} at most {high:,g}"


def direction(objective: str) -> tuple[str, int]:
    """A KPI by its name, and +1 if more of it is wanted, -1 if less.

    "profit" goes where the KPI is better, "+customers" up, "-points_liability" down. ValueError for an
    unknown KPI, and for one without sign of which neither more nor less is better.
    """
    kpi = str(objective).removeprefix("+").removeprefix("-")
    require_kpi(kpi, KPIS, "objective")
    sign = {"+": 1, "-": -1}.get(str(objective)[0], KPIS[kpi].better)
    if not sign:
        allowed = f"'+{kpi}' for more or '-{kpi}' for less, as neither is better by itself"
        raise ValueError(f"objective is {objective!r}; allowed: {allowed}")
    return kpi, sign


def limits(constraints: Mapping[str, Any] | None) -> Limits:
    """Constraints by KPI as lowest and highest value; ValueError for a bad one."""
    for kpi in constraints or {}:
        require_kpi(kpi, KPIS, "constraints")
    return {kpi: _ends(kpi, ends) for kpi, ends in (constraints or {}).items()}


def _ends(kpi: str, ends: Any) -> tuple[float, float]:
    try:
        low, high = (None if one is None else float(one) for one in ends)
    except (TypeError, ValueError):
        low, high = None, None
    found = (-inf if low is None else low, inf if high is None else high)
    if found == (-inf, inf) or not found[0] <= found[1]:
        allowed = "(lowest, highest) with numbers, one of which may be None"
        raise ValueError(f"constraints: {kpi} is {ends!r}; allowed: {allowed}")
    return found
