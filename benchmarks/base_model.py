"""The base model that every contestant runs, and the judge who compares what came out with its closed forms.

BG/NBD with Gamma-Gamma spend (Fader, Hardie & Lee 2005; Fader & Hardie 2013): customers make their first
purchase at a uniform moment of the opening weeks and then buy as a Poisson process of their own rate; after
each repeat purchase their own coin decides whether they are lost. No leads, no mechanisms, no surveys.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import integrate
from scipy.special import hyp2f1

import sim
from sim.analytics.bgnbd import BGNBD
from sim.luck import Floats
from sim.world.simulate import month_edges
from tests.zscores import z_of_mean, z_of_sum

SEED = 1
MONTHS = 36
NOBODY_ELSE = {
    "acquisition.organic_leads_per_month": 0,
    "acquisition.paid_spend_per_month": 0,
    "surveys.sample_share": 0,
}


class Traits(NamedTuple):
    """A customer's purchases a week, probability of loss after a repeat purchase, and 1 / scale of spend."""

    rate: float
    dropout: float
    spend_rate: float


@dataclass(frozen=True)
class BaseModel:
    """The bundled coffee chain without mechanisms, leads and surveys.

    `weeks` until the horizon; rate ~ Gamma(r, alpha weeks), dropout ~ Beta(a, b); a purchase is
    Gamma(p, spend_rate) of money, spend_rate ~ Gamma(q, gamma). `scenario` says the same to this engine.
    """

    scenario: sim.Scenario
    customers: int
    weeks: float
    opening_weeks: float
    r: float
    alpha: float
    a: float
    b: float
    p: float
    q: float
    gamma: float

    @classmethod
    def of(cls, customers: int) -> Self:
        """The model with this many opening customers."""
        levers = {"acquisition.opening_customers": customers, "clock.months": MONTHS, **NOBODY_ELSE}
        scenario = sim.load("coffee").base().change(levers)
        market, weeks = scenario.market, float(month_edges(scenario)[-1]) / 7
        loss = (market.rate_shape, market.rate_scale_weeks, market.dropout_a, market.dropout_b)
        spend = (market.spend_shape, market.spend_heterogeneity, market.spend_scale)
        return cls(scenario, customers, weeks, scenario.acquisition.opening_weeks, *loss, *spend)

    def traits(self, rng: Random) -> Traits:
        """Who the next customer is, for contestants that draw one number at a time."""
        rate, spend_rate = rng.gammavariate(self.r, 1 / self.alpha), rng.gammavariate(self.q, 1 / self.gamma)
        return Traits(rate, rng.betavariate(self.a, self.b), spend_rate)

    def expected_purchases(self, week: float) -> float:
        """Purchases expected of a customer until `week`, the first one included.

        The mean of 1 + E[X(week - s)] over the moment s of the first purchase.
        """
        repeats = BGNBD(self.r, self.alpha, self.a, self.b).expected_purchases
        last = min(week, self.opening_weeks)
        total, _ = integrate.quad(lambda s: 1 + float(repeats(week - s)), 0, last)
        return float(total) / self.opening_weeks

    def active_share(self) -> float:
        """Share of customers not lost at the horizon, the mean of P(alive after t) over t = weeks - s.

        The first coin on the side of loss comes after an exponential time of rate x dropout, so that
        P(alive after t) = E[exp(-rate dropout t)] = 2F1(r, a; a + b; -t / alpha).
        """
        total, _ = integrate.quad(
            lambda s: float(hyp2f1(self.r, self.a, self.a + self.b, -(self.weeks - s) / self.alpha)),
            *(0, self.opening_weeks),
        )
        return float(total) / self.opening_weeks

    @property
    def mean_amount(self) -> float:
        """Money a purchase costs on average, p gamma / (q - 1)."""
        return self.p * self.gamma / (self.q - 1)


@dataclass(frozen=True)
class Totals:
    """What a contestant hands over that keeps no log: purchases and revenue by customer, who is not lost."""

    purchases: ArrayLike
    revenue: ArrayLike
    active: int
    has_log = False

    def scores(self, model: BaseModel) -> dict[str, float]:
        """z of mean purchases, of mean revenue and of the share of active customers, by name."""
        expected, active = model.expected_purchases(model.weeks), model.active_share()
        variance = model.customers * active * (1 - active)
        return {
            "purchases": z_of_mean(self.purchases, expected),
            "revenue": z_of_mean(self.revenue, expected * model.mean_amount),
            "active customers": z_of_sum(self.active, model.customers * active, variance),
        }

    def count(self) -> int:
        """Purchases made."""
        return int(np.sum(self.purchases))


@dataclass(frozen=True)
class Log:
    """What a contestant hands over that records every purchase: customer (from 0), week, amount.

    `rows` are purchases, or blocks of purchases as three arrays.
    """

    rows: Sequence[tuple[Any, Any, Any]]
    active: int
    has_log = True

    def scores(self, model: BaseModel) -> dict[str, float]:
        """The z of the totals, and of the purchases in the first half of the time."""
        customer, week, amount = self.columns()
        early = self._by_customer(model, customer[week < model.weeks / 2])
        revenue = self._by_customer(model, customer, amount)
        totals = Totals(self._by_customer(model, customer), revenue, self.active)
        half = model.expected_purchases(model.weeks / 2)
        return {**totals.scores(model), "early purchases": z_of_mean(early, half)}

    def count(self) -> int:
        """Purchases made."""
        return self.columns()[0].size

    def columns(self) -> tuple[Floats, ...]:
        """Whole columns, whether rows or blocks were recorded."""
        return tuple(
            np.hstack(one) if np.ndim(one[0]) else np.array(one) for one in zip(*self.rows, strict=True)
        )

    @staticmethod
    def _by_customer(model: BaseModel, customer: Floats, weights: Floats | None = None) -> Floats:
        return np.bincount(customer.astype(int), weights, minlength=model.customers).astype(float)
