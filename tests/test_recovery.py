"""The levers of 50,000 simulated customers, recovered from their purchases by maximum likelihood."""

from functools import cache

import pandas as pd
import pytest

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
