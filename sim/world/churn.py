"""How customers are lost: two models of dropout, each taking the mechanisms' shift of the log-odds or hazard.

A shift of 0 leaves the base process exactly; a negative shift holds customers.
"""

from typing import Protocol

import numpy as np

from sim.luck import Floats
from sim.world.customers import NEVER, Customers, Rows


class ChurnModel(Protocol):
    """Decides, after a purchase at `time`, whether and when a customer is lost before the `following` one."""

    def lost_at(
        self, customers: Customers, who: Rows, time: Floats, following: Floats, shift: Floats, u: Floats
    ) -> Floats:
        """Day of loss, or NEVER for those who make the following purchase."""
        ...


class CoinAfterPurchase:
    """BG/NBD: after every repeat purchase the customer's own coin decides (Fader, Hardie & Lee 2005)."""

    def lost_at(
        self, customers: Customers, who: Rows, time: Floats, following: Floats, shift: Floats, u: Floats
    ) -> Floats:
        """Lost at once with odds multiplied by exp(shift); never after the first purchase."""
        dropout = customers.dropout[who]
        odds = dropout * np.exp(shift)
        lost = u * (odds + 1 - dropout) < odds
        return np.where(lost & (customers.purchases[who] > 1), time, NEVER)


class ExponentialLife:
    """Pareto/NBD: customers have exponential lifetimes (Schmittlein, Morrison & Colombo 1987)."""

    def lost_at(
        self, customers: Customers, who: Rows, time: Floats, following: Floats, shift: Floats, u: Floats
    ) -> Floats:
        """The hazard is multiplied by exp(shift): what is left of the life stretches by the inverse."""
        ratio = np.exp(shift)
        left = (customers.life_end[who] - time) * (customers.hazard_ratio[who] / ratio)
        customers.life_end[who] = time + left
        customers.hazard_ratio[who] = ratio
        return np.where(time + left < following, time + left, NEVER)


CHURN_MODELS: dict[str, type[CoinAfterPurchase] | type[ExponentialLife]] = {
    "bg/nbd": CoinAfterPurchase,
    "pareto/nbd": ExponentialLife,
}
