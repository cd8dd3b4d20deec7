"""Satisfaction against the closed form of anchoring and adjusting.

With weight 1 / (anchor + k) at the k-th purchase, satisfaction is the mean of all experiences so far and of
`anchor` times what the customer expected at first.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import special

import sim
from histories import histories
from sim import Run
from worlds import SEED
from zscores import z_of_uniforms

ALIKE = {"retention.leniency_sd": 0, "retention.service_quality": 9.0, "clock.months": 6}


def run_with(**levers: float) -> Run:
    changes = {f"retention.{name}": value for name, value in levers.items()}
    return sim.simulate(sim.load("coffee").change({**ALIKE, **changes}), SEED)


def experiences(run: Run) -> pd.DataFrame:
    """Purchases and rewards of each customer, in the order of `run.truth`."""
    counts = histories(run).groupby("customer_id")["reward"].agg(["size", "sum"])
    return counts.loc[run.truth["customer_id"]].reset_index()


def expected(run: Run) -> "pd.Series[float]":
    """Satisfaction at the end if every visit were as good as the next."""
    levers, lived = run.scenario.retention, experiences(run)
    felt = lived["size"] * levers.service_quality + lived["sum"] * run.scenario.loyalty.reward_delight
    weight = levers.anchor_purchases
    return (weight * levers.market_standard + felt) / (weight + lived["size"])


@pytest.mark.parametrize("anchor", [0.0, 2.0, 7.5])
def test_it_is_the_mean_of_the_anchor_and_all_experiences(anchor: float) -> None:
    run = run_with(experience_sd=0, anchor_purchases=anchor)
    assert experiences(run)["sum"].sum() > 500
    np.testing.assert_allclose(run.truth["satisfaction"], expected(run), atol=1e-6)


def test_visits_differ_by_their_standard_deviation() -> None:
    run = run_with(experience_sd=1.2, satisfaction_to_loss=0, satisfaction_to_pace=0)
    lived, levers = experiences(run), run.scenario.retention
    strays = (run.truth["satisfaction"] - expected(run)) * (levers.anchor_purchases + lived["size"])
    assert abs(z_of_uniforms(special.ndtr(strays / (1.2 * np.sqrt(lived["size"]))))) < 4


def test_customers_differ_by_the_standard_deviation_of_their_leniency() -> None:
    run = run_with(leniency_sd=0.8, experience_sd=0, service_quality=8.0, market_standard=8.0)
    lived = experiences(run)
    rewards = lived["sum"] * run.scenario.loyalty.reward_delight
    leniency = (
        run.truth["satisfaction"] - 8 - rewards / (run.scenario.retention.anchor_purchases + lived["size"])
    )
    assert abs(z_of_uniforms(special.ndtr(leniency / 0.8))) < 4
