"""The retention department: serves every customer who is due, at the exact time of each purchase.

One pass handles the next purchase of everybody due before the review; customers with more purchases in the
same stretch take part in more passes. What other departments change between two purchases is taken up by
`reconsider`, exactly: exponential waits and lives have no memory.
"""

from typing import Any, NamedTuple

import numpy as np

from sim.compiled import compiled
from sim.luck import Draws, Floats, Luck, exponential, gamma
from sim.scenario import Scenario
from sim.world.acquisition import first_discounts
from sim.world.churn import CHURN_MODELS, MONTH
from sim.world.costs import cost_of_sales_share
from sim.world.customers import NEVER, Customers, Rows
from sim.world.experience import Experience
from sim.world.extension import Extension
from sim.world.forces import Forces
from sim.world.foresight import Foresight
from sim.world.fulfilment import Fulfilment
from sim.world.journal import Column, Journal
from sim.world.loyalty import Loyalty, Visit
from sim.world.purposes import BASKET, LOSS, RETURNED, WAIT
from sim.world.service import Service


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
        self._scenario = scenario
        self._customers = customers
        self._journal = journal
        self._service, self._extension, self._loyalty = departments
        self._churn = CHURN_MODELS[scenario.market.churn_model](scenario.market, luck, customers)
        self._experience = Experience(scenario, customers)
        self._fulfilment = Fulfilment(scenario, journal)
        self._forces = Forces(scenario, customers, departments.loyalty, departments.extension)
        self._luck = luck
        self._take_up(scenario)

    def change(self, terms: Scenario) -> None:
        """These terms hold from the moment up to which everybody is served; other departments hear first."""
        self._experience.change(terms)
        self._fulfilment.change(terms)
        self._take_up(terms)

    def _take_up(self, terms: Scenario) -> None:
        """Sell by these terms, with luck for all that a purchase needs under them."""
        purposes = (LOSS, *self._loyalty.purposes, *self._service.purposes)
        if terms.market.return_rate:
            purposes += (RETURNED,)
        makers = {
            BASKET: self._baskets,
            WAIT: exponential,
            **self._experience.makers,
            **self._fulfilment.makers,
        }
        self._foresight = Foresight(self._luck, self._customers, purposes, makers)
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
        self._foresight.look(due, until)
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
        who, pull, hold = who[changed], pull[changed], hold[changed]
        quicker = pull != customers.log_pace[who]
        customers.pending[who[quicker]] = self._churn.sooner(
            who[quicker], now, (pull - customers.log_pace[who])[quicker]
        )
        lost_at = self._churn.lost_now(who, now, customers.pending[who], -hold)
        self._settle(who, lost_at, pull, hold)

    def _purchase(self, who: Rows) -> None:
        time, count = _arrive(self._customers.table, who)
        luck = self._foresight.draws(who, count)
        visit = self._visit(who, time, count, luck)
        self._loyalty.price(visit)
        _count(self._customers.table, who, time)
        minutes = self._fulfilment.minutes(time, luck)
        episode = self._experience.live(who, time, luck, self._fulfilment.failures(minutes), visit.delight)
        costly = self._extension.costly_share_of(who)
        if self._extension.keeps_accounts:
            self._extension.book(who, visit.amount * (1 - self._cost_share - costly) - visit.discount)
        self._service.receive(who, time, count, self._customers.breach[who], luck)
        self._loyalty.reward(visit)
        self._journal.record(
            "transactions",
            row=who,
            day=time,
            amount=visit.amount,
            discount=visit.discount,
            points_earned=visit.points,
            reward_cost=visit.reward_cost,
            returned=visit.returned,
            service_share=costly,
            minutes=minutes,
            **episode._asdict(),
        )
        self._schedule(who, time, luck[WAIT], luck[LOSS])

    def _visit(self, who: Rows, time: Floats, count: Column, luck: Draws) -> Visit:
        """What these customers find in their baskets before any loyalty tool acts on it."""
        rate = self._scenario.market.return_rate
        returned = luck[RETURNED] < rate if rate else np.zeros(len(who), np.bool_)
        fade_days = self._scenario.word_of_mouth.referral_fade_months * MONTH
        found = count, luck[BASKET]
        amount, discount = _fill(self._customers.table, who, time, found, fade_days, self._first_discounts)
        return Visit(who, time, luck, amount, discount, returned)

    def _baskets(self, u: Floats) -> Floats:
        return gamma(u, self._scenario.market.spend_shape)

    def _schedule(self, who: Rows, time: Floats, wait: Floats, loss: Floats) -> None:
        """Decide the next purchase, or the loss before it."""
        pull, hold = self._forces.of(who, time)
        following = self._churn.following(who, time, wait, pull)
        following = self._fulfilment.no_sooner(time, following)
        self._customers.pending[who] = following
        self._settle(who, self._churn.lost_at(who, time, following, -hold, loss), pull, hold)

    def _settle(self, who: Rows, lost_at: Floats, pull: Floats, hold: Floats) -> None:
        _settle(self._customers.table, who, lost_at, pull, hold)


@compiled
def _arrive(table: Any, who: Rows) -> tuple[Floats, Column]:
    """When these customers buy next, and how often they have bought before."""
    time, count = np.empty(len(who)), np.empty(len(who), np.int64)
    for i in range(len(who)):
        customer = table[who[i]]
        time[i], count[i] = customer.next_purchase, customer.purchases
    return time, count


@compiled
def _count(table: Any, who: Rows, time: Floats) -> None:
    """One more purchase of each."""
    for i in range(len(who)):
        customer = table[who[i]]
        customer.purchases += 1
        customer.last_purchase = time[i]


@compiled
def _fill(
    table: Any,
    who: Rows,
    time: Floats,
    found: tuple[Column, Floats],
    fade_days: float,
    first_discounts: Floats,
) -> tuple[Floats, Floats]:
    """What baskets cost at full price, and what the channel takes off a first purchase, currency.

    `found` is how often customers have bought before and the luck of their baskets. The premium of the
    referred halves every `fade_days`.
    """
    count, basket = found
    amount, discount = np.empty(len(who)), np.zeros(len(who))
    for i in range(len(who)):
        customer = table[who[i]]
        price = basket[i] / customer.spend_rate
        if customer.premium != 0:
            age = (time[i] - customer.acquired_at) / fade_days
            price *= np.exp(customer.premium * 0.5**age)
        amount[i] = np.rint(price * 100) / 100
        if count[i] == 0:
            discount[i] = np.rint(amount[i] * first_discounts[customer.channel] * 100) / 100
    return amount, discount


@compiled
def _settle(table: Any, who: Rows, lost_at: Floats, pull: Floats, hold: Floats) -> None:
    """Let the loss be decided, or else the next purchase."""
    for i in range(len(who)):
        customer = table[who[i]]
        customer.churned_at = lost_at[i]
        customer.next_purchase = customer.pending if lost_at[i] == NEVER else NEVER
        customer.log_pace = pull[i]
        customer.hold = hold[i]
