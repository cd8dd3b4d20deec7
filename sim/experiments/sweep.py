"""A sweep: one scenario with many settings of some levers, all with the same luck."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from sim.experiments.lever_space import Setting, Sobol, listed, require_levers, setting, space
from sim.experiments.points import Points, as_points, live
from sim.experiments.replicate import seeds
from sim.scenario import Scenario


def sweep(
    scenario: Scenario,
    levers: Mapping[str, Any],
    design: Literal["grid", "sobol"] | Sobol = "grid",
    replications: int = 10,
    seed: int = 1,
    store: str | Path | None = None,
) -> "Sweep":
    """Live the scenario at every point of a design over these levers, and unchanged, with the same seeds.

    design  "grid": `levers` lists the values of each, `{"loyalty.points_per_unit": [0, 1, 2]}`; the points
            are all combinations, in which the first lever varies slowest.
            "sobol" or `Sobol(points=128)`: a tuple (low, high) is a range and a list is some choices; 64
            points, or another power of two, fill the space evenly (`scipy.stats.qmc.Sobol`, scrambled with
            the seed). A range of a whole-number lever gives whole numbers, each as often.
    store   a folder in which finished runs are kept: the same sweep again does not redo them

    ScenarioError, before anything is simulated, for an unknown lever or an impossible value, naming the
    point; ValueError for another bad argument. A run that fails does not lose the others: a warning says so
    and `Sweep.failures` lists it.
    """
    settings = _settings(scenario, levers, design, seed)
    lived = live(scenario, settings, seeds(seed, replications), store)
    return Sweep(scenario, as_points(settings), lived)


class Sweep(Points):
    """What came out of a sweep.

    points    one row a point, numbered from 1: the levers by their dotted names
    runs      one row a run, tidy: point, the levers, seed, and a column for each KPI of `Run.kpis`
    baseline  the runs of the unchanged scenario: seed and the KPIs
    failures  one row a run that failed: point (0 for the unchanged scenario), the levers, seed, error
    """

    def table(self, kpi: str) -> pd.DataFrame:
        """One KPI, one row a point: the levers, its mean, and what differs from the unchanged scenario.

        mean with its 95 % interval low to high; difference, the mean over the seeds of the point less the
        unchanged scenario with the same seed, with its interval difference_low to difference_high; Student
        t intervals of n - 1 degrees of freedom; replications, the n runs in which the KPI is defined. NaN
        where there is none, limits NaN for a single one. ValueError for an unknown KPI.
        """
        return self.points.join(self.judged(kpi))

    def __repr__(self) -> str:
        levers = " x ".join(f"{name} ({_range(column)})" for name, column in self.points.items())
        return f"Sweep of {self.scenario.name!r}: {len(self.points)} points of {levers}, {self._each()}"


def _settings(scenario: Scenario, levers: Mapping[str, Any], design: str | Sobol, seed: int) -> list[Setting]:
    require_levers(levers)
    if design == "grid":
        values = [listed(name, one) for name, one in levers.items()]
        return [dict(zip(levers, point, strict=True)) for point in itertools.product(*values)]
    design = Sobol() if design == "sobol" else design
    if not isinstance(design, Sobol):
        raise ValueError(f"design is {design!r}; allowed: 'grid', 'sobol' or Sobol(points=128)")
    within = space(scenario, levers)
    return [setting(within, point) for point in design.shares(len(within), seed)]


def _range(values: pd.Series) -> str:
    if pd.api.types.is_numeric_dtype(values):
        return f"{values.min():g} to {values.max():g}"
    return ", ".join(map(str, values.unique()))
