"""Do the checks bite? Bugs are planted in the engine one by one, and a named check must turn red.

Without a bug every check is green. No single check sees all bugs: the last test says so, and the table of
bugs and checks is printed (pytest -s); only the nightly profile asks every check about every bug. 20,000
customers as at CDNOW, but for losses that are 3 % too many: 20,000 customers are lost at most once each, too
few to tell 3 % from chance, so 60,000 are watched for ten years. What a whole customer lives through has
worlds of its own: minds that nothing stirs between purchases, a desk with too much to do, contracts, and one
small enough for the oracle. Bugs of the loyalty programs and their worlds are in `bugs_of_programs`.
"""

from collections.abc import Callable, Iterable
from heapq import heappush
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import books
import bugs_of_programs as programs
import judges_contracts as contracts
import judges_customers as customers
import judges_episodes as episodes
import judges_formulas as formulas
import sim
import strong
from oracle import EPISODE, alone, oracle_transactions
from planting import Bug, Patch, before, while_customers_have, with_formula, with_operands
from sim import Run
from sim.luck import Luck, exponential
from sim.scenario import Scenario
from sim.world import acquisition, experience, retention, service
from sim.world.acquisition import CHANNELS
from sim.world.churn import CoinAfterPurchase, Renewal
from sim.world.desk import Desk
from sim.world.experience import Experience
from sim.world.extension import Extension
from sim.world.forces import Forces
from sim.world.purposes import DELIGHT, FAILURE, LIFETIME
from sim.world.service import Service
from sim.world.surveys import Surveys
from twins import others_leave_no_trace
from worlds import NIGHTLY

SEED = 5
RED = 4.0
ARTEFACT = Path(__file__).parent / "artefacts" / "planted_bugs.csv"

RETAIL = sim.load("retail").base().change({"acquisition.opening_customers": 20_000})
SCENARIOS: dict[str, Scenario] = {
    **programs.SCENARIOS,
    "retail": RETAIL,
    "retail by lifetimes": RETAIL.change({"market.churn_model": "pareto/nbd"}),
    "retail, many for long": RETAIL.change({"acquisition.opening_customers": 60_000, "clock.months": 120}),
    "minds": strong.at_purchases().change({"acquisition.opening_customers": 1500}),
    "desk": strong.between_purchases().change({"acquisition.opening_customers": 2000, "service.agents": 1}),
    "kitchen": strong.with_a_kitchen().change(
        {"acquisition.opening_customers": 2000, "fulfilment.capacity": 3}
    ),
    "contracts": RETAIL.change(
        {
            "market.churn_model": "sbg",
            "market.term_bills": 12,
            "market.billing_months": 1,
            "acquisition.opening_customers": 5000,
            "acquisition.opening_weeks": 0,
            "clock.months": 37,
        }
    ),
    "alone": alone(strong.at_purchases()).change(
        {
            "acquisition.opening_customers": 150,
            "acquisition.organic_leads_per_month": 0,
            "acquisition.paid_spend_per_month": 0,
        }
    ),
}


def others_leave_no_trace_on_a_customer(run: Run) -> bool:
    few = run.scenario.change({"acquisition.opening_customers": 100})
    return others_leave_no_trace(few, few.change({"acquisition.opening_customers": 150}), run.seed)


def mean_purchases_fit_the_closed_form(run: Run) -> float:
    return formulas.mean_purchases(run, 39)


def buyers_without_a_repeat_fit_the_closed_form(run: Run) -> float:
    return formulas.share_of_customers(run, 39, 0)


def survivors_fit_the_closed_form(run: Run) -> float:
    return formulas.share_of_survivors(run, 26)


def survivors_of_three_years_fit_the_closed_form(run: Run) -> float:
    return contracts.survivors(run, 3)


def the_oracle_tells_the_same(run: Run) -> bool:
    """Purchases exactly, episodes as far as their table tells."""
    found, expected = run.episodes, oracle_transactions(run.scenario, run.seed)
    bought = run.transactions[["customer_id", "time", "amount"]]
    return bought.equals(expected[bought.columns.tolist()]) and np.allclose(
        found[list(EPISODE)].astype(float), expected[list(EPISODE)].astype(float), rtol=1e-6, atol=1e-4
    )


OF_ANY = (
    customers.purchases_come_at_their_pace,
    customers.waits_are_exponential,
    customers.losses_come_as_often_as_coins_or_hazards_say,
    customers.baskets_follow_their_gamma,
    customers.baskets_vary_within_a_customer,
    customers.first_purchases_fill_the_opening_weeks_evenly,
    mean_purchases_fit_the_closed_form,
    formulas.alive_by_decile,
    formulas.first_basket,
    others_leave_no_trace_on_a_customer,
)
OF_BGNBD = (buyers_without_a_repeat_fit_the_closed_form, books.nobody_is_lost_before_a_repeat_purchase)
CHECKS: dict[str, tuple[Callable[[Run], float], ...]] = {
    **programs.CHECKS,
    "retail": (*OF_ANY, *OF_BGNBD),
    "retail by lifetimes": (*OF_ANY, survivors_fit_the_closed_form),
    "retail, many for long": (*OF_ANY, *OF_BGNBD),
    "minds": (
        *customers.OF_PURCHASES,
        *episodes.OF_EPISODES,
        *episodes.OF_MINDS,
        books.an_episode_tells_of_every_purchase,
    ),
    "desk": (
        *episodes.OF_TICKETS,
        episodes.offers_are_accepted_as_need_commitment_and_fatigue_say,
        episodes.no_recovery_gives_back_more_than_its_share_of_the_damage,
        episodes.the_oldest_ticket_is_taken_first,
        episodes.complaints_wait_for_complaints_only,
        books.every_converted_lead_is_a_customer_of_its_channel,
        books.tickets_are_opened_then_started_then_closed,
        books.a_complaint_follows_a_failure_beyond_tolerance,
        books.offers_go_to_reachable_regulars_and_products_come_from_offers,
    ),
    "kitchen": (episodes.failures_are_binomial, books.an_episode_tells_of_every_purchase),
    "contracts": (
        survivors_of_three_years_fit_the_closed_form,
        contracts.contracts_are_lost_only_at_the_end_of_their_term,
        books.bills_come_at_fixed_intervals,
        books.only_contracts_are_cancelled_and_their_loss_is_the_end,
    ),
    "alone": (the_oracle_tells_the_same,),
}


def loss_before_the_first_repeat_purchase(patch: Patch) -> None:
    right = CoinAfterPurchase.decide

    def decide(self: Any, who: Any, time: Any, soonest: Any, luck: Any, forces: Any) -> None:
        right(self, who, time, soonest, luck, forces)
        lost = luck[1] < self._customers.dropout[who]
        self._customers.churned_at[who[lost]] = time[lost]
        self._customers.next_purchase[who[lost]] = np.inf

    patch.setattr(CoinAfterPurchase, "decide", decide)


def at_most_one_purchase_a_week(patch: Patch) -> None:
    schedule = retention.Retention._schedule

    def no_sooner(self: Any, who: Any, time: Any, *luck: Any) -> None:
        schedule(self, who, time, *luck)
        self._customers.next_purchase[who] = np.maximum(self._customers.next_purchase[who], time + 7)

    patch.setattr(retention.Retention, "_schedule", no_sooner)


def one_uniform_for_wait_and_loss(patch: Patch) -> None:
    def same(self: Any, who: Any, time: Any, wait: Any, loss: Any) -> Any:
        return who, time, wait, wait

    before(patch, retention.Retention, "_schedule", same)


def one_amount_per_customer(patch: Patch) -> None:
    quantile = retention.value_at
    with_formula(patch, retention, "_fill", "value_at", lambda spline, score: quantile(spline, 0.0 * score))


def decided_by(loss: Callable[[Any], Any]) -> Callable[..., tuple[Any, ...]]:
    """The arguments of a decision, with another luck of the loss."""
    return lambda self, who, time, soonest, luck, forces: (
        who,
        time,
        soonest,
        (luck[0], loss(luck[1])),
        forces,
    )


def loss_three_percent_too_high(patch: Patch) -> None:
    before(patch, CoinAfterPurchase, "decide", decided_by(lambda u: u / 1.03))


def loss_three_points_too_high(patch: Patch) -> None:
    before(patch, CoinAfterPurchase, "decide", decided_by(lambda u: u - 0.03))


def one_shared_random_stream(patch: Patch) -> None:
    come, streams = retention._come, {}

    def from_the_stream(table: Any, who: Any, visits: Any, time: Any, luck: Any) -> None:
        come(table, who, visits, time, luck)
        keys, drawn = luck
        _, stream = streams.setdefault(id(keys), (keys, np.random.default_rng(keys)))  # one of each world
        drawn[:] = stream.random(drawn.shape)

    patch.setattr(retention, "_come", from_the_stream)


def first_purchases_off_by_one_week(patch: Patch) -> None:
    before(patch, acquisition.Acquisition, "_admit", lambda self, key, channel, day: (key, channel, day + 7))


def next_purchases_off_by_one_week(patch: Patch) -> None:
    schedule = retention.Retention._schedule

    def late(self: Any, who: Any, *luck: Any) -> None:
        schedule(self, who, *luck)
        self._customers.next_purchase[who] += 7

    patch.setattr(retention.Retention, "_schedule", late)


def one_lifetime_for_all(patch: Patch) -> None:
    def draw_lifetime(market: Any, luck: Luck, key: Any, acquired_at: Any, dropout: Any) -> Any:
        return acquired_at + exponential(luck.uniform(LIFETIME, key)[0]) / dropout

    patch.setattr(acquisition, "draw_lifetime", draw_lifetime)


def survey_asks_people_who_never_bought(patch: Patch) -> None:
    wave = Surveys.wave

    def ask_them_too(self: Any, number: int, day: float) -> None:
        kept = self._customers.last_purchase.copy()
        self._customers.last_purchase[kept == -np.inf] = day
        wave(self, number, day)
        self._customers.last_purchase[:] = kept

    patch.setattr(Surveys, "wave", ask_them_too)


def tolerance_from_the_first_purchase_on(patch: Patch) -> None:
    def tolerance(customer: Any, levers: Any) -> float:
        return levers.tolerance_most * customer.trust

    with_formula(patch, experience, "_live", "_tolerance", tolerance)


def trust_that_no_failure_keeps_from_growing(patch: Patch) -> None:
    trust = experience._trust

    def unshaken(customer: Any, levers: Any, failures: float, breach: float) -> None:
        trust(customer, levers, 0.0, breach)

    with_formula(patch, experience, "_live", "_trust", unshaken)


def delight_that_nobody_comes_to_expect(patch: Patch) -> None:
    with_operands(patch, Experience, creep=0.0)


def losses_that_weigh_no_more_than_gains(patch: Patch) -> None:
    with_operands(patch, Experience, loss_aversion=0.0)


def commitment_from_the_last_visit_alone(patch: Patch) -> None:
    with_operands(patch, Experience, commitment_speed=1.0)


def one_uniform_for_failures_and_delight(patch: Patch) -> None:
    def same(self: Any, purposes: Any) -> Any:
        return (tuple(FAILURE if one == DELIGHT else one for one in purposes),)

    before(patch, Luck, "keys", same)


def one_attribute_too_many(patch: Patch) -> None:
    cdf = experience.special.bdtr
    patch.setattr(experience.special, "bdtr", lambda k, n, p: cdf(k, n + 1, p))


def attributes_of_the_kitchen_that_fail_by_themselves_too(patch: Patch) -> None:
    def without_kitchen(self: Any, scenario: Any, customers: Any) -> Any:
        return scenario.change({"fulfilment.capacity": 0}), customers

    before(patch, Experience, "__init__", without_kitchen)


def failures_that_drive_nobody_away(patch: Patch) -> None:
    while_customers_have(patch, Forces, "of", "breach", 0.0)


def second_failures_that_nobody_resents(patch: Patch) -> None:
    while_customers_have(patch, Forces, "of", "grudge_at", -np.inf)


def recovery_paradox(patch: Patch) -> None:
    recovered = service._recovered
    with_formula(patch, service, "_feel", "_recovered", lambda *given: 2 * recovered(*given))


def complaints_about_nothing(patch: Patch) -> None:
    def all_broken(self: Any, breach: Any, *luck: Any) -> Any:
        return np.ones_like(breach), *luck

    before(patch, Service, "_asking", all_broken)


def last_ticket_first(patch: Patch) -> None:
    def let_in(self: Any, now: float) -> None:
        while self._coming and self._coming[-1][0] <= now:
            day, *rest = self._coming.pop()
            heappush(self._waiting, (rest[0], (-day, *rest)))

    patch.setattr(Desk, "_let_in", let_in)


def complaints_that_wait_like_all_others(patch: Patch) -> None:
    def alike(self: Any, number: Any, day: Any, work: Any, priority: Any) -> Any:
        return number, day, work, np.zeros_like(priority)

    before(patch, Desk, "open", alike)


def acceptance_that_never_tires(patch: Patch) -> None:
    with_operands(patch, Extension, fatigue_to_acceptance=0.0)


def offers_without_consent(patch: Patch) -> None:
    while_customers_have(patch, Extension, "_addressed", "opted_out_at", np.inf)


def the_same_product_twice(patch: Patch) -> None:
    while_customers_have(patch, Extension, "_propose", "products", 0)


def referred_customers_counted_as_organic(patch: Patch) -> None:
    organic, referral = CHANNELS.index("organic"), CHANNELS.index("referral")

    def renamed(self: Any, key: Any, channel: Any, day: Any) -> Any:
        return key, np.where(channel == referral, organic, channel), day

    before(patch, acquisition.Acquisition, "_admit", renamed)


def contracts_lost_before_their_term_ends(patch: Patch) -> None:
    with_operands(patch, Renewal, at="__init__", term_bills=1)


def renewals_three_points_too_few(patch: Patch) -> None:
    before(patch, Renewal, "decide", decided_by(lambda u: u - 0.03))


def notice_after_the_end(patch: Patch) -> None:
    with_operands(patch, Renewal, at="__init__", notice_days=-1.0)


BUGS = (
    Bug(loss_before_the_first_repeat_purchase, "retail", books.nobody_is_lost_before_a_repeat_purchase),
    Bug(loss_before_the_first_repeat_purchase, "retail", buyers_without_a_repeat_fit_the_closed_form),
    Bug(at_most_one_purchase_a_week, "retail", customers.waits_are_exponential),
    Bug(one_uniform_for_wait_and_loss, "retail", customers.waits_are_exponential),
    Bug(one_amount_per_customer, "retail", customers.baskets_vary_within_a_customer),
    Bug(
        loss_three_percent_too_high,
        "retail, many for long",
        customers.losses_come_as_often_as_coins_or_hazards_say,
    ),
    Bug(loss_three_points_too_high, "retail", customers.losses_come_as_often_as_coins_or_hazards_say),
    Bug(one_shared_random_stream, "retail", others_leave_no_trace_on_a_customer),
    Bug(first_purchases_off_by_one_week, "retail", customers.first_purchases_fill_the_opening_weeks_evenly),
    Bug(next_purchases_off_by_one_week, "retail", customers.waits_are_exponential),
    Bug(one_lifetime_for_all, "retail by lifetimes", survivors_fit_the_closed_form),
    Bug(survey_asks_people_who_never_bought, "coffee", books.only_recent_buyers_are_asked),
    Bug(tolerance_from_the_first_purchase_on, "minds", books.an_episode_tells_of_every_purchase),
    Bug(tolerance_from_the_first_purchase_on, "minds", episodes.tolerance_grows_with_experience_and_trust),
    Bug(trust_that_no_failure_keeps_from_growing, "minds", episodes.trust_follows_kept_and_broken_promises),
    Bug(delight_that_nobody_comes_to_expect, "minds", episodes.visits_differ_as_the_lever_says),
    Bug(losses_that_weigh_no_more_than_gains, "minds", episodes.satisfaction_anchors_and_adjusts),
    Bug(commitment_from_the_last_visit_alone, "minds", episodes.commitment_follows_satisfaction),
    Bug(
        one_uniform_for_failures_and_delight,
        "minds",
        episodes.delights_know_nothing_of_the_failures_beside_them,
    ),
    Bug(one_attribute_too_many, "minds", episodes.failures_are_binomial),
    Bug(attributes_of_the_kitchen_that_fail_by_themselves_too, "kitchen", episodes.failures_are_binomial),
    Bug(failures_that_drive_nobody_away, "minds", customers.losses_come_as_often_as_coins_or_hazards_say),
    Bug(second_failures_that_nobody_resents, "minds", customers.losses_come_as_often_as_coins_or_hazards_say),
    Bug(recovery_paradox, "desk", episodes.no_recovery_gives_back_more_than_its_share_of_the_damage),
    Bug(complaints_about_nothing, "desk", books.a_complaint_follows_a_failure_beyond_tolerance),
    Bug(complaints_about_nothing, "desk", episodes.complaints_come_as_often_as_the_lever_says),
    Bug(last_ticket_first, "desk", episodes.the_oldest_ticket_is_taken_first),
    Bug(complaints_that_wait_like_all_others, "desk", episodes.complaints_wait_for_complaints_only),
    Bug(
        acceptance_that_never_tires,
        "desk",
        episodes.offers_are_accepted_as_need_commitment_and_fatigue_say,
    ),
    Bug(
        offers_without_consent,
        "desk",
        books.offers_go_to_reachable_regulars_and_products_come_from_offers,
    ),
    Bug(
        the_same_product_twice,
        "desk",
        books.offers_go_to_reachable_regulars_and_products_come_from_offers,
    ),
    Bug(
        referred_customers_counted_as_organic,
        "desk",
        books.every_converted_lead_is_a_customer_of_its_channel,
    ),
    Bug(
        contracts_lost_before_their_term_ends,
        "contracts",
        contracts.contracts_are_lost_only_at_the_end_of_their_term,
    ),
    Bug(contracts_lost_before_their_term_ends, "contracts", survivors_of_three_years_fit_the_closed_form),
    Bug(renewals_three_points_too_few, "contracts", survivors_of_three_years_fit_the_closed_form),
    Bug(
        notice_after_the_end,
        "contracts",
        books.only_contracts_are_cancelled_and_their_loss_is_the_end,
    ),
    Bug(one_uniform_for_wait_and_loss, "alone", the_oracle_tells_the_same),
    Bug(tolerance_from_the_first_purchase_on, "alone", the_oracle_tells_the_same),
    Bug(failures_that_drive_nobody_away, "alone", the_oracle_tells_the_same),
    Bug(second_failures_that_nobody_resents, "alone", the_oracle_tells_the_same),
    *programs.BUGS,
)


def checks_of(bug: Bug) -> list[Callable[[Run], float]]:
    """Those that a test below asks about the bug; all of its world in the nightly profile."""
    asked = {one.seen_by for one in BUGS if one.name == bug.name}
    asked |= set(OF_ANY) if bug.world == "retail" else set()
    return [check for check in CHECKS[bug.world] if NIGHTLY or check in asked]


def verdicts(world: str, checks: Iterable[Callable[[Run], float]]) -> dict[str, float]:
    """|z| of these checks of the world; a broken law counts as infinite."""
    run = sim.simulate(SCENARIOS[world], SEED)
    found = {check.__name__: check(run) for check in checks}
    return {
        name: (0.0 if verdict else np.inf) if isinstance(verdict, bool | np.bool_) else abs(verdict)
        for name, verdict in found.items()
    }


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """|z| by bug and check; printed (pytest -s) and written beside the tests."""
    found = {f"no bug: {world}": verdicts(world, checks) for world, checks in CHECKS.items()}
    for bug in {one.name: one for one in BUGS}.values():
        with pytest.MonkeyPatch.context() as patch:
            bug.plant(patch)
            found[bug.name] = verdicts(bug.world, checks_of(bug))
    table = pd.DataFrame(found).T
    ARTEFACT.parent.mkdir(exist_ok=True)
    table.to_csv(ARTEFACT, float_format="%.1f")
    print(f"\nseed {SEED}\n{table.T.round(1).to_string(na_rep='')}")
    return table


@pytest.mark.parametrize("world", SCENARIOS)
def test_without_a_bug_every_check_is_green(world: str, table: pd.DataFrame) -> None:
    checks = [check.__name__ for check in CHECKS[world]]
    assert (table.loc[f"no bug: {world}", checks] < RED).all()


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.name}-{bug.seen_by.__name__}")
def test_a_planted_bug_turns_its_check_red(bug: Bug, table: pd.DataFrame) -> None:
    assert table.loc[bug.name, bug.seen_by.__name__] > RED


@pytest.mark.parametrize("check", OF_ANY, ids=lambda check: check.__name__)
def test_no_single_check_sees_every_bug(check: Callable[[Run], float], table: pd.DataFrame) -> None:
    bugs = [bug.name for bug in BUGS if bug.world == "retail"]
    assert not (table.loc[bugs, check.__name__] > RED).all()
