"""The best setting of levers for a KPI, within limits of others, and what it is worth with other luck."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.experiments.goal import Goal, direction, limits
from sim.experiments.lever_space import Setting, space, text
from sim.experiments.points import UNCHANGED, Points, as_points, live, warn_of_failures
from sim.experiments.replicate import (
    ExperimentError,
    Replications,
    replicate_worlds,
    require_all,
    seeds,
)
from sim.experiments.search import Score, search
from sim.scenario import Scenario

FRESH = 3
"""Fresh seeds for each seed of the search."""

FINALISTS = 3
"""The winner and the next best ones, which are lived with fresh seeds."""


def optimise(  # noqa: PLR0913 - a question, and how much to spend on its answer
    scenario: Scenario,
    levers: Mapping[str, Any],
    objective: str = "profit",
    constraints: Mapping[str, tuple[float | None, float | None]] | None = None,
    *,
    budget: int = 60,
    replications: int = 10,
    seed: int = 1,
    store: str | Path | None = None,
) -> "Optimum":
    """Search the levers for the best mean of a KPI, and say how sure the winner is better than what there is.

    levers       what each may be: a tuple (low, high) is a range of numbers, a list is some choices
    objective    a KPI, which goes where it is better; "+customers" or "-cac" says so itself
    constraints  lowest and highest mean by KPI, None for none: `{"nps": (20, None)}`
    budget       how many settings are tried, each with the same `replications` seeds
    store        a folder in which finished runs are kept: the same search again does not redo them

    The winner is the luckiest of many as well as a good one, so its mean in the search is too good: the
    winner's curse (Smith & Winkler 2006, The optimizer's curse, Management Science 52). Therefore the winner,
    the next two and the unchanged scenario live once more with three times as many fresh seeds, which the
    search never saw: believe `Optimum.fresh`, not `Optimum.search_estimate`. How the search goes: see
    `sim.experiments.search`.

    A setting in which a run fails is none to choose, and a warning says so. If no setting keeps the
    constraints, the one that misses them least is given, with a warning. ScenarioError for an unknown lever
    or an impossible value, ValueError for another bad argument, before anything is simulated;
    ExperimentError if the unchanged scenario fails or the objective is known nowhere.
    """
    within = space(scenario, levers)
    goal = Goal(*direction(objective), limits(constraints))
    if isinstance(budget, bool) or not isinstance(budget, int) or budget < 1:
        raise ValueError(f"budget is {budget!r}; allowed: a whole number of settings from 1")
    search_seeds = seeds(seed, replications)
    fresh_seeds = seeds(seed, replications * (1 + FRESH))[replications:]
    tried = _Tried(scenario, goal, search_seeds, store)
    search(within, tried.judge, budget, seed, {name: scenario[name] for name in within})
    warn_of_failures(tried.lived)
    best = tried.best()
    lived = live(scenario, [tried.settings[trial - 1] for trial in best], fresh_seeds, store)
    finalists = Points(scenario, as_points([{"trial": trial} for trial in best]), lived)
    found = Optimum(scenario, goal, tried, finalists)
    if not found.is_feasible:
        warnings.warn(found.nearest_miss(), RuntimeWarning, stacklevel=2)
    return found


class Optimum:
    """What a search found.

    scenario   the winner; the nearest miss if no setting keeps the constraints
    levers     its levers by dotted name
    goal       the objective and the constraints
    trials     one row a setting tried, numbered from 1: the levers, the means of the objective and of the
               limited KPIs with the search's seeds, feasible (limits kept) and miss, by how much they are
               not, as shares of the KPIs of the unchanged scenario, added up
    searched   what was lived in the search: `.runs`, `.baseline` (the unchanged scenario) and `.failures`
    finalists  the same of the finalists with fresh seeds, the winner first
    """

    def __init__(self, unchanged: Scenario, goal: Goal, tried: "_Tried", finalists: Points) -> None:
        self.goal, self.finalists = goal, finalists
        self.searched, self.trials = tried.points(), tried.trials()
        self.winner = int(finalists.points["trial"].iloc[0])
        self.levers: Setting = tried.settings[self.winner - 1]
        self.scenario = unchanged.change(self.levers)

    @property
    def is_feasible(self) -> bool:
        """Whether any setting tried keeps the constraints with the seeds of the search."""
        return bool(self.trials["feasible"].any())

    @cached_property
    def search_estimate(self) -> "pd.Series[float]":
        """The winner as the search saw it, too good on average: columns as in `fresh`."""
        return _judged(self.searched, self.goal).T[self.winner]

    @cached_property
    def fresh(self) -> pd.DataFrame:
        """What the finalists are worth with fresh seeds, by the number of the trial, winner first.

        mean of the objective with its 95 % t interval low to high; difference, that less the unchanged
        scenario with the same seeds, with difference_low to difference_high; the mean of each constrained
        KPI; holds, whether these keep their limits.
        """
        return _judged(self.finalists, self.goal).set_axis(pd.Index(self.finalists.points["trial"]))

    @property
    def is_better(self) -> bool:
        """Whether the winner beats the unchanged scenario: with fresh seeds its interval is beyond 0."""
        first = self.fresh.iloc[0]
        return bool((self.goal.sign * first[["difference_low", "difference_high"]]).min() > 0)

    def nearest_miss(self) -> str:
        """The sentence for a search in which no setting keeps the constraints."""
        there = self.trials.loc[self.winner]
        limited = ", ".join(self.goal.text(kpi) for kpi in self.goal.limits)
        reached = ", ".join(f"{kpi} {there[kpi]:,.4g}" for kpi in self.goal.limits)
        near = f"the nearest has {reached}: {text(self.levers)}"
        return f"none of the {len(self.trials)} settings tried keeps {limited}; {near}"

    def __repr__(self) -> str:
        first, kpi = self.fresh.iloc[0], self.goal.kpi
        name, number = self.scenario.name, len(self.trials)
        head = f"Optimum of {name!r}, best of {number} settings tried: {text(self.levers)}"
        worth = f"{kpi} {_interval(first)} against the unchanged scenario with fresh seeds"
        seen = f"the search saw {self.search_estimate['difference']:+,.4g}"
        return "\n".join(
            [head if self.is_feasible else self.nearest_miss(), f"{worth}; {seen}", *self._doubts()]
        )

    def _doubts(self) -> list[str]:
        first = self.fresh.iloc[0]
        unsure = [] if self.is_better else ["It is not sure that it is better than the unchanged scenario."]
        broken = [kpi for kpi in self.goal.limits if self.goal.beyond(kpi, first[kpi]) > 0]
        return unsure + [
            f"With fresh seeds {kpi} is {first[kpi]:,.4g}; not {self.goal.text(kpi)}." for kpi in broken
        ]


class _Tried:
    """The settings tried so far and what came out; the unchanged scenario is lived at once."""

    def __init__(
        self, scenario: Scenario, goal: Goal, world_seeds: Sequence[int], store: str | Path | None
    ) -> None:
        self._scenario, self._goal, self._seeds, self._store = scenario, goal, world_seeds, store
        self.settings: list[Setting] = []
        self._scores: list[Score] = []
        self.lived: Replications[int] = require_all(
            replicate_worlds({UNCHANGED: scenario}, world_seeds, store)
        )
        self._sizes = {kpi: abs(one) for kpi, one in self._values([UNCHANGED])[0].items()}

    def judge(self, settings: Sequence[Setting]) -> list[Score]:
        """Live some settings and score them."""
        numbers = range(len(self.settings) + 1, len(self.settings) + len(settings) + 1)
        worlds = {n: self._scenario.change(one) for n, one in zip(numbers, settings, strict=True)}
        self.settings += settings
        self.lived = _joined(self.lived, replicate_worlds(worlds, self._seeds, self._store))
        self._scores += (scores := [self._goal.score(one, self._sizes) for one in self._values(numbers)])
        return scores

    def points(self) -> Points:
        """The settings as points of the unchanged scenario."""
        return Points(self._scenario, as_points(self.settings), self.lived)

    def trials(self) -> pd.DataFrame:
        """One row a setting, see `Optimum`."""
        settings = as_points(self.settings).rename_axis("trial")
        miss = [one.miss for one in self._scores]
        table = settings.join(self._means(settings.index)).assign(miss=miss)
        return table.assign(feasible=table["miss"] == 0)

    def best(self) -> list[int]:
        """The numbers of the finalists: those that miss the constraints least, of these the best."""
        values = [one.value for one in self._scores]
        ranked = sorted(range(len(values)), key=lambda n: (self._scores[n].miss, -values[n]))
        known = [n + 1 for n in ranked if not np.isnan(values[n])]
        if not known:
            text = f"{self._goal.kpi} is not known in any of the {len(values)} settings tried"
            raise ExperimentError(text, self.lived)
        return known[:FINALISTS]

    def _values(self, numbers: Iterable[int]) -> list[dict[str, float]]:
        rows = self._means(numbers).to_numpy(float)
        return [dict(zip(self._goal.kpis, map(float, row), strict=True)) for row in rows]

    def _means(self, numbers: Iterable[int]) -> pd.DataFrame:
        """Means over the seeds of the KPIs of the goal, by world; NaN for one in which a run failed."""
        means = self.lived.runs.groupby("world")[self._goal.kpis].mean()
        return means.drop(self.lived.failures["world"].unique(), errors="ignore").reindex(list(numbers))


def _joined(some: Replications[int], more: Replications[int]) -> Replications[int]:
    runs = pd.concat([some.runs, more.runs] if len(more.runs) else [some.runs], ignore_index=True)
    failures = pd.concat([some.failures, more.failures]) if len(more.failures) else some.failures
    return Replications(runs, failures.reset_index(drop=True))


def _judged(points: Points, goal: Goal) -> pd.DataFrame:
    """What points are worth: the objective, its difference and the constrained KPIs, by point."""
    limited = {kpi: points.samples(kpi).mean() for kpi in goal.limits}
    holds = [goal.holds({kpi: limited[kpi][n] for kpi in goal.limits}) for n in points.points.index]
    return points.judged(goal.kpi).drop(columns="replications").assign(**limited, holds=holds)


def _interval(row: pd.Series) -> str:
    low, high = row["difference_low"], row["difference_high"]
    return f"{row['difference']:+,.4g} ({low:+,.4g} to {high:+,.4g})"
