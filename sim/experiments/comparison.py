"""A comparison: what came out of several worlds that lived with the same luck, and how sure it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from sim.experiments import paired
from sim.experiments.kpi_names import KPIS, Kpi
from sim.scenario import Scenario, levers

_BETTER = np.array([kpi.better for kpi in KPIS.values()])


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Worlds that lived with the same luck, and their KPIs; the first world is the baseline.

    scenarios    each world's scenario by its label
    runs         one row a run: world, seed, and a column for each KPI of `Run.kpis`
    seeds        the replications; every world has lived each of them
    differences  by world and KPI, for each world but the baseline, see there
    means        by world and KPI, see there
    changed      the levers that differ, see there
    """

    scenarios: dict[str, Scenario]
    runs: pd.DataFrame
    seeds: list[int]

    @property
    def baseline(self) -> str:
        """The label of the world that the others are compared with."""
        return next(iter(self.scenarios))

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Each world against the baseline, KPI by KPI, in the KPI's own unit (see `KPIS`); by world and kpi.

        baseline, mean      the two means over the replications in which both worlds know the KPI
        difference          mean less baseline; its 95 % interval, low to high, is the paired t interval
                            difference +- t(0.975; n - 1) s / sqrt(n), s the standard deviation of the
                            differences between the twins
        probability_better  that the true mean difference goes the better way, given these replications and
                            no other knowledge (flat prior; see `paired.Estimate.probability_above_0`). NaN
                            for a KPI of which neither more nor less is better by itself, and where the worlds
                            do not differ at all: then the interval is 0 to 0
        replications        on how many it rests
        variance_ratio      what the same luck saves: how many times as many replications the same interval
                            would take with independent luck; NaN where the difference does not vary
        """
        base = self._values(self.baseline)
        rows = {label: _against(base, self._values(label)) for label in list(self.scenarios)[1:]}
        return pd.concat(rows, names=["world", "kpi"])

    @cached_property
    def means(self) -> pd.DataFrame:
        """Each world by itself: mean, and its 95 % t interval, low to high; by world and kpi."""
        rows = {label: _alone(self._values(label)) for label in self.scenarios}
        return pd.concat(rows, names=["world", "kpi"])

    @cached_property
    def changed(self) -> pd.DataFrame:
        """The levers that differ between the worlds, a row each, one column a world.

        `changes` and `ladder`, in words, where the changes over time or the further products differ.
        """
        table = pd.DataFrame({label: _settings(one) for label, one in self.scenarios.items()}, dtype=object)
        differs = table.ne(table[self.baseline], axis=0).any(axis=1)
        return table[differs].rename_axis("lever")

    def _values(self, label: str) -> paired.Floats:
        """KPIs of one world, shape (replications, KPIs)."""
        return self.runs.loc[self.runs["world"] == label, list(KPIS)].to_numpy(float)

    def __repr__(self) -> str:
        parts = [self._headline(), self._setting().to_string()]
        parts += [f"{title}\n{table.to_string()}" for title, table in self._tables()]
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        parts = [f"<p>{escape(self._headline())}</p>", self._setting().to_html()]
        parts += [f"<h4>{escape(title)}</h4>{table.to_html()}" for title, table in self._tables()]
        return "\n".join(parts)

    def _headline(self) -> str:
        worlds, runs = len(self.scenarios), len(self.seeds)
        return f"{worlds} worlds with the same luck, {runs} replications each; baseline: {self.baseline}"

    def _setting(self) -> pd.DataFrame:
        """What differs, as text."""
        return self.changed.rename_axis(None).astype(str)

    def _tables(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """For each world but the baseline a title and its differences as text."""
        currency = self.scenarios[self.baseline].currency
        known = self.differences[self.differences["replications"] > 0]
        for label in list(self.scenarios)[1:]:
            rows = [_written(str(name), row, currency) for name, row in known.loc[label].iterrows()]
            yield f"{label} against {self.baseline}", pd.DataFrame(rows).set_index("KPI").rename_axis(None)


def _against(base: paired.Floats, other: paired.Floats) -> pd.DataFrame:
    both = ~np.isnan(other - base)
    means = [paired.estimate(np.where(both, side, np.nan)).mean for side in (base, other)]
    apart = paired.difference(base, other)
    above = apart.probability_above_0()
    columns = {
        "baseline": means[0],
        "mean": means[1],
        "difference": apart.mean,
        "low": apart.low,
        "high": apart.high,
        "probability_better": np.select([_BETTER > 0, _BETTER < 0], [above, 1 - above], np.nan),
        "replications": apart.count,
        "variance_ratio": paired.variance_ratio(base, other),
    }
    return pd.DataFrame(columns, index=list(KPIS))


def _alone(values: paired.Floats) -> pd.DataFrame:
    own = paired.estimate(values)
    return pd.DataFrame({"mean": own.mean, "low": own.low, "high": own.high}, index=list(KPIS))


def _settings(scenario: Scenario) -> "pd.Series[Any]":
    """Every lever, and what else makes a world, in words."""
    values = {one.name: scenario[one.name] for one in levers()}
    changes = sorted(scenario.changes, key=lambda one: one.month)
    values["changes"] = "; ".join(f"month {one.month}: {_in_words(one.levers)}" for one in changes)
    values["ladder"] = "; ".join(_in_words(dict(rung)) for rung in scenario.ladder)
    return pd.Series(values, dtype=object)


def _in_words(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _written(name: str, row: "pd.Series[float]", currency: str) -> dict[str, str]:
    kpi, ratio, chance = KPIS[name], row["variance_ratio"], row["probability_better"]
    return {
        "KPI": kpi.heading(currency),
        "baseline": kpi.number(row["baseline"]),
        "mean": kpi.number(row["mean"]),
        "difference": kpi.number(row["difference"], "+"),
        "95 % interval": _interval(kpi, row["low"], row["high"]),
        "probably better": "" if np.isnan(chance) else _percent(chance),
        "same luck saves": "" if np.isnan(ratio) else f"{ratio:,.{0 if ratio >= 10 else 1}f}-fold",
    }


def _interval(kpi: Kpi, low: float, high: float) -> str:
    if np.isnan(low):
        return "unknown"
    return f"{kpi.number(low, '+')} to {kpi.number(high, '+')}" if low or high else "no difference"


def _percent(probability: float) -> str:
    """A probability without the false certainty of 100 %."""
    if 0.001 <= probability <= 0.999:
        return f"{probability:.1%}".replace("%", " %")
    return "> 99.9 %" if probability > 0.5 else "< 0.1 %"
