"""AgentPy: one agent per customer; AgentPy knows steps but no events, so a step is a week.

In each step the customers who are due are selected and make all purchases of that week at their exact times;
the last step ends at the horizon. Random numbers from the model's `random`. Every purchase goes into a list:
AgentPy's own `record` keeps one value per agent and step. The result table holds what is reported at the end.
"""

import math

import agentpy

from benchmarks.base_model import SEED, BaseModel, Log


class Customer(agentpy.Agent):
    """Buys, is perhaps lost, and else knows the moment of the next purchase."""

    def setup(self) -> None:
        """Called by AgentPy for every new agent."""
        base, rng = self.p.base, self.model.random
        self.rate, self.dropout, self.spend_rate = base.traits(rng)
        self.following = rng.uniform(0, base.opening_weeks)
        self.has_bought = False

    def buy(self) -> None:
        """All purchases before the end of this week."""
        rng, week_end = self.model.random, min(self.model.t, self.p.base.weeks)
        while self.following < week_end:
            amount = rng.gammavariate(self.p.base.p, 1 / self.spend_rate)
            self.model.purchases.append((self.id - 1, self.following, amount))
            is_lost = self.has_bought and rng.random() < self.dropout
            self.has_bought = True
            self.following = math.inf if is_lost else self.following + rng.expovariate(self.rate)


class Shop(agentpy.Model):
    """The customers and the list of what they bought."""

    def setup(self) -> None:
        """Called by AgentPy before the first step."""
        self.purchases: list[tuple[int, float, float]] = []
        self.customers = agentpy.AgentList(self, self.p.base.customers, Customer)

    def step(self) -> None:
        """One week."""
        self.customers.select(self.customers.following < self.t).buy()

    def end(self) -> None:
        """Called by AgentPy after the last step."""
        self.report("active", sum(one < math.inf for one in self.customers.following))


def run(model: BaseModel) -> Log:
    """Let all customers live until the horizon."""
    shop = Shop({"base": model, "steps": math.ceil(model.weeks), "seed": SEED})
    shop.run(display=False)
    return Log(shop.purchases, shop.reporters["active"])
