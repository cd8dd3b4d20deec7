"""Z-scores of contracts against the shifted beta-geometric distribution: Fader & Hardie (2007).

`YEARLY` is a population with one bill a year and the paper's estimates, fitted on its years 0 to 7.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from sim import Run
from sim.levers import Market
from zscores import z_of_largest, z_of_sum

ESTIMATES = {"High End": (0.6681, 3.8061), "Regular": (0.7041, 1.1820)}
PROJECTED = {"High End": [46.0, 43.6, 41.4, 39.5, 37.8], "Regular": [22.0, 20.4, 19.1, 18.0, 17.0]}
"""Survival in years 8 to 12, in percent, as printed."""
YEARS = np.arange(1, 13)
YEAR = pd.Timedelta(days=365.25)
YEARLY = {
    "market.churn_model": "sbg",
    "market.billing_months": 12,
    "market.term_bills": 1,
    "acquisition.opening_customers": 100_000,
    "acquisition.opening_weeks": 0,
    "acquisition.organic_leads_per_month": 0,
    "acquisition.paid_spend_per_month": 0,
    "clock.months": 12 * 12 + 1,
}


def survival(alpha: float, beta: float, years: ArrayLike) -> NDArray[np.float64]:
    """S(t) = B(alpha, beta + t) / B(alpha, beta)."""
    return np.exp(special.betaln(alpha, beta + np.asarray(years)) - special.betaln(alpha, beta))


def survived(run: Run, years: float) -> "pd.Series[bool]":
    """Whether each customer's contract was renewed at all of these anniversaries."""
    stayed = run.truth["churned_at"] - run.customers["acquired_at"]
    return ~(stayed < years * YEAR + pd.Timedelta(days=1))


def survivors(run: Run, year: int) -> float:
    """The share still there after so many years, against the closed form."""
    market: Market = run.scenario.market
    share = float(survival(market.renewal_alpha, market.renewal_beta, year))
    n = len(run.truth)
    return z_of_sum(survived(run, year), n * share, n * share * (1 - share))


def renewals_of_each_year(run: Run) -> float:
    """Renewed among those still there: (beta + t - 1) / (alpha + beta + t - 1), rising year by year."""
    market: Market = run.scenario.market
    there = pd.Series(True, run.truth.index)
    scores = []
    for year in YEARS:
        stayed = there & survived(run, year)
        r = (market.renewal_beta + year - 1) / (market.renewal_alpha + market.renewal_beta + year - 1)
        scores.append(z_of_sum(stayed, there.sum() * r, there.sum() * r * (1 - r)))
        there = stayed
    return z_of_largest(scores)


def contracts_are_lost_only_at_the_end_of_their_term(run: Run) -> bool:
    """Months after the first bill that are a whole number of terms; and somebody is lost."""
    market: Market = run.scenario.market
    lost = run.truth["churned_at"].notna() & ~(run.customers["terminated_at"] == run.truth["churned_at"])
    stayed = (run.truth["churned_at"] - run.customers["acquired_at"])[lost]
    term = pd.Timedelta(days=market.billing_months * market.term_bills * 365.25 / 12)
    terms = stayed / term
    beside = (terms - terms.round()).abs() * term
    return bool(lost.any() and (terms > 0.5).all() and (beside <= pd.Timedelta(seconds=1)).all())
