"""What the deck does, without a screen: a scenario and a seed, the run they make, the baseline beside it."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

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


UNDOS = 200
"""Moves that can be undone."""


class State(NamedTuple):
    """All that makes what a deck shows: a world and its settings, not their histories, which are large."""

    own: Scenario
    scenario: Scenario
    baseline: Scenario
    seed: int
    month: int


class Flight(Company):
    """One company being flown, compared with the run that was pinned as the baseline.

    `month` is where the time machine stands: levers move from that month on, 0 being the start. `past` and
    `future` are the states that `undo` and `redo` go to.
    """

    def __init__(self, scenario: Scenario | str | Path, seed: int = 1) -> None:
        self.own = as_scenario(scenario)
        self.run = self.baseline = simulate(self.own, seed)
        self.month = 0
        self.past: list[State] = []
        self.future: list[State] = []

    @property
    def terms(self) -> Scenario:
        """The setting of all levers in the month in which they are moved."""
        return self.scenario.at(self.month) if self.month else self.scenario

    @property
    def state(self) -> State:
        """What is shown now."""
        return State(self.own, self.scenario, self.baseline.scenario, self.seed, self.month)

    def change(self, values: Mapping[str, Any]) -> None:
        """Set levers by dotted name, from `month` on, and live through it again."""
        changed = self.scenario.later(self.month, values) if self.month else self.scenario.change(values)
        self._go(self.state._replace(scenario=changed))

    def reset(self) -> None:
        """All levers back to the scenario's own, from the start; the baseline stays."""
        self._go(self.state._replace(scenario=self.own, month=0))

    def pin(self) -> None:
        """The present run becomes the baseline."""
        self._go(self.state._replace(baseline=self.scenario))

    def rewind(self, month: int) -> None:
        """Levers move from the first day of this month on (0: the start); nothing before it changes."""
        self.restore(self.state._replace(month=month))

    def drop(self, month: int, lever: str) -> None:
        """Take back what was moved on this lever from this month on."""
        self._go(self.state._replace(scenario=self.scenario.drop(month, lever)))

    def restore(self, state: State) -> None:
        """Fly what was shared, such as `world_code.from_code` gives."""
        last = state.scenario.clock.months - 1
        if state.month not in range(last + 1):
            raise ScenarioError(f"the month is {state.month!r}; allowed: a whole number from 0 to {last}")
        self._go(state)

    def reseed(self, seed: int) -> None:
        """Other customers with other luck: run and baseline are lived through again."""
        self._go(self.state._replace(seed=seed))

    def choose(self, scenario: Scenario | str | Path) -> None:
        """Board another scenario; its own run is the new baseline."""
        chosen = as_scenario(scenario)
        self._go(State(chosen, chosen, chosen, self.seed, 0))

    def undo(self) -> None:
        """Back to the state before the last action."""
        self._travel(self.past, self.future, "undo")

    def redo(self) -> None:
        """Forward to the state that was undone last."""
        self._travel(self.future, self.past, "redo")

    def _travel(self, states: list[State], way_back: list[State], what: str) -> None:
        if not states:
            raise ScenarioError(f"there is nothing to {what}")
        before = self.state
        self._live(states[-1])
        states.pop()
        way_back.append(before)

    def _go(self, state: State) -> None:
        before = self.state
        if state != before:
            self._live(state)
            self.past = [*self.past[1 - UNDOS :], before]
            self.future.clear()

    def _live(self, state: State) -> None:
        """Make the two histories, of which each that is at hand is kept."""
        run = self._lived(state.scenario, state.seed)
        is_same = state.baseline == state.scenario
        baseline = run if is_same else self._lived(state.baseline, state.seed)
        self.own, self.run, self.baseline, self.month = state.own, run, baseline, state.month

    def _lived(self, scenario: Scenario, seed: int) -> Run:
        at_hand = [one for one in (self.run, self.baseline) if one.seed == seed and one.scenario == scenario]
        return at_hand[0] if at_hand else simulate(scenario, seed)


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
    """Which levers differ, in words: Points per unit spent 1 → 2, or 1 → 2 from month 6."""
    from_the_start = [_moved(lever, before, after) for lever in changed_levers(before, after)]
    later = [
        f"{_moved(lever, before.at(month), after.at(month))} from month {month}"
        for month, names in _changing(before, after).items()
        for lever in changed_levers(before.at(month), after.at(month))
        if lever.name in names
    ]
    return from_the_start + later


def _changing(*scenarios: Scenario) -> dict[int, set[str]]:
    """The levers that change in any of the scenarios, by the month in which they do."""
    names: dict[int, set[str]] = {}
    for change in sorted((one for each in scenarios for one in each.changes), key=lambda one: one.month):
        names.setdefault(change.month, set()).update(change.levers)
    return names


def _moved(lever: Lever, before: Scenario, after: Scenario) -> str:
    return f"{lever.label} {_text(before[lever.name])} → {_text(after[lever.name])}"


def _text(value: object) -> str:
    return f"{value:,.6g}" if isinstance(value, int | float) else str(value)
