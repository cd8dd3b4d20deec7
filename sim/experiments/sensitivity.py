"""Which levers matter: one at a time (tornado), or all together (Sobol indices)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from sim.experiments.lever_space import Choices, Setting, Sobol, Space, setting, space
from sim.experiments.paired import Floats
from sim.experiments.points import Points, as_points, live
from sim.experiments.replicate import seeds
from sim.scenario import Lever, Scenario
from sim.scenario import levers as all_levers

SHARE = 0.2
"""How far a lever without a range goes down and up, as a share of its value."""

RESAMPLES = 999
"""Bootstrap samples behind an interval of a Sobol index."""


def sensitivity(
    scenario: Scenario,
    levers: Sequence[str] | Mapping[str, Any] | None = None,
    replications: int = 10,
    method: Literal["tornado", "sobol"] | Sobol = "tornado",
    seed: int = 1,
    store: str | Path | None = None,
) -> "Tornado | SobolIndices":
    """How much each lever moves the KPIs, all worlds with the same seeds.

    levers  ranges by name, `{"retention.service_quality": (7, 9)}`, or names alone, which go 20 % of their
            value down and up, by whole steps of at least 1 if the lever is a whole number, at 0 by one step
            of its control, and never beyond what is allowed. Without any: the company's decisions (levers
            with a cell) that are numbers and not at 0, where 0 is what the company does not do.
    method  "tornado": each lever alone at its low and its high end, against the unchanged scenario; shows
            direction and size, but no lever's effect beside others' changes.
            "sobol" or `Sobol(points=256)`: first-order and total indices, shares of the KPI's variance over
            the ranges taken together; takes points x (levers + 2) scenarios, with 64 points if not said.
            Saltelli et al. 2010, Variance based sensitivity analysis of model output.
    store   a folder in which finished runs are kept: the same call again does not redo them

    ScenarioError for an unknown lever or an impossible value, ValueError for another bad argument, before
    anything is simulated. Runs that fail are left out with a warning and are in `.failures`.
    """
    if method != "tornado" and method != "sobol" and not isinstance(method, Sobol):
        raise ValueError(f"method is {method!r}; allowed: 'tornado', 'sobol' or Sobol(points=256)")
    ranges, world_seeds = _ranges(scenario, levers), seeds(seed, replications)
    if method == "tornado":
        ends = list(_ends(ranges))
        points = as_points([dict(zip(("lever", "end", "value"), one, strict=True)) for one in ends])
        lived = live(scenario, [{lever: value} for lever, _, value in ends], world_seeds, store)
        return Tornado(scenario, points, lived)
    settings = _design(ranges, Sobol() if method == "sobol" else method, seed)
    lived = live(scenario, settings, world_seeds, store)
    return SobolIndices(scenario, as_points(settings), lived, seed)


class Tornado(Points):
    """What each lever does alone.

    points    one row a point, numbered from 1: lever, end ("low" or "high") and its value
    runs      one row a run, tidy: point, lever, end, value, seed, and a column for each KPI of `Run.kpis`
    baseline  the runs of the unchanged scenario: seed and the KPIs
    failures  one row a run that failed: point (0 for the unchanged scenario), lever, end, value, seed, error
    """

    def table(self, kpi: str) -> pd.DataFrame:
        """One KPI, one row a lever, the one that moves it most first.

        low and high, the ends of the lever; at_low and at_high, the KPI there less that of the unchanged
        scenario, mean over the seeds, with paired 95 % t intervals at_low_from to at_low_to and at_high_from
        to at_high_to; swing, the distance of the two. NaN where it is not known. ValueError for an unknown
        KPI.
        """
        apart = self.differences(kpi)
        ends = {end: self._at(end, apart) for end in ("low", "high")}
        table = pd.concat([one[one.columns[:1]] for one in ends.values()], axis=1)
        table = table.join([one[one.columns[1:]] for one in ends.values()])
        swing = (table["at_high"] - table["at_low"]).abs()
        return table.assign(swing=swing).sort_values("swing", ascending=False, kind="stable")

    def _at(self, end: str, apart: pd.DataFrame) -> pd.DataFrame:
        """The value and the differences at one end, by lever."""
        there = self.points[self.points["end"] == end].join(apart).set_index("lever")
        names = {"value": end, "mean": f"at_{end}", "low": f"at_{end}_from", "high": f"at_{end}_to"}
        return there[list(names)].rename(columns=names)

    def __repr__(self) -> str:
        levers = f"{len(self.points) // 2} levers, each at its low and high end"
        return f"Tornado of {self.scenario.name!r}: {levers}, {self._each()}"


@dataclass(frozen=True, eq=False, repr=False)
class SobolIndices(Points):
    """How much of a KPI's variance each lever explains, alone and with others.

    points    one row a point, numbered from 1: the levers by their dotted names. With n points and d levers
              rows 1 to n are design A, n + 1 to 2 n design B, then n rows for each lever: A with that lever
              from B
    runs      one row a run, tidy: point, the levers, seed, and a column for each KPI of `Run.kpis`
    baseline  the runs of the unchanged scenario: seed and the KPIs
    failures  one row a run that failed: point, the levers, seed, error
    seed      of the bootstrap
    """

    seed: int

    def table(self, kpi: str) -> pd.DataFrame:
        """The indices of one KPI's mean over the seeds, one row a lever, the largest total first.

        first_order, the share of the variance over the ranges that goes if the lever is held; total, the
        share that stays if all others are; with 95 % bootstrap intervals (percentiles, over the points; the
        luck of the seeds is taken as given) first_low to first_high and total_low to total_high. Numerical
        error may take small ones below 0. NaN if the KPI is not known at some point, 0 if nothing moves it.
        ValueError for an unknown KPI.
        """
        mean = self.samples(kpi).mean()
        levers = pd.Index(self.points.columns, name="lever")
        found = indices(mean.to_numpy(np.float64), len(levers), self.seed)
        names = [f"{index}{part}" for index in ("first", "total") for part in ("", "_low", "_high")]
        table = pd.DataFrame(found, index=levers, columns=names).rename(columns={"first": "first_order"})
        return table.sort_values("total", ascending=False, kind="stable")

    def __repr__(self) -> str:
        levers = f"{self.points.shape[1]} levers, {len(self.points)} points"
        return f"Sobol indices of {self.scenario.name!r}: {levers}, {self._each()}"


def indices(values: Floats, levers: int, seed: int) -> Floats:
    """First-order and total indices of values at a design of Saltelli, with 95 % intervals.

    `values` has the rows of `SobolIndices.points`; the result the shape (levers, 6): first, low, high, total,
    low, high. Estimators of `scipy.stats.sobol_indices`: Saltelli et al. 2010 for the first order, Jansen
    1999 for the total.
    """
    from scipy.stats import sobol_indices  # here, as it takes half a second that only this shall cost

    blocks = values.reshape(levers + 2, -1)
    rows = np.arange(blocks.shape[1])
    if np.isnan(blocks).any():
        return np.full((levers, 6), np.nan)
    if np.ptp(blocks) == 0:
        return np.zeros((levers, 6))

    def of(rows: Any) -> Floats:
        some = blocks[:, rows]
        parts: dict[Literal["f_A", "f_B", "f_AB"], Floats]
        parts = {"f_A": some[:1], "f_B": some[1:2], "f_AB": some[2:, np.newaxis]}
        found = sobol_indices(func=parts, n=len(rows))
        return np.stack([found.first_order, found.total_order])

    again = np.random.default_rng(seed).integers(len(rows), size=(RESAMPLES, len(rows)))
    low, high = np.quantile([of(one) for one in again], [0.025, 0.975], axis=0)
    return np.stack([of(rows), low, high]).transpose(2, 1, 0).reshape(levers, 6)


def _design(within: Space, sobol: Sobol, seed: int) -> list[Setting]:
    """The designs A and B, two halves of one Sobol sequence, and A with each lever in turn from B."""
    if len(within) < 2:
        raise ValueError(
            f"levers is {list(within)}; allowed: at least two, among which to share the variance"
        )
    a, b = np.hsplit(sobol.shares(2 * len(within), seed), 2)
    mixed = [np.where(np.arange(len(within)) == lever, b, a) for lever in range(len(within))]
    return [setting(within, point) for block in (a, b, *mixed) for point in block]


def _ends(ranges: Space) -> Iterator[tuple[str, str, float]]:
    for lever, part in ranges.items():
        if isinstance(part, Choices):
            allowed = "a range (low, high) of numbers for a tornado; sim.sweep takes choices"
            raise ValueError(f"levers: {lever} is {part}; allowed: {allowed}")
        yield from ((lever, "low", part.low), (lever, "high", part.high))


def _ranges(scenario: Scenario, levers: Sequence[str] | Mapping[str, Any] | None) -> Space:
    if isinstance(levers, Mapping):
        return space(scenario, levers)
    if isinstance(levers, str):
        raise ValueError(f"levers is {levers!r}; allowed: a list of names, or ranges by name")
    names = _decisions(scenario) if levers is None else list(levers)
    return space(scenario, {name: _around(scenario, name) for name in names})


def _decisions(scenario: Scenario) -> list[str]:
    found = (one for one in all_levers() if one.cell and one.low is not None)
    return [one.name for one in found if scenario[one.name] != 0]


def _around(scenario: Scenario, name: str) -> tuple[float, float]:
    """Some way down and up from the value of a lever, as far as it is allowed."""
    value = scenario[name]
    lever = next(one for one in all_levers() if one.name == name)
    if lever.low is None or lever.high is None:
        raise ValueError(f"levers: {name} is {value!r}; allowed: levers that are numbers")
    step = _step(lever, value)
    return max(value - step, lever.low), min(value + step, lever.high)


def _step(lever: Lever, value: float) -> float:
    step = SHARE * abs(value) or lever.step or 0.0
    return max(1, round(step)) if lever.kind is int else step
