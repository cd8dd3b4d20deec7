"""What a purchase feels like and how satisfaction remembers it."""

import numpy as np

from sim.levers import Retention
from sim.luck import Floats, normal
from sim.world.customers import Customers, Rows


class Experience:
    """Satisfaction by anchoring and adjusting: s <- s + (experience - s) / (anchor + k), k-th purchase."""

    def __init__(self, levers: Retention, customers: Customers) -> None:
        self._levers = levers
        self._customers = customers

    def live(self, who: Rows, u: Floats, delight: Floats) -> None:
        """Customers `who` experience a purchase; `delight` (points of 10) is what a reward adds to it."""
        customers, levers = self._customers, self._levers
        quality = levers.service_quality + customers.leniency[who] + delight
        experience = quality + levers.experience_sd * normal(u)
        weight = 1 / np.maximum(levers.anchor_purchases + customers.purchases[who], 1)
        before = customers.satisfaction[who]
        customers.satisfaction[who] = before + weight * (experience - before)

    def surplus(self, who: Rows) -> Floats:
        """Satisfaction above what the market offers elsewhere, in points of 10."""
        return self._customers.satisfaction[who] - self._levers.market_standard
