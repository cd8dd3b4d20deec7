"""The coffee chain with and without mechanisms, by this engine and by plain SimPy, and SimPy's own floor.

Plain SimPy lives the episodes a customer has alone, with the same luck as this engine.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
import simpy

import sim
from benchmarks.base_model import MONTHS, SEED
from benchmarks.measure import Verdict
from sim.world.simulate import World
from tests.oracle import alone, oracle_transactions

SIZE = 2_000
"""Opening customers of the bundled coffee scenario; departments grow with the number of customers."""


def company(customers: int) -> sim.Scenario:
    """The coffee chain with this many opening customers, and leads and service agents in proportion."""
    coffee = sim.load("coffee")
    grown = {
        name: coffee[name] * customers / SIZE
        for name in (
            "acquisition.organic_leads_per_month",
            "acquisition.paid_spend_per_month",
            "acquisition.paid_leads_ceiling",
            "acquisition.paid_saturation_spend",
        )
    }
    agents = max(1, round(coffee["service.agents"] * customers / SIZE))
    opening = {"acquisition.opening_customers": customers, "service.agents": agents}
    return coffee.change({"clock.months": MONTHS, **grown, **opening})


def lonely_company(customers: int) -> sim.Scenario:
    """The same with the mechanisms only that plain SimPy has, too."""
    return alone(company(customers))


def live(scenario: sim.Scenario) -> int:
    """This engine; returns the number of purchases."""
    world = World(scenario, SEED)
    world.run()
    return int(world.customers.purchases.sum())


def plain_simpy(scenario: sim.Scenario) -> int:
    """One SimPy process per customer: the program that must give the same purchases and episodes."""
    return len(oracle_transactions(scenario, SEED))


def bare_timeouts(scenario: sim.Scenario) -> int:
    """One SimPy process per customer that only waits, as often as the coffee chain sells: no model at all."""
    env, rng, visits = simpy.Environment(), np.random.default_rng(SEED), 25
    waits = rng.exponential(1.0, (scenario.acquisition.opening_customers, visits))

    def wait(days: list[float]) -> Generator[simpy.Event, None, None]:
        for day in days:
            yield env.timeout(day)

    for one in waits.tolist():
        env.process(wait(one))
    env.run()
    return waits.size


@dataclass(frozen=True)
class Engine:
    """A contestant that lives a scenario and counts its purchases; no theory judges them."""

    title: str
    prepare: Callable[[int], sim.Scenario]
    run: Callable[[sim.Scenario], int]

    def judge(self, scenario: sim.Scenario, purchases: int) -> Verdict:
        """The number of purchases."""
        return Verdict(purchases, {})


ENGINES = (
    Engine("Plain SimPy, a process per customer, same mechanisms", lonely_company, plain_simpy),
    Engine("SimPy processes that only wait: no model at all", company, bare_timeouts),
    Engine("This engine, with the mechanisms that plain SimPy has, too", lonely_company, live),
    Engine("This engine, everything on", company, live),
)
