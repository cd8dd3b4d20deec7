"""Random moves of any levers in a row: the deck stays what a fresh simulation says, and keeps no memory.

HYPOTHESIS_PROFILE=nightly makes 200 moves instead of 40.
"""

import gc
import os
import random

import psutil
import pytest

import sim
from sim.lab import tiles
from sim.scenario import ScenarioError

MOVES = 200 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 40
WARM_UP, EVERY = 20, 20
GROWTH_MB = 50
SMALL = (
    sim.load("retail").change({"acquisition.opening_customers": 100, "clock.months": 6}).rename("small", "")
)
FLOWN = [
    lever
    for lever in sim.levers()
    if lever.kind in (int, float) and lever.name not in ("acquisition.opening_customers", "clock.months")
]


@pytest.fixture
def deck():
    deck = sim.lab.open(SMALL, seed=1)
    yield deck
    deck.close()


def a_move(luck, scenario):
    """A lever and a value it may be set to, a few steps from where it stands."""
    while True:
        lever = luck.choice(FLOWN)
        value = scenario[lever.name] + luck.choice((-4, -2, -1, 1, 2, 4)) * lever.step
        value = round(min(max(value, lever.low), lever.high), 10)
        try:
            scenario.change({lever.name: value})
        except ScenarioError:  # levers that hang together: this one not now
            continue
        return lever.name, lever.kind(value)


def is_consistent(deck):
    fresh, baseline = sim.simulate(deck.scenario, deck.seed), sim.simulate(SMALL, deck.seed)
    assert deck.run.kpis().equals(fresh.kpis())
    for reading in tiles.readings(fresh, baseline):
        assert deck.tiles[reading.tile.kpi].value == tiles.html(reading)


def test_random_moves_in_a_row_leave_the_deck_as_a_fresh_simulation_and_no_memory_behind(deck):
    luck, process = random.Random(6), psutil.Process()
    for move in range(1, WARM_UP + MOVES + 1):
        name, value = a_move(luck, deck.scenario)
        deck.controls[name].box.value = value  # by hand: without an event loop the deck flies at once
        assert deck.scenario[name] == value, deck.status.value
        if move == WARM_UP:
            gc.collect()
            before = process.memory_info().rss
        if move % EVERY == 0:
            is_consistent(deck)
    gc.collect()
    growth = (process.memory_info().rss - before) / 2**20
    print(f"{MOVES} moves: memory grew by {growth:.1f} MB")
    assert growth < GROWTH_MB
