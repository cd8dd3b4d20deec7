"""Customer lifetime value against worked numbers, and the forms against each other."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.kpi import clv_contractual_after, clv_contractual_now, clv_historic, clv_predictive, clv_simple

shares = st.floats(0, 0.99)
discounts = st.floats(0.001, 1)


class TestFormulas:
    def test_worked_example_gives_266_7_and_366_7_where_the_simple_form_says_500(self):
        assert clv_contractual_after(100, 0.8, 0.1) == pytest.approx(800 / 3)
        assert clv_contractual_now(100, 0.8, 0.1) == pytest.approx(1100 / 3)
        mean_life = 1 / (1 - 0.8)
        simple = clv_simple(purchase_value=100, frequency=1, lifespan=mean_life, margin=1, cac=0)
        assert simple == pytest.approx(500)

    def test_the_simple_form_takes_margin_and_acquisition_cost_into_account(self):
        assert clv_simple(purchase_value=40, frequency=6, lifespan=3, margin=0.25, cac=30) == 150

    @given(shares, discounts)
    def test_the_contractual_forms_are_the_sums_of_their_discounted_margins(self, retention, discount):
        periods = np.arange(20_000)
        factors = (retention / (1 + discount)) ** periods
        assert clv_contractual_now(1.0, retention, discount) == pytest.approx(factors.sum())
        assert clv_contractual_after(1.0, retention, discount) == pytest.approx(factors[1:].sum(), abs=1e-9)

    def test_a_column_of_margins_is_valued_in_one_call(self):
        margins = pd.Series([100.0, -30.0], index=["a", "b"])
        values = clv_contractual_after(margins, retention=0.8, discount=0.1)
        pd.testing.assert_series_equal(values, margins * 8 / 3)

    def test_the_mean_retention_understates_a_mixed_base(self):
        mixed = clv_contractual_now(np.array([1.0, 1.0]), np.array([0.9, 0.5]), 0.1).mean()
        assert mixed > 1.2 * clv_contractual_now(1.0, 0.7, 0.1)

    @pytest.mark.parametrize(
        ("call", "sentence"),
        [
            (lambda: clv_contractual_now(1, 1.2, 0.1), "retention is 1.2, but must be a share from 0 to 1"),
            (lambda: clv_contractual_after(1, 0.5, -0.1), "discount is -0.1, but must be a finite number"),
            (lambda: clv_contractual_after(1, 1.0, 0.0), "1 [+] discount - retention is 0.0, .* infinite"),
            (lambda: clv_contractual_now(float("nan"), 0.5, 0.1), "margin is nan, but must be a finite"),
            (lambda: clv_simple(10, 1, 1, 30, 0), "margin is 30, but must be a share of at most 1"),
            (lambda: clv_simple(10, -1, 1, 0.3, 0), "frequency is -1.0, but must be a finite number"),
        ],
    )
    def test_impossible_inputs_get_one_clear_sentence(self, call, sentence):
        with pytest.raises(ValueError, match=sentence):
            call()


class TestHistoric:
    log = pd.DataFrame(
        {
            "customer_id": [1, 2, 1, 1],
            "time": pd.to_datetime(["2022-01-01", "2023-06-01", "2023-01-01", "2024-01-01"]),
            "margin": [100.0, 40.0, 110.0, 121.0],
        },
        index=[0, 0, 1, 1],  # a log put together from two files
    )

    def test_each_margin_is_discounted_to_the_customers_own_first_purchase(self):
        values = clv_historic(self.log, "2024-12-31", 0.1)
        np.testing.assert_allclose(values.loc[[1, 2]], [300.0, 40.0])

    def test_purchases_after_as_of_do_not_count(self):
        values = clv_historic(self.log, "2023-01-01", 0.1)
        assert values.to_dict() == pytest.approx({1: 200.0})

    def test_without_discount_it_is_the_sum_of_margins(self):
        values = clv_historic(self.log, "2024-12-31", 0.0)
        assert values.to_dict() == {1: 331.0, 2: 40.0}

    def test_nobody_has_a_value_in_an_empty_log(self):
        assert clv_historic(self.log[:0], "2024-12-31", 0.1).empty


class TestPredictive:
    def test_constant_retention_gives_the_contractual_form(self):
        cumulative = np.cumsum(0.8 ** np.arange(1, 400))
        assert clv_predictive(cumulative, 200, 0.5, 0.1) == pytest.approx(800 / 3)

    def test_customers_are_rows_with_their_own_spend(self):
        cumulative = np.array([[1.0, 2.0], [0.0, 1.0]])
        values = clv_predictive(cumulative, spend=[10, 20], margin=0.5, discount_per_period=0.25)
        np.testing.assert_allclose(values, [5 / 1.25 + 5 / 1.25**2, 10 / 1.25**2])

    def test_half_periods_at_the_matching_rate_give_nearly_the_same_value(self):
        t = np.arange(1, 41)
        years = clv_predictive(t * 1.0, 10, 0.5, 0.1)
        halves = clv_predictive(np.arange(1, 81) / 2, 10, 0.5, 1.1**0.5 - 1)
        # paying half of each year's margin half a year earlier is worth (1 + sqrt(1.1)) / 2
        assert halves / years == pytest.approx((1 + 1.1**0.5) / 2)

    def test_increments_in_place_of_totals_are_refused(self):
        with pytest.raises(ValueError, match=r"increment of expected_purchases_cumulative_by_period is -0.5"):
            clv_predictive([1.0, 0.5, 0.25], 10, 0.5, 0.1)

    def test_a_missing_forecast_is_refused(self):
        with pytest.raises(ValueError, match="is nan, but must be at least 0"):
            clv_predictive([1.0, float("nan")], 10, 0.5, 0.1)

    def test_no_customers_have_no_values(self):
        assert clv_predictive(np.empty((0, 12)), 10, 0.5, 0.1).shape == (0,)
