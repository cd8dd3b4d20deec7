"""Every mechanism, raised alone, moves its own figure the way its evidence says: `python -m tests.ablation`.

A trial switches all mechanisms off but those that the one in question needs, lives that world as it is and
with the one strength raised, under the same 20 seeds, and takes the mean of the paired differences with its
95 % interval (Student's t). A verdict alone may come earlier, where fewer pairs leave no doubt. Trials of the
programs are in `ablation_loyalty`.
"""

import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

import sim
from sim.run import Run
from sim.scenario import Scenario

sys.path.insert(0, str(Path(__file__).parent))  # run as a module of the project, too, it finds its neighbours

from ablation_loyalty import TRIALS_OF_LOYALTY
from trials import BUSY_DESK, PLEASING, Levers, Trial, World, basket, lost, purchases, satisfaction, trial
from worlds import NIGHTLY

PAIRS = 20
LOOKS = (PAIRS,) if NIGHTLY else (4, 8, PAIRS)
BEYOND_DOUBT = 0.999


# ---- worlds: what a trial switches on

UNEVEN: Levers = {  # some purchases fail, some delight; product levels away from the market's norm
    "experience.failure_rate": 0.1,
    "experience.delight_rate": 0.4,
    "product.core": 1.5,
    "product.expected": 0.5,
    "product.augmented": 1.5,
    "product.potential": 2,
}
OFFERING: Levers = {
    **PLEASING,
    "extension.offers_share": 0.8,
    "extension.acceptance": 0.7,
    "extension.regular_purchases": 2,
}
COSTLY: Levers = {**OFFERING, "extension.costly_share": 0.6, "clock.months": 12}
ONE_OVEN: Levers = {"fulfilment.capacity": 1, "fulfilment.opening_hours": 4, "clock.months": 2}
LEADS: Levers = {
    "acquisition.opening_customers": 50,
    "acquisition.organic_leads_per_month": 100,
    "acquisition.organic_conversion": 0.5,
}
FOLLOWED: Levers = {
    **LEADS,
    "sales.representatives": 1,
    "sales.hours_per_lead": 2,
    "sales.automated_share": 0.4,
}
ENTICED: Levers = {
    "acquisition.opening_customers": 0,
    "acquisition.trial_spend_per_month": 4000,
    "acquisition.trial_leads_ceiling": 80,
    "acquisition.deal_spend_per_month": 4000,
    "acquisition.deal_leads_ceiling": 100,
}
TALKING: Levers = {
    **PLEASING,
    "word_of_mouth.referrals_per_promoter": 0.2,
    "word_of_mouth.referral_conversion": 0.9,
}


# ---- what is looked at


def kept(run: Run) -> float:
    """What customers paid and did not get back, currency per customer."""
    sales = run.transactions
    return float(sales.loc[sales["refunded_at"].isna(), "paid"].sum() / len(run.customers))


def margin(run: Run) -> float:
    """Margin as a share of sales."""
    return float(run.transactions["margin"].sum() / run.transactions["amount"].sum())


def conversion(run: Run) -> float:
    """Share of the leads that bought by the end."""
    return float(run.leads["converted_at"].notna().mean())


def conversion_by_machine(run: Run) -> float:
    """Share of the leads contacted by a machine that bought."""
    return float(run.leads.loc[run.leads["automated"], "converted_at"].notna().mean())


def propensity_of_buyers(run: Run) -> float:
    """Mean of fit and intent of the leads that bought, standard deviations."""
    return float(run.leads.loc[run.leads["converted_at"].notna(), ["fit", "intent"]].to_numpy().mean())


def referrals(run: Run) -> float:
    """Referred leads per customer."""
    return float((run.leads["channel"] == "referral").sum() / len(run.customers))


def lost_of_referred(run: Run) -> float:
    """Share of the referred customers who were lost."""
    return float(run.truth.loc[run.customers["channel"] == "referral", "churned_at"].notna().mean())


def basket_of_referred(run: Run) -> float:
    """Mean basket of the referred customers, currency."""
    referred = run.customers.loc[run.customers["channel"] == "referral", "customer_id"]
    sales = run.transactions
    return float(sales.loc[sales["customer_id"].isin(referred), "amount"].mean())


def failures(run: Run) -> float:
    """Failures per purchase."""
    return float(run.episodes["failures"].mean())


def delights(run: Run) -> float:
    """Share of purchases that delight."""
    return float(run.episodes["delight"].mean())


def minutes(run: Run) -> float:
    """Mean minutes to delivery."""
    return float(run.episodes["minutes"].mean())


def tickets(reason: str) -> Callable[[Run], float]:
    """Tickets of one reason per purchase."""

    def measure(run: Run) -> float:
        return float((run.tickets["reason"] == reason).sum() / len(run.transactions))

    measure.__doc__ = f"{reason} tickets per purchase"
    return measure


def touches(kind: str) -> Callable[[Run], float]:
    """Touchpoints of one kind per customer."""

    def measure(run: Run) -> float:
        return float((run.touchpoints["kind"] == kind).sum() / len(run.customers))

    measure.__doc__ = f"touchpoints '{kind}' per customer"
    return measure


def products(run: Run) -> float:
    """Products per customer."""
    return float(run.customers["products"].mean())


def accepted(run: Run) -> float:
    """Share of offers that were accepted."""
    offers = run.touchpoints[run.touchpoints["kind"] == "offer"]
    return float((offers["response"] == "accepted").mean())


def answers(run: Run) -> float:
    """Mean answer to the NPS question, 0 to 10."""
    return float(run.surveys.loc[run.surveys["kind"] == "nps", "score"].mean())


# ---- trials

TRIALS_OF_ALL = (
    trial("market.rivals", 1, lost, +1, {}),
    trial("market.return_rate", 0.2, kept, -1, {}),
    trial("acquisition.trial_to_loss", 1.3, lost, +1, ENTICED),
    trial("acquisition.deal_to_loss", 1, lost, +1, ENTICED),
    trial("acquisition.deal_to_basket", 0.3, basket, -1, ENTICED),
    trial("sales.representatives", 3, conversion, +1, {**FOLLOWED, "sales.delay_to_conversion": 0.4}),
    trial("sales.automated_to_conversion", 1, conversion_by_machine, -1, FOLLOWED),
    trial("sales.delay_to_conversion", 0.4, conversion, -1, FOLLOWED),
    trial("sales.fit_to_conversion", 0.7, propensity_of_buyers, +1, FOLLOWED),
    trial("word_of_mouth.referrals_per_promoter", 0.05, referrals, +1, PLEASING),
    trial("word_of_mouth.referral_to_loss", 1, lost_of_referred, -1, TALKING),
    trial("word_of_mouth.referral_to_basket", 0.2, basket_of_referred, +1, TALKING),
    trial(
        "word_of_mouth.detractor_drag", 3, conversion, -1,
        {**LEADS, "retention.service_quality": 6, "retention.market_standard": 6},
    ),
    trial("retention.satisfaction_to_loss", 0.8, lost, -1, PLEASING),
    trial("retention.satisfaction_to_pace", 0.1, purchases, +1, PLEASING),
    trial("experience.failure_rate", 0.1, satisfaction, -1, {}),
    trial("experience.breach_to_loss", 2, lost, +1, UNEVEN),
    trial("experience.delight_rate", 0.2, satisfaction, +1, {}),
    trial("experience.expectation_creep", 0.3, satisfaction, -1, UNEVEN),
    trial("experience.loss_aversion", 0.5, satisfaction, -1, {}),
    trial("experience.commitment_to_loss", 3, lost, -1, PLEASING),
    trial("product.core_effect", 0.5, satisfaction, +1, UNEVEN),
    trial("product.expected_effect", 1.5, failures, +1, UNEVEN),
    trial("product.augmented_effect", 1, delights, +1, UNEVEN),
    trial(
        "product.potential_effect", 2, satisfaction, +1,
        {**UNEVEN, "experience.expectation_creep": 0.3},
    ),
    trial("fulfilment.capacity", 2, minutes, -1, ONE_OVEN),
    trial("service.complaint_share", 0.5, tickets("complaint"), +1, UNEVEN),
    trial("service.billing_tickets", 0.05, tickets("billing"), +1, {}),
    trial("service.questions", 0.05, tickets("question"), +1, {}),
    trial("service.frustration", 1, satisfaction, -1, BUSY_DESK),
    trial("service.wait_pain", 0.5, satisfaction, -1, BUSY_DESK),
    trial("service.recovery", 0.6, satisfaction, +1, BUSY_DESK),
    trial("service.double_deviation", 2, lost, +1, UNEVEN),
    trial("service.failed_logins", 0.1, touches("log-in failed"), +1, {}),
    trial("service.login_to_satisfaction", 0.3, satisfaction, -1, {"service.failed_logins": 0.5}),
    trial("extension.offers_share", 0.5, products, +1, {}),
    trial("extension.commitment_to_acceptance", 3, accepted, +1, OFFERING),
    trial("extension.fatigue_to_acceptance", 1, accepted, -1, OFFERING),
    trial("extension.fatigue_to_pace", 0.1, purchases, -1, OFFERING),
    trial("extension.product_to_pace", 0.3, purchases, +1, OFFERING),
    trial("extension.product_to_loss", 2, lost, -1, OFFERING),
    trial("extension.upsell_share", 0.5, basket, +1, OFFERING, "retail"),
    trial("extension.costly_share", 0.3, margin, -1, OFFERING),
    trial("extension.termination_share", 0.8, margin, +1, COSTLY),
    trial("extension.opt_out_rate", 0.02, touches("newsletter cancelled"), +1, OFFERING),
    trial("surveys.response_bias", 0.5, answers, +1, {"surveys.sample_share": 1}),
    *TRIALS_OF_LOYALTY,
)  # fmt: skip


@dataclass(frozen=True)
class Effect:
    """Mean paired difference (raised less plain) and its 95 % interval."""

    mean: float
    low: float
    high: float

    def moves(self, sign: int) -> bool:
        """Whether the interval lies on this side of 0."""
        return min(sign * self.low, sign * self.high) > 0


@cache
def _world(home: str, levers: World) -> Scenario:
    return sim.load(home).base().change(dict(levers))


@cache
def _looked_at() -> dict[tuple[str, World], set[Callable[[Run], float]]]:
    """Which figures of each world some trial wants: no world is lived twice."""
    wanted = defaultdict(set)
    for one in TRIALS_OF_ALL:
        for world in (one.world, one.raised_world):
            wanted[one.home, world].add(one.target)
    return wanted


@cache
def _figures(home: str, levers: World, seed: int) -> dict[Callable[[Run], float], float]:
    run = sim.simulate(_world(home, levers), seed)
    return {target: target(run) for target in _looked_at()[home, levers]}


def _difference(one: Trial, seed: int) -> float:
    plain, raised = (_figures(one.home, world, seed) for world in (one.world, one.raised_world))
    return raised[one.target] - plain[one.target]


@cache
def effect(one: Trial, pairs: int = PAIRS, confidence: float = 0.95) -> Effect:
    """What raising the strength does in so many pairs of twins."""
    differences = [_difference(one, seed) for seed in range(1, pairs + 1)]
    mean = np.mean(differences)
    low, high = stats.t.interval(confidence, pairs - 1, mean, stats.sem(differences))
    return Effect(float(mean), float(low), float(high))


def agrees(one: Trial) -> bool:
    """Whether the 95 % interval of all pairs lies on the expected side of 0.

    An earlier look decides only if its 99.9 % interval lies on one side (Haybittle 1971, Peto et al. 1976);
    the nightly profile looks once, at all pairs.
    """
    for pairs in LOOKS:
        found = effect(one, pairs, 0.95 if pairs == PAIRS else BEYOND_DOUBT)
        if found.low > 0 or found.high < 0:
            return found.moves(one.sign)
    return False


def table() -> pd.DataFrame:
    """One row a trial: lever, source, target, expected sign, difference, interval, agrees."""
    source = {one.name: one.source for one in sim.levers()}
    rows = []
    for one in TRIALS_OF_ALL:
        found = effect(one)
        what = str(one.target.__doc__).splitlines()[0].rstrip(".")
        numbers = (f"{value:+.3g}" for value in (found.mean, found.low, found.high))
        verdict = "yes" if found.moves(one.sign) else "no"
        rows.append((one.lever, what, "+" if one.sign > 0 else "-", *numbers, verdict, source[one.lever]))
    columns = ["lever", "target", "expected", "difference", "low", "high", "agrees", "source"]
    return pd.DataFrame(rows, columns=columns)


if __name__ == "__main__":
    print(table().to_string(index=False))
