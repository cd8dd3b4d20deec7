"""How a comparison with theory becomes one number that is standard normal if the theory holds."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def z_of_sum(observed: ArrayLike, expected: ArrayLike, variance: ArrayLike) -> float:
    """(sum observed - sum expected) / sqrt(sum variance)."""
    return float((np.sum(observed) - np.sum(expected)) / np.sqrt(np.sum(variance)))


def z_of_mean(sample: ArrayLike, expected: float) -> float:
    """The sample's mean against an expected value, with the sample's own variance."""
    values = np.asarray(sample, float)
    return float((values.mean() - expected) / stats.sem(values))


def z_of_count(count: float, expected: float) -> float:
    """A Poisson count against its mean."""
    return float((count - expected) / np.sqrt(expected))


def z_of_chi_square(sample: ArrayLike, freedom: float) -> float:
    """A chi-square statistic as the z-score of its upper tail: too much variance is above 0."""
    total = np.sum(sample)
    upper, lower = stats.chi2.sf(total, freedom), stats.chi2.cdf(total, freedom)
    return float(stats.norm.isf(upper) if upper < 0.5 else stats.norm.ppf(lower))


def z_of_uniforms(u: ArrayLike) -> float:
    """Kolmogorov and Smirnov's p-value of uniforms as the z-score with the same two-sided p-value."""
    return float(stats.norm.isf(stats.kstest(u, "uniform").pvalue / 2))


def z_of_correlation(one: ArrayLike, other: ArrayLike) -> float:
    """Spearman's rank correlation of independent pairs, times sqrt(n - 1)."""
    return float(stats.spearmanr(one, other).statistic * np.sqrt(np.size(one) - 1))


def z_of_largest(scores: ArrayLike) -> float:
    """The largest of several |z|, as the z-score with the p-value of such a maximum (Bonferroni)."""
    p = np.size(scores) * stats.norm.sf(np.abs(scores).max())
    return float(stats.norm.isf(min(p, 0.5)))
