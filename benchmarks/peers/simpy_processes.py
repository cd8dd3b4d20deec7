"""SimPy: one process per customer, a generator that waits for its next purchase by a timeout.

Random numbers from Python's `random`, as in SimPy's own examples. Every purchase goes into a list.
"""

from collections.abc import Generator
from random import Random

import simpy

from benchmarks.base_model import SEED, BaseModel, Log


def run(model: BaseModel) -> Log:
    """Let all customers live until the horizon."""
    env, rng = simpy.Environment(), Random(SEED)
    purchases: list[tuple[int, float, float]] = []
    lost: list[int] = []

    def customer(number: int) -> Generator[simpy.Event, None, None]:
        rate, dropout, spend_rate = model.traits(rng)
        is_first = True
        yield env.timeout(rng.uniform(0, model.opening_weeks))
        while True:
            purchases.append((number, env.now, rng.gammavariate(model.p, 1 / spend_rate)))
            if not is_first and rng.random() < dropout:
                lost.append(number)
                return
            is_first = False
            yield env.timeout(rng.expovariate(rate))

    for number in range(model.customers):
        env.process(customer(number))
    env.run(until=model.weeks)
    return Log(purchases, model.customers - len(lost))
