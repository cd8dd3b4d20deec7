"""RFM: values against hand counts, scores by their properties, ties above all."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.kpi import rfm

AS_OF = pd.Timestamp("2024-07-01")
SCORES = {"r": "recency_days", "f": "frequency", "m": "monetary"}

# few customers, days and prices, so that ties are the rule
logs = st.lists(
    st.tuples(st.integers(0, 12), st.integers(-30, 250), st.sampled_from([0.1, 0.2, 0.3, 5.0, 19.99])),
    min_size=1,
    max_size=60,
)
few_bins = st.integers(1, 7)


def log_of(purchases: list[tuple[object, float, float]]) -> pd.DataFrame:
    """A log from customer, days before AS_OF, amount."""
    customers, ages, amounts = zip(*purchases, strict=True)
    times = AS_OF - pd.to_timedelta(ages, unit="D")
    return pd.DataFrame({"customer_id": customers, "time": times, "amount": amounts})


def test_values_are_days_since_last_purchase_and_count_and_sum_in_the_window():
    log = log_of([("a", 10, 5.0), ("a", 80, 7.0), ("a", 200, 9.0), ("b", 89.5, 3.0)])
    values = rfm(log, AS_OF, 90)[list(SCORES.values())]
    assert values.loc["a"].tolist() == [10, 2, 12]
    assert values.loc["b"].tolist() == [89.5, 1, 3]


def test_the_window_is_open_at_its_start_and_closed_at_as_of():
    values = rfm(log_of([("edge", 90, 1.0), ("now", 0, 1.0)]), AS_OF, 90)
    assert values["frequency"].to_dict() == {"edge": 0, "now": 1}


def test_a_customer_without_purchase_in_the_window_keeps_a_recency_and_has_zeros():
    row = rfm(log_of([("old", 300, 50.0), ("new", 5, 10.0)]), AS_OF, 90).loc["old"]
    assert row[["recency_days", "frequency", "monetary"]].tolist() == [300, 0, 0]


def test_the_future_is_not_known():
    log = log_of([("a", 10, 5.0), ("b", 20, 6.0)])
    future = log_of([("a", -1, 99.0), ("c", -5, 99.0)])
    pd.testing.assert_frame_equal(rfm(pd.concat([future, log]), AS_OF, 90), rfm(log, AS_OF, 90))


@pytest.mark.parametrize("bins", [2, 3, 5, 10])
def test_without_ties_every_score_has_the_same_number_of_customers(bins):
    log = log_of([(i, i + 1, 100.0 + i) for i in range(60)])
    scores = rfm(log, AS_OF, 365, bins)
    for score in ("r", "m"):
        assert scores[score].value_counts().to_dict() == dict.fromkeys(range(1, bins + 1), 60 // bins)
    assert scores.loc[0, ["r", "m"]].tolist() == [bins, 1]


def test_the_same_money_in_other_portions_is_a_tie():
    scores = rfm(log_of([("a", 9, 0.1), ("a", 8, 0.2), ("b", 7, 0.3), ("c", 6, 0.9)]), AS_OF, 90)
    assert scores["monetary"].to_dict() == {"a": 0.3, "b": 0.3, "c": 0.9}
    assert scores.loc["a", "m"] == scores.loc["b", "m"] < scores.loc["c", "m"]


def test_customers_who_are_all_alike_get_the_middle_score():
    scores = rfm(log_of([(i, 7, 20.0) for i in range(11)]), AS_OF, 90)
    assert (scores[list(SCORES)] == 3).all(axis=None)


def test_sixty_percent_ties_share_one_score_and_the_rest_still_spread():
    once = [(i, 30.0, 10.0) for i in range(60)]
    often = [(60 + i, 30.0, 10.0) for i in range(40) for _ in range(2 + i)]
    scores = rfm(log_of(once + often), AS_OF, 90)
    assert scores["f"].value_counts().sort_index().to_dict() == {2: 60, 4: 20, 5: 20}


@given(logs, few_bins)
def test_scores_are_whole_numbers_from_1_to_bins(purchases, bins):
    scores = rfm(log_of(purchases), AS_OF, 90, bins)[list(SCORES)]
    assert (scores.dtypes == "int64").all()
    assert scores.isin(range(1, bins + 1)).all(axis=None)


@given(logs, few_bins)
def test_equal_values_have_equal_scores_and_better_values_never_lower_ones(purchases, bins):
    table = rfm(log_of(purchases), AS_OF, 90, bins)
    for score, value in SCORES.items():
        better = -table[value] if score == "r" else table[value]
        for _, row in table.iterrows():
            other = better[row.name]
            assert (table[score][better == other] == row[score]).all()
            assert (table[score][better > other] >= row[score]).all()


@given(logs, st.randoms(use_true_random=False))
def test_the_order_of_the_log_and_the_kind_of_id_do_not_matter(purchases, random):
    shuffled = random.sample(purchases, len(purchases))
    renamed = [(f"customer {customer:02}", age, amount) for customer, age, amount in shuffled]
    expected, table = rfm(log_of(purchases), AS_OF, 90), rfm(log_of(renamed), AS_OF, 90)
    np.testing.assert_allclose(table, expected, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(table[list(SCORES)], expected[list(SCORES)])


def test_an_empty_log_gives_an_empty_table_with_the_same_columns():
    log = log_of([("a", 10, 5.0)])
    empty = rfm(log[:0], AS_OF, 90)
    assert empty.empty
    assert list(empty.columns) == list(rfm(log, AS_OF, 90).columns)


@pytest.mark.parametrize(
    ("change", "arguments", "sentence"),
    [
        ({"time": "2024-01-01"}, (AS_OF, 90), "'time' is .*, but must be timestamps .* without time zone"),
        ({"time": pd.Timestamp("2024-01-01", tz="UTC")}, (AS_OF, 90), "but must be timestamps .* without"),
        ({"time": pd.NaT}, (AS_OF, 90), "column 'time' has no value in row 0"),
        ({"customer_id": None}, (AS_OF, 90), "column 'customer_id' has no value in row 0"),
        ({"amount": "12.00"}, (AS_OF, 90), "column 'amount' is .*, but must be numbers"),
        ({"amount": float("inf")}, (AS_OF, 90), "column 'amount' is inf, but must be a finite number"),
        ({}, (pd.NaT, 90), "as_of is NaT, but must be a date or time without time zone"),
        ({}, ("2024-07-01T00:00Z", 90), "as_of is 2024-07-01T00:00Z, but must be a date or time without"),
        ({}, (AS_OF, 0), "window_days is 0, but must be above 0"),
        ({}, (AS_OF, 90, 0), "bins is 0, but must be a whole number of at least 1"),
        ({}, (AS_OF, 90, 2.5), "bins is 2.5, but must be a whole number of at least 1"),
    ],
)
def test_bad_input_gets_one_clear_sentence(change, arguments, sentence):
    log = log_of([("a", 10, 5.0)]).assign(**change)
    with pytest.raises(ValueError, match=sentence):
        rfm(log, *arguments)
