"""What a second processor brings: an experiment in parallel, beside the same runs shared out by hand.

Whoever has two processors and no parallel experiments starts two processes of one core with half of the
replications each. All that takes, the start of the processes included, is what `sim.compare` is held to.
"""

import statistics
import subprocess
import sys
import time

import joblib

import sim

REPLICATIONS = 30
CUSTOMERS = 2_000  # at the opening
MONTHS = 24
WORKERS = 2
BY_HAND = tuple((1, REPLICATIONS // WORKERS, seed) for seed in range(WORKERS))


def report(repetitions: int) -> None:
    """Median seconds from the start of processes to the result, and the efficiency: by hand / compare."""
    ways = {
        "one process, one core": ((1, REPLICATIONS, 1),),
        f"{WORKERS} processes of one core, half of the replications each": BY_HAND,
        f"compare with {WORKERS} workers": ((WORKERS, REPLICATIONS, 1),),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for way in [*ways] * repetitions:  # in turn: a slow minute of the computer hits all alike
        seconds[way].append(_seconds(*ways[way]))
    medians = {way: statistics.median(found) for way, found in seconds.items()}
    what = f"2 worlds x {REPLICATIONS}, coffee, {CUSTOMERS:,} customers, {MONTHS} months"
    print(f"\n{what:60}  {'seconds':>7}")
    for way, median in medians.items():
        print(f"{way:60}  {median:>7.1f}")
    _, by_hand, compared = medians.values()
    print(f"{'efficiency':60}  {by_hand / compared:>7.0%}")


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
