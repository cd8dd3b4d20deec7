"""The base model as a plain SimPy program, one process per customer: slow, obvious, and the engine's judge.

Given the same luck it must produce the same purchases as `sim.simulate`, row for row.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import simpy
from numpy.typing import NDArray

from sim.luck import Luck, beta, exponential, gamma
from sim.scenario import Scenario
from sim.world import purposes

WEEK = 7
MONTH = 365.25 / 12
BLOCK = 128

Process = Generator[simpy.Event, None, None]


def oracle_transactions(scenario: Scenario, seed: int) -> pd.DataFrame:
    """Purchases until the horizon, by time: customer_id, time (to the second), amount (to the cent).

    All mechanisms are taken to be off and no customer to come from a log: `scenario.base()` of a bundled one.
    """
    return Shop(scenario, seed).open()


@dataclass(frozen=True, slots=True)
class Person:
    """A customer's number and hidden traits; rates are per day, times in days."""

    key: int
    rate: float
    loss: float
    spend_rate: float
    life: float


class Shop:
    """A SimPy environment, the luck of its world, and the list of purchases made so far."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.market, self.acquisition, self.clock = scenario.market, scenario.acquisition, scenario.clock
        self.luck = Luck(seed)
        self.env = simpy.Environment()
        self.purchases: list[tuple[int, float, float]] = []

    def open(self) -> pd.DataFrame:
        """Let customers and channels run to the horizon; returns the purchases."""
        levers = self.acquisition
        keys = channel_keys(0, np.arange(levers.opening_customers))
        days = self.luck.uniform(purposes.OPENING, keys) * levers.opening_weeks * WEEK
        for person, day in zip(self.people(keys), days, strict=True):
            self.env.process(self.customer(person, day))
        reached = 1 - np.exp(-levers.paid_spend_per_month / levers.paid_saturation_spend)
        self.env.process(self.channel(1, levers.organic_leads_per_month, 1.0, levers.organic_conversion))
        self.env.process(self.channel(2, levers.paid_leads_ceiling, reached, levers.paid_conversion))
        start = pd.Timestamp(self.clock.start)
        self.env.run(until=(start + pd.DateOffset(months=self.clock.months) - start).days)
        columns = {"customer_id": int, "time": float, "amount": float}
        table = pd.DataFrame(self.purchases, columns=list(columns)).astype(columns)
        seconds = (table["time"] * 86_400).astype("int64").astype("timedelta64[s]")
        return table.assign(time=start.as_unit("s") + seconds)

    def channel(self, number: int, leads_per_month: float, reached: float, conversion: float) -> Process:
        """Possible leads come one after the other; spending reaches some, and some of those buy at once."""
        for count, (wait, reach, buys) in enumerate(self.leads(number, leads_per_month)):
            yield self.env.timeout(wait)
            if reach < reached and buys < conversion:
                (person,) = self.people(channel_keys(number, np.array([count])))
                self.env.process(self.customer(person, 0.0))

    def leads(self, number: int, per_month: float) -> Iterator[tuple[float, float, float]]:
        """Days between possible leads, and each one's luck in being reached and in buying, read in blocks."""
        for counts in blocks(BLOCK) if per_month > 0 else ():
            with np.errstate(all="ignore"):  # nobody ever comes at a rate of almost nothing
                waits = exponential(self.luck.uniform(purposes.ARRIVAL, number, counts)) / (per_month / MONTH)
            keys = channel_keys(number, counts)
            reach, buys = self.luck.uniform((purposes.REACH, purposes.CONVERSION), keys)
            yield from zip(waits.tolist(), reach.tolist(), buys.tolist(), strict=True)

    def customer(self, person: Person, day: float) -> Process:
        """Buy, perhaps be lost, wait, buy again; by coin nobody is lost at the first purchase."""
        yield self.env.timeout(day)
        end_of_life = self.env.now + person.life
        for count, (wait, coin, amount) in enumerate(self.visits(person)):
            self.purchases.append((person.key, self.env.now, amount))
            lost_by_coin = count > 0 and coin < person.loss
            if lost_by_coin or self.env.now + wait > end_of_life:
                return
            yield self.env.timeout(wait)

    def visits(self, person: Person) -> Iterator[tuple[float, float, float]]:
        """Days to the next purchase, loss coin and amount of each purchase, read in blocks."""
        needed = purposes.WAIT, purposes.LOSS, purposes.BASKET
        for counts in blocks(8):
            wait, coin, basket = self.luck.uniform(needed, person.key, counts)
            waits = exponential(wait) / person.rate
            coins = coin if self.market.churn_model == "bg/nbd" else np.ones(len(counts))
            amounts = np.round(gamma(basket, self.market.spend_shape) / person.spend_rate, 2)
            yield from zip(waits.tolist(), coins.tolist(), amounts.tolist(), strict=True)

    def people(self, keys: NDArray[np.int64]) -> Iterator[Person]:
        """The customers behind these keys, with traits drawn from the market's distributions."""
        market, traits = self.market, (purposes.RATE, purposes.DROPOUT, purposes.SPEND, purposes.LIFETIME)
        rate, loss, spend, life = self.luck.uniform(traits, keys)
        if market.churn_model == "bg/nbd":
            losses, lives = beta(loss, market.dropout_a, market.dropout_b), np.full(len(keys), np.inf)
        else:
            losses = gamma(loss, market.life_shape) / market.life_scale_weeks / WEEK
            lives = exponential(life) / losses
        rates = gamma(rate, market.rate_shape) / market.rate_scale_weeks / WEEK
        spend_rates = gamma(spend, market.spend_heterogeneity) / market.spend_scale
        yield from map(Person, keys.tolist(), *(one.tolist() for one in (rates, losses, spend_rates, lives)))


def channel_keys(channel: int, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Customer numbers: 1, 2, ... for the opening, 1,000,000,001, ... for the first channel, and so on."""
    return channel * 10**9 + counts + 1


def blocks(size: int) -> Iterator[NDArray[np.int64]]:
    """The whole numbers from 0, in blocks that double in size up to BLOCK."""
    start = 0
    while True:
        yield start + np.arange(size)
        start, size = start + size, min(2 * size, BLOCK)
