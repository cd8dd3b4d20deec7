"""Replicate: a comparison in the background, its panel, and that nothing of it stays behind."""

import re
import threading
import time
from base64 import b64encode
from html import unescape

import joblib
import pandas as pd
import psutil
import pytest

import sim
from sim.experiments import background
from sim.experiments.background import BackgroundComparison, finished_pairs
from sim.lab.ways.replications import NOW, Replicate, png, table

SMALL = sim.load("retail").change({"acquisition.opening_customers": 50, "clock.months": 3})
SPEND = "market.spend_scale"
DEARER = SMALL.change({SPEND: SMALL[SPEND] * 2})
WORLDS = {"baseline": SMALL, NOW: DEARER}


def text_of(widget):
    return unescape(" ".join(re.sub("<[^>]*>", " ", widget.value).split()))


@pytest.fixture
def here():
    """All in this process; workers are tried by themselves."""
    with joblib.parallel_config(backend="threading", n_jobs=1):
        yield


# ---- in the background -------------------------------------------


def test_in_the_background_comes_out_what_compare_gives(here):
    told = []
    work = BackgroundComparison(WORLDS, 3, 5, lambda one: told.append(one.finished)).start()
    assert work.wait(60) and work.is_over and not work.error
    expected = sim.compare(WORLDS, replications=3, seed=5)
    pd.testing.assert_frame_equal(work.comparison.differences, expected.differences)
    assert told == [0, 1, 2, 3, 4, 5, 6, 6]


def test_stopped_it_has_the_replications_that_all_worlds_have_lived(here):
    def stop_at_five(work):
        if work.finished == 5:
            work.stop()

    work = BackgroundComparison(WORLDS, 10, 5, stop_at_five).start()
    assert work.wait(60) and work.is_stopped
    first = sim.compare(WORLDS, replications=3, seed=5)
    assert work.comparison.seeds == first.seeds
    pd.testing.assert_frame_equal(work.comparison.differences, first.differences)


def test_stopped_before_a_pair_is_finished_it_has_nothing(here):
    work = BackgroundComparison(WORLDS, 10, 5)
    work.stop()
    assert work.start().wait(60)
    assert work.comparison is None and work.error == ""
    assert finished_pairs(WORLDS, pd.DataFrame({"world": [NOW], "seed": [1]})) is None


def test_what_fails_is_said_and_the_thread_ends(here, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(background, "compare", broken)
    work = BackgroundComparison(WORLDS, 2).start()
    assert work.wait(60) and work.error == "planted" and work.is_over


@pytest.mark.parametrize(
    ("worlds", "replications", "sentence"),
    [
        (WORLDS, 1, "replications is 1; allowed: a whole number from 2"),
        ({"a": SMALL}, 3, "there are 1 scenarios to compare; allowed: two or more"),
        (
            WORLDS | {NOW: SMALL.change({"clock.months": 2})},
            3,
            "clock.months is 3 in 'baseline' and 2 in 'now'",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused_before_a_thread_begins(worlds, replications, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        BackgroundComparison(worlds, replications)


def worker_processes():
    """The workers of loky among the children; others, as a JupyterLab of other tests, live on."""
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            found += [child] if "popen_loky" in " ".join(child.cmdline()) else []
        except psutil.Error:
            continue
    return found


def test_real_workers_stop_and_an_experiment_that_waits_for_them_is_none_the_worse():
    """Stopping ends the worker processes that all threads share: the others wait for their turn."""
    began = threading.Event()
    work = BackgroundComparison(WORLDS, 5000, 1, lambda one: one.finished and began.set())
    with joblib.parallel_config(n_jobs=2):
        BackgroundComparison.start(work)
        assert began.wait(60)
        assert len(worker_processes()) >= 2
        stopper = threading.Timer(0.5, work.stop)
        stopper.start()
        with joblib.parallel_config(n_jobs=2):
            others = sim.replicate(SMALL, 3)
    assert len(others) == 3
    assert work.wait(60)
    assert 1 <= len(work.comparison.seeds) < 5000
    work = BackgroundComparison(WORLDS, 2)  # takes over idle workers, and leaves none
    assert work.start().wait(60) and len(work.comparison.seeds) == 2
    assert psutil.wait_procs(worker_processes(), timeout=10)[1] == []


# ---- the panel ---------------------------------------------------


@pytest.fixture(scope="module")
def flight_deck():
    deck = sim.lab.open(SMALL, seed=1)
    yield deck
    deck.close()


@pytest.fixture
def deck(here, flight_deck):
    """As it was opened, with a panel that has done nothing yet."""
    flight_deck.open_way(None)
    flight_deck._ways.clear()
    flight_deck.choose(SMALL)
    flight_deck.open_way(Replicate.TITLE)
    way = flight_deck.way
    yield flight_deck
    flight_deck.open_way(None)
    assert way.wait(60)


def held_back(monkeypatch):
    """Runs wait until the event is set."""
    gate = threading.Event()
    compare = background.compare

    def waiting(*arguments, **named):
        assert gate.wait(60)
        return compare(*arguments, **named)

    monkeypatch.setattr(background, "compare", waiting)
    return gate


def fly(deck, factor=2.0):
    deck.change({SPEND: SMALL[SPEND] * factor})


def test_without_a_difference_the_panel_says_so_and_runs_nothing(deck):
    deck.way.run_button.click()
    assert "the present setting is the baseline's: move a lever first" in text_of(deck.status)
    assert not deck.way.is_working and deck.way.comparison is None


def test_the_result_is_the_comparison_with_the_baseline_as_table_and_picture(deck):
    fly(deck)
    deck.way.number.value = 3
    deck.way.run_button.click()
    assert deck.way.wait(60)
    expected = sim.compare(WORLDS, replications=3, seed=1)
    pd.testing.assert_frame_equal(deck.way.comparison.differences, expected.differences)
    assert b64encode(png(expected)).decode() in deck.way.picture.value
    assert png(expected)[:4] == b"\x89PNG"
    for cell in table(expected).loc["CLV, USD per customer"]:
        assert cell in text_of(deck.way.table)
    assert "3 replications of: Spend" in text_of(deck.way.headline)
    assert "All 3 replications are finished" in text_of(deck.way.state)
    assert deck.way.bar.value == deck.way.bar.max == 6


def test_levers_move_meanwhile_and_the_result_says_what_it_is_about(deck, monkeypatch):
    gate = held_back(monkeypatch)
    fly(deck)
    deck.way.start(2)
    fly(deck, 3)
    assert deck.scenario[SPEND] == 3 * SMALL[SPEND]
    assert deck.way.is_working and deck.way.run_button.disabled and not deck.way.stop_button.disabled
    gate.set()
    assert deck.way.wait(60)
    assert deck.way.comparison.scenarios[NOW] == DEARER
    assert "another setting, baseline or seed by now" in text_of(deck.way.headline)
    deck.undo()
    assert "another setting" not in text_of(deck.way.headline)


def test_one_replication_at_a_time(deck, monkeypatch):
    gate = held_back(monkeypatch)
    fly(deck)
    deck.way.start(2)
    with pytest.raises(ValueError, match="under way: stop them first, or wait"):
        deck.way.start(2)
    gate.set()
    assert deck.way.wait(60)
    deck.way.start(2)


def test_putting_the_panel_away_ends_the_work_and_shows_what_is_finished(deck):
    fly(deck)
    way, before = deck.way, set(threading.enumerate())
    way.start(1000)
    while way._work.finished < 4:
        time.sleep(0.01)
    deck.open_way(None)
    assert way.wait(60)
    assert not way.is_working
    count = len(way.comparison.seeds)
    assert 2 <= count < 1000
    assert f"Stopped: {count} of 1000 replications are shown" in text_of(way.state)
    assert set(threading.enumerate()) <= before


def test_closing_the_deck_ends_the_work(here):
    deck = sim.lab.open(SMALL, seed=1)
    deck.open_way(Replicate.TITLE)
    fly(deck)
    deck.way.start(1000)
    deck.close()
    assert deck.way.wait(60) and not deck.way.is_working


def test_a_stop_before_anything_is_finished_says_that_nothing_can_be_shown(deck, monkeypatch):
    gate = held_back(monkeypatch)
    fly(deck)
    deck.way.start(5)
    deck.way.stop_button.click()
    assert "Stopping" in text_of(deck.way.state)
    gate.set()
    assert deck.way.wait(60)
    assert "Stopped: nothing can be shown" in text_of(deck.way.state)


def test_a_failure_in_the_background_is_a_sentence_in_the_panel(deck, monkeypatch):
    def broken(*_, **__):
        raise ValueError("planted")

    monkeypatch.setattr(background, "compare", broken)
    fly(deck)
    deck.way.start(2)
    assert deck.way.wait(60)
    assert "It went wrong: planted" in text_of(deck.way.state)


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (1, "replications is 1; allowed: a whole number from 2"),
        (10**6, "allowed: a whole number from 2 to 1000"),
    ],
)
def test_a_number_that_cannot_be_is_refused_in_words(deck, count, sentence):
    fly(deck)
    deck.way.number.value = count
    deck.way.run_button.click()
    assert sentence in text_of(deck.status)
    assert not deck.way.is_working


def test_the_report_is_written_and_its_path_is_said(deck, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fly(deck)
    deck.way.report_button.click()
    assert "nothing to report yet" in text_of(deck.status)
    deck.way.start(2)
    assert deck.way.wait(60)
    deck.way.report_button.click()
    assert str(tmp_path / "report.html") in text_of(deck.way.state)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "now against baseline" in page
    deck.way._file.value = "report.txt"
    deck.way.report_button.click()
    assert "a report is written as an .html file" in text_of(deck.status)
