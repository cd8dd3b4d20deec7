"""What a purchase is like: failing attributes, tolerance, delight, and what the customer keeps of it.

Tolerance grows with experience and trust from nothing towards `tolerance_most`. Only failures beyond it, the
breach, hurt. Satisfaction anchors and adjusts; trust follows kept and broken promises; commitment follows
sustained satisfaction, the products and the tier held; delight that comes often is soon expected.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from sim.levers import Product
from sim.luck import Draws, Floats, normal
from sim.scenario import Scenario
from sim.world.customers import Customers, Rows
from sim.world.foresight import Makers
from sim.world.operands import operands
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
        self._levers, self._retention = operands(terms.experience), operands(terms.retention)
        product, levers = terms.product, terms.experience
        self._quality = np.array(terms.retention.service_quality + product.core_effect * (product.core - 1))
        queued = 2 if terms.fulfilment.capacity else 0
        own = max(levers.attributes - queued, 0)
        self._failures_up_to = stats.binom.cdf(np.arange(own + 1), own, failure_probability(terms))
        self._delight = delight_probability(terms)
        novelty = np.exp(-product.potential_effect * (product.potential - 1))
        self._creep = min(levers.expectation_creep * float(novelty), 1.0)
        self.makers: Makers = {VISIT: self._strays, FAILURE: self._fails, DELIGHT: self._delights}

    def live(
        self, who: Rows, time: Floats, luck: Draws, queue_failures: NDArray[np.int64], reward: Floats
    ) -> Episode:
        """Customers `who` live a purchase at `time`.

        `luck` holds what `makers` made, `queue_failures` counts what the queue made fail, `reward` is the
        points of 10 that a reward adds.
        """
        customers, levers = self._customers, self._levers
        failures, delight = luck[FAILURE] + queue_failures, luck[DELIGHT]
        tolerance = self._tolerance(who)
        breach = np.maximum(failures - tolerance, 0.0)
        expectation = customers.expectation[who]
        surprise = levers.delight_gain * delight - expectation
        quality = self._quality + customers.leniency[who] + reward + surprise
        felt = quality - levers.failure_pain * breach + luck[VISIT]
        experience = np.minimum(np.maximum(felt, WORST), BEST)
        customers.expectation[who] = expectation + self._creep * surprise
        satisfaction, weight = self._anchor_and_adjust(who, experience)
        self._remember(who, time, breach, weight)
        trust, commitment = self._trust(who, failures, breach), self._commit(who, satisfaction)
        return Episode(failures, tolerance, delight, experience, satisfaction, trust, commitment)

    def _strays(self, u: Floats) -> Floats:
        return self._retention.experience_sd * normal(u)

    def _fails(self, u: Floats) -> NDArray[np.int64]:
        return self._failures_up_to.searchsorted(u)

    def _delights(self, u: Floats) -> NDArray[np.bool_]:
        return u < self._delight

    def surplus(self, who: Rows) -> Floats:
        """Satisfaction above what the market offers elsewhere, in points of 10."""
        return self._customers.satisfaction[who] - self._retention.market_standard

    def _tolerance(self, who: Rows) -> Floats:
        """Failures tolerated: tolerance_most x trust x (1 - exp(-purchases before / tolerance_purchases))."""
        levers, customers = self._levers, self._customers
        untaught = np.expm1((1 - customers.purchases[who]) / levers.tolerance_purchases)
        return -levers.tolerance_most * customers.trust[who] * untaught

    def _anchor_and_adjust(self, who: Rows, experience: Floats) -> tuple[Floats, Floats]:
        """Satisfaction after this purchase: s + w (experience - s); returns it and the weight w.

        The weight is 1 / (anchor + k) at the k-th purchase, more if it disappoints, at most 1.
        """
        customers, levers = self._customers, self._levers
        before = customers.satisfaction[who]
        weight = 1 / (self._retention.anchor_purchases + customers.purchases[who])
        weight = np.minimum(weight * (1 + levers.loss_aversion * (experience < before)), 1.0)
        after = before + weight * (experience - before)
        customers.satisfaction[who] = after
        return after, weight

    def _remember(self, who: Rows, time: Floats, breach: Floats, weight: Floats) -> None:
        """Keep the breach, its damage, when it was, and whether it is the second within the window.

        Damage is what the latest breach took and later purchases, by their weight, have not yet given back.
        """
        customers = self._customers
        customers.breach[who] = breach
        customers.damage[who] *= 1 - weight
        (broken,) = breach.nonzero()
        if not broken.size:
            return
        failed, at = who[broken], time[broken]
        customers.damage[failed] = weight[broken] * self._levers.failure_pain * breach[broken]
        again = at - customers.failed_at[failed] < self._window
        customers.grudge_at[failed[again]] = at[again]
        customers.failed_at[failed] = at

    def _trust(self, who: Rows, failures: Floats, breach: Floats) -> Floats:
        trust, levers = self._customers.trust[who], self._levers
        built = trust + levers.trust_gain * (1 - trust) * (failures == 0)
        kept = built * (1 - levers.trust_loss) ** breach
        self._customers.trust[who] = kept
        return kept

    def _commit(self, who: Rows, satisfaction: Floats) -> Floats:
        customers = self._customers
        surplus = satisfaction - self._retention.market_standard
        status = self._status_to_commitment * customers.tier[who]
        aim = special.expit(COMMITMENT_SLOPE * (surplus + customers.held[who]) + status)
        before = customers.commitment[who]
        after = before + self._levers.commitment_speed * (aim - before)
        customers.commitment[who] = after
        return after


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
