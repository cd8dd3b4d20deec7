"""salabim: one component per customer, whose process holds until the next purchase.

Processes are generators (`yieldless=False`): no slower here than salabim's greenlets, which need a further
package. The monitors that every component has for its status and mode are switched off, as nobody reads them.
Random numbers from Python's `random`, as in salabim's distributions. Every purchase goes into a list.
"""

from collections.abc import Generator
from random import Random
from typing import Any

import salabim

from benchmarks.base_model import SEED, BaseModel, Log


class Customer(salabim.Component):
    """Buys, is perhaps lost, and else holds until the next purchase."""

    def setup(self, model: BaseModel, rng: Random, purchases: list[tuple[int, float, float]]) -> None:
        """Called by salabim for every new component."""
        self.model, self.rng, self.purchases = model, rng, purchases
        self.rate, self.dropout, self.spend_rate = model.traits(rng)
        self.status.monitor(False)
        self.mode.monitor(False)

    def process(self) -> Generator[Any, None, None]:
        """The customer's life from the first purchase on."""
        rng, is_first = self.rng, True
        while True:
            amount = rng.gammavariate(self.model.p, 1 / self.spend_rate)
            self.purchases.append((self.sequence_number(), self.env.now(), amount))
            if not is_first and rng.random() < self.dropout:
                return
            is_first = False
            yield self.hold(rng.expovariate(self.rate))


def run(model: BaseModel) -> Log:
    """Let all customers live until the horizon."""
    env, rng = salabim.Environment(yieldless=False, random_seed=SEED), Random(SEED)
    purchases: list[tuple[int, float, float]] = []
    customers = [
        Customer(at=rng.uniform(0, model.opening_weeks), model=model, rng=rng, purchases=purchases)
        for _ in range(model.customers)
    ]
    env.run(till=model.weeks)
    return Log(purchases, sum(not one.isdata() for one in customers))
