"""A comparison made in a thread of its own: whoever asked for it goes on, follows it and may stop it."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import joblib
import pandas as pd
from joblib.parallel import get_active_backend

from sim.experiments.compare import compare
from sim.experiments.comparison import Comparison
from sim.experiments.errors import ExperimentError, ExperimentInterrupted
from sim.experiments.replicate import seeds
from sim.experiments.workers import borrowed
from sim.experiments.worlds import labelled
from sim.scenario import Scenario


class BackgroundComparison:
    """`sim.compare` in a thread of its own, within the `joblib.parallel_config` of whoever makes this.

    `tell` is called in that thread with this object, whenever another run is finished and when all is over.
    Then `comparison` holds the replications that every world has lived, all or those finished when it was
    stopped or failed (None if there are none), and `error` says in a sentence what went wrong ("" if
    nothing). No worker process outlives it. ValueError or TypeError for what `compare` refuses.
    """

    def __init__(
        self,
        worlds: Mapping[str, Scenario],
        replications: int = 30,
        seed: int = 1,
        tell: Callable[["BackgroundComparison"], object] = lambda _: None,
    ) -> None:
        self.worlds, self.seed, self.replications = labelled(dict(worlds)), seed, replications
        if len(seeds(seed, replications)) < 2:
            raise ValueError(f"replications is {replications!r}; allowed: a whole number from 2")
        self.finished, self.total = 0, replications * len(self.worlds)
        self.comparison: Comparison | None = None
        self.error = ""
        self.is_over = False
        self._tell = tell
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, args=get_active_backend(), daemon=True)

    @property
    def is_stopped(self) -> bool:
        """Whether somebody wanted it to stop."""
        return self._stop.is_set()

    def start(self) -> "BackgroundComparison":
        """Begin; returns at once."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Have it end with the first run that is finished from now on; returns at once."""
        self._stop.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until thread and worker processes have ended; whether they have."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _work(self, backend: Any, n_jobs: int | None) -> None:
        """What joblib is configured to is known in each thread by itself, so it is handed over."""
        try:
            with (
                suppress(KeyboardInterrupt),  # stopped before its turn
                joblib.parallel_config(backend, n_jobs=n_jobs),
                borrowed(),
            ):
                self._follow(0, self.total)
                self._compare()
        except Exception as error:
            self.error = str(error) or repr(error)
        self.is_over = True
        self._tell(self)

    def _compare(self) -> None:
        try:
            self.comparison = compare(
                self.worlds, replications=self.replications, seed=self.seed, follow=self._follow
            )
        except ExperimentInterrupted as stopped:
            self.comparison = finished_pairs(self.worlds, stopped.finished)
        except ExperimentError as failed:
            self.comparison = finished_pairs(self.worlds, failed.replications.runs)
            self.error = str(failed)

    def _follow(self, finished: int, total: int) -> None:
        self.finished, self.total = finished, total
        if self._stop.is_set():
            raise KeyboardInterrupt
        self._tell(self)


def finished_pairs(worlds: Mapping[str, Scenario], runs: pd.DataFrame) -> Comparison | None:
    """The comparison on those seeds that every world has lived; None if there is none of them."""
    if runs.empty:
        return None
    lived = runs.groupby("seed", sort=False)["world"].nunique()
    complete = [int(seed) for seed in lived.index[lived == len(worlds)]]
    kept = runs[runs["seed"].isin(complete)].reset_index(drop=True)
    return Comparison(dict(worlds), kept, complete) if complete else None
