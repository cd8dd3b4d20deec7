"""Means over replications and paired differences of means, with 95 % intervals by Student's t.

Arrays have the shape (replications, KPIs). A KPI that is unknown (NaN) in some replications, such as a score
without answers, rests on those in which it is known.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CONFIDENCE = 0.95
ROUNDING = 1e-12
"""What is smaller than this share of the largest value comes from adding up floating-point numbers."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Means by KPI: on how many replications they rest, and the standard deviation between replications."""

    mean: Floats
    deviation: Floats
    count: NDArray[np.intp]

    @property
    def standard_error(self) -> Floats:
        """Standard error of the mean."""
        return self.deviation / np.sqrt(np.maximum(self.count, 1))

    @property
    def half_width(self) -> Floats:
        """Half of the 95 % interval: t(0.975; n - 1) x standard error; NaN below two replications."""
        from scipy import special  # here, as nobody shall wait for it before the first run is handed out

        return special.stdtrit(np.maximum(self.count - 1, 1), (1 + CONFIDENCE) / 2) * self.standard_error

    @property
    def low(self) -> Floats:
        """Lower end of the 95 % interval."""
        return self.mean - self.half_width

    @property
    def high(self) -> Floats:
        """Upper end of the 95 % interval."""
        return self.mean + self.half_width

    def probability_above_0(self) -> Floats:
        """Probability that the true mean is above 0, given these replications and no other knowledge.

        Formula: F(mean / standard error), F Student's t with n - 1 degrees of freedom: the posterior of a
        normal mean with a flat prior for it and for the logarithm of the deviation (Box & Tiao 1973, Bayesian
        Inference in Statistical Analysis, section 2.4). It is 1 less the p-value of the one-sided t-test.
        Without any deviation it is 0 or 1; NaN if the mean is 0 as well, as then nothing differs.
        """
        from scipy import special  # here, as above

        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(special.stdtr(np.maximum(self.count - 1, 1), self.mean / self.standard_error))


def estimate(values: Floats, resolution: "Floats | float" = 0.0) -> Estimate:
    """Mean and deviation by column of the values that are known; up to `resolution` they are taken as 0."""
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    mean = np.where(known, values, 0).sum(axis=0) / np.where(count > 0, count, np.nan)
    squares = np.where(known, values - mean, 0) ** 2
    deviation = np.sqrt(squares.sum(axis=0) / np.where(count > 1, count - 1, np.nan))
    return Estimate(_without_rounding(mean, resolution), _without_rounding(deviation, resolution), count)


def difference(baseline: Floats, other: Floats) -> Estimate:
    """Mean of other less baseline, replication by replication, where both are known."""
    largest = np.fmax(np.abs(baseline), np.abs(other))
    resolution = ROUNDING * np.fmax.reduce(largest, axis=0, initial=0.0)
    return estimate(other - baseline, resolution)


def variance_ratio(baseline: Floats, other: Floats) -> Floats:
    """How many times as many replications the same precision would take with independent luck.

    Formula: (variance of baseline + variance of other) / variance of their paired difference, between
    replications. NaN where the paired difference does not vary.
    """
    both = ~np.isnan(baseline - other)
    alone = [estimate(np.where(both, side, np.nan)).deviation for side in (baseline, other)]
    paired = difference(baseline, other).deviation
    return (alone[0] ** 2 + alone[1] ** 2) / np.where(paired > 0, paired, np.nan) ** 2


def _without_rounding(values: Floats, resolution: "Floats | float") -> Floats:
    return np.where(np.abs(values) <= resolution, 0.0, values)
