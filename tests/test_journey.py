"""A customer's journey: every record once, in order, beside the hidden state."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import sim
from by_hand import taken_over
from sim import Run
from sim.journey import CAUSE_FIRST, STATE, Event

SCENARIOS = list(sim.scenarios().index)

ALL_MOVES: dict[str, object] = {
    "loyalty.endowed_points": 10,
    "loyalty.fraud_rate": 0.05,
    "loyalty.expiry": "rolling",
    "loyalty.expiry_months": 2,
    "rebates.rate": 0.1,
    "market.return_rate": 0.1,
}
"""What no bundled scenario has."""


@cache
def lived(name: str) -> Run:
    small = {"acquisition.opening_customers": 120, "clock.months": 15, "privileges.validity_months": 1}
    return sim.simulate(sim.load(name).change(small | (ALL_MOVES if name == "coffee" else {})), 2)


MOVES = {
    "earn": "points earned",
    "bonus": "head start",
    "redeem": "points redeemed",
    "expire": "points expired",
    "adjust": "points given back",
    "reverse": "points taken back",
}
PARTING = {"extension.termination_share": 1.0, "extension.termination_way": "part"}


@cache
def eventful(run: Run, count: int = 6) -> list[object]:
    """Some customers of whom there is most to tell, and some others."""
    told = pd.concat([run.tickets["customer_id"], run.touchpoints["customer_id"], run.points["customer_id"]])
    most = told.value_counts().index[:count].tolist()
    ended = run.customers["newsletter_cancelled_at"].notna() | run.customers["cancelled_at"].notna()
    most += run.customers.loc[ended, "customer_id"].head(count).tolist()
    most += run.touchpoints.loc[run.touchpoints["kind"] == "demotion", "customer_id"].head(count).tolist()
    return most + run.customers["customer_id"].iloc[:: max(len(run.customers) // count, 1)].tolist()


@cache
def journey_of(run: Run, customer_id: object) -> pd.DataFrame:
    return run.journey(customer_id)


@pytest.fixture(params=SCENARIOS)
def run(request: pytest.FixtureRequest) -> Run:
    return lived(request.param)


@cache
def own(run: Run, table: str, customer_id: object) -> pd.DataFrame:
    rows = run.tables[table]
    return rows[(rows["customer_id"] == customer_id).eq(True)]


def records(run: Run, customer_id: object) -> dict[str, int]:
    """How many events of each kind the tables hold."""
    kind = {name: own(run, name, customer_id) for name in run.tables if "customer_id" in run.tables[name]}
    leads, person, touches = kind["leads"], kind["customers"], kind["touchpoints"]
    points = kind["points"].drop_duplicates(["time", "type"])["type"].value_counts()
    return {
        "lead created": len(leads),
        "contacted": leads["contacted_at"].notna().sum(),
        "became a customer": 1,
        **{event: points[kind] for kind, event in MOVES.items()},
        "purchase": len(kind["transactions"]),
        "purchase returned": kind["transactions"]["refunded_at"].notna().sum(),
        "rebate claimed": kind["rebates"]["claimed_at"].notna().sum(),
        "joined the program": person["member_since"].notna().sum(),
        "failed log-in": (touches["kind"] == "log-in failed").sum(),
        "ticket opened": len(kind["tickets"]),
        "ticket closed": kind["tickets"]["closed_at"].notna().sum(),
        "survey answer": len(kind["surveys"]),
        "promotion": (touches["kind"] == "promotion").sum(),
        "demotion": (touches["kind"] == "demotion").sum(),
        "offer": touches["kind"].isin(["offer", "upsell"]).sum(),
        "newsletter cancelled": person["newsletter_cancelled_at"].notna().sum(),
        "cancellation recorded": person["cancelled_at"].notna().sum(),
        "parted with": person["terminated_at"].notna().sum(),
        "lost": kind["truth"]["churned_at"].notna().sum(),
        "end of the run": 1,
    }


def test_a_journey_holds_every_record_of_the_customer_exactly_once(run: Run) -> None:
    for customer_id in eventful(run):
        told = journey_of(run, customer_id)["event"].value_counts()
        assert told.reindex(CAUSE_FIRST, fill_value=0).to_dict() == records(run, customer_id)


def test_the_customers_tried_have_all_that_their_scenario_can_tell() -> None:
    """Otherwise the test above would say little."""
    told = {
        event
        for name in SCENARIOS
        for one in eventful(lived(name))
        for event in journey_of(lived(name), one)["event"]
    }
    assert told >= set(CAUSE_FIRST) - {"parted with"}


def test_money_and_points_of_a_journey_are_those_of_the_tables(run: Run) -> None:
    for customer_id in eventful(run):
        journey = journey_of(run, customer_id)
        amount = journey.groupby("event")["amount"].sum()
        sales = own(run, "transactions", customer_id)
        assert amount["purchase"] == pytest.approx(sales["paid"].sum())
        refunded = sales.loc[sales["refunded_at"].notna(), "paid"].sum()
        assert amount.get("purchase returned", 0.0) == pytest.approx(-refunded)
        claimed = own(run, "rebates", customer_id)["paid"].sum()
        assert amount.get("rebate claimed", 0.0) == pytest.approx(-claimed)
        cost = own(run, "tickets", customer_id)["cost"].sum()
        assert amount.get("ticket closed", 0.0) == pytest.approx(-cost)
        moved = journey[journey["event"].isin(MOVES.values())]
        figures = moved["detail"].str.extract(r"^([\d,]+) points?$")[0].str.replace(",", "").astype(int)
        credits = moved["event"].isin(["points earned", "head start", "points given back"])
        signed = figures.where(credits, -figures)
        assert signed.sum() == own(run, "points", customer_id)["points"].sum()


def test_times_are_sorted_and_in_one_second_causes_come_before_effects(run: Run) -> None:
    order = {event: place for place, event in enumerate(CAUSE_FIRST)}
    for customer_id in eventful(run):
        journey = journey_of(run, customer_id)
        keys = list(zip(journey["time"], journey["event"].map(order), strict=True))
        assert keys == sorted(keys)


def test_hidden_state_is_that_of_the_latest_purchase_and_at_the_end_the_truth(run: Run) -> None:
    for customer_id in eventful(run, 4):
        journey, lives = journey_of(run, customer_id), own(run, "episodes", customer_id)
        bought = journey["event"].eq("purchase").cumsum()
        felt = lives[list(STATE)].to_numpy()
        expected = np.vstack([np.full(3, np.nan), felt])[bought]
        expected[-1] = own(run, "truth", customer_id)[list(STATE)].iloc[0]
        np.testing.assert_array_equal(journey[list(STATE)], expected)


def test_a_journey_ends_with_the_run(run: Run) -> None:
    last = journey_of(run, run.customers["customer_id"].iloc[0]).iloc[-1]
    assert (last["event"], last["time"]) == ("end of the run", run.month_starts[-1])


def test_columns_have_the_same_types_whatever_happened(run: Run) -> None:
    kinds = {str(journey_of(run, one).dtypes.to_dict()) for one in eventful(run)}
    assert len(kinds) == 1
    assert list(journey_of(run, eventful(run)[0]).columns) == list(Event._fields)


def test_details_name_figures_with_their_units() -> None:
    pizza = lived("pizza")
    worst = pizza.episodes.sort_values("failures").iloc[-1]
    sale = pizza.transactions.set_index("transaction_id").loc[worst["transaction_id"]]
    journey = pizza.journey(worst["customer_id"])
    detail = journey.loc[
        (journey["event"] == "purchase") & (journey["time"] == worst["time"]), "detail"
    ].iloc[0]
    assert detail.startswith(f"{sale['paid']:,.2f} EUR, ")
    assert f"{worst['failures']} of 6 attributes failed ({abs(worst['tolerance']):.1f} tolerated)" in detail
    assert detail.endswith(f"{worst['minutes']:.0f} minutes")


def test_a_loss_is_on_record_where_there_are_contracts_alone() -> None:
    for name, said in (("telco", "on record"), ("coffee", "nobody recorded it")):
        run = lived(name)
        gone = run.truth.loc[run.truth["churned_at"].notna(), "customer_id"].iloc[0]
        journey = journey_of(run, gone)
        assert journey.loc[journey["event"] == "lost", "detail"].tolist() == [said]


def test_a_customer_parted_with_is_lost_then_on_record_unless_lost_before() -> None:
    costly = {"extension.costly_cost": 1.0, "extension.costly_share": 1.0, "extension.acceptance": 0.9}
    offers = {"extension.offers_share": 1.0, "extension.regular_purchases": 1, "experience.failure_rate": 0.0}
    small = sim.load("coffee").change({"acquisition.opening_customers": 300, "clock.months": 9})
    run = sim.simulate(small.change({**costly, **offers, **PARTING}), 1)
    people = run.customers.merge(run.truth[["customer_id", "churned_at"]], on="customer_id")
    parted = people[people["terminated_at"].notna()]
    at_once = parted["terminated_at"] == parted["churned_at"]
    for is_at_once, said in ((True, "on record"), (False, "nobody recorded it")):
        journey = run.journey(parted.loc[at_once == is_at_once, "customer_id"].iloc[0])
        ends = journey[journey["event"].isin(["parted with", "lost"])]
        assert ends["event"].tolist() == ["parted with", "lost"][:: 1 if is_at_once else -1]
        assert ends.loc[ends["event"] == "lost", "detail"].tolist() == [said]


def test_customers_of_a_log_have_a_journey_too() -> None:
    run = sim.simulate(taken_over(), 3)
    for customer_id in run.customers["customer_id"].iloc[[0, 7, 150, -1]]:
        journey = run.journey(customer_id)
        assert journey["time"].is_monotonic_increasing
        told = journey["event"].value_counts()
        assert told.reindex(CAUSE_FIRST, fill_value=0).to_dict() == records(run, customer_id)


@pytest.mark.parametrize("unknown", [-1, "nobody", None, 1.5])
def test_an_unknown_customer_is_refused_with_a_sentence_that_shows_ids(unknown: object) -> None:
    run = lived("retail")
    with pytest.raises(ValueError, match="there is no customer") as error:
        run.journey(unknown)
    message = str(error.value)
    assert repr(unknown) in message
    assert str(run.customers["customer_id"].iloc[0]) in message
    assert "\n" not in message


def test_a_run_without_customers_says_so() -> None:
    run = lived("retail")
    empty = Run(run.scenario, 1, {name: table.iloc[:0] for name, table in run.tables.items()})
    with pytest.raises(ValueError, match="it has no customers at all"):
        empty.journey(1)


def test_a_saved_run_tells_the_same_journey(tmp_path) -> None:
    run = lived("coffee")
    loaded = sim.load_run(run.save(tmp_path / "run"))
    for customer_id in eventful(run, 2):
        pd.testing.assert_frame_equal(loaded.journey(customer_id), run.journey(customer_id))
    pd.testing.assert_frame_equal(loaded.panel(), run.panel())
