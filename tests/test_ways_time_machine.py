"""The time machine's panel: back to a month, what was moved since, and taking it back."""

import pandas as pd
import pytest

import sim
from sim.lab.ways.time_machine import changes_table, month_names

POINTS = "loyalty.points_per_unit"
SMALL = sim.load("coffee").change({"acquisition.opening_customers": 30, "clock.months": 5})


@pytest.fixture
def machine():
    deck = sim.lab.open(SMALL, 1)
    deck.open_way("Time machine")
    yield deck.way
    deck.close()


def rows(machine):
    return [row.children[0].value for row in machine.changes.children if hasattr(row, "children")]


def test_months_are_named_from_the_start_on():
    names = month_names(sim.simulate(SMALL, 1))
    assert names == [
        "the start",
        *(f"month {n}: {m} 2025" for n, m in enumerate(("February", "March", "April", "May"), 1)),
    ]


def test_the_table_lists_changes_by_month():
    table = changes_table(SMALL.later(3, {POINTS: 0.0}).later(1, {POINTS: 2.0, "discounts.depth": 0.1}))
    assert list(table["month"]) == [1, 1, 3]
    assert list(table["lever"]) == [POINTS, "discounts.depth", POINTS]
    assert list(table["value"]) == [2.0, 0.1, 0.0]


def test_the_slider_rewinds_and_the_panel_says_what_that_means(machine):
    assert "from the first day on" in machine.text.value
    machine.slider.value = 2
    assert machine.deck.state.month == 2
    assert "moved on 1 March 2025" in machine.text.value
    machine.deck.rewind(0)
    assert machine.slider.value == 0


def test_a_change_from_a_month_on_leaves_the_months_before_as_they_were(machine):
    before = machine.deck.run
    machine.slider.value = 2
    machine.deck.change({POINTS: 5.0})
    assert rows(machine) == ["From month 2: March 2025: Points per unit spent 5"]
    pd.testing.assert_frame_equal(machine.deck.run.months.iloc[:2], before.months.iloc[:2])
    assert not machine.deck.run.months.iloc[2:].equals(before.months.iloc[2:])


def test_a_change_is_taken_back_by_its_button(machine):
    before = machine.deck.run
    machine.slider.value = 2
    machine.deck.change({POINTS: 5.0})
    machine.deck.change({"discounts.depth": 0.2})
    machine.changes.children[0].children[1].click()
    assert [one.levers for one in machine.deck.scenario.changes] == [{"discounts.depth": 0.2}]
    machine.changes.children[0].children[1].click()
    assert rows(machine) == []
    pd.testing.assert_frame_equal(machine.deck.run.months, before.months)
    machine.deck.undo()
    assert len(rows(machine)) == 1


def test_what_describes_the_market_cannot_move_from_a_month_on_and_the_status_says_so(machine):
    machine.slider.value = 2
    control = machine.deck.controls["market.spend_scale"]
    control.box.value = control.box.value * 2
    assert "cannot change in month 2" in machine.deck.status.value


def test_another_scenario_has_other_months(machine):
    machine.deck.choose(SMALL.change({"clock.months": 2}))
    assert [place for _, place in machine.slider.options] == [0, 1]


def test_a_change_after_the_end_is_listed_as_such(machine):
    machine.deck.choose(SMALL.later(9, {POINTS: 2.0}))
    assert rows(machine) == ["From after the end: Points per unit spent 2"]
