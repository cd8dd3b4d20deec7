"""What a second processor brings: an experiment in parallel beside the same runs one after the other."""

import subprocess
import sys
import time
from collections.abc import Iterator

import joblib

import sim
from sim.experiments.replicate import replicate_worlds, seeds

REPLICATIONS = 30
CUSTOMERS = 2_000  # at the opening
MONTHS = 24
WORKERS = 2


def report() -> None:
    """Seconds on one processor and on two, and the efficiency: serial / (workers x parallel).

    Workers take seconds to start, once: those of the first experiment serve the second, too.
    """
    what = f"2 worlds x {REPLICATIONS}, coffee, {CUSTOMERS:,} customers, {MONTHS} months"
    print(f"\n{what:55}  {'serial s':>9}  {'parallel s':>10}  {'efficiency':>10}")
    rows = "first experiment, workers start", "second experiment of a session"
    for row, serial, parallel in zip(rows, _in_fresh_process(1), _in_fresh_process(WORKERS), strict=True):
        print(f"{row:55}  {serial:>9.1f}  {parallel:>10.1f}  {serial / (WORKERS * parallel):>10.0%}")


def _in_fresh_process(jobs: int) -> list[float]:
    """Seconds of the first and of the second experiment there."""
    command = [sys.executable, "-m", __name__, str(jobs)]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [float(seconds) for seconds in printed.split()]


def seconds(jobs: int) -> Iterator[float]:
    """Of two experiments, with the packages imported here but no workers started."""
    coffee = sim.load("coffee").change({"acquisition.opening_customers": CUSTOMERS, "clock.months": MONTHS})
    worlds = {"as it is": coffee, "richer": coffee.change({"loyalty.points_per_unit": 2.0})}
    sim.simulate(coffee.change({"clock.months": 1}), 0)  # tables that are made once
    with joblib.parallel_config(n_jobs=jobs):
        for seed in (1, 2):
            start = time.perf_counter()
            replicate_worlds(worlds, seeds(seed, REPLICATIONS))
            yield time.perf_counter() - start


if __name__ == "__main__":
    print(*seconds(int(sys.argv[1])))
