"""One company in one world: a SimPy environment whose departments work on a shared customer table.

Times are days since the start of the scenario's clock. Every department has its own rhythm; one that looks at
customers first has retention serve everybody up to the present. Purchases and tickets keep their exact times
whatever the rhythm; only what the desk did is felt no sooner than the next review.
"""

from collections.abc import Generator
from itertools import pairwise

import numpy as np
import pandas as pd
import simpy

from sim.luck import Floats, Luck
from sim.scenario import Scenario
from sim.world.acquisition import Acquisition
from sim.world.customers import Customers, Rows
from sim.world.extension import Extension
from sim.world.journal import Journal
from sim.world.lots import month_start
from sim.world.loyalty import NOBODY, Loyalty
from sim.world.retention import Departments, Retention
from sim.world.service import Service
from sim.world.surveys import Surveys

A_MOMENT = 1e-6  # days; the rounding of a sum of days is far below
Process = Generator[simpy.events.Event, None, None]


def month_starts(scenario: Scenario) -> pd.DatetimeIndex:
    """First moment of every month of the simulation and of the month after it, shape (months + 1,)."""
    starts = month_start(np.datetime64(scenario.clock.start, "D"), np.arange(scenario.clock.months + 1))
    return pd.DatetimeIndex(starts.astype("datetime64[s]"))


def month_edges(scenario: Scenario) -> Floats:
    """The same in days since the start, shape (months + 1,)."""
    starts = month_starts(scenario)
    return (starts - starts[0]).days.to_numpy(float)


class World:
    """A scenario and a seed, lived to the horizon by `run`; `customers` and `journal` then hold all of it.

    `edges` are the first days of all months and of the month after them.
    """

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.luck = Luck(seed)
        self.customers = Customers()
        self.journal = Journal()
        self._eras = scenario.eras()
        self._env = simpy.Environment()
        self.edges = month_edges(scenario)
        self.horizon = float(self.edges[-1])
        self._served_at = 0.0
        parts = (scenario, self.luck, self.customers, self.journal)
        self._acquisition = Acquisition(*parts)
        self._service = Service(*parts)
        self._extension = Extension(*parts)
        self._loyalty = Loyalty(scenario, self.customers, self.journal)
        departments = Departments(self._service, self._extension, self._loyalty)
        self._retention = Retention(*parts, departments)
        self._surveys = Surveys(*parts)

    def run(self) -> None:
        """Live from the first day to the horizon."""
        self._acquisition.open()
        self._retention.reconsider(np.arange(len(self.customers)), 0.0)
        for department in (self._open_month(), self._review(), self._close_month()):
            self._env.process(department)
        self._env.run(until=self.horizon)
        self._serve()
        self._service.close(self.horizon)

    def _serve(self) -> None:
        """Have retention serve everybody who is due by now, and the desk tell them what it has done."""
        now = self._env.now
        served_until = self._retention.serve(now)
        self._retention.reconsider(self._service.report(served_until), served_until)
        self._served_at = now

    def _open_month(self) -> Process:
        """On the first day of a month: change the terms, pay for it, meet its leads, begin its deal."""
        for number, (today, month_end) in enumerate(pairwise(self.edges)):
            yield self._env.timeout(today - self._env.now)
            changes = number > 0 and number in self._eras
            touched = self._change(self._eras[number], today) if changes else NOBODY
            self._retention.pay(today, month_end)
            self._acquisition.admit(month_end)
            if touched.size or self._loyalty.has_deal(number):
                self._retention.serve(today)  # no review: what the desk did is felt when it would have been
                days, reached = self._loyalty.begin_deal(number, today)
                self._retention.reconsider(np.union1d(touched, reached), today)
                if days:
                    self._env.process(self._end_deal(days))

    def _change(self, terms: Scenario, today: float) -> Rows:
        """Let all before `today` go by the old terms, the rest by these; returns whom that may touch now."""
        self._retention.serve(today)
        self._service.catch_up(today)
        for department in (self._acquisition, self._service, self._extension, self._surveys):
            department.change(terms)
        touched = self._loyalty.change(terms)
        self._retention.change(terms)
        return touched

    def _end_deal(self, days: float) -> Process:
        yield self._env.timeout(days)
        now = self._env.now
        self._retention.serve(now)
        self._retention.reconsider(self._loyalty.end_deal(now), now)

    def _review(self) -> Process:
        """Serve the customers when nobody has asked for it during one step.

        It ends with the last step: a process that waited on would keep the whole world in memory.
        """
        step = self.scenario.clock.step_days
        while (due := self._served_at + step) < self.horizon:
            yield self._env.timeout(due - self._env.now)
            if self._env.now - self._served_at > step - A_MOMENT:
                self._serve()

    def _close_month(self) -> Process:
        """On the last day of every month, after all purchases before it: survey, offers, word of mouth."""
        for number, month_end in enumerate(self.edges[1:]):
            yield self._env.timeout(month_end - 1 - self._env.now)
            now = self._env.now
            self._serve()
            self._surveys.wave(number, now)
            changed = [self._loyalty.statement(number, now), self._extension.offer(number, now)]
            if number % 3 == 2:
                changed.append(self._extension.end_quarter(number // 3, now))
            self._retention.reconsider(np.unique(np.concatenate(changed)), now)
            self._acquisition.listen(now)
