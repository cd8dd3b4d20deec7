"""People who work on one case after the other, in SimPy: every case at its exact time.

Time is in days. A desk has a SimPy environment of its own, so that a department can let it work through a
stretch of time that customers have already lived.

Agents are processes that sleep while they work: at most one event a case, and none if nothing else happens
before it ends. What comes while all are busy is looked at when somebody is free again, and who is free with
nobody waiting takes the next case that will come. Requests of a PriorityResource or a PriorityStore would be
four events a case, and SimPy sorts all requests of a PriorityResource again whenever one is added: an
overloaded desk would never finish.
"""

from collections.abc import Generator
from heapq import heappop, heappush
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.luck import Floats

# Days, about a microsecond. Sums of whole ticks are exact, so nothing depends on where `run` stops.
_TICK = 2.0**-36

Case = tuple[float, float, int, float]  # day, priority, number, work
Process = Generator[simpy.Event, Any, None]


def on_the_tick(days: Floats) -> Floats:
    """Days rounded up to the next tick of the desk's clock, which is about a microsecond later at most."""
    return np.ceil(days / _TICK) * _TICK


class Desk:
    """`agents` people; among the cases that wait, the smallest priority comes first, then the oldest."""

    def __init__(self, agents: int) -> None:
        self._env = simpy.Environment()
        self._idle: list[simpy.Event] = []  # one for each who waits for the next stretch, with nothing to do
        self._until = 0.0
        self._coming: list[Case] = []  # by day, the next one last
        self._waiting: list[tuple[float, Case]] = []  # a heap, by priority
        self._taken: list[float] = []  # number, start and end of one case after the other
        self._agents = self._leaving = 0
        self.staff(agents)

    def staff(self, agents: int) -> None:
        """So many people from the end of the last `run` on; who is too many leaves after the case in hand."""
        for _ in range(self._agents, agents):
            self._env.process(self._agent())
        self._leaving += max(self._agents - agents, 0)
        self._agents = agents

    def open(self, number: NDArray[np.int64], day: Floats, work: Floats, priority: Floats) -> None:
        """Cases by number, each coming on `day` (not before the last `run`) with `work` days of work."""
        come, takes = on_the_tick(np.array([day, work]))
        self._coming += zip(come.tolist(), priority.tolist(), number.tolist(), takes.tolist(), strict=True)
        self._coming.sort(reverse=True)

    def run(self, until: float) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Work until that day; returns number, start and end of the cases taken up since the last call."""
        self._until = float(np.floor(until / _TICK) * _TICK)
        if self._until > self._env.now:
            idle, self._idle = self._idle, []
            for agent in idle:
                agent.succeed()
            self._env.run(self._until)
        taken, self._taken = np.array(self._taken).reshape(-1, 3), []
        number, start, end = taken.T.copy()
        return number.astype(np.int64), start, end

    def _agent(self) -> Process:
        while not self._leaving:
            yield self._work()
        self._leaving -= 1

    def _work(self) -> simpy.Event:
        """Take case after case until something else happens before the end of one: that end is returned.

        Or the next stretch, if there is no case left in this one.
        """
        now = end = self._env.now
        while True:
            case = self._next(end)
            if case is None:
                self._idle.append(self._env.event())
                return self._idle[-1]
            day, _, number, work = case
            start = max(day, end)
            end = start + work
            self._taken += (number, start, end)
            if end >= self._env.peek():
                return self._env.timeout(end - now)

    def _next(self, now: float) -> Case | None:
        """The first of those who wait; with nobody waiting, who comes next in this stretch, if anybody does.

        Whoever is free by then would take up the latter at once, so it can be decided now who does.
        """
        self._let_in(now)
        if self._waiting:
            return heappop(self._waiting)[1]
        if self._coming and self._coming[-1][0] < self._until:
            return self._coming.pop()
        return None

    def _let_in(self, now: float) -> None:
        while self._coming and self._coming[-1][0] <= now:
            case = self._coming.pop()
            heappush(self._waiting, (case[1], case))
