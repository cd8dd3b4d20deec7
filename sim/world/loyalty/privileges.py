"""Privileges: tiers of members by what they paid, what the tiers bring and cost, and who envies them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled
from sim.luck import Floats
from sim.scenario import Scenario
from sim.world.churn import MONTH
from sim.world.customers import NEVER, Customers, Rows
from sim.world.experience import BEST, WORST
from sim.world.journal import RESPONSES, TOUCHES, Journal, Records
from sim.world.loyalty.tool import NOBODY, Tool
from sim.world.operands import Operands, operands
from sim.world.visit import Visit

TIERS = ("none", "silver", "gold", "platinum")
YEAR = 365.0  # days for which a purchase makes a customer one whom others compare themselves with

_NO_PRODUCT = -1

Levels = NDArray[np.int64]


class Privileges(Tool):
    """Tiers, decided at every statement; between statements they only work.

    What a member pays counts from the purchase on at which he joins, whatever the terms were then, less what
    he returns. A customer whose end is on record keeps the last tier, but costs nothing any more.
    """

    def __init__(self, all_terms: list[Scenario], customers: Customers, journal: Journal) -> None:
        """All terms that hold at some time of the run, those at its start first."""
        self._customers = customers
        self._journal = journal
        self._longest = max(terms.privileges.period_months for terms in all_terms)
        self._paid: dict[int, Floats] = {}  # the customers' `paid` at past statements, by number
        self._envied = 0.0  # points of 10 that a purchase loses for those without a tier
        self.change(all_terms[0])

    def change(self, terms: Scenario) -> None:
        self._levers = levers = terms.privileges
        self._operands = operands(levers)
        self._spend = np.array([levers.silver_spend, levers.gold_spend, levers.platinum_spend])
        self._levels = np.append(0, 1 + np.flatnonzero(self._spend > 0))
        self._give_priority()

    def price(self, visit: Visit) -> None:
        """Tiers delight their members, in proportion to the level, and annoy all others."""
        _delight(self._customers.table, visit.who, self._operands, self._envied, visit.favour)

    def reward(self, visit: Visit) -> None:
        """What members pay qualifies, but for what they will have returned by the next statement."""
        _qualify(self._customers.table, visit.records)

    def add_forces(self, who: Rows, time: Floats, pull: Floats, hold: Floats) -> None:
        """Status speeds, the less the more cards of rivals there are; and it holds."""
        _add_status(self._customers.table, who, self._operands, pull, hold)

    def statement(self, number: int, now: float) -> Rows:
        """Pay for the tiers of the month, then decide them anew.

        A level is reached at once. Who qualifies for the present level, or a higher one, holds it for
        `validity_months` statements more. A tier that has run out falls one level that exists, for another
        validity, or resets; never below the level qualified for. A level abolished is lost at once.
        """
        customers, dealt_with = self._customers, self._dealt_with(now)
        who = np.flatnonzero((customers.member_since <= now) & dealt_with)
        before = customers.tier[who].astype(np.int64)
        self._pay(int(before.sum()), now)
        after = self._decide(who, before, self._qualified(number)[who], now)
        self._remember(number)
        self._give_priority()
        self._envied = self._levers.envy * self._share_with_a_tier(dealt_with, now)
        moved = after != before
        return self._tell(who[moved], (after - before)[moved], now)

    def _dealt_with(self, now: float) -> NDArray[np.bool_]:
        """Customers whose end is not on record."""
        return (self._customers.cancelled_at > now) & (self._customers.terminated_at > now)

    def _qualified(self, number: int) -> Levels:
        """The highest level whose spend each customer has reached in the qualifying period."""
        spent = self._spent(number)
        level = np.zeros(spent.size, np.int64)
        for reached in self._levels[1:]:
            level[spent >= self._spend[reached - 1]] = reached
        return level

    def _spent(self, number: int) -> Floats:
        """What each customer paid in the qualifying period, to the cent."""
        months = self._levers.period_months
        rolling = self._levers.period == "rolling"
        before = self._paid.get(number - months if rolling else number // months * months - 1, np.empty(0))
        spent = self._customers.paid.copy()
        spent[: before.size] -= before
        return np.round(spent, 2)

    def _remember(self, number: int) -> None:
        """Keep what was paid so far for as long as any period reaches back."""
        self._paid[number] = self._customers.paid.copy()
        self._paid.pop(number - self._longest, None)

    def _decide(self, who: Rows, before: Levels, qualified: Levels, now: float) -> Levels:
        """Give `who` the levels that are theirs from now on; returns them."""
        customers, levers = self._customers, self._levers
        kept = self._levels[np.searchsorted(self._levels, before, side="right") - 1]
        below = self._levels[np.maximum(np.searchsorted(self._levels, kept) - 1, 0)]
        landing = np.maximum(qualified, below) if levers.landing == "soft" else qualified
        run_out = customers.tier_until[who] <= now + MONTH / 2  # months differ: the statement nearest to it
        after = np.where(run_out, landing, np.maximum(qualified, kept))
        renewed = now + levers.validity_months * MONTH
        until = np.where(run_out | (qualified >= kept), renewed, customers.tier_until[who])
        customers.tier[who], customers.tier_until[who] = after, np.where(after > 0, until, NEVER)
        return after

    def _give_priority(self) -> None:
        customers, level = self._customers, self._levers.priority_level
        customers.has_priority[:] = customers.tier >= level if level else False

    def _share_with_a_tier(self, dealt_with: NDArray[np.bool_], now: float) -> float:
        """Of the customers with a recent purchase."""
        customers = self._customers
        seen = dealt_with & (customers.last_purchase > now - YEAR)
        return float((customers.tier[seen] > 0).mean()) if seen.any() else 0.0

    def _tell(self, who: Rows, rise: Levels, now: float) -> Rows:
        """Record promotions and demotions, and let `who` feel them; returns those who may act on them."""
        if not who.size:
            return NOBODY
        levers = self._levers
        self._touch(who, rise > 0, now)
        self._feel(who, np.where(rise > 0, levers.promotion_joy, levers.demotion_pain) * rise)
        acts = levers.promotion_joy or levers.demotion_pain or levers.status_to_pace or levers.status_to_loss
        return who if acts else NOBODY

    def _touch(self, who: Rows, rises: NDArray[np.bool_], now: float) -> None:
        self._journal.record(
            "touchpoints",
            row=who,
            day=now,
            kind=np.where(rises, TOUCHES.index("promotion"), TOUCHES.index("demotion")),
            product=_NO_PRODUCT,
            response=RESPONSES.index("none"),
        )

    def _feel(self, who: Rows, change: Floats) -> None:
        """Change satisfaction, within what can be felt."""
        who, change = who[change != 0], change[change != 0]
        satisfaction = self._customers.satisfaction
        satisfaction[who] = np.minimum(np.maximum(satisfaction[who] + change, WORST), BEST)

    def _pay(self, levels: int, now: float) -> None:
        """Book what the privileges of the month cost, for so many levels altogether."""
        self._journal.invoice("program", now, levels * self._levers.benefit_cost)


@compiled
def _delight(table: Any, who: Rows, operands: Operands, envied: float, favour: Floats) -> None:
    """Favour += benefit_delight x tier; without a tier, -= what envy takes."""
    levers = operands[0]
    for i in range(len(who)):
        tier = table[who[i]].tier
        favour[i] += levers.benefit_delight * tier
        if tier == 0:
            favour[i] -= envied


@compiled
def _qualify(table: Any, visits: Records) -> None:
    for i in range(len(visits)):
        visit = visits[i]
        customer = table[visit.row]
        if customer.member_since <= visit.day and not visit.returned:
            customer.paid += visit.amount - visit.discount


@compiled
def _add_status(table: Any, who: Rows, operands: Operands, pull: Floats, hold: Floats) -> None:
    """Pull += status_to_pace x tier x dilution by rivals; hold += status_to_loss x tier."""
    levers = operands[0]
    for i in range(len(who)):
        customer = table[who[i]]
        pull[i] += levers.status_to_pace * customer.tier * customer.dilution
        hold[i] += levers.status_to_loss * customer.tier
