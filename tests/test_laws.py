"""The laws of `books.py` hold in every bundled scenario and at any lever setting."""

from functools import cache

import pytest
from hypothesis import Phase, given, settings

import sim
from books import LAWS
from histories import histories
from sim.scenario import Scenario
from worlds import (
    ALL_CHURN_MODELS,
    CHURN_MODELS,
    NIGHTLY,
    SEED,
    continued,
    few_examples,
    scenarios,
    seeds,
)

BUNDLED = [f"{name}, {churn}" for name in sim.scenarios().index for churn in ALL_CHURN_MODELS]


@cache
def bundled_run(name: str) -> sim.Run:
    scenario, churn_model = name.split(", ")
    return sim.simulate(sim.load(scenario).change({"market.churn_model": churn_model}), SEED)


@cache
def continued_run(churn_model: str) -> sim.Run:
    return sim.simulate(continued(churn_model), SEED)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", BUNDLED)
def test_in_every_bundled_scenario(name: str, law: str) -> None:
    assert LAWS[law](bundled_run(name))


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("churn_model", CHURN_MODELS)
def test_in_a_world_that_continues_a_log(churn_model: str, law: str) -> None:
    assert LAWS[law](continued_run(churn_model))


@settings() if NIGHTLY else settings(max_examples=15, phases=[Phase.generate])
@given(scenario=scenarios(), seed=seeds())
def test_at_any_lever_setting(scenario: Scenario, seed: int) -> None:
    """All laws are asked about each world."""
    run = sim.simulate(scenario, seed)
    assert [name for name, law in LAWS.items() if not law(run)] == []


@few_examples
@given(scenario=scenarios(), seed=seeds())
def test_every_run_has_its_months_and_key_figures(scenario: Scenario, seed: int) -> None:
    run = sim.simulate(scenario, seed)
    assert len(run.months) == scenario.clock.months
    assert run.kpis()["customers"] == len(run.customers) == len(run.truth) == len(run.clv)


def test_certain_joining_and_redeeming_leave_nobody_out() -> None:
    """Everybody is a member from the first purchase, and every full card is emptied at the next one."""
    certain = {
        "loyalty.join_probability": 1,
        "loyalty.redemption_probability": 1,
        "loyalty.reward_points": 12,
    }
    table = histories(sim.simulate(sim.load("coffee").change(certain), SEED))
    assert table["joined"].eq(table["count"] == 0).all()
    assert table["reward"].eq(table["balance_before"] >= 12).all()
    assert (table["balance_before"] == 12).sum() > 100
