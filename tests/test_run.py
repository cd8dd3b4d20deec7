"""A run: its tables and key figures, and what it says of itself."""

import dataclasses
import gc
import math
import re
import weakref

import numpy as np
import pandas as pd
import pytest

import sim
from by_hand import SMALL, WORLDS
from sim import Run, Scenario
from sim.world.simulate import World


@pytest.fixture(scope="module", params=WORLDS)
def run(request: pytest.FixtureRequest) -> Run:
    return sim.simulate(WORLDS[request.param], seed=3)


@pytest.fixture(scope="module")
def coffee() -> Run:
    return sim.simulate(SMALL, seed=3)


# Tables.

TYPES = {
    "datetime64[s]": "acquired_at member_since newsletter_cancelled_at cancelled_at terminated_at churned_at "
    "created_at contacted_at converted_at time opened_at started_at closed_at expires_at month",
    "category": "channel product kind type account response reason",
    "float64": "purchase_rate dropout basket_mean satisfaction trust commitment fit intent score cost amount "
    "discount paid cost_of_goods cost_of_service margin cost_of_reward minutes tolerance experience "
    "retention_rate churn_rate nps nps_se csat csat_se revenue discounts program_cost service_cost "
    "marketing_cost sales_cost extension_cost profit cac clv points_liability refunds rebates_cost "
    "revenue_deferred revenue_released deferred_revenue",
    "int64": "customer_id points_balance products lead_id transaction_id ticket_id points_earned points "
    "lot_id active_customers new_customers lost_customers terminated_customers points_outstanding",
    "int8": "failures",
    "bool": "is_costly automated delight resolved",
}
PROMISED = {
    "customers": "customer_id acquired_at channel member_since points_balance products "
    "newsletter_cancelled_at cancelled_at terminated_at",
    "truth": "customer_id purchase_rate dropout basket_mean satisfaction trust commitment is_costly "
    "churned_at",
    "leads": "lead_id created_at channel fit intent score cost contacted_at automated converted_at "
    "customer_id",
    "transactions": "transaction_id customer_id time product amount discount paid cost_of_goods "
    "cost_of_service margin points_earned cost_of_reward",
    "episodes": "transaction_id customer_id time minutes failures delight tolerance experience satisfaction "
    "trust commitment",
    "touchpoints": "customer_id time kind product response",
    "tickets": "ticket_id customer_id opened_at started_at closed_at reason channel resolved cost",
    "surveys": "customer_id time kind score",
    "points": "time customer_id type points lot_id expires_at",
    "ledger": "time account amount customer_id",
    "months": "month active_customers new_customers lost_customers terminated_customers retention_rate "
    "churn_rate nps nps_se csat csat_se revenue discounts margin program_cost service_cost marketing_cost "
    "sales_cost extension_cost profit cac clv points_outstanding points_liability refunds rebates_cost "
    "revenue_deferred revenue_released deferred_revenue",
}
ALWAYS_FILLED = {"transactions", "episodes", "surveys", "leads", "ledger", "touchpoints", "tickets"}


@pytest.mark.parametrize("table", PROMISED)
def test_a_table_has_the_columns_and_types_it_promises(table: str, run: Run) -> None:
    types = {name: kind for kind, names in TYPES.items() for name in names.split()}
    if table in ("leads", "ledger"):
        types["customer_id"] = "Int64"  # some rows have none
    if table == "surveys":
        types["score"] = "int8"
    found = getattr(run, table).dtypes.astype(str).to_dict()
    promised = PROMISED[table].split()
    assert {name: found.get(name) for name in promised} == {name: types[name] for name in promised}


def test_tables_have_plain_row_numbers_and_rows_in_order_of_time(run: Run) -> None:
    in_time = {"leads": "created_at", "tickets": "opened_at", "months": "month"}
    for name in PROMISED:
        assert getattr(run, name).index.equals(pd.RangeIndex(len(getattr(run, name))))
    for name in set(PROMISED) - {"customers", "truth"}:
        assert getattr(run, name)[in_time.get(name, "time")].is_monotonic_increasing
        assert len(getattr(run, name)) > 0 or name not in ALWAYS_FILLED


def test_ids_are_unique_and_refer_to_customers(run: Run) -> None:
    customers = run.customers["customer_id"]
    assert customers.is_unique and run.leads["lead_id"].is_unique
    assert run.transactions["transaction_id"].equals(pd.Series(np.arange(len(run.transactions))))
    assert run.truth["customer_id"].equals(customers)
    assert run.tickets["ticket_id"].equals(pd.Series(np.arange(len(run.tickets))))
    for table in set(PROMISED) - {"months"}:
        assert set(getattr(run, table)["customer_id"].dropna()) <= set(customers)


def test_words_in_tables_are_those_that_are_promised(run: Run) -> None:
    levers = run.scenario
    spending = [name for name in ("paid", "trial", "deal") if levers[f"acquisition.{name}_spend_per_month"]]
    assert set(run.customers["channel"]) <= {"opening", "organic", "referral", *spending}
    assert {"organic", *spending} <= set(run.leads["channel"]) <= {"organic", "referral", *spending}
    assert set(run.surveys["kind"]) == {"nps", "csat"}
    assert set(run.points["type"]) <= {"bonus", "earn", "activate", "redeem", "expire", "reverse", "adjust"}
    by_company = {"offer", "upsell", "promotion", "demotion"}
    assert set(run.touchpoints["kind"]) <= {*by_company, "newsletter cancelled", "log-in failed"}
    assert set(run.touchpoints["response"]) <= {"none", "accepted"}
    assert set(run.touchpoints["product"].dropna()) <= {rung.name for rung in levers.ladder}
    assert set(run.tickets["reason"]) <= {"complaint", "billing", "question"}
    assert set(run.tickets["channel"]) <= {"web", "bot", "agent"}
    assert set(run.ledger["account"]) <= {"revenue", "discounts", "cost_of_goods", "service", *SPENT}
    assert set(run.tables["invoices"]["account"]) <= {"marketing", "sales", "service", "extension"}


SPENT = ("program", "marketing", "sales", "extension", "points_deferred", "points_released")


def test_money_is_whole_cents_and_times_are_inside_the_horizon(run: Run) -> None:
    first, last = run.month_starts[0], run.month_starts[-1]
    sums = ["amount", "discount", "paid", "margin", "cost_of_goods", "cost_of_service", "cost_of_reward"]
    for money in (run.transactions[sums], run.tickets["cost"], run.leads["cost"], run.ledger["amount"]):
        assert np.allclose(money * 100, np.round(money * 100), atol=1e-6)
    for name in set(PROMISED) - {"customers", "truth"}:
        for moment in getattr(run, name).select_dtypes("datetime").columns:
            times = getattr(run, name)[moment].dropna()
            assert times.between(first, last, inclusive="left").all()


# Key figures.


def test_key_figures_agree_with_months_and_tables(run: Run) -> None:
    kpis, months = run.kpis(), run.months
    assert kpis.name == run.scenario.name
    assert kpis.dtype == float
    assert kpis["customers"] == len(run.customers)
    assert kpis["purchases"] == len(run.transactions)
    assert kpis["leads"] == len(run.leads)
    assert kpis["conversion_rate"] == pytest.approx(run.leads["customer_id"].notna().mean())
    assert kpis["products_per_customer"] == pytest.approx(
        run.customers["products"].sum() / len(run.customers)
    )
    assert kpis["tickets"] == len(run.tickets)
    taken = run.tickets.dropna(subset="started_at")
    waited = (taken["started_at"] - taken["opened_at"]) / pd.Timedelta(hours=1)
    assert kpis["ticket_wait_hours"] == pytest.approx(waited.mean(), nan_ok=True)
    assert kpis["members"] == run.customers["member_since"].notna().sum()
    for name in ("new_customers", "lost_customers", "revenue", "margin", "profit"):
        assert kpis[name] == pytest.approx(months[name].sum(), abs=1e-6)
    for name in ("active_customers", "points_liability"):
        assert kpis[name] == months[name].iloc[-1]
    assert kpis["revenue"] == pytest.approx(run.transactions["paid"].sum(), abs=0.05)
    assert kpis["profit"] == pytest.approx(run.ledger["amount"].sum(), abs=0.05)
    spent = months["marketing_cost"].sum() + months["sales_cost"].sum()
    assert kpis["cac"] == pytest.approx(spent / (run.customers["channel"] != "opening").sum())
    assert kpis["clv"] == pytest.approx(run.clv.mean())
    assert kpis["clv_se"] == pytest.approx(run.clv.std(ddof=1) / math.sqrt(len(run.clv)))
    rates = [rate for rate in months["retention_rate"] if not math.isnan(rate)]
    assert kpis["retention_rate_per_month"] == pytest.approx(math.prod(rates) ** (1 / len(rates)))
    assert kpis["churn_rate_per_month"] == pytest.approx(1 - kpis["retention_rate_per_month"])
    nps = run.surveys.loc[run.surveys["kind"] == "nps", "score"]
    csat = run.surveys.loc[run.surveys["kind"] == "csat", "score"]
    assert kpis["nps"] == pytest.approx(100 * ((nps >= 9).mean() - (nps <= 6).mean()))
    assert kpis["csat"] == pytest.approx(100 * (csat >= 4).mean())


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "levers",
    [
        {"acquisition.opening_customers": 0},
        {"acquisition.opening_customers": 0, "acquisition.paid_spend_per_month": 50},
        {"acquisition.opening_customers": 1, "surveys.response_rate": 0},
        {"acquisition.opening_customers": 1, "acquisition.opening_weeks": 520},
    ],
    ids=str,
)
def test_a_world_of_nobody_or_hardly_anybody_has_figures_and_no_warnings(levers: dict[str, float]) -> None:
    run = sim.simulate(Scenario().change({**levers, "acquisition.paid_conversion": 0, "clock.months": 2}), 5)
    kpis = run.kpis()
    assert kpis[["customers", "purchases", "members", "revenue"]].notna().all()
    assert kpis["profit"] == kpis["margin"] - 2 * run.scenario["acquisition.paid_spend_per_month"]
    assert len(run.months) == 2
    assert len(run.ledger) >= 0
    assert math.isnan(kpis["nps"]) or len(run.surveys)
    if not len(run.customers):
        assert kpis[["clv", "nps", "csat", "retention_rate_per_month", "cac"]].isna().all()
        assert run.clv.empty


# A run.


FALLS_ON_THE_HORIZON = {
    "the 49th bill": sim.load("telco").change({"acquisition.opening_weeks": 0, "clock.months": 48}),
    "deadlines of rebates": sim.load("pizza").change(
        {"rebates.rate": 0.1, "market.rate_scale_weeks": 0.3, "clock.months": 3}
    ),
}


@pytest.mark.parametrize("name", FALLS_ON_THE_HORIZON)
def test_what_falls_on_the_first_moment_after_the_run_is_not_part_of_it(name: str) -> None:
    """Four years of months are 1,461 days to the moment; what the kitchen puts off is ordered at midnight."""
    scenario = FALLS_ON_THE_HORIZON[name].change({"acquisition.opening_customers": 200})
    run = sim.simulate(scenario, 1)
    for table in ("transactions", "rebates"):
        for moment in run.tables[table].select_dtypes("datetime"):
            assert not (run.tables[table][moment] >= run.month_starts[-1]).any()
    assert len(run.months) == scenario.clock.months
    assert run.months["profit"].sum() == pytest.approx(run.ledger["amount"].sum())


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_leaves_memory_with_its_run_and_waits_for_no_garbage_collector(name: str) -> None:
    world = World(WORLDS[name], 3)
    gc.disable()
    try:
        world.run()
        found = weakref.ref(world)
        del world
        assert found() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("what", ["coffee", None, {}, 7, Scenario])
def test_only_a_scenario_can_be_simulated(what: object) -> None:
    expected = f"simulate takes a Scenario, such as sim.load('coffee'); got {what!r}"
    with pytest.raises(TypeError, match=f"^{re.escape(expected)}$"):
        sim.simulate(what)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, True, "7", None])
def test_a_seed_must_be_a_whole_number_in_range(seed: object) -> None:
    expected = f"seed is {seed!r}; allowed: a whole number from 0 to 2**64 - 1"
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        sim.simulate(SMALL, seed)  # type: ignore[arg-type]


def test_a_run_keeps_what_made_it_and_cannot_be_altered(coffee: Run) -> None:
    assert (coffee.scenario, coffee.seed) == (SMALL, 3)
    assert (
        type(sim.simulate(Scenario().change({"acquisition.opening_customers": 1}), np.int64(3)).seed) is int
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        coffee.seed = 4  # type: ignore[misc]


def test_a_run_says_in_one_line_what_it_is(coffee: Run) -> None:
    sales, customers = len(coffee.transactions), len(coffee.customers)
    expected = f"{customers:,} customers, {sales:,} transactions, 2023-11 to 2024-05"
    assert repr(coffee) == f"Run of 'coffee', seed 3: {expected}"
