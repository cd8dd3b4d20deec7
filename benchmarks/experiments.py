"""What a second processor brings: an experiment in parallel, beside the same runs shared out by hand.

Whoever has two processors and no parallel experiments starts two processes of one core with half of the
replications each. All that takes, the start of the processes included, is what `sim.compare` is held to.
"""

import subprocess
import sys
import time

import joblib

import sim

REPLICATIONS = 30
CUSTOMERS = 2_000  # at the opening
MONTHS = 24
WORKERS = 2


def report() -> None:
    """Seconds from the start of the processes to the result, and the efficiency: by hand / compare."""
    alone = _seconds((1, REPLICATIONS, 1))
    by_hand = _seconds(*((1, REPLICATIONS // WORKERS, seed) for seed in range(WORKERS)))
    compared = _seconds((WORKERS, REPLICATIONS, 1))
    what = f"2 worlds x {REPLICATIONS}, coffee, {CUSTOMERS:,} customers, {MONTHS} months"
    print(f"\n{what:60}  {'seconds':>7}  {'efficiency':>10}")
    print(f"{'one process, one core':60}  {alone:>7.1f}")
    print(f"{f'{WORKERS} processes of one core, half of the replications each':60}  {by_hand:>7.1f}")
    print(f"{f'compare with {WORKERS} workers':60}  {compared:>7.1f}  {by_hand / compared:>10.0%}")


def _seconds(*shares: tuple[int, int, int]) -> float:
    """Until all of these are done that start now: so many jobs, replications, and the seed."""
    start = time.perf_counter()
    started = [subprocess.Popen([sys.executable, "-m", __name__, *map(str, share)]) for share in shares]
    for process in started:
        if process.wait():
            raise subprocess.CalledProcessError(process.returncode, process.args)
    return time.perf_counter() - start


def compare(jobs: int, replications: int, seed: int) -> None:
    """Two programs of the coffee chain on so many processors."""
    coffee = sim.load("coffee").change({"acquisition.opening_customers": CUSTOMERS, "clock.months": MONTHS})
    worlds = {"as it is": coffee, "richer": coffee.change({"loyalty.points_per_unit": 2.0})}
    with joblib.parallel_config(n_jobs=jobs):
        sim.compare(worlds, replications=replications, seed=seed)


if __name__ == "__main__":
    compare(*map(int, sys.argv[1:]))
