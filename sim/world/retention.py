"""The retention department: serves every customer who is due, at the exact time of each purchase.

One pass handles the next purchase of everybody due before the review; customers with more purchases in the
same stretch take part in more passes. Pace and hold change only at purchases, so nothing is approximated.
"""

import numpy as np

from sim.luck import Floats, Luck, exponential, gamma
from sim.scenario import Scenario
from sim.world.churn import CHURN_MODELS
from sim.world.customers import NEVER, Customers, Rows
from sim.world.experience import Experience
from sim.world.journal import Journal
from sim.world.loyalty import PointsProgram
from sim.world.purposes import BASKET, JOIN, LOSS, REDEEM, VISIT, WAIT


class Retention:
    """Purchases, their experience, points, and what follows from them: the next purchase or the loss."""

    def __init__(self, scenario: Scenario, luck: Luck, customers: Customers, journal: Journal) -> None:
        self._scenario = scenario
        self._luck = luck
        self._customers = customers
        self._journal = journal
        self._churn = CHURN_MODELS[scenario.market.churn_model]()
        self._experience = Experience(scenario.retention, customers)
        self._program = PointsProgram(scenario.loyalty, customers, journal)

    def serve(self, until: float) -> None:
        """All purchases up to and including `until` (days)."""
        who = self._customers.due(until)
        while who.size:
            self._purchase(who)
            who = who[self._customers.next_purchase[who] <= until]

    def _purchase(self, who: Rows) -> None:
        customers = self._customers
        time = customers.next_purchase[who]
        count = customers.purchases[who]
        wait, loss, basket, visit, join, redeem = self._luck.uniform(
            (WAIT, LOSS, BASKET, VISIT, JOIN, REDEEM), customers.key[who], count
        )
        amount = np.round(gamma(basket, self._scenario.market.spend_shape) / customers.spend_rate[who], 2)
        customers.purchases[who] = count + 1
        customers.last_purchase[who] = time
        reward = self._program.redeem(who, time, redeem)
        self._experience.live(who, visit, reward * self._scenario.loyalty.reward_delight)
        points = self._program.earn(who, time, amount, join)
        self._journal.record(
            "transactions", row=who, day=time, amount=amount, points_earned=points, reward=reward
        )
        self._schedule(who, time, wait, loss)

    def _schedule(self, who: Rows, time: Floats, wait: Floats, loss: Floats) -> None:
        """Decide the next purchase, or the loss before it."""
        customers, levers = self._customers, self._scenario
        surplus, progress = self._experience.surplus(who), self._program.progress(who)
        pull = levers.retention.satisfaction_to_pace * surplus + levers.loyalty.goal_gradient * progress
        hold = levers.retention.satisfaction_to_loss * surplus + levers.loyalty.switching_cost * progress
        following = time + exponential(wait) / (customers.rate[who] * np.exp(pull))
        lost_at = self._churn.lost_at(customers, who, time, following, -hold, loss)
        customers.churned_at[who] = lost_at
        customers.next_purchase[who] = np.where(lost_at == NEVER, following, NEVER)
