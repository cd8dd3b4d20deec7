"""From a lever to the new picture: the widget callbacks of the flight deck, every bundled scenario.

A box is set as the browser sets it, and the clock runs until the deck has its new tiles and its new picture.
"""

import time
from collections.abc import Iterator

import numpy as np

import sim
from sim.lab.controls import NumberControl
from sim.lab.debounce import PAUSE_S

DRAGS = {"loyalty.points_per_unit": 0.25, "experience.failure_rate": 0.005}
"""Levers and the steps they are dragged in."""

MOVES = 20
CUSTOMERS, MONTHS = 2_000, 24
MEDIAN_MS, SLOW_MS = 500, 1_000
"""What is aimed at, for the median and for the 95th percentile."""


def report() -> None:
    """Median, 95th percentile and slowest move of a drag along a lever, step by step, in milliseconds."""
    head = f"Lever to picture (aim: median {MEDIAN_MS}, 95th percentile {SLOW_MS} ms)"
    print(f"\n{head:58}  {'customers':>9}  {'months':>6}  {'median ms':>9}  {'95 % ms':>7}  {'slowest':>7}")
    for name in sim.scenarios().index:
        own = sim.load(name)
        for scenario in (own, _of_size(own.change({"clock.months": MONTHS}), CUSTOMERS)):
            for line in _lines(name, scenario):
                print(line)


def _of_size(scenario: sim.Scenario, customers: int) -> sim.Scenario:
    """The scenario with so many opening customers that it has about this many in all."""
    won = len(sim.simulate(scenario.change({"acquisition.opening_customers": 0}), seed=1).customers)
    return scenario.change({"acquisition.opening_customers": max(customers - won, 0)})


def _lines(name: str, scenario: sim.Scenario) -> Iterator[str]:
    board = sim.lab.open(scenario)
    customers, months = len(board.run.customers), scenario.clock.months
    for lever, step in DRAGS.items():
        board.reset()
        took = list(drag(board, lever, step))
        median, slow = np.percentile(took, (50, 95))
        missed = "" if median < MEDIAN_MS and slow < SLOW_MS else "  missed"
        yield (
            f"{f'{name}, {lever}':58}  {customers:>9,}  {months:>6}"
            f"  {median:>9.0f}  {slow:>7.0f}  {max(took):>7.0f}{missed}"
        )
    board.close()


def drag(board: "sim.lab.FlightDeck", lever: str, step: float) -> Iterator[float]:
    """Milliseconds of each of `MOVES` moves of a lever's box, with the pause after which the deck flies."""
    control = board.controls[lever]
    assert isinstance(control, NumberControl)
    box = control.box
    start_value = box.value
    for move in range(1, MOVES + 1):
        start = time.perf_counter()
        box.value = round(start_value + move * step, 10)  # with no event loop, the callback flies at once
        yield 1000 * (time.perf_counter() - start + PAUSE_S)
        assert board.scenario[lever] == box.value, board.status.value
