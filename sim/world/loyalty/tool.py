"""What every loyalty tool is: it acts on purchases, pulls and holds customers, and keeps accounts."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.luck import Draws, Floats
from sim.scenario import Scenario
from sim.world.customers import Rows

NOBODY: Rows = np.empty(0, np.intp)


@dataclass
class Visit:
    """One purchase each of different customers, as the tools find it and shape it; columns of shape (n,).

    who          customers' rows
    time         day of the purchase
    luck         draws by purpose
    amount       at full price, currency
    discount     taken off it, currency
    returned     whether it will be returned at the next statement
    delight      what tools add to the experience, points of 10
    reward_cost  what rewards taken at it cost the company, currency
    points       points earned on it
    """

    who: Rows
    time: Floats
    luck: Draws
    amount: Floats
    discount: Floats
    returned: NDArray[np.bool_]
    delight: Floats = field(init=False)
    reward_cost: Floats = field(init=False)
    points: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.delight = np.zeros(len(self.who))
        self.reward_cost = np.zeros(len(self.who))
        self.points = np.zeros(len(self.who), np.int64)

    @property
    def paid(self) -> Floats:
        """What the customer pays, currency."""
        return self.amount - self.discount


class Tool:
    """A loyalty tool that does nothing; each tool overrides what it does.

    `purposes` are the draws it needs at a purchase. `price` acts before a customer pays, `reward` after.
    `statement` is called on the last day of every month, when all purchases before it are served.
    """

    purposes: tuple[int, ...] = ()

    def price(self, visit: Visit) -> None:
        """Before customers pay: change amount, discount, delight and reward_cost."""

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
