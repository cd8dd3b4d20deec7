"""Gamma-Gamma: how much customers spend per purchase, shrunk towards the average where little is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from sim.analytics.fitting import Columns, Floats, Limits, Model


@dataclass(frozen=True)
class GammaGamma(Model):
    """The spend model of Fader & Hardie (2013, "The Gamma-Gamma model of monetary value").

    A purchase is Gamma(shape p, rate nu), with nu ~ Gamma(shape q, rate gamma) across customers; gamma is in
    money. Spend per purchase is taken to be independent of the purchase rate.
    """

    p: float
    q: float
    gamma: float

    LIMITS: ClassVar[Limits] = {"p": (0.1, 1000), "q": (1.05, 1000), "gamma": (0.001, 1e6)}

    @classmethod
    def fit(cls, x: ArrayLike, mean_amount: ArrayLike) -> Self:
        """Maximum likelihood estimates from customers' numbers of purchases and mean amounts, within
        `LIMITS`.

        Customers with no purchase or no positive mean amount say nothing about spend and are left out. Raises
        ValueError if nobody remains.
        """
        count, mean = np.asarray(x, float), np.asarray(mean_amount, float)
        used = (count > 0) & (mean > 0)
        if not used.any():
            raise ValueError("mean_amount is above 0 for no customer with a purchase; nothing to fit")
        level = mean[used].mean()
        starts = [(p, q, level * (q - 1) / p) for p in (1.0, 6.0) for q in (2.0, 6.0)]
        return cls._fitted((count[used], mean[used]), starts)

    @property
    def mean(self) -> float:
        """Mean amount of a purchase over all customers, p gamma / (q - 1); infinite for q <= 1."""
        return self.p * self.gamma / (self.q - 1) if self.q > 1 else np.inf

    def log_likelihood_of(self, x: ArrayLike, mean_amount: ArrayLike) -> Floats:
        """Log-density of each customer's mean amount over `x` purchases (eq. 1a of the paper)."""
        columns = np.asarray(x, float), np.asarray(mean_amount, float)
        return self._log_likelihoods(list(self.parameters.values()), columns)

    def expected_amount(self, x: ArrayLike, mean_amount: ArrayLike) -> Floats:
        """Mean amount expected of customers who spent `mean_amount` on average over `x` purchases.

        p (gamma + x m) / (p x + q - 1): between the customer's own mean and everybody's. Where x = 0 the mean
        amount may be NaN and the result is everybody's (infinite for q <= 1).
        """
        count = np.asarray(x, float)
        spent = np.where(count > 0, count * np.asarray(mean_amount, float), 0.0)
        weight = self.p * count + self.q - 1
        return np.where(weight > 0, self.p * (self.gamma + spent) / np.where(weight > 0, weight, 1), np.inf)

    @classmethod
    def _log_likelihoods(cls, parameters: Sequence[float], columns: Columns) -> Floats:
        p, q, gamma = parameters
        x, mean = columns
        shapes = gammaln(p * x + q) - gammaln(p * x) - gammaln(q)
        kernel = q * np.log(gamma) + (p * x - 1) * np.log(mean) + p * x * np.log(x)
        return shapes + kernel - (p * x + q) * np.log(gamma + x * mean)
