"""The lab: the flight deck and the program designer for notebooks, and their views as plain functions."""

from pathlib import Path

from sim.lab.cohort_charts import cohort_chart, retention_chart
from sim.lab.deck import FlightDeck
from sim.lab.designer import ProgramDesigner
from sim.lab.designer_views import accountant_view, customer_view, manager_view
from sim.lab.draft import Draft
from sim.lab.experiment_charts import course, differences, sweep_curve, tornado, trade_off
from sim.lab.explore import Explorer, explore
from sim.lab.flight import Flight
from sim.lab.journey_chart import journey_chart
from sim.lab.large_charts import clv_chart, nps_chart, profit_chart
from sim.lab.lifecycle_chart import lifecycle_chart
from sim.lab.report import report
from sim.lab.theory_chart import theory_chart
from sim.lab.time_lapse import time_lapse
from sim.lab.world_code import from_code, world_code
from sim.scenario import Scenario

__all__ = [
    "Draft",
    "Explorer",
    "Flight",
    "FlightDeck",
    "ProgramDesigner",
    "accountant_view",
    "clv_chart",
    "cohort_chart",
    "course",
    "customer_view",
    "design",
    "differences",
    "explore",
    "from_code",
    "journey_chart",
    "lifecycle_chart",
    "manager_view",
    "nps_chart",
    "open",
    "profit_chart",
    "report",
    "retention_chart",
    "sweep_curve",
    "theory_chart",
    "time_lapse",
    "tornado",
    "trade_off",
    "world_code",
]


def open(scenario: Scenario | str | Path, seed: int = 1) -> FlightDeck:
    """The flight deck of a scenario: a bundled one by its name, the path of a .toml file, or a Scenario.

    Show it as the last line of a cell. Raises ScenarioError for a scenario that cannot be, ValueError for a
    seed that is no whole number from 0 to 2**64 - 1.
    """
    return FlightDeck(scenario, seed)


def design(scenario: Scenario | str | Path, seed: int = 1) -> ProgramDesigner:
    """The program designer of a scenario: a bundled one by its name, the path of a .toml file, or a Scenario.

    Show it as the last line of a cell. Raises ScenarioError for a scenario that cannot be, ValueError for a
    seed that is no whole number from 0 to 2**64 - 1.
    """
    return ProgramDesigner(scenario, seed)
