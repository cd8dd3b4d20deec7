"""The kitchen: a day's orders share its places, first come first served; waiting makes them late and cold."""

from collections.abc import Iterable
from math import floor

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled
from sim.luck import Draws, Floats, gamma
from sim.scenario import Scenario
from sim.world.foresight import Makers
from sim.world.journal import Journal
from sim.world.purposes import WORK

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

        `makers` may be others now.
        """
        self._levers = terms.fulfilment
        self._limits = np.sort([self._levers.promised_minutes, self._levers.cold_minutes])
        self.makers: Makers = {WORK: self._work} if self._levers.capacity else {}

    def stretches(self, until: float) -> Iterable[float]:
        """Ends (days) of the stretches in which customers are to be served, one after the other."""
        first, self._day = self._day + 1, floor(until)
        if not self._levers.capacity:
            return (until,)
        return map(float, range(first, self._day + 1))

    def whole_days(self, until: float) -> float:
        """Until when orders can be served at `until` (days)."""
        return float(floor(until)) if self._levers.capacity else until

    def no_sooner(self, time: Floats, following: Floats) -> Floats:
        """Days of the following orders: those for the same day move to the next."""
        return np.maximum(following, np.floor(time) + 1) if self._levers.capacity else following

    def minutes(self, time: Floats, luck: Draws) -> Floats:
        """Minutes from order to delivery of one day's orders, in any order; 0 without a capacity."""
        levers = self._levers
        if not levers.capacity:
            return np.zeros(len(time))
        return _minutes(time, luck[WORK], levers.opening_hours * HOUR, levers.capacity)

    def _work(self, u: Floats) -> Floats:
        return self._levers.minutes_per_order * gamma(u, WORK_SHAPE) / WORK_SHAPE

    def failures(self, minutes: Floats) -> NDArray[np.int64]:
        """How many of the attributes "on time" and "warm" fail at each order, 0 to 2."""
        return self._limits.searchsorted(minutes)

    def pay(self, today: float, until: float) -> None:
        """Book the wages of the days from today until then."""
        levers = self._levers
        wages = levers.capacity * levers.opening_hours * levers.wage_per_hour * (until - today)
        self._journal.invoice("service", today, wages)


@compiled
def _minutes(time: Floats, work: Floats, open_minutes: float, places: int) -> Floats:
    by_time = np.argsort(time, kind="mergesort")
    ordered = (time - np.floor(time)) * open_minutes
    took = np.empty(len(time))
    took[by_time] = sojourn(ordered[by_time], work[by_time], places)
    return took


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
