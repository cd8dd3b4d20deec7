"""Markets: when customers buy next and how they are lost. Two kinds of shop, and contracts.

A shift of 0 leaves the base process exactly; a negative shift of the log-odds or log hazard of loss holds
customers. A pull of 0 leaves the pace.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.levers import Market
from sim.luck import Floats, Luck, exponential
from sim.world.customers import NEVER, Customers, Rows
from sim.world.purposes import LOSS

MONTH = 365.25 / 12  # days


class ChurnModel(Protocol):
    """Decides at a purchase when the following one is due, and whether the customer is lost before it."""

    def __init__(self, market: Market, luck: Luck, customers: Customers) -> None: ...

    def following(self, who: Rows, time: Floats, wait: Floats, pull: Floats) -> Floats:
        """Day of the next purchase, if nothing comes between; `wait` is the luck of it."""
        ...

    def sooner(self, who: Rows, now: float, pull: Floats) -> Floats:
        """The same, when the pull changes by `pull` at `now`, between two purchases."""
        ...

    def lost_at(self, who: Rows, time: Floats, following: Floats, shift: Floats, loss: Floats) -> Floats:
        """Day of loss, or NEVER for those who make the following purchase; `loss` is the luck of it."""
        ...

    def lost_now(self, who: Rows, now: float, following: Floats, shift: Floats) -> Floats:
        """The same, decided again between two purchases, because the shift has changed."""
        ...


class _Shop:
    """Waits between purchases are exponential, so that a change of pace rescales what is left of one."""

    def __init__(self, market: Market, luck: Luck, customers: Customers) -> None:
        self._customers = customers

    def following(self, who: Rows, time: Floats, wait: Floats, pull: Floats) -> Floats:
        return time + exponential(wait) / (self._customers.rate[who] * np.exp(pull))

    def sooner(self, who: Rows, now: float, pull: Floats) -> Floats:
        return now + (self._customers.pending[who] - now) * np.exp(-pull)


class CoinAfterPurchase(_Shop):
    """BG/NBD: after every repeat purchase the customer's own coin decides (Fader, Hardie & Lee 2005)."""

    def lost_at(self, who: Rows, time: Floats, following: Floats, shift: Floats, loss: Floats) -> Floats:
        """Lost at once with odds multiplied by exp(shift); never after the first purchase."""
        lost = _coin(self._customers.dropout[who], shift, loss)
        return np.where(lost & (self._customers.purchases[who] > 1), time, NEVER)

    def lost_now(self, who: Rows, now: float, following: Floats, shift: Floats) -> Floats:
        """Nobody is lost between two purchases."""
        return np.full(len(who), NEVER)


class ExponentialLife(_Shop):
    """Pareto/NBD: customers have exponential lifetimes (Schmittlein, Morrison & Colombo 1987)."""

    def lost_at(self, who: Rows, time: Floats, following: Floats, shift: Floats, loss: Floats) -> Floats:
        """The hazard is multiplied by exp(shift): what is left of the life stretches by the inverse."""
        customers = self._customers
        stretch = np.exp(-customers.hold[who] - shift)
        end = time + (customers.life_end[who] - time) * stretch
        customers.life_end[who] = end
        return np.where(end < following, end, NEVER)

    def lost_now(self, who: Rows, now: float, following: Floats, shift: Floats) -> Floats:
        """What is left of the life stretches again."""
        return self.lost_at(who, np.full(len(who), now), following, shift, following)


class Renewal:
    """Shifted beta-geometric: at the end of each contract the customer's own coin (Fader & Hardie 2007).

    Bills follow each other at fixed intervals, whatever the pull. The coin falls when the last bill of a
    contract is paid and is read again until the cancellation is recorded, `notice_days` before the end.
    """

    def __init__(self, market: Market, luck: Luck, customers: Customers) -> None:
        self._market = market
        self._luck = luck
        self._customers = customers

    def following(self, who: Rows, time: Floats, wait: Floats, pull: Floats) -> Floats:
        """The next bill."""
        return time + self._market.billing_months * MONTH

    def sooner(self, who: Rows, now: float, pull: Floats) -> Floats:
        """Bills come when they come."""
        return self._customers.pending[who]

    def lost_at(self, who: Rows, time: Floats, following: Floats, shift: Floats, loss: Floats) -> Floats:
        """Lost at the end of the contract, when the next bill would have come."""
        customers = self._customers
        is_last_bill = customers.purchases[who] % self._market.term_bills == 0
        lost = is_last_bill & _coin(customers.dropout[who], shift, loss)
        notice = np.maximum(time, following - self._market.notice_days)
        customers.cancelled_at[who] = np.where(lost, notice, NEVER)
        return np.where(lost, following, NEVER)

    def lost_now(self, who: Rows, now: float, following: Floats, shift: Floats) -> Floats:
        """The same coin against the present shift."""
        count = self._customers.purchases[who] - 1
        loss = self._luck.uniform(LOSS, self._customers.key[who], count)
        return self.lost_at(who, np.full(len(who), now), following, shift, loss)


def _coin(probability: Floats, shift: Floats, u: Floats) -> NDArray[np.bool_]:
    odds = probability * np.exp(shift)
    return u * (odds + (1 - probability)) < odds  # in this order the bracket is exactly 1 without a shift


CHURN_MODELS: dict[str, type[ChurnModel]] = {
    "bg/nbd": CoinAfterPurchase,
    "pareto/nbd": ExponentialLife,
    "sbg": Renewal,
}
