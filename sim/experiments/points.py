"""Many settings of one scenario, lived with the same luck: what sweeps, sensitivities and searches share."""

import difflib
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from sim.experiments.lever_space import Setting, text
from sim.experiments.paired import Estimate, Floats, difference, estimate
from sim.experiments.replicate import Replications, replicate_worlds, require_all
from sim.scenario import Scenario, ScenarioError

UNCHANGED = 0
"""The number of the scenario as it is; the points count from 1."""


@dataclass(frozen=True, eq=False, repr=False)
class Points:
    """Points of an experiment, numbered from 1, and what came out at them and of the unchanged scenario, 0.

    points    one row a point: what it is
    lived     the runs and failures of all worlds by these numbers
    """

    scenario: Scenario
    points: pd.DataFrame
    lived: Replications[int]

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row a run, tidy: point, what that is, seed, and a column for each KPI of `Run.kpis`."""
        runs = self.lived.runs
        return self._described(runs[runs["world"] != UNCHANGED])

    @cached_property
    def baseline(self) -> pd.DataFrame:
        """The runs of the unchanged scenario: seed and the KPIs."""
        runs = self.lived.runs
        return runs[runs["world"] == UNCHANGED].drop(columns="world").reset_index(drop=True)

    @cached_property
    def failures(self) -> pd.DataFrame:
        """One row a run that failed: point (0 is the unchanged scenario), what that is, seed, error."""
        return self._described(self.lived.failures)

    def samples(self, kpi: str) -> pd.DataFrame:
        """The KPI, one row a seed and one column a point; ValueError for a KPI that there is not."""
        require_kpi(kpi, self.baseline.columns.drop("seed"))
        by_seed = self.lived.runs.pivot(index="seed", columns="world", values=kpi)
        return by_seed.reindex(columns=self.points.index)

    def differences(self, kpi: str) -> pd.DataFrame:
        """Mean, 95 % t interval low to high, and count of each point less the unchanged scenario, by seed.

        Of the seeds for which both are known; the mean is NaN if there are none, the limits below two.
        """
        samples = self.samples(kpi)
        unchanged = self.baseline.set_index("seed")[[kpi]].reindex(samples.index)
        return _table(difference(_array(unchanged), _array(samples)), samples.columns)

    def judged(self, kpi: str) -> pd.DataFrame:
        """Mean and difference to the unchanged scenario of the KPI, with intervals, by point."""
        samples, names = self.samples(kpi), ["difference", "difference_low", "difference_high"]
        own = _table(estimate(_array(samples)), samples.columns).rename(columns={"count": "replications"})
        return own.join(self.differences(kpi).drop(columns="count").set_axis(names, axis=1))

    def _described(self, rows: pd.DataFrame) -> pd.DataFrame:
        rows = rows.rename(columns={"world": "point"}).reset_index(drop=True)
        described = rows[["point"]].join(self.points, on="point")
        return pd.concat([described, rows.drop(columns="point")], axis=1)

    def _each(self) -> str:
        """How often each point was lived, in words."""
        failed = f"; {len(self.failures)} runs failed, see .failures" if len(self.failures) else ""
        return f"{self.lived.runs['seed'].nunique()} replications each{failed}"


def live(
    scenario: Scenario, settings: Sequence[Setting], world_seeds: Sequence[int], store: str | Path | None
) -> Replications[int]:
    """The unchanged scenario as world 0 and every setting, from 1 on, with every seed.

    ScenarioError, before anything is simulated, names the point that cannot be. Runs that fail are left out
    of `runs` and listed in `failures`, and one warning says so; ExperimentError if all do.
    """
    worlds = {UNCHANGED: scenario} | {n: _changed(scenario, n, one) for n, one in enumerate(settings, 1)}
    found = replicate_worlds(worlds, world_seeds, store)
    if not len(found.runs):
        require_all(found)
    warn_of_failures(found)
    return found


def warn_of_failures(found: Replications[int]) -> None:
    """One warning if runs failed."""
    if not len(found.failures):
        return
    first, failed = found.failures.iloc[0], len(found.failures)
    warnings.warn(
        f"{failed} of {failed + len(found.runs)} runs failed and are left out, first point {first['world']} "
        f"with seed {first['seed']}: {first['error']}; see .failures",
        RuntimeWarning,
        stacklevel=4,
    )


def as_points(settings: Sequence[Setting]) -> pd.DataFrame:
    """One row a setting, numbered from 1, one column a lever."""
    return pd.DataFrame(settings, index=pd.RangeIndex(1, len(settings) + 1, name="point"))


def require_kpi(kpi: object, known: Iterable[str], name: str = "kpi") -> None:
    """ValueError for a KPI that there is not; `name` is the argument."""
    names = list(known)
    if kpi not in names:
        close = difflib.get_close_matches(str(kpi), names, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise ValueError(f"{name} is {kpi!r}; allowed: one of {', '.join(names)}{hint}")


def _table(found: Estimate, columns: pd.Index) -> pd.DataFrame:
    values = {"mean": found.mean, "low": found.low, "high": found.high, "count": found.count}
    return pd.DataFrame(values, index=columns)


def _array(table: pd.DataFrame) -> Floats:
    return np.asarray(table, np.float64)


def _changed(scenario: Scenario, number: int, setting: Setting) -> Scenario:
    try:
        return scenario.change(setting)
    except ScenarioError as error:
        raise ScenarioError(f"point {number} ({text(setting)}) cannot be: {error}") from None
