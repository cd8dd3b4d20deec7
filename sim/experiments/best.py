"""The best of several worlds, with a guarantee."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.experiments.kpi_names import KPIS, require_kpi
from sim.experiments.replicate import replicate_worlds, require_all, seeds
from sim.experiments.selection import Floats, select_largest
from sim.experiments.worlds import labelled
from sim.scenario import Scenario


@dataclass(frozen=True, eq=False, repr=False)
class Best:
    """The best of several worlds by one KPI.

    winner        its label
    scenarios     all that competed, by label
    kpi           what it is best in
    indifference  how much of the KPI, in its unit, is no matter
    probability   with which the best is found if it is better than all others by that much, at least
    worlds        by world: replications it lived, mean of the KPI over them, eliminated, whether the
                  procedure found it inferior
    """

    winner: str
    scenarios: dict[str, Scenario]
    kpi: str
    indifference: float
    probability: float
    worlds: pd.DataFrame

    @property
    def scenario(self) -> Scenario:
        """The winner itself."""
        return self.scenarios[self.winner]

    @property
    def cost(self) -> int:
        """Runs it took, over all worlds."""
        return int(self.worlds["replications"].sum())

    def __repr__(self) -> str:
        return f"{self._sentence()}\n\n{self._table().to_string()}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self._sentence())}</p>{self._table().to_html()}"

    def _sentence(self) -> str:
        kpi, currency = KPIS[self.kpi], self.scenario.currency
        return (
            f"Best of {len(self.scenarios)} worlds in {kpi.label}: {self.winner}, after {self.cost} runs. "
            f"A world that is better than all others by {kpi.text(self.indifference, currency)} or more is "
            f"found with a probability of at least {self.probability:.4g}."
        )

    def _table(self) -> pd.DataFrame:
        kpi = KPIS[self.kpi]
        columns = {
            "replications": self.worlds["replications"],
            kpi.heading(self.scenario.currency): self.worlds["mean"].map(kpi.number),
            "": np.where(self.worlds["eliminated"], "eliminated", "best"),
        }
        return pd.DataFrame(columns).rename_axis(None)


def best(
    scenarios: Iterable[Scenario] | Mapping[str, Scenario],
    kpi: str,
    indifference: float,
    probability: float = 0.95,
    seed: int = 1,
    store: str | Path | None = None,
) -> Best:
    """Find the best of several scenarios in one KPI, with as few runs as it takes.

    Best is the largest or the smallest mean, as `KPIS[kpi].better` says. All worlds live with the same luck;
    those that are clearly inferior are dropped on the way. If the best is better than every other by
    `indifference` (in the KPI's unit) or more, it is found with at least this `probability`: procedure KN of
    Kim & Nelson 2001, see `selection.select_largest`. It takes 10 replications of each world and then, of
    those that are left, up to h^2 S^2 / indifference^2, S the deviation of a difference between twins:
    half the indifference, up to four times the replications.

    The means of those that were dropped early are worse known, and the winner's is flattered by having won:
    `compare` it on another seed. Labels and `store` as in `compare`.

    TypeError and ValueError as in `compare`; ValueError, too, for a KPI without a better way, an indifference
    not above 0, a probability outside 1 / number of worlds to 1, and a KPI that is unknown in some run.
    ExperimentError if a run fails.
    """
    worlds = labelled(scenarios)
    _require_way(kpi)
    _require_between("indifference", indifference, 0.0, np.inf)
    _require_between("probability", probability, 1 / len(worlds), 1.0)
    better = KPIS[kpi].better

    def observe(labels: list[str], begin: int, end: int) -> Floats:
        living = {label: worlds[label] for label in labels}
        runs = require_all(replicate_worlds(living, seeds(seed, end)[begin:], store)).runs
        return better * _known(runs, kpi).reshape(len(labels), -1).T

    found = select_largest(observe, list(worlds), indifference, probability)
    outcome = found.systems.assign(mean=better * found.systems["mean"])
    return Best(found.winner, worlds, kpi, indifference, probability, outcome)


def _known(runs: pd.DataFrame, kpi: str) -> Floats:
    """The KPI of every run, world by world."""
    unknown = runs[runs[kpi].isna()]
    if len(unknown):
        world, seed = unknown.iloc[0][["world", "seed"]]
        raise ValueError(f"{kpi} is unknown in world {world!r}, seed {seed}; allowed: a KPI every run has")
    return runs[kpi].to_numpy(float)


def _require_way(kpi: str) -> None:
    require_kpi(kpi)
    if not KPIS[kpi].better:
        allowed = ", ".join(name for name, one in KPIS.items() if one.better)
        raise ValueError(f"kpi is {kpi!r}, of which neither more nor less is better; allowed: {allowed}")


def _require_between(name: str, value: Any, low: float, high: float) -> None:
    if not isinstance(value, Real) or not low < float(value) < high:
        raise ValueError(f"{name} is {value!r}; allowed: a number above {low:.4g} and below {high:.4g}")
