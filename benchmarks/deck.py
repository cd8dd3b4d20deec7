"""From a lever to the new picture: the widget callback of the flight deck, every bundled scenario."""

import statistics
import time
from collections.abc import Iterator

import sim

DRAGS = {"loyalty.points_per_unit": 0.25, "experience.failure_rate": 0.005}
"""Levers and the steps they are dragged in."""

MOVES = 20
CUSTOMERS = 2_000


def report() -> None:
    """Median and slowest move of a drag along a lever, step by step, in milliseconds."""
    head = "Flight deck, lever moved to new picture"
    print(f"\n{head:50}  {'customers':>9}  {'median ms':>9}  {'slowest ms':>10}")
    for name in sim.scenarios().index:
        scenario = sim.load(name).change({"clock.months": 24})
        for one in (_of_size(scenario, CUSTOMERS), scenario):
            for line in _lines(name, one):
                print(line)


def _of_size(scenario: sim.Scenario, customers: int) -> sim.Scenario:
    """The scenario with so many opening customers that it has about this many in all."""
    won = len(sim.simulate(scenario.change({"acquisition.opening_customers": 0}), seed=1).customers)
    return scenario.change({"acquisition.opening_customers": customers - won})


def _lines(name: str, scenario: sim.Scenario) -> Iterator[str]:
    board = sim.lab.open(scenario)
    customers = len(board.run.customers)
    for lever, step in DRAGS.items():
        board.reset()
        took = [_milliseconds(board, lever, step * (move + 1)) for move in range(MOVES)]
        what = f"{name}, {lever}"
        yield f"{what:50}  {customers:>9,}  {statistics.median(took):>9.0f}  {max(took):>10.0f}"


def _milliseconds(board: "sim.lab.FlightDeck", lever: str, value: float) -> float:
    start = time.perf_counter()
    board.change({lever: value})
    return 1000 * (time.perf_counter() - start)
