"""The chart of a journey: it shows what the journey says, in words, shapes and colours."""

from functools import cache

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axis import Axis
from matplotlib.colors import to_rgb
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.text import Text

import sim
from by_hand import taken_over
from sim import Run
from sim.lab import journey_chart
from sim.lab.journey_chart import LANES


@cache
def lived(name: str) -> Run:
    small = sim.load(name).change({"acquisition.opening_customers": 150, "clock.months": 15})
    return sim.simulate(small, 2)


@cache
def told(name: str) -> object:
    """The customer of whom there is most to tell among those lost."""
    run = lived(name)
    records = pd.concat([run.tickets["customer_id"], run.touchpoints["customer_id"]]).value_counts()
    lost = run.truth.loc[run.truth["churned_at"].notna(), "customer_id"]
    return records.reindex(lost).fillna(0).idxmax()


@cache
def drawn(name: str) -> Figure:
    return journey_chart(lived(name), told(name))


SCENARIOS = list(sim.scenarios().index)


@pytest.fixture(params=SCENARIOS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def lane_names(figure: Figure) -> list[str]:
    return [label.get_text() for label in figure.axes[2].get_yticklabels()]


def test_it_is_ten_by_six_inches_and_belongs_to_no_window(name: str) -> None:
    before = plt.get_fignums()
    assert tuple(journey_chart(lived(name), told(name)).get_size_inches()) == (10, 6)
    assert plt.get_fignums() == before


def test_the_title_says_who_in_which_world(name: str) -> None:
    title = drawn(name).axes[0].get_title()
    bought = (lived(name).transactions["customer_id"] == told(name)).sum()
    assert title.startswith(f"Customer {told(name)} of {name}, seed 2: {bought} purchase")
    assert title.endswith("lost")


def test_lines_are_the_hidden_state_from_the_first_purchase_to_the_end(name: str) -> None:
    journey = lived(name).journey(told(name))
    felt, bound, _ = drawn(name).axes
    shown = {"satisfaction": felt.lines[1], "trust": bound.lines[0], "commitment": bound.lines[1]}
    for state, line in shown.items():
        np.testing.assert_array_equal(line.get_ydata(), journey[state])
        np.testing.assert_array_equal(date2num(line.get_xdata()), date2num(journey["time"]))
        assert line.get_drawstyle() == "steps-post"


def test_every_recorded_event_of_a_lane_is_a_mark_at_its_time(name: str) -> None:
    journey = lived(name).journey(told(name))
    said = journey["event"] + ": " + journey["detail"]
    marks = [line for line in drawn(name).axes[2].lines if line.get_linestyle() == "None"]
    shown = [lane for lane in LANES if said.str.startswith(lane.starts).any()]
    assert lane_names(drawn(name)) == [lane.name for lane in shown]
    for place, (lane, line) in enumerate(zip(shown, marks, strict=True)):
        times = journey.loc[said.str.startswith(lane.starts), "time"]
        np.testing.assert_array_equal(date2num(line.get_xdata()), date2num(times))
        assert (line.get_marker(), set(line.get_ydata())) == (lane.marker, {place})


def test_marks_below_are_as_many_as_the_records(name: str) -> None:
    run, who = lived(name), told(name)
    tickets, touches = (table[table["customer_id"] == who] for table in (run.tickets, run.touchpoints))
    sales, answers = (table[table["customer_id"] == who] for table in (run.transactions, run.surveys))
    points = run.points[(run.points["customer_id"] == who) & run.points["type"].isin(["redeem", "expire"])]
    moves = len(points.drop_duplicates(["time", "type"]))
    rebates = run.tables["rebates"]
    moves += rebates.loc[rebates["customer_id"] == who, "claimed_at"].notna().sum()
    moves += sales["refunded_at"].notna().sum()
    cancelled = run.customers.loc[run.customers["customer_id"] == who, "cancelled_at"].notna().sum()
    expected = len(tickets) + len(touches) + len(sales) + (answers["kind"] == "nps").sum() + cancelled
    marks = [line for line in drawn(name).axes[2].lines if line.get_linestyle() == "None"]
    assert sum(len(line.get_xdata()) for line in marks) == expected + moves


def test_failures_beyond_tolerance_are_marked_on_the_line(name: str) -> None:
    lives = lived(name).episodes
    lives = lives[lives["customer_id"] == told(name)]
    marked = drawn(name).axes[0].lines[2]
    hurt = lives[lives["failures"] > lives["tolerance"]]
    np.testing.assert_array_equal(marked.get_ydata(), hurt["satisfaction"])


def test_a_loss_is_a_dotted_line_through_all_strips_with_its_date(name: str) -> None:
    run = lived(name)
    churned_at = run.truth.set_index("customer_id").loc[told(name), "churned_at"]
    for ax in drawn(name).axes:
        assert ax.lines[-1].get_linestyle() == ":"
        assert ax.lines[-1].get_xdata()[0] == date2num(churned_at)
    words = [text.get_text() for text in drawn(name).axes[2].texts]
    hidden = "" if name == "telco" else " (hidden)"
    assert f"lost {churned_at:%d %b %Y}{hidden}" in words


def test_somebody_who_stays_has_no_dotted_line() -> None:
    run = lived("coffee")
    stays = run.truth.loc[run.truth["churned_at"].isna(), "customer_id"].iloc[0]
    figure = journey_chart(run, stays)
    assert figure.axes[0].get_title().endswith("still a customer")
    assert not any(line.get_linestyle() == ":" for ax in figure.axes for line in ax.lines)


def test_nothing_is_told_by_colour_alone() -> None:
    """Each lane has a name; lines in one strip differ by their stroke."""
    assert len({lane.name for lane in LANES}) == len(LANES)
    trust, commitment = drawn("coffee").axes[1].lines[:2]
    assert not trust.is_dashed() and commitment.is_dashed()


def test_colours_are_dark_enough_to_read() -> None:
    """Contrast of at least 4.5 to 1 against white, as WCAG asks for text."""
    for lane in LANES:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(lane.colour)]
        luminance = np.dot([0.2126, 0.7152, 0.0722], linear)
        assert 1.05 / (luminance + 0.05) >= 4.5, lane.name


def test_every_strip_has_a_label_with_its_unit(name: str) -> None:
    assert [ax.get_ylabel() for ax in drawn(name).axes] == [
        "satisfaction, points of 10 (hidden)",
        "trust and commitment, 0 to 1 (hidden)",
        "on record",
    ]


def ticks_seen(axis: Axis) -> list[Text]:
    low, high = sorted(axis.get_view_interval())
    return [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]


def test_words_are_on_the_page_and_do_not_overlap(name: str) -> None:
    figure = drawn(name)
    figure.canvas.draw()
    page = figure.bbox
    texts = [text for ax in figure.axes for text in (ax.title, ax.yaxis.label, *ax.texts)]
    texts += [text for ax in figure.axes for text in ticks_seen(ax.yaxis)] + ticks_seen(figure.axes[2].xaxis)
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text()]
    assert len(boxes) >= 10
    for text, box in boxes:
        assert page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1, text
    for n, (text, box) in enumerate(boxes):
        assert [other for other, place in boxes[n + 1 :] if box.overlaps(place)] == [], text


def test_a_customer_of_a_log_and_one_of_a_single_month_can_be_drawn() -> None:
    run = sim.simulate(taken_over(), 3)
    assert journey_chart(run, run.customers["customer_id"].iloc[0]).axes[0].lines
    month = sim.simulate(sim.load("coffee").change({"clock.months": 1}), 1)
    figure = journey_chart(month, month.customers["customer_id"].iloc[0])
    figure.canvas.draw()
    assert len(figure.axes[2].get_xticklabels()) >= 2


def test_an_unknown_customer_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no customer 'nobody' in this run"):
        journey_chart(lived("retail"), "nobody")
