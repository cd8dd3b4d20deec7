"""Variates from uniforms: their laws, their accuracy, their order under common luck, and pinned values.

U is fixed, so a statistical check passes always or never: 40 of them at ALPHA or at five standard errors, so
that right code would have failed with a probability below 0.001.
"""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from sim import luck
from sim.luck import Luck
from sim.world import purposes

ALPHA = 1e-5

U = Luck(2025).uniform(purposes.RATE, np.arange(1, 40_001))
TAIL = 10.0 ** -np.arange(2, 16.0)
GRID = np.sort(np.concatenate([TAIL, np.linspace(0.001, 0.999, 999), 1 - TAIL]))
SHAPES = (0.01, 0.05, 0.2426, 0.6062, 1.0, 3.7446, 6.25, 40.0, 1000.0)
BETAS = ((0.7929, 2.4259), (0.8, 16.0), (1.0, 1.0), (0.05, 3.0), (40.0, 2.0), (0.01, 1e3), (1e3, 1e3))

LAWS = {
    "normal": (luck.normal, stats.norm()),
    "exponential": (luck.exponential, stats.expon()),
    **{f"gamma {shape}": (partial(luck.gamma, shape=shape), stats.gamma(shape)) for shape in SHAPES[1:]},
    **{f"beta {a}, {b}": (partial(luck.beta, a=a, b=b), stats.beta(a, b)) for a, b in BETAS if a > 0.01},
}


@pytest.mark.parametrize("name", LAWS)
def test_a_distribution_has_its_law_and_moments(name: str) -> None:
    """Kolmogorov-Smirnov at ALPHA; mean and variance within 5 standard errors."""
    draw, law = LAWS[name]
    sample = draw(U)
    assert stats.kstest(sample, law.cdf).pvalue > ALPHA
    mean, variance, kurtosis = (float(one) for one in law.stats("mvk"))
    assert abs(sample.mean() - mean) < 5 * np.sqrt(variance / sample.size)
    assert abs(sample.var() - variance) < 5 * variance * np.sqrt((kurtosis + 2) / sample.size)


@pytest.mark.parametrize("mean", [0.01, 0.5, 3.0, 30.0, 400.0])
def test_poisson_counts_have_their_law_and_moments(mean: float) -> None:
    counts, law = luck.poisson(U, mean), stats.poisson(mean)
    assert np.array_equal(counts, np.round(counts))
    low, high = law.ppf([0.001, 0.999]).astype(int)
    inside = np.clip(counts, low, high).astype(int) - low
    expected = np.diff(np.concatenate([[0.0], law.cdf(np.arange(low, high)), [1.0]])) * U.size
    assert stats.chisquare(np.bincount(inside, minlength=high - low + 1), expected).pvalue > ALPHA
    assert abs(counts.mean() - mean) < 5 * np.sqrt(mean / U.size)
    assert abs(counts.var() - mean) < 5 * np.sqrt((mean + 2 * mean**2) / U.size)


@pytest.mark.parametrize("mean", [0.0, 1e-9, 0.5, 3.0, 30.0, 400.0])
def test_poisson_is_the_exact_inverse_of_its_distribution_function(mean: float) -> None:
    counts = luck.poisson(GRID, mean)
    assert (special.pdtr(counts, mean) >= GRID).all()
    assert ((counts == 0) | (special.pdtr(counts - 1, mean) < GRID)).all()


def test_array_parameters_go_with_their_own_customer() -> None:
    shapes = np.resize(SHAPES[1:], U.size)
    gammas, betas = luck.gamma(U, shapes), luck.beta(U, shapes, 3.0)
    poissons, counts = luck.poisson(U, shapes), np.arange(20)
    for n in range(len(SHAPES) - 1):
        mine = slice(n, None, len(SHAPES) - 1)
        assert np.allclose(gammas[mine], luck.gamma(U[mine], SHAPES[1:][n]), rtol=1e-8, atol=1e-250)
        assert np.array_equal(poissons[mine], luck.poisson(U[mine], SHAPES[1:][n]))
    uniform_again = stats.gamma.cdf(gammas, shapes), stats.beta.cdf(betas, shapes, 3.0)
    assert all(stats.kstest(again, "uniform").pvalue > ALPHA for again in uniform_again)
    assert luck.gamma(U[:20], counts + 0.5).shape == luck.beta(U[:20], counts + 0.5, 2.0).shape == (20,)


def exact_gamma(u: luck.Floats, shape: float) -> luck.Floats:
    return np.where(u < 0.5, special.gammaincinv(shape, u), special.gammainccinv(shape, 1 - u))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_gamma_spline_is_within_1e_9_of_the_exact_inverse(shape: float) -> None:
    found, exact = luck.gamma(GRID, shape), exact_gamma(GRID, shape)
    seen = exact > 1e-200  # smaller variates are zero for every purpose
    assert np.abs(found[seen] / exact[seen] - 1).max() < 1e-9
    assert (found[~seen] < 1e-199).all()


@pytest.mark.parametrize(("a", "b"), BETAS)
def test_the_beta_spline_is_within_1e_6_of_the_exact_inverse(a: float, b: float) -> None:
    found, exact = luck.beta(GRID, a, b), special.betaincinv(a, b, GRID)
    seen = exact > 1e-200
    assert np.abs(found[seen] / exact[seen] - 1).max() < 1e-6
    assert (found[~seen] < 1e-199).all()
    assert ((found >= 0) & (found <= 1)).all()


ANY_SHAPE = st.floats(0.05, 1000)
LIFTS = st.floats(1.001, 10)


@given(ANY_SHAPE, ANY_SHAPE, st.floats(0.01, 1000))
def test_more_luck_never_means_less(a: float, b: float, mean: float) -> None:
    for drawn in (luck.normal(GRID), luck.gamma(GRID, a), luck.beta(GRID, a, b), luck.poisson(GRID, mean)):
        assert (np.diff(drawn) >= 0).all()
    assert (np.diff(luck.exponential(GRID)) <= 0).all()
    assert (luck.exponential(GRID) > 0).all()


@given(ANY_SHAPE, ANY_SHAPE, st.floats(0.01, 1000), LIFTS)
def test_under_common_luck_a_larger_parameter_keeps_its_order(
    a: float, b: float, mean: float, lift: float
) -> None:
    """Up to the error of the splines, and to 1e-200, which is zero for every purpose."""

    def keep_order(larger: luck.Floats, smaller: luck.Floats) -> bool:
        return bool((larger * (1 + 2e-6) + 1e-200 >= smaller).all())

    assert keep_order(luck.gamma(GRID, a * lift), luck.gamma(GRID, a))
    assert keep_order(luck.beta(GRID, a * lift, b), luck.beta(GRID, a, b))
    assert keep_order(luck.beta(GRID, a, b), luck.beta(GRID, a, b * lift))
    assert (luck.poisson(GRID, mean * lift) >= luck.poisson(GRID, mean)).all()


PINNED_VARIATES = {
    "uniform": [0.605924567509328, 0.7728951684189916, 0.6072896425036968, 0.762617539441604],
    "normal": [0.2687125869084131, 0.7484153556776859, 0.27226181467978217, 0.7147477586693495],
    "exponential": [0.5009997767178245, 0.2576118561257616, 0.49874943121548826, 0.27099863229312465],
    "gamma 0.2426": [0.09157156621339674, 0.28987685334344065, 0.09249113254690501, 0.2704651284329676],
    "gamma 6.25": [6.594890857102121, 7.922841610449626, 6.604131375550226, 7.824375737315983],
    "gamma of arrays": [0.09157156621321497, 1.4823435549714044, 6.604131375550156, 44.33738634994286],
    "beta": [0.2581213619199264, 0.3974157115027161, 0.2590691855135146, 0.38708746471688765],
    "beta of arrays": [0.21511950370899785, 0.3898890897888767, 0.44894225996523573, 0.9598525319246695],
    "poisson": [5.0, 6.0, 5.0, 6.0],
}


def variates() -> dict[str, luck.Floats]:
    u = Luck(7).uniform(purposes.WAIT, np.arange(1, 5), 3)
    return {
        "uniform": u,
        "normal": luck.normal(u),
        "exponential": luck.exponential(u),
        "gamma 0.2426": luck.gamma(u, 0.2426),
        "gamma 6.25": luck.gamma(u, 6.25),
        "gamma of arrays": luck.gamma(u, np.array([0.2426, 1.0, 6.25, 40.0])),
        "beta": luck.beta(u, 0.7929, 2.4259),
        "beta of arrays": luck.beta(u, np.array([0.8, 1.0, 2.0, 40.0]), 3.0),
        "poisson": luck.poisson(u, 4.5),
    }


@pytest.mark.parametrize("name", variates())
def test_variates_are_pinned_for_ever(name: str) -> None:
    assert variates()[name] == pytest.approx(PINNED_VARIATES[name], rel=1e-12, abs=0)
