"""Markets: when customers buy next and how they are lost. Two kinds of shop, and contracts.

Forces of 0 leave the base process exactly. A pull is added to the log purchase rate; by a hold the log-odds
or log hazard of loss is lowered.
"""

from typing import Any, Protocol

import numpy as np

from sim.compiled import compiled
from sim.levers import Market
from sim.luck import Floats, Luck, Words, uniform
from sim.world.customers import NEVER, Customers, Rows
from sim.world.operands import Operands, operands
from sim.world.purposes import LOSS

MONTH = 365.25 / 12  # days

Pair = tuple[Floats, Floats]


class ChurnModel(Protocol):
    """Decides when customers buy next, and whether they are lost before."""

    def __init__(self, market: Market, luck: Luck, customers: Customers) -> None: ...

    def decide(self, who: Rows, time: Floats, soonest: Floats, luck: Pair, forces: Pair) -> None:
        """At a purchase of each of `who` at `time`: the next one, not before `soonest`, or the loss.

        Times are days, `luck` the uniforms of the wait and of the loss, `forces` pull and hold from now on.
        """
        ...

    def reconsider(self, who: Rows, now: float, forces: Pair) -> None:
        """The same again between two purchases, because the forces on customers `who` have changed."""
        ...


class CoinAfterPurchase:
    """BG/NBD: after every repeat purchase the customer's own coin decides (Fader, Hardie & Lee 2005).

    Lost at once, with odds multiplied by exp(-hold); never after the first purchase, never between two.
    """

    def __init__(self, market: Market, luck: Luck, customers: Customers) -> None:
        self._customers = customers

    def decide(self, who: Rows, time: Floats, soonest: Floats, luck: Pair, forces: Pair) -> None:
        _decide_by_coin(self._customers.table, who, (time, soonest), luck, forces)

    def reconsider(self, who: Rows, now: float, forces: Pair) -> None:
        _hurry(self._customers.table, who, now, forces)


class ExponentialLife:
    """Pareto/NBD: customers have exponential lifetimes (Schmittlein, Morrison & Colombo 1987).

    The hazard is multiplied by exp(-hold): what is left of the life stretches by the inverse.
    """

    def __init__(self, market: Market, luck: Luck, customers: Customers) -> None:
        self._customers = customers

    def decide(self, who: Rows, time: Floats, soonest: Floats, luck: Pair, forces: Pair) -> None:
        _decide_by_hazard(self._customers.table, who, (time, soonest), luck, forces)

    def reconsider(self, who: Rows, now: float, forces: Pair) -> None:
        _stretch(self._customers.table, who, now, forces)


class Renewal:
    """Shifted beta-geometric: at the end of each contract the customer's own coin (Fader & Hardie 2007).

    Bills follow each other at fixed intervals, whatever the pull. The coin falls when the last bill of a
    contract is paid and is read again until the cancellation is recorded, `notice_days` before the end. The
    loss is at the end of the contract, when the next bill would have come.
    """

    def __init__(self, market: Market, luck: Luck, customers: Customers) -> None:
        self._operands = operands(market, interval=market.billing_months * MONTH)
        self._customers = customers
        self._keys = luck.keys((LOSS,))

    def decide(self, who: Rows, time: Floats, soonest: Floats, luck: Pair, forces: Pair) -> None:
        _decide_by_renewal(self._customers.table, who, (time, soonest), luck, (*forces, self._operands))

    def reconsider(self, who: Rows, now: float, forces: Pair) -> None:
        _renew(self._customers.table, who, now, self._keys, (*forces, self._operands))


@compiled
def _decide_by_coin(table: Any, who: Rows, times: Pair, luck: Pair, forces: Pair) -> None:
    (time, soonest), (wait, loss), (pull, hold) = times, luck, forces
    for i in range(len(who)):
        customer = table[who[i]]
        customer.pending = max(_following(customer, time[i], wait[i], pull[i]), soonest[i])
        is_lost = customer.purchases > 1 and _coin(customer.dropout, hold[i], loss[i])
        _settle(customer, time[i] if is_lost else NEVER, pull[i], hold[i])


@compiled
def _decide_by_hazard(table: Any, who: Rows, times: Pair, luck: Pair, forces: Pair) -> None:
    (time, soonest), (wait, _), (pull, hold) = times, luck, forces
    for i in range(len(who)):
        customer = table[who[i]]
        customer.pending = max(_following(customer, time[i], wait[i], pull[i]), soonest[i])
        _settle(customer, _end_of_life(customer, time[i], hold[i]), pull[i], hold[i])


@compiled
def _decide_by_renewal(
    table: Any, who: Rows, times: Pair, luck: Pair, terms: tuple[Floats, Floats, Operands]
) -> None:
    """`terms` are pull, hold and the terms of the contract."""
    (time, soonest), (_, loss), (pull, hold, operands) = times, luck, terms
    market = operands[0]
    for i in range(len(who)):
        customer = table[who[i]]
        customer.pending = max(time[i] + market.interval, soonest[i])
        _settle(customer, _end_of_contract(customer, market, time[i], hold[i], loss[i]), pull[i], hold[i])


@compiled
def _hurry(table: Any, who: Rows, now: float, forces: Pair) -> None:
    pull, hold = forces
    for i in range(len(who)):
        customer = table[who[i]]
        _rescale_wait(customer, now, pull[i])
        _settle(customer, NEVER, pull[i], hold[i])


@compiled
def _stretch(table: Any, who: Rows, now: float, forces: Pair) -> None:
    pull, hold = forces
    for i in range(len(who)):
        customer = table[who[i]]
        _rescale_wait(customer, now, pull[i])
        _settle(customer, _end_of_life(customer, now, hold[i]), pull[i], hold[i])


@compiled
def _renew(table: Any, who: Rows, now: float, keys: Words, terms: tuple[Floats, Floats, Operands]) -> None:
    """The same coin against the present hold."""
    pull, hold, operands = terms
    market = operands[0]
    for i in range(len(who)):
        customer = table[who[i]]
        loss = uniform(keys[0], np.uint64(customer.key), np.uint64(customer.purchases - 1))
        _settle(customer, _end_of_contract(customer, market, now, hold[i], loss), pull[i], hold[i])


@compiled
def _exp(power: float) -> float:
    return 1.0 if power == 0 else np.exp(power)  # most customers of plain worlds: none is pulled, none held


@compiled
def _following(customer: Any, time: float, u: float, pull: float) -> float:
    """Waits are exponential with the rate times exp(pull)."""
    return time - np.log(u) / (customer.rate * _exp(pull))


@compiled
def _rescale_wait(customer: Any, now: float, pull: float) -> None:
    """An exponential wait has no memory: a change of pace rescales what is left of it."""
    if pull != customer.log_pace:
        customer.pending = now + (customer.pending - now) * np.exp(customer.log_pace - pull)


@compiled
def _coin(probability: float, hold: float, u: float) -> bool:
    odds = probability * _exp(-hold)
    return u * (odds + (1 - probability)) < odds  # in this order the bracket is exactly 1 without a hold


@compiled
def _end_of_life(customer: Any, now: float, hold: float) -> float:
    """Day of loss at the present hazard, NEVER if the next purchase comes before."""
    customer.life_end = now + (customer.life_end - now) * _exp(hold - customer.hold)
    return customer.life_end if customer.life_end < customer.pending else NEVER


@compiled
def _end_of_contract(customer: Any, market: Any, now: float, hold: float, loss: float) -> float:
    """Day of loss, NEVER unless this is the last bill of a contract that is not renewed."""
    customer.cancelled_at = NEVER
    is_last_bill = customer.purchases % market.term_bills == 0
    if not (is_last_bill and _coin(customer.dropout, hold, loss)):
        return NEVER
    customer.cancelled_at = max(now, customer.pending - market.notice_days)
    return customer.pending


@compiled
def _settle(customer: Any, lost_at: float, pull: float, hold: float) -> None:
    """Let the loss be decided, or else the next purchase."""
    customer.churned_at = lost_at
    customer.next_purchase = customer.pending if lost_at == NEVER else NEVER
    customer.log_pace, customer.hold = pull, hold


CHURN_MODELS: dict[str, type[ChurnModel]] = {
    "bg/nbd": CoinAfterPurchase,
    "pareto/nbd": ExponentialLife,
    "sbg": Renewal,
}
