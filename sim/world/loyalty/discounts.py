"""Discounts: deals, the stock bought ahead on them, and the reference price that they teach.

All prices here are logarithms of a price / the full price: 0 is the full price, a deal is below it. What the
channel takes off a first purchase teaches nothing: it came before there was a price to expect.
"""

import numpy as np
from numpy.typing import NDArray

from sim.luck import Floats, Numbers
from sim.scenario import Scenario
from sim.world.customers import Customers, Rows
from sim.world.loyalty.tool import NOBODY, Tool, Visit

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
        self._levers = terms.discounts
        self._deal = float(np.log1p(-terms.discounts.depth))
        bills_come_anyway = terms.market.churn_model == "sbg"
        self._stocking_up = 0.0 if bills_come_anyway else terms.discounts.stocking_up

    def is_due(self, month: int) -> bool:
        """Whether this month (from 0) has a deal under the present terms."""
        deals = self._levers.deals_per_year
        return self._levers.depth > 0 and (month + 1) * deals // 12 > month * deals // 12

    def begin(self, month: int, today: float) -> int:
        """Begin the deal of this month (from 0), if it has one; returns how many days it lasts, 0: none."""
        self._is_on = self.is_due(month)
        days = self._levers.deal_days if self._is_on else 0
        self._began, self._until = today, today + days
        return days

    def end(self, now: float) -> Rows:
        """The deal is over, unless the next has begun by `now`; returns whose pull that changes."""
        if now < self._until:
            return NOBODY
        reached = self.reached(now)
        self._is_on = False
        return reached

    def reached(self, now: float) -> Rows:
        """Rows of those whose pull the present deal changes."""
        everybody = np.arange(len(self._customers))
        if not self._is_on or not self._levers.price_to_pace:
            return NOBODY
        return everybody[self._addresses(everybody, np.full(len(everybody), now))]

    def price(self, visit: Visit) -> None:
        """Customers compare, fill their baskets, get the deal if it is theirs, and learn what things cost.

        Log basket += stocking_up max(r - p, 0) + price_to_basket (what the price moves). The deal is taken
        off what the channel's own discount leaves. r += reference_speed (p - r).
        """
        customers, levers, who = self._customers, self._levers, visit.who
        reference = customers.reference[who]
        customers.stock[who] = 0.0
        if not self._is_on and not np.count_nonzero(reference):
            return
        price = self._price(who, visit.time)
        customers.stock[who] = stock = self._stocking_up * np.maximum(reference - price, 0.0)
        growth = np.exp(stock + levers.price_to_basket * self._appeal(price, reference))
        visit.amount = (visit.amount * growth).round(2)
        if np.count_nonzero(visit.discount):
            visit.discount = (visit.discount * growth).round(2)
        if self._is_on:
            visit.discount = (visit.discount + visit.paid * levers.depth * (price < 0)).round(2)
        customers.reference[who] = reference + levers.reference_speed * (price - reference)

    def pull(self, who: Rows, time: Floats) -> Numbers:
        """A low price speeds, one above the reference slows; who has bought ahead waits longer."""
        reference, stock = self._customers.reference[who], self._customers.stock[who]
        if not (self._is_on or np.count_nonzero(reference) or np.count_nonzero(stock)):
            return 0.0
        return self._levers.price_to_pace * self._appeal(self._price(who, time), reference) - stock

    def hold(self, who: Rows, time: Floats) -> Floats:
        """Who expects low prices is held less."""
        return self._levers.image_to_loss * self._customers.reference[who]

    def _appeal(self, price: Numbers, reference: Floats) -> Floats:
        """How much a price moves, in log prices: 0 for the full price where it is expected."""
        levers, gap = self._levers, reference - price
        weighted = gap + levers.loss_weight * np.minimum(gap, 0.0)
        return levers.reference_weight * weighted - (1 - levers.reference_weight) * price

    def _price(self, who: Rows, time: Floats) -> Numbers:
        """What the goods cost these customers now."""
        if not self._is_on:
            return 0.0
        return self._deal * self._addresses(who, time)

    def _addresses(self, who: Rows, time: Floats) -> NDArray[np.bool_]:
        """Whether the deal that is on is for these customers at `time` (days)."""
        if self._levers.audience == "everybody":
            return np.ones(len(who), np.bool_)
        if self._levers.audience == "members":
            return self._customers.member_since[who] <= time
        return self._had_lapsed(who)

    def _had_lapsed(self, who: Rows) -> NDArray[np.bool_]:
        """Who was lapsing when the deal began and has not bought since, by the waits on record."""
        customers = self._customers
        waits = customers.purchases[who] - 1
        usual_times_waits = customers.last_purchase[who] - customers.acquired_at[who]
        silent = self._began - customers.last_purchase[who]
        return (waits > 0) & (silent * waits > LAPSED_WAITS * usual_times_waits)
