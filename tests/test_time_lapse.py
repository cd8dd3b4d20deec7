"""The time-lapse: stages that add up, frames that show them, files that need nothing else."""

import re

import numpy as np
import pytest
from PIL import Image

import sim
from by_hand import taken_over
from sim.lab import time_lapse
from sim.lab.film import MOST_FRAMES, Film
from sim.lab.lifecycle import lifecycle
from sim.lab.sheet_table import table_html
from sim.lab.stages import EXTENDED, LOST, NOWHERE, Stages, stage_counts
from sim.lab.time_lapse import FRAME_MS, LAST_FRAME_MS, filming

SMALL = sim.load("coffee").change({"acquisition.opening_customers": 150, "clock.months": 9})
ACTIVE = ["new", "regular", "extended"]


def lived(name):
    small = {"acquisition.opening_customers": 120, "clock.months": 9}
    return sim.simulate(sim.load(name).change(small), 3)


@pytest.fixture(scope="module", params=["coffee", "telco", "retail", "log"])
def any_run(request):
    return sim.simulate(taken_over(), 1) if request.param == "log" else lived(request.param)


@pytest.fixture(scope="module")
def run():
    return sim.simulate(SMALL, 3)


# Stages


def test_stages_of_customers_add_up_to_the_months_of_the_run(any_run):
    counts, months = stage_counts(any_run), any_run.months
    assert list(counts[ACTIVE].sum(axis=1)) == list(months["active_customers"])
    lost = (months["lost_customers"] + months["terminated_customers"]).cumsum()
    assert list(counts["lost"]) == list(lost)


def test_the_last_month_is_the_lifecycle_of_the_run(any_run):
    flow, last = lifecycle(any_run), stage_counts(any_run).iloc[-1]
    ends = [flow.newcomers_stay, flow.regulars_stay, flow.extended_stay, flow.lost]
    assert list(last[[*ACTIVE, "lost"]]) == ends


def test_leads_are_those_reached_in_the_month_who_did_not_buy_in_it(run):
    leads, starts = run.leads, run.month_starts
    for month, count in enumerate(stage_counts(run)["lead"]):
        reached = (leads["created_at"] >= starts[month]) & (leads["created_at"] < starts[month + 1])
        bought = leads["converted_at"] < starts[month + 1]
        assert count == (reached & ~bought).sum()


def test_nobody_goes_back_a_stage(any_run):
    codes = Stages(any_run).codes.astype(int)
    customers = codes[: Stages(any_run).customers]
    assert (np.diff(customers, axis=1) >= 0).all()
    assert (codes[Stages(any_run).customers :] <= 0).all()


def test_who_is_let_down_is_told_by_the_latest_purchase(run):
    stages = Stages(run)
    for month in (2, 8):
        lived = run.episodes[run.episodes["time"] < run.month_starts[month + 1]]
        latest = lived.groupby("customer_id").tail(1)
        hurt = set(latest.loc[latest["failures"] > latest["tolerance"], "customer_id"])
        lost = {who for who, code in zip(stages.people, stages.codes[:, month], strict=True) if code == LOST}
        assert set(stages.people[stages.let_down[:, month]]) == hurt - lost
    assert stage_counts(run)["let down"].sum() > 0


def test_the_extended_hold_a_second_product(run):
    stages = Stages(run)
    products = run.customers.set_index("customer_id")["products"]
    extended = stages.people[stages.codes[:, -1] == EXTENDED]
    assert len(extended) and (products[list(extended)] > 1).all()


# Frames


def test_there_is_a_frame_a_month_and_its_words_are_the_counts(run):
    film, counts = Film(run), stage_counts(run)
    assert len(film) == 9
    for frame, (month, row) in zip(film.frames, counts.iterrows(), strict=True):
        assert frame.month == month
        assert f"{row['regular']:,} regular" in str(frame) and f"{row['lost']:,} lost" in str(frame)


def test_a_long_run_is_shown_in_36_frames_the_last_month_among_them():
    long = sim.simulate(SMALL.change({"clock.months": 50, "acquisition.opening_customers": 5}), 1)
    numbers = [frame.number for frame in Film(long).frames]
    assert len(numbers) == MOST_FRAMES and numbers[-1] == 50
    assert set(np.diff(numbers)) == {1, 2}


def test_everybody_keeps_one_place_and_nobody_shares_it(run):
    film = Film(run, dots=100)
    assert len(set(film.people)) == len(film.people)
    stage = film._stage
    film.image(0)
    places = stage._slots.round(9)
    customers = sum(not str(one).startswith("lead") for one in film.people)
    assert customers == 100
    assert len({tuple(one) for one in places[:customers]}) == customers


def test_dots_are_drawn_in_the_box_of_their_stage(run):
    film = Film(run, dots=100)
    film.image(5)
    codes = film._codes[:, 5]
    offsets = film._stage._dots.get_offsets()
    assert len(offsets) == (codes != NOWHERE).sum()
    assert list((offsets[:, 0] // 0.198).astype(int)) == list(codes[codes != NOWHERE])


def test_most_of_the_people_shown_are_the_same_in_a_twin(run):
    twin = sim.simulate(SMALL.change({"acquisition.paid_spend_per_month": 600.0}), 3)
    here, there = set(Film(run, 100).people), set(Film(twin, 100).people)
    assert len(here & there) > 0.7 * len(here)


def test_a_frame_is_the_same_bytes_whatever_was_drawn_before(run):
    film = Film(run)
    first = film.png(4)
    film.png(7)
    assert film.png(4) == first


def test_a_run_without_anybody_has_frames_too():
    empty = SMALL.change(
        {
            "acquisition.opening_customers": 0,
            "acquisition.organic_leads_per_month": 0.0,
            "acquisition.paid_spend_per_month": 0.0,
            "clock.months": 2,
        }
    )
    film = Film(sim.simulate(empty, 1))
    assert film.png(1).startswith(b"\x89PNG")
    assert film.frames[1].counts.sum() == 0


# Files


def test_the_gif_has_a_frame_a_month_and_stays_on_the_last(run, tmp_path):
    path = time_lapse(run, tmp_path / "film.gif", dots=150)
    with Image.open(path) as film:
        assert film.n_frames == 9
        times = []
        for place in range(film.n_frames):
            film.seek(place)
            times.append(film.info["duration"])
    assert times == [FRAME_MS] * 8 + [LAST_FRAME_MS]
    assert path.stat().st_size < 5e6


def test_the_page_needs_nothing_else_and_says_the_numbers(run, tmp_path):
    text = time_lapse(run, tmp_path / "film.html", dots=150).read_text(encoding="utf-8")
    assert text.count('src="data:image/png;base64,') == 9
    assert not re.search(r"https?:|//[a-z]|@import|\burl\(", re.sub(r"base64,[\w+/=]+", "", text))
    assert len(text) < 5e6
    for frame in Film(run).frames:
        assert f'alt="{frame}"' in text
    assert table_html(stage_counts(run), "People in each stage at the end of the month") in text


def test_a_name_in_the_page_is_escaped(tmp_path):
    evil = SMALL.change({"clock.months": 1}).rename("<script>alert(1)</script>", "")
    assert "<script>alert" not in time_lapse(sim.simulate(evil, 1), tmp_path / "x.html").read_text()


@pytest.mark.parametrize("name", ["film.mp4", "film", "."])
def test_another_ending_is_refused(run, tmp_path, name):
    with pytest.raises(ValueError, match=r"written as a .gif or .html file; got"):
        time_lapse(run, tmp_path / name)


def test_a_film_that_is_stopped_leaves_nothing_behind(run, tmp_path):
    steps = filming(run, tmp_path / "film.gif")
    assert 0 < next(steps) < 1
    steps.close()
    assert list(tmp_path.iterdir()) == []


# The panel


@pytest.fixture
def lapse(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    deck = sim.lab.open(SMALL, 3)
    deck.open_way("Time-lapse")
    yield deck.way
    deck.close()


def test_the_panel_shows_the_month_of_the_slider_and_follows_the_run(lapse):
    counts = stage_counts(lapse.deck.run)
    lapse.slider.value = 6
    assert f"{counts['lost'].iloc[6]:,} lost" in lapse.text.value
    before = lapse.picture.value
    lapse.deck.change({"retention.service_quality": 2.0})
    assert f"{stage_counts(lapse.deck.run)['lost'].iloc[6]:,} lost" in lapse.text.value
    assert lapse.picture.value != before


def test_a_shorter_run_moves_the_slider_to_its_end(lapse):
    lapse.slider.value = 8
    lapse.deck.choose(SMALL.change({"clock.months": 3}))
    assert (lapse.slider.value, lapse.slider.max, lapse.play.max) == (2, 2, 2)


def test_the_panel_writes_the_film_in_the_background_and_says_where(lapse, tmp_path):
    path = lapse.write("gif")
    lapse.errand.wait()
    assert path.parent == tmp_path and path.exists()
    assert str(path) in lapse.saved.value
    assert lapse.errand.layout.display == "none"


def test_closing_the_deck_stops_what_is_written(lapse, tmp_path):
    lapse.write("html")
    lapse.deck.close()
    assert list(tmp_path.iterdir()) == []
    assert "Stopped" in lapse.saved.value
    assert not lapse.errand._thread.is_alive()


def test_what_cannot_be_written_is_said(lapse, tmp_path):
    (tmp_path / "coffee-3.gif").mkdir()
    lapse.write("gif")
    lapse.errand.wait()
    assert "a time-lapse is written as a .gif or .html file" in lapse.saved.value
