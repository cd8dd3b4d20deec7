"""The designer's controls: four buttons for the tools, and the levers of those that are switched on."""

from collections.abc import Callable, Iterable, Mapping
from html import escape

import ipywidgets as widgets

from sim.lab.controls import Control
from sim.lab.draft import SECTIONS
from sim.scenario import TOOLS, Lever, levers

JOINING = "loyalty.join_probability"
WHAT = {
    "points": "Points for purchases, rewards for points",
    "discounts": "Deals: a lower price on some days",
    "rebates": "Money back for those who claim it",
    "privileges": "Silver, gold and platinum for those who spend most",
}


def decisions(tool: str) -> list[Lever]:
    """The levers of a tool that a company decides on; privileges need members, too."""
    own = [lever for lever in _section(tool) if lever.cell]
    joining = [lever for lever in levers() if lever.name == JOINING and tool == "privileges"]
    return own + joining


def mechanisms(tool: str) -> list[Lever]:
    """The levers that say how customers respond to a tool."""
    return [lever for lever in _section(tool) if not lever.cell]


def _section(tool: str) -> list[Lever]:
    return [lever for lever in levers() if lever.name.partition(".")[0] == SECTIONS[tool]]


class ToolLevers(widgets.VBox):
    """The buttons of the tools, above an accordion with the levers of those switched on.

    Each tool has two folds, its decisions and its mechanisms; all mechanisms are below all decisions. A
    fold's controls are asked for when it is first opened. `on_switch(tool, is_on)` is called at a click.
    """

    def __init__(self, controls: Mapping[str, Control], on_switch: Callable[[str, bool], None]) -> None:
        self._controls = controls
        self._tools: tuple[str, ...] | None = None
        self._folds: dict[tuple[str, bool], widgets.VBox] = {}
        self._shown: list[tuple[str, bool]] = []
        self.buttons = {tool: self._button(tool, on_switch) for tool in TOOLS}
        self.accordion = widgets.Accordion().add_class("crm-panel")
        self.accordion.observe(lambda _: self._unfold(), "selected_index")
        row = widgets.GridBox([*self.buttons.values()]).add_class("crm-tools")
        super().__init__([row, self.accordion])
        self.add_class("crm-levers")

    def show(self, tools: tuple[str, ...], by_hand: Iterable[str]) -> None:
        """Set the buttons, but those a hand is on, and offer the levers of these tools.

        A tool that is new among them is opened; else what was open stays so, or gives way to the first.
        """
        for tool in self.buttons.keys() - {*by_hand}:
            self.buttons[tool].value = tool in tools
        if tools != self._tools:
            self._offer(tools, self._to_open(tools))
            self._tools = tools

    def open_fold(self, tool: str, *, are_mechanisms: bool = False) -> None:
        """Open the decisions of a tool that is switched on, or its mechanisms."""
        self.accordion.selected_index = self._shown.index((tool, are_mechanisms))

    def _to_open(self, tools: tuple[str, ...]) -> tuple[str, bool] | None:
        new = [tool for tool in tools if tool not in (self._tools or ())]
        if new:
            return new[0], False
        place = self.accordion.selected_index
        if place is None or not tools:
            return None
        return self._shown[place] if self._shown[place][0] in tools else (tools[0], False)

    def _offer(self, tools: tuple[str, ...], to_open: tuple[str, bool] | None) -> None:
        self._shown = [(tool, are_mechanisms) for are_mechanisms in (False, True) for tool in tools]
        folds = [self._folds.setdefault(one, widgets.VBox()) for one in self._shown]
        self.accordion.selected_index = None
        self.accordion.children = folds
        self.accordion.titles = tuple(
            f"{tool.capitalize()}: how customers respond" if are_mechanisms else tool.capitalize()
            for tool, are_mechanisms in self._shown
        )
        if to_open:
            self.accordion.selected_index = self._shown.index(to_open)

    def _unfold(self) -> None:
        place = self.accordion.selected_index
        if place is None or self.accordion.children[place].children:
            return
        tool, are_mechanisms = self._shown[place]
        group = mechanisms(tool) if are_mechanisms else decisions(tool)
        self.accordion.children[place].children = [self._controls[lever.name].widget for lever in group]

    def _button(self, tool: str, on_switch: Callable[[str, bool], None]) -> widgets.ToggleButton:
        button = widgets.ToggleButton(description=tool.capitalize(), tooltip=escape(WHAT[tool]))
        button.add_class("crm-tool").add_class(f"crm-tool-{tool}")
        button.observe(lambda change: on_switch(tool, change["new"]), "value")
        return button
