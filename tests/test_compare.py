"""`sim.compare`: the same customers in several worlds, with intervals that rest on their differences."""

from collections.abc import Iterator, Mapping
from functools import cache

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import sim
from pairing import pairing, raised
from sim.experiments import compare as compare_module
from sim.experiments.compare import compare, replications_needed
from sim.experiments.comparison import Comparison
from sim.experiments.errors import ExperimentError
from sim.experiments.kpi_names import KPIS
from sim.experiments.paired import difference, estimate, variance_ratio
from sim.experiments.replicate import Replications, seeds
from sim.scenario import Scenario
from worlds import NIGHTLY

SMALL: Mapping[str, object] = {
    "acquisition.opening_customers": 30,
    "acquisition.organic_leads_per_month": 0,
    "acquisition.paid_leads_ceiling": 0,
    "clock.months": 2,
    "clock.step_days": 31,
}
CAFE = sim.load("coffee").change(SMALL)
RICHER = CAFE.change({"loyalty.points_per_unit": 3.0})
SILENT = CAFE.change({"surveys.sample_share": 0})


@pytest.fixture(autouse=True)
def in_this_process() -> Iterator[None]:
    """Worlds as small as these are not worth the start of other processes."""
    with joblib.parallel_config(backend="sequential"):
        yield


@cache
def cafes() -> Comparison:
    """A café, the same once more, with a richer program, and without surveys."""
    worlds = {"cafe": CAFE, "same": CAFE, "richer": RICHER, "silent": SILENT}
    return compare(worlds, replications=3)


def samples() -> st.SearchStrategy[np.ndarray]:
    """KPIs of two worlds, shape (2, replications, 1)."""
    number = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))
    return st.lists(st.tuples(number, number), min_size=3, max_size=12).map(
        lambda pairs: np.array(pairs).T[:, :, np.newaxis]
    )


# ---- the statistics


@given(samples())
def test_difference_interval_and_probability_are_those_of_the_paired_t_test(sides):
    baseline, other = sides
    ours, apart = difference(baseline, other), (other - baseline)[:, 0]
    if apart.std() <= 1e-9 * np.abs(sides).max():
        return
    judge = stats.ttest_1samp(apart, 0)
    low, high = judge.confidence_interval(0.95)
    scale = np.abs(sides).max()
    np.testing.assert_allclose([ours.low[0], ours.high[0]], [low, high], rtol=1e-7, atol=1e-9 * scale)
    one_sided = stats.ttest_1samp(apart, 0, alternative="greater").pvalue
    np.testing.assert_allclose(ours.probability_above_0()[0], 1 - one_sided, atol=1e-7)


def test_the_figures_of_a_worked_example_are_right():
    """Five pairs, by hand: differences 1 to 5, mean 3, deviation sqrt(2.5), t(0.975; 4) = 2.776445."""
    baseline = np.array([[10.0], [20], [30], [40], [50]])
    found = difference(baseline, baseline + np.arange(1.0, 6.0)[:, np.newaxis])
    assert found.mean[0] == 3
    np.testing.assert_allclose(found.half_width[0], 2.776445 * np.sqrt(2.5 / 5), rtol=1e-6)
    np.testing.assert_allclose(found.probability_above_0()[0], stats.t.cdf(3 / np.sqrt(0.5), 4))
    np.testing.assert_allclose(
        variance_ratio(baseline, baseline + np.arange(1.0, 6)[:, None]), (250 + 302.5) / 2.5
    )


def test_the_probability_is_that_of_the_true_mean_under_a_flat_prior():
    """Rejection-free Bayes: mu = mean + t s / sqrt(n) by drawing sigma^2 and mu from their posterior."""
    rng, values = np.random.default_rng(3), np.array([[0.4], [-0.2], [1.1], [0.3], [0.6]])
    found, n, draws = estimate(values), len(values), 400_000
    sigma = np.sqrt((n - 1) * values.var(ddof=1) / rng.chisquare(n - 1, draws))
    above = np.count_nonzero(rng.normal(values.mean(), sigma / np.sqrt(n)) > 0)
    probability = found.probability_above_0()[0]
    assert abs(above - draws * probability) < 4 * np.sqrt(draws * probability * (1 - probability))


def test_luck_with_a_correlation_of_9_in_10_saves_nine_of_ten_replications():
    rng = np.random.default_rng(1)
    alone = variance_ratio(rng.normal(size=(20_000, 1)), rng.normal(size=(20_000, 1)))
    common = rng.normal(size=(20_000, 1))
    shared = variance_ratio(*(np.sqrt(0.9) * common + np.sqrt(0.1) * rng.normal(size=(2, 20_000, 1))))
    assert abs(alone[0] - 1) < 4 / np.sqrt(20_000)  # deviation of the covariance of independent normals
    assert abs(shared[0] - 10) < 4 * 10 * np.sqrt(2 * 2 / 20_000)


def test_what_is_unknown_in_a_replication_leaves_that_one_out_and_is_counted():
    baseline, other = np.array([[1.0], [np.nan], [3], [4]]), np.array([[2.0], [9], [np.nan], [7]])
    found = difference(baseline, other)
    assert (found.mean[0], found.count[0]) == (2, 2)


def test_rounding_is_no_difference():
    """0.1 + 0.2 is not 0.3: a cost that is the same in all replications does not vary by 1e-17."""
    costs = np.array([[1e6 + 0.1], [2e6 + 0.2], [3e6 + 0.3]])
    fixed = difference(costs, costs + 1000.1)
    assert fixed.deviation[0] == 0 and fixed.low[0] == fixed.high[0] == fixed.mean[0]
    assert difference(costs, (costs * 3) / 3 + 1e-9).mean[0] == 0
    assert np.isnan(variance_ratio(costs, costs + 1000.1)[0])


def test_one_replication_has_a_mean_and_no_interval_and_none_has_neither():
    one, none = estimate(np.array([[5.0]])), estimate(np.array([[np.nan]]))
    assert one.mean[0] == 5 and np.isnan([one.low[0], one.high[0]]).all()
    assert np.isnan([none.mean[0], none.low[0]]).all() and none.count[0] == 0


# ---- the comparison


def test_every_kpi_of_a_run_has_a_name_or_is_a_standard_error():
    kpis = [name for name in cafes().runs.columns[2:] if not name.endswith("_se")]
    assert sorted(KPIS) == sorted(kpis)


def test_differences_are_those_of_runs_with_the_same_seed():
    found = cafes()
    for label in ("richer", "silent"):
        runs = {
            one: [sim.simulate(found.scenarios[one], seed) for seed in seeds(1, 3)] for one in ("cafe", label)
        }
        apart = [b.kpis() - a.kpis() for a, b in zip(runs["cafe"], runs[label], strict=True)]
        mean = pd.concat(apart, axis=1).mean(axis=1).reindex(KPIS)
        shown = found.differences.loc[label, "difference"]
        np.testing.assert_allclose(shown, mean, rtol=1e-9, atol=1e-9)


def test_a_null_change_makes_a_difference_of_exactly_0_with_an_interval_from_0_to_0_and_no_probability():
    same = cafes().differences.loc["same"].dropna(subset="difference")
    assert len(same) > 15
    assert (same[["difference", "low", "high"]] == 0).all(axis=None)
    assert same[["probability_better", "variance_ratio"]].isna().all(axis=None)


def test_without_surveys_scores_are_unknown_and_all_else_is_the_same():
    silent = cafes().differences.loc["silent"]
    same = cafes().differences.loc["same"]
    assert list(silent.index[silent["replications"] < same["replications"]]) == ["nps", "csat"]
    assert silent.loc["clv", "replications"] == 3
    assert (silent["difference"].dropna() == 0).all()


def test_better_is_more_clv_and_less_churn_and_purchases_are_neither():
    found = cafes().differences.loc["richer"]
    clv, churn = found.loc["clv"], found.loc["churn_rate_per_month"]
    assert (clv["probability_better"] > 0.5) == (clv["difference"] > 0)
    owed = found.loc["points_liability"]
    assert owed["difference"] > 0 and owed["probability_better"] < 0.5
    assert np.isnan(found.loc["purchases", "probability_better"])
    retention = found.loc["retention_rate_per_month", "probability_better"]
    np.testing.assert_equal(churn["probability_better"], retention)


def test_each_world_by_itself_has_its_mean_and_interval():
    values = cafes().runs.query("world == 'richer'")["clv"]
    mean, low, high = cafes().means.loc[("richer", "clv")]
    assert mean == pytest.approx(values.mean())
    np.testing.assert_allclose((low, high), stats.t.interval(0.95, 2, mean, stats.sem(values)))


def test_what_changed_is_each_lever_that_differs_and_nothing_else():
    changed = cafes().changed
    assert list(changed.index) == ["loyalty.points_per_unit", "surveys.sample_share"]
    assert list(changed.columns) == ["cafe", "same", "richer", "silent"]
    assert list(changed.loc["loyalty.points_per_unit"]) == [1, 1, 3, 1]


def test_a_change_over_time_is_shown_in_words():
    worlds = {"cafe": CAFE, "later": CAFE.later(1, {"loyalty.points_per_unit": 2.0})}
    changed = Comparison(worlds, pd.DataFrame(), []).changed
    assert dict(changed.loc["changes"]) == {"cafe": "", "later": "month 1: loyalty.points_per_unit 2.0"}


def test_more_replications_begin_with_the_same_ones():
    few, many = (compare(CAFE, RICHER, replications=n, seed=5).runs for n in (2, 3))
    pd.testing.assert_frame_equal(few, many[many["seed"].isin(few["seed"])].reset_index(drop=True))


def test_the_text_names_worlds_kpis_and_units_and_writes_no_needless_digits():
    text = repr(cafes())
    for part in (
        "4 worlds",
        "3 replications",
        "richer against cafe",
        "CLV, EUR per customer",
        "no difference",
    ):
        assert part in text
    assert not pd.Series([text]).str.contains(r"\d\.\d{5}").any()
    assert "NPS" not in text.split("silent against cafe")[1]


def test_the_page_shows_labels_as_text_whatever_they_hold():
    worlds = {"<b>old</b>": CAFE, "<script>new</script>": RICHER}
    shown = Comparison(worlds, compare(worlds, replications=2).runs, seeds(1, 2))._repr_html_()
    assert "<script>" not in shown and "&lt;script&gt;" in shown


# ---- stopping


@pytest.fixture
def normal_worlds(monkeypatch):
    """Instead of simulations: worlds whose CLV is normal, the second's by 1 higher, deviation of it 4."""

    def replications(worlds, world_seeds, store=None, follow=None):
        del store
        columns = {"seed": world_seeds, **dict.fromkeys(KPIS, 0.0)}
        runs = [
            pd.DataFrame({"world": label, **columns, "clv": [_normal(seed, n) for seed in world_seeds]})
            for n, label in enumerate(worlds)
        ]
        failures = pd.DataFrame(columns=["world", "seed", "error"])
        return Replications(pd.concat(runs, ignore_index=True), failures)

    monkeypatch.setattr(compare_module, "replicate_worlds", replications)


def _normal(seed: int, world: int) -> float:
    common, own = np.random.default_rng(seed).normal(size=2)
    return float(20 * common + world * (1 + 4 * own))


def test_it_stops_as_soon_as_the_interval_is_as_narrow_as_asked_for(normal_worlds):
    found = compare(CAFE, RICHER, replications=2000, precision={"clv": 0.8})
    row = found.differences.loc[("coffee (2)", "clv")]
    assert (row["high"] - row["low"]) / 2 <= 0.8
    assert 40 < len(found.seeds) < 220  # (1.96 x 4 / 0.8)^2 = 96, by a deviation known to +- 16 %
    assert found.seeds == seeds(1, len(found.seeds))
    assert list(found.runs["world"].unique()) == ["coffee", "coffee (2)"]
    assert list(found.runs["seed"]) == found.seeds * 2


def test_it_stops_at_the_most_replications_if_that_is_too_few(normal_worlds):
    assert len(compare(CAFE, RICHER, replications=50, precision={"clv": 0.01}).seeds) == 50
    assert len(compare(CAFE, RICHER, replications=7, precision={"clv": 0.01}).seeds) == 7


def test_a_precision_that_a_first_look_meets_takes_no_more(normal_worlds):
    assert len(compare(CAFE, RICHER, replications=500, precision={"clv": 100}).seeds) == 20


def test_looking_leaves_94_in_100_intervals_that_hold_the_truth(normal_worlds):
    """Experiments that look until +-1.5 is reached, which takes about 30 replications."""
    experiments = 500 if NIGHTLY else 40
    found = [
        compare(CAFE, RICHER, replications=500, seed=n, precision={"clv": 1.5}).differences.loc["coffee (2)"]
        for n in range(experiments)
    ]
    held = sum(one.loc["clv", "low"] <= 1 <= one.loc["clv", "high"] for one in found)
    assert abs(held - 0.945 * experiments) < 4 * np.sqrt(experiments * 0.945 * 0.055)


def test_how_many_it_takes_is_the_square_of_how_much_too_wide_it_is(normal_worlds):
    found = compare(CAFE, RICHER, replications=100)
    row = found.differences.loc[("coffee (2)", "clv")]
    half_width = (row["high"] - row["low"]) / 2
    assert replications_needed(found, {"clv": half_width / 3}) in (900, 901)
    assert replications_needed(found, {"clv": half_width * 2}) == 100


# ---- the pairing


def test_pairing_saves_at_least_five_sixths_of_the_replications_in_coffee():
    """The interval of the difference in CLV, points doubled; its first half year lives here."""
    assert pairing(sim.load("coffee").change({"clock.months": 6}), replications=6) >= 5


@pytest.mark.parametrize("name", sim.scenarios().index)
def test_what_is_raised_in_each_scenario_is_one_lever(name):
    scenario = sim.load(name)
    assert len(Comparison({"a": scenario, "b": raised(scenario)}, pd.DataFrame(), []).changed) == 1


# ---- what cannot be compared


PIZZA_IN_USD = CAFE.model_copy(update={"currency": "USD"})


@pytest.mark.parametrize(
    ("scenarios", "sentence"),
    [
        ((), "there are 0 scenarios to compare; allowed: two or more"),
        ((CAFE,), "there are 1 scenarios to compare; allowed: two or more"),
        (({"one": CAFE},), "there are 1 scenarios to compare"),
        ((CAFE, PIZZA_IN_USD), "currency is 'EUR' in 'coffee' and 'USD' in 'coffee (2)'; allowed: the same"),
        ((CAFE, CAFE.change({"clock.months": 3})), "clock.months is 2 in 'coffee' and 3 in 'coffee (2)'"),
    ],
)
def test_scenarios_without_a_difference_get_one_sentence(scenarios, sentence):
    with pytest.raises(ValueError) as refused:
        compare(*scenarios)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    "scenarios", [("coffee", "pizza"), (CAFE, None), ([CAFE, CAFE],), ({"a": CAFE, "b": 1},)]
)
def test_what_is_no_scenario_gets_one_sentence(scenarios):
    with pytest.raises(TypeError, match="a world is a Scenario"):
        compare(*scenarios)


def test_a_label_that_is_no_text_gets_one_sentence():
    with pytest.raises(TypeError, match="the label of a world is 1; allowed: a text"):
        compare({1: CAFE, "b": CAFE})


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"replications": 1}, "replications is 1; allowed: a whole number from 2"),
        ({"replications": 2.5}, "replications is 2.5; allowed: a whole number from 2"),
        ({"precision": {"clv": 0}}, "precision of clv is 0; allowed: a number above 0"),
        ({"precision": {"clv": "1"}}, "precision of clv is '1'; allowed: a number above 0"),
        ({"precision": {"clv": float("nan")}}, "precision of clv is nan; allowed: a number above 0"),
        ({"precision": {"cvl": 1}}, "'cvl' is no KPI; did you mean clv?"),
    ],
)
def test_a_bad_argument_gets_one_sentence(arguments, sentence):
    with pytest.raises(ValueError) as refused:
        compare(CAFE, RICHER, **arguments)
    assert str(refused.value).startswith(sentence)


def test_a_precision_without_a_kpi_gets_one_sentence():
    with pytest.raises(TypeError, match=r"precision is 0.5; allowed: half-widths by KPI"):
        compare(CAFE, RICHER, precision=0.5)


def test_a_failed_run_names_its_world_and_seed(monkeypatch):
    def failing(worlds, world_seeds, store=None, follow=None):
        runs = pd.DataFrame(columns=["world", "seed", *KPIS])
        failures = pd.DataFrame([{"world": "coffee (2)", "seed": 77, "error": "ZeroDivisionError"}])
        return Replications(runs, failures)

    monkeypatch.setattr(compare_module, "replicate_worlds", failing)
    with pytest.raises(ExperimentError, match=r"'coffee \(2\)' failed with seed 77: ZeroDivisionError"):
        compare(CAFE, RICHER)


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["a", "a", "a"], ["a", "a (2)", "a (3)"]),
        (["a", "a (2)", "a"], ["a", "a (2)", "a (3)"]),
        (["a", "b"], ["a", "b"]),
    ],
)
def test_scenarios_of_one_name_get_labels_of_their_own(names, labels):
    worlds = compare_module.labelled([CAFE.rename(name, "") for name in names])
    assert list(worlds) == labels
    assert [one.name for one in worlds.values()] == names


def test_the_scenario_of_a_label_is_the_one_given():
    assert isinstance(cafes().scenarios["richer"], Scenario)
    assert cafes().scenarios["richer"] == RICHER and cafes().baseline == "cafe"
