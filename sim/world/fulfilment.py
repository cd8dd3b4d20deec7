"""The kitchen: a day's orders share its places, first come first served; waiting makes them late and cold."""

from collections.abc import Iterable
from math import floor

import numpy as np

from sim.compiled import compiled
from sim.luck import Floats, Spline, log_gamma_quantile, value_at
from sim.scenario import Scenario
from sim.world.journal import Journal, Records
from sim.world.operands import Operands, operands
from sim.world.purposes import WORK
from sim.world.visit import Visit

WORK_SHAPE = 4.0  # of the gamma distribution of work: a coefficient of variation of one half
HOUR = 60.0  # minutes


class Fulfilment:
    """Works off one day's orders after the other; without a capacity nobody waits.

    Orders of a day depend on each other, so they are served together, and a customer who would order again on
    the same day orders with the next day's.
    """

    def __init__(self, scenario: Scenario, journal: Journal) -> None:
        self._journal = journal
        self._day = 0  # up to the start of which everybody is served
        self.change(scenario)

    def change(self, terms: Scenario) -> None:
        """These terms hold from a midnight on up to which all is served.

        `scores` are the purposes for whose luck it needs normal scores.
        """
        self._levers = terms.fulfilment
        self._operands = operands(terms.fulfilment)
        self.scores = (WORK,) if terms.fulfilment.capacity else ()

    def stretches(self, until: float) -> Iterable[float]:
        """Ends (days) of the stretches in which customers are to be served, one after the other."""
        first, self._day = self._day + 1, floor(until)
        if not self._levers.capacity:
            return (until,)
        return map(float, range(first, self._day + 1))

    def whole_days(self, until: float) -> float:
        """Until when orders can be served at `until` (days)."""
        return float(floor(until)) if self._levers.capacity else until

    def soonest(self, time: Floats) -> Floats:
        """Days before which those who order at `time` order no more: with a kitchen, the next midnight."""
        return np.floor(time) + 1 if self._levers.capacity else time

    def deliver(self, visit: Visit) -> None:
        """Record the minutes from order to delivery of one day's orders, and what fails because of them."""
        if self._levers.capacity:
            log_work = log_gamma_quantile(WORK_SHAPE)
            _deliver(visit.records, visit.time, visit.luck[WORK], log_work, self._operands)

    def pay(self, today: float, until: float) -> None:
        """Book the wages of the days from today until then."""
        levers = self._levers
        wages = levers.capacity * levers.opening_hours * levers.wage_per_hour * (until - today)
        self._journal.invoice("service", today, wages)


@compiled
def _deliver(visits: Records, time: Floats, score: Floats, log_work: Spline, operands: Operands) -> None:
    """Work is gamma distributed with a mean of `minutes_per_order`; `score` is the luck of it.

    The attributes "on time" and "warm" fail when an order takes longer than either allows.
    """
    levers = operands[0]
    by_time = np.argsort(time, kind="mergesort")
    ordered = (time - np.floor(time)) * (levers.opening_hours * HOUR)
    work = np.empty(len(visits))
    for i in range(len(visits)):
        work[i] = levers.minutes_per_order * np.exp(value_at(log_work, score[i])) / WORK_SHAPE
    took = sojourn(ordered[by_time], work[by_time], int(levers.capacity))
    for i in range(len(visits)):
        visit = visits[by_time[i]]
        visit.minutes = took[i]
        visit.failures = (took[i] > levers.promised_minutes) + (took[i] > levers.cold_minutes)


@compiled
def sojourn(arrival: Floats, work: Floats, places: int) -> Floats:
    """Time from arrival to completion of each case: first come first served at `places` equal places.

    `arrival` sorted, `work` the time each takes, all in one unit; shape (n,). The places are idle at first.
    Kiefer & Wolfowitz (1955): the next case starts when the first place is free.
    """
    free, took = np.zeros(places), np.empty(len(arrival))
    for i in range(len(arrival)):
        place = free.argmin()
        free[place] = max(arrival[i], free[place]) + work[i]
        took[i] = free[place] - arrival[i]
    return took
