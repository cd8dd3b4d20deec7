"""The ready programs: they fit every bundled company; their sizes follow from its money by closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
import worlds
from sim.programs import (
    PURCHASES_TO_REWARD,
    REWARD_SHARE,
    TOP_SHARES,
    basket_quantile,
    mean_basket,
    preset,
    purchases_quantile,
    spend_quantile,
)
from sim.scenario import TOOLS
from sim.world.loyalty.privileges import TIERS

COMPANIES = [*sim.scenarios().index]
POINTS = "loyalty.points_per_unit"


def bare(name):
    return sim.load(name).without_program()


@pytest.fixture(scope="module", params=COMPANIES)
def company(request):
    return bare(request.param)


@pytest.fixture(scope="module")
def mixed(company):
    """A run with all four tools; two years, so that there is time to qualify and to redeem."""
    return sim.simulate(sim.add_program(company, *TOOLS).change({"clock.months": 24}), seed=1)


# What a preset is


@pytest.mark.parametrize("tool", TOOLS)
def test_a_preset_brings_its_tool_into_use_and_no_other(company, tool):
    with_tool = sim.add_program(company, tool)
    assert with_tool.tools() == (tool,)
    assert sim.add_program(with_tool, tool) == with_tool


def test_several_tools_are_each_the_preset_of_its_own(company):
    one_by_one = company
    for tool in TOOLS:
        one_by_one = sim.add_program(one_by_one, tool)
    assert sim.add_program(company, *TOOLS) == one_by_one
    assert one_by_one.tools() == tuple(TOOLS)


def test_other_levers_and_changes_stay_as_they_are():
    own = sim.load("coffee").later(6, {"discounts.depth": 0.3}).change({"loyalty.join_probability": 0.11})
    changed = sim.add_program(own, "points", "privileges")
    assert changed.changes == own.changes
    sized = {*preset(own, "points"), *preset(own, "privileges")}
    assert all(changed[one.name] == own[one.name] for one in sim.levers() if one.name not in sized)


def test_no_tool_adds_nothing(company):
    assert sim.add_program(company) == company


@pytest.mark.parametrize("tools", [("coupons",), ("points", "Points"), ("none",)])
def test_a_tool_that_there_is_not_is_one_clear_sentence(tools):
    with pytest.raises(sim.ScenarioError) as error:
        sim.add_program(sim.load("coffee"), *tools)
    assert str(error.value) == (
        f"there is no loyalty tool {tools[-1]!r}; allowed: 'points', 'discounts', 'rebates', 'privileges'"
    )


@worlds.few_examples
@given(scenario=worlds.scenarios())
def test_every_preset_is_possible_in_any_scenario(scenario):
    with_all = sim.add_program(scenario, *TOOLS)
    assert with_all.tools() == tuple(TOOLS)


# Sizes


def test_a_reward_takes_about_ten_mean_baskets_and_is_worth_a_twentieth_of_them(company):
    loyalty = sim.add_program(company, "points").loyalty
    spent = loyalty.reward_points / loyalty.points_per_unit
    assert spent / mean_basket(company.market) == pytest.approx(PURCHASES_TO_REWARD, rel=0.05)
    assert loyalty.reward_value / spent == pytest.approx(REWARD_SHARE, rel=0.01)
    margin = company.finance.gross_margin
    assert loyalty.reward_cost == pytest.approx(loyalty.reward_value * (1 - margin), rel=0.01)


@given(scale=st.floats(0.01, 1000))
def test_money_in_another_currency_gives_the_same_program_in_that_currency(scale):
    own = bare("coffee")
    other = own.change({"market.spend_scale": scale * own.market.spend_scale})
    here, there = sim.add_program(own, *TOOLS), sim.add_program(other, *TOOLS)
    for name in TOOLS["privileges"]:
        assert there[name] == pytest.approx(scale * here[name], rel=0.06)  # each to two digits
    spent = [one.loyalty.reward_points / one.loyalty.points_per_unit for one in (here, there)]
    assert spent[1] == pytest.approx(scale * spent[0], rel=0.3 if scale < 0.1 else 0.06)
    assert there["discounts.depth"] == here["discounts.depth"]


def test_points_of_a_contract_outlive_the_time_between_its_bills():
    yearly = bare("telco").change({"market.billing_months": 24.0, "market.term_bills": 1})
    assert sim.add_program(yearly, "points").loyalty.expiry_months > 24


# Quantiles


def drawn(market, count=400_000):
    """Purchases a year, mean baskets and their product of so many customers."""
    luck = np.random.default_rng(5)
    basket = market.spend_shape * market.spend_scale / luck.gamma(market.spend_heterogeneity, size=count)
    purchases = luck.gamma(market.rate_shape, size=count) / market.rate_scale_weeks * 365 / 7
    if market.churn_model == "sbg":
        purchases = np.full(count, 12 / market.billing_months)
    return purchases, basket, purchases * basket


@pytest.mark.parametrize("share", [0.25, 0.5, 0.9, 0.99])
def test_quantiles_in_closed_form_have_their_share_of_drawn_customers_below_them(company, share):
    market = company.market
    forms = (purchases_quantile, basket_quantile, spend_quantile)
    for form, values in zip(forms, drawn(market), strict=True):
        if np.ptp(values):
            error = np.sqrt(share * (1 - share) / len(values))
            assert abs((values <= form(market, share)).mean() - share) < 4 * error


def test_the_mean_basket_is_that_of_drawn_customers(company):
    basket = drawn(company.market)[1]
    assert abs(basket.mean() - mean_basket(company.market)) < 4 * basket.std() / np.sqrt(len(basket))


def test_tiers_begin_at_the_quantiles_to_two_digits(company):
    privileges = sim.add_program(company, "privileges").privileges
    for tier, top in TOP_SHARES.items():
        exact = float(spend_quantile(company.market, 1 - top))
        assert getattr(privileges, f"{tier}_spend") == pytest.approx(exact, rel=0.05)


# What they do: sensible shares in every company


def test_each_program_costs_a_sensible_share_of_sales(mixed):
    sales, operated = mixed.months["revenue"].sum(), mixed.program()
    assert 0.01 < operated["program_cost"] / sales < 0.08
    assert 0.01 < mixed.months["discounts"].sum() / sales < 0.05


def test_members_join_redeem_and_reach_tiers_in_sensible_shares(mixed):
    operated = mixed.program()
    assert 0.2 < operated["enrolment_rate"] < 0.95
    assert 0.2 < operated["redemption_rate"] < 0.95
    held = mixed.customers["tier"].value_counts(normalize=True)
    assert 0.02 < 1 - held["none"] < 0.35
    assert [*held[[*TIERS[1:]]]] == sorted(held[[*TIERS[1:]]], reverse=True)


def test_about_a_fifth_of_the_rebates_are_claimed(mixed):
    assert 0.15 < mixed.rebates["claimed_at"].notna().mean() < 0.3


@pytest.mark.parametrize("tool", TOOLS)
def test_one_tool_alone_leaves_the_records_of_the_others_empty(tool):
    run = sim.simulate(sim.add_program(bare("coffee"), tool).change({"clock.months": 12}), seed=1)
    assert bool(len(run.points)) == (tool == "points")
    assert bool(len(run.rebates)) == (tool == "rebates")
    assert bool(run.transactions["discount"].sum() > 0) == (tool == "discounts")
    assert bool((run.customers["tier"] != "none").any()) == (tool == "privileges")
