"""What the program designer does, without a screen: tools switched on and off, and the run with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from sim.lab.flight import Company, as_scenario
from sim.programs import preset, require_tools
from sim.run import Run, simulate
from sim.scenario import TOOLS, Scenario, levers

SECTIONS = {"points": "loyalty", "discounts": "discounts", "rebates": "rebates", "privileges": "privileges"}
"""The section of the levers of each tool."""

_DEFAULTS = {
    lever.name: lever.default for lever in levers() if lever.name.partition(".")[0] in SECTIONS.values()
}


@dataclass(frozen=True)
class Plan:
    """A scenario and which tools are chosen; a chosen tool may stand at 0 for a while.

    `set_aside` holds what the switches of tools stood at before these were switched off.
    """

    scenario: Scenario
    tools: frozenset[str]
    set_aside: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, scenario: Scenario) -> Self:
        """The scenario's own program."""
        return cls(scenario, frozenset(scenario.tools()))

    def change(self, values: Mapping[str, Any]) -> Self:
        """Set levers; a tool that comes into use is chosen."""
        scenario = self.scenario.change(values)
        return replace(self, scenario=scenario, tools=self.tools.union(scenario.tools()))

    def switch(self, tool: str, is_on: bool) -> Self:
        """Choose a tool or put it aside."""
        if is_on == (tool in self.tools):
            return self
        return self._on(tool) if is_on else self._off(tool)

    def _on(self, tool: str) -> Self:
        """With what was set aside, or else its preset."""
        values = self.set_aside.get(tool) or preset(self.scenario, tool)
        return replace(self, tools=self.tools | {tool}).change(values)

    def _off(self, tool: str) -> Self:
        standing = {name: self.scenario[name] for name in TOOLS[tool]}
        kept = {tool: standing} if any(standing.values()) else {}
        return replace(
            self,
            scenario=self.scenario.change(dict.fromkeys(standing, 0)),
            tools=self.tools - {tool},
            set_aside={**self.set_aside, tool: {}, **kept},
        )


class Draft(Company):
    """A company whose loyalty program is being designed; the baseline is the same company without any.

    The baseline is lived through again only when something else than the program changes.
    """

    def __init__(self, scenario: Scenario | str | Path, seed: int = 1) -> None:
        self._runs: tuple[Run, ...] = ()
        self._board(as_scenario(scenario), seed)

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools that are switched on."""
        return tuple(tool for tool in TOOLS if tool in self._plan.tools)

    def change(self, values: Mapping[str, Any]) -> None:
        """Switch tools, by name and True or False, then set levers, by dotted name; live through it again.

        A tool comes with what it stood at when it was switched off, or else with its preset.
        """
        plan, set_to = self._plan, dict(values)
        for tool in TOOLS:
            if tool in set_to:
                plan = plan.switch(tool, set_to.pop(tool))
        self._fly(plan.change(set_to), self.seed)

    def use(self, *tools: str) -> None:
        """Switch these tools on and all others off; without a name: no program."""
        require_tools(tools)
        self.change({tool: tool in tools for tool in TOOLS})

    def reset(self) -> None:
        """All levers and tools back to the scenario's own."""
        self._fly(Plan.of(self.own), self.seed)

    def reseed(self, seed: int) -> None:
        """Other customers with other luck, with and without the program."""
        self._fly(self._plan, seed)

    def choose(self, scenario: Scenario | str | Path) -> None:
        """Board another scenario with its own program."""
        self._board(as_scenario(scenario), self.seed)

    def _board(self, scenario: Scenario, seed: int) -> None:
        self._fly(Plan.of(scenario), seed)
        self.own = scenario

    def _fly(self, plan: Plan, seed: int) -> None:
        self._runs = self._lived(plan.scenario, seed), self._lived(company_alone(plan.scenario), seed)
        self.run, self.baseline = self._runs
        self._plan = plan

    def _lived(self, scenario: Scenario, seed: int) -> Run:
        """The run at hand if there is one, else a new one."""
        known = [one for one in self._runs if one.seed == seed and one.scenario == scenario]
        return known[0] if known else simulate(scenario, seed)


def company_alone(scenario: Scenario) -> Scenario:
    """The scenario without any program; levers of programs, which then do nothing, are at their defaults."""
    return scenario.change(_DEFAULTS).without_program()
