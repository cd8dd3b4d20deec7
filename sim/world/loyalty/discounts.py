"""Discounts: deals, the stock bought ahead on them, and the reference price that they teach.

All prices here are logarithms of a price / the full price: 0 is the full price, a deal is below it. What the
channel takes off a first purchase teaches nothing: it came before there was a price to expect.
"""

from typing import Any

import numpy as np

from sim.compiled import compiled
from sim.luck import Floats
from sim.scenario import Scenario
from sim.world.costs import to_the_cent
from sim.world.customers import Customers, Rows
from sim.world.journal import Records
from sim.world.loyalty.tool import NOBODY, Tool
from sim.world.operands import Operands, operands
from sim.world.visit import Visit

LAPSED_WAITS = 2.0  # customers lapse when they have not bought for so many of their usual waits


class Discounts(Tool):
    """Deals on the first days of some months, for those whom they address.

    A price p moves the pace and the basket by itself and by its gap to the reference r, as in Greenleaf
    (1995): (1 - w) (-p) + w (r - p), w = reference_weight. Above 0 the gap is a gain, below 0 a loss, which
    weighs 1 + loss_weight times as much (Hardie, Johnson & Fader 1993).
    """

    def __init__(self, terms: Scenario, customers: Customers) -> None:
        self._customers = customers
        self._is_on = False
        self._began = self._until = 0.0
        self.change(terms)

    def change(self, terms: Scenario) -> None:
        self._levers = levers = terms.discounts
        bills_come_anyway = terms.market.churn_model == "sbg"
        self._operands = operands(
            levers,
            stocking_up=0.0 if bills_come_anyway else levers.stocking_up,
            for_members=levers.audience == "members",
            for_lapsing=levers.audience == "lapsing",
            deal=0.0,
            began=0.0,
        )
        self._announce()

    def is_due(self, month: int) -> bool:
        """Whether this month (from 0) has a deal under the present terms."""
        deals = self._levers.deals_per_year
        return self._levers.depth > 0 and (month + 1) * deals // 12 > month * deals // 12

    def begin(self, month: int, today: float) -> int:
        """Begin the deal of this month (from 0), if it has one; returns how many days it lasts, 0: none."""
        self._is_on = self.is_due(month)
        days = self._levers.deal_days if self._is_on else 0
        self._began, self._until = today, today + days
        self._announce()
        return days

    def end(self, now: float) -> Rows:
        """The deal is over, unless the next has begun by `now`; returns whose pull that changes."""
        if now < self._until:
            return NOBODY
        reached = self.reached(now)
        self._is_on = False
        self._announce()
        return reached

    def reached(self, now: float) -> Rows:
        """Rows of those whose pull the present deal changes."""
        if not self._is_on or not self._levers.price_to_pace:
            return NOBODY
        return _addressed(self._customers.table, now, self._operands)

    def price(self, visit: Visit) -> None:
        """Customers compare, fill their baskets, get the deal if it is theirs, and learn what things cost."""
        _buy(self._customers.table, visit.records, self._operands)

    def add_forces(self, who: Rows, time: Floats, pull: Floats, hold: Floats) -> None:
        """A low price speeds, one above the reference slows; who has bought ahead waits longer.

        Who expects low prices is held less.
        """
        _add_forces(self._customers.table, who, time, self._operands, pull, hold)

    def _announce(self) -> None:
        """Let compiled loops know the log price of the deal, 0 if none is on, and when it began."""
        self._operands["deal"] = np.log1p(-self._levers.depth) if self._is_on else 0.0
        self._operands["began"] = self._began


@compiled
def _buy(table: Any, visits: Records, operands: Operands) -> None:
    """Log basket += stocking_up max(r - p, 0) + price_to_basket (what the price moves).

    The deal is taken off what the channel's own discount leaves. r += reference_speed (p - r).
    """
    levers = operands[0]
    for i in range(len(visits)):
        visit = visits[i]
        customer = table[visit.row]
        price = _price(customer, levers, visit.day)
        customer.stock = levers.stocking_up * max(customer.reference - price, 0.0)
        growth = np.exp(customer.stock + levers.price_to_basket * _appeal(customer, levers, price))
        visit.amount = to_the_cent(visit.amount * growth)
        visit.discount = to_the_cent(visit.discount * growth)
        if price < 0:
            deal = (visit.amount - visit.discount) * levers.depth
            visit.discount = to_the_cent(visit.discount + deal)
        customer.reference += levers.reference_speed * (price - customer.reference)


@compiled
def _add_forces(table: Any, who: Rows, time: Floats, operands: Operands, pull: Floats, hold: Floats) -> None:
    """Pull += price_to_pace (what the price moves) - stock; hold += image_to_loss x reference."""
    levers = operands[0]
    for i in range(len(who)):
        customer = table[who[i]]
        price = _price(customer, levers, time[i])
        pull[i] += levers.price_to_pace * _appeal(customer, levers, price) - customer.stock
        hold[i] += levers.image_to_loss * customer.reference


@compiled
def _addressed(table: Any, now: float, operands: Operands) -> Rows:
    """Rows of those for whom the deal is."""
    levers = operands[0]
    rows, size = np.empty(len(table), np.intp), 0
    for row in range(len(table)):
        if _is_addressed(table[row], levers, now):
            rows[size] = row
            size += 1
    return rows[:size]


@compiled
def _appeal(customer: Any, levers: Any, price: float) -> float:
    """How much a price moves, in log prices: 0 for the full price where it is expected."""
    gap = customer.reference - price
    weighted = gap + levers.loss_weight * min(gap, 0.0)
    return levers.reference_weight * weighted - (1 - levers.reference_weight) * price


@compiled
def _price(customer: Any, levers: Any, time: float) -> float:
    """What the goods cost this customer at `time` (days)."""
    return levers.deal if levers.deal < 0 and _is_addressed(customer, levers, time) else 0.0


@compiled
def _is_addressed(customer: Any, levers: Any, time: float) -> bool:
    """Whether the deal is for this customer at `time` (days).

    One for the lapsing is for those who were lapsing when it began, by the waits on record, and have not
    bought since.
    """
    if levers.for_members:
        return customer.member_since <= time
    if not levers.for_lapsing:
        return True
    waits = customer.purchases - 1
    usual_times_waits = customer.last_purchase - customer.acquired_at
    silent = levers.began - customer.last_purchase
    return waits > 0 and silent * waits > LAPSED_WAITS * usual_times_waits
