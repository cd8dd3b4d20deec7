"""Replications: many runs of one or several worlds, in parallel, each row of the result one run."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from sim.experiments.errors import ExperimentError, ExperimentInterrupted
from sim.experiments.store import Store
from sim.experiments.summary import Tabular, as_kpis, as_table
from sim.experiments.workers import Job, Outcome, live
from sim.scenario import Scenario

if TYPE_CHECKING:
    from sim.run import Run

World = TypeVar("World")
Follow = Callable[[int, int], object]
"""Told how many runs are finished, of how many. KeyboardInterrupt from it stops the experiment, as Ctrl-C."""


@dataclass(frozen=True)
class Replications(Generic[World]):
    """What came out of many runs.

    runs      one row a run, in the order of the worlds, then of the seeds, whatever order they finished in:
              world, seed, and a column for each KPI of `Run.kpis`
    failures  one row a run that failed: world, seed, error (one line)
    """

    runs: pd.DataFrame
    failures: pd.DataFrame


def replicate(
    scenario: Scenario,
    replications: int = 30,
    seed: int = 1,
    summary: Tabular | None = None,
    store: str | Path | None = None,
) -> pd.DataFrame:
    """Simulate one scenario again and again, each time with other luck; one row a run.

    The column seed comes first, then the KPIs of `Run.kpis`: `sim.simulate(scenario, seed)` is that run once
    more. `summary` is a function that makes something else of a run, in the process that simulated it: a
    Series becomes a row of the result; a DataFrame gets the seed as its first column, and those of all runs
    are joined. `store` is a folder that keeps the KPIs of finished runs, so that the same call goes on where
    it was stopped.

    All processors of this machine are used; within `joblib.parallel_config` the runs go where that says.
    TypeError or ValueError for a bad argument; ExperimentError, once all others have finished, if a run
    failed; ExperimentInterrupted after Ctrl-C.
    """
    if not isinstance(scenario, Scenario):
        raise TypeError(f"replicate takes a Scenario, such as sim.load('coffee'); got {scenario!r}")
    if summary is not None and not callable(summary):
        raise TypeError(
            f"summary is {summary!r}; allowed: a function of a Run, such as lambda run: run.months"
        )
    if summary is not None and store is not None:
        raise ValueError(
            f"store is {str(store)!r} beside a summary; allowed: one of them, as it keeps KPIs only"
        )
    world_seeds = seeds(seed, replications)
    if summary is None:
        found = replicate_worlds({scenario.name: scenario}, world_seeds, store)
        return require_all(found).runs.drop(columns="world")
    experiment = _Experiment({scenario.name: scenario}, world_seeds, partial(as_table, summary), _tables)
    experiment.live(None)
    return require_all(experiment.replications()).runs


def seeds(seed: int, replications: int) -> list[int]:
    """The worlds of an experiment: the first ones stay the same when there are more.

    Whole numbers below 2**53, so that files and spreadsheets keep them; `sim.simulate` takes each. ValueError
    unless `seed` is a whole number from 0 and `replications` one from 1.
    """
    _require_whole("seed", seed, 0)
    _require_whole("replications", replications, 1)
    state = np.random.SeedSequence(seed).generate_state(replications, np.uint64)
    return [int(one) >> 11 for one in state]


def replicate_worlds(
    worlds: Mapping[World, Scenario],
    world_seeds: Sequence[int],
    store: str | Path | None = None,
    follow: Follow | None = None,
) -> Replications[World]:
    """Simulate every world with every seed, but for those runs that `store`, a folder, already has.

    Seed by seed, so that what is finished when somebody stops it can be compared. `follow` is told of
    progress in place of the bar. ValueError if the store is no folder to write to; ExperimentInterrupted
    after Ctrl-C.
    """
    experiment = _Experiment(worlds, world_seeds, as_kpis, _rows)
    experiment.live(store, follow)
    return experiment.replications()


def require_all(replications: Replications[World]) -> Replications[World]:
    """The same replications; ExperimentError, which names the world and seed, if a run failed."""
    failures = replications.failures
    if len(failures):
        world, seed, error = failures.iloc[0]
        more = f"; {len(failures) - 1} more failed" if len(failures) > 1 else ""
        again = f"sim.simulate(scenario, {seed}) is that run once more"
        raise ExperimentError(f"{world!r} failed with seed {seed}: {error} ({again}{more})", replications)
    return replications


class _Experiment(Generic[World]):
    """All runs of some worlds and seeds, numbered in the order of the result, and what became of them."""

    def __init__(
        self,
        worlds: Mapping[World, Scenario],
        world_seeds: Sequence[int],
        summary: Callable[["Run"], Any],
        join: Callable[[pd.DataFrame, dict[int, Any]], pd.DataFrame],
    ) -> None:
        pairs = [(world, one) for world in worlds for one in world_seeds]
        self._jobs = {key: Job(worlds[world], one, summary) for key, (world, one) in enumerate(pairs)}
        self._seeds = len(world_seeds)
        self._names = pd.DataFrame({"world": [one for one, _ in pairs], "seed": [one for _, one in pairs]})
        self._join = join
        self._outcomes: dict[int, Outcome] = {}

    def live(self, folder: str | Path | None, follow: Follow | None = None) -> None:
        """Simulate what the store does not have; ExperimentInterrupted if somebody stops it."""
        store = None if folder is None else Store(folder, self._jobs)
        self._outcomes = store.find() if store else {}
        try:
            self._simulate(store, follow)
        except KeyboardInterrupt:
            raise ExperimentInterrupted(self._how_to_go_on(folder), self.replications().runs) from None

    def _simulate(self, store: Store | None, follow: Follow | None) -> None:
        by_seed = sorted(self._jobs.items(), key=lambda item: item[0] % self._seeds)
        waiting = {key: job for key, job in by_seed if key not in self._outcomes}
        total, finished = len(self._jobs), len(self._outcomes)
        told = _bar(total, finished) if follow is None else nullcontext(follow)
        with told as tell, closing(live(waiting)) as outcomes:
            for outcome in outcomes:
                self._outcomes[outcome.key] = outcome
                if store:
                    store.keep(outcome)
                tell(len(self._outcomes), total)

    def replications(self) -> Replications[World]:
        """What the runs gave so far, and those that failed."""
        failed = {key: one.error for key, one in sorted(self._outcomes.items()) if one.error is not None}
        failures = self._names.loc[list(failed)].assign(error=list(failed.values()))
        return Replications(self._join(self._names, self._finished()), failures.reset_index(drop=True))

    def _finished(self) -> dict[int, Any]:
        """What the finished runs gave, by number."""
        return {key: one.summary for key, one in sorted(self._outcomes.items()) if one.error is None}

    def _how_to_go_on(self, folder: str | Path | None) -> str:
        count = f"stopped with {len(self._finished()):,} of {len(self._jobs):,} runs finished"
        if folder is None:
            return f"{count}; had it a store, a folder, the same call would go on from there"
        return f"{count}; the same call with store={str(folder)!r} goes on from there"


def _rows(names: pd.DataFrame, found: dict[int, dict[str, float]]) -> pd.DataFrame:
    """One row a run: world, seed, KPIs."""
    kpis = pd.DataFrame(list(found.values()), index=list(found))
    return names.loc[list(found)].join(kpis).reset_index(drop=True)


def _tables(names: pd.DataFrame, found: dict[int, pd.DataFrame]) -> pd.DataFrame:
    """The tables one below the other, with the seed in front; an index of nothing but numbers is renewed."""
    tables, of_run = [table.copy() for table in found.values()], names["seed"].to_dict()
    for key, table in zip(found, tables, strict=True):
        table.insert(0, "seed", of_run[key])
    is_plain = all(isinstance(table.index, pd.RangeIndex) for table in tables)
    return pd.concat(tables, ignore_index=is_plain) if tables else names.loc[[], ["seed"]]


@contextmanager
def _bar(total: int, finished: int) -> Iterator[Follow]:
    """A bar with the time that is left where somebody sees it: in a terminal or a notebook.

    A notebook's streams say that they are no terminal, so tqdm's own rule would be silent there, too.
    """
    is_notebook = type(sys.stderr).__module__.startswith("ipykernel")
    is_seen = is_notebook or (sys.stderr is not None and sys.stderr.isatty())
    with tqdm(total=total, initial=finished, unit="run", disable=not is_seen) as bar:
        yield lambda count, _: bar.update(count - bar.n)


def _require_whole(name: str, value: int, low: int) -> None:
    try:
        is_allowed = not isinstance(value, bool) and index(value) >= low
    except TypeError:
        is_allowed = False
    if not is_allowed:
        raise ValueError(f"{name} is {value!r}; allowed: a whole number from {low}")
