"""Keyed luck: the same customer has the same luck in every world.

A shared random stream is useless for comparing two worlds. If richer points make one customer buy once
more, every later draw lands on somebody else, and the difference between the worlds is mostly noise.
Here no stream is shared. Every draw is a pure function of four integers:

    seed      which world
    purpose   what is being decided (the wait, the loss, the basket ...)
    customer  about whom
    count     for the how-manieth time

so a lever changes only the draws' *consequences*, never the draws, and adding a purpose shifts no other.

Each (seed, purpose, customer) owns one SplitMix64 sequence (Steele, Lea & Flood 2014) and `count` is the
place in it; the start of the sequence is itself a SplitMix64 output, so neighbours share nothing. SplitMix64
passes BigCrush, is ten integer operations, and its integers are the same on every platform.

Traits and waits are made from uniforms by inverting the distribution function, never by rejection. That is
slower but keeps order: raise a rate and every customer's wait shrinks, raise a loss probability and nobody
stays longer by accident.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from sim.compiled import compiled

Floats = NDArray[np.floating[Any]]
Words = NDArray[np.uint64]
Numbers = float | Floats
Draws = dict[int, Floats]
"""Luck by purpose, one draw each for the same customers."""

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_KNOTS = 2001
_TINY = 1e-300  # keeps logarithms finite


@compiled
def _mix(word: Any) -> Any:
    """SplitMix64's finaliser: every input bit reaches every output bit."""
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@compiled
def _word(key: Any, customer: Any, count: Any) -> Any:
    """The place `count` in the sequence of a customer and a key."""
    return _mix(_mix(customer * np.uint64(_GOLDEN) + key) + count * np.uint64(_GOLDEN))


@compiled
def uniform(key: Any, customer: Any, count: Any) -> Any:
    """The middle of the 2^-52 wide part of (0, 1) that the upper 52 bits of that word name, exactly.

    `key` is what `Luck.keys` gives for a purpose; all three are of the type np.uint64.
    """
    return (_word(key, customer, count) >> np.uint64(12)) * 2.0**-52 + 2.0**-53


@compiled
def _mixed(words: Words) -> Words:
    found = np.empty_like(words)
    for i in range(len(words)):
        found[i] = _mix(words[i])
    return found


@compiled
def _words(keys: Words, customer: Words, count: Words) -> Words:
    """One row per key."""
    found = np.empty((len(keys), len(customer)), np.uint64)
    for row in range(len(keys)):
        for i in range(len(customer)):
            found[row, i] = _word(keys[row], customer[i], count[i])
    return found


@compiled
def _uniforms(keys: Words, customer: Words, count: Words) -> Floats:
    """One row per key."""
    found = np.empty((len(keys), len(customer)))
    for row in range(len(keys)):
        for i in range(len(customer)):
            found[row, i] = uniform(keys[row], customer[i], count[i])
    return found


class Luck:
    """The luck of one world: uniforms keyed by purpose, customer and count.

    `seed` is a whole number from 0 to 2**64 - 1; anything else raises ValueError. `purpose` is a small whole
    number (a named constant of the caller), or a tuple of them, which adds a leading axis with one row per
    purpose: one call for all a pass needs. `customer` and `count` are integers or integer arrays.
    """

    def __init__(self, seed: int) -> None:
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed <= _MASK:
            raise ValueError(f"seed is {seed!r}; allowed: a whole number from 0 to 2**64 - 1")
        self.seed = int(seed)

    def words(self, purpose: int | tuple[int, ...], customer: ArrayLike, count: ArrayLike = 0) -> Words:
        """Raw 64-bit words, shape (purposes,) + (customers,): what everything else is made of."""
        customers, counts, shape = _places(customer, count)
        return _words(_keys(self.seed, purpose), customers, counts).reshape(_rows(purpose) + shape)

    def uniform(self, purpose: int | tuple[int, ...], customer: ArrayLike, count: ArrayLike = 0) -> Floats:
        """Uniforms on the open interval (0, 1): 52 random bits, never 0 and never 1."""
        customers, counts, shape = _places(customer, count)
        return _uniforms(_keys(self.seed, purpose), customers, counts).reshape(_rows(purpose) + shape)

    def keys(self, purposes: tuple[int, ...]) -> Words:
        """The words that stand for purposes in this world, shape (purposes,): for compiled loops."""
        return _keys(self.seed, purposes)


def _places(customer: ArrayLike, count: ArrayLike) -> tuple[Words, Words, tuple[int, ...]]:
    """Customers and counts one by one, and the shape that they have together."""
    customers, counts = np.broadcast_arrays(np.atleast_1d(customer), count)
    return customers.astype(np.uint64).ravel(), counts.astype(np.uint64).ravel(), customers.shape


def _rows(purpose: int | tuple[int, ...]) -> tuple[int, ...]:
    """The shape that purposes add."""
    return (len(purpose),) if isinstance(purpose, tuple) else ()


@lru_cache(maxsize=1024)
def _keys(seed: int, purpose: int | tuple[int, ...]) -> Words:
    """The words that stand for purposes in a world."""
    purposes = purpose if isinstance(purpose, tuple) else (purpose,)
    steps = np.array([(one + 1) * _GOLDEN & _MASK for one in purposes], np.uint64)
    return _mixed(_mixed(np.array([seed], np.uint64)) + steps)


class Spline(NamedTuple):
    """A cubic on each piece between evenly spaced knots, of which `per_unit` come on a unit.

    `pieces` has the coefficients of each, that of the cube first, shape (knots - 1, 4).
    """

    start: float
    per_unit: float
    knots: Floats
    pieces: Floats


def normal(u: Floats, out: Floats | None = None) -> Floats:
    """Standard normal variates from uniforms, as a new array or in `out`."""
    score: Floats = special.ndtri(u, out=out)
    return score


def exponential(u: Floats) -> Floats:
    """Exponential variates with mean 1 from uniforms; divide by a rate to get a wait."""
    return -np.log(u)


def gamma(u: Floats, shape: Numbers) -> Floats:
    """Gamma variates with scale 1 from uniforms.

    One `shape` for all is read off a spline (relative error below 1e-9); an array of shapes is inverted
    element by element, about five times slower.
    """
    if isinstance(shape, float | int):
        return np.exp(_read_off(log_gamma_quantile(float(shape)), special.ndtri(u)))
    return special.gammaincinv(shape, u)


def beta(u: Floats, a: Numbers, b: Numbers) -> Floats:
    """Beta(a, b) variates on (0, 1) from uniforms.

    One (a, b) for all is read off a spline (relative error below 1e-6 for a and b from 0.1), as in `gamma`.
    """
    if isinstance(a, float | int) and isinstance(b, float | int):
        return special.expit(_read_off(_beta_quantile(float(a), float(b)), special.logit(u)))
    return special.betaincinv(a, b, u)


def poisson(u: Floats, mean: Numbers) -> Floats:
    """Poisson counts, as whole floats, from uniforms.

    One `mean` for all is looked up in the distribution function, many times faster than an array of means.
    """
    if isinstance(mean, float | int):
        return _poisson_chances(float(mean)).searchsorted(u).astype(np.float64)
    above = np.ceil(special.pdtrik(u, mean))
    below = np.maximum(above - 1, 0)
    return np.where(special.pdtr(below, mean) >= u, below, above)


@lru_cache(maxsize=64)
def _poisson_chances(mean: float) -> Floats:
    """P(count <= k) for k = 0, 1, ..., until no uniform lies above it."""
    chances: Floats = special.pdtr(np.arange(mean + 10 * np.sqrt(mean) + 30), mean)
    return chances


@lru_cache(maxsize=64)
def log_gamma_quantile(shape: float) -> Spline:
    """Logarithm of the inverse gamma distribution function by the normal score, in which it is smooth."""
    score = np.linspace(-8.3, 8.3, _KNOTS)
    lower = special.gammaincinv(shape, special.ndtr(score))
    upper = special.gammainccinv(shape, special.ndtr(-score))
    return _spline(score, np.log(np.maximum(np.where(score < 0, lower, upper), _TINY)))


@lru_cache(maxsize=64)
def _beta_quantile(a: float, b: float) -> Spline:
    """Inverse beta distribution function between logits, where both of its tails are straight."""
    score = np.linspace(-36.8, 36.8, _KNOTS)
    below, above = special.expit(score), special.expit(-score)
    # x and 1 - x apart, each from the tail that is small: neither loses digits
    x = np.where(score < 0, special.betaincinv(a, b, below), special.betainccinv(a, b, above))
    rest = np.where(score < 0, special.betainccinv(b, a, below), special.betaincinv(b, a, above))
    return _spline(score, np.log(np.maximum(x, _TINY)) - np.log(np.maximum(rest, _TINY)))


def _spline(knots: Floats, values: Floats) -> Spline:
    """The cubic spline through values at evenly spaced knots."""
    from scipy.interpolate import CubicSpline  # slow to import, and only worlds need it

    per_unit = 1 / (knots[1] - knots[0])
    return Spline(
        float(knots[0]), float(per_unit), knots, np.ascontiguousarray(CubicSpline(knots, values).c.T)
    )


def _read_off(spline: Spline, x: Floats) -> Floats:
    """The spline at each x."""
    return _values_at(spline, np.ravel(x)).reshape(np.shape(x))


@compiled
def value_at(spline: Spline, x: float) -> float:
    """The spline at x, between its first and its last knot.

    SciPy's own evaluation searches for the piece, which here is known, and takes many times longer.
    """
    piece = int((x - spline.start) * spline.per_unit)
    t = x - spline.knots[piece]
    cubic, square, slope, level = spline.pieces[piece]
    return ((cubic * t + square) * t + slope) * t + level


@compiled
def _values_at(spline: Spline, x: Floats) -> Floats:
    found = np.empty(len(x))
    for i in range(len(x)):
        found[i] = value_at(spline, x[i])
    return found
