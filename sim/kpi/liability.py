"""What outstanding points owe: their cost, and the revenue deferred for them under IFRS 15."""

from .inputs import Numbers, require, require_amount, require_share


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
