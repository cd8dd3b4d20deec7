"""One base model, BG/NBD with Gamma-Gamma spend, by different means, and the floor that SimPy itself sets.

Every contestant takes a number of customers and returns the number of purchases it made. All run the coffee
scenario for 24 months with opening customers only.
"""

from collections.abc import Generator

import numpy as np
import simpy

import sim
from sim.world.simulate import World
from tests.oracle import oracle_transactions

MONTHS = 24
SEED = 1


def company(customers: int) -> sim.Scenario:
    """The coffee chain with this many opening customers and no others."""
    return sim.load("coffee").change(
        {
            "clock.months": MONTHS,
            "acquisition.opening_customers": customers,
            "acquisition.organic_leads_per_month": 0,
            "acquisition.paid_spend_per_month": 0,
        }
    )


def engine_base(customers: int) -> int:
    """This engine, mechanisms off."""
    return _purchases(company(customers).base())


def engine_full(customers: int) -> int:
    """This engine, everything on."""
    return _purchases(company(customers))


def _purchases(scenario: sim.Scenario) -> int:
    world = World(scenario, SEED)
    world.run()
    return int(world.customers.purchases.sum())


def plain_simpy(customers: int) -> int:
    """One SimPy process per customer: the program that must give the same transactions."""
    return len(oracle_transactions(company(customers).base(), SEED))


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
