"""People who work on one case after the other: a SimPy priority resource, every case at its exact time.

Time is in days. A desk has a SimPy environment of its own, so that a department can let it work through a
stretch of time that customers have already lived.
"""

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.luck import Floats


class Desk:
    """`agents` people; among the cases that wait, the smallest priority comes first, then the oldest."""

    def __init__(self, agents: int) -> None:
        self._env = simpy.Environment()
        self._agents = simpy.PriorityResource(self._env, agents)
        self._taken: list[tuple[int, float, float]] = []

    def open(self, number: NDArray[np.int64], day: Floats, work: Floats, priority: Floats) -> None:
        """Cases by number, each coming on `day` (not before the last `run`) with `work` days of work."""
        for case in zip(number.tolist(), day.tolist(), work.tolist(), priority.tolist(), strict=True):
            self._env.process(self._case(*case))

    def run(self, until: float) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Work until that day; returns number, start and end of the cases taken up since the last call."""
        self._env.run(until)
        taken, self._taken = self._taken, []
        table = np.array(taken, dtype=[("number", np.int64), ("start", np.float64), ("end", np.float64)])
        return table["number"], table["start"], table["end"]

    def _case(self, number: int, day: float, work: float, priority: float) -> Generator[Any, None, None]:
        yield self._env.timeout(day - self._env.now)
        with self._agents.request(priority) as turn:  # type: ignore[arg-type]  # any order will do
            yield turn
            self._taken.append((number, self._env.now, self._env.now + work))
            yield self._env.timeout(work)
