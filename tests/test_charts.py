"""The deck's charts: they show the run's numbers, fit on their page, and the colour-blind can read them."""

import io
import itertools
import warnings
from datetime import date
from functools import cache

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from IPython.core.formatters import DisplayFormatter
from matplotlib.colors import to_rgb
from matplotlib.text import Text

import sim
import worlds
from sim.lab import charts, theme
from sim.lab.picture import QUICK_TEXT, Picture
from sim.run import Run

COFFEE = sim.load("coffee").change({"acquisition.opening_customers": 300, "clock.months": 12})


@cache
def flown(points_per_unit: float = 2.0) -> Run:
    return sim.simulate(COFFEE.change({"loyalty.points_per_unit": points_per_unit}), seed=1)


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def drawn(ax):
    """x and y of the solid and of the dashed line."""
    solid, dashed = ax.lines[:2]
    assert not solid.is_dashed() and dashed.is_dashed()
    return solid.get_ydata(), dashed.get_ydata()


@pytest.mark.parametrize("chart", charts.CHARTS, ids=lambda chart: chart.__name__)
def test_a_chart_needs_no_widget_and_returns_its_axes(chart, ax):
    assert chart(flown(), flown(0), ax) is ax
    assert ax.get_title()


def test_customers_shows_who_is_active_and_the_churn_of_both_runs(ax):
    charts.customers(flown(), flown(0), ax)
    active, churn = map(drawn, ax.child_axes)
    for shown, run in zip(zip(active, churn, strict=True), (flown(), flown(0)), strict=True):
        np.testing.assert_array_equal(shown[0], run.months["active_customers"])
        np.testing.assert_array_equal(shown[1], 100 * run.months["churn_rate"])


def test_profit_adds_up_to_the_profit_of_the_kpis_and_ends_at_their_liability(ax):
    charts.profit(flown(), flown(0), ax)
    profit, liability = map(drawn, ax.child_axes)
    for number, run in enumerate((flown(), flown(0))):
        assert profit[number][-1] == pytest.approx(run.kpis()["profit"])
        assert liability[number][-1] == run.kpis()["points_liability"]


def test_nps_has_the_months_with_their_95_percent_intervals_and_does_not_join_them(ax):
    charts.nps(flown(), flown(0), ax)
    months = flown().months
    dots = ax.lines[2]
    assert dots.get_linestyle() == "None"
    np.testing.assert_array_equal(dots.get_ydata(), months["nps"])
    ends = np.array([line[:, 1] for line in ax.collections[0].get_segments()])
    np.testing.assert_allclose(ends[:, 1] - ends[:, 0], 2 * 1.96 * months["nps_se"])
    np.testing.assert_allclose(ends.mean(axis=1), months["nps"])


def test_nps_of_all_answers_is_a_line_of_each_run_and_a_band_of_this_one(ax):
    charts.nps(flown(), flown(0), ax)
    kpis = flown().kpis()
    now, before = drawn(ax)
    assert (now[0], before[0]) == (kpis["nps"], flown(0).kpis()["nps"])
    assert ax.patches[0].get_height() == pytest.approx(2 * 1.96 * kpis["nps_se"])


def test_a_month_in_which_all_answers_agree_shows_no_interval(ax):
    happy = {"retention.service_quality": 10, "retention.leniency_sd": 0, "retention.experience_sd": 0}
    run = sim.simulate(COFFEE.base().change({**happy, "surveys.noise_sd": 0}), seed=1)
    assert run.kpis()["nps"] == 100
    charts.nps(run, run, ax)
    assert not any(len(segment) for segment in ax.collections[0].get_segments())


def test_clv_shows_the_share_of_customers_between_the_edges_and_the_means(ax):
    charts.clv(flown(), flown(0), ax)
    for patch, line, run in zip(ax.patches[1:], ax.lines, (flown(), flown(0)), strict=True):
        shares, edges, _ = patch.get_data()
        inside = run.clv.between(edges[0], edges[-1])
        assert shares.sum() == pytest.approx(100 * inside.mean())
        assert line.get_xdata()[0] == run.clv.mean()
    both = np.concatenate([flown().clv, flown(0).clv])
    assert 0.98 <= np.mean((both >= edges[0]) & (both <= edges[-1])) < 1


def test_titles_say_what_is_seen():
    axes = Picture().draw(flown(), flown(0)).axes[:4]
    kpis = flown().kpis()
    customers, nps, clv, profit = (ax.get_title() for ax in axes)
    more = kpis["active_customers"] - flown(0).kpis()["active_customers"]
    assert customers == f"{kpis['active_customers']:,.0f} customers at the end ({more:+,.0f})"
    assert nps.startswith(f"NPS {kpis['nps']:.0f} ± {1.96 * kpis['nps_se']:.0f} overall")
    assert f"mean {kpis['clv']:.1f}" in clv
    assert f"Profit {kpis['profit']:,.0f} EUR" in profit


def test_every_axis_has_a_label_with_its_unit():
    labels = [ax.get_ylabel() for ax in Picture().draw(flown(), flown(0)).findobj(plt.Axes) if ax.axison]
    assert labels == [
        "active customers",
        "churn, % of customers per month",
        "NPS, 95 % intervals",
        "% of customers",
        "cumulated profit, EUR",
        "points liability, EUR",
    ]


def texts(figure):
    """Every text that is seen, with its place on the page in dots."""
    figure.canvas.draw()
    seen = [text for ax in figure.findobj(plt.Axes) for text in texts_of(ax) if text.get_text()]
    return [(text.get_text(), text.get_window_extent()) for text in seen]


def texts_of(ax):
    yield ax.title
    if ax.axison:
        yield from (ax.xaxis.label, ax.yaxis.label, *ax.texts)
        for axis in (ax.xaxis, ax.yaxis):
            low, high = axis.get_view_interval()
            ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
            yield from (tick.label1 for tick in ticks if tick.label1.get_visible())


LARGE = {"market.spend_scale": 9e4, "acquisition.opening_customers": 1200}
LOSS = {"acquisition.paid_spend_per_month": 2e5, "finance.gross_margin": 0.0}


@pytest.mark.parametrize(
    "levers", [{}, LARGE, LOSS, {"clock.months": 1}, {"surveys.response_rate": 0}], ids=str
)
@pytest.mark.parametrize("currency", ["EUR", "$"])
def test_no_text_is_cut_off_or_covers_another(levers, currency):
    scenario = sim.load("coffee").change({"acquisition.opening_customers": 300, **levers})
    scenario = type(scenario)(**{**dict(scenario), "currency": currency})
    figure = Picture().draw(sim.simulate(scenario, 1), flown(0))
    places = texts(figure)
    assert len(places) > 30
    page = figure.bbox
    outside = [text for text, box in places if not page.containsx(box.x0) or not page.containsx(box.x1)]
    outside += [text for text, box in places if not page.containsy(box.y0) or not page.containsy(box.y1)]
    assert not outside
    covered = [(a, b) for (a, one), (b, other) in itertools.combinations(places, 2) if one.overlaps(other)]
    assert not covered


def test_the_smallest_text_is_at_least_ten_points():
    figure = Picture().draw(flown(), flown(0))
    assert min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text()) >= 10


@worlds.few_examples
@given(scenario=worlds.scenarios(), seed=worlds.seeds())
def test_any_world_can_be_drawn_against_any_baseline_without_a_warning(scenario, seed):
    run = sim.simulate(scenario, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for pair in ((run, run), (run, flown()), (flown(), run)):
            assert PICTURE.png(*pair).startswith(b"\x89PNG")


PICTURE = Picture()


@pytest.mark.parametrize("levers", [{"clock.months": 30, "surveys.response_rate": 0}, {}], ids=str)
def test_a_picture_used_before_is_the_same_as_a_fresh_one(levers):
    used = Picture()
    used.png(sim.simulate(COFFEE.change(levers), seed=1), flown(0))
    assert used.png(flown(), flown(0)) == Picture().png(flown(), flown(0))


def scales(picture):
    """The kept look of each chart with all but its title and data."""
    return [[*quarter._kept.values()][-1] for quarter in picture._quarters]


def as_drawn_at_once(picture):
    """The picture's data and axes, without the titles, which are not drawn but written upon them."""
    for ax in picture.axes:
        ax.title.set_visible(False)
    with matplotlib.rc_context(QUICK_TEXT):
        picture._canvas.draw()
    return np.array(picture._canvas.buffer_rgba())


def test_data_on_kept_layers_are_the_same_as_all_drawn_at_once():
    picture = Picture()
    thriftier = sim.simulate(COFFEE.change({"finance.gross_margin": 0.599}), seed=1)
    picture.png(flown(1), flown(0))
    before = scales(picture)
    picture.png(thriftier, flown(0))
    assert all(now is one for now, one in zip(scales(picture), before, strict=True))
    quick = np.array(picture._canvas.buffer_rgba())
    np.testing.assert_array_equal(quick, as_drawn_at_once(picture))


def test_limits_that_come_again_are_not_drawn_again():
    picture = Picture()
    first = picture.png(flown(1), flown(0))
    before = scales(picture)
    picture.png(flown(8), flown(0))
    assert scales(picture)[-1] is not before[-1]
    assert picture.png(flown(1), flown(0)) == first
    assert all(now is one for now, one in zip(scales(picture), before, strict=True))


def sent_and_drawn(picture):
    """The colours of the picture that is sent, and those that matplotlib draws, titles included."""
    sent = plt.imread(io.BytesIO(picture.png(flown(), flown(0))))[:, :, :3]
    with matplotlib.rc_context(QUICK_TEXT):
        picture._canvas.draw()
    return sent, np.array(picture._canvas.buffer_rgba())[:, :, :3] / 255


def title_places(picture):
    """Of each title, the dots of the page that it covers, with a few around it."""
    for ax in picture.axes:
        left, bottom, right, top = ax.title.get_window_extent().padded(6).extents.astype(int)
        yield slice(640 - top, 640 - bottom), slice(left, right)


def test_the_colours_of_the_picture_are_those_drawn():
    picture = Picture()
    sent, drawn = sent_and_drawn(picture)
    for place in title_places(picture):
        sent[place] = drawn[place] = 1.0
    off = np.abs(sent - drawn)
    assert np.quantile(off, 0.999) < 0.06
    assert off.max() < 0.15


def test_the_page_of_the_picture_is_white():
    sent, drawn = sent_and_drawn(Picture())
    blank = (drawn == 1.0).all(axis=2)
    assert (sent[blank] == 1.0).mean() > 0.99


def test_titles_are_where_matplotlib_writes_them():
    picture = Picture()
    sent, drawn = (1 - shown.mean(axis=2) for shown in sent_and_drawn(picture))
    for place in title_places(picture):
        for axis in (0, 1):
            ink, expected = (shown[place].sum(axis=axis) for shown in (sent, drawn))
            assert ink.sum() == pytest.approx(expected.sum(), rel=0.1)
            middle, expected_middle = (
                (one * np.arange(len(one))).sum() / one.sum() for one in (ink, expected)
            )
            assert middle == pytest.approx(expected_middle, abs=2.5)


def test_another_currency_or_other_months_are_another_background():
    picture = Picture()
    start, dollars = COFFEE.change({"clock.start": date(2030, 1, 1)}), {**dict(COFFEE), "currency": "USD"}
    for scenario in (start, type(COFFEE)(**dollars)):
        run = sim.simulate(scenario, seed=1)
        picture.png(flown(), flown(0))
        assert picture.png(run, run) == Picture().png(run, run)


def test_a_picture_leaves_no_window_and_no_style_behind():
    before, figures = matplotlib.rcParams.copy(), plt.get_fignums()
    Picture().png(flown(), flown(0))
    assert matplotlib.rcParams == before
    assert plt.get_fignums() == figures


def test_a_notebook_shows_the_chart_of_a_journey_as_a_picture():
    shown, _ = DisplayFormatter().format(
        sim.lab.journey_chart(flown(), flown().customers["customer_id"].iloc[0])
    )
    assert shown["image/png"].startswith(b"\x89PNG")


# Machado, Oliveira & Fernandes 2009: what full protanopia, deuteranopia and tritanopia make of linear RGB.
BLINDNESS = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
    "none": np.eye(3),
}


def seen(colour, blindness):
    """Linear RGB as somebody with this colour blindness sees it."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.clip(np.array(BLINDNESS[blindness]) @ linear, 0, 1)


def contrast(one, other, blindness):
    """Contrast ratio of WCAG 2.1, from 1 to 21."""
    light = sorted(np.array([0.2126, 0.7152, 0.0722]) @ seen(colour, blindness) for colour in (one, other))
    return (light[1] + 0.05) / (light[0] + 0.05)


@pytest.mark.parametrize("blindness", BLINDNESS)
def test_text_and_lines_stand_out_from_the_page(blindness):
    for text in (theme.INK, theme.MUTED, theme.BETTER, theme.WORSE):
        assert contrast(text, "white", blindness) >= 4.5
    for line in (theme.NOW_COLOUR, theme.BASELINE_COLOUR):
        assert contrast(line, "white", blindness) >= 3


@pytest.mark.parametrize("blindness", BLINDNESS)
def test_run_and_baseline_differ_for_the_colour_blind_and_without_any_colour(blindness):
    assert np.linalg.norm(seen(theme.NOW_COLOUR, blindness) - seen(theme.BASELINE_COLOUR, blindness)) > 0.1
    assert np.linalg.norm(seen(theme.BETTER, blindness) - seen(theme.WORSE, blindness)) > 0.1
    assert theme.NOW.get("linestyle", "-") != theme.BASELINE["linestyle"]
