"""The 95 % interval of a comparison holds the truth in 95 of 100 experiments.

The nightly profile lives 400 small experiments, the other fewer; the bounds are of the binomial distribution.
"""

from functools import cache

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import sim
from sim import Run
from sim.experiments.comparison import Comparison
from sim.experiments.kpi_names import KPIS
from sim.experiments.paired import difference
from sim.experiments.replicate import replicate, seeds
from worlds import NIGHTLY

EXPERIMENTS = 400 if NIGHTLY else 5
REPLICATIONS = 10
CAFE = sim.load("coffee").change(
    {
        "acquisition.opening_customers": 300,
        "acquisition.organic_leads_per_month": 0,
        "acquisition.paid_leads_ceiling": 0,
        "surveys.sample_share": 0,
        "clock.months": 2,
        "clock.step_days": 31,
    }
)
WORLDS = {"cafe": CAFE, "richer": CAFE.change({"loyalty.points_per_unit": 3.0})}


def outcomes(run: Run) -> "pd.Series[float]":
    """Some KPIs, without the books that the others take."""
    sales = run.transactions
    return pd.Series({"clv": run.clv.mean(), "purchases": len(sales), "revenue": sales["paid"].sum()})


@cache
def all_runs() -> pd.DataFrame:
    """Every experiment's runs, one after the other, of both worlds."""
    size = EXPERIMENTS * REPLICATIONS
    with joblib.parallel_config(n_jobs=-1 if NIGHTLY else 1):  # workers take seconds to start
        return pd.concat(
            [replicate(one, size, summary=outcomes).assign(world=label) for label, one in WORLDS.items()]
        )


def experiment(number: int) -> Comparison:
    """One of the experiments, none of whose runs is in another."""
    own = seeds(1, EXPERIMENTS * REPLICATIONS)[number * REPLICATIONS :][:REPLICATIONS]
    runs = all_runs()
    return Comparison(WORLDS, runs[runs["seed"].isin(own)].reindex(columns=["world", "seed", *KPIS]), own)


def truth() -> "pd.Series[float]":
    """Mean differences over all experiments: their own error is 1 / sqrt(experiments) of an experiment's."""
    means = all_runs().groupby("world")[["clv", "purchases", "revenue"]].mean()
    return means.loc["richer"] - means.loc["cafe"]


def share_that_holds(kpi: str) -> float:
    """Share of the experiments whose interval holds the truth."""
    found = [experiment(n).differences.loc[("richer", kpi)] for n in range(EXPERIMENTS)]
    return float(np.mean([one["low"] <= truth()[kpi] <= one["high"] for one in found]))


@pytest.mark.parametrize("kpi", ["clv", "purchases", "revenue"])
def test_the_interval_of_a_small_experiment_holds_the_truth_in_95_of_100(kpi):
    few = np.array(stats.binom.interval(0.9999, EXPERIMENTS, 0.95)) / EXPERIMENTS
    low, high = (0.92, 0.98) if NIGHTLY else few
    assert low <= share_that_holds(kpi) <= high


@pytest.mark.parametrize("replications", [2, 5, 30])
def test_the_interval_of_normal_differences_holds_their_mean_in_exactly_95_of_100(replications):
    """In 40,000 experiments; the twins' common luck is ten times as loud as what differs."""
    rng = np.random.default_rng(replications)
    common = rng.normal(100, 10, (replications, 40_000))
    found = difference(common, common + rng.normal(0.7, 1, common.shape))
    held = np.count_nonzero((found.low <= 0.7) & (found.high >= 0.7))
    assert abs(held - 0.95 * 40_000) < 4 * np.sqrt(40_000 * 0.95 * 0.05)
