"""Worlds that continue a real log: CDNOW to September 1997, simulated through its hold-out.

Totals of the 39 weeks after it: Fader, Hardie & Lee (2005). Traits of customers taken over are held to
posteriors integrated on a grid, from each model's likelihood of (x, t_x, T) given a customer's own rate and
dropout.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import special

import sim
from cdnow import CALIBRATION_END, HOLDOUT_WEEKS, cdnow_log
from sim import Run
from sim.analytics.calibrate import calibrate
from sim.levers import Market
from sim.scenario import Scenario
from sim.starting import StartingCustomers
from worlds import CHURN_MODELS, NIGHTLY, SEED
from zscores import z_of_mean, z_of_sum, z_of_uniforms

PUBLISHED_TOTAL = {"bg/nbd": 1653.4, "pareto/nbd": 1665.5}
REPLICATIONS = 60 if NIGHTLY else 30
COPIES = 20_000
DAY, WEEK = pd.Timedelta(days=1), pd.Timedelta(weeks=1)
CUSTOMERS = [(0, 0.0, 38.9), (1, 2.0, 38.0), (2, 30.4, 38.9), (12, 9.0, 30.0), (26, 30.86, 31.0)]

Floats = NDArray[np.float64]


@cache
def cdnow(churn_model: str) -> Scenario:
    until = CALIBRATION_END.date()
    return calibrate(cdnow_log(), until=until, churn_model=churn_model).change({"clock.months": 9})


@cache
def holdout(churn_model: str) -> list[Run]:
    return [sim.simulate(cdnow(churn_model), seed) for seed in range(SEED, SEED + REPLICATIONS)]


@pytest.mark.parametrize("churn_model", CHURN_MODELS)
def test_cdnows_hold_out_has_the_purchases_of_the_closed_form(churn_model: str) -> None:
    runs = holdout(churn_model)
    end = runs[0].month_starts[0] + HOLDOUT_WEEKS * WEEK
    totals = np.array([(run.transactions["time"] < end).sum() for run in runs])
    assert abs(totals.mean() / PUBLISHED_TOTAL[churn_model] - 1) < 0.02
    assert abs(z_of_mean(totals, PUBLISHED_TOTAL[churn_model])) < 4


@pytest.mark.parametrize("churn_model", CHURN_MODELS)
def test_as_many_customers_start_alive_as_the_model_says(churn_model: str) -> None:
    known = cdnow(churn_model).starting_customers
    assert known is not None
    p = known.table["alive_probability"].to_numpy()
    alive = np.array([~(run.truth["churned_at"] < run.month_starts[0]) for run in holdout(churn_model)])
    assert abs(z_of_sum(alive, len(alive) * p, len(alive) * p * (1 - p))) < 4


@pytest.mark.parametrize("churn_model", CHURN_MODELS)
def test_survivors_wait_from_today_and_the_lost_never_come_back(churn_model: str) -> None:
    run = sim.simulate(cdnow(churn_model).change({"clock.months": 120}), SEED)
    start, end = run.month_starts[[0, -1]]
    truth = run.truth.merge(
        run.transactions.groupby("customer_id", as_index=False)["time"].min(), on="customer_id", how="left"
    )
    gone = truth["churned_at"] < start
    assert truth.loc[gone, "time"].isna().all()
    seen = truth[truth["time"].notna()]
    hazard = seen["dropout"] if churn_model == "pareto/nbd" else 0.0
    rate, waited = seen["purchase_rate"] + hazard, (seen["time"] - start) / WEEK
    assert abs(z_of_uniforms(np.expm1(-rate * waited) / np.expm1(-rate * ((end - start) / WEEK)))) < 4
    second = run.transactions[run.transactions.groupby("customer_id").cumcount() == 1]
    both = seen.merge(second, on="customer_id", suffixes=("", "_of_second"))
    waits = both["time"] - start, both["time_of_second"] - both["time"]
    first_wait, second_wait = (one / WEEK * both["purchase_rate"] for one in waits)
    assert first_wait.corr(second_wait, method="spearman") < 0.2
    stopped = truth["time"].fillna(truth["churned_at"]).fillna(end).clip(upper=end)
    due = (truth["purchase_rate"] * ((stopped - start) / WEEK))[~gone]
    assert abs(z_of_sum(truth["time"].notna(), due, due)) < 4


@cache
def posterior(churn_model: str, x: int, t_x: float, age: float) -> "Posterior":
    """That of a retail customer with this record."""
    return Posterior(sim.load("retail").change({"market.churn_model": churn_model}).market, x, t_x, age)


@cache
def copies(churn_model: str, x: int, t_x: float, age: float) -> Run:
    """Many customers with one record, taken over with the P(alive) that the grid gives them."""
    grid = posterior(churn_model, x, t_x, age)
    table = pd.DataFrame({"customer_id": np.arange(COPIES)})
    table = table.assign(
        first_purchase=pd.Timestamp("1997-01-01"),
        repeat_purchases=x,
        last_purchase_weeks=t_x,
        observed_weeks=age,
        repeat_amount_mean=20.0 if x else np.nan,
        alive_probability=grid.alive,
    )
    levers = {"market.churn_model": churn_model, "acquisition.opening_customers": 0, "clock.months": 1}
    base = sim.load("retail").base().change(levers)
    return sim.simulate(Scenario(**{**dict(base), "starting_customers": StartingCustomers(table)}), SEED)


class Posterior:
    """The posterior of rate and dropout given (x, t_x, T), on a grid of cells that are even in logarithms."""

    def __init__(self, market: Market, x: int, t_x: float, age: float) -> None:
        self.rates = np.geomspace(1e-12, 30, 4001)
        prior = np.diff(special.gammainc(market.rate_shape, self.rates * market.rate_scale_weeks))
        rate = np.sqrt(self.rates[1:] * self.rates[:-1])[:, None]
        if market.churn_model == "bg/nbd":
            self.dropouts = special.expit(np.linspace(-30, 12, 1001))
            across = np.diff(special.betainc(market.dropout_a, market.dropout_b, self.dropouts))
            alive, lost = _coin(rate, _middle(self.dropouts), x, t_x, age)
        else:
            self.dropouts = np.geomspace(1e-12, 30, 1001)
            across = np.diff(special.gammainc(market.life_shape, self.dropouts * market.life_scale_weeks))
            alive, lost = _lifetime(rate, _middle(self.dropouts), x, t_x, age)
        alive, lost = (one * prior[:, None] * across for one in (alive, lost))
        weight = (alive + lost) / (alive + lost).sum()
        self.alive = float(alive.sum() / (alive + lost).sum())
        self._below_rates = np.concatenate([[0], weight.sum(axis=1).cumsum()])
        self._below_dropouts = np.concatenate([[0], weight.sum(axis=0).cumsum()])

    def below_rate(self, rate: Floats) -> Floats:
        """Posterior distribution function of the rate."""
        return np.interp(rate, self.rates, self._below_rates)

    def below_dropout(self, dropout: Floats) -> Floats:
        """Posterior distribution function of the dropout."""
        return np.interp(dropout, self.dropouts, self._below_dropouts)


def _middle(edges: Floats) -> Floats:
    return np.sqrt(edges[1:] * edges[:-1])


def _coin(rate: Floats, p: Floats, x: int, t_x: float, age: float) -> tuple[Floats, Floats]:
    bought = np.exp(x * np.log(rate) + (x - 1) * np.log1p(-p))
    return bought * (1 - p) * np.exp(-rate * age), bought * p * np.exp(-rate * t_x) * (x > 0)


def _lifetime(rate: Floats, hazard: Floats, x: int, t_x: float, age: float) -> tuple[Floats, Floats]:
    both = rate + hazard
    ended = hazard / both * (np.exp(-both * t_x) - np.exp(-both * age))
    return rate**x * np.exp(-both * age), rate**x * ended


@pytest.mark.parametrize(("x", "t_x", "age"), CUSTOMERS)
@pytest.mark.parametrize("churn_model", CHURN_MODELS)
def test_customers_taken_over_have_the_traits_of_their_posterior(
    churn_model: str, x: int, t_x: float, age: float
) -> None:
    run = copies(churn_model, x, t_x, age)
    grid = posterior(churn_model, x, t_x, age)
    alive = ~(run.truth["churned_at"] < run.month_starts[0])
    p = np.full(COPIES, grid.alive)
    if grid.alive < 1:
        assert abs(z_of_sum(alive, p, p * (1 - p))) < 4
    assert abs(z_of_uniforms(grid.below_rate(run.truth["purchase_rate"].to_numpy()))) < 4
    assert abs(z_of_uniforms(grid.below_dropout(run.truth["dropout"].to_numpy()))) < 4


@pytest.mark.parametrize(("x", "t_x", "age"), CUSTOMERS)
def test_customers_lost_before_today_were_lost_when_the_posterior_says(
    x: int, t_x: float, age: float
) -> None:
    """The density of the moment of loss, integrated over both rates, is a product of two powers."""
    run = copies("pareto/nbd", x, t_x, age)
    lost_at = run.truth["churned_at"][run.truth["churned_at"] < run.month_starts[0]]
    week = age - (run.month_starts[0] - lost_at) / WEEK
    market, grid = run.scenario.market, np.linspace(t_x, age, 20_001)
    density = (market.rate_scale_weeks + grid) ** -(market.rate_shape + x)
    density *= (market.life_scale_weeks + grid) ** -(market.life_shape + 1)
    below = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
    assert len(week) > 30
    assert week.between(t_x - 1e-5, age).all()
    assert abs(z_of_uniforms(np.interp(week, grid, below / below[-1]))) < 4


def test_customers_lost_by_coin_were_lost_at_their_last_purchase() -> None:
    run = copies("bg/nbd", 2, 30.0, 38.0)
    lost_at = run.truth["churned_at"][run.truth["churned_at"] < run.month_starts[0]]
    assert len(lost_at) > 1000
    assert ((run.month_starts[0] - lost_at) / WEEK - 8.0).abs().max() < 1e-4


@pytest.mark.parametrize("x", [0, 1, 12])
def test_customers_taken_over_have_the_mean_basket_of_their_posterior(x: int) -> None:
    run = copies("bg/nbd", x, 3.0 * (x > 0), 30.0)
    market = run.scenario.market
    shape = market.spend_heterogeneity + market.spend_shape * x
    spend_rate = market.spend_shape / run.truth["basket_mean"]
    u = special.gammainc(shape, spend_rate * (market.spend_scale + x * 20.0))
    assert abs(z_of_uniforms(u)) < 4
