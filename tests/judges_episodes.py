"""Z-scores of episodes and tickets against their probabilities, and what customers make of them recomputed.

Episodes are told with four decimals; `LAST_DIGITS` is what that can amount to in one step of a recursion.
"""

import numpy as np
import pandas as pd
from scipy import special, stats

from histories import DAY, histories
from sim import Run
from sim.world.experience import WORST
from zscores import z_of_chi_square, z_of_sum, z_of_uniforms

LAST_DIGITS = 4e-4
TICKET_DELAY_DAYS = {"complaint": 0.5, "billing": 2.0, "question": 2.0}

# What a purchase is like


def failure_probability(run: Run) -> float:
    """Of one attribute: the odds of the lever, times exp(effect x what basic and expected spending lack)."""
    levers, product = run.scenario.experience, run.scenario.product
    more = [spent - 1 if spent < 1 else 0.2 * (spent - 1) for spent in (product.basic, product.expected)]
    return _moved(levers.failure_rate, -product.expected_effect * sum(more))


def delight_probability(run: Run) -> float:
    """The odds of the lever, times exp(effect x augmented spending beyond the norm)."""
    product = run.scenario.product
    return _moved(run.scenario.experience.delight_rate, product.augmented_effect * (product.augmented - 1))


def _moved(probability: float, log_odds: float) -> float:
    odds = probability / (1 - probability) * np.exp(log_odds)
    return float(odds / (1 + odds))


def failures_are_binomial(run: Run) -> float:
    """Chi-square of how many purchases had 0, 1, 2, ... failures, rare numbers taken together."""
    failures, size = _own_failures(run), _own_attributes(run)
    expected = stats.binom.pmf(np.arange(size + 1), size, failure_probability(run)) * len(failures)
    often = max(np.flatnonzero(expected > 25))
    expected = np.append(expected[:often], expected[often:].sum())
    found = np.bincount(failures.clip(upper=often), minlength=often + 1)
    return z_of_chi_square((found - expected) ** 2 / expected, often)


def failures_know_nothing_of_the_ones_before(run: Run) -> float:
    """Nor of the customer they happen to: neighbours in a customer's life do not go together."""
    size, p = _own_attributes(run), failure_probability(run)
    surprise = (_own_failures(run) - size * p) / np.sqrt(size * p * (1 - p))
    before = surprise.groupby(run.episodes["customer_id"]).shift()
    return z_of_sum((surprise * before).dropna(), 0, before.count())


def _own_attributes(run: Run) -> int:
    """Attributes that fail by themselves: not "on time" and "warm" where there is a kitchen."""
    levers = run.scenario
    return levers.experience.attributes - (2 if levers.fulfilment.capacity else 0)


def _own_failures(run: Run) -> "pd.Series[int]":
    """Failures but for those of the kitchen's queue: late, and cold."""
    levers, minutes = run.scenario.fulfilment, run.episodes["minutes"]
    queue = (minutes > levers.promised_minutes).astype(int) + (minutes > levers.cold_minutes)
    return run.episodes["failures"] - queue


def purchases_delight_as_often_as_the_levers_say(run: Run) -> float:
    delight, q = run.episodes["delight"], delight_probability(run)
    return z_of_sum(delight, len(delight) * q, len(delight) * q * (1 - q))


def delights_know_nothing_of_the_failures_beside_them(run: Run) -> float:
    size, p, q = _own_attributes(run), failure_probability(run), delight_probability(run)
    surprise = (_own_failures(run) - size * p) * (run.episodes["delight"] - q)
    return z_of_sum(surprise, 0, len(surprise) * size * p * (1 - p) * q * (1 - q))


def customers_differ_in_leniency(run: Run) -> float:
    """Normal with mean 0, read from what the first purchase made of the expectation it met."""
    leniency = _leniency(run)[histories(run)["count"] == 0]
    return z_of_uniforms(special.ndtr(leniency / run.scenario.retention.leniency_sd))


def visits_differ_as_the_lever_says(run: Run) -> float:
    """What is left of each experience after leniency and all else that is known: normal with mean 0."""
    visit = _unexplained(run) - _leniency(run)
    return z_of_uniforms(special.ndtr(visit / run.scenario.retention.experience_sd))


def _leniency(run: Run) -> "pd.Series[float]":
    """Of the customer of each purchase: the expectation of a new one is the market's standard and it."""
    felt, weight, table = _felt_at_purchase(run), _weights(run), histories(run)
    met = ((felt - weight * table["experience"]) / (1 - weight)).groupby(table["customer_id"])
    return met.transform("first") - run.scenario.retention.market_standard


def _unexplained(run: Run) -> "pd.Series[float]":
    """What the levers, failures, delights and rewards do not explain of each experience."""
    scenario, table = run.scenario, histories(run)
    core = scenario.product.core_effect * (scenario.product.core - 1)
    explained = scenario.retention.service_quality + core + scenario.loyalty.reward_delight * table["reward"]
    surprise = scenario.experience.delight_gain * table["delight"] - _expectations(run)
    return table["experience"] - explained - surprise + scenario.experience.failure_pain * table["breach"]


def _expectations(run: Run) -> "pd.Series[float]":
    """Delight expected before each purchase: an exponentially weighted mean of the delights so far."""
    levers, product, table = run.scenario.experience, run.scenario.product, histories(run)
    creep = min(levers.expectation_creep * np.exp(-product.potential_effect * (product.potential - 1)), 1)
    gain = (levers.delight_gain * table["delight"]).groupby(table["customer_id"]).shift(fill_value=0.0)
    if creep == 0:
        return gain * 0.0
    expected = gain.groupby(table["customer_id"]).ewm(alpha=creep, adjust=False).mean()
    return expected.droplevel(0).reindex(table.index)


OF_EPISODES = (
    failures_are_binomial,
    failures_know_nothing_of_the_ones_before,
    purchases_delight_as_often_as_the_levers_say,
    delights_know_nothing_of_the_failures_beside_them,
    customers_differ_in_leniency,
    visits_differ_as_the_lever_says,
)

# What customers make of it: exact, step by step from the state after the purchase before


def tolerance_grows_with_experience_and_trust(run: Run) -> bool:
    """tolerance_most x trust x (1 - exp(-purchases before / tolerance_purchases))."""
    levers, table = run.scenario.experience, histories(run)
    grown = 1 - np.exp(-table["count"] / levers.tolerance_purchases)
    return _near(table["tolerance"], levers.tolerance_most * _before(table, "trust", 0.5) * grown)


def trust_follows_kept_and_broken_promises(run: Run) -> bool:
    """Towards 1 without a failure; a share is lost per failure beyond tolerance."""
    levers, table = run.scenario.experience, histories(run)
    before = _before(table, "trust", 0.5)
    built = before + levers.trust_gain * (1 - before) * (table["failures"] == 0)
    return _near(table["trust"], built * (1 - levers.trust_loss) ** table["breach"])


def commitment_follows_satisfaction(run: Run) -> bool:
    """A share of the way to expit(surplus / 2); holds where nobody holds a further product."""
    table, speed = histories(run), run.scenario.experience.commitment_speed
    surplus = _felt_at_purchase(run) - run.scenario.retention.market_standard
    before = _before(table, "commitment", 0.5)
    return _near(table["commitment"], before + speed * (special.expit(surplus / 2) - before))


def satisfaction_anchors_and_adjusts(run: Run) -> bool:
    """From the second purchase on: 1 / (anchor + k) of the way to the experience, more if it disappoints."""
    table, later = histories(run), histories(run)["count"] > 0
    before = table["satisfaction"].groupby(table["customer_id"]).shift()
    expected = before + _weights(run) * (table["experience"] - before)
    return _near(_felt_at_purchase(run)[later], expected[later])


def _weights(run: Run) -> "pd.Series[float]":
    """How far each purchase moves satisfaction."""
    levers, table = run.scenario, histories(run)
    weight = 1 / np.maximum(levers.retention.anchor_purchases + table["count"] + 1, 1)
    disappoints = table["experience"] < _felt_at_purchase(run)
    return (weight * (1 + levers.experience.loss_aversion * disappoints)).clip(upper=1)


def _felt_at_purchase(run: Run) -> "pd.Series[float]":
    """Satisfaction after the purchase and before its failed log-ins, in the order of `histories`."""
    episodes = run.episodes.sort_values(["customer_id", "time"], kind="stable", ignore_index=True)
    return episodes["satisfaction"]


def _before(table: pd.DataFrame, state: str, fresh: float) -> "pd.Series[float]":
    return table[state].groupby(table["customer_id"]).shift(fill_value=fresh)


def _near(found: "pd.Series[float]", expected: "pd.Series[float]") -> bool:
    return bool((found - expected).abs().max() < LAST_DIGITS)


OF_MINDS = (
    tolerance_grows_with_experience_and_trust,
    trust_follows_kept_and_broken_promises,
    commitment_follows_satisfaction,
    satisfaction_anchors_and_adjusts,
)

# Tickets: customers may change their mind between two purchases


def complaints_come_as_often_as_the_lever_says(run: Run) -> float:
    """Of the purchases with a breach, as far as they were opened before the horizon."""
    return _z_of_tickets(run, "complaint", _complains(run))


def bills_are_disputed_as_often_as_the_lever_says(run: Run) -> float:
    levers = run.scenario.service
    return _z_of_tickets(run, "billing", levers.billing_tickets * (1 - _complains(run)))


def questions_come_as_often_as_the_lever_says(run: Run) -> float:
    levers = run.scenario.service
    return _z_of_tickets(run, "question", levers.questions * (1 - _complains(run)))


def agents_resolve_as_many_tickets_as_the_lever_says(run: Run) -> float:
    tickets, q = run.tickets, run.scenario.service.resolution
    resolved = tickets.loc[tickets["closed_at"].notna() & (tickets["channel"] == "agent"), "resolved"]
    return z_of_sum(resolved, len(resolved) * q, len(resolved) * q * (1 - q))


def no_recovery_gives_back_more_than_its_share_of_the_damage(run: Run) -> bool:
    """Satisfaction at the purchase after a failure, read back from what that purchase made of it."""
    levers, table, weight = run.scenario, histories(run), _weights(run)
    felt = _felt_at_purchase(run)
    arrived = ((felt - weight * table["experience"]) / (1 - weight)).groupby(table["customer_id"]).shift(-1)
    damage = weight * levers.experience.failure_pain * table["breach"]
    known = (table["breach"] > 0) & (weight.groupby(table["customer_id"]).shift(-1) < 0.9)
    left = table["satisfaction"].clip(lower=WORST)  # what can be felt has an end
    gained = arrived - left - levers.service.recovery * damage
    return bool((gained[known].dropna() < 10 * LAST_DIGITS).all() and (damage > 0).any())


def _complains(run: Run) -> "pd.Series[float]":
    broken = run.episodes["failures"] - run.episodes["tolerance"] > LAST_DIGITS
    return run.scenario.service.complaint_share * broken


def _z_of_tickets(run: Run, reason: str, probability: "pd.Series[float]") -> float:
    left = (run.month_starts[-1] - run.episodes["time"]) / DAY
    q = probability * -np.expm1(-left / TICKET_DELAY_DAYS[reason])
    return z_of_sum((run.tickets["reason"] == reason).sum(), q, q * (1 - q))


OF_TICKETS = (
    complaints_come_as_often_as_the_lever_says,
    bills_are_disputed_as_often_as_the_lever_says,
    questions_come_as_often_as_the_lever_says,
    agents_resolve_as_many_tickets_as_the_lever_says,
)


def the_oldest_ticket_is_taken_first(run: Run) -> bool:
    """Among complaints and among all others, agents start them in the order they came."""
    tickets = _at_the_desk(run)
    waits = (tickets["started_at"] > tickets["opened_at"]).sum()
    in_order = tickets.groupby(tickets["reason"] == "complaint")["started_at"]
    return bool(waits > 100 and in_order.apply(lambda times: times.is_monotonic_increasing).all())


def complaints_wait_for_complaints_only(run: Run) -> bool:
    """No other ticket is started while a complaint waits."""
    tickets = _at_the_desk(run)
    complaints = tickets[tickets["reason"] == "complaint"]
    others = tickets.loc[tickets["reason"] != "complaint", "started_at"].sort_values().to_numpy()
    first, last = (
        np.searchsorted(others, complaints[moment], side=side)
        for moment, side in (("opened_at", "right"), ("started_at", "left"))
    )
    return bool(len(complaints) > 100 and (last <= first).all())


def _at_the_desk(run: Run) -> pd.DataFrame:
    """Tickets that agents have started, in the order in which they came."""
    tickets = run.tickets.sort_values("ticket_id")
    return tickets[tickets["started_at"].notna() & (tickets["channel"] == "agent")]


# Offers


def offers_are_accepted_as_need_commitment_and_fatigue_say(run: Run) -> float:
    """Where everybody needs every product; the lost never accept.

    logit P = logit(acceptance) + slope (commitment - 1/2) - slope x recent offers, each counting half after
    every half-life. Purchases tell the commitment.
    """
    levers = run.scenario.extension
    offers = run.touchpoints[run.touchpoints["kind"].isin(["offer", "upsell"])]
    offers = pd.merge_asof(
        offers,
        run.episodes[["customer_id", "time", "commitment"]],
        on="time",
        by="customer_id",
        allow_exact_matches=True,
    ).merge(run.truth[["customer_id", "churned_at"]], on="customer_id")
    offers["fatigue"] = _fatigue(offers, levers.fatigue_half_life_days)
    there = offers[~(offers["churned_at"] <= offers["time"])]
    q = special.expit(
        special.logit(levers.acceptance)
        + levers.commitment_to_acceptance * (there["commitment"] - 0.5)
        - levers.fatigue_to_acceptance * there["fatigue"]
    )
    accepted = offers["response"] == "accepted"
    return z_of_sum(accepted, q, q * (1 - q))


def _fatigue(offers: pd.DataFrame, half_life: float) -> "pd.Series[float]":
    """Recent offers of the same customer before each offer: sum of 2^(-age / half-life)."""
    pairs = offers.reset_index()[["index", "customer_id", "time"]]
    pairs = pairs.merge(pairs, on="customer_id", suffixes=("", "_before"))
    age = (pairs["time"] - pairs["time_before"]) / DAY
    counts = np.exp2(-age / half_life).where(age > 0, 0.0)
    return counts.groupby(pairs["index"]).sum().reindex(offers.index)
