"""The small widget of the lessons without a browser: a few levers, one picture, the key figures."""

import asyncio
import re
from html import unescape

import pytest
from ipywidgets import HTML

import sim
import worlds
from sim.lab import explore, flight

FAILURES, SERVICE, MODEL = "experience.failure_rate", "retention.service_quality", "market.churn_model"
SMALL = (
    sim.load("pizza").change({"acquisition.opening_customers": 100, "clock.months": 4}).rename("small", "")
)
UNKIND = SMALL.change({FAILURES: 0.12})


@pytest.fixture(autouse=True)
def every_world_lives_once(monkeypatch):
    monkeypatch.setattr(flight, "simulate", worlds.lived_once)


def customers_by_month(run, baseline, ax):
    """Active customers by month.

    The baseline is dashed.
    """
    for one in (run, baseline):
        ax.plot(one.months["active_customers"])
    return ax


@pytest.fixture
def small():
    widget = explore(SMALL, [FAILURES, SERVICE], customers_by_month)
    yield widget
    widget.close()


def text_of(widget):
    """What a reader reads in an HTML widget."""
    return unescape(" ".join(re.sub("<[^>]*>", " ", widget.value).split()))


def descendants(widget):
    for child in getattr(widget, "children", ()):
        yield child
        yield from descendants(child)


def shown(widget):
    return bytes(widget.picture.value), [tile.value for tile in widget.tiles.values()], widget.caption.value


def test_it_shows_the_levers_named_a_picture_and_all_key_figures(small):
    all_widgets = [*descendants(small)]
    assert all(small.controls[name].widget in all_widgets for name in (FAILURES, SERVICE))
    assert bytes(small.picture.value[:4]) == b"\x89PNG"
    assert text_of(small.tiles["nps"]).startswith("NPS")
    assert text_of(small.caption) == "This is the baseline."


def test_a_slider_moves_the_picture_the_tiles_and_the_words(small):
    before = shown(small)
    small.controls[FAILURES].slider.value = 0.12
    assert small.scenario == UNKIND
    assert all(now != then for now, then in zip(shown(small), before, strict=True))
    assert text_of(small.status).startswith("Failures 0.03 → 0.12: ")
    assert re.search(r"Churn[^,]*\+", text_of(small.status))


def test_what_hands_do_code_does_and_back_again(small):
    before = shown(small)
    small.change({FAILURES: 0.12})
    assert small.controls[FAILURES].slider.value == 0.12
    small.reset()
    assert shown(small) == before


def test_the_chart_is_given_the_run_and_the_baseline_under_the_same_luck():
    seen = []

    def chart(run, baseline, ax):
        seen.append((run.scenario, baseline.scenario, run.seed, baseline.seed))
        return ax

    widget = explore(SMALL, [FAILURES], chart, seed=3, baseline=UNKIND)
    widget.change({FAILURES: 0.1})
    widget.close()
    assert seen == [(SMALL, UNKIND, 3, 3), (SMALL.change({FAILURES: 0.1}), UNKIND, 3, 3)]


def test_a_burst_of_moves_is_drawn_once(small):
    drawn, draw = [], small._png
    small._png = lambda *runs: drawn.append(runs) or draw(*runs)

    async def hand():
        for value in (0.06, 0.08, 0.1, 0.12):
            small.controls[FAILURES].slider.value = value
        await asyncio.sleep(0.3)

    asyncio.run(hand())
    assert len(drawn) == 1
    assert small.scenario == UNKIND


def test_a_number_that_cannot_be_is_said_in_words_and_the_picture_stays(small):
    before = shown(small)
    small.controls[FAILURES].box.value = 7
    assert "experience.failure_rate is 7.0; allowed" in text_of(small.status)
    assert shown(small) == before
    with pytest.raises(sim.ScenarioError, match="failure_rate is 8"):
        small.change({FAILURES: 8})


def test_a_lever_of_words_is_a_menu():
    widget = explore(SMALL, [MODEL], customers_by_month)
    widget.controls[MODEL].box.value = "pareto/nbd"
    widget.close()
    assert widget.run.scenario[MODEL] == "pareto/nbd"


def test_who_cannot_see_the_picture_reads_what_it_shows(small):
    pages = [text_of(one) for one in descendants(small) if isinstance(one, HTML)]
    assert "Active customers by month." in pages


@pytest.mark.parametrize(
    ("levers", "message"),
    [
        ([], r"levers is \[\]; allowed: a list"),
        (FAILURES, "levers is 'experience.failure_rate'; allowed: a list"),
        ([FAILURES, "experience.failures"], "experience.failures"),
    ],
)
def test_levers_that_there_are_not_are_refused_in_words(levers, message):
    with pytest.raises(ValueError, match=message):
        explore(SMALL, levers, customers_by_month)
