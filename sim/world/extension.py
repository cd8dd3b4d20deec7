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
from sim.world.purposes import ACCEPTS, NEED, OFFERED, OPT_OUT, RELEVANT, TREATED, UPSELL
from sim.world.visit import Visit

TREATMENTS = ("none", "reprice", "self-service", "part")
MOST_UPSELLS = 3  # accepted by one customer
NO_PRODUCT = -1  # an up-sell improves what the customer has

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
        self._deliver(who[accepts], product[accepts])
        self._tire(who, now)
        self._touch(who, now, product, accepts)
        self._let_opt_out(who, month, now)
        self._pay(len(who), now)
        return who if self._levers.fatigue_to_pace > 0 else who[accepts]

    def fatigue(self, who: Rows, time: Floats) -> Floats:
        """Recent offers to customers `who` at `time` (days, not before their latest offer).

        Each offer counts 2^(-age / half-life).
        """
        return _fatigue(self._customers.table, who, time, self.fatigue_half_life_days)

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
        loses = (np.round(customers.margin_quarter, 2) < 0) & (np.round(customers.margin_before, 2) < 0)
        who = np.flatnonzero(loses & self._recorded_as_active(now))
        who = who[self._luck.uniform(TREATED, customers.key[who], number) < self._levers.termination_share]
        self._treat(who, now)
        customers.margin_before[:] = customers.margin_quarter
        customers.margin_quarter[:] = 0.0
        return who

    def _recorded_as_active(self, now: float) -> Truths:
        """Customers whom no record calls gone and with whom the company still deals as with the others."""
        customers = self._customers
        untreated = customers.treatment == _UNTREATED
        return untreated & (customers.cancelled_at > now) & (customers.terminated_at > now)

    def _addressed(self, month: int, now: float) -> Rows:
        """Regulars who may be written to, and to whom this month's luck falls."""
        customers, levers = self._customers, self._levers
        regular = customers.purchases >= levers.regular_purchases
        recent = customers.last_purchase > now - levers.recent_days
        reachable = self._recorded_as_active(now) & (customers.opted_out_at > now)
        who = np.flatnonzero(regular & recent & reachable)
        return who[self._luck.uniform(OFFERED, customers.key[who], month) < levers.offers_share]

    def _propose(self, who: Rows, month: int) -> tuple[Rows, Rows, Truths]:
        """Who gets an offer, of which product, and whether it fits; nobody for whom nothing is left."""
        customers, levers = self._customers, self._levers
        better, shown = self._luck.uniform((UPSELL, RELEVANT), customers.key[who], month)
        upsell = (better < levers.upsell_share) & (customers.upsells[who] < MOST_UPSELLS)
        missing = (customers.products[who] >> self._rung[:, None]) & 1 == 0
        fitting = missing & self._needs(who)
        known = (shown < levers.relevance) & fitting.any(axis=0)
        rung = _first(np.where(known, fitting, missing))
        fits = upsell | (fitting & (self._rung[:, None] == rung)).any(axis=0)
        some = upsell | missing.any(axis=0)
        return who[some], np.where(upsell, NO_PRODUCT, rung)[some], fits[some]

    def _needs(self, who: Rows) -> Truths:
        """Whether each product (rows) is truly needed by each of `who` (columns): a lasting trait."""
        u = self._luck.uniform(NEED, self._customers.key[who][None], self._rung[:, None])
        return u < self._need[:, None]

    def _accepts(self, who: Rows, fits: Truths, month: int, now: float) -> Truths:
        customers, levers = self._customers, self._levers
        log_odds = (
            logit(np.where(fits, levers.acceptance, levers.unneeded_acceptance))
            + levers.commitment_to_acceptance * (customers.commitment[who] - 0.5)
            - levers.fatigue_to_acceptance * self.fatigue(who, np.full(who.size, now))
        )
        u = self._luck.uniform(ACCEPTS, customers.key[who], month)
        return (u < expit(log_odds)) & (customers.churned_at[who] > now)

    def _deliver(self, who: Rows, product: Rows) -> None:
        """Hand over what was accepted: further products (index) or a better version of the present ones."""
        customers, further = self._customers, product != NO_PRODUCT
        buyers, bought, improved = who[further], product[further], who[~further]
        customers.products[buyers] |= 1 << bought
        customers.held[buyers] += 1
        customers.spend_rate[buyers] /= 1 + self._price[bought]
        customers.upsells[improved] += 1
        customers.spend_rate[improved] /= np.exp(self._levers.upsell_lift)

    def _tire(self, who: Rows, now: float) -> None:
        self._customers.fatigue[who] = self.fatigue(who, np.full(who.size, now)) + 1
        self._customers.offered_at[who] = now

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
    """Recent offers to a customer at `time` (days): each counts 2^(-age / half-life)."""
    return customer.fatigue * np.exp2(-(time - customer.offered_at) / half_life_days)


@compiled
def _fatigue(table: Any, who: Rows, time: Floats, half_life_days: float) -> Floats:
    fatigue = np.empty(len(who))
    for i in range(len(who)):
        fatigue[i] = fatigue_of(table[who[i]], time[i], half_life_days)
    return fatigue


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


def _first(marked: Truths) -> Rows:
    """The first marked row of each column; the number of rows where none is."""
    return (~np.logical_or.accumulate(marked, axis=0)).sum(axis=0)
