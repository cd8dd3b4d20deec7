"""The search for the best setting: known optima, limits, honest figures, and nothing lost."""

import math

import joblib
import numpy as np
import optuna
import pytest

import sim
from experiment_models import simulate_by
from sim import Scenario
from sim.experiments.errors import ExperimentError
from sim.experiments.goal import direction
from sim.experiments.optimise import optimise
from sim.experiments.replicate import seeds
from sim.experiments.sweep import sweep

COFFEE = sim.load("coffee")
RATE, DEPTH, AUDIENCE, POINTS = (
    "loyalty.points_per_unit", "discounts.depth", "discounts.audience", "loyalty.reward_points"
)  # fmt: skip
BEST = {RATE: 2.0, AUDIENCE: "members", POINTS: 80}


@pytest.fixture(autouse=True)
def in_this_process():
    with joblib.parallel_config(backend="sequential"):
        yield


def hill(scenario: Scenario, luck: float) -> dict[str, float]:
    """Best at `BEST`, where profit is 1,000; nps rises with the points, cac is unknown."""
    away = (scenario[RATE] - 2) ** 2 + ((scenario[POINTS] - 80) / 40) ** 2
    profit = 1000 - 100 * away - 50 * (scenario[AUDIENCE] != "members")
    return {"profit": profit + 300 * luck, "nps": 10 * scenario[RATE], "cac": math.nan}


def test_the_optimum_of_one_lever_is_that_of_a_fine_grid_with_the_same_seeds() -> None:
    scenario = COFFEE.change({"acquisition.opening_customers": 30, "clock.months": 1, "clock.step_days": 31})
    depths = [0.0, 0.1, 0.6]
    found = optimise(scenario, {DEPTH: depths}, "revenue", budget=9, replications=1)
    grid = sweep(scenario, {DEPTH: depths}, replications=1).table("revenue").set_index(DEPTH)["mean"]
    assert grid.nunique() > 1
    assert found.trials.set_index(DEPTH)["revenue"].sort_index().equals(grid.rename("revenue"))
    assert found.levers[DEPTH] == grid.idxmax()


def test_the_top_of_a_hill_of_three_kinds_of_levers_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    simulate_by(monkeypatch, hill)
    levers = {RATE: (0.0, 4.0), POINTS: (20, 200), AUDIENCE: ["everybody", "members", "lapsing"]}
    found = optimise(COFFEE, levers, replications=2, budget=60)
    assert len(found.trials) == 60
    assert not found.trials.duplicated(list(levers)).any()
    assert found.levers[AUDIENCE] == "members"
    assert hill(found.scenario, 0)["profit"] > 980
    assert found.scenario == COFFEE.change(found.levers)
    assert found.trials["profit"].idxmax() == found.winner
    assert found.trials[POINTS].map(lambda one: isinstance(one, int)).all()
    assert found.is_better


def test_a_limit_is_kept_at_its_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    """With nps at least 30 the rate must be at least 3, where profit is 100 below its best."""
    simulate_by(monkeypatch, hill)
    found = optimise(COFFEE.change({AUDIENCE: "members", POINTS: 80}), {RATE: (0.0, 4.0)},
                     constraints={"nps": (30, None)}, budget=40, replications=1)  # fmt: skip
    assert 3.0 <= found.levers[RATE] < 3.2
    assert found.trials["feasible"].equals(found.trials["nps"] >= 30)
    assert found.is_feasible
    assert found.fresh["holds"].all()


def test_a_lever_can_be_turned_to_the_least_of_a_kpi(monkeypatch: pytest.MonkeyPatch) -> None:
    simulate_by(monkeypatch, hill)
    found = optimise(COFFEE, {RATE: [0.0, 1.0, 2.0, 3.0]}, "-nps", budget=9, replications=1)
    assert found.levers == {RATE: 0.0}
    assert len(found.trials) == 4, "a small space is tried out and no more"
    assert direction("cac") == ("cac", -1)
    assert direction("+customers") == ("customers", 1)


def test_the_search_says_too_much_of_pure_luck_and_fresh_seeds_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Luck that differs by setting, and nothing else: the winner's curse."""

    def noise(scenario: Scenario, luck: float) -> dict[str, float]:
        key = [int(1000 * scenario[RATE]), int(1e6 * abs(luck))]
        return {"profit": float(np.random.default_rng(key).standard_normal())}

    simulate_by(monkeypatch, noise)
    found = optimise(COFFEE, {RATE: (0.0, 4.0)}, budget=40, replications=4)
    assert found.search_estimate["mean"] > 0.5, "the best of 40 means with deviation 0.5"
    assert abs(found.fresh["mean"].iloc[0]) < 4 / math.sqrt(12)
    assert not found.is_better
    assert "It is not sure that it is better than the unchanged scenario." in repr(found)


def test_fresh_seeds_are_none_of_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = simulate_by(monkeypatch, hill)
    found = optimise(COFFEE, {RATE: (0.0, 4.0)}, budget=10, replications=2, seed=3)
    tried, fresh = asked[: 2 * 11], asked[2 * 11 :]
    assert {one for _, one in tried} == set(seeds(3, 2))
    assert {one for _, one in fresh} == set(seeds(3, 8)) - set(seeds(3, 2))
    assert len(fresh) == 4 * 6, "three finalists and the unchanged scenario"
    assert found.fresh.index[0] == found.winner
    top = found.trials["profit"].nlargest(3)
    assert found.fresh.index.tolist() == top.index.tolist()
    unchanged = hill(COFFEE, 0)["profit"]
    assert found.fresh["difference"].iloc[0] == pytest.approx(hill(found.scenario, 0)["profit"] - unchanged)


def test_the_same_seed_makes_the_same_search(monkeypatch: pytest.MonkeyPatch) -> None:
    simulate_by(monkeypatch, hill)
    verbosity = optuna.logging.get_verbosity()
    some, same, other = (
        optimise(COFFEE, {RATE: (0.0, 4.0)}, budget=20, replications=1, seed=seed).trials
        for seed in (1, 1, 2)
    )
    assert some.equals(same)
    assert not some[RATE].equals(other[RATE])
    assert optuna.logging.get_verbosity() == verbosity


def test_a_search_without_a_way_out_gives_the_nearest_miss(monkeypatch: pytest.MonkeyPatch) -> None:
    simulate_by(monkeypatch, hill)
    with pytest.warns(
        RuntimeWarning, match="none of the 5 settings tried keeps nps at least 50; the nearest"
    ):
        found = optimise(COFFEE, {RATE: [0.0, 1.0, 2.0, 3.0, 4.0]}, constraints={"nps": (50, None)},
                         budget=9, replications=2)  # fmt: skip
    assert found.levers == {RATE: 4.0}
    assert not found.is_feasible
    assert len(found.trials) == 5
    assert "has nps 40: loyalty.points_per_unit = 4.0" in repr(found)
    assert "With fresh seeds nps is 40; not nps at least 50." in repr(found)


def test_a_setting_that_fails_loses_nothing_and_does_not_win(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(scenario: Scenario, luck: float) -> dict[str, float]:
        if scenario[RATE] == 2.0:
            raise ArithmeticError("the best is out of order")
        return hill(scenario, luck)

    simulate_by(monkeypatch, broken)
    with pytest.warns(RuntimeWarning, match="2 of 12 runs failed and are left out"):
        found = optimise(COFFEE, {RATE: [0.0, 1.0, 2.0, 3.5, 4.0]}, budget=9, replications=2)
    assert found.levers == {RATE: 1.0}
    assert found.searched.failures[RATE].tolist() == [2.0, 2.0]
    assert found.trials["profit"].isna().sum() == 1


def test_an_objective_that_is_known_nowhere_is_an_error_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    simulate_by(monkeypatch, hill)
    with pytest.raises(ExperimentError, match="cac is not known in any of the 2 settings tried"):
        optimise(COFFEE, {RATE: [0.0, 1.0]}, "cac", budget=9, replications=1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"objective": "profits"}, "objective is 'profits'; allowed: one of .* did you mean profit"),
        ({"objective": "customers"}, "allowed: '\\+customers' for more or '-customers' for less"),
        ({"constraints": {"nsp": (0, None)}}, "constraints is 'nsp'; allowed: one of .* did you mean nps"),
        ({"constraints": {"nps": 20}}, "nps is 20; allowed: \\(lowest, highest\\)"),
        ({"constraints": {"nps": (None, None)}}, "allowed: \\(lowest, highest\\)"),
        ({"constraints": {"nps": (30, 20)}}, "nps is \\(30, 20\\); allowed"),
        ({"constraints": {"nps": (math.nan, None)}}, "allowed: \\(lowest, highest\\)"),
        ({"budget": 0}, "budget is 0; allowed: a whole number of settings from 1"),
        ({"replications": 0}, "replications is 0; allowed: a whole number from 1"),
        ({"levers": {RATE: (0, 40)}}, "loyalty.points_per_unit is 40; allowed: 0 to 20"),
        ({"levers": {"loyalty.points": (0, 40)}}, "loyalty.points is not a lever"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_simulated(
    change: dict, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = simulate_by(monkeypatch, hill)
    with pytest.raises(ValueError, match=says):
        optimise(COFFEE, **{"levers": {RATE: (0.0, 4.0)}, **change})
    assert not asked
