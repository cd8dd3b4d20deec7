"""The months of a run and its customer lifetime values, against plain loops over the rows."""

import math
from collections import defaultdict
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from by_hand import (
    EVERY_CHANNEL,
    PAID_FOR,
    SMALL,
    WORLDS,
    channel_costs_by_hand,
    clv_by_hand,
    edges,
    marketing_per_month,
    month_number,
    months_later,
    rows,
    wages_in_sales_per_month,
)
from sim import Run, Scenario


@pytest.fixture(scope="module", params=WORLDS)
def run(request: pytest.FixtureRequest) -> Run:
    return sim.simulate(WORLDS[request.param], seed=3)


# Months.

STARTS = [date(2024, 1, 31), date(2023, 1, 31), date(2024, 2, 29), date(2023, 12, 30), date(2025, 1, 1)]


@pytest.mark.parametrize("start", [*STARTS, date(1900, 1, 29), date(2199, 12, 31)], ids=str)
@pytest.mark.parametrize("length", [1, 26])
def test_months_start_on_the_same_day_of_each_month_or_on_its_last(start: date, length: int) -> None:
    scenario = Scenario().change(
        {"clock.start": start, "clock.months": length, "acquisition.opening_customers": 5}
    )
    run = sim.simulate(scenario, 1)
    expected = [pd.Timestamp(months_later(start, n)) for n in range(length + 1)]
    assert list(run.months["month"]) == expected[:-1]
    assert list(run.month_starts) == expected
    assert run.transactions["time"].max() < expected[-1]


def test_customers_of_each_month_are_those_counted_one_by_one(run: Run) -> None:
    months = run.months
    acquired = [month_number(run, time) for time in run.customers["acquired_at"]]
    churned = [month_number(run, time) for time in run.truth["churned_at"]]
    parted = [month_number(run, time) for time in run.customers["terminated_at"]]
    bought = {(month_number(run, sale["time"]), sale["customer_id"]) for sale in rows(run.transactions)}
    for n, month in enumerate(rows(months)):
        present = [(a, c) for a, c in zip(acquired, churned, strict=True) if a < n and c >= n]
        lost_of_present = sum(c == n for _, c in present)
        assert month["new_customers"] == acquired.count(n)
        terminated = sum(c == p == n for c, p in zip(churned, parted, strict=True))
        assert month["lost_customers"] + month["terminated_customers"] == churned.count(n)
        assert month["terminated_customers"] == terminated
        assert month["active_customers"] == sum(a <= n < c for a, c in zip(acquired, churned, strict=True))
        if present:
            assert month["churn_rate"] == pytest.approx(lost_of_present / len(present))
            assert month["retention_rate"] == pytest.approx(1 - lost_of_present / len(present))
        else:
            assert math.isnan(month["churn_rate"]) and math.isnan(month["retention_rate"])
        assert month["buyers"] == sum(number == n for number, _ in bought)


def money_by_hand(run: Run) -> dict[str, list[float]]:
    """Revenue, margin and costs of each month, from the rows and levers."""
    totals: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for sale in rows(run.transactions):
        n = month_number(run, sale["time"])
        totals["revenue"][n] += sale["amount"] - sale["discount"]
        totals["discounts"][n] += sale["discount"]
        totals["margin"][n] += sale["paid"] - sale["cost_of_goods"] - sale["cost_of_service"]
        totals["program_cost"][n] += sale["cost_of_reward"]
    for ticket in rows(run.tickets):
        totals["service_cost"][month_number(run, ticket["closed_at"])] += ticket["cost"]
    for touch in rows(run.touchpoints):
        if touch["kind"] in ("offer", "upsell"):
            totals["extension_cost"][month_number(run, touch["time"])] += run.scenario["extension.offer_cost"]
    for n in range(len(run.months)):
        totals["service_cost"][n] += wages_in_the_kitchen(run, n)
        totals["marketing_cost"][n] += sum(marketing_per_month(run.scenario).values())
        totals["sales_cost"][n] += wages_in_sales_per_month(run.scenario)
    return {column: [by_month[n] for n in range(len(run.months))] for column, by_month in totals.items()}


def wages_in_the_kitchen(run: Run, month: int) -> float:
    """Of every place, for every hour it is open in that month."""
    levers = run.scenario.fulfilment
    starts = edges(run.scenario["clock.start"], run.scenario["clock.months"])
    days = (starts[month + 1] - starts[month]).days
    return levers.capacity * levers.opening_hours * levers.wage_per_hour * days


COSTS = ("program_cost", "service_cost", "marketing_cost", "sales_cost", "extension_cost")


def test_money_of_each_month_is_the_sum_of_its_rows(run: Run) -> None:
    expected = money_by_hand(run)
    assert set(expected) >= {"revenue", "margin", "service_cost"}
    for column in ("revenue", "discounts", "margin", *COSTS):
        nothing = [0.0] * len(run.months)
        assert run.months[column].tolist() == pytest.approx(expected.get(column, nothing), abs=0.006)
    deferral = run.months["revenue_deferred"] - run.months["revenue_released"]
    profit = run.months["margin"] - sum(run.months[cost] for cost in COSTS) - deferral
    assert run.months["profit"].tolist() == pytest.approx(profit.tolist(), abs=0.006)


def test_a_ticket_costs_the_wages_of_its_handling(run: Run) -> None:
    wage = run.scenario["service.wage_per_hour"]
    for ticket in rows(run.tickets):
        if ticket["closed_at"] is pd.NaT:
            assert ticket["cost"] == 0
        else:
            seconds = (ticket["closed_at"] - ticket["started_at"]).total_seconds()
            assert ticket["cost"] == pytest.approx(wage * seconds / 3600, abs=0.006 + wage / 3600)


SHARED = ("marketing", "sales", "extension")


def test_the_ledger_adds_up_to_the_months(run: Run) -> None:
    booked: dict[tuple[int, str], float] = defaultdict(float)
    for booking in rows(run.ledger):
        assert booking["amount"] != 0
        booked[month_number(run, booking["time"]), booking["account"]] += booking["amount"]
    for n, month in enumerate(rows(run.months)):
        of_month = {account: amount for (number, account), amount in booked.items() if number == n}
        assert sum(of_month.values()) == pytest.approx(month["profit"], abs=0.006)
        paid = of_month["revenue"] + of_month.get("discounts", 0.0)
        assert paid == pytest.approx(month["revenue"], abs=0.006)
        for account in ("program", *SHARED):
            cost = month[f"{account}_cost"]
            assert of_month.get(account, 0.0) == pytest.approx(-cost, abs=0.006)
    accounts, has_owner = run.ledger["account"], run.ledger["customer_id"].notna()
    assert not has_owner[accounts.isin(SHARED)].any()
    kitchen = ~has_owner & ~accounts.isin([*SHARED, "points_deferred", "points_released"])
    assert set(accounts[kitchen]) <= {"service"}
    months = len(run.months) if run.scenario["fulfilment.capacity"] else 0
    assert kitchen.sum() == months


NO_TICKETS = {"service.complaint_share": 0, "service.billing_tickets": 0, "service.questions": 0}


def test_service_above_the_market_standard_costs_and_below_it_saves() -> None:
    for quality, sign in ((9.0, -1), (6.0, 1)):
        levers = {**NO_TICKETS, "retention.service_quality": quality}
        run = sim.simulate(SMALL.base().change({**levers, "retention.quality_cost": 0.05}), 3)
        surplus = quality - SMALL["retention.market_standard"]
        booked = run.ledger.loc[run.ledger["account"] == "service", "amount"]
        assert (np.sign(booked) == sign).all()
        expected = -0.05 * surplus * run.transactions["paid"].sum()
        assert booked.sum() == pytest.approx(expected, rel=1e-2)


def test_answers_of_each_month_give_its_nps_and_csat(run: Run) -> None:
    answers = [(month_number(run, one["time"]), one["kind"], one["score"]) for one in rows(run.surveys)]
    for n, month in enumerate(rows(run.months)):
        nps = [score for number, kind, score in answers if (number, kind) == (n, "nps")]
        csat = [score for number, kind, score in answers if (number, kind) == (n, "csat")]
        assert month["answers"] == len(nps) == len(csat) > 0
        promoters, detractors = (sum(s >= 9 for s in nps) / len(nps), sum(s <= 6 for s in nps) / len(nps))
        variance = promoters + detractors - (promoters - detractors) ** 2
        assert month["nps"] == pytest.approx(100 * (promoters - detractors))
        assert month["nps_se"] == pytest.approx(100 * math.sqrt(variance / len(nps)))
        assert month["csat"] == pytest.approx(100 * sum(s >= 4 for s in csat) / len(csat))


def test_points_outstanding_and_their_cost_are_what_has_been_earned_and_not_redeemed(run: Run) -> None:
    cost = run.scenario["loyalty.reward_cost"] / run.scenario["loyalty.reward_points"]
    moves = [(month_number(run, move["time"]), move["points"]) for move in rows(run.points)]
    breakage = run.accounts()["breakage_outstanding"].fillna(0.0)
    for n, month in enumerate(rows(run.months)):
        outstanding = sum(points for number, points in moves if number <= n)
        assert month["points_outstanding"] == outstanding
        assert month["points_liability"] == pytest.approx(outstanding * cost * (1 - breakage[n]), abs=0.006)
    assert run.months["points_outstanding"].iloc[-1] == run.customers["points_balance"].sum()


# CLV and CAC.


def test_clv_is_discounted_margin_less_rewards_and_acquisition_cost(run: Run) -> None:
    expected = clv_by_hand(run, len(run.months) - 1)
    assert run.clv.index.tolist() == run.customers["customer_id"].tolist()
    assert run.clv.to_dict() == pytest.approx(expected, abs=1e-9)
    assert run.clv.name == "clv"


def test_clv_so_far_is_the_mean_by_hand_of_the_customers_so_far(run: Run) -> None:
    for n, found in enumerate(run.months["clv"]):
        so_far = clv_by_hand(run, n)
        assert found == pytest.approx(sum(so_far.values()) / len(so_far), abs=0.01)


def hand_made(scenario: Scenario) -> Run:
    """Customer 1 buys for 100 at once and a year later, and complains then; 2 is won and buys once."""
    blank = sim.simulate(scenario.change({"acquisition.opening_customers": 0}), 1)
    times = pd.to_datetime(["2023-01-10", "2023-02-01", "2024-01-10"]).as_unit("s")
    sales = pd.DataFrame(
        {"time": times, "customer_id": [1, 2, 1], "paid": 100.0, "amount": 100.0, "discount": 0.0}
    )
    costs = {"cost_of_goods": 60.0, "cost_of_service": 0.0, "margin": 40.0, "cost_of_reward": [0.0, 0.0, 3.0]}
    sales["refunded_at"] = pd.to_datetime([None] * 3).as_unit("s")
    channels = blank.customers["channel"].dtype
    new_year, never = pd.to_datetime(["2023-01-01"] * 2).as_unit("s"), pd.to_datetime([None] * 2).as_unit("s")
    customers = pd.DataFrame(
        {
            "customer_id": [1, 2],
            "acquired_at": times[:2],
            "channel": pd.Categorical(["opening", "paid"], dtype=channels),
            "member_since": times[:2],
            "points_balance": 0,
            "products": 1,
            "terminated_at": never,
        }
    )
    truth = pd.DataFrame(
        {"customer_id": [1, 2], "churned_at": pd.to_datetime([None, "2023-02-01"]).as_unit("s")}
    )
    invoices = pd.DataFrame(
        {
            "time": new_year,
            "account": pd.Categorical(["marketing", "sales"]),
            "channel": pd.Categorical(["paid", None], dtype=channels),
            "amount": [30.0, 6.0],
        }
    )
    leads = pd.DataFrame(
        {
            "created_at": new_year,
            "channel": pd.Categorical(["paid", "organic"], dtype=channels),
            "contacted_at": new_year,
            "automated": False,
            "converted_at": [new_year[0], None],
        }
    )
    day = times[2:]
    tickets = pd.DataFrame(
        {"customer_id": [1], "opened_at": day, "started_at": day, "closed_at": day, "cost": 11.0}
    )
    tables = {
        "customers": customers,
        "truth": truth,
        "transactions": sales.assign(**costs),
        "tickets": tickets,
        "invoices": invoices,
        "leads": leads,
    }
    return Run(scenario, 1, {**blank.tables, **tables})


def test_a_hand_made_run_has_the_clv_of_pencil_and_paper() -> None:
    """At 10 % a year: a ticket costs 11, marketing 30, sales 3 for the customer won and 3 for a lead lost."""
    run = hand_made(Scenario().change({"clock.start": date(2023, 1, 1), "clock.months": 13}))
    first, second = 40 + (40 - 3 - 11) / 1.1 - 1.5, 40 - 30 - 3 - 1.5
    assert run.clv.tolist() == pytest.approx([first, second])
    assert run.kpis()["clv"] == pytest.approx((first + second) / 2)
    assert run.kpis()["cac"] == 36
    assert run.cac_by_channel.dropna().to_dict() == {"paid": 33, "blended": 36}
    assert run.months["clv"].iloc[[0, 1, 12]].tolist() == pytest.approx([4, 22, (first + second) / 2])
    assert run.months[["marketing_cost", "sales_cost"]].iloc[0].tolist() == [30, 6]
    assert run.months["service_cost"].iloc[12] == 11
    assert run.months["active_customers"].tolist() == [1] * 13
    assert run.months["lost_customers"].tolist() == [0, 1, *[0] * 11]
    assert (
        run.months["churn_rate"].iloc[1] == 0
    )  # lost in the month of the first purchase: not of those at its start


@settings(max_examples=15)
@given(
    st.integers(0, 2**64 - 1),
    st.integers(0, 40),
    st.sampled_from([0.0, 500.0]),
    st.sampled_from([0.0, 0.02, 1.0]),
    st.sampled_from([0.0, 20.0]),
    st.sampled_from([0, 1]),
)
def test_clv_of_the_last_month_is_the_clv_of_the_run(
    seed: int, opening: int, spend: float, conversion: float, organic: float, representatives: int
) -> None:
    """Also where marketing wins nobody."""
    levers = {
        "acquisition.opening_customers": opening,
        **{f"acquisition.{channel}_spend_per_month": spend for channel in PAID_FOR},
        **{f"acquisition.{channel}_conversion": conversion for channel in PAID_FOR},
        "acquisition.organic_leads_per_month": organic,
        "sales.representatives": representatives,
        "clock.months": 3,
    }
    run = sim.simulate(SMALL.change(levers), seed)
    assert run.months["clv"].iloc[-1] == pytest.approx(run.kpis()["clv"], abs=1e-9, nan_ok=True)
    assert run.clv.to_dict() == pytest.approx(clv_by_hand(run, 2), abs=1e-9)


def test_cac_is_marketing_and_sales_by_customers_won(run: Run) -> None:
    won = run.customers[run.customers["channel"] != "opening"]
    spend = sum(marketing_per_month(run.scenario).values()) + wages_in_sales_per_month(run.scenario)
    by_month = [month_number(run, time) for time in won["acquired_at"]]
    expected = [spend / by_month.count(n) for n in range(len(run.months))]
    assert run.months["cac"].tolist() == pytest.approx(expected)
    assert run.kpis()["cac"] == pytest.approx(spend * len(run.months) / len(won))


@pytest.mark.parametrize("automated", [0.0, 0.3, 1.0])
def test_cac_of_a_channel_is_its_marketing_and_its_share_of_wages_by_whom_it_won(automated: float) -> None:
    """Wages go by the leads that people contacted; by all leads where machines contacted them all."""
    run = sim.simulate(EVERY_CHANNEL.change({"sales.automated_share": automated}), 3)
    costs = channel_costs_by_hand(run, len(run.months) - 1)
    won = run.customers["channel"].value_counts()
    for channel in (*PAID_FOR, "organic", "referral"):
        assert won[channel] > 0
        assert run.cac_by_channel[channel] == pytest.approx(costs.get(channel, 0.0) / won[channel])
    assert run.cac_by_channel["blended"] == pytest.approx(run.kpis()["cac"])
