"""Customer acquisition cost: blended, per channel, and marginal under diminishing returns."""

import numpy as np
import pandas as pd
import pytest

from sim.kpi import cac, cac_by_channel, marginal_cac

COSTS = pd.Series({"search": 6000.0, "fair": 2000.0, "organic": 0.0, "radio": 500.0})
CUSTOMERS = pd.Series({"organic": 50, "search": 40, "fair": 10, "radio": 0})


def test_cost_per_customer_is_cost_over_customers_acquired():
    assert cac(12_000, 80) == 150


@pytest.mark.parametrize("cost", [0.0, 100.0])
def test_cost_per_customer_is_unknown_when_nobody_was_acquired(cost):
    assert np.isnan(cac(cost, 0))


def test_months_of_a_table_are_costed_in_one_call():
    months = pd.DataFrame({"cost": [100.0, 50.0, 0.0], "customers": [4, 0, 0]}, index=["Jan", "Feb", "Mar"])
    per_customer = cac(months["cost"], months["customers"])
    pd.testing.assert_series_equal(per_customer, pd.Series([25.0, np.nan, np.nan], index=months.index))


def test_organic_customers_flatter_the_blended_figure():
    table = cac_by_channel(COSTS, CUSTOMERS)
    assert table.drop("radio").to_dict() == {"search": 150, "fair": 200, "organic": 0, "blended": 85}
    assert np.isnan(table["radio"])
    paid = COSTS.index.drop("organic")
    assert cac_by_channel(COSTS[paid], CUSTOMERS[paid])["blended"] == 170


def test_channels_without_any_customers_have_no_blended_cost():
    assert cac_by_channel(COSTS, 0 * CUSTOMERS).isna().all()


def test_a_channel_in_only_one_of_the_two_is_named():
    with pytest.raises(ValueError, match="channel organic is in only one of costs and customers"):
        cac_by_channel(COSTS.drop("organic"), CUSTOMERS)


def test_marginal_cost_is_the_cost_of_the_additional_customers():
    np.testing.assert_allclose(marginal_cac([0, 1000, 2000], [20, 60, 80]), [25, 50])


def test_marginal_cost_is_unknown_when_more_money_brings_nobody_more():
    assert np.isnan(marginal_cac([0, 1000, 2000], [60, 60, 55])).all()


def test_under_diminishing_returns_marginal_cost_approaches_the_derivative_and_exceeds_the_average():
    limit, scale = 400, 5000
    spend = np.linspace(100, 10_000, 991)
    customers = limit * -np.expm1(-spend / scale)
    marginal = marginal_cac(spend, customers)
    middle = (spend[1:] + spend[:-1]) / 2
    np.testing.assert_allclose(marginal, scale / limit * np.exp(middle / scale), rtol=1e-6)
    assert (marginal > cac(spend, customers)[:-1]).all()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: cac(-1, 5), "cost is -1.0, but must be a finite number of at least 0"),
        (lambda: cac(1, -5), "customers is -5.0, but must be a finite number of at least 0"),
        (lambda: cac(float("nan"), 5), "cost is nan, but must be"),
        (lambda: cac(float("inf"), 5), "cost is inf, but must be"),
        (lambda: marginal_cac([0, 10, 10], [1, 2, 3]), "increase of cost is 0.0, but must be above 0"),
    ],
)
def test_impossible_inputs_get_one_clear_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
