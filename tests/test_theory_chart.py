"""The chart that holds a run against theory: it counts right, agrees with BG/NBD, says what it shows."""

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import sim
from sim import Run
from sim.lab import theory_chart
from sim.lab.single import png
from sim.lab.theory_chart import repeat_purchases, theory_of

YEAR: dict[str, object] = {"acquisition.opening_customers": 1500, "clock.months": 12}


@cache
def lived(**levers: object) -> Run:
    named = {name.replace("__", "."): value for name, value in levers.items()}
    return sim.simulate(sim.load("retail").base().change({**YEAR, **named}), 3)


@pytest.fixture(autouse=True)
def no_windows():
    yield
    plt.close("all")


def test_repeat_purchases_are_those_counted_customer_by_customer() -> None:
    run = lived(acquisition__opening_customers=60)
    first = run.customers.set_index("customer_id")["acquired_at"]
    sales, week = run.transactions, 20
    by_then = sales["time"] <= sales["customer_id"].map(first) + pd.Timedelta(weeks=week)
    counts = sales[by_then].groupby("customer_id").size() - 1
    assert repeat_purchases(run).loc[week, "mean"] == pytest.approx(counts.mean())
    half = 1.96 * counts.sem()
    assert repeat_purchases(run).loc[week, "high"] == pytest.approx(counts.mean() + half, rel=1e-3)


def test_every_customer_is_observed_until_the_last_week() -> None:
    run = lived(acquisition__opening_customers=60)
    end = run.customers["acquired_at"].max() + pd.Timedelta(weeks=repeat_purchases(run).index[-1])
    assert end <= run.month_starts[-1] < end + pd.Timedelta(weeks=1)


@pytest.mark.parametrize("a", [0.4, 0.7929, 1.0])
def test_the_base_process_agrees_with_theory(a: float) -> None:
    run = lived(market__dropout_a=a)
    found = repeat_purchases(run).iloc[[4, 13, 26, -1]]
    expected = theory_of(run.scenario).expected_purchases(found.index)
    z = (found["mean"] - expected) / ((found["high"] - found["low"]) / 2 / 1.96)
    assert np.abs(z).max() < 4


def test_a_market_whose_customers_are_lost_more_easily_disagrees_with_the_theory_of_another() -> None:
    run, other = lived(market__dropout_a=1.6), lived()
    found = repeat_purchases(run).iloc[-1]
    assert found["high"] < theory_of(other.scenario).expected_purchases(repeat_purchases(run).index[-1])


def test_the_title_says_what_the_lines_end_at() -> None:
    run = lived()
    found = repeat_purchases(run)
    expected = theory_of(run.scenario).expected_purchases(found.index[-1])
    ax = theory_chart(run, lived(market__dropout_a=1.6))
    said = [float(one) for one in re.findall(r"\d+\.\d+", ax.get_title(loc="left") or ax.get_title())]
    half = found["high"].iloc[-1] - found["mean"].iloc[-1]
    assert said == pytest.approx([found["mean"].iloc[-1], half, expected], abs=0.0051)
    assert [line.get_ydata()[-1] for line in ax.lines][1:] == pytest.approx(
        [found["mean"].iloc[-1], expected]
    )


@pytest.mark.parametrize("customers", [0, 1])
def test_hardly_anybody_makes_a_picture_too(customers: int) -> None:
    run = lived(acquisition__opening_customers=customers)
    assert png(theory_chart, run, run).startswith(b"\x89PNG")


def test_another_churn_model_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"market.churn_model is 'sbg'; theory_chart knows 'bg/nbd'"):
        theory_chart(lived(market__churn_model="sbg"))
