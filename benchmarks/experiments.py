"""What a second processor brings: an experiment in parallel beside the same runs one after the other."""

import subprocess
import sys
import time

import joblib

import sim
from sim.experiments.replicate import replicate_worlds, seeds

REPLICATIONS = 30
CUSTOMERS = 2_000  # at the opening
MONTHS = 24
WORKERS = 2


def report() -> None:
    """Seconds on one processor and on two, and the efficiency: serial / (workers x parallel)."""
    print(f"\n{'Experiment: runs in all':50}  {'serial s':>9}  {'parallel s':>10}  {'efficiency':>10}")
    serial, parallel = (_in_fresh_process(jobs) for jobs in (1, WORKERS))
    what = f"2 worlds x {REPLICATIONS}, coffee, {CUSTOMERS:,} customers, {MONTHS} months"
    print(f"{what:50}  {serial:>9.1f}  {parallel:>10.1f}  {serial / (WORKERS * parallel):>10.0%}")


def _in_fresh_process(jobs: int) -> float:
    """Seconds of the experiment; processes that are ready from an earlier one do not count."""
    command = [sys.executable, "-m", __name__, str(jobs)]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def seconds(jobs: int) -> float:
    """Of one experiment with the packages imported here but no workers started."""
    coffee = sim.load("coffee").change({"acquisition.opening_customers": CUSTOMERS, "clock.months": MONTHS})
    worlds = {"as it is": coffee, "richer": coffee.change({"loyalty.points_per_unit": 2.0})}
    sim.simulate(coffee.change({"clock.months": 1}), 0)  # tables that are made once
    start = time.perf_counter()
    with joblib.parallel_config(n_jobs=jobs):
        replicate_worlds(worlds, seeds(1, REPLICATIONS))
    return time.perf_counter() - start


if __name__ == "__main__":
    print(seconds(int(sys.argv[1])))
