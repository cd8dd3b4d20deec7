"""The program designer without a browser: tools on and off, levers, and what its three views say."""

import asyncio
import re
import warnings
from html import unescape

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
import worlds
from sim.lab import accountant_view, customer_view, draft, manager_view
from sim.lab import designer_tables as tables
from sim.lab.draft import SECTIONS, Draft, company_alone
from sim.lab.tool_levers import decisions, mechanisms
from sim.programs import preset
from sim.scenario import TOOLS

POINTS, DEPTH = "loyalty.points_per_unit", "discounts.depth"
SMALL = (
    sim.load("coffee").change({"acquisition.opening_customers": 150, "clock.months": 5}).rename("small", "")
)
CARD = SMALL.without_program().change(
    {POINTS: 2.0, "loyalty.reward_points": 100, "loyalty.reward_value": 5.0, "loyalty.bonus_share": 0.0}
)


@pytest.fixture(autouse=True)
def every_world_lives_once(monkeypatch):
    monkeypatch.setattr(draft, "simulate", worlds.lived_once)


@pytest.fixture
def designer():
    designer = sim.lab.design(SMALL, seed=1)
    yield designer
    designer.close()


@pytest.fixture
def simulations(monkeypatch):
    """The tools in use in every scenario that is lived through."""
    lived = []

    def simulate(scenario, seed):
        lived.append(scenario.tools())
        return sim.simulate(scenario, seed)

    monkeypatch.setattr(draft, "simulate", simulate)
    return lived


def text_of(widget):
    """What a reader reads in an HTML widget."""
    return unescape(" ".join(re.sub("<[^>]*>", " ", widget.value).split()))


def shown(designer):
    return [page.value for page in designer.views.values()], designer.chart.value, designer.caption.value


# Opening


def test_a_designer_opens_on_a_name_a_path_or_a_scenario(tmp_path):
    assert sim.lab.design("hotel").tools == ("privileges",)
    assert sim.lab.design(sim.save(SMALL, tmp_path / "small.toml"), seed=5).scenario == SMALL


@pytest.mark.parametrize(
    ("scenario", "seed", "message"), [("tea", 1, "no scenario 'tea'"), ("coffee", -1, "seed is -1; allowed")]
)
def test_a_designer_that_cannot_open_says_why(scenario, seed, message):
    with pytest.raises(ValueError, match=message):
        sim.lab.design(scenario, seed)


def test_a_new_designer_shows_the_scenarios_own_program(designer):
    assert designer.scenario == SMALL
    assert designer.tools == ("points",)
    assert [tool for tool, button in designer.levers.buttons.items() if button.value] == ["points"]
    assert bytes(designer.chart.value[:4]) == b"\x89PNG"
    assert "Program: points." in text_of(designer.caption)


# Tools


def test_a_tool_switched_on_by_hand_comes_with_its_preset(designer):
    before = shown(designer)
    designer.levers.buttons["privileges"].value = True
    assert designer.scenario == sim.add_program(SMALL, "privileges")
    assert designer.tools == ("points", "privileges")
    assert text_of(designer.status).startswith("Privileges on: ")
    assert all(now != then for now, then in zip(shown(designer)[0][:2], before[0], strict=False))


def test_a_tool_that_the_scenario_has_keeps_its_levers(designer):
    designer.use()
    designer.use("points")
    assert designer.scenario == SMALL


def test_off_sets_the_switches_to_0_and_on_brings_back_what_was_set(designer):
    designer.use("points", "discounts", "privileges")
    designer.change({DEPTH: 0.35, "privileges.silver_spend": 77.0})
    designed = designer.scenario
    designer.use("points")
    assert all(designer.scenario[name] == 0 for tool in ("discounts", "privileges") for name in TOOLS[tool])
    designer.use("points", "discounts", "privileges")
    assert designer.scenario == designed


def test_no_program_switches_all_off_at_a_click(designer):
    click(designer, "No program")
    assert designer.tools == designer.scenario.tools() == ()
    assert designer.scenario.without_program() == designer.scenario
    assert not any(button.value for button in designer.levers.buttons.values())
    assert "nothing is owed" in text_of(designer.views["accountant"])
    assert "No program" in text_of(designer.caption)


def click(designer, label):
    (button,) = [one for one in designer.children[1].children if one.description == label]
    button.click()


def test_a_tool_whose_lever_a_hand_takes_to_0_stays_open(designer):
    designer.controls[POINTS].slider.value = 0.0
    assert designer.scenario[POINTS] == 0
    assert designer.tools == ("points",)
    designer.controls[POINTS].slider.value = 1.5
    assert designer.scenario[POINTS] == 1.5


def test_a_tool_left_at_0_and_switched_off_comes_back_with_its_preset(designer):
    designer.change({POINTS: 0})
    designer.use()
    designer.use("points")
    assert designer.scenario[POINTS] == preset(SMALL, "points")[POINTS] > 0


def test_a_lever_set_from_code_brings_its_tool_into_use(designer):
    designer.change({DEPTH: 0.2})
    assert designer.tools == ("points", "discounts")
    assert designer.levers.buttons["discounts"].value


def test_a_tool_and_its_lever_can_be_set_in_one_move(designer):
    designer.change({"discounts": True, DEPTH: 0.5})
    assert designer.scenario == sim.add_program(SMALL, "discounts").change({DEPTH: 0.5})


@pytest.mark.parametrize("tools", [("coupons",), ("points", "none")])
def test_a_tool_that_there_is_not_is_refused(designer, tools):
    before = shown(designer)
    with pytest.raises(sim.ScenarioError, match=f"there is no loyalty tool '{tools[-1]}'"):
        designer.use(*tools)
    assert shown(designer) == before


@given(steps=st.lists(st.sampled_from([*TOOLS]), max_size=8))
def test_switching_twice_changes_nothing(steps):
    plan = draft.Plan.of(sim.add_program(SMALL, *steps))
    for tool in steps:
        there = plan.switch(tool, tool not in plan.tools)
        assert there.switch(tool, tool in plan.tools).scenario.tools() == plan.scenario.tools()
        if tool in plan.tools:
            assert there.switch(tool, True).scenario == plan.scenario


# The levers


def test_every_lever_of_the_programs_is_with_one_tool_and_joining_also_with_privileges():
    offered = [one.name for tool in TOOLS for one in (*decisions(tool), *mechanisms(tool))]
    assert offered.count("loyalty.join_probability") == 2
    sections = tuple(f"{one}." for one in SECTIONS.values())
    assert {*offered} == {one.name for one in sim.levers() if one.name.startswith(sections)}
    assert all(one.cell for tool in TOOLS for one in decisions(tool))


def test_the_levers_of_a_tool_open_when_it_is_switched_on(designer):
    assert designer.levers.accordion.titles == ("Points", "Points: how customers respond")
    designer.levers.buttons["rebates"].value = True
    accordion = designer.levers.accordion
    assert accordion.titles[:2] == ("Points", "Rebates")
    opened = accordion.children[accordion.selected_index].children
    assert opened == tuple(designer.controls[one.name].widget for one in decisions("rebates"))
    designer.levers.open_fold("points", are_mechanisms=True)
    opened = accordion.children[accordion.selected_index].children
    assert opened == tuple(designer.controls[one.name].widget for one in mechanisms("points"))


def test_what_is_open_stays_open_while_levers_move_and_others_are_switched_off(designer):
    designer.use("points", "discounts")
    designer.levers.open_fold("discounts")
    designer.change({DEPTH: 0.3})
    designer.use("discounts")
    accordion = designer.levers.accordion
    assert accordion.titles[accordion.selected_index] == "Discounts"
    designer.use("points", "rebates")
    designer.levers.open_fold("rebates", are_mechanisms=True)
    designer.use("points")
    assert accordion.titles[accordion.selected_index] == "Points"


def test_what_cannot_be_is_said_in_the_status_line_and_the_views_stay(designer):
    before = shown(designer)
    designer.controls[POINTS].box.value = 99
    assert "loyalty.points_per_unit is 99.0; allowed: 0 to 20" in text_of(designer.status)
    assert "crm-error" in designer.status.value
    assert shown(designer) == before
    designer.controls[POINTS].box.value = SMALL[POINTS]
    assert text_of(designer.status) == ""


def test_a_lever_of_the_mechanisms_and_one_of_the_market_can_be_moved_from_code(designer):
    designer.change({"loyalty.goal_gradient": 0.5, "finance.gross_margin": 0.3})
    assert designer.scenario == SMALL.change({"loyalty.goal_gradient": 0.5, "finance.gross_margin": 0.3})


# Runs


def test_a_move_costs_one_simulation_and_none_for_the_company_without_program(designer, simulations):
    designer.change({POINTS: 2})
    designer.use("points", "discounts")
    assert simulations == [("points",), ("points", "discounts")]
    designer.use()
    designer.use("points", "discounts")
    assert len(simulations) == 4


def test_the_company_without_program_is_lived_anew_when_something_else_changes(designer, simulations):
    designer.change({"finance.gross_margin": 0.3})
    designer.reseed(2)
    assert simulations == [("points",), ()] * 2
    assert designer.baseline.seed == designer.run.seed == 2
    assert designer.baseline.scenario["finance.gross_margin"] == 0.3


@pytest.mark.parametrize("name", ["coffee", "telco", "airline"])
def test_without_a_program_its_other_levers_leave_no_trace(name):
    """So the baseline may have them at their defaults, and need not be lived again when they move."""
    odd = sim.add_program(sim.load(name), *TOOLS).change(
        {"loyalty.rival_cards": 3.0, "rebates.prone_share": 0.9, "loyalty.self_selection": 2.0,
         "clock.months": 8, "acquisition.opening_customers": 150}
    )  # fmt: skip
    plain, alone = (sim.simulate(one, 3) for one in (odd.without_program(), company_alone(odd)))
    assert plain.scenario != alone.scenario
    for table in plain.tables:
        pd.testing.assert_frame_equal(plain.tables[table], alone.tables[table])


def test_a_burst_of_clicks_and_moves_is_lived_through_once(designer, simulations):
    async def hands():
        designer.levers.buttons["discounts"].value = True
        designer.controls[POINTS].slider.value = 2.0
        designer.levers.buttons["rebates"].value = True
        await asyncio.sleep(0.3)

    asyncio.run(hands())
    assert simulations == [("points", "discounts", "rebates")]
    assert designer.tools == ("points", "discounts", "rebates")
    assert designer.scenario[POINTS] == 2.0


def test_choosing_a_scenario_boards_it_with_its_own_program(designer):
    designer.use("rebates")
    designer.choose("hotel")
    assert designer.scenario == sim.load("hotel")
    assert designer.tools == ("privileges",)
    designer.use("rebates")
    designer.reset()
    assert designer.scenario == sim.load("hotel") and designer.tools == ("privileges",)


def test_saving_writes_the_designed_scenario(designer, tmp_path):
    designer.use("points", "privileges")
    saved = sim.load(designer.save(tmp_path / "plan.toml"))
    assert saved == designer.scenario.rename("plan", "")


def test_a_draft_does_all_this_without_a_widget(tmp_path):
    plan = Draft(SMALL, seed=2)
    plan.use("rebates", "discounts")
    plan.change({DEPTH: 0.2})
    plan.reseed(3)
    assert (plan.tools, plan.seed, plan.scenario[DEPTH]) == (("discounts", "rebates"), 3, 0.2)
    assert plan.baseline.scenario.tools() == ()
    plan.reset()
    assert plan.scenario == SMALL
    assert plan.save(tmp_path / "plan.toml") == tmp_path / "plan.toml"


# The customer's view


def of(scenario, customer="moderate"):
    return customer_view(scenario).loc[customer]


def test_customers_stand_at_their_quantiles_of_drawn_traits():
    market = sim.load("coffee").base().change({"clock.months": 1})
    truth, view = sim.simulate(market, 1).truth, customer_view(market)
    for customer, share in (("light", 0.25), ("moderate", 0.5), ("heavy", 0.9)):
        error = np.sqrt(share * (1 - share) / len(truth))
        for drawn, column, unit in (
            (truth["purchase_rate"], "purchases_per_year", 365 / 7),
            (truth["basket_mean"], "basket", 1.0),
        ):
            assert abs((drawn * unit <= view.loc[customer, column]).mean() - share) < 4 * error


def test_points_rewards_and_steps_follow_from_the_earn_rule_by_hand():
    row = of(CARD)
    per_purchase = 2 * row["basket"]
    assert row["points_per_year"] == pytest.approx(row["purchases_per_year"] * per_purchase)
    assert row["rewards_per_year"] == pytest.approx(row["points_per_year"] / 100)
    assert row["reward_value_per_year"] == pytest.approx(5 * row["rewards_per_year"])
    assert row["purchases_to_reward"] == np.ceil(100 / per_purchase)
    assert row["weeks_to_reward"] == pytest.approx(
        row["purchases_to_reward"] * 365 / 7 / row["purchases_per_year"]
    )
    assert row["return_share"] == pytest.approx(5 * 2 / 100)


def test_head_start_visits_category_and_tier_all_count():
    richer = CARD.change(
        {"loyalty.points_per_visit": 3.0, "loyalty.bonus_share": 0.2, "loyalty.bonus_multiplier": 6.0,
         "loyalty.endowed_points": 40, "loyalty.pending_days": 14, "privileges.gold_spend": 1.0,
         "privileges.points_bonus": 0.5}
    )  # fmt: skip
    row = of(richer)
    per_purchase = (2 * row["basket"] + 3) * (1 + 0.2 * 5) * (1 + 2 * 0.5)
    assert row["tier"] == "gold"
    assert row["points_per_year"] == pytest.approx(row["purchases_per_year"] * per_purchase)
    assert row["purchases_to_reward"] == np.ceil(60 / per_purchase)
    assert row["weeks_to_reward"] == pytest.approx(
        2 + row["purchases_to_reward"] * 365 / 7 / row["purchases_per_year"]
    )


def test_whoever_loses_all_points_before_the_goal_never_gets_a_reward():
    goal = CARD.change({"loyalty.reward_points": 400, "loyalty.expiry_months": 12})
    waits = of(goal)["weeks_to_reward"] / (365 / 7) * 12
    assert waits > 12
    for expiry in ("fixed", "lot"):
        row = of(goal.change({"loyalty.expiry": expiry}))
        assert np.isnan(row["purchases_to_reward"]) and np.isnan(row["weeks_to_reward"])
        assert row["rewards_per_year"] == row["return_share"] == 0
    assert of(goal.change({"loyalty.expiry": "rolling"}))["rewards_per_year"] > 0
    seldom = {"loyalty.expiry": "rolling", "loyalty.expiry_months": 1, "market.rate_scale_weeks": 100.0}
    assert np.isnan(of(goal.change(seldom))["purchases_to_reward"])


def test_discounts_rebates_and_privileges_by_hand():
    both = CARD.change(
        {POINTS: 0.0, DEPTH: 0.2, "discounts.deals_per_year": 6, "discounts.deal_days": 7,
         "rebates.rate": 0.1, "rebates.refusal_rate": 0.05, "privileges.silver_spend": 20.0,
         "privileges.platinum_spend": 1e6, "privileges.benefit_cost": 2.0}
    )  # fmt: skip
    row = of(both)
    saved = row["spend_per_year"] * 0.2 * 42 / 365
    assert row["discounts_per_year"] == pytest.approx(saved)
    assert row["rebates_per_year"] == pytest.approx((row["spend_per_year"] - saved) * 0.1 * 0.95)
    assert (row["tier"], row["benefits_per_year"]) == ("silver", 24)
    assert of(both.change({"discounts.audience": "lapsing"}))["discounts_per_year"] == 0


def test_everybody_pays_as_many_bills_under_contract():
    assert {*customer_view(sim.load("telco"))["purchases_per_year"]} == {12}


def test_without_a_program_nothing_is_got():
    view = customer_view(SMALL.without_program())
    assert (view["return_share"] == 0).all() and (view["tier"] == "none").all()
    assert view["purchases_to_reward"].isna().all()


@worlds.few_examples
@given(scenario=worlds.scenarios())
def test_any_scenario_has_a_customers_view_without_a_warning(scenario):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        view = customer_view(scenario)
        assert "nan" not in tables.customer_html(view, TOOLS, scenario.currency)
    assert (view["purchases_per_year"].diff().dropna() >= 0).all()


# The manager's view


def test_the_managers_figures_are_the_differences_between_twins():
    run, without = (sim.simulate(one, 1) for one in (SMALL, SMALL.without_program()))
    view = manager_view(run, without)
    for figure, scale in (("clv", 1), ("churn_rate_per_month", 100), ("nps", 1), ("profit", 1)):
        now, before = (one.kpis()[figure] * scale for one in (run, without))
        row = view.loc[figure]
        assert [row["with_program"], row["without_program"]] == pytest.approx([now, before])
        assert row["change"] == pytest.approx(now - before)
    paired = (run.clv - without.clv).dropna()
    assert view.loc["clv", "change_low"] < view.loc["clv", "change"] < view.loc["clv", "change_high"]
    half = (view.loc["clv", "change_high"] - view.loc["clv", "change_low"]) / 2
    assert half == pytest.approx(1.96 * paired.sem(), rel=0.2)
    assert np.isnan(view.loc["profit", "change_low"])


def test_the_operators_figures_are_those_of_the_run():
    run, without = (sim.simulate(one, 1) for one in (SMALL, SMALL.without_program()))
    view = manager_view(run, without)
    for figure in ("enrolment_rate", "redemption_rate", "program_cost"):
        assert view.loc[figure, "with_program"] == run.program()[figure] > 0
    assert view.loc["program_cost", "without_program"] == 0
    assert np.isnan(view.loc["redemption_rate", "without_program"])


def test_a_program_compared_with_itself_changes_nothing():
    run = sim.simulate(SMALL, 1)
    view = manager_view(run, run)
    assert (view["change"] == 0).all()


# The accountant's view


def test_the_accountants_months_are_those_of_the_accounts():
    run = sim.simulate(sim.add_program(SMALL, "rebates", "discounts"), 1)
    view, accounts = accountant_view(run), run.accounts()
    pd.testing.assert_frame_equal(view[accounts.columns], accounts)
    assert view["discounts"].sum() == pytest.approx(run.transactions["discount"].sum())
    assert view["program_cost"].sum() == pytest.approx(run.program()["program_cost"])


# What is shown


def test_the_views_show_the_numbers_of_the_plain_functions(designer):
    designer.use(*TOOLS)
    heavy = customer_view(designer.scenario).loc["heavy"]
    customer = text_of(designer.views["customer"])
    for shown_number in (
        f"{heavy['points_per_year']:,.0f}",
        f"{heavy['rebates_per_year']:,.1f}",
        heavy["tier"],
    ):
        assert shown_number in customer
    assert f"{designer.run.kpis()['clv']:,.2f}" in text_of(designer.views["manager"])
    last = accountant_view(designer.run).iloc[-1]
    for balance in ("points_liability", "deferred_revenue", "rebates_owed"):
        assert f"{last[balance]:,.0f}" in text_of(designer.views["accountant"])


def test_only_lines_about_the_tools_in_use_are_shown(designer):
    lines = {"points": "Points a year", "discounts": "Saved on deals", "rebates": "Money back",
             "privileges": "Tier reached"}  # fmt: skip
    for tool in TOOLS:
        designer.use(tool)
        customer = text_of(designer.views["customer"])
        assert [one for one, line in lines.items() if line in customer] == [tool]


def test_a_reward_out_of_reach_is_called_never(designer):
    designer.change({"loyalty.expiry": "lot", "loyalty.expiry_months": 1})
    assert "never" in text_of(designer.views["customer"])


def test_a_change_during_the_run_is_named(designer):
    designer.choose(SMALL.without_program().later(3, {POINTS: 1.0}))
    assert text_of(designer.caption).startswith("Program: no tool at the start; terms change after month 3.")


def test_words_from_a_scenario_are_text_not_html():
    evil = sim.Scenario(**{**dict(SMALL.rename("<script>x</script>", "<img src=x>")), "currency": "<b>&</b>"})
    designer = sim.lab.design(sim.add_program(evil, *TOOLS))
    designer.use("points")
    designer.choose(evil)
    for widget in (*designer.views.values(), designer.status, designer.caption):
        assert not re.search(r"<script|<img|<b>&</b>", widget.value)
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in designer.views["customer"].value
