"""The retention department: serves every customer who is due, at the exact time of each purchase.

One pass handles the next purchase of everybody due before the review; customers with more purchases in the
same stretch take part in more passes. What other departments change between two purchases is taken up by
`reconsider`, exactly: exponential waits and lives have no memory.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from sim.compiled import compiled
from sim.luck import Floats, Luck, Spline, Words, log_gamma_quantile, normal, uniform, value_at
from sim.scenario import Scenario
from sim.world.acquisition import first_discounts
from sim.world.churn import CHURN_MODELS, MONTH
from sim.world.costs import cost_of_sales_share, to_the_cent
from sim.world.customers import Customers, Rows
from sim.world.experience import Experience
from sim.world.extension import Extension
from sim.world.forces import Forces
from sim.world.fulfilment import Fulfilment
from sim.world.journal import Journal, Records
from sim.world.loyalty import Loyalty
from sim.world.operands import Operands, operands
from sim.world.purposes import BASKET, LOSS, RETURNED, VISIT, WAIT
from sim.world.service import Service
from sim.world.visit import NO_LUCK, Visit


class Departments(NamedTuple):
    """The other departments that take part in a purchase."""

    service: Service
    extension: Extension
    loyalty: Loyalty


class Retention:
    """Purchases, their experience, points, and what follows from them: the next purchase or the loss."""

    def __init__(
        self,
        scenario: Scenario,
        luck: Luck,
        customers: Customers,
        journal: Journal,
        departments: Departments,
    ) -> None:
        self._customers = customers
        self._journal = journal
        self._service, self._extension, self._loyalty = departments
        self._churn = CHURN_MODELS[scenario.market.churn_model](scenario.market, luck, customers)
        self._experience = Experience(scenario, customers)
        self._fulfilment = Fulfilment(scenario, journal)
        self._forces = Forces(scenario, customers, departments.loyalty, departments.extension)
        self._luck = luck
        self._pad: Floats = np.empty(0)
        self._take_up(scenario)

    def change(self, terms: Scenario) -> None:
        """These terms hold from the moment up to which everybody is served; other departments hear first."""
        self._experience.change(terms)
        self._fulfilment.change(terms)
        self._take_up(terms)

    def _take_up(self, terms: Scenario) -> None:
        """Sell by these terms, with luck for all that a purchase needs, of the first purposes as scores."""
        scores = (BASKET, VISIT, *self._fulfilment.scores)
        departments = (*self._experience.purposes, *self._service.purposes, *self._loyalty.purposes)
        returns = (RETURNED,) if terms.market.return_rate else ()
        self._scores, self._purposes = len(scores), (*scores, WAIT, LOSS, *departments, *returns)
        self._keys = self._luck.keys(self._purposes)
        self._log_basket = log_gamma_quantile(terms.market.spend_shape)
        self._operands = operands(terms.market, fade_days=terms.word_of_mouth.referral_fade_months * MONTH)
        self._first_discounts = first_discounts(terms.acquisition)
        self._cost_share = cost_of_sales_share(terms)

    def pay(self, today: float, until: float) -> None:
        """Book what the month from today until then costs, whoever buys."""
        self._fulfilment.pay(today, until)

    def serve(self, until: float) -> float:
        """All purchases before `until` (days); returns until when everybody is served.

        With a kitchen that is the last midnight: the orders of a day are served together.
        """
        due = self._customers.due(until)
        for end in self._fulfilment.stretches(until):
            who = self._customers.those_due(due, end)
            while who.size:
                self._purchase(who)
                who = self._customers.those_due(who, end)
        return self._fulfilment.whole_days(until)

    def reconsider(self, who: Rows, now: float) -> None:
        """Let the next purchase or the loss of these customers follow what changed since their last one."""
        if not who.size:
            return
        customers = self._customers
        decided = np.minimum(customers.cancelled_at[who], customers.churned_at[who])
        who = who[(np.minimum(decided, customers.pending[who]) > now) & (customers.purchases[who] > 0)]
        pull, hold = self._forces.of(who, np.full(len(who), now))
        changed = (pull != customers.log_pace[who]) | (hold != customers.hold[who])
        self._churn.reconsider(who[changed], now, (pull[changed], hold[changed]))

    def _purchase(self, who: Rows) -> None:
        """The next purchase of each of these customers."""
        visit = self._visit(who)
        self._loyalty.price(visit)
        self._fulfilment.deliver(visit)
        self._experience.live(visit)
        self._extension.bear_costs(visit, self._cost_share)
        self._service.receive(visit)
        self._loyalty.reward(visit)
        self._schedule(who, visit.time, visit.luck[WAIT], visit.luck[LOSS])

    def _visit(self, who: Rows) -> Visit:
        """These customers come and fill their baskets; no loyalty tool has acted on these yet."""
        table, records = self._customers.table, self._journal.append("transactions", len(who))
        time, drawn = np.empty(len(who)), self._paper(len(self._purposes), len(who))
        _come(table, who, records, time, (self._keys, drawn))
        normal(drawn[: self._scores], out=drawn[: self._scores])
        luck = dict(zip(self._purposes, drawn, strict=True))
        found = luck[BASKET], luck.get(RETURNED, NO_LUCK), self._first_discounts
        _fill(table, records, found, self._log_basket, self._operands)
        return Visit(who, time, luck, records, favour=np.zeros(len(who)))

    def _paper(self, *shape: int) -> Floats:
        """An array to write on, the same in every pass: new memory would cost more than the luck written."""
        size = math.prod(shape)
        if size > len(self._pad):
            self._pad = np.empty(2 * size)
        return self._pad[:size].reshape(shape)

    def _schedule(self, who: Rows, time: Floats, wait: Floats, loss: Floats) -> None:
        """Decide the next purchase, or the loss before it."""
        soonest = self._fulfilment.soonest(time)
        self._churn.decide(who, time, soonest, (wait, loss), self._forces.of(who, time))


@compiled
def _come(table: Any, who: Rows, visits: Records, time: Floats, luck: tuple[Words, Floats]) -> None:
    """Fill in who buys when, having bought how often before, and draw their luck.

    `luck` is the keys of the purposes and, to be filled in, the uniforms, shape (purposes, visits).
    """
    keys, drawn = luck
    key, count = np.empty(len(who), np.uint64), np.empty(len(who), np.uint64)
    for i in range(len(who)):
        visit, customer = visits[i], table[who[i]]
        visit.row, visit.day, visit.count = who[i], customer.next_purchase, customer.purchases
        time[i], key[i], count[i] = customer.next_purchase, customer.key, customer.purchases
    for purpose in range(len(keys)):
        for i in range(len(who)):
            drawn[purpose, i] = uniform(keys[purpose], key[i], count[i])


@compiled
def _fill(
    table: Any, visits: Records, found: tuple[Floats, Floats, Floats], log_basket: Spline, operands: Operands
) -> None:
    """What baskets cost at full price, what the channel takes off a first one, and what will be returned.

    `found` is the luck of baskets (normal scores) and of returns, and the first discounts by channel. The
    premium of the referred halves every `fade_days`.
    """
    levers = operands[0]
    score, returned, first_discounts = found
    for i in range(len(visits)):
        visit = visits[i]
        customer = table[visit.row]
        price = np.exp(value_at(log_basket, score[i])) / customer.spend_rate
        if customer.premium != 0:
            age = (visit.day - customer.acquired_at) / levers.fade_days
            price *= np.exp(customer.premium * 0.5**age)
        visit.amount = to_the_cent(price)
        if visit.count == 0:
            visit.discount = to_the_cent(visit.amount * first_discounts[customer.channel])
        visit.returned = levers.return_rate > 0 and returned[i] < levers.return_rate
