"""CRM Flight Simulator: synthetic customers through acquisition, retention and extension.

>>> import sim
>>> coffee = sim.load("coffee")
>>> richer = coffee.change({"loyalty.points_per_unit": 2.0})
>>> run = sim.simulate(richer, seed=7)
>>> print(run)
Run of 'coffee', seed 7: 3,389 customers, ... transactions, 2025-01 to 2026-12
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from sim.experiments.best import best
from sim.experiments.compare import compare
from sim.experiments.optimise import optimise
from sim.experiments.program import program_effect, program_effect_by_buyer, program_effect_by_month
from sim.experiments.replicate import ExperimentError, ExperimentInterrupted, replicate
from sim.experiments.sensitivity import sensitivity
from sim.experiments.sweep import sweep
from sim.experiments.twins import twins
from sim.programs import add_program
from sim.records import export
from sim.run import Run, load_run, simulate
from sim.run_files import RunError
from sim.scenario import Lever, Scenario, ScenarioError, levers
from sim.scenario_files import load, save, scenarios

if TYPE_CHECKING:
    from sim import classroom, lab
    from sim.analytics.calibrate import calibrate
    from sim.analytics.log import LogError

__version__ = version("crm-flight-simulator")

__all__ = [
    "ExperimentError",
    "ExperimentInterrupted",
    "Lever",
    "LogError",
    "Run",
    "RunError",
    "Scenario",
    "ScenarioError",
    "add_program",
    "best",
    "calibrate",
    "classroom",
    "compare",
    "export",
    "lab",
    "levers",
    "load",
    "load_run",
    "optimise",
    "program_effect",
    "program_effect_by_buyer",
    "program_effect_by_month",
    "replicate",
    "save",
    "scenarios",
    "sensitivity",
    "simulate",
    "sweep",
    "twins",
]


_LATER = {"calibrate": "sim.analytics.calibrate", "LogError": "sim.analytics.log"}


def __getattr__(name: str) -> Any:
    """Models to fit, the classroom and the widgets are imported when first used: a second each."""
    if name in ("analytics", "classroom", "lab"):
        return import_module(f"sim.{name}")
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'sim' has no attribute {name!r}")
