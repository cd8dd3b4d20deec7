"""The model as a plain SimPy program, one process per customer: slow, obvious, and the engine's judge.

It knows who customers are, when they buy, what a purchase is like, what they tolerate, how satisfied,
trusting and committed they are, and how all that moves their pace and their loss. Given the same luck it must
produce the same purchases and episodes as `sim.simulate`, row for row. What customers share it does not know:
queues, offers, word of mouth, the program.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import simpy
from numpy.typing import NDArray
from scipy import special, stats

from sim.luck import Luck, beta, exponential, gamma, normal
from sim.scenario import Scenario, levers
from sim.world import purposes

WEEK = 7
MONTH = 365.25 / 12
BLOCK = 128

Process = Generator[simpy.Event, None, None]


def oracle_transactions(scenario: Scenario, seed: int) -> pd.DataFrame:
    """Purchases until the horizon, by time: customer_id, time (to the second), amount (to the cent).

    With them their episodes: failures, tolerance, delight, experience, satisfaction, trust, commitment. No
    customer may come from a log, and what customers share must be off: see `alone`.
    """
    return Shop(scenario, seed).open()


def alone(scenario: Scenario) -> Scenario:
    """The same scenario with every mechanism off but those a customer lives through alone."""
    kept = ("retention.", "experience.", "product.", "market.rivals", "service.double_deviation")
    own = {one.name: scenario[one.name] for one in levers() if one.name.startswith(kept)}
    return scenario.base().change(own)


@dataclass(slots=True)
class Person:
    """A customer's number and hidden traits, and the state of mind; rates are per day, times in days."""

    key: int
    rate: float
    loss: float
    spend_rate: float
    life: float
    leniency: float
    satisfaction: float
    trust: float = 0.5
    commitment: float = 0.5
    expectation: float = 0.0
    failed_at: float = -np.inf
    grudge_at: float = -np.inf
    hold: float = 0.0
    bought: int = 0
    episode: tuple[float, ...] = field(default=())


EPISODE = ("failures", "tolerance", "delight", "experience", "satisfaction", "trust", "commitment")


class Shop:
    """A SimPy environment, the luck of its world, and the list of purchases made so far."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.market, self.acquisition, self.clock = scenario.market, scenario.acquisition, scenario.clock
        self.luck = Luck(seed)
        self.env = simpy.Environment()
        self.purchases: list[tuple[float, ...]] = []
        self.failing = stats.binom(scenario.experience.attributes, self.failure_probability())
        self.is_contract = self.market.churn_model == "sbg"

    def open(self) -> pd.DataFrame:
        """Let customers and channels run to the horizon; returns the purchases."""
        opening = self.acquisition
        keys = channel_keys(0, np.arange(opening.opening_customers))
        days = self.luck.uniform(purposes.OPENING, keys) * opening.opening_weeks * WEEK
        for person, day in zip(self.people(keys), days, strict=True):
            self.env.process(self.customer(person, day))
        self.env.process(self.channel(1, opening.organic_leads_per_month, 1.0, opening.organic_conversion))
        for number, name in ((2, "paid"), (3, "trial"), (4, "deal")):
            spend, ceiling, saturation, conversion = (
                getattr(opening, f"{name}_{lever}")
                for lever in ("spend_per_month", "leads_ceiling", "saturation_spend", "conversion")
            )
            self.env.process(self.channel(number, ceiling, 1 - np.exp(-spend / saturation), conversion))
        start = pd.Timestamp(self.clock.start)
        self.env.run(until=(start + pd.DateOffset(months=self.clock.months) - start).days)
        columns = {"customer_id": int, "time": float, "amount": float, **dict.fromkeys(EPISODE, float)}
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
        """Buy, live through it, perhaps be lost, wait, buy again."""
        yield self.env.timeout(day)
        end_of_life = self.env.now + person.life
        for wait, coin, amount, *luck in self.visits(person):
            now = self.env.now
            person.bought += 1
            breach = self.live(person, now, *luck)
            self.purchases.append((person.key, now, amount, *person.episode))
            pull, hold = self.forces(person, now, breach)
            days = (
                self.market.billing_months * MONTH
                if self.is_contract
                else wait / (person.rate * np.exp(pull))
            )
            end_of_life = now + (end_of_life - now) * np.exp(hold - person.hold)
            person.hold = hold
            if (self.tossed(person) and self.falls(person.loss, hold, coin)) or now + days > end_of_life:
                return
            yield self.env.timeout(days)

    def tossed(self, person: Person) -> bool:
        """Whether a coin decides after this purchase: in shops from the second on, or at a contract's end."""
        if self.is_contract:
            return person.bought % self.market.term_bills == 0
        return self.market.churn_model == "bg/nbd" and person.bought > 1

    @staticmethod
    def falls(probability: float, hold: float, coin: float) -> bool:
        """Whether a coin with these odds of loss, divided by exp(hold), falls on the side of loss."""
        odds = probability * np.exp(-hold)
        return bool(coin < odds / (odds + 1 - probability))

    def failure_probability(self) -> float:
        """Odds of `failure_rate`, higher where basic or expected spending is short of the market's."""
        product, rate = self.scenario.product, self.scenario.experience.failure_rate
        more = [spent - 1 if spent < 1 else (spent - 1) / 5 for spent in (product.basic, product.expected)]
        odds = rate * np.exp(-product.expected_effect * sum(more))
        return float(odds / (odds + 1 - rate))

    def delights(self, coin: float) -> bool:
        """Odds of `delight_rate`, higher with augmented spending."""
        product, rate = self.scenario.product, self.scenario.experience.delight_rate
        return self.falls(rate, -product.augmented_effect * (product.augmented - 1), coin)

    def live(self, person: Person, now: float, mood: float, failures: float, delight: float) -> float:
        """One purchase as the customer feels it; returns failures beyond tolerance."""
        levers, product, retention = self.scenario.experience, self.scenario.product, self.scenario.retention
        grown = 1 - np.exp(-(person.bought - 1) / levers.tolerance_purchases)
        tolerance = levers.tolerance_most * person.trust * grown
        breach = max(failures - tolerance, 0)
        is_delighted = self.delights(delight)
        surprise = levers.delight_gain * is_delighted - person.expectation
        experience = (
            retention.service_quality
            + product.core_effect * (product.core - 1)
            + person.leniency
            + surprise
            - levers.failure_pain * breach
            + retention.experience_sd * mood
        )
        experience = min(max(experience, -10), 20)
        weight = 1 / max(retention.anchor_purchases + person.bought, 1)
        if experience < person.satisfaction:
            weight *= 1 + levers.loss_aversion
        person.satisfaction += min(weight, 1) * (experience - person.satisfaction)
        creep = levers.expectation_creep * np.exp(-product.potential_effect * (product.potential - 1))
        person.expectation += min(creep, 1) * surprise
        if failures == 0:
            person.trust += levers.trust_gain * (1 - person.trust)
        person.trust *= (1 - levers.trust_loss) ** breach
        aim = special.expit((person.satisfaction - retention.market_standard) / 2)
        person.commitment += levers.commitment_speed * (aim - person.commitment)
        if breach:
            if now - person.failed_at < self.scenario.service.window_days:
                person.grudge_at = now
            person.failed_at = now
        states = (person.satisfaction, person.trust, person.commitment)
        person.episode = (failures, tolerance, is_delighted, experience, *states)
        return breach

    def forces(self, person: Person, now: float, breach: float) -> tuple[float, float]:
        """What pulls the customer back (log rate) and what holds (log-odds or hazard of loss, lowered)."""
        scenario = self.scenario
        surplus = person.satisfaction - scenario.retention.market_standard
        resents = now - person.grudge_at < scenario.service.window_days
        hold = (
            scenario.retention.satisfaction_to_loss * surplus
            + scenario.experience.commitment_to_loss * (person.commitment - 0.5)
            - scenario.experience.breach_to_loss * breach
            - scenario.service.double_deviation * resents
            - scenario.market.rivals
        )
        return scenario.retention.satisfaction_to_pace * surplus, hold

    def visits(self, person: Person) -> Iterator[tuple[float, ...]]:
        """The luck of each purchase, read in blocks: wait, loss coin, amount, mood, failures, delight."""
        needed = (
            *(purposes.WAIT, purposes.LOSS, purposes.BASKET),
            *(purposes.VISIT, purposes.FAILURE, purposes.DELIGHT),
        )
        for counts in blocks(8):
            wait, coin, basket, mood, failing, delight = self.luck.uniform(needed, person.key, counts)
            amounts = np.round(gamma(basket, self.market.spend_shape) / person.spend_rate, 2)
            failures = self.failing.ppf(failing)
            columns = (exponential(wait), coin, amounts, normal(mood), failures, delight)
            yield from zip(*(one.tolist() for one in columns), strict=True)

    def people(self, keys: NDArray[np.int64]) -> Iterator[Person]:
        """The customers behind these keys, with traits drawn from the market's distributions."""
        market, retention = self.market, self.scenario.retention
        traits = (purposes.RATE, purposes.DROPOUT, purposes.SPEND, purposes.LIFETIME, purposes.LENIENCY)
        rate, loss, spend, life, leniency = self.luck.uniform(traits, keys)
        lives = np.full(len(keys), np.inf)
        if market.churn_model == "pareto/nbd":
            losses = gamma(loss, market.life_shape) / market.life_scale_weeks / WEEK
            lives = exponential(life) / losses
        elif market.churn_model == "bg/nbd":
            losses = beta(loss, market.dropout_a, market.dropout_b)
        else:
            losses = beta(loss, market.renewal_alpha, market.renewal_beta)
        rates = gamma(rate, market.rate_shape) / market.rate_scale_weeks / WEEK
        spend_rates = gamma(spend, market.spend_heterogeneity) / market.spend_scale
        kind = retention.leniency_sd * normal(leniency)
        columns = (keys, rates, losses, spend_rates, lives, kind, retention.market_standard + kind)
        yield from map(Person, *(one.tolist() for one in columns))


def channel_keys(channel: int, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Customer numbers: 1, 2, ... for the opening, 1,000,000,001, ... for the first channel, and so on."""
    return channel * 10**9 + counts + 1


def blocks(size: int) -> Iterator[NDArray[np.int64]]:
    """The whole numbers from 0, in blocks that double in size up to BLOCK."""
    start = 0
    while True:
        yield start + np.arange(size)
        start, size = start + size, min(2 * size, BLOCK)
