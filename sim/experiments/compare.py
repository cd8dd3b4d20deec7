"""Compare worlds that live with the same luck."""

from collections.abc import Mapping
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.experiments.comparison import Comparison
from sim.experiments.kpi_names import require_kpi
from sim.experiments.replicate import Follow, replicate_worlds, require_all, seeds
from sim.experiments.worlds import labelled
from sim.scenario import Scenario

FIRST_LOOK = 20
"""Replications before the first look at a half-width: with fewer, intervals that stop early hold less."""


def compare(
    *scenarios: Scenario | Mapping[str, Scenario],
    replications: int = 30,
    seed: int = 1,
    precision: Mapping[str, float] | None = None,
    store: str | Path | None = None,
    follow: Follow | None = None,
) -> Comparison:
    """Compare two or more scenarios: in each of them the same customers live with the same luck.

    Scenarios are labelled by their name, "coffee", "coffee (2)", or come as one mapping from label to
    scenario; the first is the baseline. Each lives `replications` times, with seeds made from `seed`. In
    `store`, a folder, finished runs are kept: the same call with it does not redo them.

    `precision` asks for a half-width of the 95 % interval of the difference by KPI, in the KPI's unit (see
    `KPIS`), `{"clv": 0.5}`, and `replications` is then the most there may be. After the first 20, the
    deviations so far tell how many more it takes until all intervals of these KPIs are narrow enough, and so
    on (multistage sampling: Stein 1945, Liu 1997). Looking has a price: where differences are normal, 94 to
    95 % of such intervals hold the truth.

    `follow`, in place of the progress bar, is told how many runs are finished and of how many.

    Intervals are those of Student's t. With few replications of very small worlds (ten of 60 customers) the
    differences are skewed and an interval holds the truth a little less often than it says.

    TypeError for what is no scenario. ValueError for fewer than two, for a currency or clock.months other
    than the baseline's, for fewer than two replications, and for a precision of no KPI or not above 0.
    ExperimentError if a run fails.
    """
    worlds = labelled(_given(scenarios))
    wanted = _wanted(precision or {})
    most = _whole_number("replications", replications)
    comparison = _lived(worlds, seeds(seed, min(FIRST_LOOK, most) if wanted else most), store, follow)
    while wanted and (needed := replications_needed(comparison, wanted)) > len(comparison.seeds) < most:
        more = seeds(seed, min(needed, most))[len(comparison.seeds) :]
        comparison = _joined(comparison, _lived(worlds, more, store, follow))
    return comparison


def replications_needed(comparison: Comparison, wanted: Mapping[str, float]) -> int:
    """How many replications the wanted half-widths by KPI take, by the deviations so far.

    Formula: the most of n (half-width / wanted half-width)^2, rounded up, over worlds and KPIs; a KPI that
    is known in fewer than two replications asks for as many again. Not fewer than there are.
    """
    done = len(comparison.seeds)
    table = comparison.differences[["low", "high"]].unstack("world").reindex(list(wanted))
    half_width = (table["high"] - table["low"]).to_numpy() / 2
    goal = np.array(list(wanted.values()), float)[:, np.newaxis]
    needed = np.where(np.isnan(half_width), 2.0 * done, done * (half_width / goal) ** 2)
    return max(done, int(np.ceil(needed.max(initial=0))))


def _given(
    scenarios: tuple[Scenario | Mapping[str, Scenario], ...],
) -> tuple[Scenario, ...] | Mapping[str, Scenario]:
    """The scenarios themselves, or the one mapping in their place; `labelled` refuses what is neither."""
    only = scenarios[0] if len(scenarios) == 1 else None
    return only if isinstance(only, Mapping) else scenarios  # type: ignore[return-value]


def _lived(
    worlds: dict[str, Scenario], world_seeds: list[int], store: str | Path | None, follow: Follow | None
) -> Comparison:
    lived = require_all(replicate_worlds(worlds, world_seeds, store, follow))
    return Comparison(worlds, lived.runs, world_seeds)


def _joined(first: Comparison, more: Comparison) -> Comparison:
    runs = [part.runs[part.runs["world"] == label] for label in first.scenarios for part in (first, more)]
    return Comparison(first.scenarios, pd.concat(runs, ignore_index=True), first.seeds + more.seeds)


def _wanted(precision: Any) -> dict[str, float]:
    if not isinstance(precision, Mapping):
        raise TypeError(f"precision is {precision!r}; allowed: half-widths by KPI, such as {{'clv': 0.5}}")
    for name, half_width in precision.items():
        require_kpi(name)
        if not isinstance(half_width, Real) or not 0 < float(half_width) < np.inf:
            raise ValueError(f"precision of {name} is {half_width!r}; allowed: a number above 0")
    return dict(precision)


def _whole_number(name: str, value: Any) -> int:
    if not isinstance(value, int | np.integer) or value < 2:
        raise ValueError(f"{name} is {value!r}; allowed: a whole number from 2")
    return int(value)
