"""Worlds with the same luck: what a lever cannot reach stays bit for bit the same."""

from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import sim
from sim import Run
from sim.run import TABLES
from sim.scenario import Scenario
from sim.world.simulate import World, month_edges
from twins import others_leave_no_trace, same_history
from worlds import (
    NO_CALENDAR,
    NO_PROGRAM,
    NO_QUEUE,
    NO_SHARED,
    few_examples,
    lever_settings,
    scenarios,
    seeds,
)

SURVEYS = {one.name: (one.low, one.high) for one in sim.levers() if one.name.startswith("surveys.")}
FINANCE = {one.name: (one.low, one.high) for one in sim.levers() if one.name.startswith("finance.")}
JOINING = {"loyalty.join_probability", "loyalty.self_selection"}
REWARDS = {
    one.name: (one.low, one.high)
    for one in sim.levers()
    if one.name.startswith("loyalty.") and not one.choices and one.name not in JOINING
}
NO_EFFECTS = {
    one.name: 0
    for one in sim.levers()
    if one.strength and not one.cell and one.name.partition(".")[0] in ("loyalty", "privileges")
}


def assert_same_tables(one: Run, other: Run, names: Iterable[str] = TABLES) -> None:
    for name in names:
        pd.testing.assert_frame_equal(one.tables[name], other.tables[name], check_exact=True, obj=name)


def draw_one(ranges: Mapping[str, tuple[float | None, float | None]]) -> st.SearchStrategy[dict[str, object]]:
    """One lever of these, anywhere in its range."""
    kinds = {one.name: one.kind for one in sim.levers()}
    return st.sampled_from(sorted(ranges)).flatmap(
        lambda name: st.fixed_dictionaries(
            {name: st.integers(*ranges[name]) if kinds[name] is int else st.floats(*ranges[name])}
        )
    )


@few_examples
@given(scenario=scenarios(), seed=seeds())
def test_the_same_scenario_and_seed_give_the_same_tables(scenario: Scenario, seed: int) -> None:
    assert_same_tables(sim.simulate(scenario, seed), sim.simulate(scenario, seed))


@pytest.mark.parametrize("step_days", [1.0, 7.0])
@pytest.mark.parametrize("name", sim.scenarios().index)
def test_shorter_steps_move_no_key_figure_by_its_sampling_error(name: str, step_days: float) -> None:
    """The desk is heard of at the next review: a shorter step makes that earlier."""
    one, other = _kpis(name, sim.load(name).clock.step_days), _kpis(name, step_days)
    for kpi in ("clv", "nps", "csat"):
        assert abs(one[kpi] - other[kpi]) < one[f"{kpi}_se"]
    losses = other["churn_rate_per_month"] / np.sqrt(other["lost_customers"])
    assert abs(one["churn_rate_per_month"] - other["churn_rate_per_month"]) < losses


@cache
def _kpis(name: str, step_days: float) -> "pd.Series[float]":
    return sim.simulate(sim.load(name).change({"clock.step_days": step_days}), 7).kpis()


def test_two_seeds_are_two_worlds() -> None:
    coffee = sim.load("coffee").change({"acquisition.opening_customers": 100, "clock.months": 2})
    first, second = sim.simulate(coffee, 1).truth, sim.simulate(coffee, 2).truth
    together = first.merge(second, on="customer_id")
    assert not (together["purchase_rate_x"] == together["purchase_rate_y"]).any()


@few_examples
@given(scenario=scenarios(), seed=seeds(), step_days=st.floats(0.25, 31))
def test_how_often_departments_review_changes_nothing_without_a_service_desk(
    scenario: Scenario, seed: int, step_days: float
) -> None:
    scenario = scenario.change({name: 0 for name in NO_QUEUE if name.startswith("service.")})
    other = sim.simulate(scenario.change({"clock.step_days": step_days}), seed)
    assert_same_tables(sim.simulate(scenario, seed), other)


def _known_by(end: pd.Timestamp, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows as somebody knows them at `end`: what is returned, claimed or due later is not yet."""
    known = {
        name: rows[name].where(rows[name] < end)
        for name in ("refunded_at", "claimed_at", "deadline")
        if name in rows
    }
    if "claimed_at" in known:
        claimed = known["claimed_at"].notna()
        known |= {"refused": rows["refused"] & claimed, "paid": rows["paid"].where(claimed, 0.0)}
    return rows.assign(**known)


@few_examples
@given(scenario=scenarios(), seed=seeds(), more=st.integers(1, 9))
def test_a_longer_run_begins_with_the_shorter_one(scenario: Scenario, seed: int, more: int) -> None:
    short = sim.simulate(scenario, seed)
    long = sim.simulate(scenario.change({"clock.months": scenario.clock.months + more}), seed)
    end = short.month_starts[-1]
    for name in ("transactions", "episodes", "touchpoints", "surveys", "points", "rebates", "invoices"):
        begun = _known_by(end, long.tables[name][long.tables[name]["time"] < end])
        pd.testing.assert_frame_equal(begun, short.tables[name], check_exact=True, check_index_type=False)
    pd.testing.assert_frame_equal(long.months.iloc[: len(short.months)], short.months, check_exact=True)
    opened = long.tickets[long.tickets["opened_at"] < end]
    for moment in ("opened_at", "started_at"):
        begun = opened[moment].where(opened[moment] < end).reset_index(drop=True)
        pd.testing.assert_series_equal(begun, short.tickets[moment], check_exact=True)
    lost = long.truth["churned_at"].where(long.truth["churned_at"] < end)
    there = long.truth["customer_id"].isin(short.truth["customer_id"])
    assert lost[there].reset_index(drop=True).equals(short.truth["churned_at"])


@few_examples
@given(
    scenario=scenarios(),
    seed=seeds(),
    customers=st.integers(0, 50),
    spend=st.floats(0, 5000),
    organic_conversion=st.floats(0, 1),
)
def test_a_customers_history_does_not_depend_on_how_many_others_there_are(
    scenario: Scenario, seed: int, customers: int, spend: float, organic_conversion: float
) -> None:
    scenario = scenario.change(NO_SHARED)
    levers = scenario.acquisition
    more = scenario.change(
        {
            "acquisition.opening_customers": levers.opening_customers + customers,
            "acquisition.paid_spend_per_month": levers.paid_spend_per_month + spend,
            "acquisition.organic_conversion": max(levers.organic_conversion, organic_conversion),
        }
    )
    assert others_leave_no_trace(scenario, more, seed)


@few_examples
@given(scenario=scenarios(), seed=seeds(), change=draw_one(SURVEYS))
def test_a_survey_only_observes(scenario: Scenario, seed: int, change: dict[str, object]) -> None:
    others = [name for name in TABLES if name != "surveys"]
    assert_same_tables(sim.simulate(scenario, seed), sim.simulate(scenario.change(change), seed), others)


@few_examples
@given(scenario=scenarios(), seed=seeds(), change=draw_one(FINANCE))
def test_prices_of_money_and_goods_move_nobody(
    scenario: Scenario, seed: int, change: dict[str, object]
) -> None:
    one, other = sim.simulate(scenario, seed), sim.simulate(scenario.change(change), seed)
    assert_same_tables(one, other, [name for name in TABLES if name != "transactions"])
    same = ["transaction_id", "customer_id", "time", "amount", "paid", "points_earned", "cost_of_reward"]
    pd.testing.assert_frame_equal(one.transactions[same], other.transactions[same], check_exact=True)


@few_examples
@given(scenario=scenarios(), seed=seeds(), change=draw_one(REWARDS))
def test_the_program_reaches_only_its_members(
    scenario: Scenario, seed: int, change: dict[str, object]
) -> None:
    points = {"loyalty.points_per_unit": max(scenario.loyalty.points_per_unit, 0.25)}
    on = scenario.change({**NO_SHARED, "word_of_mouth.referrals_per_promoter": 0, **points})
    assume(change.get("loyalty.points_per_unit", 1) > 0)
    one, other = sim.simulate(on, seed), sim.simulate(on.change(change), seed)
    members = one.customers["member_since"].notna() | other.customers["member_since"].notna()
    assert same_history(one, other, one.customers.loc[~members, "customer_id"])


@few_examples
@given(scenario=scenarios(), seed=seeds())
def test_a_program_of_zero_effect_changes_no_purchase_and_no_key_figure(
    scenario: Scenario, seed: int
) -> None:
    """But for the accounts: part of what members pay is deferred until their points are redeemed (IFRS 15).

    Which month a profit belongs to moves with it; before deferral every month's profit is the same.
    """
    without = scenario.without_program().change({"loyalty.reward_cost": 0})
    null = without.change({**NO_EFFECTS, "loyalty.points_per_unit": 1})
    off, on = sim.simulate(without, seed), sim.simulate(null, seed)
    assert_same_tables(
        off, on, ["truth", "episodes", "touchpoints", "tickets", "leads", "surveys", "invoices"]
    )
    pd.testing.assert_frame_equal(
        off.transactions.drop(columns="points_earned"),
        on.transactions.drop(columns="points_earned"),
        check_exact=True,
    )
    pd.testing.assert_series_equal(off.clv, on.clv, check_exact=True)
    accounted = ["revenue_deferred", "revenue_released", "deferred_revenue", "points_outstanding", "profit"]
    pd.testing.assert_frame_equal(
        off.months.drop(columns=accounted), on.months.drop(columns=accounted), check_exact=True
    )
    deferral = on.months["revenue_deferred"] - on.months["revenue_released"]
    np.testing.assert_allclose(on.months["profit"] + deferral, off.months["profit"], atol=0.015)
    one, other = (run.kpis().drop(["members", "profit"]) for run in (off, on))
    pd.testing.assert_series_equal(one, other, check_exact=True)


def purchases(scenario: Scenario, seed: int) -> pd.DataFrame:
    """Customer key, exact day and amount of every purchase, not rounded to seconds."""
    world = World(scenario, seed)
    world.run()
    sales = world.journal.read("transactions")
    keys = world.customers.key[sales["row"]]
    table = pd.DataFrame({"key": keys, "day": sales["day"], "amount": sales["amount"]})
    return table.sort_values(["key", "day"], kind="stable", ignore_index=True)


@few_examples
@given(levers=lever_settings(), seed=seeds())
def test_twice_the_rates_in_half_the_time_is_the_same_world(levers: dict[str, object], seed: int) -> None:
    plain = {"market.life_scale_weeks": 20.0, **levers, "acquisition.opening_weeks": 5.0, "clock.months": 8}
    slow = sim.load("coffee").change({**plain, **NO_CALENDAR})
    assume(slow.market.life_scale_weeks >= 0.02 and slow.market.churn_model != "sbg")
    fast = slow.change(
        {
            "market.rate_scale_weeks": slow.market.rate_scale_weeks / 2,
            "market.life_scale_weeks": slow.market.life_scale_weeks / 2,
            "acquisition.opening_weeks": slow.acquisition.opening_weeks / 2,
            "acquisition.organic_leads_per_month": slow.acquisition.organic_leads_per_month * 2,
            "acquisition.paid_leads_ceiling": slow.acquisition.paid_leads_ceiling * 2,
            "acquisition.trial_leads_ceiling": slow.acquisition.trial_leads_ceiling * 2,
            "acquisition.deal_leads_ceiling": slow.acquisition.deal_leads_ceiling * 2,
            "clock.months": 5,
        }
    )
    first, second = purchases(slow, seed), purchases(fast, seed)
    second = second[second["day"] * 2 <= month_edges(slow)[-1]]
    pd.testing.assert_frame_equal(
        first, second.assign(day=second["day"] * 2).reset_index(drop=True), check_exact=True
    )


@few_examples
@given(levers=lever_settings(), seed=seeds(), k=st.floats(0.5, 50))
def test_amounts_times_k_are_the_same_purchases_and_k_times_the_revenue(
    levers: dict[str, object], seed: int, k: float
) -> None:
    one, other = (
        sim.simulate(sim.load("retail").change({**levers, **NO_PROGRAM, **scale}), seed).transactions
        for scale in ({"market.spend_scale": 15.0}, {"market.spend_scale": 15.0 * k})
    )
    pd.testing.assert_frame_equal(
        one[["customer_id", "time"]], other[["customer_id", "time"]], check_exact=True
    )
    half_a_cent = 0.005 * (1 + k) + 1e-9 * other["amount"]
    assert (np.abs(other["amount"] - k * one["amount"]) <= half_a_cent).all()


def days_by_customer(scenario: Scenario, seed: int) -> "pd.Series[float]":
    sales = purchases(scenario, seed)
    return sales.set_index(["key", sales.groupby("key").cumcount()])["day"]


@few_examples
@given(levers=lever_settings(), seed=seeds(), factor=st.floats(1.01, 10))
def test_a_higher_rate_delays_nobodys_next_purchase(
    levers: dict[str, object], seed: int, factor: float
) -> None:
    slow = sim.load("coffee").change(levers).base()
    fast = slow.change({"market.rate_scale_weeks": max(slow.market.rate_scale_weeks / factor, 0.3)})
    late, early = days_by_customer(slow, seed), days_by_customer(fast, seed)
    assert late.index.isin(early.index).all()
    assert (early.reindex(late.index) <= late).all()


@few_examples
@given(levers=lever_settings(), seed=seeds(), factor=st.floats(1.01, 10))
def test_a_lower_dropout_means_fewer_purchases_for_nobody(
    levers: dict[str, object], seed: int, factor: float
) -> None:
    quick = sim.load("coffee").change({**levers, **NO_CALENDAR})
    loyal = quick.change(
        {
            "market.dropout_b": min(quick.market.dropout_b * factor, 1000),
            "market.life_scale_weeks": min(quick.market.life_scale_weeks * factor, 10_000),
        }
    )
    before, after = days_by_customer(quick, seed), days_by_customer(loyal, seed)
    pd.testing.assert_series_equal(after.reindex(before.index), before, check_exact=True)


MECHANISMS = (
    "sales",
    "word_of_mouth",
    "retention",
    "experience",
    "product",
    "fulfilment",
    "service",
    "extension",
    "loyalty",
    "privileges",
    "discounts",
    "rebates",
)
IDLE = {
    one.name: one.choices or (one.low, one.high, one.kind)
    for one in sim.levers()
    if not one.strength and one.name.split(".")[0] in MECHANISMS
}


def idle_levers() -> st.SearchStrategy[dict[str, object]]:
    """Every lever that shapes a mechanism without being its strength, anywhere in its range."""
    kinds = {int: st.integers, float: st.floats}
    values = {
        name: st.sampled_from(allowed) if isinstance(allowed[0], str) else kinds[allowed[2]](*allowed[:2])
        for name, allowed in IDLE.items()
    }
    return st.fixed_dictionaries(values)


@few_examples
@given(scenario=scenarios(), seed=seeds(), idle=idle_levers())
def test_with_every_strength_at_0_nothing_else_about_a_mechanism_matters(
    scenario: Scenario, seed: int, idle: dict[str, object]
) -> None:
    """The base process bit for bit: the same purchases, losses and leads, and no trace of the rest."""
    one, other = sim.simulate(scenario.base(), seed), sim.simulate(scenario.base().change(idle), seed)
    bought = ["customer_id", "time", "amount", "discount", "paid", "points_earned", "cost_of_reward"]
    bought += ["refunded_at"]
    pd.testing.assert_frame_equal(one.transactions[bought], other.transactions[bought], check_exact=True)
    known = ["customer_id", "purchase_rate", "dropout", "basket_mean", "is_costly", "churned_at"]
    pd.testing.assert_frame_equal(one.truth[known], other.truth[known], check_exact=True)
    met = ["lead_id", "created_at", "channel", "cost", "contacted_at", "converted_at", "customer_id"]
    pd.testing.assert_frame_equal(one.leads[met], other.leads[met], check_exact=True)
    assert_same_tables(one, other, ["customers", "invoices"])
    untouched = ("tickets", "touchpoints", "points", "rebates")
    assert all(run.tables[name].empty for run in (one, other) for name in untouched)
    assert not other.episodes[["minutes", "failures", "delight"]].any(axis=None)
