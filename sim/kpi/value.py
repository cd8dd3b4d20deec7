"""What a customer is worth: customer lifetime value (CLV) in four forms.

Money is in the currency of its inputs. `margin` is a share of the purchase value in `clv_simple` and
`clv_predictive` and money in the others; each docstring says so.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from .inputs import (
    Moment,
    Numbers,
    in_days,
    require,
    require_amount,
    require_columns,
    require_share,
    to_moment,
)

DAYS_PER_YEAR = 365
"""Length of a year for discounting by the day, as in a spreadsheet's XNPV."""


def clv_simple(
    purchase_value: Numbers,
    frequency: float | Numbers,
    lifespan: float | Numbers,
    margin: float | Numbers,
    cac: float | Numbers,
) -> Numbers:
    """CLV on the back of an envelope: margin over an average life, less the cost of acquisition.

    Formula: purchase value x frequency x lifespan x margin - CAC, in money per customer. `purchase_value`
    money per purchase, `frequency` purchases per period, `lifespan` periods (the same ones), `margin` share
    of the purchase value, `cac` money per customer. Nothing is discounted, so it overstates: 500 where
    `clv_contractual_after` says 266.7. ValueError for a negative input (margin apart) or a margin above 1.

    >>> clv_simple(purchase_value=50, frequency=4, lifespan=5, margin=0.5, cac=120)
    380.0
    """
    require_amount("purchase_value", purchase_value)
    require_amount("frequency", frequency)
    require_amount("lifespan", lifespan)
    require_amount("cac", cac)
    require("margin", margin, np.asarray(margin) <= 1, "a share of at most 1")
    return purchase_value * frequency * lifespan * margin - cac


def clv_contractual_after(margin: Numbers, retention: float | Numbers, discount: float | Numbers) -> Numbers:
    """CLV of a contract whose first margin comes after a period, if the customer is retained.

    Formula: m r / (1 + d - r), in money per customer, without the cost of acquisition. `margin` m money per
    period, `retention` r share per period (constant), `discount` d per period. ValueError unless 0 <= r <=
    1, d >= 0 and r < 1 + d. Constant retention understates the value of a mixed base, whose leavers leave
    early (Fader & Hardie 2010, The Perils of Ignoring Heterogeneity). Source: Gupta & Lehmann 2003,
    Customers as Assets.

    >>> round(clv_contractual_after(margin=100, retention=0.8, discount=0.1), 1)
    266.7
    """
    require("margin", margin, np.isfinite(margin), "a finite number")
    return margin * retention / _decay(retention, discount)


def clv_contractual_now(margin: Numbers, retention: float | Numbers, discount: float | Numbers) -> Numbers:
    """CLV of a contract whose first margin comes now, at signing.

    Formula: m (1 + d) / (1 + d - r), in money per customer: `clv_contractual_after` plus the margin of
    today. Same inputs, errors and source.

    >>> round(clv_contractual_now(margin=100, retention=0.8, discount=0.1), 1)
    366.7
    """
    require("margin", margin, np.isfinite(margin), "a finite number")
    return margin * (1 + discount) / _decay(retention, discount)


def clv_historic(transactions: pd.DataFrame, as_of: Moment, annual_discount: float) -> pd.Series:
    """CLV so far: each customer's margins up to a date, discounted to that customer's first purchase.

    Formula: sum of margin / (1 + d)^(days since first purchase / 365), in money per customer, without the
    cost of acquisition; the first purchase is the first in the table. `transactions` needs customer_id, time
    and margin (money per purchase); a log with only an amount gets one before:
    `log.assign(margin=0.3 * log["amount"])`. `annual_discount` d is a share per year. Purchases after
    `as_of`, and customers who have only those, are left out. Returns a Series by customer_id. ValueError if
    d is negative.

    >>> log = pd.DataFrame({
    ...     "customer_id": ["a", "a", "b"],
    ...     "time": pd.to_datetime(["2023-01-01", "2024-01-01", "2024-01-01"]),
    ...     "margin": [100.0, 110.0, 40.0],
    ... })
    >>> print(clv_historic(log, as_of="2024-01-31", annual_discount=0.1).round(2).to_dict())
    {'a': 200.0, 'b': 40.0}
    """
    require_columns(transactions, "transactions", ["customer_id", "time", "margin"])
    require_amount("annual_discount", annual_discount)
    past = transactions[transactions["time"] <= to_moment(as_of)]
    first = past.groupby("customer_id", observed=True)["time"].transform("min")
    years = in_days(past["time"] - first) / DAYS_PER_YEAR
    present_value = past["margin"] / (1 + annual_discount) ** years
    return present_value.groupby(past["customer_id"], observed=True).sum().rename("clv_historic")


def clv_predictive(
    expected_purchases_cumulative_by_period: ArrayLike,
    spend: ArrayLike,
    margin: ArrayLike,
    discount_per_period: float,
) -> NDArray[np.float64]:
    """CLV still to come: expected purchases of each coming period x spend x margin, discounted.

    Formula: sum over k of (X_k - X_(k-1)) x spend x margin / (1 + d)^k with X_0 = 0, in money per customer,
    not counting anything before today. `expected_purchases_cumulative_by_period` X: shape (customers,
    periods) or (periods,), expected purchases from now to the end of each period; `spend` money per
    purchase and `margin` share of it, numbers or one per customer; `discount_per_period` d in the same
    periods (from a year: (1 + annual)^(1 / periods per year) - 1). Margins count at the end of their
    period. Returns shape (customers,) or (). ValueError if a row of X ever falls (increments given instead
    of totals?), spend or d is negative, or a margin is above 1.

    >>> print(clv_predictive([1.0, 1.5], spend=20, margin=0.5, discount_per_period=0.25).round(6))
    11.2
    """
    totals = np.asarray(expected_purchases_cumulative_by_period, dtype=float)
    increments = np.diff(totals, prepend=0.0)
    grows = increments >= -1e-9  # a model's rounding is not a fall
    require("increment of expected_purchases_cumulative_by_period", increments, grows, "at least 0")
    require_amount("spend", spend)
    require("margin", margin, np.asarray(margin) <= 1, "a share of at most 1")
    require_amount("discount_per_period", discount_per_period)
    discounts = (1 + discount_per_period) ** -np.arange(1.0, totals.shape[-1] + 1)
    return increments @ discounts * np.asarray(spend, dtype=float) * np.asarray(margin, dtype=float)


def _decay(retention: float | Numbers, discount: float | Numbers) -> float | Numbers:
    """Share of a contract's value that goes each period, 1 + d - r."""
    require_share("retention", retention)
    require_amount("discount", discount)
    decay = 1 + discount - retention
    require("1 + discount - retention", decay, decay > 0, "above 0, or the value is infinite")
    return decay
