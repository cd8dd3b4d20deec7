"""The engine and a plain SimPy program, one process per customer, make the same purchases and episodes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

import sim
from oracle import EPISODE, alone, oracle_transactions
from sim.scenario import Scenario
from worlds import ALL_CHURN_MODELS, SEED, few_examples, lever_settings, seeds

PURCHASE = ["customer_id", "time", "amount"]
YEAR: dict[str, object] = {  # and a month, as a contract of twelve bills ends at the end of the year
    "clock.months": 13,
    "acquisition.opening_customers": 150,
    "acquisition.organic_leads_per_month": 5,
    "acquisition.paid_spend_per_month": 100,
}
LAST_DIGIT = 0.6e-4  # the table of episodes has four decimals of single precision


def assert_same_life(scenario: Scenario, seed: int) -> pd.DataFrame:
    """The same purchases exactly, the same episodes as far as their table tells; returns the purchases."""
    run, expected = sim.simulate(scenario, seed), oracle_transactions(scenario, seed)
    pd.testing.assert_frame_equal(run.transactions[PURCHASE], expected[PURCHASE], check_exact=True)
    found = run.episodes[list(EPISODE)].astype(float)
    np.testing.assert_allclose(found, expected[list(EPISODE)].astype(float), rtol=1e-6, atol=LAST_DIGIT)
    return expected


@pytest.mark.parametrize("churn_model", ALL_CHURN_MODELS)
@pytest.mark.parametrize("name", sim.scenarios().index)
def test_row_for_row_in_every_bundled_scenario_with_all_mechanisms_off(name: str, churn_model: str) -> None:
    base = sim.load(name).base().change({**YEAR, "market.churn_model": churn_model})
    assert len(assert_same_life(base, 0)) > 300


@pytest.mark.parametrize("churn_model", ALL_CHURN_MODELS)
@pytest.mark.parametrize("name", sim.scenarios().index)
def test_row_for_row_where_every_customer_lives_alone(name: str, churn_model: str) -> None:
    scenario = alone(sim.load(name).change({**YEAR, "market.churn_model": churn_model}))
    expected = assert_same_life(scenario, SEED)
    assert (expected["failures"] > expected["tolerance"]).sum() > 20


@few_examples
@given(levers=lever_settings(), seed=seeds())
def test_row_for_row_at_any_lever_setting_with_all_mechanisms_off(
    levers: dict[str, object], seed: int
) -> None:
    assert_same_life(sim.load("coffee").change(levers).base(), seed)


@few_examples
@given(levers=lever_settings(), seed=seeds())
def test_row_for_row_at_any_lever_setting_where_every_customer_lives_alone(
    levers: dict[str, object], seed: int
) -> None:
    assert_same_life(alone(sim.load("coffee").change(levers)), seed)
