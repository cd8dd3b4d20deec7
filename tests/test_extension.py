"""Offers, what becomes of them, and treatment: against closed forms, with customers made by hand."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy.special import expit, logit

from sim import Scenario
from sim.levers.extension import Rung
from sim.luck import Luck
from sim.world.customers import NEVER, Customers, Rows
from sim.world.extension import MOST_UPSELLS, TREATMENTS, Extension, fatigue_of
from sim.world.journal import ACCOUNTS, RESPONSES, TABLES, TOUCHES, Columns, Journal
from sim.world.traits import draw_traits
from visits import visit_of
from zscores import z_of_largest, z_of_sum

LADDER = (
    Rung(name="beans", price=0.2, need=0.6),
    Rung(name="mill", price=0.5, need=0.3),
    Rung(name="machine", price=2.0, need=0.1),
)
ALL = (1 << len(LADDER)) - 1
ONE_NEEDED = (Rung(name="beans", price=0.2, need=1),)
NOW = 100.0
MONTH = 30.0
STANDARD = Scenario().retention.market_standard


@dataclass
class Company:
    """An extension department with customers who are all regulars unless said otherwise."""

    extension: Extension
    customers: Customers
    journal: Journal

    def offer(self, months: int = 1) -> None:
        for month in range(months):
            self.extension.offer(month, NOW + MONTH * month)

    @property
    def touches(self) -> Columns:
        return self.journal.read("touchpoints")

    @property
    def offers(self) -> Columns:
        """The touchpoints that are offers."""
        made = self.touches["kind"] != TOUCHES.index("newsletter cancelled")
        return {name: column[made] for name, column in self.touches.items()}

    @property
    def accepted(self) -> NDArray[np.bool_]:
        accepted: NDArray[np.bool_] = self.offers["response"] == RESPONSES.index("accepted")
        return accepted

    def columns(self) -> Columns:
        return {name: self.customers.table[name].copy() for name in self.customers.table.dtype.names}


def company(
    size: int = 20_000,
    ladder: tuple[Rung, ...] = LADDER,
    luck: Luck | None = None,
    columns: dict[str, Any] | None = None,
    **levers: Any,
) -> Company:
    """Everybody gets an offer every month and nobody cancels the newsletter, unless `levers` differ."""
    setting = {"offers_share": 1.0, "opt_out_rate": 0.0, "recent_days": 3650, **levers}
    scenario = Scenario(ladder=ladder).change({f"extension.{name}": one for name, one in setting.items()})
    customers, journal = Customers(), Journal()
    regulars = {
        "key": np.arange(size) + 1,
        "purchases": 5,
        "last_purchase": NOW - 1,
        "spend_rate": 0.1,
        "satisfaction": STANDARD,
        "next_purchase": NOW + 200,
    }
    customers.admit(size, **{**regulars, **(columns or {})})
    return Company(Extension(scenario, luck or Luck(7), customers, journal), customers, journal)


class NoLuck(Luck):
    """Luck that nobody may ask."""

    def uniform(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("luck was asked")


def held_of(products: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each product (columns) is held, from its bit, by each customer (rows)."""
    return (products[:, None] >> np.arange(len(LADDER))) & 1 == 1


# Acceptance.


@pytest.mark.parametrize(("need", "lever"), [(1.0, "acceptance"), (0.0, "unneeded_acceptance")])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 1.0])
def test_an_average_customer_accepts_what_is_needed_or_not_at_its_lever(
    need: float, lever: str, share: float
) -> None:
    made = company(ladder=(Rung(name="beans", price=0.2, need=need),), **{lever: share})
    made.offer()
    if share in (0, 1):
        assert (made.accepted == bool(share)).all() and made.accepted.size == 20_000
    else:
        assert abs(z_of_sum(made.accepted, np.full(20_000, share), np.full(20_000, share * (1 - share)))) < 4


def test_acceptance_follows_the_formula_in_commitment_and_fatigue() -> None:
    """logit P = logit .3 + 2 (commitment - 1/2) - .5 fatigue, with fatigue a half-life old."""
    commitment, fatigue = np.meshgrid(np.linspace(0, 1, 150), np.linspace(0, 6, 150))
    columns = {"commitment": commitment.ravel(), "fatigue": fatigue.ravel(), "offered_at": NOW - 60}
    made = company(
        22_500,
        ONE_NEEDED,
        columns=columns,
        acceptance=0.3,
        commitment_to_acceptance=2.0,
        fatigue_to_acceptance=0.5,
        fatigue_half_life_days=60.0,
    )
    made.offer()
    p = expit(logit(0.3) + 2 * (commitment.ravel() - 0.5) - 0.5 * fatigue.ravel() / 2)
    weights = [np.ones(22_500), commitment.ravel() - 0.5, fatigue.ravel() - 3]
    scores = [z_of_sum(made.accepted * w, p * w, p * (1 - p) * w**2) for w in weights]
    assert z_of_largest(scores) < 4


@pytest.mark.parametrize("relevance", [0.0, 0.3, 1.0])
def test_relevance_raises_acceptance_by_its_closed_form(relevance: float) -> None:
    """P(fits) = relevance (1 - product of (1 - need)) + (1 - relevance) need of the first rung."""
    made = company(relevance=relevance, acceptance=0.5, unneeded_acceptance=0.1)
    made.offer()
    any_needed = 1 - np.prod([1 - rung.need for rung in LADDER])
    fits = relevance * any_needed + (1 - relevance) * LADDER[0].need
    p = np.full(20_000, 0.1 + 0.4 * fits)
    assert abs(z_of_sum(made.accepted, p, p * (1 - p))) < 4


def test_offer_kind_relevance_acceptance_and_cancellation_fall_independently() -> None:
    """Were two of them one draw, a share among those whom the first selects would be off."""
    shares = {"offers_share": 0.4, "upsell_share": 0.4, "relevance": 0.4, "opt_out_rate": 0.4}
    made = company(50_000, **shares, acceptance=0.4, unneeded_acceptance=0.4)
    made.offer()
    offers, left = made.offers, made.customers.opted_out_at == NOW
    upsell = offers["kind"] == TOUCHES.index("upsell")
    later = (offers["product"] > 0)[~upsell]  # shown by the data to those who do not need the first product
    needs = [1 - rung.need for rung in LADDER]
    events = [
        (upsell, 0.4),
        (later, 0.4 * needs[0] * (1 - needs[1] * needs[2])),
        (made.accepted[upsell], 0.4),
        (made.accepted[~upsell][later], 0.4),
        (left[offers["row"]][made.accepted & upsell], 0.4),
        (left[offers["row"]][made.accepted & ~upsell], 0.4),
    ]
    scores = [z_of_sum(one, np.full(one.size, p), np.full(one.size, p * (1 - p))) for one, p in events]
    assert z_of_largest(scores) < 4


def test_the_lost_get_offers_and_never_accept() -> None:
    lost = np.arange(1000) % 2 == 0
    columns = {"churned_at": np.where(lost, NOW - 1, NOW + 1), "next_purchase": NEVER}
    made = company(1000, ONE_NEEDED, columns=columns, acceptance=1.0)
    made.offer()
    assert made.offers["row"].tolist() == list(range(1000))
    assert (made.accepted == ~lost).all()


# Which product.


def test_customers_need_each_product_at_its_share_and_independently() -> None:
    """Who is shown and accepts all that is needed, and nothing else, ends up with exactly that."""
    made = company(relevance=1.0, acceptance=1.0, unneeded_acceptance=0.0, fatigue_to_acceptance=0.0)
    made.offer(months=len(LADDER))
    held, need = held_of(made.customers.products), np.array([rung.need for rung in LADDER])
    scores = [
        z_of_sum(held[:, n], np.full(20_000, p), np.full(20_000, p * (1 - p))) for n, p in enumerate(need)
    ]
    for one, other in combinations(range(len(LADDER)), 2):
        both = np.full(20_000, need[one] * need[other])
        scores.append(z_of_sum(held[:, one] & held[:, other], both, both * (1 - both)))
    assert z_of_largest(scores) < 4


@given(arrays.arrays(np.int64, 40, elements=st.integers(0, ALL)), st.floats(0, 1), st.floats(0, 1))
def test_nobody_is_offered_what_he_holds_and_those_who_hold_all_get_nothing(
    products: NDArray[np.int64], relevance: float, acceptance: float
) -> None:
    columns = {"products": products, "held": held_of(products).sum(axis=1)}
    made = company(40, columns=columns, relevance=relevance, acceptance=acceptance)
    made.offer()
    row, product = made.offers["row"], made.offers["product"]
    assert row.tolist() == np.flatnonzero(products != ALL).tolist()
    assert not ((products[row] >> product) & 1).any()


def test_without_relevance_offers_go_by_the_order_of_the_ladder() -> None:
    products = np.arange(ALL)
    made = company(ALL, columns={"products": products}, relevance=0.0)
    made.offer()
    assert made.offers["product"].tolist() == [int(np.argmin(one)) for one in held_of(products)]


def test_with_full_relevance_the_first_needed_product_comes_first() -> None:
    needs = [0, 1, 1]
    ladder = tuple(Rung(name=f"{n}", price=1, need=need) for n, need in enumerate(needs))
    made = company(1, ladder, relevance=1.0, acceptance=1.0, unneeded_acceptance=1.0)
    made.offer(months=3)
    assert made.offers["product"].tolist() == [1, 2, 0]


def test_accepted_products_are_marked_counted_and_raise_the_mean_basket_by_their_price() -> None:
    made = company(
        acceptance=0.6, unneeded_acceptance=0.3, upsell_share=0.4, upsell_lift=0.1, fatigue_to_acceptance=0.0
    )
    made.offer(months=8)
    customers, offers = made.customers, made.offers
    held = held_of(customers.products)
    raised = np.prod(np.where(held, [1.2, 1.5, 3.0], 1.0), axis=1) * np.exp(0.1 * customers.upsells)
    np.testing.assert_allclose(0.1 / customers.spend_rate, raised, rtol=1e-12)
    assert (customers.held == held.sum(axis=1)).all()
    further = offers["kind"] == TOUCHES.index("offer")
    accepted = np.bincount(offers["row"][made.accepted & further], minlength=20_000)
    assert (accepted == customers.held).all() and set(customers.held.tolist()) == {0, 1, 2, 3}


# Up-selling.


def test_upsells_are_their_share_of_offers_fit_everybody_and_name_no_product() -> None:
    made = company(upsell_share=0.3, acceptance=0.4, unneeded_acceptance=0.0)
    made.offer()
    upsell = made.offers["kind"] == TOUCHES.index("upsell")
    assert ((made.offers["product"] == -1) == upsell).all()
    scores = [
        z_of_sum(upsell, np.full(20_000, 0.3), np.full(20_000, 0.21)),
        z_of_sum(made.accepted[upsell], np.full(upsell.sum(), 0.4), np.full(upsell.sum(), 0.24)),
    ]
    assert z_of_largest(scores) < 4


def test_at_most_three_upsells_are_accepted_and_then_products_follow() -> None:
    made = company(100, ONE_NEEDED, upsell_share=1.0, acceptance=1.0)
    made.offer(months=5)
    assert (made.customers.upsells == MOST_UPSELLS).all() and MOST_UPSELLS == 3
    assert (made.customers.held == 1).all()
    assert np.bincount(made.offers["row"]).tolist() == [4] * 100


def test_without_a_ladder_only_upsells_are_offered() -> None:
    made = company(1000, (), upsell_share=0.5)
    made.offer()
    assert set(made.offers["kind"].tolist()) == {TOUCHES.index("upsell")}
    assert 400 < made.offers["row"].size < 600
    assert (made.customers.held == 0).all()


# Who is addressed.

OUTSIDERS = {
    "too few purchases": {"purchases": 2},
    "too long ago": {"last_purchase": NOW - 90},
    "treated": {"treatment": 1},
    "contract cancelled": {"cancelled_at": NOW},
    "parted with": {"terminated_at": NOW},
    "newsletter cancelled": {"opted_out_at": NOW},
}


@pytest.mark.parametrize("columns", OUTSIDERS.values(), ids=OUTSIDERS)
def test_who_is_no_regular_or_recorded_as_gone_gets_no_offer(columns: dict[str, Any]) -> None:
    made = company(100, columns=columns, regular_purchases=3, recent_days=90)
    before = made.columns()
    assert made.extension.offer(0, NOW).size == 0
    assert made.touches["row"].size == made.journal.read("invoices")["day"].size == 0
    assert all((made.columns()[name] == before[name]).all() for name in before)


INSIDERS = {
    "just enough purchases": {"purchases": 3},
    "just recent enough": {"last_purchase": NOW - 89.999},
    "contract cancelled later": {"cancelled_at": NOW + 1},
    "lost, but nobody knows": {"churned_at": NOW - 1, "next_purchase": NEVER},
}


@pytest.mark.parametrize("columns", INSIDERS.values(), ids=INSIDERS)
def test_who_counts_as_a_regular_by_the_records_gets_an_offer(columns: dict[str, Any]) -> None:
    made = company(100, columns=columns, regular_purchases=3, recent_days=90)
    made.extension.offer(0, NOW)
    assert made.offers["row"].tolist() == list(range(100))


def test_the_share_of_offers_is_that_of_the_lever() -> None:
    made = company(offers_share=0.35)
    made.offer()
    reached = np.isin(np.arange(20_000), made.offers["row"])
    assert abs(z_of_sum(reached, np.full(20_000, 0.35), np.full(20_000, 0.35 * 0.65))) < 4


def offered_and_accepted(made: Company) -> tuple[set[tuple[int, float]], set[tuple[int, float, int]]]:
    offers = made.offers
    moments = list(zip(offers["row"].tolist(), offers["day"].tolist(), strict=True))
    accepted = zip(offers["row"], offers["day"], offers["product"], strict=True)
    return set(moments), {one for one, yes in zip(accepted, made.accepted, strict=True) if yes}


def test_more_offers_keep_every_former_offer() -> None:
    few, many = (company(3000, offers_share=share, acceptance=0.0) for share in (0.2, 0.5))
    few.offer(months=4)
    many.offer(months=4)
    assert offered_and_accepted(few)[0] < offered_and_accepted(many)[0]


def test_a_higher_acceptance_keeps_every_former_acceptance() -> None:
    less, more = (company(3000, acceptance=one) for one in (0.2, 0.4))
    less.offer()
    more.offer()
    assert offered_and_accepted(less)[1] < offered_and_accepted(more)[1]


def test_a_customers_offers_do_not_depend_on_the_other_customers() -> None:
    together = company(200, offers_share=0.5, upsell_share=0.2, acceptance=0.5)
    alone = company(1, columns={"key": 151}, offers_share=0.5, upsell_share=0.2, acceptance=0.5)
    together.offer(months=12)
    alone.offer(months=12)
    own = together.offers["row"] == 150
    assert own.sum() > 2
    for name in ("day", "kind", "product", "response"):
        assert together.offers[name][own].tolist() == alone.offers[name].tolist()


# Fatigue.


@given(st.floats(1, 500), st.floats(0, 200))
def test_each_offer_counts_half_after_every_half_life(half_life: float, later: float) -> None:
    made = company(3, acceptance=0.0, fatigue_half_life_days=half_life)
    made.offer(months=4)
    time = NOW + 3 * MONTH + later
    ages = later + MONTH * np.arange(4)
    found = [fatigue_of(customer, time, half_life) for customer in made.customers.table]
    np.testing.assert_allclose(found, np.sum(0.5 ** (ages / half_life)), rtol=1e-9)


def test_who_never_got_an_offer_is_not_tired() -> None:
    made = company(5)
    assert [fatigue_of(customer, NOW, 60.0) for customer in made.customers.table] == [0.0] * 5


@pytest.mark.parametrize("annoys", [0.0, 0.02])
def test_those_are_returned_whose_pace_or_hold_may_change(annoys: float) -> None:
    made = company(500, offers_share=0.5, acceptance=0.5, fatigue_to_pace=annoys)
    changed = made.extension.offer(0, NOW)
    expected = made.offers["row"] if annoys else made.offers["row"][made.accepted]
    assert changed.tolist() == expected.tolist()
    assert 0 < made.accepted.sum() < made.accepted.size < 500


# The newsletter.


def test_customers_cancel_the_newsletter_with_odds_that_rise_by_half_per_point_of_satisfaction_less() -> None:
    surplus = np.linspace(-6, 2, 20_000)
    made = company(columns={"satisfaction": STANDARD + surplus}, opt_out_rate=0.05)
    made.offer()
    p = expit(logit(0.05) - np.log(1.5) * surplus)
    left = made.customers.opted_out_at == NOW
    scores = [z_of_sum(left * w, p * w, p * (1 - p) * w**2) for w in (np.ones(20_000), surplus + 2)]
    assert z_of_largest(scores) < 4


def test_who_cancels_the_newsletter_is_recorded_and_gets_no_offer_again() -> None:
    made = company(2000, opt_out_rate=0.1, acceptance=0.0)
    made.offer(months=10)
    touches = made.touches
    cancels = touches["kind"] == TOUCHES.index("newsletter cancelled")
    row, day = touches["row"][cancels], touches["day"][cancels]
    assert np.unique(row).size == row.size > 1000
    assert (made.customers.opted_out_at[row] == day).all()
    assert (np.delete(made.customers.opted_out_at, row) == NEVER).all()
    assert (made.offers["day"] <= made.customers.opted_out_at[made.offers["row"]]).all()


# What it costs.


def test_offers_are_paid_by_one_invoice_a_month() -> None:
    made = company(1000, offers_share=0.3, offer_cost=0.25)
    made.offer(months=3)
    bills = made.journal.read("invoices")
    _, offers = np.unique(made.offers["day"], return_counts=True)
    np.testing.assert_allclose(bills["amount"], 0.25 * offers, rtol=1e-12)
    assert set(bills["account"].tolist()) == {ACCOUNTS.index("extension")}
    assert bills["channel"].tolist() == [-1, -1, -1]
    assert bills["day"].tolist() == [NOW, NOW + MONTH, NOW + 2 * MONTH]


def test_what_costs_nothing_makes_no_invoice() -> None:
    made = company(100, offer_cost=0.0)
    made.offer()
    assert made.journal.read("invoices")["day"].size == 0


def costly(share: float) -> NDArray[np.bool_]:
    """Whether each of 20,000 new customers is costly at this share."""
    scenario = Scenario().change({"extension.costly_share": share})
    traits = draw_traits(scenario, Luck(7), np.arange(20_000) + 1, np.zeros(20_000, np.int8))
    return traits["is_costly"]


def test_customers_are_costly_at_the_share_of_the_lever() -> None:
    assert not costly(0.0).any() and costly(1.0).all()
    assert abs(z_of_sum(costly(0.2), np.full(20_000, 0.2), np.full(20_000, 0.16))) < 4
    assert not (costly(0.2) & ~costly(0.3)).any()


def test_costly_customers_need_and_buy_like_the_others() -> None:
    """At the end as large a share of cross-buyers is costly as of customers."""
    made = company(acceptance=0.5, columns={"is_costly": costly(0.2)})
    made.offer(months=3)
    holders = made.customers.is_costly[made.customers.held > 0]
    assert abs(z_of_sum(holders, np.full(holders.size, 0.2), np.full(holders.size, 0.16))) < 4


def costly_shares(made: Company, who: Rows) -> NDArray[np.float32]:
    """What `who` cost beyond the usual, as a share of what they buy."""
    visit = visit_of(who, NOW)
    made.extension.bear_costs(visit, 0.5)
    return visit.records["service_share"]


def test_the_costly_cost_their_share_of_sales_per_product_until_they_are_treated() -> None:
    columns = {
        "is_costly": [True, True, True, True, False],
        "held": [0, 1, 3, 3, 3],
        "treatment": [0, 0, 0, 1, 0],
    }
    made = company(5, columns=columns, costly_share=0.2, costly_cost=0.6)
    shares = costly_shares(made, np.array([4, 3, 2, 1, 0]))
    np.testing.assert_allclose(shares, [0, 0, 1.8, 0.6, 0], rtol=1e-6)


# Lasting losses.


def book(made: Company, who: Rows, margin: NDArray[np.float64]) -> None:
    """One purchase of each of `who` without any cost of sales, which brings this much."""
    made.extension.bear_costs(
        visit_of(who, 0.0, amount=np.fmax(margin, 0), discount=np.fmax(-margin, 0)), 0.0
    )


def live_quarters(made: Company, margins: NDArray[np.float64]) -> list[Rows]:
    """Book margins (quarters, customers) and end each quarter; returns whom each end treated."""
    who, treated = np.arange(margins.shape[1]), []
    for number, margin in enumerate(margins):
        book(made, who, margin)
        treated.append(made.extension.end_quarter(number, 90.0 * (number + 1)))
    return treated


MARGINS = arrays.arrays(np.float64, (5, 12), elements=st.sampled_from([-3.0, -0.01, 0.0, 0.01, 2.0]))


@given(MARGINS)
def test_exactly_those_with_two_losing_quarters_running_are_treated_and_only_once(
    margins: NDArray[np.float64],
) -> None:
    made = company(12, termination_share=1.0)
    treated = live_quarters(made, margins)
    twice = np.vstack([np.zeros(12, bool), (margins[1:] < 0) & (margins[:-1] < 0)])
    first = twice & (np.cumsum(twice, axis=0) == 1)
    assert [one.tolist() for one in treated] == [np.flatnonzero(one).tolist() for one in first]
    assert ((made.customers.treatment != 0) == twice.any(axis=0)).all()


def test_a_quarter_is_the_sum_of_its_purchases_in_whole_cents() -> None:
    """.1 + .2 - .3 is a little above 0 and .3 - .1 - .2 a little below, in floating point."""
    made = company(3, termination_share=1.0)
    for number in range(2):
        for margins in ([0.3, 0.1, -5.0], [-0.1, 0.2, 3.0], [-0.2, -0.3, 1.99]):
            book(made, np.arange(3), np.array(margins))
        treated = made.extension.end_quarter(number, 90.0 * (number + 1))
    assert treated.tolist() == [2]


def test_the_share_of_losing_customers_treated_is_that_of_the_lever() -> None:
    made = company(termination_share=0.3)
    treated = live_quarters(made, np.full((3, 20_000), -1.0))
    left = 20_000 - treated[1].size
    scores = [
        z_of_sum(treated[1].size, 20_000 * 0.3, 20_000 * 0.21),
        z_of_sum(treated[2].size, left * 0.3, left * 0.21),
    ]
    assert treated[0].size == 0
    assert z_of_largest(scores) < 4


def test_more_treatment_keeps_every_former_treatment() -> None:
    few, many = (company(500, termination_share=share) for share in (0.2, 0.5))
    losses = np.full((2, 500), -1.0)
    assert set(live_quarters(few, losses)[1]) < set(live_quarters(many, losses)[1])


@pytest.mark.parametrize("gone", ["cancelled_at", "terminated_at"])
def test_who_is_recorded_as_gone_is_not_treated(gone: str) -> None:
    made = company(10, columns={gone: 50.0}, termination_share=1.0)
    assert [one.size for one in live_quarters(made, np.full((3, 10), -1.0))] == [0, 0, 0]


@pytest.mark.parametrize(("way", "pain"), [("reprice", 2.0), ("self-service", 1.0), ("part", 0.0)])
def test_each_way_of_treatment_has_its_code_ends_the_extra_cost_and_hurts_as_stated(
    way: str, pain: float
) -> None:
    columns = {"is_costly": True, "held": 2}
    made = company(4, columns=columns, termination_share=1.0, termination_way=way, termination_pain=2.0)
    assert (costly_shares(made, np.arange(4)) > 0).all()
    live_quarters(made, np.full((2, 4), -1.0))
    assert (made.customers.treatment == TREATMENTS.index(way)).all()
    assert (costly_shares(made, np.arange(4)) == 0).all()
    np.testing.assert_allclose(made.customers.satisfaction, STANDARD - pain)


@pytest.mark.parametrize("way", ["reprice", "self-service"])
def test_who_is_repriced_or_served_by_pages_remains_a_customer(way: str) -> None:
    made = company(4, termination_share=1.0, termination_way=way)
    live_quarters(made, np.full((2, 4), -1.0))
    customers = made.customers
    assert (customers.terminated_at == NEVER).all() and (customers.churned_at == NEVER).all()
    assert (customers.next_purchase == NOW + 200).all()


def test_the_parted_are_lost_that_day_unless_they_already_were_and_buy_no_more() -> None:
    made = company(
        3,
        columns={"churned_at": [NEVER, 170.0, 200.0]},
        termination_share=1.0,
        termination_way="part",
    )
    live_quarters(made, np.full((2, 3), -1.0))
    assert made.customers.terminated_at.tolist() == [180.0] * 3
    assert made.customers.churned_at.tolist() == [180.0, 170.0, 180.0]
    assert made.customers.next_purchase.tolist() == [NEVER] * 3


# Strength 0.

CLOSED: dict[str, dict[str, Any]] = {
    "no offers": {"offers_share": 0.0, "upsell_share": 0.5},
    "nothing to offer": {"ladder": (), "upsell_share": 0.0},
}


@pytest.mark.parametrize("setting", CLOSED.values(), ids=CLOSED)
def test_without_offers_or_treatment_no_luck_is_drawn_and_nothing_changes(setting: dict[str, Any]) -> None:
    made = company(50, luck=NoLuck(7), termination_share=0.0, **setting)
    before, who = made.columns(), np.arange(50)
    assert made.extension.offer(0, NOW).size == 0
    assert not made.extension.keeps_accounts
    assert made.extension.end_quarter(0, NOW).size == 0
    assert costly_shares(made, who).tolist() == [0.0] * 50
    assert not made.extension.is_open
    assert all((made.columns()[name] == before[name]).all() for name in before)
    assert all(made.journal.read(table)[next(iter(TABLES[table]))].size == 0 for table in TABLES)


@pytest.mark.parametrize(
    ("strength", "column"),
    [("commitment_to_acceptance", "commitment"), ("fatigue_to_acceptance", "fatigue")],
)
def test_at_strength_0_commitment_and_fatigue_leave_no_trace_in_acceptance(
    strength: str, column: str
) -> None:
    alike = company(2000, columns={"offered_at": NOW - 10}, **{strength: 0.0})
    apart = company(
        2000, columns={"offered_at": NOW - 10, column: np.linspace(0, 1, 2000)}, **{strength: 0.0}
    )
    alike.offer()
    apart.offer()
    assert 0 < alike.accepted.sum() < 2000
    assert (alike.accepted == apart.accepted).all()
    assert (alike.customers.spend_rate == apart.customers.spend_rate).all()


def test_at_strength_0_nothing_is_upsold_nobody_is_charged_for_and_nobody_cancels() -> None:
    levers = {"upsell_share": 0.0, "costly_share": 0.0, "opt_out_rate": 0.0, "acceptance": 1.0}
    made = company(2000, columns={"is_costly": True}, **levers)
    made.offer(months=3)
    assert made.customers.held.max() > 0
    assert (made.customers.upsells == 0).all()
    assert (made.customers.opted_out_at == NEVER).all()
    assert set(made.touches["kind"].tolist()) == {TOUCHES.index("offer")}
    assert costly_shares(made, np.arange(2000)).max() == 0
