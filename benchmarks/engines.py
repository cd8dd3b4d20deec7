"""The coffee chain by different means, and the floor that SimPy itself sets.

Every contestant takes a number of opening customers and returns the number of purchases it made in 36 months.
Plain SimPy lives the episodes a customer has alone; the NumPy loop knows the base process only.
"""

from collections.abc import Generator

import numpy as np
import simpy

import sim
from sim.world.simulate import World
from tests.oracle import alone, oracle_transactions

MONTHS = 36
SEED = 1
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


def engine_base(customers: int) -> int:
    """This engine, mechanisms off."""
    return _purchases(company(customers).base())


def engine_alone(customers: int) -> int:
    """This engine, with the mechanisms that plain SimPy has, too."""
    return _purchases(alone(company(customers)))


def engine_full(customers: int) -> int:
    """This engine, everything on."""
    return _purchases(company(customers))


def _purchases(scenario: sim.Scenario) -> int:
    world = World(scenario, SEED)
    world.run()
    return int(world.customers.purchases.sum())


def plain_simpy(customers: int) -> int:
    """One SimPy process per customer: the program that must give the same purchases and episodes."""
    return len(oracle_transactions(alone(company(customers)), SEED))


def bare_timeouts(customers: int) -> int:
    """One SimPy process per customer that only waits, as often as the coffee chain sells: no model at all."""
    env = simpy.Environment()
    rng = np.random.default_rng(SEED)
    visits = 25
    waits = rng.exponential(1.0, (customers, visits))

    def wait(days: list[float]) -> Generator[simpy.Event, None, None]:
        for day in days:
            yield env.timeout(day)

    for one in waits.tolist():
        env.process(wait(one))
    env.run()
    return customers * visits


def numpy_weeks(customers: int) -> int:
    """The base model as a weekly loop over NumPy arrays, one shared random stream, no SimPy, no journal."""
    market, rng = company(customers).market, np.random.default_rng(SEED)
    rate = rng.gamma(market.rate_shape, 1 / market.rate_scale_weeks, customers)
    dropout = rng.beta(market.dropout_a, market.dropout_b, customers)
    spend = rng.gamma(market.spend_heterogeneity, 1 / market.spend_scale, customers)
    following = rng.uniform(0, company(customers).acquisition.opening_weeks, customers)
    bought = np.zeros(customers, np.int64)
    revenue = 0.0
    for week in range(1, round(MONTHS * 365.25 / 12 / 7) + 1):
        due = np.flatnonzero(following <= week)
        while due.size:
            revenue += (rng.gamma(market.spend_shape, size=due.size) / spend[due]).sum()
            bought[due] += 1
            stays = (bought[due] == 1) | (rng.random(due.size) >= dropout[due])
            waits = rng.standard_exponential(due.size) / rate[due]
            following[due] = np.where(stays, following[due] + waits, np.inf)
            due = due[following[due] <= week]
    return int(bought.sum())
