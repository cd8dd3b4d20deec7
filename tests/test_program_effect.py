"""What a program seems to do and what it does: null programs, hand-made lives, and every kind of scenario."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import sim
from sim import Run, Scenario
from sim.experiments import program

COFFEE = sim.load("coffee").change({"acquisition.opening_customers": 800, "clock.months": 12})
NO_EFFECT = {
    "loyalty.goal_gradient": 0,
    "loyalty.membership_to_pace": 0,
    "loyalty.reward_momentum": 0,
    "loyalty.switching_cost": 0,
    "loyalty.reward_delight": 0,
}
WORLDS = {
    "points": COFFEE,
    "launched later": COFFEE.change({"loyalty.points_per_unit": 0}).later(
        5, {"loyalty.points_per_unit": 1.0}
    ),
    "ended": COFFEE.later(5, {"loyalty.points_per_unit": 0.0}),
    "tiers": COFFEE.change({"loyalty.points_per_unit": 0, "privileges.silver_spend": 60}),
    "all tools": COFFEE.change({"discounts.depth": 0.1, "rebates.rate": 0.05, "market.return_rate": 0.05}),
    "nobody at the start": COFFEE.change({"acquisition.opening_customers": 0}),
    "contracts": sim.load("telco").change(
        {"clock.months": 8, "acquisition.opening_customers": 150, "loyalty.points_per_unit": 1.0}
    ),
}


@cache
def effect(name: str) -> pd.DataFrame:
    return sim.program_effect(WORLDS[name], 3)


@pytest.mark.parametrize("name", WORLDS)
def test_every_scenario_with_a_program_has_its_three_views(name: str) -> None:
    found = effect(name)
    measures = ["spend", "purchases", "margin", "profit", "return_on_program"]
    assert found.index.tolist() == [(m, v) for m in measures for v in ("naive", "before_after", "true")]
    assert found.columns.tolist() == ["effect", "low", "high", "members", "ratio"]
    assert found["effect"].notna().all()
    assert ((found["low"] <= found["effect"]) & (found["effect"] <= found["high"])).all()
    truth = found.xs("true", level="view")
    assert truth["ratio"].equals(truth["effect"] / truth["effect"].where(truth["effect"] != 0))


@pytest.mark.parametrize(
    "find", [sim.program_effect, sim.program_effect_by_buyer, sim.program_effect_by_month]
)
def test_a_scenario_without_a_program_is_refused_in_one_sentence(find) -> None:
    with pytest.raises(ValueError, match="'coffee' has no program to join; allowed: a scenario with "):
        find(COFFEE.without_program().change({"rebates.rate": 0.1}))


def test_a_program_without_effect_has_a_true_effect_of_exactly_nothing() -> None:
    """On what customers do; it costs its rewards. And still seems to do much: big spenders join."""
    null = COFFEE.change(NO_EFFECT)
    found = sim.program_effect(null, 3)
    done = found.loc[["spend", "purchases", "margin"]].xs("true", level="view")
    assert (done[["effect", "low", "high"]] == 0).all(axis=None)
    assert found.loc[("profit", "true"), "effect"] < 0
    assert found.loc[("return_on_program", "true"), "effect"] == -1
    assert found.loc[("spend", "naive"), "low"] > 1
    by_buyer, by_month = sim.program_effect_by_buyer(null, 3), sim.program_effect_by_month(null, 3)
    for table in (by_buyer, by_month):
        assert (table.loc[["spend", "purchases", "margin"], ["effect", "low", "high"]] == 0).all(axis=None)


def test_self_selection_inflates_the_naive_view() -> None:
    """Joining is then at random at a purchase, which still favours those who buy often and stay."""
    at_random, found = (
        sim.program_effect(COFFEE.change({"loyalty.self_selection": one}), 3).loc["spend"] for one in (0, 0.8)
    )
    assert found.loc["naive", "effect"] > 1.25 * at_random.loc["naive", "effect"]
    assert found.loc["naive", "effect"] > 2 * found.loc["true", "effect"] > 0


def test_a_stronger_program_has_a_larger_true_effect() -> None:
    strong = sim.program_effect(COFFEE.change({"loyalty.membership_to_pace": 2.0}), 3)
    assert strong.loc[("purchases", "true"), "low"] > effect("points").loc[("purchases", "true"), "high"]


def test_profit_is_margin_less_what_the_program_costs() -> None:
    found = effect("all tools")["effect"].unstack("view")["true"]
    cost = found["margin"] - found["profit"]
    assert cost > 0
    assert found["return_on_program"] == pytest.approx(found["profit"] / cost)


# Lives made by hand.

DAYS = 365.25 / 12


def made_by_hand(monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """Opening customers a and b; a joins on day 61, buys 10 a time; without program a buys once less.

    a: days 0, 61 (joins), 91 and 122, and without program not that last one. b: days 0 and 200, 4 a time.
    """
    scenario = Scenario().change({"loyalty.points_per_unit": 1.0, "clock.months": 12})
    empty = sim.simulate(scenario.change({"acquisition.opening_customers": 0, "clock.months": 12}), 1)
    start = empty.month_starts[0]

    def run(of: Scenario, last: bool) -> Run:
        days = {"a": [0, 61, 91, *([122] if last else [])], "b": [0, 200]}
        sales = pd.DataFrame(
            [(who, day) for who, bought in days.items() for day in bought], columns=["who", "day"]
        )
        paid = np.where(sales["who"] == "a", 10.0, 4.0)
        transactions = pd.DataFrame(
            {
                "customer_id": sales["who"],
                "time": start + pd.to_timedelta(sales["day"], "D"),
                "paid": paid,
                "margin": paid / 2,
                "cost_of_service": 0.0,
                "cost_of_reward": np.where(sales["day"] == 122, 1.0, 0.0),
                "refunded_at": pd.Series(pd.NaT, sales.index, dtype="datetime64[s]"),
            }
        )
        customers = pd.DataFrame(
            {
                "customer_id": ["a", "b"],
                "acquired_at": [start, start],
                "member_since": [start + pd.Timedelta(days=61), pd.NaT],
                "channel": "opening",
            }
        )
        return Run(of, 1, {**empty.tables, "transactions": transactions, "customers": customers})

    monkeypatch.setattr(program, "simulate", lambda of, seed: run(of, bool(of.tools())))
    return scenario


def test_the_three_views_of_lives_made_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A year of 365 days; a is a member for 304 of them, b and a before are others for 365 and 61."""
    found = sim.program_effect(made_by_hand(monkeypatch))["effect"]
    naive = 30 / (304 / DAYS) - (10 + 8) / (426 / DAYS)
    assert found["spend", "naive"] == pytest.approx(naive)
    assert found["spend", "before_after"] == pytest.approx((20 - 10) / (61 / DAYS))
    assert found["spend", "true"] == pytest.approx(10 / (304 / DAYS))
    assert found["purchases", "true"] == pytest.approx(1 / (304 / DAYS))
    assert found["profit", "true"] == pytest.approx(4 / (304 / DAYS))
    assert found["return_on_program", "true"] == pytest.approx(4.0)


def test_the_effect_by_month_falls_where_it_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Day 122 is 61 days after joining: in the third month."""
    by_month = sim.program_effect_by_month(made_by_hand(monkeypatch)).loc["spend"]
    assert by_month["effect"].dropna().tolist() == [0, 0, 10, *[0] * 6]


def test_thirds_of_buyers_hold_the_customers_by_their_pace_without_program() -> None:
    by_buyer = sim.program_effect_by_buyer(COFFEE, 3).loc["purchases"]
    assert by_buyer.index.tolist() == ["light", "moderate", "heavy"]
    assert by_buyer["members"].sum() == effect("points").loc[("purchases", "true"), "members"]
    assert by_buyer["lift"]["heavy"] < by_buyer["lift"]["light"]


def test_no_customer_or_purchase_of_the_world_without_program_is_lost() -> None:
    """The true effects of the thirds, weighted by the months behind them, make up the whole: same sums."""
    twins = program._Twins(COFFEE, 3)
    whole = twins.true(twins.members)
    third = twins.thirds()
    parts = [twins.members & (third == n) for n in range(3)]
    months = [np.nansum(twins._months[part]) for part in parts]
    effects = [twins.true(part).loc["spend", "effect"] for part in parts]
    assert np.average(effects, weights=months) == pytest.approx(whole.loc["spend", "effect"])


def test_the_true_effect_varies_between_worlds_as_its_interval_says() -> None:
    """Ten worlds: a chi with 9 degrees of freedom over 3 lies in 0.35 to 1.9 but for 1 in 10,000."""
    small = COFFEE.change({"acquisition.opening_customers": 400, "clock.months": 6})
    found = [sim.program_effect(small, seed).loc[("purchases", "true")] for seed in range(1, 11)]
    se = [(one["high"] - one["low"]) / (2 * program.Z) for one in found]
    spread = np.std([one["effect"] for one in found], ddof=1)
    assert 0.35 < spread / np.sqrt(np.mean(np.square(se))) < 1.9
