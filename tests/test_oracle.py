"""The engine and a plain SimPy program, one process per customer, make the same purchases."""

import pandas as pd
import pytest
from hypothesis import given

import sim
from oracle import oracle_transactions
from sim.scenario import Scenario
from worlds import CHURN_MODELS, SEED, few_examples, lever_settings, seeds


def engine_transactions(scenario: Scenario, seed: int) -> pd.DataFrame:
    return sim.simulate(scenario, seed).transactions[["customer_id", "time", "amount"]]


@pytest.mark.parametrize("seed", [0, SEED], ids=["seed 0", "another seed"])
@pytest.mark.parametrize("churn_model", CHURN_MODELS)
@pytest.mark.parametrize("name", sim.scenarios().index)
def test_row_for_row_in_every_bundled_scenario(name: str, churn_model: str, seed: int) -> None:
    base = sim.load(name).base().change({"market.churn_model": churn_model})
    expected = oracle_transactions(base, seed)
    assert len(expected) > 5000
    pd.testing.assert_frame_equal(engine_transactions(base, seed), expected, check_exact=True)


@few_examples
@given(levers=lever_settings(), seed=seeds())
def test_row_for_row_at_any_lever_setting_with_all_mechanisms_off(
    levers: dict[str, object], seed: int
) -> None:
    base = sim.load("coffee").change(levers).base()
    pd.testing.assert_frame_equal(
        engine_transactions(base, seed), oracle_transactions(base, seed), check_exact=True
    )
