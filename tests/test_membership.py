"""Who joins a program, whom it moves and for how long, against the distributions that the levers state."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special, stats

import sim
from sim import Run
from sim.luck import Luck
from sim.scenario import Scenario
from sim.starting import StartingCustomers
from sim.world.acquisition import TAKEN_OVER, customer_keys
from sim.world.churn import MONTH
from sim.world.customers import NEVER, Customers
from sim.world.loyalty.membership import Membership, has_members
from sim.world.purposes import JOIN
from sim.world.traits import CHANNELS, buyer_traits, draw_posterior, draw_traits
from sim.world.visit import Visit
from visits import visit_of
from worlds import ALL_CHURN_MODELS, CHURN_MODELS, SEED, forces
from zscores import z_of_mean, z_of_sum

Floats = NDArray[np.float64]

CROWD = 30_000
PROGRAM = {"loyalty.points_per_unit": 1.0}
ORGANIC = np.full(CROWD, CHANNELS.index("organic"), np.int8)
RESPONSES = {
    "loyalty.light_response": 0.1,
    "loyalty.moderate_response": 0.5,
    "loyalty.heavy_response": 0.9,
}


def open_program(**levers: float) -> Scenario:
    """A program without effects, but for these levers of loyalty."""
    plain = Scenario().base().change(PROGRAM)
    return plain.change({f"loyalty.{name}": value for name, value in levers.items()})


def members(scenario: Scenario, size: int) -> tuple[Membership, Customers]:
    """The tool with so many customers, none of whom is a member."""
    customers = Customers()
    customers.admit(size, key=1 + np.arange(size))
    return Membership(scenario, customers), customers


def visit(time: Floats, joins: Floats) -> Visit:
    """A purchase of everybody, with this luck in joining."""
    return visit_of(np.arange(time.size), time, {JOIN: joins}, amount=1.0)


# Joining


@pytest.mark.parametrize(
    ("lever", "opens"),
    [
        ("loyalty.points_per_unit", True),
        ("loyalty.points_per_visit", True),
        ("privileges.silver_spend", True),
        ("privileges.platinum_spend", True),
        ("discounts.depth", False),
        ("rebates.rate", False),
    ],
)
def test_there_is_something_to_join_where_there_are_points_or_privileges(lever: str, opens: bool) -> None:
    terms = Scenario().without_program().change({lever: 0.1})
    assert has_members(terms) is opens
    tool, customers = members(terms.change({"loyalty.join_probability": 1.0}), 3)
    tool.reward(visit(np.full(3, 5.0), np.full(3, 0.5)))
    assert (customers.member_since == (5.0 if opens else NEVER)).all()


@given(st.floats(0, 1), st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_without_self_selection_a_customer_joins_with_the_levers_chance_exactly(
    chance: float, u: float
) -> None:
    tool, customers = members(open_program(join_probability=chance), 1)
    tool.reward(visit(np.array([7.0]), np.array([u])))
    assert customers.member_since[0] == (7.0 if u < chance else NEVER)


@given(st.floats(0.001, 0.999), st.floats(0.001, 1000))
def test_join_odds_multiply_the_odds(chance: float, odds: float) -> None:
    tool, customers = members(open_program(join_probability=chance), 2)
    customers.join_odds[:] = odds
    probability = special.expit(special.logit(chance) + np.log(odds))
    tool.reward(visit(np.zeros(2), probability + np.array([-1e-9, 1e-9])))
    assert customers.member_since.tolist() == [0.0, NEVER]


def test_who_has_joined_stays_a_member_since_then() -> None:
    tool, customers = members(open_program(join_probability=1.0), 2)
    for day in (3.0, 9.0):
        tool.reward(visit(np.array([day, day]), np.array([0.5, 0.5])))
    assert customers.member_since.tolist() == [3.0, 3.0]


def test_a_program_takes_in_members_and_moves_them_only_while_it_is_open() -> None:
    closed = open_program(membership_to_pace=0.3, join_probability=1.0).change({"loyalty.points_per_unit": 0})
    tool, customers = members(closed, 1)
    here, luck = np.array([0]), np.array([0.5])
    tool.reward(visit(np.array([3.0]), luck))
    assert customers.member_since[0] == NEVER
    opened = closed.change(PROGRAM)
    tool.change(opened)
    tool.reward(visit(np.array([200.0]), luck))
    assert customers.member_since[0] == 200.0
    assert forces(tool, here, 200.0)[0] == pytest.approx(0.3)
    tool.change(closed)
    assert forces(tool, here, 300.0)[0] == 0
    assert tool.statement(10, 300.0).size == 0
    tool.change(opened)
    assert forces(tool, here, 400.0)[0] > 0


# Self-selection


def traits_of(scenario: Scenario, seed: int = SEED) -> dict[str, NDArray]:
    key = 1 + np.arange(CROWD)
    traits = draw_traits(scenario, Luck(seed), key, ORGANIC)
    return {**traits, **buyer_traits(scenario, traits["rate"], traits["spend_rate"])}


@pytest.mark.parametrize("churn_model", ALL_CHURN_MODELS)
def test_join_odds_follow_the_standardised_logarithm_of_spending(churn_model: str) -> None:
    scenario = Scenario().change({"market.churn_model": churn_model, "loyalty.self_selection": 1.0})
    traits = traits_of(scenario)
    score = np.log(traits["join_odds"])
    assert abs(z_of_mean(score, 0)) < 4
    assert abs(z_of_mean(score**2, 1)) < 4
    spending = 1 / traits["spend_rate"] * (1 if churn_model == "sbg" else traits["rate"])
    assert np.corrcoef(score, np.log(spending))[0, 1] == pytest.approx(1)


def test_twice_the_self_selection_squares_the_odds_and_none_leaves_them() -> None:
    once, twice, none = (
        traits_of(Scenario().change({"loyalty.self_selection": strength}))["join_odds"]
        for strength in (0.7, 1.4, 0.0)
    )
    np.testing.assert_allclose(twice, once**2)
    assert (none == 1).all()


@cache
def recruited(self_selection: float) -> pd.DataFrame:
    """Customers of a program without effects: what they bought and when they joined, with the truth."""
    scenario = (
        sim.load("coffee")
        .base()
        .change(
            {
                **PROGRAM,
                "loyalty.join_probability": 0.1,
                "loyalty.self_selection": self_selection,
                "acquisition.opening_customers": 6000,
                "acquisition.opening_weeks": 2,
                "loyalty.redemption_probability": 0,
                "clock.months": 6,
            }
        )
    )
    run = sim.simulate(scenario, SEED)
    sales = run.transactions.groupby("customer_id").agg(n=("time", "size"), first=("amount", "first"))
    table = (
        run.truth.set_index("customer_id")
        .join(sales)
        .join(run.customers.set_index("customer_id")["member_since"])
    )
    market = scenario.market
    rate, spend_rate = table["purchase_rate"] / 7, market.spend_shape / table["basket_mean"]
    odds = buyer_traits(scenario, rate.to_numpy(), spend_rate.to_numpy())["join_odds"] * 0.1 / 0.9
    table["chance"] = 1 - (1 / (1 + odds)) ** table["n"]
    return table


@pytest.mark.parametrize("self_selection", [0.0, 0.8, 2.0])
def test_members_after_n_purchases_are_as_many_as_the_truth_makes_likely(self_selection: float) -> None:
    """P(joined by the n-th purchase) = 1 - (1 - q)^n, with the customer's own q."""
    table = recruited(self_selection)
    joined = table["member_since"].notna()
    for part in (table["n"] == 1, table["n"].between(2, 5), table["n"] > 5):
        chance = table["chance"][part]
        assert abs(z_of_sum(joined[part], chance, chance * (1 - chance))) < 4


def test_members_spent_more_at_their_first_purchase_only_with_self_selection() -> None:
    """First baskets do not depend on how often somebody buys: what differs is who joins."""
    score = {}
    for strength in (0.0, 2.0):
        once = recruited(strength)
        joined = once["member_since"].notna()
        score[strength] = stats.ttest_ind(
            np.log(once["first"][joined]), np.log(once["first"][~joined])
        ).statistic
    assert abs(score[0.0]) < 4 < score[2.0]


# Light, moderate and heavy


@pytest.mark.parametrize("churn_model", ALL_CHURN_MODELS)
def test_light_moderate_and_heavy_buyers_are_thirds_of_the_market(churn_model: str) -> None:
    scenario = Scenario().change({**RESPONSES, "market.churn_model": churn_model})
    traits = traits_of(scenario)
    size = traits["rate"] if churn_model != "sbg" else 1 / traits["spend_rate"]
    order = np.argsort(size)
    assert (np.diff(traits["response"][order]) >= 0).all()
    for response in (0.1, 0.5, 0.9):
        hits = traits["response"] == response
        assert abs(z_of_sum(hits, CROWD / 3, CROWD * 2 / 9)) < 4


@pytest.mark.parametrize("churn_model", ALL_CHURN_MODELS)
@pytest.mark.parametrize("third", [1, 2])
def test_thirds_end_where_the_markets_distribution_says(churn_model: str, third: int) -> None:
    scenario = Scenario().change({**RESPONSES, "market.churn_model": churn_model})
    market, around = scenario.market, np.array([1 - 1e-6, 1 + 1e-6])
    ends = stats.gamma(market.rate_shape, scale=1 / market.rate_scale_weeks).ppf(third / 3) * around / 7
    baskets = stats.invgamma(market.spend_heterogeneity, scale=market.spend_scale).ppf(third / 3) * around
    median = np.full(2, 0.05)
    by_rate = buyer_traits(scenario, ends, median)["response"]
    by_basket = buyer_traits(scenario, median, 1 / baskets)["response"]
    expected = [0.1, 0.5] if third == 1 else [0.5, 0.9]
    assert (by_basket if churn_model == "sbg" else by_rate).tolist() == expected
    assert np.unique(by_rate if churn_model == "sbg" else by_basket).size == 1


@pytest.mark.parametrize("churn_model", CHURN_MODELS)
def test_customers_of_a_log_that_says_nothing_are_thirds_and_those_who_bought_often_are_heavy(
    churn_model: str,
) -> None:
    scenario = Scenario().change({**RESPONSES, "market.churn_model": churn_model})
    for x, weeks, thirds in ((0, 0.0, (1 / 3, 1 / 3, 1 / 3)), (40, 52.0, (0, 0, 1)), (0, 5200.0, (1, 0, 0))):
        table = pd.DataFrame(
            {
                "customer_id": np.arange(CROWD),
                "first_purchase": pd.Timestamp("2020-01-01"),
                "repeat_purchases": x,
                "last_purchase_weeks": weeks * (x > 0),
                "observed_weeks": weeks,
                "repeat_amount_mean": 10.0 if x else np.nan,
                "alive_probability": 1.0,
            }
        )
        key = customer_keys(TAKEN_OVER, np.arange(CROWD))
        traits = draw_posterior(scenario, Luck(SEED), key, StartingCustomers(table))
        response = buyer_traits(scenario, traits["rate"], traits["spend_rate"])["response"]
        for share, value in zip(thirds, (0.1, 0.5, 0.9), strict=True):
            hits = (response == value).astype(float)
            if x or weeks:
                assert abs(hits.mean() - share) < 0.01
            else:
                assert abs(z_of_sum(hits, CROWD / 3, CROWD * 2 / 9)) < 4


@pytest.mark.parametrize("mean", [0.5, 3.0])
def test_cards_of_rivals_are_poisson_and_dilute(mean: float) -> None:
    cards = 1 / traits_of(Scenario().change({"loyalty.rival_cards": mean}))["dilution"] - 1
    np.testing.assert_allclose(cards, np.round(cards), atol=1e-9)
    counts = np.bincount(np.round(cards).astype(int), minlength=30)
    last = int(stats.poisson.isf(5 / CROWD, mean))
    expected = CROWD * np.append(stats.poisson.pmf(np.arange(last), mean), stats.poisson.sf(last - 1, mean))
    observed = np.append(counts[:last], counts[last:].sum())
    assert stats.chisquare(observed, expected).pvalue > 2 * stats.norm.sf(4)


def test_without_rivals_nothing_is_diluted() -> None:
    assert (traits_of(Scenario().change({"loyalty.rival_cards": 0}))["dilution"] == 1).all()


# What membership does to the pace


@given(st.floats(0.1, 120), st.floats(0, 2000), st.floats(0, 1), st.integers(0, 9))
def test_the_lift_halves_every_fading_period_for_those_who_respond_and_is_diluted(
    months: float, age: float, response: float, cards: int
) -> None:
    tool, customers = members(open_program(membership_to_pace=0.4, fading_months=months), 2)
    customers.member_since[0], customers.response[:], customers.dilution[:] = 10.0, response, 1 / (1 + cards)
    who = np.arange(2)
    new, old, later = (forces(tool, who, 10.0 + one)[0] for one in (0.0, age, age + months * MONTH))
    assert new[0] == pytest.approx(0.4 * response / (1 + cards))
    assert later[0] == pytest.approx(old[0] / 2, abs=1e-15)
    assert new[1] == old[1] == later[1] == 0
    assert (forces(tool, who, 9.999)[0] == 0).all()


def test_a_statement_names_those_whose_lift_fades() -> None:
    tool, customers = members(open_program(membership_to_pace=0.4), 4)
    customers.member_since[:3] = (-5.0, 3.0, 70.0)
    customers.response[0] = 0.0
    assert tool.statement(1, 58.0).tolist() == [1]
    still, their = members(open_program(membership_to_pace=0.0), 4)
    their.member_since[:] = 0.0
    assert still.statement(1, 58.0).size == 0
    assert (forces(still, np.arange(4), 3.0)[0] == 0).all()


EVERYBODY = {
    **PROGRAM,
    "loyalty.join_probability": 1.0,
    "loyalty.rival_cards": 0.0,
    "acquisition.paid_spend_per_month": 0,
    "acquisition.organic_leads_per_month": 0,
    "acquisition.opening_weeks": 0,
    "market.dropout_a": 0.05,
    "market.dropout_b": 1000.0,
    "acquisition.opening_customers": 20_000,
}


def statements(run: Run) -> Floats:
    """Days of the monthly statements."""
    return (run.month_starts[1:] - run.month_starts[0]).days.to_numpy(float) - 1


def test_the_lift_of_those_who_seldom_buy_fades_between_their_purchases_too() -> None:
    """Purchases are Poisson at rate x exp(lift), by half-year against the integral of that rate.

    The pace is set at purchases and at statements, so the lift in force is between the one of the moment and
    the one of the latest statement.
    """
    lift, seldom = 0.7, {"market.rate_shape": 2.0, "market.rate_scale_weeks": 40.0}
    alike = dict.fromkeys(RESPONSES, 1.0)
    levers = {**EVERYBODY, **seldom, **alike, "loyalty.membership_to_pace": lift, "clock.months": 24}
    run = sim.simulate(sim.load("coffee").base().change(levers), SEED)
    day = (run.transactions["time"] - run.month_starts[0]).dt.total_seconds() / 86_400
    edges = np.arange(5) * 6 * MONTH
    observed, _ = np.histogram(day[run.transactions.duplicated("customer_id")], edges)
    grid = np.linspace(edges[:-1], edges[1:], 2001)
    known = np.append(0.0, statements(run))
    low, high = (
        run.truth["purchase_rate"].sum()
        / 7
        * np.trapezoid(
            np.exp(lift * 0.5 ** (age / (run.scenario.loyalty.fading_months * MONTH))), grid, axis=0
        )
        for age in (grid, known[np.searchsorted(known, grid, side="right") - 1])
    )
    assert ((observed - low) / np.sqrt(low) > -4).all()
    assert ((observed - high) / np.sqrt(high) < 4).all()


def twins(**levers: float) -> pd.DataFrame:
    """Purchases in a year of customers without a program and of the same as its members, by third."""
    year = {**EVERYBODY, "acquisition.opening_customers": 6000, "clock.months": 12}
    card = sim.load("coffee").base().change(year)
    moving = card.change({f"loyalty.{name}": value for name, value in levers.items()})
    without, members = (sim.simulate(one, SEED) for one in (card.without_program(), moving))
    table = without.truth.set_index("customer_id")[["purchase_rate"]]
    table["without"] = without.transactions["customer_id"].value_counts()
    table["members"] = members.transactions["customer_id"].value_counts()
    size = special.gammainc(card.market.rate_shape, table["purchase_rate"] * card.market.rate_scale_weeks)
    table["third"] = np.array(["light", "moderate", "heavy"])[(3 * size).astype(int)]
    return table


LIU = {"light_response": 1.0, "moderate_response": 0.7, "heavy_response": 0.0, "membership_to_pace": 0.2}


def test_membership_moves_light_and_moderate_buyers_by_its_lift_and_heavy_ones_not_at_all() -> None:
    table = twins(**LIU, fading_months=120)
    weeks = 365 / 7
    for third, response in (("light", 1.0), ("moderate", 0.7), ("heavy", 0.0)):
        part = table[table["third"] == third]
        lift = 0.2 * response * 0.5 ** (np.linspace(0, 12, 1001) / 120)
        expected = 1 + part["purchase_rate"] * weeks * np.exp(lift).mean()
        assert abs(z_of_sum(part["members"], expected, expected - 1)) < 4
        assert (part["members"] == part["without"]).all() == (third == "heavy")


def test_with_a_card_to_fill_light_and_moderate_buyers_rise_and_heavy_ones_do_not() -> None:
    """Liu 2007, with the sampling error of a study that has no twins.

    Twins show 1 to 2 % more of the heavy: they wait at a full card more often than at an empty one.
    """
    table = twins(**LIU, goal_gradient=0.223)
    z = {
        name: stats.ttest_ind(part["members"], part["without"]).statistic
        for name, part in table.groupby("third")
    }
    assert min(z["light"], z["moderate"]) > 4 > abs(z["heavy"])
    share = table.groupby("third")["members"].sum() / table.groupby("third")["without"].sum() - 1
    assert share["heavy"] < 0.03 < 0.1 < min(share["light"], share["moderate"])
