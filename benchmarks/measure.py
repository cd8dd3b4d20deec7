"""Time and peak memory of a function; every repetition has a process of its own, so none inherits memory."""

import resource
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

_TO_MIB = 2**20 if sys.platform == "darwin" else 2**10


@dataclass(frozen=True)
class Cost:
    """Purchases made, median seconds and peak memory in MiB."""

    purchases: int
    seconds: float
    peak_mib: float

    @property
    def rate(self) -> float:
        """Purchases per second."""
        return self.purchases / self.seconds


def cost(contestant: Callable[[int], int], customers: int, repetitions: int) -> Cost:
    """Run a contestant several times, each in a process of its own."""
    runs = [_in_fresh_process(contestant, customers) for _ in range(repetitions)]
    return Cost(
        purchases=runs[0].purchases,
        seconds=statistics.median(run.seconds for run in runs),
        peak_mib=max(run.peak_mib for run in runs),
    )


def _in_fresh_process(contestant: Callable[[int], int], customers: int) -> Cost:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_once, contestant, customers).result()


def _once(contestant: Callable[[int], int], customers: int) -> Cost:
    contestant(100)  # imports and tables that are made once
    start = time.perf_counter()
    purchases = contestant(customers)
    seconds = time.perf_counter() - start
    return Cost(purchases, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _TO_MIB)
