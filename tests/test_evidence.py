"""The bundled scenarios against the literature: the tables of `python -m tests.evidence`, row by row."""

from pathlib import Path

import pytest

import sim
from evidence import FINDINGS, estimate, surely_agrees
from evidence_loyalty import ENDOWED, naive_over_true
from findings import Finding, run
from first_year import FIRST_YEAR, first_year

FILES = Path(sim.__file__).parent / "scenarios"
FIGURES = [(name, kpi) for name, ranges in FIRST_YEAR.items() for kpi in ranges]


@pytest.mark.parametrize("finding", [one for one in FINDINGS if one != ENDOWED], ids=lambda one: one.name)
def test_simulated_agrees_with_reported(finding: Finding) -> None:
    assert surely_agrees(finding), estimate(finding)


def test_head_start_fills_more_cards_but_far_fewer_than_reported() -> None:
    assert estimate(ENDOWED).low > 1
    assert estimate(ENDOWED).high < ENDOWED.tolerance[0]


@pytest.mark.parametrize(("name", "kpi"), FIGURES)
def test_first_year_is_plausible(name: str, kpi: str) -> None:
    low, high, _ = FIRST_YEAR[name][kpi]
    assert low <= first_year(name)[kpi] <= high


@pytest.mark.parametrize(("name", "kpi"), FIGURES)
def test_scenario_file_states_the_range_and_its_source(name: str, kpi: str) -> None:
    low, high, source = FIRST_YEAR[name][kpi]
    stated = " ".join((FILES / f"{name}.toml").read_text(encoding="utf-8").split())
    assert f"# {kpi} {low:g} to {high:g}: {source}" in stated


def test_every_bundled_scenario_is_held_to_plausible_figures() -> None:
    assert set(FIRST_YEAR) == set(sim.scenarios().index)


def test_value_of_telcos_customers_exceeds_what_they_cost_to_acquire() -> None:
    assert run("telco", 1, {}).kpis()["clv"] > 0


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_what_members_spend_more_flatters_the_program_four_to_tenfold(seed: int) -> None:
    assert 4 <= naive_over_true(seed) <= 10


@pytest.mark.parametrize("buyer", ["light", "moderate"])
def test_light_and_moderate_buyers_rise_beyond_chance(buyer: str) -> None:
    rise = next(one for one in FINDINGS if one.name.startswith(f"{buyer} buyers"))
    assert estimate(rise).low > 0


def test_hotels_privileges_cost_little_and_it_earns() -> None:
    one = run("hotel", 1, {})
    assert 0.01 < one.program()["program_cost_ratio"] < 0.03
    assert one.kpis()["profit"] > 0
