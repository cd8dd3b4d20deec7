"""Decisions that change during the run: programs that start or end, and all others."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import sim
from books import LAWS
from sim.levers import Sales
from sim.luck import Luck
from sim.scenario import PROGRAMS
from sim.world.desk import Desk
from sim.world.leads import FollowUp, Leads, meet
from worlds import NIGHTLY, NO_SHARED, decisions, few_examples, scenarios, seeds

COFFEE = sim.load("coffee").change({"acquisition.opening_customers": 200, "clock.months": 8})
LAUNCHES = {
    "points": {"loyalty.points_per_unit": 2.0},
    "discounts": {"discounts.depth": 0.2},
    "rebates": {"rebates.rate": 0.1},
    "privileges": {"privileges.silver_spend": 20.0},
}
DECISIONS = [one for one in sim.levers() if one.cell]
LIVELY = sim.load("coffee").change(
    {
        "acquisition.opening_customers": 100,
        "acquisition.opening_weeks": 4,
        "acquisition.organic_leads_per_month": 20,
        "acquisition.paid_spend_per_month": 600,
        "acquisition.trial_spend_per_month": 300,
        "acquisition.deal_spend_per_month": 300,
        "sales.representatives": 1,
        "sales.hours_per_lead": 2,
        "sales.automated_share": 0.2,
        "word_of_mouth.referrals_per_promoter": 0.05,
        "experience.failure_rate": 0.1,
        "experience.delight_rate": 0.2,
        "fulfilment.capacity": 1,
        "fulfilment.minutes_per_order": 20,
        "service.complaint_share": 0.5,
        "service.questions": 0.2,
        "service.handling_minutes": 600,
        "service.agents": 1,
        "service.self_service_share": 0.2,
        "service.bot_share": 0.3,
        "service.failed_logins": 0.2,
        "extension.offers_share": 0.6,
        "extension.regular_purchases": 2,
        "extension.acceptance": 0.9,
        "extension.unneeded_acceptance": 0.5,
        "extension.upsell_share": 0.2,
        "extension.costly_share": 1,
        "extension.costly_cost": 5,
        "extension.termination_share": 0.8,
        "loyalty.points_per_visit": 1.0,
        "loyalty.bonus_share": 0.2,
        "loyalty.pending_days": 5,
        "loyalty.endowed_points": 10,
        "loyalty.reward_points": 25,
        "loyalty.expiry": "lot",
        "loyalty.expiry_months": 2,
        "loyalty.redemption_hassle": 0.3,
        "privileges.silver_spend": 10,
        "privileges.gold_spend": 25,
        "privileges.platinum_spend": 60,
        "privileges.period_months": 2,
        "privileges.validity_months": 1,
        "privileges.benefit_cost": 0.1,
        "privileges.points_bonus": 0.2,
        "privileges.priority_level": 1,
        "discounts.depth": 0.1,
        "discounts.deals_per_year": 6,
        "rebates.rate": 0.1,
        "rebates.refusal_rate": 0.1,
        "rebates.claim_effort": 0.1,
        "clock.months": 6,
    }
)
MOVED: dict[str, object] = {
    "discounts.deals_per_year": 12,
    "extension.relevance": 1.0,
    "extension.termination_share": 0,
    "extension.termination_way": "part",
    "loyalty.expiry": "none",
}
"""What else a decision becomes, where the next value would show too late or not at all."""
SHORT = {"acquisition.opening_customers": 60, "clock.months": 4}
A_FEW = few_examples if NIGHTLY else settings(max_examples=3, phases=[Phase.generate])
SINCE = {"leads": "created_at", "tickets": "opened_at", "customers": "acquired_at", "truth": "acquired_at"}
"""The column that tells since when a row is known, where it is not `time`."""
MASKED: dict[str, dict[str, tuple[str, ...]]] = {
    "transactions": {"refunded_at": ()},
    "rebates": {"claimed_at": ("refused", "paid")},
    "leads": {"contacted_at": ("automated",), "converted_at": ("customer_id",)},
    "tickets": {"started_at": (), "closed_at": ("channel", "resolved", "cost")},
    "customers": dict.fromkeys(
        ("member_since", "newsletter_cancelled_at", "cancelled_at", "terminated_at"), ()
    ),
    "truth": {"churned_at": ()},
}
"""Columns with a later time, and what else is only known from then on."""
STATE = ["tier", "points_balance", "products", "satisfaction", "trust", "commitment", "basket_mean"]
"""Columns as of the end of the run."""


def before(run: sim.Run, month: int) -> dict[str, pd.DataFrame]:
    """All that the tables say of the first months, as known then."""
    end = run.month_starts[month]
    acquired = run.tables["truth"].assign(acquired_at=run.customers["acquired_at"])
    tables = {**run.tables, "truth": acquired, "ledger": run.ledger}
    past = {name: _as_known(name, table, end) for name, table in tables.items()}
    return past | {"months": run.months.head(month), "accounts": run.accounts().head(month)}


def _as_known(name: str, table: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    rows = table[table[SINCE.get(name, "time")] < end].drop(columns=STATE, errors="ignore")
    known = rows.copy()
    for time, others in MASKED.get(name, {}).items():
        for column in (time, *others):
            known[column] = rows[column].where(rows[time] < end)
    return known.reset_index(drop=True)


def assert_same(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> None:
    for name, table in one.items():
        pd.testing.assert_frame_equal(table, other[name], check_exact=True, obj=name)


def everything(run: sim.Run) -> dict[str, pd.DataFrame]:
    return {**run.tables, "ledger": run.ledger, "months": run.months, "accounts": run.accounts()}


def test_later_terms_hold_from_their_month_on_and_join_those_of_other_months() -> None:
    scenario = COFFEE.later(6, {"loyalty.reward_points": 90}).later(3, {"loyalty.points_per_unit": 2.0})
    terms = [
        (one["loyalty.points_per_unit"], one["loyalty.reward_points"]) for one in map(scenario.at, range(8))
    ]
    assert terms == [(1.0, 60)] * 3 + [(2.0, 60)] * 3 + [(2.0, 90)] * 2


def test_the_latest_of_two_changes_of_one_lever_holds() -> None:
    scenario = COFFEE.later(5, {"loyalty.points_per_unit": 3.0}).later(2, {"loyalty.points_per_unit": 2.0})
    assert [scenario.at(month)["loyalty.points_per_unit"] for month in (1, 2, 4, 5)] == [1.0, 2.0, 2.0, 3.0]


def test_the_base_process_and_a_company_without_program_have_no_changes() -> None:
    scenario = COFFEE.later(5, {"loyalty.points_per_unit": 3.0})
    assert scenario.base() == COFFEE.base()
    assert scenario.without_program() == COFFEE.without_program()
    assert COFFEE.without_program().tools() == ()


def test_a_company_without_one_tool_keeps_the_others_and_their_changes() -> None:
    scenario = COFFEE.change({"rebates.rate": 0.1}).later(
        5, {"loyalty.points_per_unit": 3.0, "rebates.rate": 0.2}
    )
    only = scenario.without("points", "privileges")
    assert only.tools() == ("rebates",) and only.at(5).tools() == ("rebates",)
    assert only.at(5)["rebates.rate"] == 0.2


@pytest.mark.parametrize(
    ("month", "levers", "sentence"),
    [
        (0, {"loyalty.points_per_unit": 2}, "changes.1.month is 0; allowed: a whole number from 1 to 1200"),
        ("x", {"loyalty.points_per_unit": 2}, "changes.1.month is 'x'; allowed: a whole number"),
        (6, {"loyalty.points_per_unit": -2}, "loyalty.points_per_unit is -2; allowed: 0 to 20 points"),
        (6, {"loyalty.points_per_units": 2}, "not a lever; did you mean loyalty.points_per_unit?"),
        (
            6,
            {"market.rivals": 2},
            "market.rivals cannot change in month 6; allowed: decisions, which are levers",
        ),
        (6, {"loyalty.goal_gradient": 1}, "loyalty.goal_gradient cannot change in month 6"),
    ],
)
def test_an_impossible_change_is_refused_in_one_sentence(month: object, levers: dict, sentence: str) -> None:
    with pytest.raises(sim.ScenarioError) as refused:
        COFFEE.later(month, levers)
    assert sentence in str(refused.value)


def test_changes_are_written_and_read_as_toml_with_their_comments_kept(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text("[[changes]]\nmonth = 6 # the launch\nloyalty.points_per_unit = 1.0\n", encoding="utf-8")
    plan = sim.load(path)
    assert plan.changes == sim.Scenario().later(6, {"loyalty.points_per_unit": 1.0}).changes
    again = plan.later(9, {"loyalty.expiry": "lot", "rebates.rate": 0.05})
    assert sim.load(sim.save(again, tmp_path / "again.toml")) == again
    assert "# the launch" in sim.save(plan, tmp_path / "same.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["changes = 3", "changes = [3]", "[[changes]]\nloyalty.expiry = 'lot'"])
def test_a_malformed_change_in_a_file_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(sim.ScenarioError, match="changes"):
        sim.load(path)


@pytest.mark.parametrize("tool", LAUNCHES)
def test_nothing_is_different_before_a_launch_and_something_is_after(tool: str) -> None:
    never = COFFEE.without_program()
    off, on = sim.simulate(never, 7), sim.simulate(never.later(4, LAUNCHES[tool]), 7)
    assert_same(before(off, 4), before(on, 4))
    assert not on.transactions.equals(off.transactions)
    assert not (on.customers["member_since"] < on.month_starts[4]).any()


@pytest.fixture(scope="module")
def lively() -> sim.Run:
    """Six months in which every decision matters."""
    return sim.simulate(LIVELY, 7)


@pytest.mark.parametrize("lever", DECISIONS if NIGHTLY else DECISIONS[::6], ids=lambda lever: lever.name)
def test_every_decision_moves_something_from_its_month_on_and_nothing_before(
    lever: sim.Lever, lively: sim.Run
) -> None:
    changed = sim.simulate(LIVELY.later(3, {lever.name: MOVED.get(lever.name, _moved(lever))}), 7)
    assert_same(before(lively, 3), before(changed, 3))
    one, other = everything(lively), everything(changed)
    assert any(not one[name].equals(other[name]) for name in one)


def _moved(lever: sim.Lever) -> object:
    """Another value: the next word, one more or half as much again; half where that is too much."""
    value = LIVELY[lever.name]
    if lever.choices:
        return lever.choices[lever.choices.index(value) - 1]
    if lever.kind is int:
        return value + 1
    return 1.5 * value if 1.5 * value <= lever.high else value / 2


@A_FEW
@given(scenario=scenarios(), seed=seeds(), month=st.integers(1, 6), change=decisions(), more=decisions())
def test_no_change_reaches_anything_before_its_month_and_the_laws_of_the_books_hold_after(
    scenario: sim.Scenario, seed: int, month: int, change: dict[str, object], more: dict[str, object]
) -> None:
    changed = scenario.later(month, change).later(month + 2, more)
    one, other = sim.simulate(scenario, seed), sim.simulate(changed, seed)
    month = min(month, scenario.clock.months)
    assert_same(before(one, month), before(other, month))
    assert not [name for name, law in LAWS.items() if not law(other)]


@A_FEW
@given(scenario=scenarios(), seed=seeds(), month=st.integers(1, 6))
def test_a_change_to_what_is_in_force_leaves_no_trace(scenario: sim.Scenario, seed: int, month: int) -> None:
    one, other = (
        sim.simulate(scenario, seed),
        sim.simulate(scenario.later(month, in_force(scenario, month)), seed),
    )
    assert_same(everything(one), everything(other))


def in_force(scenario: sim.Scenario, month: int) -> dict[str, object]:
    """Every decision as it is then."""
    terms = scenario.at(month)
    return {one.name: terms[one.name] for one in DECISIONS}


@pytest.mark.parametrize("name", sim.scenarios().index)
def test_in_a_bundled_scenario_a_change_of_all_decisions_is_felt_from_its_month_on_or_if_none_never(
    name: str,
) -> None:
    scenario = sim.load(name).change(SHORT)
    values = {one.name: MOVED.get(one.name, LIVELY[one.name]) for one in DECISIONS}
    plans = (scenario, scenario.later(2, values), scenario.later(2, in_force(scenario, 2)))
    run, changed, same = (sim.simulate(plan, 3) for plan in plans)
    assert_same(before(run, 2), before(changed, 2))
    assert not changed.transactions.equals(run.transactions)
    assert_same(everything(run), everything(same))


OWN = [
    one.name
    for one in DECISIONS
    if one.name.partition(".")[0] not in (*PROGRAMS, "fulfilment", "sales", "word_of_mouth")
]
"""Decisions that a customer is only reached by alone."""


@A_FEW
@given(scenario=scenarios(), seed=seeds(), month=st.integers(1, 4), change=decisions(*OWN))
def test_later_customers_live_as_if_it_had_always_been_so(
    scenario: sim.Scenario, seed: int, month: int, change: dict[str, object]
) -> None:
    """Where nobody queues, nobody talks and nobody compares."""
    alone = {**NO_SHARED, "word_of_mouth.referrals_per_promoter": 0, "clock.months": 7}
    scenario = scenario.change({**alone, "acquisition.organic_leads_per_month": 20})
    later, always = (
        sim.simulate(scenario.later(month, change), seed),
        sim.simulate(scenario.change(change), seed),
    )
    start = later.month_starts[month]
    for name in ("transactions", "episodes", "touchpoints", "surveys", "points", "rebates"):
        assert_same({name: _of_newcomers(later, name, start)}, {name: _of_newcomers(always, name, start)})
    assert later.leads[later.leads["created_at"] >= start].equals(later.leads.tail(0)) or _newcomers(
        later, start
    ) == _newcomers(always, start)


def _newcomers(run: sim.Run, start: pd.Timestamp) -> set[object]:
    came = (run.customers["acquired_at"] >= start) & (run.customers["channel"] != "opening")
    return set(run.customers.loc[came, "customer_id"])


def _of_newcomers(run: sim.Run, name: str, start: pd.Timestamp) -> pd.DataFrame:
    """Their rows, but for numbers that count those of others."""
    table = run.tables[name]
    own = table[table["customer_id"].isin(list(_newcomers(run, start)))]
    return own.drop(columns=["transaction_id", "lot_id"], errors="ignore").reset_index(drop=True)


PAID = COFFEE.change({"acquisition.paid_leads_ceiling": 60.0, "acquisition.opening_customers": 0})


@pytest.mark.parametrize(
    "spends", [(0.0, 800.0), (800.0, 0.0, 800.0), (300.0, 900.0), (900.0, 0.0, 0.0, 400.0)]
)
def test_leads_of_each_month_are_those_of_a_company_that_always_spent_so(spends: tuple[float, ...]) -> None:
    lever = "acquisition.paid_spend_per_month"
    plan = PAID.change({lever: spends[0]})
    for number, spend in enumerate(spends):
        plan = plan.later(2 * number, {lever: spend}) if number else plan
    run = sim.simulate(plan, 7)
    columns = ["lead_id", "created_at", "fit", "intent", "score"]
    for number, spend in enumerate(spends):
        start, end = run.month_starts[2 * number], run.month_starts[2 * number + 2]
        always = sim.simulate(PAID.change({lever: spend}), 7)
        now, then = (
            one.leads[(one.leads["channel"] == "paid") & one.leads["created_at"].between(start, end, "left")]
            for one in (run, always)
        )
        assert len(now) > 10 or not spend
        assert now[columns].reset_index(drop=True).equals(then[columns].reset_index(drop=True))
        booked = run.tables["invoices"].query("channel == 'paid'")
        assert (booked["amount"][booked["time"].between(start, end, "left")] == spend).all()


def test_quality_and_delight_cost_what_they_cost_on_the_day_of_the_sale() -> None:
    scenario = COFFEE.change({"experience.delight_rate": 0.5, "experience.delight_cost": 1.0})
    scenario = scenario.change({"extension.offers_share": 0})
    scenario = scenario.change({"retention.service_quality": 9.1, "retention.quality_cost": 0.05})
    levers = {"retention.service_quality": 7.1, "experience.delight_cost": 3.0, "product.core": 1.5}
    run = sim.simulate(scenario.later(4, levers), 7)
    sales, delight = run.transactions, run.episodes["delight"]
    is_new = sales["time"] >= run.month_starts[4]
    share = np.where(is_new, 0.05 * (7.1 - 8.1) + scenario.product.level_cost * 0.5, 0.05)
    cost = sales["amount"] * share + delight * np.where(is_new, 3.0, 1.0)
    assert is_new.any() and not is_new.all()
    np.testing.assert_allclose(sales["cost_of_service"], cost, atol=0.0051)


def test_who_leaves_the_desk_finishes_the_case_in_hand_and_the_idle_leave_at_once() -> None:
    desk = Desk(3)
    desk.open(np.arange(2), np.array([0.0, 0.0]), np.array([4.0, 5.0]), np.zeros(2))
    desk.run(1.0)
    desk.staff(1)
    desk.open(2 + np.arange(3), np.array([1.0, 1.0, 1.0]), np.full(3, 1.0), np.arange(3.0))
    number, start, end = desk.run(20.0)
    assert list(zip(number, start, end, strict=True)) == [(2, 5, 6), (3, 6, 7), (4, 7, 8)]


def test_new_people_at_the_desk_take_what_waits_and_replace_those_about_to_leave() -> None:
    desk = Desk(1)
    desk.open(np.arange(4), np.zeros(4), np.full(4, 10.0), np.arange(4.0))
    desk.run(1.0)
    desk.staff(3)
    desk.run(2.0)
    desk.staff(1)
    desk.staff(2)
    number, start, _ = desk.run(100.0)
    assert list(zip(number, start, strict=True)) == [(3, 11.0)]  # at 10 the first of three leaves
    desk.open(np.array([7, 8, 9]), np.full(3, 100.0), np.full(3, 1.0), np.arange(3.0))
    assert desk.run(200.0)[1].tolist() == [100.0, 100.0, 101.0]


def test_leads_decide_when_the_last_representative_has_gone_and_queue_again_for_new_ones() -> None:
    luck = Luck(1)

    def leads(first: int, day: float) -> Leads:
        key = first + np.arange(50)
        return meet(0.5, luck, key, np.zeros(50, np.int8), np.full(50, day), np.full(50, 0.3))

    people = Sales(representatives=1, hours_per_lead=16.0)
    follow_up = FollowUp(people, luck)
    soon = follow_up.contact(leads(0, 0.0), 30.0)
    follow_up.change(Sales(representatives=0), 30.0)
    later = follow_up.contact(leads(100, 40.0), 60.0)
    left = later.leads.key < 100
    assert set(later.leads.key[left]) == set(range(50)) - set(soon.leads.key)
    assert (later.day[left] == 30.0).all() and (later.day[~left] == 40.0).all()
    follow_up.change(people, 60.0)
    third = follow_up.contact(leads(200, 60.0), 75.0)
    assert 0 < len(third.leads) < 50 and (third.leads.key >= 200).all()


def test_a_program_that_ends_leaves_points_to_be_redeemed_but_not_to_be_earned() -> None:
    ended = sim.simulate(COFFEE.later(4, {"loyalty.points_per_unit": 0}), 7)
    points = ended.points[ended.points["time"] >= ended.month_starts[4]]
    assert not (points["type"] == "earn").any()
    assert (points["type"] == "redeem").any()
    assert not (ended.customers["member_since"] >= ended.month_starts[4]).any()


def test_a_devaluation_makes_the_same_points_buy_fewer_rewards() -> None:
    devalued = sim.simulate(COFFEE.later(4, {"loyalty.reward_points": 120}), 7)
    redeemed = devalued.points[devalued.points["type"] == "redeem"]
    rewards = redeemed.groupby(["customer_id", "time"])["points"].sum()
    when = rewards.index.get_level_values("time")
    assert set(rewards[when < devalued.month_starts[4]]) == {-60}
    assert set(rewards[when >= devalued.month_starts[4]]) == {-120}
