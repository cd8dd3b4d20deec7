"""Markets: when customers buy next and how they are lost. Two kinds of shop, and contracts.

A shift of 0 leaves the base process exactly; a negative shift of the log-odds or log hazard of loss holds
customers. A pull of 0 leaves the pace.
"""

from typing import Any, Protocol

import numpy as np

from sim.compiled import compiled
from sim.levers import Market
from sim.luck import Floats, Luck
from sim.world.customers import NEVER, Customers, Rows
from sim.world.operands import Operands, operands
from sim.world.purposes import LOSS

MONTH = 365.25 / 12  # days


class ChurnModel(Protocol):
    """Decides at a purchase when the following one is due, and whether the customer is lost before it."""

    def __init__(self, market: Market, luck: Luck, customers: Customers) -> None: ...

    def following(self, who: Rows, time: Floats, wait: Floats, pull: Floats) -> Floats:
        """Day of the next purchase, if nothing comes between; `wait` is its luck, exponential with mean 1."""
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
        return _following(self._customers.table, who, time, wait, pull)

    def sooner(self, who: Rows, now: float, pull: Floats) -> Floats:
        return now + (self._customers.pending[who] - now) * np.exp(-pull)


class CoinAfterPurchase(_Shop):
    """BG/NBD: after every repeat purchase the customer's own coin decides (Fader, Hardie & Lee 2005)."""

    def lost_at(self, who: Rows, time: Floats, following: Floats, shift: Floats, loss: Floats) -> Floats:
        """Lost at once with odds multiplied by exp(shift); never after the first purchase."""
        return _lost_by_coin(self._customers.table, who, time, shift, loss)

    def lost_now(self, who: Rows, now: float, following: Floats, shift: Floats) -> Floats:
        """Nobody is lost between two purchases."""
        return np.full(len(who), NEVER)


class ExponentialLife(_Shop):
    """Pareto/NBD: customers have exponential lifetimes (Schmittlein, Morrison & Colombo 1987)."""

    def lost_at(self, who: Rows, time: Floats, following: Floats, shift: Floats, loss: Floats) -> Floats:
        """The hazard is multiplied by exp(shift): what is left of the life stretches by the inverse."""
        return _lost_by_hazard(self._customers.table, who, time, following, shift)

    def lost_now(self, who: Rows, now: float, following: Floats, shift: Floats) -> Floats:
        """What is left of the life stretches again."""
        return self.lost_at(who, np.full(len(who), now), following, shift, following)


class Renewal:
    """Shifted beta-geometric: at the end of each contract the customer's own coin (Fader & Hardie 2007).

    Bills follow each other at fixed intervals, whatever the pull. The coin falls when the last bill of a
    contract is paid and is read again until the cancellation is recorded, `notice_days` before the end.
    """

    def __init__(self, market: Market, luck: Luck, customers: Customers) -> None:
        self._interval = market.billing_months * MONTH
        self._operands = operands(market)
        self._luck = luck
        self._customers = customers

    def following(self, who: Rows, time: Floats, wait: Floats, pull: Floats) -> Floats:
        """The next bill."""
        return time + self._interval

    def sooner(self, who: Rows, now: float, pull: Floats) -> Floats:
        """Bills come when they come."""
        return self._customers.pending[who]

    def lost_at(self, who: Rows, time: Floats, following: Floats, shift: Floats, loss: Floats) -> Floats:
        """Lost at the end of the contract, when the next bill would have come."""
        bills = time, following, self._operands
        return _lost_by_renewal(self._customers.table, who, bills, shift, loss)

    def lost_now(self, who: Rows, now: float, following: Floats, shift: Floats) -> Floats:
        """The same coin against the present shift."""
        count = self._customers.purchases[who] - 1
        loss = self._luck.uniform(LOSS, self._customers.key[who], count)
        return self.lost_at(who, np.full(len(who), now), following, shift, loss)


@compiled
def _exp(power: float) -> float:
    return 1.0 if power == 0 else np.exp(power)  # most customers of plain worlds: none is pulled, none held


@compiled
def _coin(probability: float, shift: float, u: float) -> bool:
    odds = probability * _exp(shift)
    return u * (odds + (1 - probability)) < odds  # in this order the bracket is exactly 1 without a shift


@compiled
def _following(table: Any, who: Rows, time: Floats, wait: Floats, pull: Floats) -> Floats:
    following = np.empty(len(who))
    for i in range(len(who)):
        following[i] = time[i] + wait[i] / (table[who[i]].rate * _exp(pull[i]))
    return following


@compiled
def _lost_by_coin(table: Any, who: Rows, time: Floats, shift: Floats, loss: Floats) -> Floats:
    lost_at = np.full(len(who), NEVER)
    for i in range(len(who)):
        customer = table[who[i]]
        if customer.purchases > 1 and _coin(customer.dropout, shift[i], loss[i]):
            lost_at[i] = time[i]
    return lost_at


@compiled
def _lost_by_hazard(table: Any, who: Rows, time: Floats, following: Floats, shift: Floats) -> Floats:
    lost_at = np.full(len(who), NEVER)
    for i in range(len(who)):
        customer = table[who[i]]
        stretch = _exp(-customer.hold - shift[i])
        end = time[i] + (customer.life_end - time[i]) * stretch
        customer.life_end = end
        if end < following[i]:
            lost_at[i] = end
    return lost_at


@compiled
def _lost_by_renewal(
    table: Any, who: Rows, bills: tuple[Floats, Floats, Operands], shift: Floats, loss: Floats
) -> Floats:
    """`bills` are the days of this bill and of the next, and the terms."""
    time, following, operands = bills
    market = operands[0]
    lost_at = np.full(len(who), NEVER)
    for i in range(len(who)):
        customer = table[who[i]]
        customer.cancelled_at = NEVER
        is_last_bill = customer.purchases % market.term_bills == 0
        if is_last_bill and _coin(customer.dropout, shift[i], loss[i]):
            customer.cancelled_at = max(time[i], following[i] - market.notice_days)
            lost_at[i] = following[i]
    return lost_at


CHURN_MODELS: dict[str, type[ChurnModel]] = {
    "bg/nbd": CoinAfterPurchase,
    "pareto/nbd": ExponentialLife,
    "sbg": Renewal,
}
