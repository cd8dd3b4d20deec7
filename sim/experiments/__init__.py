"""Experiments: runs of several worlds with the same luck, compared customer by customer."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.experiments.best import Best
    from sim.experiments.comparison import Comparison
    from sim.experiments.kpi_names import KPIS, Kpi
    from sim.experiments.lever_space import Sobol
    from sim.experiments.optimise import Optimum
    from sim.experiments.sensitivity import SobolIndices, Tornado
    from sim.experiments.sweep import Sweep

__all__ = ["KPIS", "Best", "Comparison", "Kpi", "Optimum", "Sobol", "SobolIndices", "Sweep", "Tornado"]

_HOME = {
    "KPIS": "kpi_names",
    "Best": "best",
    "Comparison": "comparison",
    "Kpi": "kpi_names",
    "Optimum": "optimise",
    "Sobol": "lever_space",
    "SobolIndices": "sensitivity",
    "Sweep": "sweep",
    "Tornado": "sensitivity",
}


def __getattr__(name: str) -> Any:
    """What is used first is imported then: worker processes, which import this package, need none of it."""
    if name not in _HOME:
        raise AttributeError(f"module 'sim.experiments' has no attribute {name!r}")
    return getattr(import_module(f"sim.experiments.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
