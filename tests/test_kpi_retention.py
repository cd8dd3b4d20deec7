"""Retention and churn against worked numbers, and cohorts against the plain definition with sets."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.kpi import (
    RuleQuality,
    churn_rate,
    cohort_retention,
    compound,
    inactive,
    period_retention,
    retention_rate,
    rule_quality,
    survival,
)

DAY_ONE = pd.Timestamp("2024-01-01")

purchases = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 200)), min_size=1, max_size=60)


def log_of(purchases: list[tuple[object, int]]) -> pd.DataFrame:
    """A log from pairs of customer and day since 2024-01-01."""
    customers, days = zip(*purchases, strict=True)
    return pd.DataFrame({"customer_id": customers, "time": DAY_ONE + pd.to_timedelta(days, unit="D")})


def buyers_by_period(log: pd.DataFrame, freq: str) -> dict[pd.Period, set[object]]:
    """The plain definition: who bought in each calendar period, gaps included."""
    periods = log["time"].dt.to_period(freq)
    span = pd.period_range(periods.min(), periods.max(), freq=freq)
    return {period: set(log["customer_id"][periods == period]) for period in span}


class TestRates:
    def test_worked_example_of_retention_gives_85_percent(self):
        assert retention_rate(1000, 1050, 200) == 0.85

    def test_churn_is_one_minus_retention_when_losses_are_observed(self):
        assert churn_rate(1000, 150) == pytest.approx(1 - retention_rate(1000, 1050, 200))

    def test_months_of_a_table_are_rated_in_one_call(self):
        months = pd.DataFrame({"start": [100, 90], "end": [95, 99], "new": [5, 18]}, index=["Jan", "Feb"])
        rates = retention_rate(months["start"], months["end"], months["new"])
        pd.testing.assert_series_equal(rates, pd.Series([0.9, 0.9], index=["Jan", "Feb"]))

    def test_annual_retention_is_the_product_of_the_months_not_their_mean(self):
        assert compound([0.9, 0.5]) == pytest.approx(0.45)

    def test_compound_of_published_annual_rates_is_the_published_survival(self):
        # High End, years 0 to 12 (Fader & Hardie 2007)
        survivors = np.array([100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4])
        assert compound(survivors[1:] / survivors[:-1]) == pytest.approx(0.394)

    @pytest.mark.parametrize(
        ("call", "sentence"),
        [
            (lambda: retention_rate(0, 5, 5), "at_start is 0, but must be above 0"),
            (lambda: retention_rate(float("nan"), 5, 5), "at_start is nan, but must be above 0"),
            (
                lambda: retention_rate(100, 150, 20),
                "at_end - acquired is 130, but must be from 0 to at_start",
            ),
            (lambda: retention_rate(100, 10, 20), "at_end - acquired is -10, but must be from 0 to at_start"),
            (
                lambda: retention_rate(100, 90, -1),
                "acquired is -1.0, but must be a finite number of at least 0",
            ),
            (lambda: churn_rate(100, 101), "lost is 101, but must be from 0 to at_start"),
            (lambda: churn_rate(-1, 0), "at_start is -1, but must be above 0"),
            (lambda: compound([0.9, float("nan")]), "rates is nan, but must be a share from 0 to 1"),
            (lambda: compound([0.9, 1.1]), "rates is 1.1, but must be a share from 0 to 1"),
        ],
    )
    def test_impossible_counts_get_one_clear_sentence(self, call, sentence):
        with pytest.raises(ValueError) as error:
            call()
        assert str(error.value) == sentence

    def test_an_impossible_month_in_a_table_is_named_by_its_value(self):
        with pytest.raises(ValueError, match="lost is 7, but must be from 0 to at_start"):
            churn_rate(np.array([10.0, 5.0]), np.array([1, 7]))


class TestCohorts:
    @settings(max_examples=60, deadline=None)
    @given(purchases, st.sampled_from(["M", "W", "Q"]))
    def test_cohort_retention_is_the_share_of_first_buyers_who_buy_again(self, purchases, freq):
        log = log_of(purchases)
        buyers = buyers_by_period(log, freq)
        table = cohort_retention(log, freq)
        seen: set[object] = set()
        for period in buyers:
            cohort = buyers[period] - seen
            seen |= cohort
            assert (period in table.index) == bool(cohort)
            for age in table.columns if cohort else ():
                if period + age in buyers:
                    expected = len(cohort & buyers[period + age]) / len(cohort)
                    assert table.loc[period, age] == pytest.approx(expected)
                else:
                    assert np.isnan(table.loc[period, age])

    @settings(max_examples=60, deadline=None)
    @given(purchases, st.sampled_from(["M", "W"]))
    def test_period_retention_is_the_share_of_buyers_who_buy_in_the_next_period(self, purchases, freq):
        log = log_of(purchases)
        buyers = buyers_by_period(log, freq)
        expected = [
            len(buyers[period] & buyers[period + 1]) / len(buyers[period]) if buyers[period] else np.nan
            for period in list(buyers)[:-1]
        ]
        shares = period_retention(log, freq)
        assert list(shares.index) == list(buyers)[:-1]
        np.testing.assert_allclose(shares, expected)

    def test_a_cohort_is_unknown_not_zero_after_the_data_ends(self):
        table = cohort_retention(log_of([("a", 0), ("b", 40), ("a", 70)]))
        np.testing.assert_array_equal(table, [[1, 0, 1], [1, 0, np.nan]])

    def test_customer_ids_may_be_text_numbers_or_categories(self):
        log = log_of([(1, 0), (2, 3), (1, 40), (2, 75)])
        as_text = log.assign(customer_id=log["customer_id"].astype(str))
        as_category = as_text.astype({"customer_id": "category"})
        for other in (as_text, as_category):
            pd.testing.assert_frame_equal(cohort_retention(other), cohort_retention(log))
            pd.testing.assert_series_equal(period_retention(other), period_retention(log))

    def test_an_empty_log_has_no_cohorts(self):
        empty = log_of([("a", 0)])[:0]
        assert cohort_retention(empty).shape == (0, 0)
        assert period_retention(empty).empty

    def test_overlapping_periods_are_refused(self):
        with pytest.raises(ValueError, match="freq is 2M, but must be a single calendar period"):
            cohort_retention(log_of([("a", 0)]), "2M")


class TestInactivity:
    def test_the_window_is_open_at_its_start_and_closed_at_as_of(self):
        log = log_of([("on the edge", 0), ("inside", 1), ("today", 30)])
        assert inactive(log, "2024-01-31", 30).to_dict() == {
            "on the edge": True,
            "inside": False,
            "today": False,
        }

    def test_purchases_after_as_of_are_not_yet_known(self):
        log = log_of([("a", 0), ("a", 99), ("b", 99)])
        assert inactive(log, "2024-03-01", 30).to_dict() == {"a": True}

    @settings(max_examples=40, deadline=None)
    @given(purchases, st.integers(1, 100), st.integers(0, 50))
    def test_a_longer_window_never_flags_more_customers(self, purchases, days, more):
        log = log_of(purchases)
        short, long = (inactive(log, "2024-05-01", window) for window in (days, days + more))
        assert not (long & ~short).any()

    def test_nobody_is_inactive_in_an_empty_log(self):
        flags = inactive(log_of([("a", 0)])[:0], "2024-01-31", 30)
        assert flags.empty
        assert flags.dtype == bool

    def test_precision_and_recall_match_a_hand_count_in_any_order(self):
        flagged = pd.Series({"a": True, "b": True, "c": False, "d": False, "e": True})
        lost = pd.Series({"e": True, "d": True, "c": True, "b": False, "a": True})
        assert rule_quality(flagged, lost) == RuleQuality(precision=2 / 3, recall=2 / 4)

    def test_precision_or_recall_without_a_case_is_nan(self):
        nobody, everybody = pd.Series([False, False]), pd.Series([True, True])
        silent, groundless = rule_quality(nobody, everybody), rule_quality(everybody, nobody)
        assert np.isnan(silent.precision)
        assert silent.recall == 0
        assert np.isnan(groundless.recall)
        assert groundless.precision == 0

    @pytest.mark.parametrize(
        ("flagged", "lost", "sentence"),
        [
            (pd.Series([True], index=["a"]), pd.Series([True], index=["b"]), "customer a is in only one"),
            (pd.Series([1]), pd.Series([True]), "flagged is int64, but must be bool"),
            (
                pd.Series([True, True], index=["a", "a"]),
                pd.Series([True], index=["a"]),
                "customer_id in flagged is a, but must be named only once",
            ),
        ],
    )
    def test_a_rule_is_judged_only_on_the_same_customers(self, flagged, lost, sentence):
        with pytest.raises(ValueError, match=sentence):
            rule_quality(flagged, lost)


class TestSurvival:
    def test_without_censoring_it_is_the_published_share_still_there(self):
        # Regular, years 0 to 12 (Fader & Hardie 2007), in customers per thousand
        alive = [1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173]
        years = np.repeat(np.arange(1, 13), -np.diff(alive))
        churned = pd.Series([DAY_ONE + pd.Timedelta(days=365 * int(year)) for year in years] + [pd.NaT] * 173)
        start = pd.Series(DAY_ONE, index=churned.index)
        curve = survival(start, churned, DAY_ONE + pd.Timedelta(days=12 * 365))
        np.testing.assert_allclose(curve, np.array(alive[1:]) / 1000, rtol=1e-12)
        np.testing.assert_array_equal(curve.index, 365.0 * np.arange(1, 13))

    def test_a_censored_customer_leaves_the_risk_set_without_being_lost(self):
        start = DAY_ONE + pd.to_timedelta(pd.Series([0, 1, 0, 0]), unit="D")
        churned = DAY_ONE + pd.to_timedelta(pd.Series([1, None, 3, 9]), unit="D")
        # at risk 4, 3, 2 on days 1, 2, 3; day 2 is the second customer's last known day
        curve = survival(start, churned, DAY_ONE + pd.Timedelta(days=3))
        np.testing.assert_allclose(curve.loc[[1, 2, 3]], [3 / 4, 3 / 4, 3 / 8])

    def test_what_happens_after_as_of_changes_nothing(self):
        start = DAY_ONE + pd.to_timedelta(pd.Series([0, 0, 50]), unit="D")
        known = pd.to_datetime(pd.Series(["2024-01-05", None, None]))
        later = pd.to_datetime(pd.Series(["2024-01-05", "2024-02-01", "2024-03-01"]))
        as_of = "2024-01-10"
        pd.testing.assert_series_equal(survival(start, known, as_of), survival(start[:2], later[:2], as_of))
        pd.testing.assert_series_equal(survival(start, known, as_of), survival(start, later, as_of))

    @pytest.mark.parametrize(
        ("start", "churned", "sentence"),
        [
            (
                ["2024-01-02"],
                ["2024-01-01"],
                "churned_at is 2024-01-01.* must be no earlier than acquired_at",
            ),
            ([None], [None], "acquired_at is NaT, but must be a time for every customer"),
            (["2024-06-01"], [None], "customers acquired by as_of is 0, but must be at least 1"),
        ],
    )
    def test_impossible_lives_get_one_clear_sentence(self, start, churned, sentence):
        start, churned = (pd.Series(pd.to_datetime(times)) for times in (start, churned))
        with pytest.raises(ValueError, match=sentence):
            survival(start, churned, "2024-03-01")
