"""From a lever to the new picture: the widget callback of the flight deck, every bundled scenario."""

import statistics
import time

import sim

MOVES = (0.0, 2.0, 0.5, 1.5, 1.0, 2.5, 0.25, 1.75, 0.75, 3.0)


def report() -> None:
    """Median and slowest of ten moves of `loyalty.points_per_unit`, in milliseconds."""
    head = "Flight deck, lever moved to new picture"
    print(f"\n{head:50}  {'customers':>9}  {'median ms':>9}  {'slowest ms':>10}")
    for name in sim.scenarios().index:
        scenario = sim.load(name).change({"clock.months": 24})
        board = sim.lab.open(scenario)
        took = [_milliseconds(board, value) for value in MOVES]
        customers = len(board.run.customers)
        print(f"{name:50}  {customers:>9,}  {statistics.median(took):>9.0f}  {max(took):>10.0f}")


def _milliseconds(board: "sim.lab.FlightDeck", value: float) -> float:
    start = time.perf_counter()
    board.change({"loyalty.points_per_unit": value})
    return 1000 * (time.perf_counter() - start)
