"""The acquisition department: opening customers, customers taken over from a log, organic and paid leads.

Possible leads of a channel arrive as a Poisson stream at the rate of its ceiling; spending decides which of
them are reached, 1 - exp(-spend / saturation) of them. Thinning a Poisson stream leaves a Poisson stream, and
it keeps every customer who was reached before when the spending grows: the n-th possible lead is always the
same person.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.luck import Floats, Luck, exponential
from sim.scenario import Scenario
from sim.world.customers import NEVER, Customers
from sim.world.journal import Journal
from sim.world.purposes import ARRIVAL, CONVERSION, OPENING, REACH, WAIT
from sim.world.traits import WEEK, draw_lifetime, draw_posterior, draw_traits

CHANNELS = ("opening", "organic", "paid")
TAKEN_OVER = len(CHANNELS)  # keys of customers taken over from a log; they are counted among the opening ones
MONTH = 365.25 / 12
_BLOCK = 256


def customer_keys(channel: int, number: NDArray[np.int64]) -> NDArray[np.int64]:
    """The n-th customer of a channel, always the same: opening 1, 2, ..., organic 1,000,000,001, ..."""
    return channel * 10**9 + number + 1


@dataclass
class Channel:
    """A stream of possible leads: `ceiling` per day, of whom `reached` and then `conversion` are shares."""

    number: int
    ceiling: float
    reached: float
    conversion: float
    drawn: int = 0
    frontier: float = 0.0

    def arrivals(self, luck: Luck, until: float) -> tuple[NDArray[np.int64], Floats]:
        """Numbers and days of the possible leads since the last call, up to and including `until` (days)."""
        days = np.empty(0)
        block = _BLOCK + int(self.ceiling * (until - self.frontier))
        while self.ceiling > 0 and (days.size == 0 or days[-1] <= until):
            start = days[-1] if days.size else self.frontier
            counts = self.drawn + days.size + np.arange(block)
            with np.errstate(over="ignore"):  # at a ceiling of almost nothing nobody ever comes
                waits = exponential(luck.uniform(ARRIVAL, self.number, counts)) / self.ceiling
            days = np.concatenate([days, np.cumsum(np.append(start, waits))[1:]])
        days = days[days <= until]
        numbers = self.drawn + np.arange(days.size)
        if days.size:
            self.drawn, self.frontier = self.drawn + days.size, float(days[-1])
        return numbers, days


class Acquisition:
    """Turns leads into customers with a day for their first purchase, which retention serves."""

    def __init__(self, scenario: Scenario, luck: Luck, customers: Customers, journal: Journal) -> None:
        levers = scenario.acquisition
        reached = 1 - np.exp(-levers.paid_spend_per_month / levers.paid_saturation_spend)
        self._channels = [
            Channel(1, levers.organic_leads_per_month / MONTH, 1.0, levers.organic_conversion),
            Channel(2, levers.paid_leads_ceiling / MONTH, float(reached), levers.paid_conversion),
        ]
        self._scenario = scenario
        self._luck = luck
        self._customers = customers
        self._journal = journal

    def open(self) -> None:
        """Admit the opening customers and those taken over from a log."""
        key = customer_keys(0, np.arange(self._scenario.acquisition.opening_customers))
        spread = self._luck.uniform(OPENING, key) if key.size else np.empty(0)
        self._admit(key, 0, spread * self._scenario.acquisition.opening_weeks * WEEK)
        if self._scenario.starting_customers is not None:
            self._take_over()

    def admit(self, until: float) -> None:
        """Admit everybody who arrives and buys up to `until` (days)."""
        for channel in self._channels:
            number, day = channel.arrivals(self._luck, until)
            key = customer_keys(channel.number, number)
            reach, conversion = self._luck.uniform((REACH, CONVERSION), key) if key.size else np.empty((2, 0))
            lead = reach < channel.reached
            buys = lead & (conversion < channel.conversion)
            self._journal.record("leads", key=key[lead], day=day[lead], converted=buys[lead])
            self._admit(key[buys], channel.number, day[buys])

    def _admit(self, key: NDArray[np.int64], channel: int, day: Floats) -> None:
        if not key.size:
            return
        market, luck = self._scenario.market, self._luck
        traits = draw_traits(market, self._scenario.retention, luck, key)
        self._customers.admit(
            len(key),
            key=key,
            channel=np.full(len(key), channel),
            acquired_at=day,
            next_purchase=day,
            life_end=draw_lifetime(market, luck, key, day, traits["dropout"]),
            **traits,
        )

    def _take_over(self) -> None:
        """Continue a real log: exponential waits have no memory, so a survivor's next wait starts today."""
        known = self._scenario.starting_customers
        assert known is not None
        key = customer_keys(TAKEN_OVER, np.arange(len(known)))
        market, luck, table = self._scenario.market, self._luck, known.table
        traits = draw_posterior(market, self._scenario.retention, luck, key, known)
        x = table["repeat_purchases"].to_numpy(np.int32)
        today = np.zeros(len(key))
        life_end = draw_lifetime(market, luck, key, today, traits["dropout"])
        following = exponential(luck.uniform(WAIT, key, x)) / traits["rate"]
        gone = traits["churned_at"] != NEVER
        lost_first = ~gone & (life_end < following)
        traits["churned_at"] = np.where(lost_first, life_end, traits["churned_at"])
        age = table["observed_weeks"].to_numpy(float) * WEEK
        self._customers.admit(
            len(key),
            key=key,
            acquired_at=-age,
            last_purchase=table["last_purchase_weeks"].to_numpy(float) * WEEK - age,
            purchases=x + 1,
            next_purchase=np.where(gone | lost_first, NEVER, following),
            life_end=life_end,
            **traits,
        )
