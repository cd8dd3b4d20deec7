"""Programs that start, change or end during the run."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim.scenario import TOOLS
from worlds import few_examples, scenarios, seeds

COFFEE = sim.load("coffee").change({"acquisition.opening_customers": 200, "clock.months": 8})
LAUNCHES = {
    "points": {"loyalty.points_per_unit": 2.0},
    "discounts": {"discounts.depth": 0.2},
    "rebates": {"rebates.rate": 0.1},
    "privileges": {"privileges.silver_spend": 20.0},
}
DATED = ("transactions", "episodes", "touchpoints", "surveys", "points", "rebates", "invoices")


def before(run: sim.Run, month: int, name: str) -> pd.DataFrame:
    """What a table says of the first months, as known then."""
    end = run.month_starts[month]
    rows = run.tables[name][run.tables[name]["time"] < end]
    known = {
        column: rows[column].where(rows[column] < end)
        for column in ("refunded_at", "claimed_at")
        if column in rows
    }
    return rows.assign(**known).drop(columns=["paid", "refused"] if name == "rebates" else [])


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
        (6, {"market.rivals": 2}, "market.rivals cannot change in month 6; allowed: decisions on loyalty"),
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
    launched = never.later(4, LAUNCHES[tool])
    off, on = sim.simulate(never, 7), sim.simulate(launched, 7)
    for name in DATED:
        pd.testing.assert_frame_equal(before(off, 4, name), before(on, 4, name), check_exact=True, obj=name)
    after = on.transactions[on.transactions["time"] >= on.month_starts[4]]
    assert not after.equals(off.transactions[off.transactions["time"] >= off.month_starts[4]])
    assert not (on.customers["member_since"] < on.month_starts[4]).any()


@few_examples
@given(scenario=scenarios(), seed=seeds(), month=st.integers(1, 12), tool=st.sampled_from(sorted(TOOLS)))
def test_a_change_in_terms_reaches_nothing_before_its_month(
    scenario: sim.Scenario, seed: int, month: int, tool: str
) -> None:
    scenario = scenario.change(
        {"service.complaint_share": 0, "service.billing_tickets": 0, "service.questions": 0}
    )
    changed = scenario.later(month, LAUNCHES[tool])
    one, other = sim.simulate(scenario, seed), sim.simulate(changed, seed)
    month = min(month, scenario.clock.months)
    for name in DATED:
        pd.testing.assert_frame_equal(before(one, month, name), before(other, month, name), check_exact=True)


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
