"""What a purchase is like: failing attributes, tolerance, delight, and what the customer keeps of it.

Tolerance grows with experience and trust from nothing towards `tolerance_most`. Only failures beyond it, the
breach, hurt. Satisfaction anchors and adjusts; trust follows kept and broken promises; commitment follows
sustained satisfaction, the products and the tier held; delight that comes often is soon expected.
"""

from typing import Any

import numpy as np
from scipy import special

from sim.compiled import compiled
from sim.levers import Product
from sim.luck import Floats
from sim.scenario import Scenario
from sim.world.customers import Customers
from sim.world.journal import Records
from sim.world.operands import Operands, operands
from sim.world.purposes import DELIGHT, FAILURE, VISIT
from sim.world.visit import NO_LUCK, Visit

WORST, BEST = -10.0, 20.0  # what can be felt on a scale from 0 to 10, by those who judge far from the average
LESS_ABOVE = 0.2  # more than what is expected avoids a fifth as much failure as less of it causes
COMMITMENT_SLOPE = 0.5  # log-odds of the commitment aimed at, per point of satisfaction or product held


class Experience:
    """Lets customers live their purchases; see the module for what they remember."""

    def __init__(self, scenario: Scenario, customers: Customers) -> None:
        self._customers = customers
        self._window = scenario.service.window_days
        self._status_to_commitment = scenario.privileges.status_to_commitment
        self.change(scenario)

    def change(self, terms: Scenario) -> None:
        """From now on purchases go by these terms, and need luck for these `purposes` beside the visit's."""
        product, levers = terms.product, terms.experience
        queued = 2 if terms.fulfilment.capacity else 0
        own = max(levers.attributes - queued, 0)
        fails, delights = failure_probability(terms), delight_probability(terms)
        possible = {FAILURE: own > 0 and fails > 0, DELIGHT: delights > 0}
        self.purposes = tuple(purpose for purpose, can_be in possible.items() if can_be)
        self._failures_up_to = special.bdtr(np.arange(own + 1), own, fails)
        novelty = np.exp(-product.potential_effect * (product.potential - 1))
        self._operands = operands(
            levers,
            quality=terms.retention.service_quality + product.core_effect * (product.core - 1),
            creep=min(levers.expectation_creep * float(novelty), 1.0),
            delight_probability=delights,
            fails=possible[FAILURE],
            experience_sd=terms.retention.experience_sd,
            anchor_purchases=terms.retention.anchor_purchases,
            market_standard=terms.retention.market_standard,
            status_to_commitment=self._status_to_commitment,
            window_days=self._window,
        )

    def live(self, visit: Visit) -> None:
        """Customers live their purchases, at which waiting may have made something fail already."""
        luck = visit.luck[VISIT], visit.luck.get(FAILURE, NO_LUCK), visit.luck.get(DELIGHT, NO_LUCK)
        found = visit.favour, luck, self._failures_up_to
        _live(self._customers.table, visit.records, found, self._operands)


@compiled
def _live(
    table: Any,
    visits: Records,
    found: tuple[Floats, tuple[Floats, Floats, Floats], Floats],
    operands: Operands,
) -> None:
    """What customers feel at these purchases, and what they keep of it.

    `found` is what loyalty tools add; the luck of what strays (standard normal), of failures and of delight;
    and the distribution function of the failures of a purchase but for those by waiting.
    """
    levers = operands[0]
    favour, (stray, failure, delight), failures_up_to = found
    for i in range(len(visits)):
        visit = visits[i]
        customer = table[visit.row]
        customer.purchases += 1
        customer.last_purchase = visit.day
        if levers.fails:
            visit.failures += _count_up_to(failures_up_to, failure[i])
        visit.delight = levers.delight_probability > 0 and delight[i] < levers.delight_probability
        tolerance = _tolerance(customer, levers)
        breach = max(visit.failures - tolerance, 0.0)
        surprise = levers.delight_gain * visit.delight - customer.expectation
        customer.expectation += levers.creep * surprise
        quality = levers.quality + customer.leniency + favour[i] + surprise
        felt = quality - levers.failure_pain * breach + levers.experience_sd * stray[i]
        experience = min(max(felt, WORST), BEST)
        weight = _weight(customer, levers, experience)
        customer.satisfaction += weight * (experience - customer.satisfaction)
        _remember(customer, levers, visit.day, breach, weight)
        _trust(customer, levers, visit.failures, breach)
        _commit(customer, levers)
        visit.tolerance, visit.experience = tolerance, experience
        visit.satisfaction, visit.trust = customer.satisfaction, customer.trust
        visit.commitment = customer.commitment


@compiled
def _count_up_to(up_to: Floats, u: float) -> int:
    """How many counts have a distribution function below `u`: the inverse of that function."""
    count = 0
    while up_to[count] < u:
        count += 1
    return count


@compiled
def _tolerance(customer: Any, levers: Any) -> float:
    """Failures tolerated: tolerance_most x trust x (1 - exp(-purchases before / tolerance_purchases))."""
    untaught = np.exp((1 - customer.purchases) / levers.tolerance_purchases)
    return levers.tolerance_most * customer.trust * (1 - untaught)


@compiled
def _weight(customer: Any, levers: Any, experience: float) -> float:
    """How far satisfaction s moves towards this purchase: s + w (experience - s).

    The weight is 1 / (anchor + k) at the k-th purchase, more if it disappoints, at most 1.
    """
    weight = 1 / (levers.anchor_purchases + customer.purchases)
    disappoints = experience < customer.satisfaction
    return min(weight * (1 + levers.loss_aversion * disappoints), 1.0)


@compiled
def _remember(customer: Any, levers: Any, time: float, breach: float, weight: float) -> None:
    """Keep the breach, its damage, when it was, and whether it is the second within the window.

    Damage is what the latest breach took and later purchases, by their weight, have not yet given back.
    """
    customer.breach = breach
    customer.damage *= 1 - weight
    if breach > 0:
        customer.damage = weight * levers.failure_pain * breach
        if time - customer.failed_at < levers.window_days:
            customer.grudge_at = time
        customer.failed_at = time


@compiled
def _trust(customer: Any, levers: Any, failures: float, breach: float) -> None:
    """Trust grows where nothing fails and shrinks with every failure beyond tolerance."""
    if failures == 0:
        customer.trust += levers.trust_gain * (1 - customer.trust)
    if breach > 0:
        customer.trust *= (1 - levers.trust_loss) ** breach


@compiled
def _commit(customer: Any, levers: Any) -> None:
    """Commitment moves towards what satisfaction, products and the tier held make of it."""
    surplus = customer.satisfaction - levers.market_standard
    status = levers.status_to_commitment * customer.tier
    aim = 1 / (1 + np.exp(-COMMITMENT_SLOPE * (surplus + customer.held) - status))
    customer.commitment += levers.commitment_speed * (aim - customer.commitment)


def failure_probability(scenario: Scenario) -> float:
    """Probability that one attribute fails: odds of `failure_rate`, moved by basic and expected spending."""
    product = scenario.product
    short = sum(_felt(spent - 1) for spent in (product.basic, product.expected))
    return _moved(scenario.experience.failure_rate, -product.expected_effect * short)


def delight_probability(scenario: Scenario) -> float:
    """Probability that a purchase delights: the odds of `delight_rate`, moved by augmented spending."""
    product = scenario.product
    return _moved(scenario.experience.delight_rate, product.augmented_effect * (product.augmented - 1))


def product_cost(product: Product) -> float:
    """What the five levels cost beyond the market's norm, as a share of sales."""
    spent = product.core + product.basic + product.expected + product.augmented + product.potential
    return product.level_cost * (spent - 5)


def _felt(more: float) -> float:
    return more if more < 0 else LESS_ABOVE * more


def _moved(probability: float, log_odds: float) -> float:
    odds = probability * float(np.exp(log_odds))
    return odds / (odds + 1 - probability)
