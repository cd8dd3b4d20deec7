"""Who stays: retention, churn, cohorts, survival and rules of inactivity."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .inputs import (
    Moment,
    Numbers,
    in_days,
    require,
    require_amount,
    require_columns,
    require_share,
    require_timestamps,
    to_moment,
)


def retention_rate(at_start: Numbers, at_end: Numbers, acquired: Numbers) -> Numbers:
    """Share of the customers at the start of a period who are still customers at its end.

    Formula: (E - N) / S, a fraction from 0 to 1 for that period. S `at_start` and E `at_end` count
    customers, N `acquired` those won in the period and still present at E. Numbers, or arrays or Series of
    equal length. ValueError if S is not positive or E - N is not within 0 to S.

    >>> retention_rate(at_start=1000, at_end=1050, acquired=200)
    0.85
    """
    require("at_start", at_start, at_start > 0, "above 0")
    require_amount("acquired", acquired)
    retained = at_end - acquired
    require("at_end - acquired", retained, (retained >= 0) & (retained <= at_start), "from 0 to at_start")
    return retained / at_start


def churn_rate(at_start: Numbers, lost: Numbers) -> Numbers:
    """Share of the customers at the start of a period who were lost during it.

    Formula: L / S, a fraction from 0 to 1 for that period; 1 - retention where a loss is observed
    (contracts). Customers won and lost within the period count in neither. Without contracts the loss is
    latent: see `inactive`. ValueError if S is not positive or L is not within 0 to S.

    >>> churn_rate(at_start=1000, lost=150)
    0.15
    """
    require("at_start", at_start, at_start > 0, "above 0")
    require("lost", lost, (lost >= 0) & (lost <= at_start), "from 0 to at_start")
    return lost / at_start


def compound(rates: ArrayLike) -> float:
    """Retention over several successive periods: the product of their rates, never their mean.

    Twelve monthly fractions give the annual one; no rates at all give 1. ValueError if a rate is missing or
    outside 0 to 1.

    >>> round(compound([0.95] * 12), 4)
    0.5404
    """
    require_share("rates", rates)
    return float(np.prod(np.asarray(rates, dtype=float)))


def cohort_retention(transactions: pd.DataFrame, freq: str = "M") -> pd.DataFrame:
    """Share of each cohort that buys in its n-th period after the first purchase.

    `transactions` needs customer_id and time. A cohort is everyone whose first purchase falls into the same
    calendar period (`freq`: a pandas period such as "M", "W", "Q"). Returns one row per cohort
    (PeriodIndex), one column per period since then (0, 1, 2...; column 0 is 1), fractions, NaN after the
    period of the table's last purchase. That last period may be incomplete. A log that starts in
    mid-history makes old customers look new.

    >>> log = pd.DataFrame({
    ...     "customer_id": ["a", "b", "a", "c"],
    ...     "time": pd.to_datetime(["2024-01-03", "2024-01-09", "2024-02-01", "2024-02-02"]),
    ... })
    >>> print(cohort_retention(log))
    period     0    1
    cohort
    2024-01  1.0  0.5
    2024-02  1.0  NaN
    """
    bought = _periods_bought(transactions, freq)
    first = bought.groupby("customer")["period"].transform("min").rename("cohort")
    buyers = bought["period"].groupby([first, bought["period"] - first]).size().unstack(fill_value=0)
    span = _span(bought["period"])
    ages = pd.RangeIndex(len(span), name="period")
    # all of a cohort buy in its period 0, so that is the largest number in the row
    share = buyers.div(buyers.max(axis=1), axis=0).reindex(columns=ages, fill_value=0)
    known = np.add.outer(buyers.index.to_numpy(), ages.to_numpy()) < span.stop
    return share.where(known).set_axis(_calendar(span, freq, "cohort")[buyers.index - span.start])


def period_retention(transactions: pd.DataFrame, freq: str = "M") -> pd.Series:
    """Share of one period's buyers who buy again in the next period.

    `transactions` needs customer_id and time. Returns one fraction per calendar period (`freq`: a pandas
    period such as "M", "W", "Q") from the first to the last but one; NaN for a period without buyers. New
    and old customers are mixed, so it moves with acquisition: to follow the same people use
    `cohort_retention`.

    >>> log = pd.DataFrame({
    ...     "customer_id": [1, 2, 1, 3],
    ...     "time": pd.to_datetime(["2024-01-03", "2024-01-09", "2024-02-01", "2024-02-02"]),
    ... })
    >>> print(period_retention(log).to_dict())
    {Period('2024-01', 'M'): 0.5}
    """
    bought = _periods_bought(transactions, freq).sort_values(["customer", "period"])
    following = bought.groupby("customer")["period"].shift(-1)
    again = following == bought["period"] + 1
    span = _span(bought["period"])[:-1]
    share = again.groupby(bought["period"]).mean().reindex(span)
    return share.set_axis(_calendar(span, freq, "period")).rename("retention")


def survival(acquired_at: pd.Series, churned_at: pd.Series, as_of: Moment) -> pd.Series:
    """Kaplan-Meier estimate of the share of customers still there after a number of days.

    Two timestamp Series with the same index; `churned_at` is NaT while nobody knows of a loss. Everything
    after `as_of` is unknown: later customers are left out, later losses are customers still there
    (right-censored). Returns the share just after each observed day of life (index `days`). ValueError if a
    start is missing, a loss precedes its start, or nobody started by then. Only for observed losses
    (contracts). Source: Kaplan & Meier 1958, by `scipy.stats.ecdf`.

    >>> start = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-02"]))
    >>> loss = pd.Series(pd.to_datetime(["2024-01-02", "2024-01-04", None]))
    >>> print(survival(start, loss, "2024-01-04").round(3).to_dict())
    {1.0: 0.667, 2.0: 0.667, 3.0: 0.0}
    """
    from scipy import stats  # here, as it takes half a second that only this shall cost

    require_timestamps("acquired_at", acquired_at)
    require_timestamps("churned_at", churned_at)
    end = to_moment(as_of)
    require("acquired_at", acquired_at, acquired_at.notna(), "a time for every customer")
    require("churned_at", churned_at, ~(churned_at < acquired_at), "no earlier than acquired_at")
    started = acquired_at <= end
    require("customers acquired by as_of", started.sum(), started.any(), "at least 1")
    lost = churned_at <= end
    days = in_days(churned_at.where(lost, end) - acquired_at)
    curve = stats.ecdf(stats.CensoredData(days[started & lost], right=days[started & ~lost])).sf
    return pd.Series(curve.probabilities, index=pd.Index(curve.quantiles, name="days"), name="survival")


def inactive(transactions: pd.DataFrame, as_of: Moment, days: float) -> pd.Series:
    """Rule of inactivity: True for a customer without a purchase in the last `days` days.

    `transactions` needs customer_id and time. The window is (as_of - days, as_of], as in `rfm`: a purchase
    exactly `days` days ago is outside. Later purchases, and customers who have only those, are left out.
    Returns a boolean Series by customer_id. It is a guess at a loss nobody recorded: judge it by
    `rule_quality`.

    >>> log = pd.DataFrame({"customer_id": ["a", "b"], "time": pd.to_datetime(["2024-01-01", "2024-03-01"])})
    >>> print(inactive(log, as_of="2024-03-31", days=60).to_dict())
    {'a': True, 'b': False}
    """
    require_columns(transactions, "transactions", ["customer_id", "time"])
    require("days", days, days > 0, "above 0")
    end = to_moment(as_of)
    past = transactions[transactions["time"] <= end]
    last = past.groupby("customer_id", observed=True)["time"].max()
    return (in_days(end - last) >= days).rename("inactive")


@dataclass(frozen=True)
class RuleQuality:
    """How well a rule finds what it looks for, two fractions from 0 to 1.

    precision: share of the flagged who are lost (NaN if nobody is flagged). Compare it with the share lost
    in the whole base, which flagging at random reaches. recall: share of the lost who are flagged (NaN if
    nobody is lost).
    """

    precision: float
    recall: float


def rule_quality(flagged: pd.Series, lost: pd.Series) -> RuleQuality:
    """Precision and recall of a rule such as `inactive` against the truth.

    Two boolean Series by customer_id, in any order. ValueError unless both name the same customers, once
    each.

    >>> flagged = pd.Series([True, True, False, False], index=list("abcd"))
    >>> lost = pd.Series([True, False, True, True], index=list("abcd"))
    >>> rule_quality(flagged, lost)
    RuleQuality(precision=0.5, recall=0.3333333333333333)
    """
    _require_flags("flagged", flagged)
    _require_flags("lost", lost)
    strangers = flagged.index.symmetric_difference(lost.index, sort=False)
    if len(strangers):
        raise ValueError(f"customer {strangers[0]} is in only one of flagged and lost, but must be in both")
    both = flagged & lost
    return RuleQuality(_share(both, flagged), _share(both, lost))


def _require_flags(name: str, flags: pd.Series) -> None:
    repeated = flags.index.duplicated()
    require(f"customer_id in {name}", flags.index, ~repeated, "named only once")
    if flags.dtype != bool:
        raise ValueError(f"{name} is {flags.dtype}, but must be bool")


def _share(part: pd.Series, whole: pd.Series) -> float:
    return float(part.sum() / whole.sum()) if whole.any() else float("nan")


def _periods_bought(transactions: pd.DataFrame, freq: str) -> pd.DataFrame:
    """One row for each customer and calendar period with a purchase, both as whole numbers."""
    require_columns(transactions, "transactions", ["customer_id", "time"])
    periods = transactions["time"].dt.to_period(freq)
    # pandas numbers "2M" by single months, so such periods would overlap
    require("freq", freq, periods.dt.freq.n == 1, "a single calendar period such as 'M', 'W' or 'Q'")
    customers, _ = pd.factorize(transactions["customer_id"])
    return pd.DataFrame({"customer": customers, "period": periods.astype("int64")}).drop_duplicates()


def _span(periods: pd.Series) -> range:
    """Every period from the first to the last."""
    return range(periods.min(), periods.max() + 1) if len(periods) else range(0)


def _calendar(span: range, freq: str, name: str) -> pd.PeriodIndex:
    return pd.period_range(pd.Period(ordinal=span.start, freq=freq), periods=len(span), freq=freq, name=name)
