"""`sim.best` and procedure KN: the best of several is found with the probability that is promised."""

import importlib.util
from collections.abc import Iterator
from types import ModuleType

import joblib
import numpy as np
import pytest

import sim
from sim.experiments import selection
from sim.experiments.best import best
from sim.experiments.selection import FIRST_STAGE, Floats, Selection, select_largest
from worlds import NIGHTLY

EXPERIMENTS = 2000 if NIGHTLY else 100
CAFE = sim.load("coffee").change(
    {
        "acquisition.opening_customers": 60,
        "acquisition.organic_leads_per_month": 0,
        "acquisition.paid_leads_ceiling": 0,
        "surveys.sample_share": 0,
        "clock.months": 2,
        "clock.step_days": 31,
    }
)


@pytest.fixture(autouse=True)
def in_this_process() -> Iterator[None]:
    """Worlds as small as these are not worth the start of other processes."""
    with joblib.parallel_config(backend="sequential"):
        yield


class Population:
    """Normal systems: means, a deviation of 1 each, and luck with this correlation between them."""

    def __init__(self, means: list[float], correlation: float, seed: int) -> None:
        systems = len(means)
        luck = np.full((systems, systems), correlation) + (1 - correlation) * np.eye(systems)
        rng = np.random.default_rng(seed)
        self.values = rng.multivariate_normal(means, luck, 1000)
        self.names = [f"system {n}" for n in range(systems)]

    def observe(self, names: list[str], begin: int, end: int) -> Floats:
        return self.values[begin:end, [self.names.index(one) for one in names]]

    def select(self, indifference: float, probability: float) -> Selection:
        return select_largest(self.observe, self.names, indifference, probability)


def share_of_correct_selections(means: list[float], correlation: float, probability: float) -> float:
    """Among many experiments, of the system with the largest mean; the indifference is 0.5."""
    truth = f"system {int(np.argmax(means))}"
    found = (Population(means, correlation, n).select(0.5, probability) for n in range(EXPERIMENTS))
    return float(np.mean([one.winner == truth for one in found]))


@pytest.mark.parametrize("probability", [0.75, 0.95])
@pytest.mark.parametrize(
    ("means", "correlation"), [([0.5, 0], 0.0), ([0, 0, 0.5, 0], 0.8), ([0, 0.5, -1], -0.3)]
)
def test_the_best_is_found_at_least_as_often_as_promised(means, correlation, probability):
    """Even if all others are as near as matters, and whatever luck they share."""
    error = np.sqrt(probability * (1 - probability) / EXPERIMENTS)
    assert share_of_correct_selections(means, correlation, probability) > probability - 4 * error


def test_two_independent_systems_at_the_worst_distance_are_not_found_much_more_often_than_promised():
    """The promise is no cheap one: the procedure stops as soon as it may."""
    assert share_of_correct_selections([0.5, 0], 0.0, 0.75) < 0.93


def test_shared_luck_saves_replications():
    cost = {
        luck: sum(
            Population([0, 0, 0.5, 0], luck, n).select(0.5, 0.95).systems["replications"].sum()
            for n in range(10)
        )
        for luck in (0.0, 0.9)
    }
    assert cost[0.9] < cost[0.0] / 2


def test_what_is_clearly_inferior_is_dropped_after_the_first_stage():
    found = Population([0, 0.2, 9], 0.0, 1).select(0.5, 0.95).systems
    assert list(found["replications"]) == [FIRST_STAGE] * 3
    assert list(found["eliminated"]) == [True, True, False]


def test_systems_that_are_the_same_end_in_the_first_one_at_once():
    values = np.random.default_rng(1).normal(size=(FIRST_STAGE, 1))
    found = select_largest(
        lambda names, begin, end: values[begin:end, [0] * len(names)], ["a", "b"], 0.1, 0.9
    )
    assert found.winner == "a"


def test_replications_stay_within_what_the_deviations_of_the_first_stage_allow():
    """h^2 S^2 / d^2 and a batch of 5; h^2 = 18 eta, eta = ((2 (1 - P) / (k - 1))^(-2 / 9) - 1) / 2."""
    for n in range(30):
        people = Population([0, 0], 0.0, n)
        apart = np.diff(people.values[:FIRST_STAGE], axis=1).var(ddof=1)
        allowed = 18 * (0.1 ** (-2 / 9) - 1) / 2 * apart / 0.3**2
        assert people.select(0.3, 0.95).systems["replications"].max() <= max(allowed + 5, FIRST_STAGE)


def procedures_of_sim_tools() -> ModuleType:
    """The module with KN alone: the package around it loads plotly and scikit-learn."""
    package = importlib.util.find_spec("sim_tools")
    assert package is not None and package.submodule_search_locations
    path = f"{package.submodule_search_locations[0]}/ovs/indifference_zone.py"
    spec = importlib.util.spec_from_file_location("indifference_zone", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class ForSimTools:
    """A population as sim-tools wants it: one system and one replication at a time."""

    def __init__(self, population: Population) -> None:
        self._values, self._seen = population.values, np.zeros(len(population.names), int)

    def register_observer(self, observer: object) -> None:
        self._observer = observer

    def simulate(self, design: int) -> None:
        value = self._values[self._seen[design], design]
        self._seen[design] += 1
        self._observer.feedback(self, design, value)  # type: ignore[attr-defined]

    @property
    def replications(self) -> int:
        return int(self._seen.max())


def test_two_systems_end_as_in_sim_tools_if_it_looks_after_every_replication(monkeypatch):
    """Only of two: with more, sim-tools 1.3 mixes up the variances of the pairs."""
    monkeypatch.setattr(selection, "BATCH", 1)
    judge = procedures_of_sim_tools()
    for n in range(40):
        people = Population([0.3, 0], 0.5, n)
        theirs = ForSimTools(people)
        winner = judge.KN(theirs, 2, delta=0.3, alpha=0.05, n_0=FIRST_STAGE).solve()
        ours = people.select(0.3, 0.95)
        assert ours.winner == people.names[winner[0]]
        assert ours.systems["replications"].max() == theirs.replications - 1  # it samples once too often


# ---- worlds


def test_the_best_of_small_worlds_is_the_one_with_the_largest_clv_by_far():
    """Margins of 40, 50 and 80 %: the last brings most, and its twins show it at once."""
    worlds = {f"margin {size}": CAFE.change({"finance.gross_margin": size}) for size in (0.4, 0.8, 0.5)}
    found = best(worlds, "clv", indifference=0.5)
    assert found.winner == "margin 0.8" and found.scenario == worlds["margin 0.8"]
    assert found.cost == found.worlds["replications"].sum() >= 30
    assert list(found.worlds["eliminated"]) == [True, False, True]
    means = found.worlds["mean"]
    assert means["margin 0.4"] < means["margin 0.5"] < means["margin 0.8"]
    assert "margin 0.8" in repr(found) and "at least 0.95" in repr(found) and "0.50 EUR" in repr(found)


def test_less_churn_is_the_best_churn():
    worlds = {"loyal": CAFE.change({"market.dropout_b": 60.0}), "as it is": CAFE}
    assert best(worlds, "churn_rate_per_month", indifference=0.02).winner == "loyal"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"kpi": "purchases"}, "kpi is 'purchases', of which neither more nor less is better; allowed: clv,"),
        ({"kpi": "clvs"}, "'clvs' is no KPI; did you mean clv?"),
        ({"indifference": 0}, "indifference is 0; allowed: a number above 0 and below inf"),
        ({"probability": 0.5}, "probability is 0.5; allowed: a number above 0.5 and below 1"),
        ({"probability": 1}, "probability is 1; allowed: a number above 0.5 and below 1"),
        ({"scenarios": [CAFE]}, "there are 1 scenarios to compare; allowed: two or more"),
        ({"kpi": "nps"}, "nps is unknown in world 'coffee', seed"),
    ],
)
def test_a_bad_argument_gets_one_sentence(arguments, sentence):
    with pytest.raises(ValueError) as refused:
        best(**{"scenarios": [CAFE, CAFE], "kpi": "clv", "indifference": 1, **arguments})
    assert str(refused.value).startswith(sentence)


def test_one_scenario_alone_gets_one_sentence():
    with pytest.raises(ValueError, match="there are 1 scenarios"):
        best(CAFE, "clv", indifference=1)
