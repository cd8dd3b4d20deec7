"""People who work on one case after the other, in SimPy: every case at its exact time.

Time is in days. A desk has a SimPy environment of its own, so that a department can let it work through a
stretch of time that customers have already lived.

Cases wait in a PriorityStore, from which the agents take them. Requests of a PriorityResource would read the
same, but SimPy sorts all of them again whenever one is added: an overloaded desk would never finish.
"""

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.luck import Floats

# Days, about a microsecond. Sums of whole ticks are exact, so nothing depends on where `run` stops.
_TICK = 2.0**-36
_TAKEN = np.dtype([("number", np.int64), ("start", np.float64), ("end", np.float64)])

Case = tuple[float, float, int, float]  # priority, day, number, work: the order in which they are taken
Process = Generator[simpy.Event, Any, None]


def on_the_tick(days: Floats) -> Floats:
    """Days rounded up to the next tick of the desk's clock, which is about a microsecond later at most."""
    return np.ceil(days / _TICK) * _TICK


_LEAVE = -1  # the number of what looks like a case of utmost priority: whoever takes it goes home


class Desk:
    """`agents` people; among the cases that wait, the smallest priority comes first, then the oldest."""

    def __init__(self, agents: int) -> None:
        self._env = simpy.Environment()
        self._waiting = simpy.PriorityStore(self._env)
        self._taken: list[tuple[int, float, float]] = []
        self._agents = 0
        self.staff(agents)

    def staff(self, agents: int) -> None:
        """So many people from the end of the last `run` on; who is too many leaves after the case in hand."""
        for _ in range(self._agents, agents):
            self._env.process(self._agent())
        for _ in range(agents, self._agents):
            self._waiting.put((-np.inf, self._env.now, _LEAVE, 0.0))
        self._agents = agents

    def open(self, number: NDArray[np.int64], day: Floats, work: Floats, priority: Floats) -> None:
        """Cases by number, each coming on `day` (not before the last `run`) with `work` days of work."""
        order = np.lexsort((priority, day))
        come, takes = on_the_tick(np.array([day, work]))
        columns = (column[order].tolist() for column in (priority, come, number, takes))
        self._env.process(self._arrivals(list(zip(*columns, strict=True))))

    def run(self, until: float) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Work until that day; returns number, start and end of the cases taken up since the last call."""
        stop = float(np.floor(until / _TICK) * _TICK)
        if stop > self._env.now:
            self._env.run(stop)
        taken, self._taken = np.array(self._taken, _TAKEN), []
        return taken["number"], taken["start"], taken["end"]

    def _arrivals(self, cases: list[Case]) -> Process:
        for case in cases:
            yield self._env.timeout(case[1] - self._env.now)
            self._waiting.put(case)

    def _agent(self) -> Process:
        while True:
            _, _, number, work = yield self._waiting.get()
            if number == _LEAVE:
                return
            self._taken.append((number, self._env.now, self._env.now + work))
            yield self._env.timeout(work)
