"""What a new customer costs: customer acquisition cost (CAC), blended, per channel and marginal."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from .inputs import Numbers, require, require_amount


def cac(cost: Numbers, customers: float | NDArray[Any] | pd.Series) -> Numbers:
    """Customer acquisition cost: what the customers of a period cost on average.

    Formula: (marketing + sales cost) / customers acquired, money per customer, both of the same period. NaN
    where nobody was acquired. Numbers, or arrays or Series of equal length; returns what `cost` is.
    ValueError for a negative input.

    >>> print(cac(cost=12_000, customers=80))
    150.0
    """
    require_amount("cost", cost)
    require_amount("customers", customers)
    with np.errstate(divide="ignore", invalid="ignore"):
        # 0 / False is NaN where Python's own division would raise and cost / 0 be infinite
        per_customer: Any = np.divide(cost, np.divide(customers, np.greater(customers, 0)))
    return per_customer


def cac_by_channel(costs: pd.Series, customers: pd.Series) -> pd.Series:
    """Customer acquisition cost of each channel, and `blended` over all of them.

    `costs` (money) and `customers` (acquired) of one period, indexed by channel in any order; a channel
    without cost, such as organic, has cost 0. Returns money per customer, NaN for a channel without
    customers; the last row is `blended`, which organic customers flatter. ValueError if a channel is in
    only one of the two, or negative.

    >>> costs = pd.Series({"search": 6000.0, "fair": 2000.0, "organic": 0.0})
    >>> customers = pd.Series({"search": 40, "fair": 10, "organic": 50})
    >>> print(cac_by_channel(costs, customers).to_dict())
    {'search': 150.0, 'fair': 200.0, 'organic': 0.0, 'blended': 80.0}
    """
    one_sided = costs.index.symmetric_difference(customers.index, sort=False)
    if len(one_sided):
        raise ValueError(f"channel {one_sided[0]} is in only one of costs and customers, but must be in both")
    blended = pd.Series({"blended": cac(float(costs.sum()), float(customers.sum()))})
    channels = cac(costs, customers.reindex(costs.index))
    return pd.concat([channels, blended]).rename_axis("channel").rename("cac")


def marginal_cac(cost: ArrayLike, customers: ArrayLike) -> NDArray[np.float64]:
    """Marginal customer acquisition cost: what the last customers cost as spending rises.

    Formula: increase of cost / increase of customers from one spend level to the next, money per additional
    customer. `cost` (money, rising) and `customers` (acquired) at n levels of spend of the same period;
    returns n - 1 values, NaN where more money brought nobody more. ValueError if the costs do not rise.

    >>> print(marginal_cac(cost=[0, 1000, 2000, 3000], customers=[20, 60, 80, 80]))
    [25. 50. nan]
    """
    require_amount("cost", cost)
    require_amount("customers", customers)
    more_cost = np.diff(np.asarray(cost, dtype=float))
    more_customers = np.diff(np.asarray(customers, dtype=float))
    require("increase of cost", more_cost, more_cost > 0, "above 0 from each level to the next")
    return more_cost / np.where(more_customers > 0, more_customers, np.nan)
