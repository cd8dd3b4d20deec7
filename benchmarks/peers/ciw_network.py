"""Ciw: a network of one node with infinitely many servers, where customers wait for their next purchase.

Arrivals, at moments drawn before, are first purchases; the end of a service is a repeat purchase, after which
a router sends the customer back or to the exit. Traits belong to individuals of a class of its own. Random
numbers from Python's `random`, as everywhere in Ciw. Every purchase goes into a list; Ciw's own data records,
which it always writes, know no amounts.

Ciw looks at every individual of a node for the next event, so that the time grows with the square of the
number of customers: it can say this model, but is measured with fewer customers than the others.
"""

from random import Random
from typing import Any

import ciw
import numpy as np

from benchmarks.base_model import SEED, BaseModel, Log


class Coin(ciw.routing.NodeRouting):
    """After a repeat purchase the individual's own coin decides: back to the node, or out."""

    def __init__(self, model: BaseModel, rng: Random) -> None:
        self.model, self.rng = model, rng
        self.purchases: list[tuple[int, float, float]] = []

    def next_node(self, ind: Any) -> Any:
        """The node to go to."""
        ind.buy()
        return self.simulation.nodes[-1 if self.rng.random() < ind.traits.dropout else 1]


class Customer(ciw.individual.Individual):
    """An individual with traits, who arrives with the first purchase."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.coin: Coin = self.simulation.routers[self.customer_class].routers[0]
        self.traits = self.coin.model.traits(self.coin.rng)
        self.buy()

    def buy(self) -> None:
        """One purchase, now."""
        amount = self.coin.rng.gammavariate(self.coin.model.p, 1 / self.traits.spend_rate)
        self.coin.purchases.append((self.id_number - 1, self.simulation.current_time, amount))


class Wait(ciw.dists.Distribution):
    """Exponential, at the individual's own rate."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng

    def sample(self, t: float | None = None, ind: Any = None) -> float:
        """Weeks until the next purchase."""
        return self.rng.expovariate(ind.traits.rate)


def run(model: BaseModel) -> Log:
    """Let all customers live until the horizon."""
    rng = Random(SEED)
    first = sorted(rng.uniform(0, model.opening_weeks) for _ in range(model.customers))
    coin = Coin(model, rng)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*np.diff(first, prepend=0.0).tolist(), float("inf")])],
        service_distributions=[Wait(rng)],
        number_of_servers=[float("inf")],
        routing=ciw.routing.NetworkRouting([coin]),
    )
    simulation = ciw.Simulation(network, individual_class=Customer)
    simulation.simulate_until_max_time(model.weeks)
    return Log(coin.purchases, simulation.nodes[1].number_of_individuals)
