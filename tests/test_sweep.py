"""A sweep: designs that are what they say, paired differences, and failures that lose nothing."""

from functools import cache
from itertools import product

import joblib
import numpy as np
import pandas as pd
import pytest

import sim
from sim import Scenario, ScenarioError
from sim.experiments import workers
from sim.experiments.errors import ExperimentError
from sim.experiments.lever_space import Choices, Sobol, Span, setting
from sim.experiments.replicate import seeds
from sim.experiments.sweep import Sweep, sweep

SMALL = (
    sim.load("retail")
    .base()
    .change({"acquisition.opening_customers": 40, "clock.months": 1, "clock.step_days": 31})
)
RATE, LEADS = "market.rate_scale_weeks", "acquisition.organic_leads_per_month"


@pytest.fixture(autouse=True)
def in_this_process():
    with joblib.parallel_config(backend="sequential"):
        yield


@cache
def pace() -> Sweep:
    """Customers who buy faster and faster; the last point is the scenario as it is."""
    return sweep(SMALL, {RATE: [8.0, 4.0, 2.0, SMALL[RATE]]}, replications=3)


def test_revenue_rises_with_the_pace_of_purchases() -> None:
    revenue = pace().table("revenue")
    assert revenue.sort_values(RATE, ascending=False)["mean"].is_monotonic_increasing
    assert revenue["mean"].nunique() > 2


def test_a_point_like_the_scenario_differs_from_it_by_exactly_nothing() -> None:
    same = pace().table("revenue").iloc[-1]
    assert (same[["difference", "difference_low", "difference_high"]] == 0).all()


def test_the_table_is_the_paired_t_interval_of_runs_made_by_hand() -> None:
    world_seeds = seeds(1, 3)
    by_hand = [
        [sim.simulate(scenario, one).kpis()["revenue"] for one in world_seeds]
        for scenario in (SMALL, SMALL.change({RATE: 8.0}))
    ]
    apart = np.diff(by_hand, axis=0)[0]
    row = pace().table("revenue").loc[1]
    assert row["mean"] == pytest.approx(np.mean(by_hand[1]))
    assert row["difference"] == pytest.approx(apart.mean())
    half = 4.302652729911275 * apart.std(ddof=1) / np.sqrt(3)  # t(0.975; 2) of printed tables
    assert row["difference_high"] - row["difference"] == pytest.approx(half)
    assert row["difference"] - row["difference_low"] == pytest.approx(half)
    assert row["replications"] == 3


def test_runs_are_tidy_and_all_points_live_with_the_same_seeds() -> None:
    runs = pace().runs
    assert runs.columns[:3].tolist() == ["point", RATE, "seed"]
    assert all(group.tolist() == seeds(1, 3) for _, group in runs.groupby("point")["seed"])
    assert pace().baseline["seed"].tolist() == seeds(1, 3)
    assert runs.groupby("point")[RATE].unique().explode().tolist() == pace().points[RATE].tolist()


def test_a_kpi_that_nobody_knows_is_nan_and_one_that_does_not_exist_is_named() -> None:
    assert pace().table("cac")[["mean", "low", "difference"]].isna().all(axis=None)
    assert (pace().table("cac")["replications"] == 0).all()
    with pytest.raises(ValueError, match=r"kpi is .profits.; allowed: one of .*; did you mean profit\?"):
        pace().table("profits")


def test_a_grid_has_all_combinations_and_the_first_lever_varies_slowest() -> None:
    found = sweep(SMALL, {RATE: [8.0, 4.0], "loyalty.expiry": ["none", "lot"]}, replications=1)
    combinations = list(product([8.0, 4.0], ["none", "lot"]))
    assert list(found.points.itertuples(index=False, name=None)) == combinations
    assert found.points.index.tolist() == [1, 2, 3, 4]
    limits = found.table("revenue")[["low", "high"]]
    assert limits.isna().all(axis=None), "one replication has no interval"
    assert repr(found) == (
        "Sweep of 'retail': 4 points of market.rate_scale_weeks (4 to 8) x loyalty.expiry (none, lot), "
        "1 replications each"
    )


def test_a_sobol_design_is_within_its_bounds_and_balanced() -> None:
    space = {"a": Span(-1.5, 2.5, False), "b": Span(3, 6, True), "c": Choices(("x", "y"))}
    points = pd.DataFrame([setting(space, one) for one in Sobol(64).shares(3, 5)])
    assert points["a"].between(-1.5, 2.5).all()
    assert np.histogram(points["a"], 16, (-1.5, 2.5))[0].tolist() == [4] * 16
    assert points["b"].value_counts().sort_index().to_dict() == {3: 16, 4: 16, 5: 16, 6: 16}
    assert points["c"].value_counts().to_dict() == {"x": 32, "y": 32}


def test_a_sweep_over_a_sobol_design_gives_each_lever_its_kind() -> None:
    levers = {RATE: (2.0, 8.0), "loyalty.expiry": ["none", "lot"], "loyalty.reward_points": (50, 53)}
    found = sweep(SMALL, levers, design=Sobol(4), replications=1)
    assert found.points[RATE].between(2, 8).all()
    assert sorted(found.points["loyalty.reward_points"]) == [50, 51, 52, 53]
    assert found.points["loyalty.expiry"].value_counts().to_dict() == {"none": 2, "lot": 2}
    assert len(found.runs) == 4


def test_a_failing_point_loses_nothing_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    break_at(monkeypatch, 4.0)
    with pytest.warns(RuntimeWarning, match="2 of 8 runs failed and are left out, first point 2 with seed"):
        found = sweep(SMALL, {RATE: [8.0, 4.0, 2.0]}, replications=2)
    assert found.failures[["point", RATE, "seed"]].to_numpy().tolist() == [
        [2, 4.0, one] for one in seeds(1, 2)
    ]
    assert found.failures["error"].str.contains("no rate of 4").all()
    assert found.runs["point"].tolist() == [1, 1, 3, 3]
    table = found.table("revenue")
    assert table["mean"].isna().tolist() == [False, True, False]
    assert "2 runs failed, see .failures" in repr(found)


def test_a_sweep_of_which_all_fails_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    break_at(monkeypatch, SMALL[RATE])
    with pytest.raises(ExperimentError, match="no rate of"):
        sweep(SMALL, {LEADS: [0.0, 1.0]}, replications=1)


def break_at(monkeypatch: pytest.MonkeyPatch, rate: float) -> None:
    """Make every run with this rate fail."""
    simulate = workers.simulate

    def breaking(scenario: Scenario, seed: int) -> sim.Run:
        if scenario[RATE] == rate:
            raise ArithmeticError(f"no rate of {rate:g}")
        return simulate(scenario, seed)

    monkeypatch.setattr(workers, "simulate", breaking)


@pytest.mark.parametrize(
    ("levers", "design", "says"),
    [
        ({RATE: [2.0, -1.0]}, "grid", r"point 2 \(market.rate_scale_weeks = -1.0\) cannot be: .* allowed: "),
        ({"loyalty.point": [1]}, "grid", "loyalty.point is not a lever"),
        ({RATE: (2.0, -1.0)}, "sobol", "market.rate_scale_weeks is -1.0; allowed: "),
        ({RATE: (2.0, 1.0)}, "sobol", r"\(2.0, 1.0\); allowed: a range \(low, high\) of numbers, low below"),
        ({"loyalty.expiry": ("lot", "none")}, "sobol", r"allowed: a range \(low, high\) of numbers"),
        ({"loyalty.reward_points": (1.5, 9)}, "sobol", "is 1.5; allowed: a whole number"),
        ({"loyalty.expiry": "lot"}, "grid", "loyalty.expiry is 'lot'; allowed: a list of values"),
        ({RATE: 2.0}, "grid", "is 2.0; allowed: a list of values"),
        ({RATE: []}, "grid", "is \\[\\]; allowed: a list of values"),
        ({}, "grid", "levers is {}; allowed: lever names with their values"),
        ({RATE: [2.0]}, "latin", "design is 'latin'; allowed: 'grid', 'sobol' or Sobol"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_before_anything_is_simulated(
    levers: dict, design: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "live", None)
    with pytest.raises(ValueError, match=says) as caught:
        sweep(SMALL, levers, design=design, replications=1)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ScenarioError) or "allowed" in str(caught.value)


@pytest.mark.parametrize("points", [0, 3, 8.0, True, -4])
def test_a_sobol_design_has_a_power_of_two_points(points: object) -> None:
    with pytest.raises(ValueError, match="allowed: a power of two"):
        Sobol(points)
