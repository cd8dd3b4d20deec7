"""What a program owes: IFRS 15 Example 52, breakage as estimated and as it comes true, rebates by hand."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from books import LAWS
from sim import Run, Scenario, kpi
from sim.accounts import deferred, earned

SMALL = sim.load("coffee").change({"acquisition.opening_customers": 200, "clock.months": 18})
WORLDS = {
    "points": SMALL,
    "returns and thefts": SMALL.change({"market.return_rate": 0.1, "loyalty.fraud_rate": 0.02}),
    "rebates": SMALL.change(
        {"rebates.rate": 0.1, "rebates.expected_claims": 0.33, "market.return_rate": 0.1}
    ),
    "lots expire": SMALL.change({"loyalty.expiry": "lot", "loyalty.expiry_months": 4}),
    "idle points expire": SMALL.change({"loyalty.expiry": "rolling", "loyalty.expiry_months": 3}),
    "a day of expiry": SMALL.change({"loyalty.expiry": "fixed", "loyalty.expiry_months": 6}),
    "launched and ended": SMALL.change({"loyalty.points_per_unit": 0})
    .later(4, {"loyalty.points_per_unit": 2.0})
    .later(9, {"loyalty.points_per_unit": 0.0, "loyalty.expiry": "fixed", "loyalty.expiry_months": 1}),
    "tiers": SMALL.change({"loyalty.points_per_unit": 0, "privileges.silver_spend": 60}),
    "nothing": SMALL.without_program(),
    "nobody": SMALL.change(
        {
            "acquisition.opening_customers": 0,
            "acquisition.organic_leads_per_month": 0,
            "acquisition.paid_spend_per_month": 0,
        }
    ),
}
OF_MONEY = (
    "the_ledger_adds_up_to_its_sources",
    "rebates_are_accrued_and_end_at_what_was_paid",
    "deferred_revenue_is_what_is_deferred_and_not_yet_released",
    "breakage_lies_between_what_has_expired_and_what_can_expire",
    "the_months_add_up_to_the_ledger",
    "realised_clv_is_what_customers_brought_less_what_winning_them_cost",
)


@cache
def lived(name: str) -> Run:
    return sim.simulate(WORLDS[name], 3)


@pytest.mark.parametrize("law", OF_MONEY)
@pytest.mark.parametrize("name", WORLDS)
def test_the_laws_of_money_hold(name: str, law: str) -> None:
    assert LAWS[law](lived(name))


# IFRS 15, Example 52.


def test_ifrs_15_example_52_through_the_accounts_to_the_currency_unit() -> None:
    """Sales 100,000; 10,000 points at 1, 95 % expected; 4,500 then 8,500 redeemed, then 9,700 expected."""
    kept = np.ones((1, 2))
    deferral = deferred(np.array([100_000.0]), np.array([100_000.0]), np.array([9_500.0]), kept)
    redeemed = np.array([[4_500.0, 8_500.0]])
    so_far = earned(deferral, redeemed, np.array([[9_500.0, 9_700.0]]), 10_000 - redeemed)
    first, second = np.diff(so_far[0], prepend=0.0)
    left = deferral[0] - so_far[0]
    assert [round(100_000 - deferral[0, 0]), round(deferral[0, 0])] == [91_324, 8_676]
    assert [round(first), round(left[0])] == [4_110, 4_566]
    assert [round(second), round(left[1])] == [3_493, 1_073]


def test_ifrs_15_example_52_to_the_cent() -> None:
    """100,000 x 9,500 / 109,500, and of it 4,500 / 9,500 and 8,500 / 9,700."""
    deferral = deferred(np.full(1, 1e5), np.full(1, 1e5), np.full(1, 9_500.0), np.ones((1, 2)))
    redeemed = np.array([[4_500.0, 8_500.0]])
    so_far = earned(deferral, redeemed, np.array([[9_500.0, 9_700.0]]), 10_000 - redeemed)
    assert deferral.tolist() == [[8_675.80, 8_675.80]]
    assert so_far.tolist() == [[4_109.59, 7_602.51]]


def test_all_that_is_deferred_is_earned_when_no_point_is_left() -> None:
    """Whatever was expected: 400 of 1,000 expired."""
    so_far = earned(
        np.full((1, 2), 90.0),
        np.array([[500.0, 600.0]]),
        np.array([[900.0, 900.0]]),
        np.array([[500.0, 0.0]]),
    )
    assert so_far.tolist() == [[50.0, 90.0]]


def test_a_reversal_takes_its_share_of_the_deferral_back() -> None:
    kept = np.array([[1.0, 0.75]])
    deferral = deferred(np.array([100.0]), np.array([100.0]), np.array([25.0]), kept)
    assert deferral.tolist() == [[20.0, 15.0]]


def test_a_month_without_points_defers_nothing() -> None:
    nothing = deferred(np.array([100.0, 0.0]), np.array([100.0, 0.0]), np.zeros(2), np.ones((2, 2)))
    assert not nothing.any()


# The estimate of breakage.


def development(
    share: float, half_life: float, months: int, issued: float = 1e4
) -> tuple[np.ndarray, np.ndarray]:
    """Points issued evenly in every month, of which a share is redeemed with this half-life (months)."""
    age = np.arange(months)[None, :] - np.arange(months)[:, None]
    stays = 2.0 ** (-1 / half_life)
    left = (stays - 1) / np.log(stays) * stays ** np.maximum(age, 0)
    known = age >= 0
    return np.where(known, issued, 0.0), np.where(known, issued * share * (1 - left), 0.0)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("half_life", [1.0, 3.0, 6.0])
def test_the_estimate_finds_the_true_share_whatever_was_expected_before(
    share: float, half_life: float
) -> None:
    """After four half-lives, within 3 points of 100: the prior weighs as much as one month's points."""
    months = int(8 * half_life) + 16
    issued, redeemed = development(share, half_life, months)
    for expected_breakage in (0.0, 0.5):
        expected = kpi.expected_redemptions(issued, redeemed, issued - redeemed, expected_breakage)
        estimate = expected[:, -1] / issued[:, -1]
        assert estimate == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("expected_breakage", [0.0, 0.2, 1.0])
def test_before_any_redemption_the_estimate_is_what_was_expected(expected_breakage: float) -> None:
    """Within the 2 % that the slowest of the half-lives has redeemed by then."""
    issued = np.triu(np.full((4, 4), 500.0))
    expected = kpi.expected_redemptions(issued, 0 * issued, issued, expected_breakage)
    assert expected == pytest.approx(issued * (1 - expected_breakage), rel=0.02)


@settings(max_examples=60)
@given(st.integers(1, 12), st.floats(0, 1), st.integers(0, 2**32 - 1), st.booleans())
def test_the_estimate_lies_between_what_is_redeemed_and_what_can_be(
    months: int, expected_breakage: float, seed: int, lapses: bool
) -> None:
    """And knows nothing of the future: an earlier month's column is the same without the later months."""
    luck = np.random.default_rng(seed)
    granted = luck.integers(0, 1000, months) * (luck.uniform(size=months) < 0.8)
    age = np.arange(months) - np.arange(months)[:, None]
    parts = luck.dirichlet(np.ones(2 * months + 1), months)
    moved = np.where(np.tile(age, (1, 2)) >= 0, parts[:, :-1], 0.0) * granted[:, None]
    redeemed, expired = moved[:, :months].cumsum(axis=1), moved[:, months:].cumsum(axis=1)
    issued = np.where(age >= 0, granted[:, None], 0).astype(float)
    left = np.maximum(issued - redeemed - expired, 0.0)
    life = 3 if lapses else np.inf
    expected = kpi.expected_redemptions(issued, redeemed, left, expected_breakage, life)
    assert (expected >= redeemed - 1e-9).all()
    assert (expected <= redeemed + left + 1e-9).all()
    then = slice(months // 2 + 1)
    earlier = kpi.expected_redemptions(
        issued[then, then], redeemed[then, then], left[then, then], expected_breakage, life
    )
    assert earlier == pytest.approx(expected[then, then])


def test_points_that_will_lapse_soon_are_expected_to_be_redeemed_less() -> None:
    issued, redeemed = development(0.8, 6.0, 10)
    left = issued - redeemed
    for_ever, soon = (
        kpi.expected_redemptions(issued, redeemed, left, 0.2, life)[:, -1] for life in (np.inf, 9)
    )
    assert (soon < for_ever).all()
    assert soon[0] == pytest.approx(redeemed[0, -1])


def test_the_estimate_of_the_second_year_is_what_comes_true_by_the_sixth() -> None:
    """Of all points issued in two years of a coffee chain, within 6 points of 100: what the curve misses."""
    coffee = sim.load("coffee").change({"loyalty.expected_breakage": 0.6})
    after = sim.simulate(coffee.change({"clock.months": 72}), 1)
    estimate = after.accounts()["breakage_estimate"][23]
    first_two_years = after.breakage_by_cohort().iloc[:24]
    true = 1 - first_two_years["redeemed"].sum() / first_two_years["issued"].sum()
    assert estimate == pytest.approx(true, abs=0.06)


def test_the_accounts_of_a_year_do_not_depend_on_what_comes_later() -> None:
    short, long = (sim.simulate(SMALL.change({"clock.months": months}), 5).accounts() for months in (9, 14))
    pd.testing.assert_frame_equal(short, long.iloc[:9])


# Accounts of a run.


def test_points_of_each_month_are_those_counted_one_by_one() -> None:
    run = lived("returns and thefts")
    accounts, starts = run.accounts(), run.month_starts
    names = {"redeem": "redeemed", "expire": "expired", "reverse": "reversed", "adjust": "adjusted"}
    for number, month in accounts.iterrows():
        inside = run.points["time"].between(starts[number], starts[number + 1], inclusive="left")
        moved = run.points[inside].groupby("type", observed=False)["points"].sum().abs()
        assert month["points_issued"] == moved["earn"] + moved["bonus"]
        assert {kind: month[f"points_{name}"] for kind, name in names.items()} == moved[list(names)].to_dict()
    assert (accounts[["points_redeemed", "points_reversed", "points_adjusted"]].sum() > 0).all()


def test_the_first_months_deferral_is_its_sales_split_by_prices() -> None:
    """By hand: what members paid, at full price, and points at their value less the expected breakage."""
    run = lived("points")
    accounts, levers = run.accounts().iloc[0], run.scenario.loyalty
    sales = run.transactions.merge(run.customers[["customer_id", "member_since"]])
    sales = sales[(sales["time"] < run.month_starts[1]) & (sales["time"] >= sales["member_since"])]
    price = levers.reward_value / levers.reward_points * (1 - accounts["breakage_estimate"])
    points = accounts["points_issued"] * price
    due = sales["paid"].sum() * points / (sales["amount"].sum() + points)
    assert accounts["revenue_deferred"] == pytest.approx(due, abs=0.006)


def test_the_cost_view_is_outstanding_points_at_cost_less_breakage() -> None:
    run = lived("lots expire")
    accounts, levers = run.accounts(), run.scenario.loyalty
    cost = accounts["points_outstanding"] * levers.reward_cost / levers.reward_points
    owed = cost * (1 - accounts["breakage_outstanding"])
    assert accounts["points_liability"].tolist() == pytest.approx(owed.tolist(), abs=0.006)
    assert accounts["points_liability_prior"].tolist() == pytest.approx((cost * 0.8).tolist(), abs=0.006)
    assert run.months["points_liability"].equals(accounts["points_liability"])


def test_a_program_that_has_ended_owes_nothing_once_all_points_are_gone() -> None:
    accounts = lived("launched and ended").accounts()
    assert accounts["deferred_revenue"].iloc[:4].eq(0).all()
    assert accounts["deferred_revenue"].max() > 0
    assert accounts["points_outstanding"].iloc[-1] == accounts["deferred_revenue"].iloc[-1] == 0
    assert accounts["revenue_deferred"].sum() == pytest.approx(accounts["revenue_released"].sum(), abs=0.005)


def test_a_devalued_point_defers_less() -> None:
    """From the month of the change on, in proportion to its price, but for the points' small part of it."""
    cheap = SMALL.later(6, {"loyalty.reward_value": 0.1 * SMALL.loyalty.reward_value})
    before, after = (sim.simulate(one, 3).accounts()["revenue_deferred"] for one in (SMALL, cheap))
    assert after[:6].equals(before[:6])
    assert (after[6:] / before[6:]).between(0.09, 0.13).all()


def first_of(run: Run) -> int:
    """Who bought first."""
    return int(run.transactions["customer_id"].iloc[0])


def rebate_world() -> Run:
    """Four rebates of 10, of which 2.5 is expected: claimed, refused, forgotten, and open at the horizon."""
    scenario = Scenario().change(
        {"clock.months": 3, "acquisition.opening_customers": 20, "rebates.expected_claims": 0.25}
    )
    run = sim.simulate(scenario, 1)
    day = pd.to_datetime
    rebates = pd.DataFrame(
        {
            "customer_id": first_of(run),
            "time": day(["2025-01-03", "2025-01-04", "2025-01-05", "2025-03-20"]),
            "amount": 10.0,
            "deadline": day(["2025-02-03", "2025-02-04", "2025-02-05", None]),
            "claimed_at": day(["2025-02-01", "2025-02-02", None, None]),
            "refused": [False, True, False, False],
            "paid": [10.0, 0.0, 0.0, 0.0],
        }
    )
    return Run(scenario, 1, {**run.tables, "rebates": rebates})


def test_rebates_are_accrued_at_the_sale_and_trued_up_when_they_are_settled() -> None:
    run = rebate_world()
    booked = run.ledger[run.ledger["account"] == "rebates"]
    expected = {
        "2025-01-03": -2.5, "2025-01-04": -2.5, "2025-01-05": -2.5, "2025-02-01": -7.5, "2025-02-02": 2.5,
        "2025-02-05": 2.5, "2025-03-20": -2.5,
    }  # fmt: skip
    assert {
        f"{time:%Y-%m-%d}": amount for time, amount in zip(booked["time"], booked["amount"], strict=True)
    } == (expected)
    accounts = run.accounts()
    assert accounts["rebates_accrued"].tolist() == [7.5, 0, 2.5]
    assert accounts["rebates_paid"].tolist() == [0, 10, 0]
    assert accounts["rebates_owed"].tolist() == [7.5, 0, 2.5]
    assert run.months["rebates_cost"].tolist() == [7.5, 2.5, 2.5]


def test_a_rebate_costs_the_customers_value_what_is_paid() -> None:
    run = rebate_world()
    without = Run(run.scenario, 1, {**run.tables, "rebates": run.tables["rebates"].iloc[:0]})
    who = first_of(run)
    assert run.clv.drop(who).equals(without.clv.drop(who))
    assert -10 < run.clv[who] - without.clv[who] < -9.8


def test_a_return_gives_the_money_back_and_the_goods() -> None:
    """revenue and margin of the month of the refund; what was done for the sale stays done."""
    run = lived("returns and thefts")
    back = run.transactions.dropna(subset="refunded_at")
    assert len(back) > 20
    month = pd.cut(back["refunded_at"], run.month_starts, right=False, labels=False)
    given_back = back.groupby(month)["paid"].sum().reindex(range(18), fill_value=0.0)
    assert run.months["refunds"].tolist() == pytest.approx(given_back.tolist(), abs=0.005)
    total = run.transactions["paid"].sum() - back["paid"].sum()
    assert run.months["revenue"].sum() == pytest.approx(total, abs=0.1)
    lost = (back["paid"] - back["cost_of_goods"]).sum()
    assert run.months["margin"].sum() == pytest.approx(run.transactions["margin"].sum() - lost, abs=0.1)


def test_instant_discounts_create_no_liability() -> None:
    deals = SMALL.change({"loyalty.points_per_unit": 0, "discounts.depth": 0.2})
    run = sim.simulate(deals, 3)
    accounts = run.accounts().drop(columns="month")
    assert run.transactions["discount"].sum() > 0
    assert not accounts.fillna(0).any(axis=None)
    assert not set(run.ledger["account"]) & {"rebates", "points_deferred", "points_released"}


@pytest.mark.parametrize("name", ["nothing", "nobody"])
def test_without_a_program_nothing_is_owed_and_profit_is_margin_less_costs(name: str) -> None:
    months = lived(name).months
    new = ["refunds", "rebates_cost", "revenue_deferred", "revenue_released", "deferred_revenue"]
    assert (months[new] == 0).all(axis=None)
    costs = months[[column for column in months if column.endswith("_cost")]].sum(axis=1)
    assert months["profit"].tolist() == pytest.approx((months["margin"] - costs).tolist(), abs=0.001)
    assert lived(name).breakage_by_cohort().empty
    assert lived(name).program()["program_cost"] == 0


def test_benefits_of_tiers_are_costs_of_the_program() -> None:
    run = lived("tiers")
    invoices = run.tables["invoices"]
    benefits = invoices.loc[invoices["account"] == "program", "amount"].sum()
    assert run.months["program_cost"].sum() == pytest.approx(benefits)
