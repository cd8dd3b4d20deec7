"""The loyalty department: the tools in use, asked together by the phases that serve customers."""

import numpy as np

from sim.luck import Floats
from sim.scenario import Scenario
from sim.world.customers import Customers, Rows
from sim.world.journal import Journal
from sim.world.loyalty.discounts import Discounts
from sim.world.loyalty.membership import Membership, has_members
from sim.world.loyalty.points import Points
from sim.world.loyalty.privileges import Privileges
from sim.world.loyalty.rebates import Rebates
from sim.world.loyalty.tool import NOBODY, Tool, Visit


class Loyalty:
    """All tools that are in use at some time of the scenario; one that never is leaves no trace."""

    def __init__(self, scenario: Scenario, customers: Customers, journal: Journal) -> None:
        self._customers = customers
        terms = scenario.at(0)
        self._changes = {change.month: scenario.at(change.month) for change in scenario.changes}
        ever = [terms, *self._changes.values()]
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
        self._pulling, self._holding = self._those_that("pull"), self._those_that("hold")

    def price(self, visit: Visit) -> None:
        """Let every tool act before customers pay."""
        for tool in self._pricing:
            tool.price(visit)

    def reward(self, visit: Visit) -> None:
        """Let every tool act after they have paid."""
        for tool in self._rewarding:
            tool.reward(visit)

    def add_forces(self, who: Rows, time: Floats, pull: Floats, hold: Floats) -> tuple[Floats, Floats]:
        """Pull and hold of customers `who` at `time` (days), with what the tools add to them."""
        for tool in self._pulling:
            pull = pull + tool.pull(who, time)
        for tool in self._holding:
            hold = hold + tool.hold(who, time)
        return pull, hold

    def _those_that(self, act: str) -> list[Tool]:
        """The tools that do this: those that override it."""
        return [tool for tool in self._tools if getattr(type(tool), act) is not getattr(Tool, act)]

    def statement(self, number: int, now: float) -> Rows:
        """Close the month `number` of every tool on the day `now`; returns the rows of those it may touch."""
        return np.concatenate([NOBODY, *(tool.statement(number, now) for tool in self._tools)])

    def opens(self, month: int) -> bool:
        """Whether the first day of this month (from 0) brings new terms or a deal."""
        return month in self._changes or (self._discounts is not None and self._discounts.is_due(month))

    def open(self, month: int, today: float) -> tuple[int, Rows]:
        """Change the terms due today, the first day of this month, and begin its deal.

        Returns how many days the deal lasts, 0 if there is none, and the rows of those it all may touch.
        """
        if month in self._changes:
            for tool in self._tools:
                tool.change(self._changes[month])
        days = self._discounts.begin(month, today) if self._discounts else 0
        if month in self._changes:
            return days, np.arange(len(self._customers))
        return days, self._discounts.reached(today) if self._discounts else NOBODY

    def end_deal(self, now: float) -> Rows:
        """The deal of this month is over; returns the rows of those whom that may touch."""
        return self._discounts.end(now) if self._discounts else NOBODY
