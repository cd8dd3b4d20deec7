"""Models with a known answer in place of the simulator, so that experiments can be judged by it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from sim import Scenario
from sim.experiments import workers
from sim.experiments.kpi_names import KPIS

Model = Callable[[Scenario, float], Mapping[str, float]]
"""KPIs of a scenario and a standard normal number, which is the luck of the seed."""


@dataclass(frozen=True)
class Known:
    """What stands for a run."""

    found: Mapping[str, float]

    def kpis(self) -> pd.Series:
        return pd.Series({**dict.fromkeys(KPIS, 0.0), **self.found})


def simulate_by(monkeypatch: pytest.MonkeyPatch, model: Model) -> list[tuple[Scenario, int]]:
    """Let a model stand for the simulator; returns the list of what it is asked from now on."""
    asked: list[tuple[Scenario, int]] = []

    def simulate(scenario: Scenario, seed: int) -> Known:
        asked.append((scenario, seed))
        return Known(model(scenario, float(np.random.default_rng(seed).standard_normal())))

    monkeypatch.setattr(workers, "simulate", simulate)
    return asked
