"""From a company's own transaction log to a scenario that continues it."""

from collections.abc import Iterator, Mapping
from datetime import date as Day
from pathlib import Path
from typing import Any

import pandas as pd

from sim.analytics.bgnbd import BGNBD
from sim.analytics.btyd import HISTORY, ChurnModel
from sim.analytics.fitting import Model
from sim.analytics.gammagamma import GammaGamma
from sim.analytics.log import Log, LogError, as_day, read_log
from sim.analytics.paretonbd import ParetoNBD
from sim.analytics.summary import customer_summary
from sim.scenario import Calibration, Scenario
from sim.starting import COLUMNS, StartingCustomers

CHURN_MODELS: Mapping[str, type[ChurnModel]] = {"bg/nbd": BGNBD, "pareto/nbd": ParetoNBD}
LEVERS: Mapping[type[Model], Mapping[str, str]] = {
    BGNBD: {"r": "rate_shape", "alpha": "rate_scale_weeks", "a": "dropout_a", "b": "dropout_b"},
    ParetoNBD: {
        "r": "rate_shape",
        "alpha": "rate_scale_weeks",
        "s": "life_shape",
        "beta": "life_scale_weeks",
    },
    GammaGamma: {"p": "spend_shape", "q": "spend_heterogeneity", "gamma": "spend_scale"},
}
LEAST_REPEAT_BUYERS = 50
LEAST_MEAN, LARGEST_MEAN = 0.01, 100_000
RECENT_DAYS = 90
DAYS_PER_MONTH = 365.25 / 12


def calibrate(  # noqa: PLR0913  every keyword is a question a log's owner may have to answer
    log: pd.DataFrame | str | Path,
    *,
    customer_id: str | None = None,
    date: str | None = None,
    amount: str | None = None,
    churn_model: str = "bg/nbd",
    name: str | None = None,
    currency: str | None = None,
    until: str | Day | None = None,
) -> Scenario:
    """A scenario that starts where a transaction log ends, from its customers as they were then.

    Reads the log by the rules of `read_log`, fits a churn model ("bg/nbd" or "pareto/nbd") and the
    Gamma-Gamma spend model by maximum likelihood, and sets the market levers to the estimates. `until` uses
    only the log up to that day, which leaves the rest to compare the simulation with. `starting_customers`
    holds what the log says of each customer; the world draws their hidden traits from the posterior given
    that.

    New customers arrive as fast as first purchases did in the last 90 days of the log (or in all of it, if it
    is shorter), a month being 365.25 / 12 days. All mechanisms (satisfaction, loyalty, surveys) are off and
    there is no paid marketing, since the log tells nothing of them. `clock.start` is the day after the log's
    last day, or after `until`.

    The scenario's `calibration` reports what the log held, what was done to it, the estimates with 95 %
    intervals and the log-likelihoods. Raises LogError for a log that cannot be read (see `read_log`), holds
    fewer than 50 customers who bought on two days, or has repeat purchases of 0 or above 100,000 on average;
    ValueError for an unknown churn model.
    """
    if churn_model not in CHURN_MODELS:
        raise ValueError(f"churn_model is {churn_model!r}; allowed: {', '.join(map(repr, CHURN_MODELS))}")
    read = read_log(log, customer_id=customer_id, date=date, amount=amount, until=until)
    end = as_day(until or read.summary.last_day)
    summary = customer_summary(read.transactions, end)
    _require_enough(summary)
    churn = CHURN_MODELS[churn_model].fit(summary)
    spend = GammaGamma.fit(summary["repeat_purchases"], summary["repeat_amount_mean"])
    arrivals = _arrivals_per_month(summary["first_purchase"], end)
    levers = {
        **_market(churn_model, churn, spend),
        **_acquisition(arrivals),
        "clock.start": (end + pd.Timedelta(days=1)).date(),
    }
    base = Scenario(
        name=name or _name_of(log),
        description=f"{len(summary):,} customers of a log that ends on {end.date()}, continued.",
        **({"currency": currency} if currency else {}),
        starting_customers=_starting(summary, churn),
        calibration=_report(read, churn_model, (churn, spend), arrivals),
    ).base()
    return base.change(levers)


def _require_enough(summary: pd.DataFrame) -> None:
    again = int((summary["repeat_purchases"] > 0).sum())
    if again < LEAST_REPEAT_BUYERS:
        raise LogError(
            f"{again:,} of {len(summary):,} customers bought on more than one day; "
            f"a calibration needs at least {LEAST_REPEAT_BUYERS}"
        )
    mean = summary["repeat_amount_mean"].mean()
    if not LEAST_MEAN <= mean <= LARGEST_MEAN:
        raise LogError(
            f"a repeat purchase averages {mean:,.4g}; a calibration needs {LEAST_MEAN} to {LARGEST_MEAN:,}, "
            "so give amounts in another unit, such as thousands"
        )


def _market(churn_model: str, *models: Model) -> dict[str, Any]:
    fitted = {f"market.{lever}": value for model in models for lever, value in _estimates(model).items()}
    return {"market.churn_model": churn_model, **fitted}


def _estimates(model: Model) -> dict[str, float]:
    return {LEVERS[type(model)][name]: value for name, value in model.parameters.items()}


def _acquisition(arrivals: float) -> dict[str, float]:
    """Levers that bring so many new customers a month; conversion keeps its default, unknown to a log."""
    conversion = Scenario()["acquisition.organic_conversion"]
    return {
        "acquisition.opening_customers": 0,
        "acquisition.organic_leads_per_month": arrivals / conversion,
        "acquisition.paid_spend_per_month": 0.0,
    }


def _arrivals_per_month(first_purchase: "pd.Series[pd.Timestamp]", end: pd.Timestamp) -> float:
    """Mean first purchases a month in the last days of the log."""
    days = min(RECENT_DAYS, (end - first_purchase.min()).days + 1)
    recent = first_purchase > end - pd.Timedelta(days=days)
    return float(recent.sum() / days * DAYS_PER_MONTH)


def _starting(summary: pd.DataFrame, churn: ChurnModel) -> StartingCustomers:
    table = summary.assign(alive_probability=churn.alive(*(summary[name] for name in HISTORY)))
    return StartingCustomers(table.reset_index()[list(COLUMNS)])


def _name_of(log: pd.DataFrame | str | Path) -> str:
    return "calibrated" if isinstance(log, pd.DataFrame) else Path(log).stem


def _report(
    read: Log, churn_model: str, models: tuple[ChurnModel, GammaGamma], arrivals: float
) -> Calibration:
    fits = zip((churn_model, "gamma-gamma"), models, strict=True)
    arriving = f"{arrivals:,.1f} new customers a month, as in the log's last {RECENT_DAYS} days"
    return Calibration(
        first_day=read.summary.first_day,
        last_day=read.summary.last_day,
        customers=read.summary.counts["customers"],
        log=read.summary.counts,
        estimates={f"market.{name}": value for model in models for name, value in _estimates(model).items()},
        log_likelihoods={
            name: model.log_likelihood for name, model in fits if model.log_likelihood is not None
        },
        rules=[*read.summary.sentences, arriving, *(line for model in models for line in _intervals(model))],
    )


def _intervals(model: Model) -> Iterator[str]:
    """Each estimate with its interval, or the warning that it has none."""
    for name, (low, high) in model.intervals.items():
        said = f"95 % interval {low:.4g} to {high:.4g}" if low < high else "not determined by this log"
        yield f"market.{LEVERS[type(model)][name]} {model.parameters[name]:.4g}, {said}"
