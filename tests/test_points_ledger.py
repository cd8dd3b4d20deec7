"""The points ledger of any program: hundreds of random ones, each lived by a few members.

A scenario has a program, and up to three others later.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

import books
import sim
from clerk import ledgers, ledgers_by_hand
from passbook import mistakes
from sim.scenario import Scenario
from worlds import NIGHTLY, seeds

SCENARIOS = 1_000 if NIGHTLY else 120

LAWS_OF_POINTS = (
    books.points_earned_are_redeemed_or_held,
    books.no_balance_and_no_lot_is_ever_overdrawn,
    books.points_go_in_the_order_in_which_they_became_active,
    books.pending_points_become_active_at_the_first_statement_after_their_wait,
    books.members_earn_points_on_what_they_pay,
    books.joining_gives_the_head_start,
    books.a_reward_costs_its_points_and_its_price,
    books.a_returned_purchase_keeps_no_points,
    books.points_expire_at_statements_and_by_the_terms,
    books.times_are_sorted_and_inside_the_horizon,
)

FEW_REGULARS = sim.load("coffee").change(
    {
        "acquisition.opening_weeks": 2,
        "acquisition.organic_leads_per_month": 0,
        "acquisition.paid_leads_ceiling": 0,
        "word_of_mouth.referrals_per_promoter": 0,
        "extension.offers_share": 0,
        "service.complaint_share": 0,
        "service.billing_tickets": 0,
        "service.questions": 0,
        "surveys.sample_share": 0,
        "market.rate_shape": 5,
        "market.rate_scale_weeks": 8,
        "market.dropout_b": 30,
        "clock.step_days": 31,
        "loyalty.join_probability": 0.7,
    }
)

TERMS = {
    "loyalty.points_per_unit": st.sampled_from([0, 0.3, 1, 4]),
    "loyalty.points_per_visit": st.sampled_from([0, 1, 15]),
    "loyalty.bonus_share": st.sampled_from([0, 0.3, 1]),
    "loyalty.bonus_multiplier": st.sampled_from([1, 2, 2.5]),
    "loyalty.pending_days": st.sampled_from([0, 0, 1, 20, 45]),
    "loyalty.endowed_points": st.sampled_from([0, 7, 40]),
    "loyalty.redemption": st.sampled_from(["reward", "amount"]),
    "loyalty.reward_points": st.sampled_from([1, 9, 30, 80]),
    "loyalty.reward_cost": st.sampled_from([0, 0.75, 3]),
    "loyalty.expiry": st.sampled_from(["none", "fixed", "rolling", "lot"]),
    "loyalty.expiry_months": st.integers(1, 5),
    "loyalty.redemption_probability": st.sampled_from([0, 0.2, 0.6, 1]),
    "loyalty.redemption_hassle": st.sampled_from([0, 2]),
    "privileges.points_bonus": st.sampled_from([0, 0.35]),
}
LEVERS = TERMS | {
    "loyalty.fraud_rate": st.sampled_from([0, 0.02, 0.3]),
    "loyalty.reward_momentum": st.sampled_from([0, 0.3]),
    "market.return_rate": st.sampled_from([0, 0.1, 0.5]),
    "privileges.silver_spend": st.sampled_from([0, 0, 40]),
    "market.churn_model": st.sampled_from(["bg/nbd", "bg/nbd", "pareto/nbd"]),
    "acquisition.opening_customers": st.integers(4, 10),
    "clock.months": st.integers(4, 8),
}


@st.composite
def programs(draw: st.DrawFn) -> Scenario:
    """Any terms, and up to three times others, for some of the levers or all."""
    scenario = FEW_REGULARS.change(draw(st.fixed_dictionaries(LEVERS)))
    for month in draw(st.lists(st.integers(1, 7), max_size=3)):
        scenario = scenario.later(month, draw(st.fixed_dictionaries({}, optional=TERMS)))
    return scenario


@settings(max_examples=SCENARIOS)
@given(scenario=programs(), seed=seeds())
def test_a_clerk_comes_to_the_same_ledger_row_by_row_in_hundreds_of_programs(
    scenario: Scenario, seed: int
) -> None:
    """Every movement with its time, points, lot and date of expiry; at every moment rows = open lots >= 0."""
    run = sim.simulate(scenario, seed)
    by_hand = {who: entries for who, entries in ledgers_by_hand(run).items() if entries}
    assert ledgers(run) == by_hand
    assert mistakes(run) == []


@settings(max_examples=SCENARIOS // 20)
@given(scenario=programs(), seed=seeds())
def test_every_law_of_points_holds_in_any_program(scenario: Scenario, seed: int) -> None:
    run = sim.simulate(scenario, seed)
    assert [law.__name__ for law in LAWS_OF_POINTS if not law(run)] == []
