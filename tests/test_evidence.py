"""The bundled scenarios against the literature: the tables of `python -m tests.evidence`, row by row."""

from pathlib import Path

import pytest

import sim
from evidence import FINDINGS, FIRST_YEAR, Finding, agrees, estimate, first_year

FILES = Path(sim.__file__).parent / "scenarios"
FIGURES = [(name, kpi) for name, ranges in FIRST_YEAR.items() for kpi in ranges]


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda one: one.name)
def test_simulated_agrees_with_reported(finding: Finding) -> None:
    assert agrees(finding), estimate(finding)


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
    assert sim.simulate(sim.load("telco"), 1).kpis()["clv"] > 0
