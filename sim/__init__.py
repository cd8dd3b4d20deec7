"""CRM Flight Simulator: synthetic customers through acquisition, retention and extension.

>>> import sim
>>> coffee = sim.load("coffee")
>>> richer = coffee.change({"loyalty.points_per_unit": 2.0})
>>> run = sim.simulate(richer, seed=7)
>>> print(run)
Run of 'coffee', seed 7: 3,389 customers, ... transactions, 2025-01 to 2026-12
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Now: whoever imports the package of that name for the first time puts it in the place of the function.
from sim.scenario import levers

if TYPE_CHECKING:
    from sim import classroom, lab
    from sim.analytics.calibrate import calibrate
    from sim.analytics.log import LogError
    from sim.experiments.best import best
    from sim.experiments.compare import compare
    from sim.experiments.errors import ExperimentError, ExperimentInterrupted
    from sim.experiments.optimise import optimise
    from sim.experiments.program import program_effect, program_effect_by_buyer, program_effect_by_month
    from sim.experiments.replicate import replicate
    from sim.experiments.sensitivity import sensitivity
    from sim.experiments.sweep import sweep
    from sim.experiments.twins import twins
    from sim.programs import add_program
    from sim.records import export
    from sim.run import Run, load_run, simulate
    from sim.run_files import RunError
    from sim.scenario import Lever, Scenario, ScenarioError
    from sim.scenario_files import load, save, scenarios

    __version__: str

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

_HOMES = {
    "sim.analytics.calibrate": ["calibrate"],
    "sim.analytics.log": ["LogError"],
    "sim.experiments.best": ["best"],
    "sim.experiments.compare": ["compare"],
    "sim.experiments.optimise": ["optimise"],
    "sim.experiments.program": ["program_effect", "program_effect_by_buyer", "program_effect_by_month"],
    "sim.experiments.errors": ["ExperimentError", "ExperimentInterrupted"],
    "sim.experiments.replicate": ["replicate"],
    "sim.experiments.sensitivity": ["sensitivity"],
    "sim.experiments.sweep": ["sweep"],
    "sim.experiments.twins": ["twins"],
    "sim.programs": ["add_program"],
    "sim.records": ["export"],
    "sim.run": ["Run", "load_run", "simulate"],
    "sim.run_files": ["RunError"],
    "sim.scenario": ["Lever", "Scenario", "ScenarioError"],
    "sim.scenario_files": ["load", "save", "scenarios"],
}
"""What each module gives to the names above, but for levers and the packages."""
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """What is used first is imported then: a process that lives runs needs the simulator and no more."""
    if name in _HOME:
        globals()[name] = getattr(import_module(_HOME[name]), name)
        return globals()[name]
    if name == "__version__":
        from importlib.metadata import version  # here, as few ask

        return version("crm-flight-simulator")
    try:
        return import_module(f"sim.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"sim.{name}":
            raise
    raise AttributeError(f"module 'sim' has no attribute {name!r}")


def __dir__() -> list[str]:
    """All names, imported or not, for whoever presses the Tab key."""
    from pkgutil import iter_modules

    return sorted({*globals(), *__all__, "__version__", *(room.name for room in iter_modules(__path__))})
