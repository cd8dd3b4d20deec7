"""Satisfaction against the closed form of anchoring and adjusting.

With weight 1 / (anchor + k) at the k-th purchase, satisfaction is the mean of all experiences so far and of
`anchor` times what the customer expected at first.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import special

import sim
from histories import BETWEEN_PURCHASES, histories
from sim import Run
from worlds import SEED
from zscores import z_of_uniforms

ALIKE = {
    **BETWEEN_PURCHASES,
    "retention.leniency_sd": 0,
    "retention.service_quality": 9.0,
    "experience.failure_rate": 0,
    "experience.delight_rate": 0,
    "experience.loss_aversion": 0,
    "service.failed_logins": 0,
    "clock.months": 6,
}


def run_with(levers: dict[str, float]) -> Run:
    return sim.simulate(sim.load("coffee").change({**ALIKE, **levers}), SEED)


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
    run = run_with({"retention.experience_sd": 0, "retention.anchor_purchases": anchor})
    assert experiences(run)["sum"].sum() > 500
    np.testing.assert_allclose(run.truth["satisfaction"], expected(run), atol=1e-6)


def test_visits_differ_by_their_standard_deviation() -> None:
    unmoved = {"retention.satisfaction_to_loss": 0, "retention.satisfaction_to_pace": 0}
    run = run_with({**unmoved, "experience.commitment_to_loss": 0, "retention.experience_sd": 1.2})
    lived, levers = experiences(run), run.scenario.retention
    strays = (run.truth["satisfaction"] - expected(run)) * (levers.anchor_purchases + lived["size"])
    assert abs(z_of_uniforms(special.ndtr(strays / (1.2 * np.sqrt(lived["size"]))))) < 4


def test_customers_differ_by_the_standard_deviation_of_their_leniency() -> None:
    standard = {"retention.service_quality": 8.0, "retention.market_standard": 8.0}
    run = run_with({**standard, "retention.leniency_sd": 0.8, "retention.experience_sd": 0})
    lived = experiences(run)
    rewards = lived["sum"] * run.scenario.loyalty.reward_delight
    leniency = (
        run.truth["satisfaction"] - 8 - rewards / (run.scenario.retention.anchor_purchases + lived["size"])
    )
    assert abs(z_of_uniforms(special.ndtr(leniency / 0.8))) < 4


POOR = {"retention.service_quality": 7.0, "retention.experience_sd": 0, "loyalty.reward_delight": 0}


@pytest.mark.parametrize("aversion", [0.0, 0.5, 5.0])
def test_disappointments_move_it_by_so_much_more_and_never_beyond_the_experience(aversion: float) -> None:
    """Alike poor visits leave the product of 1 - (1 + aversion) / (anchor + k) of the first expectation."""
    run = run_with({**POOR, "experience.loss_aversion": aversion})
    levers, table = run.scenario.retention, histories(run)
    weight = np.minimum((1 + aversion) / (levers.anchor_purchases + table["count"] + 1), 1)
    left = (1 - weight).groupby(table["customer_id"]).cumprod()
    expected = 7 + (levers.market_standard - 7) * left
    np.testing.assert_allclose(table["satisfaction"], expected, atol=1e-4)


@pytest.mark.parametrize("creep", [0.0, 0.3, 1.0])
def test_the_same_delight_again_adds_less_each_time(creep: float) -> None:
    """What it adds to the k-th visit is gain x (1 - creep)^(k - 1)."""
    plain = {"retention.experience_sd": 0, "loyalty.reward_delight": 0, "experience.delight_rate": 1}
    run = run_with({**plain, "experience.delight_gain": 2.0, "experience.expectation_creep": creep})
    table = histories(run)
    assert table["count"].max() > 20
    np.testing.assert_allclose(table["experience"], 9 + 2 * (1 - creep) ** table["count"], atol=1e-4)
