"""What the deck does, without a screen: a scenario and a seed, the run they make, the baseline beside it."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim import scenario_files
from sim.run import Run, simulate
from sim.scenario import Lever, Scenario, ScenarioError, levers


class Company(ABC):
    """A scenario being flown: `run` is its present history, `own` the scenario as it was boarded.

    A run and what it is compared with, its `baseline`, have the same seed, so they are twins: the same
    customers with the same luck. An action that fails leaves all as it was. Raises ScenarioError for an
    impossible scenario, ValueError for a bad seed.
    """

    own: Scenario
    run: Run
    baseline: Run

    @property
    def scenario(self) -> Scenario:
        """The present setting of all levers."""
        return self.run.scenario

    @property
    def seed(self) -> int:
        """The world: who the customers are and what luck they have."""
        return self.run.seed

    @abstractmethod
    def change(self, values: Mapping[str, Any]) -> None:
        """Set levers by dotted name and live through it again."""

    @abstractmethod
    def reset(self) -> None:
        """All levers back to the scenario's own."""

    @abstractmethod
    def reseed(self, seed: int) -> None:
        """Other customers with other luck: run and baseline are lived through again."""

    @abstractmethod
    def choose(self, scenario: Scenario | str | Path) -> None:
        """Board another scenario."""

    def save(self, path: str | Path) -> Path:
        """Write the present scenario as a TOML file, named after the file; returns its absolute path."""
        path = Path(path)
        renamed = self.scenario.rename(path.stem, self.scenario.description)
        return scenario_files.save(renamed, path).resolve()


class Flight(Company):
    """One company being flown, compared with the run that was pinned as the baseline."""

    def __init__(self, scenario: Scenario | str | Path, seed: int = 1) -> None:
        self.own = as_scenario(scenario)
        self.run = self.baseline = simulate(self.own, seed)

    def change(self, values: Mapping[str, Any]) -> None:
        """Set levers by dotted name and live through it again."""
        self._fly(self.scenario.change(values))

    def reset(self) -> None:
        """All levers back to the scenario's own; the baseline stays."""
        self._fly(self.own)

    def pin(self) -> None:
        """The present run becomes the baseline."""
        self.baseline = self.run

    def reseed(self, seed: int) -> None:
        """Other customers with other luck: run and baseline are lived through again."""
        run = simulate(self.scenario, seed)
        self.baseline = run if self.baseline is self.run else simulate(self.baseline.scenario, seed)
        self.run = run

    def choose(self, scenario: Scenario | str | Path) -> None:
        """Board another scenario; its own run is the new baseline."""
        chosen = as_scenario(scenario)
        self.run = self.baseline = simulate(chosen, self.seed)
        self.own = chosen

    def _fly(self, scenario: Scenario) -> None:
        if scenario != self.scenario:
            self.run = simulate(scenario, self.seed)


def as_scenario(scenario: Scenario | str | Path) -> Scenario:
    """A scenario itself, a bundled one by its name, or one by the path of its .toml file."""
    return scenario if isinstance(scenario, Scenario) else scenario_files.load(scenario)


def file_name(typed: str) -> str:
    """The name of a TOML file from what somebody typed: a plain name, with or without .toml.

    >>> file_name("my plan")
    'my plan.toml'
    """
    stem = typed.strip().removesuffix(".toml")
    if not re.fullmatch(r"\w[\w .-]*(?<=[\w-])", stem):
        raise ScenarioError(
            f"the file name is {typed!r}; allowed: letters, digits, spaces, - and . , such as my_plan.toml"
        )
    return f"{stem}.toml"


def changed_levers(before: Scenario, after: Scenario) -> list[Lever]:
    """Which levers differ."""
    return [lever for lever in levers() if before[lever.name] != after[lever.name]]


def differences(before: Scenario, after: Scenario) -> list[str]:
    """Which levers differ, in words: Points per unit spent 1 → 2."""
    return [
        f"{lever.label} {_text(before[lever.name])} → {_text(after[lever.name])}"
        for lever in changed_levers(before, after)
    ]


def _text(value: object) -> str:
    return f"{value:,.6g}" if isinstance(value, int | float) else str(value)
