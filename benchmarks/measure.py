"""Time and peak memory of a contestant; every repetition has a process of its own and inherits nothing."""

import gc
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol


class Contestant(Protocol):
    """What is measured. It travels to a fresh process; only `run` is timed."""

    def prepare(self, customers: int) -> Any:
        """What `run` needs: scenarios are read before the clock starts."""
        ...

    def run(self, prepared: Any) -> Any:
        """The work."""
        ...

    def judge(self, prepared: Any, result: Any) -> "Verdict":
        """Look at what came out, after the clock has stopped."""
        ...


@dataclass(frozen=True)
class Verdict:
    """Purchases made, and z-scores against what theory says of them, by name; none where it says nothing."""

    purchases: int
    scores: dict[str, float]
    has_log: bool = True

    @property
    def worst(self) -> tuple[str, float]:
        """The score farthest from 0, and of what it is."""
        return max(self.scores.items(), key=lambda one: abs(one[1]))


@dataclass(frozen=True)
class Cost:
    """A verdict, median seconds and peak memory in MiB."""

    verdict: Verdict
    seconds: float
    peak_mib: float

    @property
    def rate(self) -> float:
        """Purchases per second."""
        return self.verdict.purchases / self.seconds


def cost(contestant: Contestant, customers: int, repetitions: int) -> Cost:
    """Run a contestant several times, each in a process of its own."""
    return median([in_fresh_process(contestant, customers) for _ in range(repetitions)])


def median(runs: list[Cost]) -> Cost:
    """Of several runs of a contestant: the median time, the highest peak, and the verdict on the first."""
    return Cost(
        verdict=runs[0].verdict,
        seconds=statistics.median(run.seconds for run in runs),
        peak_mib=max(run.peak_mib for run in runs),
    )


def in_fresh_process(contestant: Contestant, customers: int) -> Cost:
    """Run a contestant once."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_once, contestant, customers).result()


def _once(contestant: Contestant, customers: int) -> Cost:
    prepared = contestant.prepare(customers)
    contestant.run(prepared)  # imports, compilation, tables made once; memory that a virtual machine lacks
    gc.collect()  # what that has left would be collected at any moment of the run
    start = time.perf_counter()
    result = contestant.run(prepared)
    seconds = time.perf_counter() - start
    peak_mib = _peak_mib()
    return Cost(contestant.judge(prepared, result), seconds, peak_mib)


def _peak_mib() -> float:
    """Of this process: on Linux `getrusage` would not forget what the parent needed."""
    told = Path("/proc/self/status")
    if told.exists():
        lines = told.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**10
    import resource  # not on Windows

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (2**20 if sys.platform == "darwin" else 2**10)
