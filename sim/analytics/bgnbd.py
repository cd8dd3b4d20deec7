"""BG/NBD: customers buy at their own pace and may be lost after each purchase."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, betaln, gammaln, hyp2f1, xlogy

from sim.analytics.btyd import ChurnModel, check_weeks, of_count
from sim.analytics.fitting import Floats, Limits

HOLE = 1e-5


@dataclass(frozen=True)
class BGNBD(ChurnModel):
    """The beta-geometric / negative binomial model of Fader, Hardie & Lee (2005), time in weeks.

    Purchases are Poisson with a rate ~ Gamma(shape r, alpha weeks), r / alpha a week on average; after each
    repeat purchase the customer is lost with a probability ~ Beta(a, b).
    """

    r: float
    alpha: float
    a: float
    b: float

    LIMITS: ClassVar[Limits] = {"r": (0.05, 100), "alpha": (0.01, 1000), "a": (0.05, 1000), "b": (0.05, 1000)}

    @classmethod
    def _starts(cls, rate: float, weeks: float) -> Sequence[Sequence[float]]:
        return [(r, r / rate, a, b) for r in (0.3, 2.0) for a, b in ((0.8, 2.5), (0.5, 10.0))]

    def _log_weights(self, x: Floats, t_x: Floats, T: Floats) -> tuple[Floats, Floats]:
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        common = of_count(lambda k: gammaln(r + k) + betaln(a, b + k), x) - gammaln(r) - betaln(a, b)
        coin = of_count(lambda k: np.log(a / (b + np.maximum(k, 1) - 1)), x)
        alive = common + r * np.log(alpha) - (r + x) * np.log(alpha + T)
        lost = common + r * np.log(alpha) - (r + x) * np.log(alpha + t_x) + coin
        return alive, np.where(x > 0, lost, -np.inf)

    def _posterior_if_alive(self, x: Floats, T: Floats) -> tuple[Any, ...]:
        return self.r + x, self.alpha + T, self.a, self.b + x

    @staticmethod
    def _expected(*parameters_and_time: Any) -> Floats:
        r, alpha, a, b, t = parameters_and_time
        if abs(a - 1) >= HOLE:
            return _expected_off_the_hole(r, alpha, a, b, t)
        left, right = (_expected_off_the_hole(r, alpha, 1 + side, b, t) for side in (-HOLE, HOLE))
        return left + (right - left) * (a - 1 + HOLE) / (2 * HOLE)

    def probability_of(self, x: ArrayLike, t: ArrayLike) -> Floats:
        """P(X(t) = x): chance of exactly `x` repeat purchases within `t` weeks of the first purchase.

        Fader, Hardie & Lee (2005), eq. 8; its finite sum is the tail of a negative binomial, taken here from
        the incomplete beta function.
        """
        k, weeks = np.asarray(x, float), check_weeks(t)
        r, a, b, share = self.r, self.a, self.b, weeks / (self.alpha + weeks)
        paths = gammaln(r + k) - gammaln(r) - gammaln(k + 1) + r * np.log1p(-share) + xlogy(k, share)
        alive = np.exp(betaln(a, b + k) - betaln(a, b) + paths)
        n = np.maximum(k, 1)
        lost = np.exp(betaln(a + 1, b + n - 1) - betaln(a, b)) * betainc(n, r, share)
        return alive + np.where(k > 0, lost, 0.0)


def _expected_off_the_hole(r: Any, alpha: Any, a: float, b: Any, t: Floats) -> Floats:
    """E[X(t)] for a != 1: Fader, Hardie & Lee (2005), eq. 9.

    Their 2F1(r, b; c; z) overflows for busy customers; Euler's transformation gives this one, of order 1.
    Both have a removable singularity at c = 0, which a nudge avoids.
    """
    share = t / (alpha + t)
    c = np.asarray(a + b - 1)
    c = np.where(np.abs(c) < 1e-9, 1e-9, c)
    return c / (a - 1) * (1 - (1 - share) ** (a - 1) * hyp2f1(c - r, a - 1, c, share))
