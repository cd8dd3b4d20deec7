"""Mesa: one agent per customer, woken by an event at the exact time of each purchase.

Activating all agents every week would look at several times as many customers as buy. Events are methods of
the model since Mesa 3.5, which needs Python 3.12; before, a DEVSimulator has them. Random numbers from the
model's `random`. The lost are removed. Every purchase goes into a list: a DataCollector looks at agents at
fixed times and would miss purchases.
"""

from collections.abc import Callable
from typing import Any

import mesa

from benchmarks.base_model import SEED, BaseModel, Log


class EventModel(mesa.Model):
    """A Mesa model before 3.5, with the methods for events that it has from 3.5 on."""

    def __init__(self, rng: int) -> None:
        from mesa.experimental.devs import DEVSimulator

        super().__init__(rng=rng)
        self.simulator = DEVSimulator()
        self.simulator.setup(self)

    @property
    def time(self) -> float:
        """Weeks since the start."""
        return float(self.simulator.time)

    def schedule_event(self, function: Callable[[], None], after: float) -> None:
        """Call the function when so many weeks have passed."""
        self.simulator.schedule_event_relative(function, after)

    def run_until(self, end_time: float) -> None:
        """Carry out all events before."""
        self.simulator.run_until(end_time)


Model: Any = mesa.Model if hasattr(mesa.Model, "schedule_event") else EventModel


class Shop(Model):
    """The customers and the list of what they bought."""

    def __init__(self, base: BaseModel) -> None:
        super().__init__(rng=SEED)
        self.base = base
        self.purchases: list[tuple[int, float, float]] = []
        Customer.create_agents(self, base.customers)


class Customer(mesa.Agent):
    """Buys, is perhaps lost, and else schedules the next purchase."""

    def __init__(self, model: Shop) -> None:
        super().__init__(model)
        self.rate, self.dropout, self.spend_rate = model.base.traits(model.random)
        self.has_bought = False
        model.schedule_event(self.buy, after=model.random.uniform(0, model.base.opening_weeks))

    def buy(self) -> None:
        """One purchase."""
        model, rng = self.model, self.model.random
        amount = rng.gammavariate(model.base.p, 1 / self.spend_rate)
        model.purchases.append((self.unique_id - 1, model.time, amount))
        if self.has_bought and rng.random() < self.dropout:
            self.remove()
        else:
            self.has_bought = True
            model.schedule_event(self.buy, after=rng.expovariate(self.rate))


def run(model: BaseModel) -> Log:
    """Let all customers live until the horizon."""
    shop = Shop(model)
    shop.run_until(model.weeks)
    return Log(shop.purchases, len(shop.agents))
