"""Which levers matter: tornado and Sobol indices against models whose answer is known."""

import math

import joblib
import numpy as np
import pytest
from scipy.stats import qmc

import sim
from experiment_models import simulate_by
from sim.experiments.lever_space import Sobol
from sim.experiments.sensitivity import indices, sensitivity

COFFEE = sim.load("coffee")
QUALITY, DEPTH, POINTS = "retention.service_quality", "discounts.depth", "loyalty.reward_points"


@pytest.fixture(autouse=True)
def in_this_process():
    with joblib.parallel_config(backend="sequential"):
        yield


def linear(scenario: sim.Scenario, luck: float) -> dict[str, float]:
    """Quality is worth 10 a point, a deal costs 200, points 1, and luck 100."""
    profit = 10 * scenario[QUALITY] - 200 * scenario[DEPTH] + scenario[POINTS] + 100 * luck
    return {"profit": profit, "nps": math.nan}


def test_a_tornado_finds_the_slopes_of_a_straight_line_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Luck is as large as the effects, but the same in all worlds."""
    simulate_by(monkeypatch, linear)
    found = sensitivity(COFFEE, {DEPTH: (0.0, 0.5), QUALITY: (5, 10), POINTS: (50, 70)}, replications=4)
    table = found.table("profit")
    assert table.index.tolist() == [DEPTH, QUALITY, POINTS]
    assert table["swing"].tolist() == pytest.approx([100, 50, 20])
    quality = COFFEE[QUALITY]
    assert table["at_low"].tolist() == pytest.approx([0, 10 * (5 - quality), -10])
    assert table["at_high"].tolist() == pytest.approx([-100, 10 * (10 - quality), 10])
    assert (table["at_high_to"] - table["at_high_from"]).tolist() == pytest.approx([0] * 3, abs=1e-9)
    assert found.table("nps")["swing"].isna().all()
    assert repr(found) == ("Tornado of 'coffee': 3 levers, each at its low and high end, 4 replications each")


def test_runs_of_a_tornado_are_tidy_and_each_point_changes_one_lever(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = simulate_by(monkeypatch, linear)
    found = sensitivity(COFFEE, {DEPTH: (0.0, 0.5), POINTS: (50, 70)}, replications=2)
    assert found.runs.columns[:5].tolist() == ["point", "lever", "end", "value", "seed"]
    assert found.points.to_numpy().tolist() == [
        [DEPTH, "low", 0.0], [DEPTH, "high", 0.5], [POINTS, "low", 50], [POINTS, "high", 70]
    ]  # fmt: skip
    assert [one for one, _ in asked[:5]] == [
        COFFEE, *(COFFEE.change({lever: value}) for lever, value in
                  ((DEPTH, 0.0), (DEPTH, 0.5), (POINTS, 50), (POINTS, 70)))
    ]  # fmt: skip


def test_names_alone_go_a_fifth_down_and_up_within_what_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    simulate_by(monkeypatch, linear)
    scenario = COFFEE.change({QUALITY: 9.0, DEPTH: 0.0, POINTS: 60, "service.agents": 1})
    found = sensitivity(scenario, [QUALITY, DEPTH, POINTS, "service.agents"], replications=1)
    ends = found.table("profit")[["low", "high"]]
    assert ends.loc[QUALITY].tolist() == pytest.approx([7.2, 10])
    assert ends.loc[DEPTH].tolist() == [0, 0.05]
    assert ends.loc[POINTS].tolist() == [48, 72]
    assert ends.loc["service.agents"].tolist() == [1, 2]


def test_without_levers_it_takes_the_decisions_that_the_company_makes_use_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    simulate_by(monkeypatch, linear)
    tried = set(sensitivity(COFFEE, replications=1).points["lever"])
    decisions = {one.name for one in sim.levers() if one.cell and not one.choices}
    assert tried == {name for name in decisions if COFFEE[name] != 0}
    assert {QUALITY, POINTS} <= tried
    assert not {DEPTH, "market.rate_scale_weeks"} & tried


def test_sobol_indices_of_a_straight_line_are_the_shares_of_its_variance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ranges of 5 points and of 0.5 make standard deviations of 50 and 100 / sqrt(12): shares 1 to 4."""
    simulate_by(monkeypatch, linear)
    ranges = {QUALITY: (5.0, 10.0), DEPTH: (0.0, 0.5)}
    found = sensitivity(COFFEE, ranges, replications=1, method=Sobol(64))
    assert len(found.points) == 64 * 4
    table = found.table("profit")
    assert table.index.tolist() == [DEPTH, QUALITY]
    assert table["total"].tolist() == pytest.approx([0.8, 0.2], abs=0.05)
    assert table["first_order"].tolist() == pytest.approx([0.8, 0.2], abs=0.05)
    assert ((table["total_low"] < table["total"]) & (table["total"] < table["total_high"])).all()
    assert found.table("nps").isna().all(axis=None)
    assert (found.table("cac") == 0).all(axis=None), "what nothing moves has no shares"
    assert found.table("profit").equals(table), "the bootstrap is seeded"


def test_the_indices_are_those_of_ishigamis_function_in_closed_form() -> None:
    """Ishigami & Homma 1990; the variance is a^2 / 8 + b pi^4 / 5 + b^2 pi^8 / 18 + 1 / 2."""
    a, b, n = 7, 0.1, 4096
    variance = a**2 / 8 + b * np.pi**4 / 5 + b**2 * np.pi**8 / 18 + 1 / 2
    alone = np.array([(1 + b * np.pi**4 / 5) ** 2 / 2, a**2 / 8, 0]) / variance
    with_third = b**2 * np.pi**8 * (1 / 18 - 1 / 50) / variance
    x = qmc.scale(qmc.Sobol(6, seed=1).random(n), -np.pi, np.pi)
    first, second = x[:, :3], x[:, 3:]
    mixed = [np.where(np.arange(3) == lever, second, first) for lever in range(3)]
    x1, x2, x3 = np.concatenate([first, second, *mixed]).T
    found = indices(np.sin(x1) + a * np.sin(x2) ** 2 + b * x3**4 * np.sin(x1), 3, 1)
    assert found[:, 0] == pytest.approx(alone, abs=0.02)
    assert found[:, 3] == pytest.approx(alone + np.array([with_third, 0, with_third]), abs=0.02)
    assert (found[:, [1, 4]] < found[:, [0, 3]]).all()
    assert (found[:, [0, 3]] < found[:, [2, 5]]).all()


@pytest.mark.parametrize(
    ("levers", "method", "says"),
    [
        (["service"], "tornado", "service is not a lever"),
        ("service.agents", "tornado", "levers is 'service.agents'; allowed: a list of names, or ranges"),
        (["loyalty.expiry"], "tornado", "loyalty.expiry is 'none'; allowed: levers that are numbers"),
        ({"loyalty.expiry": ["none", "lot"]}, "tornado", "none, lot; allowed: a range"),
        ({DEPTH: (0, 2)}, "tornado", "discounts.depth is 2; allowed: 0 to 0.9"),
        ([], "tornado", "levers is {}; allowed: lever names"),
        ([DEPTH], "sobol", "allowed: at least two"),
        ([DEPTH], "morris", "method is 'morris'; allowed: 'tornado', 'sobol' or Sobol"),
    ],
)
def test_bad_levers_and_methods_are_refused_in_a_sentence(levers: object, method: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        sensitivity(COFFEE, levers, method=method)
