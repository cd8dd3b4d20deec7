"""Experiments: runs of several worlds with the same luck, compared customer by customer."""

from sim.experiments.best import Best
from sim.experiments.comparison import Comparison
from sim.experiments.kpi_names import KPIS, Kpi
from sim.experiments.lever_space import Sobol
from sim.experiments.optimise import Optimum
from sim.experiments.sensitivity import SobolIndices, Tornado
from sim.experiments.sweep import Sweep

__all__ = ["KPIS", "Best", "Comparison", "Kpi", "Optimum", "Sobol", "SobolIndices", "Sweep", "Tornado"]
