"""What a purchase is like: failing attributes, tolerance, delight, and what the customer keeps of it.

Tolerance grows with experience and trust from nothing towards `tolerance_most`. Only failures beyond it, the
breach, hurt. Satisfaction anchors and adjusts; trust follows kept and broken promises; commitment follows
sustained satisfaction, the products and the tier held; delight that comes often is soon expected.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sim.compiled import compiled
from sim.levers import Product
from sim.luck import Draws, Floats, normal
from sim.scenario import Scenario
from sim.world.customers import Customers, Rows
from sim.world.foresight import Makers
from sim.world.journal import Column
from sim.world.operands import Operands, operands
from sim.world.purposes import DELIGHT, FAILURE, VISIT

WORST, BEST = -10.0, 20.0  # what can be felt on a scale from 0 to 10, by those who judge far from the average
LESS_ABOVE = 0.2  # more than what is expected avoids a fifth as much failure as less of it causes
COMMITMENT_SLOPE = 0.5  # log-odds of the commitment aimed at, per point of satisfaction or product held


class Episode(NamedTuple):
    """Purchases as their customers lived them, one value a purchase; delight is 0 or 1."""

    failures: Floats
    tolerance: Floats
    delight: Floats
    experience: Floats
    satisfaction: Floats
    trust: Floats
    commitment: Floats


class Experience:
    """Lets customers live their purchases; see the module for what they remember."""

    def __init__(self, scenario: Scenario, customers: Customers) -> None:
        self._customers = customers
        self._window = scenario.service.window_days
        self._status_to_commitment = scenario.privileges.status_to_commitment
        self.change(scenario)

    def change(self, terms: Scenario) -> None:
        """From now on purchases go by these terms. `makers` say what luck means under them."""
        self._retention = terms.retention
        product, levers = terms.product, terms.experience
        queued = 2 if terms.fulfilment.capacity else 0
        own = max(levers.attributes - queued, 0)
        self._failures_up_to = special.bdtr(np.arange(own + 1), own, failure_probability(terms))
        self._delight = delight_probability(terms)
        novelty = np.exp(-product.potential_effect * (product.potential - 1))
        self._operands = operands(
            levers,
            quality=terms.retention.service_quality + product.core_effect * (product.core - 1),
            creep=min(levers.expectation_creep * float(novelty), 1.0),
            anchor_purchases=terms.retention.anchor_purchases,
            market_standard=terms.retention.market_standard,
            status_to_commitment=self._status_to_commitment,
            window_days=self._window,
        )
        self.makers: Makers = {VISIT: self._strays, FAILURE: self._fails, DELIGHT: self._delights}

    def live(
        self, who: Rows, time: Floats, luck: Draws, queue_failures: NDArray[np.int64], reward: Floats
    ) -> Episode:
        """Customers `who` live a purchase at `time`.

        `luck` holds what `makers` made, `queue_failures` counts what the queue made fail, `reward` is the
        points of 10 that a reward adds.
        """
        found = luck[FAILURE], queue_failures, luck[DELIGHT], luck[VISIT], reward
        return _live(self._customers.table, who, time, found, self._operands)

    def _strays(self, u: Floats) -> Floats:
        return self._retention.experience_sd * normal(u)

    def _fails(self, u: Floats) -> NDArray[np.int64]:
        return self._failures_up_to.searchsorted(u)

    def _delights(self, u: Floats) -> NDArray[np.bool_]:
        return u < self._delight


@compiled
def _live(table: Any, who: Rows, time: Floats, found: tuple[Column, ...], operands: Operands) -> Episode:
    """`found` is what customers find: failures of ours, of the queue, delight, what strays, rewards."""
    levers = operands[0]
    own, queue_failures, delight, stray, reward = found
    failures, tolerance = own + queue_failures, np.empty(len(who))
    experience, satisfaction = np.empty(len(who)), np.empty(len(who))
    trust, commitment = np.empty(len(who)), np.empty(len(who))
    for i in range(len(who)):
        customer = table[who[i]]
        tolerance[i] = _tolerance(customer, levers)
        breach = max(failures[i] - tolerance[i], 0.0)
        surprise = levers.delight_gain * delight[i] - customer.expectation
        customer.expectation += levers.creep * surprise
        quality = levers.quality + customer.leniency + reward[i] + surprise
        felt = quality - levers.failure_pain * breach + stray[i]
        experience[i] = min(max(felt, WORST), BEST)
        weight = _weight(customer, levers, experience[i])
        customer.satisfaction += weight * (experience[i] - customer.satisfaction)
        _remember(customer, levers, time[i], breach, weight)
        _trust(customer, levers, failures[i], breach)
        _commit(customer, levers)
        satisfaction[i], trust[i] = customer.satisfaction, customer.trust
        commitment[i] = customer.commitment
    return Episode(failures, tolerance, delight, experience, satisfaction, trust, commitment)


@compiled
def _tolerance(customer: Any, levers: Any) -> float:
    """Failures tolerated: tolerance_most x trust x (1 - exp(-purchases before / tolerance_purchases))."""
    untaught = np.expm1((1 - customer.purchases) / levers.tolerance_purchases)
    return -levers.tolerance_most * customer.trust * untaught


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
