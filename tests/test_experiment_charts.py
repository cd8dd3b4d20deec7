"""The charts of experiments: what is drawn is what the tables say, and it can be read."""

import itertools
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import same_color
from matplotlib.text import Text
from scipy import stats

import results
import sim
from results import POINTS, QUALITY
from sim.lab.comparison_charts import HEADLINE
from sim.lab.experiment_charts import course, differences, sweep_curve, tornado, trade_off
from sim.lab.trade_off import front

T = stats.t.ppf(0.975, 2)
THREE = np.array([-1.0, 0.0, 1.0])


@pytest.fixture(autouse=True)
def no_windows_left():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    plt.close("all")


def compared():
    """Profit is 20 to 22 above 200, churn 10 % above, NPS not shown, revenue the same."""
    return results.comparison(
        {
            "plain": {"profit": [199, 200, 201], "churn_rate_per_month": [0.1] * 3, "nps": [30.0] * 3},
            "rich": {
                "profit": [219, 221, 223],
                "churn_rate_per_month": [0.109, 0.11, 0.111],
                "nps": [29, 30, 32],
            },
        }
    )


def dots(ax):
    return [line for line in ax.lines if line.get_marker() == "o"]


def spans(ax):
    """x from and to of the intervals, in the order they were drawn."""
    return [tuple(segment[:, 0]) for one in ax.collections for segment in one.get_segments()]


def said(ax):
    return [text.get_text() for text in ax.texts]


def test_the_forest_plot_shows_differences_and_intervals_in_percent_of_the_baseline():
    comparison = compared()
    ax = differences(comparison, ["profit", "churn_rate_per_month", "nps"])
    table = comparison.differences.loc["rich"].loc[["profit", "churn_rate_per_month", "nps"]]
    percent = 100 * table[["difference", "low", "high"]].div(table["baseline"], axis=0)
    assert [dot.get_xdata()[0] for dot in dots(ax)] == pytest.approx(list(percent["difference"]))
    np.testing.assert_allclose(spans(ax), percent[["low", "high"]])
    assert [dot.get_ydata()[0] for dot in dots(ax)] == [0, 1, 2]


def test_the_forest_plot_says_the_difference_with_its_unit_and_what_to_think_of_it():
    words = said(differences(compared(), ["profit", "churn_rate_per_month", "nps", "revenue", "members"]))
    assert "+21 EUR, better" in words
    assert "+1.00 % per month, worse" in words
    assert "+0.3 points, nothing shown" in words
    assert "0 EUR, the same" in words
    assert {"Profit", "Churn", "NPS", "Revenue", "Members"} <= set(words)


def test_what_is_not_shown_is_hollow_and_what_is_shown_is_filled():
    ax = differences(compared(), ["profit", "churn_rate_per_month", "nps", "revenue"])
    assert [same_color(dot.get_markerfacecolor(), "white") for dot in dots(ax)] == [False, False, True, True]


def test_more_of_a_kpi_that_has_no_better_way_is_more_and_not_better():
    made = results.comparison({"plain": {"purchases": [100, 101]}, "rich": {"purchases": [110, 111.5]}})
    assert "+10.2 purchases, more" in said(differences(made, ["purchases"]))


def test_a_line_that_dwarfs_the_others_ends_in_an_arrow_and_leaves_them_room():
    worlds = {
        "plain": {"profit": [100, 101], "clv": [100, 101], "points_liability": [1.0, 1.1]},
        "rich": {"profit": [103, 104.1], "clv": [102, 103.2], "points_liability": [50, 51]},
    }
    ax = differences(results.comparison(worlds), ["profit", "clv", "points_liability"])
    assert ax.get_xlim()[1] < 100
    assert [line.get_ydata()[0] for line in ax.lines if line.get_marker() == ">"] == [2]
    assert len(dots(ax)) == 2
    assert any("EUR at the end, worse" in words for words in said(ax))


def test_a_kpi_whose_baseline_is_0_has_words_but_no_dot():
    made = results.comparison({"plain": {"profit": [0.0, 0.0]}, "rich": {"profit": [10.0, 11.0]}})
    ax = differences(made, ["profit"])
    assert not dots(ax)
    assert any(words.startswith("+10") for words in said(ax))


def test_each_further_world_has_a_line_of_its_own():
    values = {"plain": {"profit": [1, 2]}, "rich": {"profit": [3, 4]}, "richer": {"profit": [5, 6]}}
    ax = differences(results.comparison(values), ["profit"])
    assert {"Profit, rich", "Profit, richer"} <= set(said(ax))
    assert ax.get_title().startswith("2 scenarios against plain")


def test_without_a_wish_the_headline_is_shown_and_an_unknown_kpi_is_refused_in_a_sentence():
    assert len([words for words in said(differences(compared())) if "," in words]) == len(HEADLINE)
    with pytest.raises(ValueError, match="there is no KPI 'fame'; allowed: "):
        differences(compared(), ["fame"])


def test_the_sweep_curve_is_the_table():
    sweep = results.sweep({POINTS: [2.0, 0.0, 1.0]}, {"churn_rate_per_month": [0.3, 0.5, 0.4, 0.45]})
    ax = sweep_curve(sweep, "churn_rate_per_month")
    line = next(one for one in ax.lines if one.get_label() == "mean")
    np.testing.assert_allclose(line.get_xdata(), [0, 1, 2])
    np.testing.assert_allclose(line.get_ydata(), [40, 45, 50])
    low, high = np.sort(ax.collections[0].get_paths()[0].vertices[:, 1])[[0, -1]]
    np.testing.assert_allclose([low, high], [40 - 100 * T / 3**0.5, 50 + 100 * T / 3**0.5])
    assert "% per month" in ax.get_ylabel()
    assert "lowest, 40.00 % per month, at Points per unit spent 0" in ax.get_title().replace("\n", " ")


def test_the_sweep_curve_marks_the_unchanged_scenario():
    sweep = results.sweep({POINTS: [0.0, 2.0]}, {"profit": [70.0, 50.0, 90.0]})
    diamond = next(one for one in sweep_curve(sweep, "profit").lines if one.get_marker() == "D")
    assert (diamond.get_xdata()[0], diamond.get_ydata()[0]) == (results.SMALL[POINTS], pytest.approx(70))


def test_a_second_lever_gives_a_line_for_each_of_its_values_with_dashes_and_marks_of_its_own():
    levers = {POINTS: [0.0, 1.0], QUALITY: [6.0, 8.0]}
    ax = sweep_curve(results.sweep(levers, {"profit": [5, 1, 2, 3, 4]}), "profit")
    lines = {one.get_label(): one for one in ax.lines if "Service quality" in one.get_label()}
    assert [list(line.get_ydata()) for line in lines.values()] == [[1, 3], [2, 4]]
    assert list(lines) == ["Service quality 6", "Service quality 8"]
    assert (
        len({line.get_marker() for line in lines.values()})
        == len({line.get_linestyle() for line in lines.values()})
        == 2
    )


def test_values_of_a_choice_stand_side_by_side_unjoined():
    ax = sweep_curve(
        results.sweep({"market.churn_model": ["sbg", "bg/nbd"]}, {"profit": [1, 2, 3]}), "profit"
    )
    assert [label.get_text() for label in ax.get_xticklabels()] == ["sbg", "bg/nbd"]
    assert ax.lines[0].get_linestyle() == "None"
    assert len(ax.collections[0].get_segments()) == 2


def test_a_sweep_of_too_many_levers_or_lines_is_refused_in_a_sentence():
    three = {POINTS: [1.0], QUALITY: [8.0], "service.agents": [1]}
    with pytest.raises(ValueError, match="the sweep has 3 levers; allowed: one, or two"):
        sweep_curve(results.sweep(three, {"profit": [1, 2]}), "profit")
    many = {POINTS: [1.0], QUALITY: [4.0, 5.0, 6.0, 7.0, 8.0, 9.0]}
    with pytest.raises(ValueError, match=r"service_quality has 6 values.*at most 5"):
        sweep_curve(results.sweep(many, {"profit": range(7)}), "profit")


coordinates = st.lists(
    st.tuples(*[st.one_of(st.integers(-3, 3), st.just(np.nan))] * 2), min_size=1, max_size=12
)


@given(coordinates)
def test_the_front_holds_the_points_that_no_other_dominates(points):
    def dominates(one, other):
        return one[0] >= other[0] and one[1] >= other[1] and one != other

    rated = [point for point in points if not np.isnan(point).any()]
    expected = [point in rated and not any(dominates(one, point) for one in rated) for point in points]
    assert list(front(*np.array(points, float).T)) == expected


def test_the_trade_off_shows_means_and_joins_those_that_none_beats():
    sweep = results.sweep(
        {POINTS: [0.0, 1.0, 2.0]}, {"profit": [5, 9, 7, 8], "points_liability": [3, 9, 2, 1]}
    )
    ax = trade_off(sweep, "points_liability", "profit")
    edge = next(line for line in ax.lines if line.get_linestyle() == "--")
    np.testing.assert_allclose(edge.get_xydata(), [[1, 8], [9, 9]])
    assert {"0", "2"} <= set(said(ax))
    assert "less is better" in ax.get_xlabel() and "more is better" in ax.get_ylabel()


def test_the_trade_off_has_the_intervals_of_the_paired_differences_around_the_means():
    comparison = compared()
    ax = trade_off(comparison, "churn_rate_per_month", "profit")
    across = next(one for one in ax.collections if one.get_label().startswith("95 %")).get_segments()
    row = comparison.differences.loc[("rich", "churn_rate_per_month")]
    np.testing.assert_allclose(across[-1][:, 0], 100 * (row["baseline"] + row[["low", "high"]]))
    assert {"plain", "rich"} <= set(said(ax))


def test_without_a_better_way_there_is_no_front():
    ax = trade_off(compared(), "members", "profit")
    edge = next(line for line in ax.lines if line.get_linestyle() == "--")
    assert len(edge.get_xdata()) == 0
    assert "front" not in " ".join(ax.get_legend_handles_labels()[1])


def test_the_names_in_a_crowded_trade_off_do_not_cover_each_other():
    levers = {POINTS: np.linspace(0, 1, 11).tolist()}
    steps = np.arange(12.0)
    ax = trade_off(
        results.sweep(levers, {"profit": 100 + 5 * steps, "points_liability": 10 + steps**1.5}),
        "points_liability",
        "profit",
    )
    boxes = [text.get_window_extent() for text in ax.texts]
    assert len(boxes) == 12
    assert not [1 for one, other in itertools.combinations(boxes, 2) if one.overlaps(other)]


def shaken():
    ends = {QUALITY: (6.0, 9.0), POINTS: (0.5, 1.5), "finance.gross_margin": (0.4, 0.6)}
    changes = {QUALITY: (-10, 20), POINTS: (5, -5), "finance.gross_margin": (-40, 60)}
    return results.tornado(ends, changes)


def test_the_tornado_has_a_bar_for_each_end_the_largest_swing_on_top():
    ax = tornado(shaken(), "profit")
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([-40, 60, -10, 20, 5, -5])
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "Gross margin",
        "Service quality",
        "Points per unit spent",
    ]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    assert said(ax) == ["0.4", "0.6", "6", "9", "0.5", "1.5"]
    half = T / 3**0.5
    np.testing.assert_allclose(spans(ax), [(x - half, x + half) for x in (-40, 60, -10, 20, 5, -5)])
    assert "moved most by Gross margin: −40 to +60 EUR" in ax.get_title().replace("\n", " ")


def test_the_tornado_takes_no_other_result():
    with pytest.raises(TypeError, match=r"tornado takes what sim\.sensitivity gives"):
        tornado(compared(), "profit")


def test_the_course_is_what_twins_have_more_than_the_baseline():
    runs = {
        name: sim.simulate(results.SMALL.change({POINTS: value}), 1) for name, value in (("a", 1), ("b", 4))
    }
    upper, lower = course(runs).child_axes
    more = runs["b"].months - runs["a"].months
    np.testing.assert_allclose(upper.lines[0].get_ydata(), more["profit"].cumsum())
    np.testing.assert_allclose(lower.lines[0].get_ydata(), more["active_customers"])
    with pytest.raises(ValueError, match="allowed: at least two, all of one seed"):
        course({"a": runs["a"]})


CHARTS = {
    "differences": lambda ax: differences(compared(), ax=ax),
    "sweep_curve": lambda ax: sweep_curve(
        results.sweep({POINTS: [0.0, 1.0]}, {"profit": [1, 2, 3]}), "profit", ax
    ),
    "trade_off": lambda ax: trade_off(compared(), "churn_rate_per_month", "profit", ax),
    "tornado": lambda ax: tornado(shaken(), "profit", ax),
}


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_draws_on_the_axes_it_is_given_or_on_its_own_in_letters_of_ten_points(chart):
    figure, ax = plt.subplots(figsize=(7, 5), layout="constrained")
    assert CHARTS[chart](ax) is ax
    assert ax.get_title() and ax.get_xlabel()
    assert min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text().strip()) >= 10
    assert CHARTS[chart](None).figure is not figure
