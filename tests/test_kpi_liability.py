"""Points: their expected cost, and IFRS 15's own worked example."""

import numpy as np
import pandas as pd
import pytest

from sim.kpi import deferred_revenue, expected_redemptions, points_liability, released_revenue


def test_liability_counts_only_points_that_will_be_redeemed():
    assert points_liability(10_000, 0.01, 0.18) == pytest.approx(82)


def test_liability_of_a_table_of_months_is_one_call():
    balances = pd.Series([100.0, 0.0], index=["Jan", "Feb"])
    pd.testing.assert_series_equal(points_liability(balances, 0.02, 0.5), 0.01 * balances)


def test_ifrs_15_example_52_allocates_91324_to_goods_and_8676_to_points():
    deferred = deferred_revenue(sales=100_000, goods_value=100_000, points_value=10_000 * 0.95)
    assert (round(100_000 - deferred), round(deferred)) == (91_324, 8_676)


def test_ifrs_15_example_52_releases_4110_then_3493_and_leaves_1073():
    deferred = deferred_revenue(100_000, 100_000, 9_500)
    first = released_revenue(deferred, redeemed=4_500, expected=9_500)
    second = released_revenue(deferred, redeemed=8_500, expected=9_700)
    assert (round(first), round(deferred - first)) == (4_110, 4_566)
    assert (round(second - first), round(deferred - second)) == (3_493, 1_073)


def test_all_revenue_is_released_when_the_expected_points_are_redeemed():
    assert released_revenue(8_676.0, 9_700, 9_700) == 8_676


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: points_liability(-5, 0.01, 0.2), "outstanding is -5.0, but must be a finite number"),
        (lambda: points_liability(5, -0.01, 0.2), "cost_per_point is -0.01, but must be a finite number"),
        (lambda: points_liability(5, 0.01, 20), "breakage is 20.0, but must be a share from 0 to 1"),
        (lambda: points_liability(np.array([5.0, np.nan]), 0.01, 0.2), "outstanding is nan"),
        (lambda: deferred_revenue(10, 0, 0), "goods_value [+] points_value is 0, but must be above 0"),
        (lambda: deferred_revenue(-10, 5, 5), "sales is -10.0, but must be a finite number"),
        (lambda: released_revenue(10, 6, 5), "expected is 5, but must be above 0 and at least redeemed"),
    ],
)
def test_impossible_inputs_get_one_clear_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_expected_redemptions_refuses_a_breakage_that_is_no_share():
    points = np.ones((1, 1))
    with pytest.raises(ValueError, match=r"expected_breakage is 1\.5, but must be a share from 0 to 1"):
        expected_redemptions(points, 0 * points, points, 1.5)


def test_a_cohort_of_which_nothing_is_left_is_expected_to_stay_as_it_is():
    issued, redeemed = np.full((1, 1), 100.0), np.full((1, 1), 30.0)
    assert expected_redemptions(issued, redeemed, 0 * issued, 0.2) == 30
