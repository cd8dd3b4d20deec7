"""What every loyalty tool is: it acts on purchases, pulls and holds customers, and keeps accounts."""

import numpy as np

from sim.luck import Floats
from sim.scenario import Scenario
from sim.world.customers import Rows
from sim.world.visit import Visit

NOBODY: Rows = np.empty(0, np.intp)


class Tool:
    """A loyalty tool that does nothing; each tool overrides what it does.

    `purposes` are the draws it needs at a purchase. `price` acts before a customer pays, `reward` after.
    `statement` is called on the last day of every month, when all purchases before it are served.
    """

    purposes: tuple[int, ...] = ()

    def price(self, visit: Visit) -> None:
        """Before customers pay: change amount, discount, favour and reward_cost."""

    def reward(self, visit: Visit) -> None:
        """After they have paid: join, earn, qualify."""

    def add_forces(self, who: Rows, time: Floats, pull: Floats, hold: Floats) -> None:
        """Add what the tool does to customers `who` from `time` (days) on.

        `pull` is added to the log purchase rate, by `hold` the log-odds or log hazard of loss is lowered.
        """

    def statement(self, number: int, now: float) -> Rows:
        """Settle the month `number` (from 0) on the day `now`; returns rows whose pull or hold may change."""
        return NOBODY

    def change(self, terms: Scenario) -> None:
        """From now on these terms hold."""
