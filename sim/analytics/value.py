"""What customers will be worth: customer lifetime value (CLV) predicted from the fitted models."""

import numpy as np
import pandas as pd

from sim.analytics.btyd import HISTORY, ChurnModel
from sim.analytics.gammagamma import GammaGamma
from sim.kpi import clv_predictive

WEEKS_PER_MONTH = 365.25 / 12 / 7


def predicted_clv(
    summary: pd.DataFrame,
    churn: ChurnModel,
    spend: GammaGamma,
    *,
    months: int = 12,
    margin: float = 1.0,
    annual_discount_rate: float = 0.1,
) -> "pd.Series[float]":
    """Value of each customer's purchases in the next `months`, in the money of the log, indexed like
    `summary`.

    Sum over months k of [E purchases in month k] x [expected amount] x margin / (1 + d)^(k / 12), where d is
    the annual discount rate. Purchases are the increments of `churn.expected_purchases_given`, the amount is
    `spend.expected_amount`, months are 365.25 / 12 days and their money arrives at their end. What it cost to
    win the customer is not subtracted. Source: Fader, Hardie & Lee 2005, "RFM and CLV: using iso-value
    curves".

    Raises ValueError if `months` is not a whole number from 1 up, the margin is above 1 or the rate negative.
    """
    if months < 1 or months != int(months):
        raise ValueError(f"months is {months}; allowed: a whole number from 1 up")
    x, t_x, T = (summary[name].to_numpy(float) for name in HISTORY)
    ends = WEEKS_PER_MONTH * np.arange(1, int(months) + 1)
    purchases = churn.expected_purchases_given(ends[:, None], x, t_x, T).T
    amount = spend.expected_amount(x, summary["repeat_amount_mean"].to_numpy(float))
    value = clv_predictive(purchases, amount, margin, (1 + annual_discount_rate) ** (1 / 12) - 1)
    return pd.Series(value, index=summary.index, name="predicted_clv")
