"""What outstanding points owe: their cost, the revenue deferred for them (IFRS 15), and their breakage."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .inputs import Numbers, require, require_amount, require_share

Triangle = NDArray[np.float64]
"""Running totals of shape (periods, periods): row the period of issue, column the period of knowledge."""

HALF_LIVES = np.geomspace(0.1, 600.0, 97)
"""Periods after which half of the points that ever will be are redeemed: those that are looked through."""


def points_liability(
    outstanding: Numbers, cost_per_point: float | Numbers, breakage: float | Numbers
) -> Numbers:
    """Cost still to come from points that customers hold.

    Formula: outstanding points x cost per point x (1 - ultimate breakage), in money. `breakage` is the
    share of these points that will never be redeemed. ValueError for negative points or cost, or breakage
    outside 0 to 1.

    >>> round(points_liability(outstanding=9500, cost_per_point=0.01, breakage=0.2), 2)
    76.0
    """
    require_amount("outstanding", outstanding)
    require_amount("cost_per_point", cost_per_point)
    require_share("breakage", breakage)
    return outstanding * cost_per_point * (1 - breakage)


def deferred_revenue(sales: Numbers, goods_value: Numbers, points_value: Numbers) -> Numbers:
    """Part of the sales that belongs to the points given with them, deferred until they are redeemed.

    Formula: sales x points / (goods + points), the two by stand-alone selling price, in money; a point's
    price allows for breakage. ValueError for a negative input or if both prices are 0. Source: IFRS 15,
    Example 52.

    >>> round(deferred_revenue(sales=100_000, goods_value=100_000, points_value=10_000 * 0.95))
    8676
    """
    require_amount("sales", sales)
    require_amount("goods_value", goods_value)
    require_amount("points_value", points_value)
    both = goods_value + points_value
    require("goods_value + points_value", both, both > 0, "above 0")
    return sales * points_value / both


def released_revenue(deferred: Numbers, redeemed: Numbers, expected: Numbers) -> Numbers:
    """Part of the deferred revenue earned so far, by points redeemed.

    Formula: deferred x redeemed / expected, in money, cumulative: what a period adds is the difference to
    the period before. `redeemed` points to date, `expected` points ever to be redeemed by the present
    estimate. ValueError for a negative input or unless redeemed <= expected and expected > 0. Source: IFRS
    15, Example 52.

    >>> round(released_revenue(deferred=8676, redeemed=4500, expected=9500))
    4110
    """
    require_amount("deferred", deferred)
    require_amount("redeemed", redeemed)
    require("expected", expected, (expected > 0) & (expected >= redeemed), "above 0 and at least redeemed")
    return deferred * redeemed / expected


def expected_redemptions(
    issued: Triangle,
    redeemed: Triangle,
    outstanding: Triangle,
    expected_breakage: float,
    life: ArrayLike = np.inf,
) -> Triangle:
    """Points of every issue cohort ever to be redeemed, as estimated at the end of every period.

    Triangles of running totals, points: `issued` less what was reversed, `redeemed`, and what is still
    `outstanding`; below the diagonal (before the issue) 0. `life` is for how many periods a cohort's points
    can be redeemed, one number or one a cohort. Column t of the result uses columns up to t only.

    Model: of the points of a cohort a share u is ever redeemed, half of those after h periods, evenly over
    the period issued: still to come n periods after it is u x k x 2^(-n/h), k = (1 - 2^(-1/h)) / ln 2^(1/h).
    h and u maximise the quasi-likelihood of all redemptions so far (a growth curve fitted to a development
    triangle, the Cape Cod method of Clark 2003), with prior experience of one mean cohort's
    points at 1 - `expected_breakage`. A cohort's estimate is what it has redeemed plus what is still to come
    (Bornhuetter & Ferguson 1972), at most what is outstanding. ValueError for a breakage outside 0 to 1.

    >>> issued = np.triu(np.full((2, 2), 100.0))
    >>> redeemed = np.array([[20.0, 40.0], [0.0, 20.0]])
    >>> expected_redemptions(issued, redeemed, issued - redeemed, expected_breakage=0.2).round()
    array([[80., 75.],
           [ 0., 80.]])
    """
    require_share("expected_breakage", expected_breakage)
    number = np.arange(len(issued))
    lives = np.broadcast_to(np.asarray(life, float), number.shape)[:, None]
    age = np.minimum(np.maximum(number - number[:, None], 0), lives).astype(int)
    left = _LATE * _HALF ** number[:, None]
    best, share = _fitted(issued, redeemed, age, left, 1 - expected_breakage)
    cut_off = _LATE[best] * _HALF[best] ** lives
    to_come = issued * share * (left[age, best] - cut_off)
    return redeemed + np.minimum(to_come, outstanding)


_HALF = 2.0 ** (-1 / HALF_LIVES)
_LATE = (_HALF - 1) / np.log(_HALF)
"""Of the points issued evenly over a period, the share still to come at its end."""


def _fitted(
    issued: Triangle, redeemed: Triangle, age: NDArray[np.intp], left: NDArray[np.float64], prior: float
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Number of the half-life and share ever redeemed, fitted at the end of each period to all before it."""
    size = len(issued)
    redemptions = np.diff(redeemed, prepend=0.0)
    at_once = np.diag(redemptions).cumsum()
    later = redeemed.sum(axis=0) - at_once
    waits = (redemptions * np.maximum(np.arange(size) - np.arange(size)[:, None] - 1, 0)).sum(axis=0).cumsum()
    weight = issued.sum(axis=0) / np.maximum(np.count_nonzero(issued, axis=0), 1)
    known_at = np.broadcast_to(np.arange(size), issued.shape)
    of_age = np.bincount((known_at * size + age).ravel(), issued.ravel(), size**2).reshape(size, size)
    exposure = of_age @ (1 - left) + weight[:, None]
    claims = at_once + later + weight * prior
    likelihood = (
        np.outer(at_once, np.log1p(-_LATE))
        + np.outer(later, np.log(_LATE * (1 - _HALF)))
        + np.outer(waits, np.log(_HALF))
        - claims[:, None] * np.log(np.where(exposure > 0, exposure, 1.0))
    )
    best = likelihood.argmax(axis=1)
    developed = exposure[np.arange(size), best]
    return best, np.minimum(claims / np.where(developed > 0, developed, np.inf), 1.0)
