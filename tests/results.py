"""Results of experiments made up by hand, such as `sim.compare` would give: no simulation is needed."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

import sim
from sim.experiments.comparison import Comparison
from sim.experiments.kpi_names import KPIS
from sim.experiments.replicate import Replications
from sim.experiments.sensitivity import Tornado
from sim.experiments.sweep import Sweep
from sim.scenario import Scenario

POINTS, QUALITY = "loyalty.points_per_unit", "retention.service_quality"
SMALL = sim.load("coffee").change({"acquisition.opening_customers": 30, "clock.months": 3})
NO_FAILURES = pd.DataFrame(columns=["world", "seed", "error"])
Values = Mapping[str, Sequence[float]]


def runs(worlds: Mapping[object, Values]) -> pd.DataFrame:
    """Runs of worlds of which some KPIs are given, a value a replication; the others are 100 in each."""
    rows = [
        {"world": world, "seed": seed, **dict.fromkeys(KPIS, 100.0), **dict(zip(values, one, strict=True))}
        for world, values in worlds.items()
        for seed, one in enumerate(zip(*values.values(), strict=True), start=1)
    ]
    return pd.DataFrame(rows)


def comparison(worlds: Mapping[str, Values], scenarios: Mapping[str, Scenario] | None = None) -> Comparison:
    """A comparison; each further world has more points per unit, unless there are scenarios."""
    own = {world: SMALL.change({POINTS: 1.0 + place}) for place, world in enumerate(worlds)}
    table = runs(worlds)
    return Comparison(dict(scenarios or own), table, sorted(table["seed"].unique().tolist()))


def sweep(levers: Mapping[str, Sequence[object]], kpis: Mapping[str, Sequence[float]]) -> Sweep:
    """A sweep whose KPIs have these means at its points, and 3 replications one below, at and above it.

    The first mean is the unchanged scenario's.
    """
    points = pd.DataFrame(list(itertools.product(*levers.values())), columns=list(levers))
    points.index = pd.RangeIndex(1, len(points) + 1, name="point")
    worlds = {
        point: {kpi: means[point] + np.array([-1.0, 0.0, 1.0]) for kpi, means in kpis.items()}
        for point in range(len(points) + 1)
    }
    return Sweep(SMALL, points, Replications(runs(worlds), NO_FAILURES))


def tornado(ends: Mapping[str, tuple[float, float]], profit: Mapping[str, tuple[float, float]]) -> Tornado:
    """A tornado of profit: by lever its low and high end, and what they change, give or take 1."""
    rows = [
        (lever, end, value)
        for lever, pair in ends.items()
        for end, value in zip(("low", "high"), pair, strict=True)
    ]
    points = pd.DataFrame(rows, columns=["lever", "end", "value"])
    points.index = pd.RangeIndex(1, len(points) + 1, name="point")
    changes = [change for lever in ends for change in profit[lever]]
    worlds = {0: {"profit": [1000.0] * 3}}
    worlds |= {
        point: {"profit": [1000 + change + one for one in (-1, 0, 1)]}
        for point, change in enumerate(changes, 1)
    }
    return Tornado(SMALL, points, Replications(runs(worlds), NO_FAILURES))
