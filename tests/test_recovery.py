"""The levers of simulated customers, recovered from what is recorded of them by maximum likelihood."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

import judges_contracts as contracts
import judges_formulas as formulas
import sim
from sim.analytics import BGNBD, GammaGamma, ParetoNBD
from sim.analytics.calibrate import LEVERS
from sim.analytics.fitting import Model
from sim.scenario import Scenario
from worlds import CHURN_MODELS, SEED

MODELS: dict[str, type[BGNBD] | type[ParetoNBD]] = {"bg/nbd": BGNBD, "pareto/nbd": ParetoNBD}
NAMES = {"x": "repeat_purchases", "t_x": "last_purchase_weeks", "age": "observed_weeks"}


def scenario(churn_model: str) -> Scenario:
    customers = {"acquisition.opening_customers": 50_000, "market.churn_model": churn_model}
    return sim.load("retail").base().change(customers)


@cache
def run_of(churn_model: str) -> sim.Run:
    return sim.simulate(scenario(churn_model), SEED)


def errors(model: Model, truth: Scenario) -> "pd.Series[float]":
    """Estimate minus lever, in standard errors, by parameter."""
    levers = {name: truth[f"market.{lever}"] for name, lever in LEVERS[type(model)].items()}
    return (pd.Series(model.parameters) - pd.Series(levers)) / pd.Series(model.standard_errors)


@cache
def fitted(churn_model: str) -> BGNBD | ParetoNBD:
    return MODELS[churn_model].fit(formulas.records(run_of(churn_model)).rename(columns=NAMES))


@pytest.mark.parametrize("churn_model", CHURN_MODELS)
def test_a_fit_of_the_churn_model_recovers_its_levers(churn_model: str) -> None:
    assert errors(fitted(churn_model), scenario(churn_model)).abs().max() < 4
    assert max(high / low for low, high in fitted(churn_model).intervals.values()) < 1.4


def test_a_fit_of_gamma_gamma_recovers_its_levers() -> None:
    sales = run_of("bg/nbd").transactions
    mean = sales.groupby("customer_id")["amount"].agg(["size", "mean"])
    spend = GammaGamma.fit(mean["size"], mean["mean"])
    assert errors(spend, scenario("bg/nbd")).abs().max() < 4
    assert max(high / low for low, high in spend.intervals.values()) < 1.2


@pytest.mark.parametrize("churn_model", CHURN_MODELS)
def test_the_true_levers_are_no_less_likely_than_the_estimates_allow(churn_model: str) -> None:
    """Twice the log-likelihood that fitting four parameters gains is chi-square with 4 degrees of freedom."""
    records, model = formulas.records(run_of(churn_model)), MODELS[churn_model]
    truth = model(*(scenario(churn_model)[f"market.{lever}"] for lever in LEVERS[model].values()))
    at_truth = truth.log_likelihood_of(records["x"], records["t_x"], records["age"]).sum()
    gained = (fitted(churn_model).log_likelihood or 0.0) - at_truth
    assert -0.01 < 2 * gained < 26  # beyond 26 once in 30,000 samples


def ends_of_contracts(run: sim.Run) -> tuple[NDArray[np.intp], int]:
    """Customers lost after 1, 2, ... yearly bills, and how many are still there after the last of these."""
    bills = run.transactions["customer_id"].value_counts()
    cancelled = run.customers.set_index("customer_id")["cancelled_at"].loc[bills.index].notna()
    assert (bills[~cancelled] == bills.max()).all()
    return np.bincount(bills[cancelled])[1:], int((~cancelled).sum())


def contract_log_likelihood(parameters: ArrayLike, lost: NDArray[np.intp], left: int) -> float:
    """Of shifted beta-geometric lives: P(lost after t bills) = S(t - 1) - S(t)."""
    survival = contracts.survival(*parameters, np.arange(len(lost) + 1))
    return float(lost @ np.log(-np.diff(survival)) + left * np.log(survival[-1]))


@pytest.mark.parametrize("segment", contracts.ESTIMATES)
def test_a_fit_of_recorded_cancellations_recovers_the_levers_of_contracts(segment: str) -> None:
    """Twice the log-likelihood that fitting two parameters gains is chi-square with 2 degrees of freedom."""
    alpha, beta = truth = contracts.ESTIMATES[segment]
    levers = {**contracts.YEARLY, "market.renewal_alpha": alpha, "market.renewal_beta": beta}
    ends = ends_of_contracts(sim.simulate(sim.load("telco").base().change(levers), SEED))
    fit = optimize.minimize(
        lambda logs: -contract_log_likelihood(np.exp(logs), *ends), [0, 0], bounds=[(-3, 4)] * 2
    )
    assert np.abs(fit.x - np.log(truth)).max() < 0.05
    gained = -fit.fun - contract_log_likelihood(truth, *ends)
    assert -0.01 < 2 * gained < stats.chi2.isf(6e-5, 2)
