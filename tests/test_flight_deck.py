"""The flight deck without a browser: every action, by code and by hand, and what it shows."""

import asyncio
import re
import time
import warnings
from datetime import date
from html import unescape
from threading import Thread

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import sim
import worlds
from sim.lab import flight, tiles
from sim.lab.cells import CAPABILITIES, CELLS, PHASES, decisions, surroundings
from sim.lab.controls import REACH, NumberControl, slider_range
from sim.lab.debounce import Debounce
from sim.lab.flight import Flight, differences, file_name
from sim.lab.grid import OPEN_AT_FIRST, REST

POINTS = "loyalty.points_per_unit"
SMALL = (
    sim.load("coffee").change({"acquisition.opening_customers": 200, "clock.months": 6}).rename("small", "")
)
NUMBERS = [lever for lever in sim.levers() if lever.kind in (int, float)]


@pytest.fixture(autouse=True)
def every_world_lives_once(monkeypatch):
    monkeypatch.setattr(flight, "simulate", worlds.lived_once)


@pytest.fixture
def deck():
    deck = sim.lab.open(SMALL, seed=1)
    yield deck
    deck.close()


@pytest.fixture(scope="module")
def new_deck():
    """For tests that only look."""
    return sim.lab.open(SMALL, seed=1)


def shown(deck):
    """All that a reader sees of a deck."""
    return [tile.value for tile in deck.tiles.values()], deck.charts.value, deck.caption.value


def text_of(widget):
    """What a reader reads in an HTML widget."""
    return unescape(" ".join(re.sub("<[^>]*>", " ", widget.value).split()))


def clv_in_words(run):
    return f"{run.kpis()['clv']:,.2f}"


# Opening


def test_a_deck_opens_on_a_name_a_path_or_a_scenario(tmp_path):
    assert sim.lab.open("coffee").scenario == sim.load("coffee")
    assert sim.lab.open(sim.save(SMALL, tmp_path / "small.toml"), seed=5).scenario == SMALL


@pytest.mark.parametrize(
    ("scenario", "seed", "message"),
    [
        ("tea", 1, "no scenario 'tea'"),
        ("coffee", -1, "seed is -1; allowed"),
        ("coffee", "x", "seed is 'x'"),
    ],
)
def test_a_deck_that_cannot_open_says_why(scenario, seed, message):
    with pytest.raises(ValueError, match=message):
        sim.lab.open(scenario, seed)


def test_a_new_deck_shows_its_run_as_its_own_baseline(new_deck):
    assert clv_in_words(new_deck.run) in text_of(new_deck.tiles["clv"])
    assert all("as baseline" in text_of(tile) for tile in new_deck.tiles.values())
    assert bytes(new_deck.charts.value[:4]) == b"\x89PNG"
    assert "own baseline" in new_deck.caption.value


def test_every_lever_has_a_control_at_the_scenarios_value(new_deck):
    assert set(new_deck.controls) == {lever.name for lever in sim.levers()}
    for name, control in new_deck.controls.items():
        assert control.box.value == SMALL[name]
        if isinstance(control, NumberControl):
            assert control.slider.value == pytest.approx(SMALL[name], abs=control.slider.step / 2)


def test_every_control_says_label_unit_meaning_bounds_and_source(new_deck):
    for lever in sim.levers():
        control = new_deck.controls[lever.name]
        labelled = control.slider if isinstance(control, NumberControl) else control.box
        assert lever.label in unescape(labelled.description)
        for said in (lever.what, lever.source, lever.allowed):
            assert said in labelled.tooltip


def test_units_of_money_name_the_currency(new_deck):
    assert "points per EUR" in new_deck.controls[POINTS].slider.description
    numbers = [control for control in new_deck.controls.values() if isinstance(control, NumberControl)]
    assert not any("currency" in control.slider.description for control in numbers)


# The grid


def test_decisions_come_in_the_nine_cells_of_the_grid_and_the_rest_by_section():
    cells = [f"{phase} / {capability}" for capability in CAPABILITIES for phase in PHASES]
    for cell, (title, group) in zip(cells, decisions().items(), strict=True):
        assert title.lower() == cell.replace(" / ", " · ").lower()
        assert group and {lever.cell for lever in group} == {cell}
    assert decisions()[OPEN_AT_FIRST][0].name == POINTS
    in_both = [
        lever.name for groups in (decisions(), surroundings()) for group in groups.values() for lever in group
    ]
    assert sorted(in_both) == sorted(lever.name for lever in sim.levers())


def on_screen(deck):
    """The heading below the grid, and the controls below the heading and those of the sections."""
    heading, *boxes = deck.grid.children[1].children
    is_folded = heading.value == REST
    return text_of(heading), boxes if is_folded else [one for box in boxes for one in box.children[1:]]


def is_marked_open(deck):
    return [name for name, button in deck.grid.buttons.items() if "crm-open" in button._dom_classes]


@pytest.mark.parametrize("cell", decisions())
def test_a_cell_opens_at_a_click_with_the_controls_of_its_levers(new_deck, cell):
    new_deck.grid.buttons[cell].click()
    controls = {new_deck.controls[lever.name].widget for lever in decisions()[cell]}
    heading, shown = on_screen(new_deck)
    assert (heading, {*shown}, len(shown)) == (cell, controls, len(controls))
    assert is_marked_open(new_deck) == [cell]


def test_the_rest_opens_by_section(deck):
    deck.grid.buttons[REST].click()
    heading, (accordion,) = on_screen(deck)
    assert heading == REST
    assert accordion.titles == tuple(surroundings())
    for place, group in enumerate(surroundings().values()):
        accordion.selected_index = place
        shown = accordion.children[place].children
        assert shown == tuple(deck.controls[lever.name].widget for lever in group)


def test_an_open_cell_stays_open_whatever_is_done(deck):
    deck.grid.open_cell("Retention · value creation")
    deck.controls["retention.service_quality"].slider.value = 9.0
    deck.change({POINTS: 2})
    deck.pin()
    deck.reset()
    deck.choose("retail")
    deck.controls[POINTS].box.value = 99
    assert is_marked_open(deck) == [on_screen(deck)[0]] == ["Retention · value creation"]


def test_controls_are_made_when_their_cell_is_first_opened_and_only_once(deck):
    mains = {cell.lever for cell in CELLS.values()}
    assert set(deck.controls._made) == {lever.name for lever in decisions()[OPEN_AT_FIRST]} | mains
    deck.grid.open_cell("Extension · innovative IT")
    made = dict(deck.controls._made)
    opened = (OPEN_AT_FIRST, "Extension · innovative IT")
    assert made.keys() == {lever.name for cell in opened for lever in decisions()[cell]} | mains
    deck.grid.open_cell(OPEN_AT_FIRST)
    deck.grid.open_cell("Extension · innovative IT")
    assert deck.controls._made == made


def test_a_control_made_late_stands_where_its_lever_stands(deck):
    deck.change({"retention.service_quality": 9.0, "market.churn_model": "pareto/nbd"})
    deck.grid.open_cell("Retention · value creation")
    control = deck.controls["retention.service_quality"]
    assert (control.slider.value, control.box.value) == (9.0, 9.0)
    assert deck.controls["market.churn_model"].box.value == "pareto/nbd"
    assert deck.scenario["retention.service_quality"] == 9.0


def test_a_cell_opened_while_a_lever_is_flown_shows_where_it_lands(deck, monkeypatch):
    def simulate(scenario, seed):
        deck.grid.open_cell("Retention · value creation")
        return sim.simulate(scenario, seed)

    monkeypatch.setattr(flight, "simulate", simulate)
    deck.change({"retention.service_quality": 9.0})
    assert deck.controls["retention.service_quality"].slider.value == 9.0


def test_a_button_says_how_many_of_its_levers_differ_from_the_baseline(deck):
    button, rest = deck.grid.buttons[OPEN_AT_FIRST], deck.grid.buttons[REST]
    levers, others = len(decisions()[OPEN_AT_FIRST]), sum(map(len, surroundings().values()))
    assert button.description == f"▾ {levers} levers"
    deck.change({POINTS: 2, "loyalty.reward_points": 50, "word_of_mouth.referral_conversion": 0.5})
    assert button.description == f"▾ {levers} levers, 2 changed"
    assert rest.description == f"▸ {REST}: {others} levers, 1 changed"
    deck.grid.open_cell(REST)
    assert "Word of mouth: 1 changed" in deck.grid.panel.accordion.titles
    deck.grid.open_cell(OPEN_AT_FIRST)
    assert not any(
        "changed" in one.description for one in deck.grid.buttons.values() if one not in (button, rest)
    )
    deck.pin()
    assert not any("changed" in one.description for one in deck.grid.buttons.values())
    deck.reset()
    assert button.description == f"▾ {levers} levers, 2 changed"


# Sliders


@given(lever=st.sampled_from(NUMBERS), share=st.floats(0, 1))
def test_a_slider_holds_its_value_within_the_bounds_in_at_most_forty_steps(lever, share):
    value = lever.low + share * (lever.high - lever.low)
    value = round(value) if lever.kind is int else value
    assume(lever.low <= value <= lever.high)
    low, high = slider_range(lever, value)
    assert lever.low <= low <= value + 1e-9 and value - 1e-9 <= high <= lever.high
    assert low < high
    assert (high - low) / lever.step <= 2 * REACH + 1


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (POINTS, 1.0, (0, 6)),
        ("acquisition.paid_spend_per_month", 500, (0, 2500)),
        ("acquisition.paid_spend_per_month", 5e6, (4_998_000, 5_002_000)),
        ("loyalty.reward_points", 60, (10, 260)),
        ("retention.service_quality", 8.1, (6.1, 10)),
        ("loyalty.goal_gradient", 0.223, (0.03, 0.43)),
    ],
)
def test_a_slider_runs_twenty_steps_either_way(name, value, expected):
    lever = next(one for one in sim.levers() if one.name == name)
    assert slider_range(lever, value) == expected


def test_a_number_typed_beyond_the_slider_takes_its_ends_along(deck):
    control = deck.controls[POINTS]
    control.box.value = 15
    assert deck.scenario[POINTS] == 15
    assert (control.slider.min, control.slider.value, control.slider.max) == (10, 15, 20)


def test_a_slider_stands_on_its_grid_so_that_the_browser_has_nothing_to_round_and_report_late(deck):
    control = deck.controls["loyalty.goal_gradient"]
    for value in (0.223, 0.8049):
        deck.change({"loyalty.goal_gradient": value})
        steps = (control.slider.value - control.slider.min) / control.slider.step
        assert steps == pytest.approx(round(steps))
        assert abs(control.slider.value - value) <= control.slider.step / 2
        assert deck.scenario["loyalty.goal_gradient"] == control.box.value == value


def test_a_slider_that_only_stands_beside_the_number_has_not_been_moved(deck):
    deck.change({"loyalty.goal_gradient": 0.223})
    control = deck.controls["loyalty.goal_gradient"]
    control.slider.value = 0.22  # what another kind of browser may report when it shows the slider
    assert deck.scenario["loyalty.goal_gradient"] == control.box.value == 0.223
    control.slider.value = 0.23
    assert deck.scenario["loyalty.goal_gradient"] == control.box.value == 0.23


def test_rounding_errors_of_the_browser_are_not_sent_back_to_a_slider_that_may_be_moving(deck):
    slider, sent = deck.controls[POINTS].slider, []
    slider.observe(lambda change: sent.append(change["new"]), "value")
    slider.value = 1.2500000000000002
    assert sent == [1.2500000000000002]
    assert deck.scenario[POINTS] == deck.controls[POINTS].box.value == 1.25


# Changing levers


def test_a_slider_moved_by_hand_does_what_change_does(deck):
    before = shown(deck)
    deck.change({POINTS: 2})
    by_code = shown(deck)
    assert by_code != before
    deck.reset()
    deck.controls[POINTS].slider.value = 2.0
    assert shown(deck) == by_code


def test_a_change_shows_in_every_tile_in_the_picture_and_in_words(deck):
    before = shown(deck)
    deck.change({POINTS: 0, "retention.service_quality": 7.0})
    after = shown(deck)
    assert all(one != other for one, other in zip(before[0], after[0], strict=True))
    assert before[1] != after[1]
    assert clv_in_words(deck.run) in text_of(deck.tiles["clv"])
    assert deck.controls[POINTS].box.value == deck.controls[POINTS].slider.value == 0
    change = deck.run.kpis()["clv"] - deck.baseline.kpis()["clv"]
    assert f"Points per unit spent 1 → 0: CLV {change:+.2f}".replace("-", "−") in text_of(deck.status)
    assert "Points per unit spent 1 → 0" in text_of(deck.caption)


def test_the_run_is_the_one_that_the_scenario_and_seed_make(deck):
    deck.change({POINTS: 2})
    twin = sim.simulate(SMALL.change({POINTS: 2}), seed=1)
    pd.testing.assert_frame_equal(deck.run.transactions, twin.transactions)


def test_a_choice_and_a_date_are_levers_like_the_others(deck):
    deck.controls["market.churn_model"].box.value = "pareto/nbd"
    deck.controls["clock.start"].box.value = date(2030, 6, 1)
    assert deck.scenario["market.churn_model"] == "pareto/nbd"
    assert str(deck.run.months["month"].iloc[0].date()) == "2030-06-01"


def test_a_lever_that_reaches_nobody_changes_no_key_figure(deck):
    before = shown(deck)
    deck.change({"market.life_shape": 0.9})  # read by pareto/nbd only
    assert shown(deck)[1] == before[1]
    assert "no key figure changes" in text_of(deck.status)
    assert all("as baseline" in text_of(tile) for tile in deck.tiles.values())


BAD = [
    (POINTS, 99, "loyalty.points_per_unit is 99.0; allowed: 0 to 20"),
    ("loyalty.reward_points", 0, "loyalty.reward_points is 0; allowed: a whole number from 1"),
    ("clock.start", None, "clock.start is None; allowed: a date"),
]


@pytest.mark.parametrize(("name", "value", "sentence"), BAD)
def test_what_cannot_be_is_said_in_the_status_line_and_the_last_picture_stays(deck, name, value, sentence):
    before = shown(deck)
    deck.controls[name].box.value = value
    assert sentence in text_of(deck.status)
    assert "crm-error" in deck.status.value
    assert shown(deck) == before
    deck.controls[name].box.value = SMALL[name]
    assert text_of(deck.status) == ""
    assert shown(deck) == before


def test_after_a_refusal_another_lever_still_works_and_the_refused_one_is_put_right(deck):
    deck.controls[POINTS].box.value = 99
    deck.controls["retention.service_quality"].slider.value = 9.0
    assert deck.scenario["retention.service_quality"] == 9.0
    assert deck.controls[POINTS].box.value == SMALL[POINTS]
    assert "crm-error" not in deck.status.value


@pytest.mark.parametrize("levers", [{POINTS: 99}, {"points": 1}])
def test_from_code_what_cannot_be_raises(deck, levers):
    before = shown(deck)
    with pytest.raises(sim.ScenarioError):
        deck.change(levers)
    assert shown(deck) == before


def test_a_fault_of_our_own_is_shown_and_raised(deck, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(flight, "simulate", fail)
    with pytest.raises(ZeroDivisionError):
        deck.controls[POINTS].slider.value = 2.0
    assert "planted" in text_of(deck.status)


# Pin, reset, seed, scenario, file


def click(deck, label):
    (button,) = [one for one in deck.children[1].children if one.description == label]
    button.click()


def test_pin_makes_the_present_run_the_baseline(deck):
    deck.change({POINTS: 0})
    click(deck, "Pin as baseline")
    assert deck.baseline is deck.run
    assert all("as baseline" in text_of(tile) for tile in deck.tiles.values())
    deck.change({POINTS: 2})
    change = deck.run.kpis()["clv"] - sim.simulate(SMALL.change({POINTS: 0}), 1).kpis()["clv"]
    assert f"{change:+.2f}".replace("-", "−") in text_of(deck.tiles["clv"])


def test_reset_puts_all_levers_back_and_keeps_the_baseline(deck):
    deck.change({POINTS: 0})
    deck.pin()
    deck.change({POINTS: 2, "retention.service_quality": 9.0})
    click(deck, "Reset levers")
    assert deck.scenario == SMALL
    assert deck.controls["retention.service_quality"].slider.value == SMALL["retention.service_quality"]
    assert deck.baseline.scenario[POINTS] == 0


def test_another_seed_gives_both_runs_other_luck_and_keeps_them_twins(deck):
    deck.change({POINTS: 2})
    deck._seed.value = 7
    assert (deck.seed, deck.run.seed, deck.baseline.seed) == (7, 7, 7)
    assert deck.baseline.scenario == SMALL and deck.scenario[POINTS] == 2
    assert "Seed 7" in text_of(deck.status)


def test_a_seed_that_cannot_be_is_refused_in_words(deck):
    before = shown(deck)
    deck._seed.value = -3
    assert "seed is -3; allowed: a whole number" in text_of(deck.status)
    assert deck.seed == 1
    assert shown(deck) == before


def test_choosing_a_scenario_boards_it_with_its_own_run_as_baseline(deck):
    deck._chooser.value = "retail"
    assert deck.scenario == sim.load("retail")
    assert deck.baseline is deck.run
    assert "USD" in text_of(deck.tiles["profit"])
    assert "points per USD" in deck.controls[POINTS].slider.description
    assert deck.controls["acquisition.opening_customers"].box.value == 2357
    deck.change({POINTS: 3})
    deck.reset()
    assert deck.scenario == sim.load("retail")


def test_a_scenario_of_your_own_joins_the_menu_and_can_be_chosen_again(deck):
    assert deck._chooser.options == (*sim.scenarios().index, "small")
    deck.choose("retail")
    deck.choose(sim.load("coffee").change({POINTS: 5}))
    assert deck._chooser.value == "coffee (yours)"
    deck._chooser.value = "small"
    assert deck.scenario == SMALL
    deck._chooser.value = "coffee (yours)"
    assert deck.scenario[POINTS] == 5


def test_saving_writes_the_present_scenario_and_says_where(deck, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    deck.change({POINTS: 2})
    deck._file.value = "my plan"
    click(deck, "Save as TOML")
    saved = sim.load(tmp_path / "my plan.toml")
    assert differences(saved, deck.scenario) == []
    assert saved.name == "my plan"
    assert str(tmp_path / "my plan.toml") in text_of(deck.status)


@pytest.mark.parametrize(
    "name", ["", " ", ".toml", "../plan", "a/b", "a\\b", "/etc/plan", "C:plan", "plan?", "-plan", "p."]
)
def test_a_bad_file_name_is_refused_in_words(name):
    with pytest.raises(sim.ScenarioError, match="allowed: letters") as error:
        file_name(name)
    assert repr(name) in str(error.value)


def test_a_bad_file_name_is_said_in_the_status_line_and_nothing_is_written(deck, tmp_path, monkeypatch):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    monkeypatch.chdir(folder)
    deck._file.value = "../plan"
    click(deck, "Save as TOML")
    assert "the file name is '../plan'; allowed: letters" in text_of(deck.status)
    assert [*tmp_path.rglob("*")] == [folder]


def test_a_folder_that_cannot_be_written_to_is_said_in_words(deck, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.toml").mkdir()
    deck._file.value = "plan"
    click(deck, "Save as TOML")
    assert "plan.toml" in text_of(deck.status)
    assert "crm-error" in deck.status.value


def test_file_names_may_have_their_ending_or_not():
    assert file_name("plan") == file_name(" plan.toml ") == "plan.toml"


def test_a_flight_does_all_this_without_a_widget(tmp_path):
    plane = Flight(SMALL, seed=2)
    plane.change({POINTS: 2})
    plane.pin()
    plane.reseed(3)
    plane.reset()
    assert (plane.seed, plane.scenario, plane.baseline.scenario[POINTS]) == (3, SMALL, 2)
    assert plane.save(tmp_path / "plan.toml") == tmp_path / "plan.toml"


# Tiles


def reading(kpi, run, baseline):
    return next(one for one in tiles.readings(run, baseline) if one.tile.kpi == kpi)


def test_lower_churn_and_a_lower_liability_are_better_all_else_is_better_when_higher(new_deck):
    good = {one.tile.kpi: one.tile.good for one in tiles.readings(new_deck.run, new_deck.run)}
    assert good == {"clv": 1, "churn_rate_per_month": -1, "nps": 1, "profit": 1, "points_liability": -1}


def test_a_change_is_told_by_arrow_sign_word_and_colour(deck):
    deck.change({POINTS: 0})
    assert re.search(r"▼ −[\d,]+ better", text_of(deck.tiles["points_liability"]))
    assert "crm-better" in deck.tiles["points_liability"].value
    deck.change({POINTS: 3})
    assert re.search(r"▲ \+[\d,]+ worse", text_of(deck.tiles["points_liability"]))
    assert "crm-worse" in deck.tiles["points_liability"].value


@pytest.mark.parametrize(
    ("change", "verdict"), [(1.95, "unclear"), (-1.95, "unclear"), (1.97, "better"), (0, "as baseline")]
)
def test_a_change_whose_interval_holds_0_is_called_neither_better_nor_worse(change, verdict):
    assert tiles.Reading(tiles.TILES[0], "EUR", 60.0, 2.0, change, change_error=1.0).verdict == verdict


def test_clv_and_nps_come_with_their_standard_errors(new_deck):
    kpis = new_deck.run.kpis()
    assert f"± {kpis['clv_se']:.2f} SE" in text_of(new_deck.tiles["clv"])
    assert f"± {kpis['nps_se']:.1f} SE" in text_of(new_deck.tiles["nps"])


def test_the_change_between_twins_is_far_surer_than_the_figures_themselves():
    run, twin = (sim.simulate(sim.load("coffee").change({POINTS: points}), 1) for points in (2, 0))
    for kpi in ("clv", "nps"):
        one = reading(kpi, run, twin)
        assert 0 < one.change_error < 0.6 * one.standard_error


def test_the_votes_behind_the_nps_tile_have_its_mean_and_standard_error(new_deck):
    votes = tiles._votes(new_deck.run)
    assert votes.mean() == pytest.approx(new_deck.run.kpis()["nps"])
    assert votes.to_numpy().std() / np.sqrt(len(votes)) == pytest.approx(new_deck.run.kpis()["nps_se"])


def test_a_figure_that_does_not_exist_is_not_invented(deck):
    deck.change({"surveys.response_rate": 0})
    assert text_of(deck.tiles["nps"]) == "NPS −100 to 100 none not comparable"


@worlds.few_examples
@given(scenario=worlds.scenarios(), seed=worlds.seeds())
def test_any_world_can_be_read_against_any_baseline_without_a_warning(scenario, seed):
    run, other = sim.simulate(scenario, seed), sim.simulate(SMALL, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for pair in ((run, run), (run, other), (other, run)):
            for one in tiles.readings(*pair):
                assert "nan" not in tiles.html(one)


VALUES = st.lists(st.floats(-100, 100), min_size=2, max_size=30)


@given(before=VALUES, data=st.data())
def test_with_the_same_units_the_error_is_that_of_the_paired_differences(before, data):
    now = data.draw(st.lists(st.floats(-100, 100), min_size=len(before), max_size=len(before)))
    error = tiles.paired_error(pd.Series(now), pd.Series(before))
    differences = np.subtract(now, before)
    assert error == pytest.approx(differences.std(ddof=1) / len(before) ** 0.5, abs=1e-5)


@given(now=VALUES, before=VALUES)
def test_with_no_unit_in_common_the_error_is_that_of_two_samples(now, before):
    other_units = pd.Series(before, index=range(1000, 1000 + len(before)))
    error = tiles.paired_error(pd.Series(now), other_units)
    assert error**2 == pytest.approx(np.var(now, ddof=1) / len(now) + np.var(before, ddof=1) / len(before))


def test_with_some_units_in_common_the_error_is_the_spread_of_the_difference_over_many_samples():
    luck = np.random.default_rng(4)
    differences, errors = [], []
    for _ in range(600):
        base = luck.normal(0, 3, 60)
        now = pd.Series(base[:40] + luck.normal(0, 1, 40), index=range(40))
        before = pd.Series(base[20:] + luck.normal(0, 1, 40), index=range(20, 60))
        differences.append(now.mean() - before.mean())
        errors.append(tiles.paired_error(now, before))
    assert np.mean(errors) == pytest.approx(
        np.std(differences), rel=0.1
    )  # 600 samples: the spread is known to 3 %


# What is shown is never markup


def test_words_from_a_scenario_are_text_not_html(tmp_path):
    evil = SMALL.rename("<script>x</script>", "<img src=x>")
    evil = sim.Scenario(**{**dict(evil), "currency": "<b>&</b>"})
    deck = sim.lab.open(evil)
    deck.change({POINTS: 2})
    deck.choose(evil)
    for widget in (*deck.tiles.values(), deck.status, deck.caption):
        assert not re.search(r"<script|<img|<b>&</b>", widget.value)
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in deck.controls["loyalty.reward_cost"].slider.description
    assert "&lt;img src=x&gt;" in deck.status.value


# Many moves at once


@pytest.fixture
def simulations(monkeypatch):
    """The values of the points lever that are lived through."""
    lived = []

    def simulate(scenario, seed):
        lived.append(scenario[POINTS])
        return sim.simulate(scenario, seed)

    monkeypatch.setattr(flight, "simulate", simulate)
    return lived


def test_a_burst_of_moves_is_lived_through_once_and_the_last_move_counts(deck, simulations):
    async def drag():
        for step in range(10):
            deck.controls[POINTS].slider.value = step * 0.25
            await asyncio.sleep(0)
        assert simulations == []
        await asyncio.sleep(0.2)

    asyncio.run(drag())
    assert simulations == [2.25]
    assert (
        deck.controls[POINTS].slider.value == deck.controls[POINTS].box.value == deck.scenario[POINTS] == 2.25
    )


def test_moves_of_several_levers_in_one_burst_all_count(deck, simulations):
    async def drag():
        deck.controls[POINTS].slider.value = 2.0
        deck.controls["retention.service_quality"].slider.value = 9.0
        await asyncio.sleep(0.2)

    asyncio.run(drag())
    assert simulations == [2.0]
    assert deck.scenario["retention.service_quality"] == 9.0


def test_the_picture_follows_a_hand_that_does_not_stop(deck, simulations):
    slider = deck.controls[POINTS].slider

    async def drag():
        loop = asyncio.get_running_loop()
        for step in range(60):  # a hand does not wait for the deck
            loop.call_later(0.005 * step, slider.set_trait, "value", step // 5 * 0.25)
        async with asyncio.timeout(30):
            while deck.scenario[POINTS] != 2.75:
                await asyncio.sleep(0.01)

    asyncio.run(drag())
    assert 2 <= len(simulations) <= 8
    assert slider.value == 2.75


def test_a_hand_that_moves_on_while_another_thread_flies_is_not_put_back(deck, monkeypatch):
    slider, hands = deck.controls[POINTS].slider, []

    def simulate(scenario, seed):
        if not hands:
            hands.append(Thread(target=slider.set_trait, args=("value", 3.0)))
            hands[0].start()
            while not deck._moves:
                time.sleep(0.001)
        return sim.simulate(scenario, seed)

    monkeypatch.setattr(flight, "simulate", simulate)
    slider.value = 2.0
    hands[0].join(timeout=30)
    assert slider.value == deck.controls[POINTS].box.value == deck.scenario[POINTS] == 3.0


def test_a_move_that_waits_is_flown_before_the_next_action(deck, simulations):
    async def drag_and_pin():
        deck.controls[POINTS].slider.value = 2.0
        deck.pin()
        await asyncio.sleep(0.2)

    asyncio.run(drag_and_pin())
    assert simulations == [2.0]
    assert deck.baseline.scenario[POINTS] == 2.0


def test_a_closed_deck_forgets_the_move_that_still_waits(deck, simulations):
    async def drag():
        deck.controls[POINTS].slider.value = 2.0
        deck.close()
        await asyncio.sleep(0.2)

    asyncio.run(drag())
    assert simulations == []


def test_a_call_while_the_action_runs_starts_one_more_burst():
    calls = []

    def action():
        calls.append(len(calls))
        if len(calls) == 1:
            soon()
            soon()

    soon = Debounce(action)

    async def burst():
        soon()
        await asyncio.sleep(0.1)

    asyncio.run(burst())
    assert calls == [0, 1]
