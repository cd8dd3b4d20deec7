"""A finding of the literature and the worlds it is measured in; the tables are in `evidence`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pandas as pd

import sim
from sim.run import Run

MONTH = pd.Timedelta(days=365.25 / 12)
Levers = dict[str, object]
YEAR: Levers = {"clock.months": 12}
TWO_YEARS: Levers = {"clock.months": 24}


@dataclass(frozen=True)
class Finding:
    """A published result, which `measure(seed)` gives in one world.

    `reported` is the literature's figure in words, `tolerance` the range in which the simulated one agrees.
    """

    name: str
    source: str
    reported: str
    tolerance: tuple[float, float]
    measure: Callable[[int], float]
    seeds: int = 4
    comment: str = ""

    def tolerates(self, simulated: float) -> bool:
        """Whether a simulated figure agrees with the reported one."""
        low, high = self.tolerance
        return low <= simulated <= high


@cache
def _run(name: str, levers: tuple[tuple[str, object], ...], seed: int) -> Run:
    return sim.simulate(sim.load(name).change(dict(levers)), seed)


def run(name: str, seed: int, levers: Levers) -> Run:
    """A bundled scenario with some levers changed; lived once."""
    return _run(name, tuple(sorted(levers.items())), seed)


def nps(name: str) -> Callable[[int], float]:
    """NPS of the whole run of a scenario."""
    return lambda seed: float(run(name, seed, {}).kpis()["nps"])
