"""The views of the deck: picture, table and run say the same; any world can be seen and read."""

import itertools
import re
import warnings
from functools import cache
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy.stats import binomtest

import sim
import worlds
from sim import kpi
from sim.lab import theme
from sim.lab.cohorts import ALL, BEFORE, buying, kaplan_meier, retention, wilson
from sim.lab.lifecycle import STAGES, lifecycle, lifecycle_table
from sim.lab.lifecycle_chart import ENDS
from sim.lab.sheet_table import side_by_side, table_html
from sim.lab.views import views
from sim.run import Run

CHARTS = {view.name: view.png.keywords | {"chart": view.png.args[0]} for view in views()[1:]}
FEW = {"acquisition.opening_customers": 120}


@cache
def flown(name: str = "coffee", better: bool = False, **levers: object) -> Run:
    scenario = sim.load(name).change({**FEW, "clock.months": 8, **levers})
    return sim.simulate(scenario.change({"retention.service_quality": 9}) if better else scenario, seed=1)


@cache
def small(**levers: object) -> Run:
    return flown("coffee", False, **{name.replace("__", "."): value for name, value in levers.items()})


def drawn(name, run, baseline):
    """The chart of this name on axes as the deck's."""
    figure = FigureCanvasAgg(Figure(figsize=theme.FIGURE_INCHES, dpi=theme.DOTS_PER_INCH)).figure
    ax = figure.subplots(
        gridspec_kw=CHARTS[name].get("margins", {"left": 0.075, "bottom": 0.11, "top": 0.87})
    )
    assert CHARTS[name]["chart"](run, baseline, ax) is ax
    return ax


def words(ax):
    return [text.get_text() for text in ax.figure.findobj(Text) if text.get_text()]


@pytest.mark.parametrize("name", ["coffee", "telco", "retail"])
def test_the_lifecycle_adds_up_to_the_key_figures(name):
    run = flown(name)
    flow, kpis = lifecycle(run), run.kpis()
    assert (flow.leads, flow.customers) == (kpis["leads"], kpis["customers"])
    assert flow.opening == (run.customers["channel"] == "opening").sum()
    assert flow.lost == run.months[["lost_customers", "terminated_customers"]].to_numpy().sum()
    stay = flow.newcomers_stay + flow.regulars_stay + flow.extended_stay
    assert stay == kpis["active_customers"]
    assert flow.extended == (run.customers["products"] > 1).sum()
    assert min(getattr(flow, stage) for stage in STAGES) >= 0


def test_regulars_have_bought_as_often_as_the_lever_says():
    run = small(extension__regular_purchases=3, extension__offers_share=0.0)
    assert lifecycle(run).regulars == (run.transactions.groupby("customer_id").size() >= 3).sum()


def test_widths_of_the_flow_are_in_proportion_to_the_numbers():
    ax, flow = drawn("Lifecycle", flown(), flown()), lifecycle(flown())
    heights = [patch.get_height() for patch in ax.patches if isinstance(patch, plt.Rectangle)]
    counts = [flow.leads, flow.opening, flow.customers, flow.regulars, flow.extended]
    counts += [getattr(flow, end) for end in ENDS]
    counts = [count for count in counts if count]
    np.testing.assert_allclose(np.array(heights) / counts, heights[0] / counts[0])


def test_the_flow_names_every_number_of_run_and_baseline():
    said = "\n".join(words(drawn("Lifecycle", flown(better=True), flown())))
    now, before = lifecycle(flown(better=True)), lifecycle(flown())
    assert now != before
    for count in ("leads", "opening", "customers", "regulars", "extended", *ENDS):
        assert f"{getattr(now, count):,}" in said
        assert f"baseline {getattr(before, count):,}" in said


def test_the_truth_is_the_kaplan_meier_curve_of_the_cohort():
    run = flown()
    curves = retention(run)
    cohort = curves.index[0][0]
    early = run.customers["acquired_at"] < run.month_starts[3]
    left = run.truth["churned_at"][early]
    curve = kpi.survival(run.customers["acquired_at"][early], left, run.month_starts[-1])
    for month, share in curves.loc[cohort, "truth"].items():
        known = curve[curve.index <= month * 365.25 / 12]
        assert share == pytest.approx(100 * (known.iloc[-1] if len(known) else 1.0))
    assert curves.loc[cohort, "customers"].iloc[0] == early.sum()


def test_intervals_of_survival_are_those_of_greenwood_by_hand():
    lost, followed = np.array([1.0, 2.0, np.nan, np.nan]), np.array([5.0, 5.0, 1.5, 5.0])
    share, low, high = kaplan_meier(lost, followed, [0, 1, 2])
    np.testing.assert_allclose(share, [1, 0.75, 0.375])
    variance = 1 / (4 * 3) + 1 / (2 * 1)
    factor = np.exp(1.96 * np.sqrt(variance) / -np.log(0.375))
    np.testing.assert_allclose([low[2], high[2]], [0.375**factor, 0.375 ** (1 / factor)])
    assert (low[0], high[0]) == (1, 1)


def test_intervals_of_shares_are_those_of_wilson():
    _, low, high = wilson(np.array([3, 0]), np.array([10, 7]))
    for number, (part, whole) in enumerate([(3, 10), (0, 7)]):
        book = binomtest(part, whole).proportion_ci(0.95, method="wilson")
        assert (low[number], high[number]) == pytest.approx((book.low, book.high), abs=1e-4)


def test_on_record_is_who_bought_in_the_month_up_to_that_age():
    run = flown()
    cohort = retention(run).index[0][0]
    month = pd.Timedelta(365.25 / 12, "D")
    since = run.customers.set_index("customer_id")["acquired_at"]
    able = since[(since < run.month_starts[3]) & (since + 2 * month <= run.month_starts[-1])]
    age = run.transactions["time"] - run.transactions["customer_id"].map(able)
    bought = run.transactions[(age > month) & (age <= 2 * month)]["customer_id"].nunique()
    assert retention(run).loc[(cohort, 2), "seen"] == pytest.approx(100 * bought / len(able))


def test_under_contract_the_record_is_who_has_not_cancelled():
    run = flown("telco", **{"clock.months": 16, "retention.service_quality": 3})
    curves = retention(run)
    cohort = curves.index[0][0]
    assert run.customers["cancelled_at"].notna().any()
    early = run.customers["acquired_at"] < run.month_starts[6]
    since, left = run.customers["acquired_at"][early], run.customers["cancelled_at"][early]
    curve = kpi.survival(since, left, run.month_starts[-1])
    assert curves.loc[cohort, "seen"].iloc[-1] == pytest.approx(
        100 * curve[curve.index <= curves.loc[cohort].index[-1] * 365.25 / 12].iloc[-1]
    )


def test_customers_of_a_log_are_a_cohort_of_their_own_followed_from_the_start():
    scenario = worlds.continued("bg/nbd").change({"clock.months": 6})
    run = sim.simulate(scenario, seed=1)
    curves, taken_over = retention(run), run.customers["acquired_at"] < run.month_starts[0]
    gone = run.truth["churned_at"] < run.month_starts[0]
    assert curves.loc[BEFORE, "customers"].iloc[0] == (taken_over & ~gone).sum()
    assert curves.loc[(BEFORE, 0), "truth"] == 100
    assert lifecycle(run).customers == (~gone).sum()


def test_retention_draws_truth_and_record_of_both_runs():
    ax = drawn("Retention", flown(better=True), flown())
    for pane, column in zip(ax.child_axes, ("truth", "seen"), strict=True):
        lines = iter(pane.lines)
        for cohort in retention(flown()).index.get_level_values(0).unique():
            for run, is_dashed in ((flown(), True), (flown(better=True), False)):
                line = next(lines)
                assert line.is_dashed() == is_dashed
                np.testing.assert_array_equal(line.get_ydata(), retention(run).loc[cohort, column])


def test_the_heatmap_shows_the_cohorts_of_the_log():
    upper, lower, _ = drawn("Cohorts", flown(better=True), flown()).child_axes
    shown = 100 * kpi.cohort_retention(flown(better=True).transactions).drop(columns=0)
    np.testing.assert_array_equal(upper.collections[0].get_array().filled(np.nan), shown)
    summary = [buying(run).loc[ALL].drop("customers") for run in (flown(better=True), flown())]
    np.testing.assert_allclose(lower.collections[0].get_array(), np.array(summary, float))


def test_all_cohorts_together_weigh_every_customer_the_same():
    run = flown()
    month = run.transactions["time"].dt.to_period("M").astype("int64")
    first = month.groupby(run.transactions["customer_id"]).transform("min")
    buyers = run.transactions["customer_id"][month == first + 3].nunique()
    last = month.max()
    able = run.transactions["customer_id"][first + 3 <= last].nunique()
    assert buying(run).loc[ALL, 3] == pytest.approx(100 * buyers / able)


def test_the_mean_clv_has_its_interval():
    ax, kpis = drawn("CLV", flown(), flown()), flown().kpis()
    stripe = ax.patches[-1]
    assert stripe.get_x() + stripe.get_width() / 2 == pytest.approx(kpis["clv"])
    assert stripe.get_width() == pytest.approx(2 * 1.96 * kpis["clv_se"])


def test_tables_hold_the_numbers_of_the_run_beside_those_of_the_baseline():
    tables = {view.name: view.table(flown(better=True), flown()) for view in views()}
    for which, run in (("now", flown(better=True)), ("baseline", flown())):
        kpis, flow = run.kpis(), lifecycle(run)
        assert tables["Lifecycle"].loc["Customers", ("number", which)] == flow.customers
        assert tables["Overview"][("active customers", which)].iloc[-1] == kpis["active_customers"]
        assert tables["NPS"].loc["all answers", ("NPS", which)] == kpis["nps"]
        assert tables["CLV"].loc["mean", ("CLV, EUR", which)] == kpis["clv"]
        assert tables["Profit"][("cumulated profit, EUR", which)].iloc[-1] == pytest.approx(kpis["profit"])
        truth = retention(run)["truth"]
        np.testing.assert_array_equal(tables["Retention"][("still customers, %", which)], truth)
    cohorts = tables["Cohorts"]
    for suffix, run in (("", flown(better=True)), (", baseline", flown())):
        assert cohorts.loc[f"{ALL}{suffix}", "month 3, %"] == buying(run).loc[ALL, 3]


def test_runs_of_different_length_stand_in_one_table():
    long, short = pd.Series([1.0, 2.0], ["a", "b"]).to_frame("x"), pd.Series([3.0], ["a"]).to_frame("x")
    table = side_by_side(short, long)
    assert [*table.index] == ["a", "b"]
    assert np.isnan(table.loc["b", ("x", "now")])
    assert table.loc["b", ("x", "baseline")] == 2


class Page(HTMLParser):
    """The tags with their attributes, and the text, of a table."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags, self.text = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += [data.strip()] if data.strip() else []


def test_a_table_as_html_has_caption_and_scopes_and_can_be_scrolled_by_keyboard():
    page = Page(table_html(lifecycle_table(flown(), flown()), "Lifecycle: what it shows"))
    scopes = [attrs["scope"] for tag, attrs in page.tags if tag == "th"]
    assert scopes.count("row") == len(STAGES)
    assert {"col", "colgroup", "row"} == {*scopes}
    assert page.tags[0] == (
        "div",
        {
            "class": "crm-table-page",
            "role": "region",
            "tabindex": "0",
            "aria-label": "Lifecycle: what it shows",
        },
    )
    assert page.text[0] == "Lifecycle: what it shows"
    assert f"{lifecycle(flown()).customers:,}" in page.text


def test_everything_in_a_table_is_escaped():
    bad = "<script>alert(1)</script>"
    table = pd.DataFrame({bad: [1.0]}, index=pd.Index([bad], name=bad))
    assert "<script" not in table_html(table, bad)


@pytest.mark.parametrize(
    ("values", "written"),
    [([1200, 3], ["1,200", "3"]), ([0.123, -4.5], ["0.12", "−4.50"]), ([45.67, np.nan], ["45.7", "–"])],
)
def test_numbers_are_rounded_by_the_largest_of_their_column(values, written):
    html = table_html(pd.DataFrame({"x": values}), "numbers")
    assert re.findall(r"<td>(.*?)</td>", html) == written


NOBODY = {"acquisition.opening_customers": 0, "acquisition.organic_leads_per_month": 0}
NO_LEADS = {"acquisition.organic_leads_per_month": 0, "acquisition.paid_spend_per_month": 0}
EDGES = [
    ("coffee", {"clock.months": 1}),
    ("coffee", {**NO_LEADS}),
    ("retail", NOBODY),
    ("hotel", {"acquisition.opening_customers": 60}),
    ("telco", {"clock.months": 14}),
    ("retail", {"clock.months": 60}),
    ("telco", {"clock.months": 36}),
]


@pytest.mark.parametrize("view", CHARTS)
@pytest.mark.parametrize(("name", "levers"), EDGES, ids=str)
def test_no_text_is_cut_off_or_covers_another(view, name, levers):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax = drawn(view, flown(name, **levers), flown(name))
        places = texts(ax.figure)
    page = ax.figure.bbox.padded(1)
    assert not [text for text, box in places if not (page.contains(*box.p0) and page.contains(*box.p1))]
    covered = [(a, b) for (a, one), (b, other) in itertools.combinations(places, 2) if one.overlaps(other)]
    assert not covered


def texts(figure):
    """Every text that is seen, with its place on the page in dots."""
    figure.canvas.draw()
    seen = [text for ax in figure.findobj(plt.Axes) for text in texts_of(ax) if text.get_text()]
    return [(text.get_text(), text.get_window_extent()) for text in seen]


def texts_of(ax):
    yield from (ax.title, *ax.texts)
    for axis in (ax.xaxis, ax.yaxis) if ax.axison else ():
        yield axis.label
        low, high = sorted(axis.get_view_interval())
        ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
        yield from (tick.label1 for tick in ticks if tick.label1.get_visible())
        yield from (tick.label2 for tick in ticks if tick.label2.get_visible())


@pytest.mark.parametrize("view", CHARTS)
def test_the_smallest_text_is_at_least_ten_points(view):
    ax = drawn(view, flown(), flown())
    assert min(text.get_fontsize() for text in ax.figure.findobj(Text) if text.get_text()) >= 10


@pytest.mark.parametrize("view", CHARTS)
def test_a_chart_needs_neither_baseline_nor_axes(view):
    ax = CHARTS[view]["chart"](flown())
    assert ax.get_title()
    plt.close(ax.figure)


@worlds.few_examples
@given(scenario=worlds.scenarios(), seed=worlds.seeds())
def test_any_world_can_be_seen_against_any_baseline_without_a_warning(scenario, seed):
    run = sim.simulate(scenario, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for view in views()[1:]:
            for pair in ((run, flown()), (flown(), run)):
                assert view.png(*pair).startswith(b"\x89PNG")
                assert "<caption>" in table_html(view.table(*pair), view.what)
