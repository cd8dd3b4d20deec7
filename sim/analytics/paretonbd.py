"""Pareto/NBD: customers buy at their own pace for a lifetime of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import exprel, gammaln, hyp2f1

from sim.analytics.btyd import ChurnModel, of_count
from sim.analytics.fitting import Floats, Limits


@dataclass(frozen=True)
class ParetoNBD(ChurnModel):
    """The model of Schmittlein, Morrison & Colombo (1987), time in weeks.

    Purchases are Poisson with a rate ~ Gamma(shape r, alpha weeks), r / alpha a week on average; lifetimes
    are exponential with a rate of loss ~ Gamma(shape s, beta weeks).
    """

    r: float
    alpha: float
    s: float
    beta: float

    LIMITS: ClassVar[Limits] = {
        "r": (0.05, 100),
        "alpha": (0.01, 1000),
        "s": (0.05, 100),
        "beta": (0.01, 10000),
    }

    @classmethod
    def _starts(cls, rate: float, weeks: float) -> Sequence[Sequence[float]]:
        return [(r, r / rate, s, s * weeks) for r in (0.5, 2.0) for s in (0.5, 2.0)]

    def _log_weights(self, x: Floats, t_x: Floats, T: Floats) -> tuple[Floats, Floats]:
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        common = of_count(lambda k: gammaln(r + k), x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
        alive = common - (r + x) * np.log(alpha + T) - s * np.log(beta + T)
        at_last, at_end = self._log_tail(x, t_x), self._log_tail(x, T)
        with np.errstate(divide="ignore"):
            between = np.log(-np.expm1(np.minimum(at_end - at_last, 0)))
        return alive, common + np.log(s / (r + s + x)) + at_last + between

    def _log_tail(self, x: Floats, t: Floats) -> Floats:
        """Log of (r + s + x) times the integral over y > t of (alpha + y)^-(r + x) (beta + y)^-(s + 1).

        The hypergeometric of Fader & Hardie (2005, "A note on deriving the Pareto/NBD model") has a branch
        for alpha >= beta and one for alpha < beta, so that its argument stays in [0, 1). Euler's
        transformation of each keeps it of order 1 however busy the customer.
        """
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        b: Floats | float
        if alpha >= beta:
            b, c, z = r + x, s, (alpha - beta) / (alpha + t)
        else:
            b, c, z = s + 1, s + 1, (beta - alpha) / (beta + t)
        series = hyp2f1(1, b, r + s + x + 1, z)
        return np.log(series) - (r + s + x - c) * np.log(alpha + t) - c * np.log(beta + t)

    def _posterior_if_alive(self, x: Floats, T: Floats) -> tuple[Any, ...]:
        return self.r + x, self.alpha + T, self.s, self.beta + T

    @staticmethod
    def _expected(*parameters_and_time: Any) -> Floats:
        """r beta / (alpha (s - 1)) [1 - (beta / (beta + t))^(s - 1)], written so that s = 1 is no
        exception."""
        r, alpha, s, beta, t = parameters_and_time
        lives = np.log1p(t / beta)
        return r * beta / alpha * lives * exprel((1 - s) * lives)
