"""`sim.twins`: the same customers in two worlds, and the true effect on each."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim import Run
from sim.experiments.twins import FLOWS, STATES, twins
from worlds import few_examples, lever_settings, scenarios, seeds

CAFE = sim.load("coffee").change(
    {"acquisition.opening_customers": 40, "clock.months": 4, "market.return_rate": 0.1}
)
CAMPAIGN = CAFE.change({"acquisition.organic_leads_per_month": 300, "loyalty.points_per_unit": 3.0})
EFFECTS = [f"{outcome}_effect" for outcome in FLOWS + STATES]
TOTALS = ("purchases", "revenue", "margin", "tickets")


def two_runs() -> dict[str, Run]:
    return {"a": sim.simulate(CAFE, 7), "b": sim.simulate(CAMPAIGN, 7)}


def in_pairs() -> pd.DataFrame:
    return twins(CAFE, CAMPAIGN, 7)


def test_outcomes_of_twins_add_up_to_the_kpis_of_each_run():
    table = in_pairs()
    for side, run in two_runs().items():
        kpis, there = run.kpis(), table[f"in_{side}"]
        sums = {name: table[f"{name}_{side}"].sum() for name in TOTALS}
        np.testing.assert_allclose(list(sums.values()), kpis[list(TOTALS)], rtol=1e-12)
        assert there.sum() == kpis["customers"]
        assert table.loc[there, f"clv_{side}"].mean() == pytest.approx(kpis["clv"], rel=1e-12)
        assert table.loc[there, f"products_{side}"].mean() == pytest.approx(kpis["products_per_customer"])
        assert table[f"member_{side}"].sum() == kpis["members"]
        assert table[f"churned_at_{side}"].notna().sum() == kpis["lost_customers"]


def test_effects_add_up_to_the_difference_of_the_runs():
    table, runs = in_pairs(), two_runs()
    apart = runs["b"].kpis() - runs["a"].kpis()
    effects = [table[f"{name}_effect"].sum() for name in TOTALS]
    np.testing.assert_allclose(effects, apart[list(TOTALS)], rtol=1e-9, atol=1e-8)


def test_one_row_is_one_customer_of_either_world():
    table, runs = in_pairs(), two_runs()
    ids = {side: set(run.customers["customer_id"]) for side, run in runs.items()}
    assert table["customer_id"].is_unique
    assert set(table["customer_id"]) == ids["a"] | ids["b"]
    for side, own in ids.items():
        assert set(table.loc[table[f"in_{side}"], "customer_id"]) == own


def test_whom_only_the_campaign_wins_bought_nothing_without_it_and_felt_nothing():
    won = in_pairs().query("in_b and not in_a")
    assert len(won) > 20
    assert (won[[f"{outcome}_a" for outcome in FLOWS]] == 0).all(axis=None)
    assert won[[f"{state}_effect" for state in STATES]].isna().all(axis=None)
    assert (won["purchases_effect"] == won["purchases_b"]).all() and (won["purchases_b"] > 0).all()
    assert won["churned_at_a"].isna().all() and not won["member_a"].any()
    assert (won["channel"] != "opening").all() and (won["channel"] == "organic").sum() > 20


@few_examples
@given(scenario=scenarios(), seed=seeds())
def test_a_null_change_has_an_effect_of_exactly_0_on_everybody_in_any_world(scenario, seed):
    table = twins(scenario, scenario, seed)
    assert (table["in_a"] & table["in_b"]).all()
    assert (table[EFFECTS] == 0).all(axis=None)
    assert table["churned_at_a"].equals(table["churned_at_b"].rename("churned_at_a"))


@few_examples
@given(levers=lever_settings(), raised=st.floats(1, 10), seed=seeds())
def test_a_higher_dropout_never_makes_anybody_buy_more(levers, raised, seed):
    """In the base process, where nothing that a customer does reaches another one."""
    world = sim.load("coffee").change({**levers, "market.churn_model": "bg/nbd"}).base()
    dropout = world["market.dropout_a"]
    riskier = world.change({"market.dropout_a": min(dropout * raised, 1000.0)})
    assert (twins(world, riskier, seed)["purchases_effect"] <= 0).all()


def test_a_customer_of_a_pair_is_the_one_of_the_run():
    table, run = in_pairs().set_index("customer_id"), two_runs()["b"]
    who = run.transactions["customer_id"].value_counts().index[0]
    assert table.loc[who, "purchases_b"] == (run.transactions["customer_id"] == who).sum()
    assert table.loc[who, "clv_b"] == run.clv[who]
    assert table.loc[who, "satisfaction_b"] == run.truth.set_index("customer_id").loc[who, "satisfaction"]


def test_a_world_without_customers_has_no_twins():
    nobody = CAFE.change(
        {
            "acquisition.opening_customers": 0,
            "acquisition.organic_leads_per_month": 0,
            "acquisition.paid_leads_ceiling": 0,
        }
    )
    assert twins(nobody, nobody).empty
    alone = twins(nobody, CAFE, 7)
    assert not alone["in_a"].any() and alone["in_b"].all() and len(alone) > 0


def test_what_cannot_be_compared_gets_one_sentence():
    with pytest.raises(TypeError, match="a world is a Scenario"):
        twins(CAFE, "pizza")
    with pytest.raises(ValueError, match=r"clock.months is 4 in 'a' and 5 in 'b'; allowed: the same"):
        twins(CAFE, CAFE.change({"clock.months": 5}))
