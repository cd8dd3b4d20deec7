"""The loyalty department: the tools in use, asked together by the phases that serve customers."""

import numpy as np

from sim.luck import Floats
from sim.scenario import PROGRAMS, Scenario
from sim.world.customers import Customers, Rows
from sim.world.journal import Journal
from sim.world.loyalty.discounts import Discounts
from sim.world.loyalty.membership import Membership, has_members
from sim.world.loyalty.points import Points
from sim.world.loyalty.privileges import Privileges
from sim.world.loyalty.rebates import Rebates
from sim.world.loyalty.tool import NOBODY, Tool
from sim.world.visit import Visit


class Loyalty:
    """All tools that are in use at some time of the scenario; one that never is leaves no trace."""

    def __init__(self, scenario: Scenario, customers: Customers, journal: Journal) -> None:
        self._customers = customers
        ever = list(scenario.eras().values())
        self._terms = terms = ever[0]
        used = {tool for one in ever for tool in one.tools()}
        self._discounts = Discounts(terms, customers) if "discounts" in used else None
        self._tools: list[Tool] = []
        if any(has_members(one) for one in ever):
            self._tools.append(Membership(terms, customers))
        if "privileges" in used:
            self._tools.append(Privileges(ever, customers, journal))
        if "points" in used:
            self._tools.append(Points(ever, customers, journal))
        if self._discounts:
            self._tools.append(self._discounts)
        if "rebates" in used:
            self._tools.append(Rebates(terms, customers, journal))
        self.purposes = tuple(purpose for tool in self._tools for purpose in tool.purposes)
        self._pricing, self._rewarding = self._those_that("price"), self._those_that("reward")

    def price(self, visit: Visit) -> None:
        """Let every tool act before customers pay."""
        for tool in self._pricing:
            tool.price(visit)

    def reward(self, visit: Visit) -> None:
        """Let every tool act after they have paid."""
        for tool in self._rewarding:
            tool.reward(visit)

    def add_forces(self, who: Rows, time: Floats, pull: Floats, hold: Floats) -> None:
        """Add what the tools do to the pull and hold of customers `who` at `time` (days)."""
        for tool in self._tools:
            tool.add_forces(who, time, pull, hold)

    def _those_that(self, act: str) -> list[Tool]:
        """The tools that do this: those that override it."""
        return [tool for tool in self._tools if getattr(type(tool), act) is not getattr(Tool, act)]

    def statement(self, number: int, now: float) -> Rows:
        """Close the month `number` of every tool on the day `now`; returns the rows of those it may touch."""
        return np.concatenate([NOBODY, *(tool.statement(number, now) for tool in self._tools)])

    def change(self, terms: Scenario) -> Rows:
        """From now on these terms hold; returns the rows of those whom that may touch."""
        before, self._terms = self._terms, terms
        if all(getattr(before, section) == getattr(terms, section) for section in PROGRAMS):
            return NOBODY
        for tool in self._tools:
            tool.change(terms)
        return np.arange(len(self._customers))

    def has_deal(self, month: int) -> bool:
        """Whether this month (from 0) has a deal under the present terms."""
        return self._discounts is not None and self._discounts.is_due(month)

    def begin_deal(self, month: int, today: float) -> tuple[int, Rows]:
        """Begin the deal of this month (from 0) on `today`, its first day, if it has one.

        Returns how many days it lasts, 0 if there is none, and the rows of those whom it may touch.
        """
        if self._discounts is None:
            return 0, NOBODY
        return self._discounts.begin(month, today), self._discounts.reached(today)

    def end_deal(self, now: float) -> Rows:
        """The deal of this month is over; returns the rows of those whom that may touch."""
        return self._discounts.end(now) if self._discounts else NOBODY
