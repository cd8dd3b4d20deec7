"""The extension department: further products for regulars, and an end to relationships that only cost.

Offers go by what is recorded: in a shop nobody has seen a customer leave, so some offers reach the lost. Who
accepts depends on what is hidden: need, commitment and how tired of offers the customer is.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from sim.compiled import compiled
from sim.luck import Floats, Luck
from sim.scenario import Scenario
from sim.world.customers import NEVER, Customers, Rows
from sim.world.experience import WORST
from sim.world.journal import RESPONSES, TOUCHES, Journal, Records
from sim.world.operands import Operands, operands
from sim.world.purposes import ACCEPTS, NEED, OFFERED, OPT_OUT, RELEVANT, TREATED, UPSELL
from sim.world.visit import Visit

TREATMENTS = ("none", "reprice", "self-service", "part")
MOST_UPSELLS = 3  # accepted by one customer
NO_PRODUCT = -1  # an up-sell improves what the customer has
NOTHING = -2  # is left to offer

_UNTREATED = TREATMENTS.index("none")
_OPT_OUT_ODDS = 1.5  # times this for each point of satisfaction below the market's standard
_PAIN = {"reprice": 1.0, "self-service": 0.5, "part": 0.0}  # shares of the lever `termination_pain`
_NOBODY: Rows = np.empty(0, np.intp)

Truths = NDArray[np.bool_]


class Extension:
    """Monthly offers of the next best product or of an up-sell; quarterly treatment of lasting losses.

    `is_open` says whether any offer can have been made by now; without offers nobody holds a further product.
    `keeps_accounts` says whether it will ever matter what single customers bring.
    """

    def __init__(self, scenario: Scenario, luck: Luck, customers: Customers, journal: Journal) -> None:
        self._standard = scenario.retention.market_standard
        self._rung = np.arange(len(scenario.ladder))
        self._price = np.array([rung.price for rung in scenario.ladder], np.float64)
        self._need = np.array([rung.need for rung in scenario.ladder], np.float64)
        self._luck = luck
        self._customers = customers
        self._journal = journal
        self.is_open = False
        self.keeps_accounts = any(one.extension.termination_share > 0 for one in scenario.eras().values())
        self.change(scenario)

    def change(self, terms: Scenario) -> None:
        """From now on these terms hold; products and up-sells that were accepted stay."""
        self._levers = levers = terms.extension
        self._operands = operands(
            levers,
            if_needed=logit(levers.acceptance),
            if_unneeded=logit(levers.unneeded_acceptance),
            upsell_factor=np.exp(levers.upsell_lift),
        )
        self._offers = levers.offers_share > 0 and (bool(terms.ladder) or levers.upsell_share > 0)
        self.is_open |= self._offers
        self.fatigue_half_life_days = levers.fatigue_half_life_days

    def offer(self, month: int, now: float) -> Rows:
        """Make the offers of the month on the day `now`, when everybody due has been served.

        Returns the rows of those whose pace or hold may have changed. Per offer
        logit P(accepted) = logit(acceptance, or unneeded_acceptance if the product is not needed)
        + commitment_to_acceptance (commitment - 1/2) - fatigue_to_acceptance fatigue; the lost never accept.
        """
        if not self._offers:
            return _NOBODY
        who, product, fits = self._propose(self._addressed(month, now), month)
        accepts = self._accepts(who, fits, month, now)
        _deliver(self._customers.table, who[accepts], product[accepts], self._price, self._operands)
        self._touch(who, now, product, accepts)
        self._let_opt_out(who, month, now)
        self._pay(len(who), now)
        return who if self._levers.fatigue_to_pace > 0 else who[accepts]

    def bear_costs(self, visit: Visit, cost_share: float) -> None:
        """Record service and returns of the costly beyond the usual, and keep the quarter's accounts.

        `cost_share` is the usual cost of a sale as a share of its amount.
        """
        if self.keeps_accounts or (self.is_open and self._levers.costly_share):
            costly_cost = self._levers.costly_cost if self._levers.costly_share else 0.0
            _bear_costs(self._customers.table, visit.records, costly_cost, cost_share)

    def end_quarter(self, number: int, now: float) -> Rows:
        """Treat a share of those with a loss in this quarter and the one before; `number` counts quarters.

        Returns the rows of the treated.
        """
        if not self.keeps_accounts:
            return _NOBODY
        customers = self._customers
        who = _those_who_cost(customers.table, now)
        who = who[self._luck.uniform(TREATED, customers.key[who], number) < self._levers.termination_share]
        self._treat(who, now)
        customers.margin_before[:] = customers.margin_quarter
        customers.margin_quarter[:] = 0.0
        return who

    def _addressed(self, month: int, now: float) -> Rows:
        """Regulars who may be written to, and to whom this month's luck falls."""
        who = _regulars(self._customers.table, now, self._operands)
        return who[self._luck.uniform(OFFERED, self._customers.key[who], month) < self._levers.offers_share]

    def _propose(self, who: Rows, month: int) -> tuple[Rows, Rows, Truths]:
        """Who gets an offer, of which product, and whether it fits; nobody for whom nothing is left."""
        better, shown = self._luck.uniform((UPSELL, RELEVANT), self._customers.key[who], month)
        found = better, shown, self._needs(who)
        product, fits = _propose(self._customers.table, who, found, self._operands)
        some = product != NOTHING
        return who[some], product[some], fits[some]

    def _needs(self, who: Rows) -> Truths:
        """Whether each of `who` (rows) truly needs each product (columns): a lasting trait."""
        return self._luck.uniform(NEED, self._customers.key[who][:, None], self._rung) < self._need

    def _accepts(self, who: Rows, fits: Truths, month: int, now: float) -> Truths:
        """Whether each accepts; all are more tired of offers afterwards."""
        found = fits, self._luck.uniform(ACCEPTS, self._customers.key[who], month)
        return _accept(self._customers.table, who, now, found, self._operands)

    def _touch(self, who: Rows, now: float, product: Rows, accepts: Truths) -> None:
        upsell = product == NO_PRODUCT
        self._journal.record(
            "touchpoints",
            row=who,
            day=now,
            kind=np.where(upsell, TOUCHES.index("upsell"), TOUCHES.index("offer")),
            product=product,
            response=np.where(accepts, RESPONSES.index("accepted"), RESPONSES.index("none")),
        )

    def _let_opt_out(self, who: Rows, month: int, now: float) -> None:
        """Some cancel the newsletter: logit P = logit(opt_out_rate) + ln 1.5 (standard - satisfaction)."""
        annoyance = self._standard - self._customers.satisfaction[who]
        chance = expit(logit(self._levers.opt_out_rate) + np.log(_OPT_OUT_ODDS) * annoyance)
        leaving = who[self._luck.uniform(OPT_OUT, self._customers.key[who], month) < chance]
        self._customers.opted_out_at[leaving] = now
        self._journal.record(
            "touchpoints",
            row=leaving,
            day=now,
            kind=TOUCHES.index("newsletter cancelled"),
            product=NO_PRODUCT,
            response=RESPONSES.index("none"),
        )

    def _pay(self, offers: int, now: float) -> None:
        self._journal.invoice("extension", now, offers * self._levers.offer_cost)

    def _treat(self, who: Rows, now: float) -> None:
        customers, way = self._customers, self._levers.termination_way
        customers.treatment[who] = TREATMENTS.index(way)
        pain = self._levers.termination_pain * _PAIN[way]
        customers.satisfaction[who] = np.maximum(customers.satisfaction[who] - pain, WORST)
        if way == "part":
            customers.terminated_at[who] = now
            customers.churned_at[who] = np.minimum(customers.churned_at[who], now)
            customers.next_purchase[who] = NEVER


@compiled
def fatigue_of(customer: Any, time: float, half_life_days: float) -> float:
    """Recent offers to a customer at `time` (days, after them): each counts 2^(-age / half-life)."""
    return customer.fatigue * np.exp2(-(time - customer.offered_at) / half_life_days)


@compiled
def _regulars(table: Any, now: float, operands: Operands) -> Rows:
    """Rows of those who bought often enough, the last time lately, and may be written to."""
    levers = operands[0]
    rows, size = np.empty(len(table), np.intp), 0
    for row in range(len(table)):
        customer = table[row]
        often = customer.purchases >= levers.regular_purchases
        lately = customer.last_purchase > now - levers.recent_days
        if often and lately and customer.opted_out_at > now and _is_recorded_as_active(customer, now):
            rows[size] = row
            size += 1
    return rows[:size]


@compiled
def _those_who_cost(table: Any, now: float) -> Rows:
    """Rows of the active with a loss, to the cent, in this quarter and in the one before."""
    rows, size = np.empty(len(table), np.intp), 0
    for row in range(len(table)):
        customer = table[row]
        loses = np.rint(100 * customer.margin_quarter) < 0 and np.rint(100 * customer.margin_before) < 0
        if loses and _is_recorded_as_active(customer, now):
            rows[size] = row
            size += 1
    return rows[:size]


@compiled
def _is_recorded_as_active(customer: Any, now: float) -> bool:
    """Whether no record calls the customer gone and the company still deals with the customer as usual."""
    is_gone = customer.cancelled_at <= now or customer.terminated_at <= now
    return customer.treatment == _UNTREATED and not is_gone


@compiled
def _propose(
    table: Any, who: Rows, found: tuple[Floats, Floats, Truths], operands: Operands
) -> tuple[Rows, Truths]:
    """The product to offer to each and whether it fits; `found` is the luck of `_proposal` and the needs."""
    better, shown, needs = found
    product, fits = np.empty(len(who), np.intp), np.empty(len(who), np.bool_)
    for i in range(len(who)):
        product[i], fits[i] = _proposal(table[who[i]], operands[0], better[i], shown[i], needs[i])
    return product, fits


@compiled
def _proposal(customer: Any, levers: Any, better: float, shown: float, needs: Truths) -> tuple[int, bool]:
    """An up-sell, the first needed product that is missing if that shows, or else the first missing."""
    if better < levers.upsell_share and customer.upsells < MOST_UPSELLS:
        return NO_PRODUCT, True
    first = NOTHING
    for rung in range(len(needs)):
        if (customer.products >> rung) & 1:
            continue
        if needs[rung] and shown < levers.relevance:
            return rung, True
        if first == NOTHING:
            first = rung
    return first, first != NOTHING and needs[first]


@compiled
def _accept(table: Any, who: Rows, now: float, found: tuple[Truths, Floats], operands: Operands) -> Truths:
    """Who accepts, see `Extension.offer`; `found` is whether the offer fits, and the luck of it."""
    levers = operands[0]
    fits, u = found
    accepts = np.empty(len(who), np.bool_)
    for i in range(len(who)):
        customer = table[who[i]]
        fatigue = fatigue_of(customer, now, levers.fatigue_half_life_days)
        log_odds = levers.if_needed if fits[i] else levers.if_unneeded
        log_odds += levers.commitment_to_acceptance * (customer.commitment - 0.5)
        log_odds -= levers.fatigue_to_acceptance * fatigue
        accepts[i] = u[i] < 1 / (1 + np.exp(-log_odds)) and customer.churned_at > now
        customer.fatigue = fatigue + 1
        customer.offered_at = now
    return accepts


@compiled
def _deliver(table: Any, who: Rows, product: Rows, price: Floats, operands: Operands) -> None:
    """Hand over what was accepted: further products or a better version of the present ones."""
    for i in range(len(who)):
        customer = table[who[i]]
        if product[i] == NO_PRODUCT:
            customer.upsells += 1
            customer.spend_rate /= operands[0].upsell_factor
        else:
            customer.products |= 1 << product[i]
            customer.held += 1
            customer.spend_rate /= 1 + price[product[i]]


@compiled
def _bear_costs(table: Any, visits: Records, costly_cost: float, cost_share: float) -> None:
    """Margin = amount x (1 - cost_share - share of the costly) - discount."""
    for i in range(len(visits)):
        visit = visits[i]
        customer = table[visit.row]
        share = 0.0
        if customer.is_costly and customer.treatment == _UNTREATED:
            share = costly_cost * customer.held
        visit.service_share = share
        customer.margin_quarter += visit.amount * (1 - cost_share - share) - visit.discount
