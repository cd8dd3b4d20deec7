"""Predict first: what a forecast may say, how it is scored, and the panel that locks it before the move."""

import re
from html import unescape

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim.lab.forecast import Expectation, Forecast, Logbook, figure, interval_score, score, standing
from sim.lab.ways.predict import INTERVAL_SCORE, NO_FORECAST, Predict, in_words, parsed

SMALL = sim.load("retail").change({"acquisition.opening_customers": 50, "clock.months": 3})
DEARER = SMALL.change({"market.spend_scale": SMALL["market.spend_scale"] * 2})
NOW, THEN = sim.simulate(SMALL, 1), sim.simulate(DEARER, 1)


def text_of(widget):
    return unescape(" ".join(re.sub("<[^>]*>", " ", widget.value).split()))


# ---- what a forecast may say -------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"direction": "up"}, "the direction is 'up'; allowed: falls, stays, rises"),
        ({"direction": "rises", "value": np.nan}, "value is nan; allowed: a number or nothing"),
        ({"direction": "rises", "low": 3}, "the range is 3 to None; allowed: both ends or none"),
        (
            {"direction": "rises", "low": 3, "high": 3},
            "the range is 3 to 3; allowed: from a lower to a higher",
        ),
        ({"direction": "rises", "low": 3, "high": 4, "value": 5}, "the number 5 is not between 3 and 4"),
        ({"direction": "rises", "confidence": 80}, "the confidence is 80; allowed: a number between 0 and 1"),
    ],
)
def test_an_expectation_that_contradicts_itself_gets_one_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Expectation(**arguments)


def test_a_forecast_is_of_the_tiles_figures():
    with pytest.raises(ValueError, match="there is no forecast of 'cac'; allowed: clv, churn"):
        Forecast({"cac": Expectation("falls")})
    with pytest.raises(ValueError, match="the forecast is empty"):
        Forecast({})


# ---- the score ---------------------------------------------------


def test_directions_errors_and_ranges_are_scored_in_the_units_of_the_tiles():
    clv, profit = figure("clv", THEN), figure("profit", THEN)
    wanted = {
        "clv": Expectation("rises", value=clv * 1.1),
        "churn_rate_per_month": Expectation("rises"),
        "profit": Expectation("rises", low=profit - 10, high=profit + 30),
    }
    table = score(Forecast(wanted), NOW, THEN)
    assert table["direction_right"].to_dict() == {"clv": True, "churn_rate_per_month": False, "profit": True}
    assert table.at["churn_rate_per_month", "outcome"] == "stays"
    assert table.at["churn_rate_per_month", "after"] == 100 * THEN.kpis()["churn_rate_per_month"]
    assert table.at["clv", "error"] == pytest.approx(0.1 * clv)
    assert table.at["clv", "error_percent"] == pytest.approx(10)
    assert table.at["profit", "error"] == pytest.approx(10)  # of the middle of the range
    assert table.at["profit", "interval_score"] == pytest.approx(40)
    assert table.at["profit", "interval_score_percent"] == pytest.approx(4000 / abs(figure("profit", NOW)))
    assert table["held"].tolist() == [pd.NA, pd.NA, True]


def test_a_missed_range_costs_2_over_alpha_times_what_it_missed_by():
    clv = figure("clv", THEN)
    missed = Expectation("rises", low=clv + 1, high=clv + 2, confidence=0.9)
    row = score(Forecast({"clv": missed}), NOW, THEN).loc["clv"]
    assert not row["held"]
    assert row["interval_score"] == pytest.approx(1 + 20 * 1)


@given(st.floats(0.5, 0.95), st.floats(0.3, 3), st.floats(0.3, 3))
def test_nobody_expects_a_better_score_than_with_the_quantiles_they_believe_in(confidence, left, right):
    """Propriety, for an outcome uniform on 0 to 1: the ends of the range moved by any factor score worse."""
    outcomes = (np.arange(2000) + 0.5) / 2000
    tail = (1 - confidence) / 2

    def expected(low, high):
        return np.mean([interval_score(low, high, confidence, one) for one in outcomes])

    assert expected(tail, 1 - tail) <= expected(left * tail, 1 - right * tail) + 1e-9


def test_the_standing_counts_directions_errors_and_how_many_ranges_held_by_confidence():
    book = Logbook()
    clv = figure("clv", THEN)
    for low, confidence in ((clv - 1, 0.8), (clv + 1, 0.8), (clv - 1, 0.5)):
        expected = Expectation("rises", low=low, high=low + 2.5, confidence=confidence)
        book.lock(Forecast({"clv": expected, "nps": Expectation("falls")}), NOW)
        book.arrive(THEN)
    now = standing(book.history)
    assert (now.forecasts, now.directions_right) == (6, 3)
    assert now.calibration["ranges"].to_dict() == {0.5: 1, 0.8: 2}
    assert now.calibration["share_held"].to_dict() == {0.5: 1.0, 0.8: 0.5}
    errors = 100 * np.abs([0.25, 2.25, 0.25]) / clv
    assert now.error_percent == pytest.approx(errors.mean())
    assert book.history["forecast_number"].tolist() == [1, 1, 2, 2, 3, 3]


def test_a_logbook_has_one_locked_forecast_at_a_time_and_scores_it_once():
    book, forecast = Logbook(), Forecast({"clv": Expectation("rises")})
    with pytest.raises(ValueError, match="no forecast is locked"):
        book.arrive(THEN)
    book.lock(forecast, NOW)
    with pytest.raises(ValueError, match="locked already"):
        book.lock(forecast, NOW)
    with pytest.raises(ValueError, match="seed 1; this one has 2"):
        book.arrive(sim.simulate(DEARER, 2))
    book.arrive(THEN)
    with pytest.raises(ValueError, match="no forecast is locked"):
        book.withdraw()


def test_a_number_on_the_other_side_of_its_direction_is_refused_when_it_is_locked():
    lower = Forecast({"clv": Expectation("rises", value=figure("clv", NOW) - 5)})
    with pytest.raises(ValueError, match=r"CLV rises, you say, but to .* now: change one of the two"):
        Logbook().lock(lower, NOW)


@pytest.mark.parametrize(
    ("text", "value"), [("62.5", 62.5), ("−3", -3), ("1,250", 1250), ("1.2M", 1.2e6), (".5", 0.5), ("4 %", 4)]
)
def test_a_number_is_read_as_tiles_write_it(text, value):
    assert parsed(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["62,5", "abc", "1 2", "--3", "nan", "1e5"])
def test_what_is_no_number_is_refused_in_words(text):
    with pytest.raises(ValueError, match="is no number; allowed: such as"):
        parsed(text)


# ---- the panel ---------------------------------------------------


@pytest.fixture(scope="module")
def flight_deck():
    deck = sim.lab.open(SMALL, seed=1)
    yield deck
    deck.close()


@pytest.fixture
def deck(flight_deck):
    """As it was opened, with a panel that knows no forecast."""
    flight_deck.open_way(None)
    flight_deck._ways.clear()
    flight_deck.choose(SMALL)
    flight_deck.reseed(1)
    flight_deck._flight.past.clear()
    flight_deck.open_way(Predict.TITLE)
    return flight_deck


def change_spend(deck, factor=2.0):
    deck.change({"market.spend_scale": SMALL["market.spend_scale"] * factor})


def test_a_forecast_typed_and_locked_by_hand_is_scored_by_the_next_move(deck):
    way = deck.way
    assert "What will your next move do?" in text_of(way.state)
    clv = way.rows["clv"]
    clv.direction.value, clv.low.value, clv.high.value = "rises", "0", "1,000"
    way.lock_button.click()
    assert "Locked" in text_of(way.state)
    fields = [clv.direction, clv.value, clv.low, clv.high, way.confidence, way.lock_button]
    assert all(one.disabled for one in fields)
    change_spend(deck)
    (row,) = [one for _, one in way.logbook.history.iterrows()]
    assert (row["kpi"], row["forecast"], row["outcome"], row["held"]) == ("clv", "rises", "rises", True)
    assert row["after"] == deck.run.kpis()["clv"]
    assert in_words(row) in text_of(way.result)
    assert "directions right 1 of 1" in text_of(way.score) and INTERVAL_SCORE in text_of(way.score)
    assert "0 to 1,000 (80%)" in text_of(way.history)
    assert clv.direction.value == NO_FORECAST and not clv.direction.disabled


def test_moving_a_slider_by_hand_is_a_move(deck):
    deck.way.lock(Forecast({"clv": Expectation("rises")}))
    deck.controls["market.spend_scale"].box.value = float(DEARER["market.spend_scale"])
    assert len(deck.way.logbook.history) == 1


def test_without_a_locked_forecast_the_deck_flies_and_the_panel_says_that_nothing_is_scored(deck):
    deck.way.rows["nps"].direction.value = "rises"
    change_spend(deck)
    assert deck.scenario == DEARER
    assert "Not locked yet: a move before you lock is not scored" in text_of(deck.way.state)
    assert deck.way.logbook.history.empty


def test_a_locked_forecast_cannot_be_changed(deck):
    deck.way.lock(Forecast({"clv": Expectation("rises")}))
    for act in (deck.way.lock, lambda: deck.way.lock(Forecast({"clv": Expectation("falls")}))):
        with pytest.raises(ValueError, match="a forecast is locked"):
            act()
    assert deck.way.logbook.locked.expectations["clv"].direction == "rises"


def test_undo_neither_unlocks_nor_scores_nor_takes_a_score_back(deck):
    change_spend(deck)
    deck.way.lock(Forecast({"clv": Expectation("falls")}))
    deck.undo()
    deck.redo()
    deck.pin()
    assert deck.way.logbook.locked is not None and deck.way.logbook.history.empty
    change_spend(deck, 0.5)
    assert deck.way.logbook.history["outcome"].tolist() == ["falls"]
    deck.undo()
    assert deck.way.logbook.locked is None and len(deck.way.logbook.history) == 1


def test_what_was_flown_before_is_no_outcome(deck):
    change_spend(deck)
    deck.undo()
    deck.way.lock(Forecast({"clv": Expectation("rises")}))
    deck.redo()
    assert deck.way.logbook.locked is not None
    assert "had been flown before the forecast" in text_of(deck.way.state)


def test_other_luck_or_another_company_leaves_the_forecast_waiting(deck):
    deck.way.lock(Forecast({"clv": Expectation("rises")}))
    deck.reseed(2)
    assert "about retail with seed 1" in text_of(deck.way.state)
    deck.undo()
    deck.choose(SMALL.rename("other", ""))
    assert "about retail with seed 1" in text_of(deck.way.state)
    deck.undo()
    change_spend(deck)
    assert deck.way.logbook.history["direction_right"].tolist() == [True]


def test_a_move_while_the_panel_is_put_away_is_the_one_that_is_scored(deck):
    way = deck.way
    way.lock(Forecast({"clv": Expectation("rises")}))
    deck.open_way(None)
    change_spend(deck)
    outcome = deck.run.kpis()["clv"]
    change_spend(deck, 3)
    deck.open_way(Predict.TITLE)
    assert deck.way is way
    assert way.logbook.history["after"].tolist() == [outcome]
    assert "CLV" in text_of(way.history)


def test_a_refused_move_scores_nothing(deck):
    deck.way.lock(Forecast({"clv": Expectation("rises")}))
    with pytest.raises(sim.ScenarioError):
        deck.change({"market.spend_scale": -1})
    assert deck.way.logbook.locked is not None


def test_a_withdrawn_forecast_stays_in_the_history_and_out_of_the_score(deck):
    deck.way.lock(Forecast({"clv": Expectation("rises", low=1, high=2)}))
    deck.way.withdraw_button.click()
    assert deck.way.logbook.history["outcome"].tolist() == ["withdrawn"]
    assert standing(deck.way.logbook.history).forecasts == 0
    assert "Withdrawn" in text_of(deck.way.state)
    deck.way.lock(Forecast({"clv": Expectation("rises")}))


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("value", "much", "CLV: 'much' is no number"),
        ("low", "5", "CLV: the range is 5.0 to None; allowed: both ends or none"),
        ("direction", NO_FORECAST, "the forecast is empty"),
    ],
)
def test_what_cannot_be_locked_is_said_on_the_screen(deck, field, value, sentence):
    deck.way.rows["clv"].direction.value = "rises"
    getattr(deck.way.rows["clv"], field).value = value
    deck.way.lock_button.click()
    assert sentence in text_of(deck.status)
    assert deck.way.logbook.locked is None


def test_every_field_says_what_it_is_for(deck):
    for row in deck.way.rows.values():
        for field in (row.direction, row.value, row.low, row.high):
            assert row.tile.label in field.tooltip
