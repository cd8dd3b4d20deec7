"""Membership: who joins a program, and what joining does to the pace until it has faded."""

import numpy as np

from sim.luck import Floats, Numbers
from sim.scenario import Scenario
from sim.world.churn import MONTH
from sim.world.customers import NEVER, Customers, Rows
from sim.world.loyalty.tool import NOBODY, Tool, Visit
from sim.world.purposes import JOIN


def has_members(terms: Scenario) -> bool:
    """Whether there is a program to join: one of points or of privileges."""
    return not {"points", "privileges"}.isdisjoint(terms.tools())


class Membership(Tool):
    """Customers may join at a purchase, those who spend much more readily; joined, they stay members.

    A program that has ended takes in nobody and moves nobody; should it begin again, old members are back.
    """

    def __init__(self, terms: Scenario, customers: Customers) -> None:
        self._customers = customers
        self._settled_at = 0.0
        self.purposes = (JOIN,)
        self.change(terms)

    def change(self, terms: Scenario) -> None:
        self._levers = terms.loyalty
        self._is_open = has_members(terms)
        self._moves = self._is_open and terms.loyalty.membership_to_pace > 0

    def reward(self, visit: Visit) -> None:
        """P(join) has the odds of join_probability times the customer's own `join_odds`."""
        if not self._is_open:
            return
        customers, chance = self._customers, self._levers.join_probability
        odds = chance * customers.join_odds[visit.who]
        joins = visit.luck[JOIN] * (odds + (1 - chance)) < odds
        joins &= customers.member_since[visit.who] == NEVER
        customers.member_since[visit.who[joins]] = visit.time[joins]

    def pull(self, who: Rows, time: Floats) -> Numbers:
        """The lift of membership halves every `fading_months`."""
        if not self._moves:
            return 0.0
        customers, levers = self._customers, self._levers
        age = time - customers.member_since[who]
        lift = levers.membership_to_pace * np.exp2(np.maximum(age, 0.0) / (-levers.fading_months * MONTH))
        return lift * customers.response[who] * customers.dilution[who] * (age >= 0)

    def statement(self, number: int, now: float) -> Rows:
        """All whom it moves who have not bought since the last one: the lift fades between purchases, too."""
        customers, since = self._customers, self._settled_at
        self._settled_at = now
        if not self._moves:
            return NOBODY
        is_moved = (customers.member_since <= now) & (customers.response > 0)
        return np.flatnonzero(is_moved & (customers.last_purchase < since))
