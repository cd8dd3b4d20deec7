"""Membership: who joins a program, and what joining does to the pace until it has faded."""

from typing import Any

import numpy as np

from sim.compiled import compiled
from sim.luck import Floats
from sim.scenario import Scenario
from sim.world.churn import MONTH
from sim.world.customers import NEVER, Customers, Rows
from sim.world.journal import Records
from sim.world.loyalty.tool import NOBODY, Tool
from sim.world.operands import Operands, operands
from sim.world.purposes import JOIN
from sim.world.visit import Visit


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
        self._operands = operands(terms.loyalty)
        self._is_open = has_members(terms)
        self._moves = self._is_open and terms.loyalty.membership_to_pace > 0

    def reward(self, visit: Visit) -> None:
        """Some join."""
        if self._is_open:
            _join(self._customers.table, visit.records, visit.luck[JOIN], self._operands)

    def add_forces(self, who: Rows, time: Floats, pull: Floats, hold: Floats) -> None:
        """Membership speeds."""
        if self._moves:
            _speed(self._customers.table, who, time, self._operands, pull)

    def statement(self, number: int, now: float) -> Rows:
        """All whom it moves who have not bought since the last one: the lift fades between purchases, too."""
        customers, since = self._customers, self._settled_at
        self._settled_at = now
        if not self._moves:
            return NOBODY
        is_moved = (customers.member_since <= now) & (customers.response > 0)
        return np.flatnonzero(is_moved & (customers.last_purchase < since))


@compiled
def _join(table: Any, visits: Records, luck: Floats, operands: Operands) -> None:
    """P(join) has the odds of join_probability times the customer's own `join_odds`."""
    chance = operands[0].join_probability
    for i in range(len(visits)):
        customer = table[visits[i].row]
        odds = chance * customer.join_odds
        if customer.member_since == NEVER and luck[i] * (odds + (1 - chance)) < odds:
            customer.member_since = visits[i].day


@compiled
def _speed(table: Any, who: Rows, time: Floats, operands: Operands, pull: Floats) -> None:
    """The lift of membership halves every `fading_months`."""
    levers = operands[0]
    for i in range(len(who)):
        customer = table[who[i]]
        age = time[i] - customer.member_since
        if age >= 0:
            lift = levers.membership_to_pace * np.exp2(age / (-levers.fading_months * MONTH))
            pull[i] += lift * customer.response * customer.dilution
