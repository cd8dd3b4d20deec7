"""The levers in reach: the 3 x 3 grid of decisions, the rest below it, and the controls of what is open."""

from collections.abc import Iterable, Mapping
from html import escape

import ipywidgets as widgets
import numpy as np

from sim.lab import tiles
from sim.lab.cells import (
    CAPABILITIES,
    CELLS,
    PHASES,
    SECTIONS,
    Cell,
    by_section,
    decisions,
    in_use,
    section_of,
    sentence,
    surroundings,
)
from sim.lab.controls import Control, NumberControl
from sim.lab.tiles import Reading
from sim.run import Run
from sim.scenario import Lever, Scenario

REST = "Market and mechanisms"
OPEN_AT_FIRST = "Retention · marketing orientation"


class LeverGrid(widgets.VBox):
    """Nine cells, each with its main lever and the figure it answers to, and the controls of the open one.

    A button in each cell opens it; one more, below them, opens the levers a company does not decide on.
    Controls are asked for when their cell or section is first opened: there are many.
    """

    def __init__(self, controls: Mapping[str, Control], scenario: Scenario) -> None:
        self._controls, self._scenario = controls, scenario
        self._groups = decisions() | {REST: [one for group in surroundings().values() for one in group]}
        self._panels: dict[str, CellPanel | RestPanel] = {REST: RestPanel(controls)}
        self._open, self._changed = OPEN_AT_FIRST, set[str]()
        self.buttons = {name: self._button(name) for name in self._groups}
        self.mains = {name: self._main(cell) for name, cell in CELLS.items()}
        self.figures = {name: _text("crm-answer") for name in CELLS}
        self._top = self._grid()
        super().__init__()
        self.add_class("crm-levers")
        self.open_cell(OPEN_AT_FIRST)

    @property
    def panel(self) -> "CellPanel | RestPanel":
        """The controls of what is open."""
        return self._panels[self._open]

    def open_cell(self, name: str) -> None:
        """Show the controls of a cell, such as "Retention · value creation", or of `REST`."""
        if name not in self._panels:
            self._panels[name] = CellPanel(name, self._groups[name], self._controls)
        self._open = name
        self.panel.arrange(self._scenario)
        self.children = (self._top, self.panel)
        for each, button in self.buttons.items():
            (button.add_class if each == name else button.remove_class)("crm-open")
        self._describe_buttons()

    def mark(self, changed: set[str]) -> None:
        """Say on each button, and in the head of each section, how many of its levers are among these."""
        self._changed = changed
        self._describe_buttons()
        for panel in self._panels.values():
            panel.mark(changed)

    def answer(self, run: Run, baseline: Run, readings: Iterable[Reading]) -> None:
        """Show the figure of every cell; `readings` are those of the tiles, which need not be made again."""
        made = {one.tile.kpi: one for one in readings}
        for name, cell in CELLS.items():
            found = made.get(cell.figure.kpi) or tiles.reading(cell.figure, run, baseline)
            self.figures[name].value = answer_html(cell, found, run.scenario)
        if run.scenario.name != self._scenario.name:
            self.panel.arrange(run.scenario)
        self._scenario = run.scenario

    def _describe_buttons(self) -> None:
        for name, group in self._groups.items():
            words = _count(group) + _changed(group, self._changed, ", ")
            words = f"{REST}: {words}" if name == REST else words
            self.buttons[name].description = f"{'▾' if name == self._open else '▸'} {words}"

    def _button(self, name: str) -> widgets.Button:
        labels = ", ".join(lever.label for lever in self._groups[name])
        tooltip = "The levers a company does not decide on" if name == REST else f"{name}: {labels}"
        button = widgets.Button(tooltip=tooltip).add_class("crm-cell-button")
        button.on_click(lambda _: self.open_cell(name))
        return button

    def _main(self, cell: Cell) -> widgets.DOMWidget:
        control = self._controls[cell.lever]
        if not isinstance(control, NumberControl):
            raise TypeError(f"{cell.lever} has no slider")
        return control.small()

    def _grid(self) -> widgets.GridBox:
        """Columns are the phases, rows the capabilities; the last row is the rest."""
        names = iter(CELLS)
        rows: list[widgets.Widget] = [_text("crm-axis", sentence(phase)) for phase in PHASES]
        for capability in CAPABILITIES:
            rows.append(_text("crm-axis", sentence(capability)).add_class("crm-capability"))
            rows += [self._cell(next(names)) for _ in PHASES]
        return widgets.GridBox([*rows, self.buttons[REST].add_class("crm-rest")]).add_class("crm-grid")

    def _cell(self, name: str) -> widgets.VBox:
        shown = [self.buttons[name], self.mains[name], self.figures[name]]
        return widgets.VBox(shown).add_class("crm-cell")


class CellPanel(widgets.VBox):
    """All levers of a cell, by section: that of the main lever first, then those in use."""

    def __init__(self, name: str, group: Iterable[Lever], controls: Mapping[str, Control]) -> None:
        self._first = section_of(CELLS[name].lever)
        self._sections = by_section(group)
        self.heads = {section: _text("crm-section-head") for section in self._sections}
        self._boxes = {
            section: widgets.VBox([self.heads[section], *(controls[lever.name].widget for lever in levers)])
            for section, levers in self._sections.items()
        }
        for box in self._boxes.values():
            box.add_class("crm-section")
        self._heading = _text("crm-heading", name)
        super().__init__([self._heading, *self._boxes.values()])
        self.add_class("crm-panel")

    def arrange(self, scenario: Scenario) -> None:
        """Bring the sections in order. Not at every move: a hand is not to lose the lever it is on."""
        order = sorted(self._boxes, key=lambda one: (one != self._first, not in_use(one, scenario)))
        self.children = (self._heading, *(self._boxes[section] for section in order))
        for section, head in self.heads.items():
            idle = "" if in_use(section, scenario) else " <small>not in use</small>"
            head.value = escape(SECTIONS[section]) + idle

    def mark(self, changed: set[str]) -> None:
        """The controls themselves show where they stand."""


class RestPanel(widgets.VBox):
    """The levers a company does not decide on, folded away by section."""

    def __init__(self, controls: Mapping[str, Control]) -> None:
        self._controls, self._sections = controls, surroundings()
        boxes = [widgets.VBox() for _ in self._sections]
        self.accordion = widgets.Accordion(boxes, titles=tuple(self._sections))
        self.accordion.observe(lambda _: self._unfold(self.accordion.selected_index), "selected_index")
        super().__init__([_text("crm-heading", REST), self.accordion])
        self.add_class("crm-panel")

    def arrange(self, scenario: Scenario) -> None:
        """The order is that of the scenario's file."""

    def mark(self, changed: set[str]) -> None:
        """Say in the head of each section how many of its levers are among these."""
        self.accordion.titles = tuple(
            section + _changed(group, changed, ": ") for section, group in self._sections.items()
        )

    def _unfold(self, place: int | None) -> None:
        if place is not None and not self.accordion.children[place].children:
            group = [*self._sections.values()][place]
            self.accordion.children[place].children = [self._controls[lever.name].widget for lever in group]


def answer_html(cell: Cell, reading: Reading, scenario: Scenario) -> str:
    """What a cell's figure is and how it changed; why there is none, or why the main lever reaches nobody."""
    figure = reading.tile
    unit = escape(figure.unit.format(currency=reading.currency))
    name = f'<b title="{escape(figure.what)}">{escape(figure.label)}</b>'
    if np.isnan(reading.value):
        return f'{name}: <span class="crm-idle">{escape(cell.nothing)}</span>'
    value = f'<span class="crm-value">{tiles.number(reading.value, figure.digits)}</span>'
    below = _below(cell, reading, scenario)
    return f'<div>{name} {value} <small class="crm-unit">{unit}</small></div>{below}'


def _below(cell: Cell, reading: Reading, scenario: Scenario) -> str:
    """The change, or where there is none, what the lever waits for."""
    idle = cell.idle(scenario)
    if reading.direction or not idle:
        verdict = reading.verdict.replace(" ", "-")
        return f'<div class="crm-change crm-{verdict}">{_change(reading)}</div>'
    return f'<div class="crm-idle">{escape(idle)}</div>'


def _change(reading: Reading) -> str:
    if not reading.direction:
        return escape(reading.verdict)
    arrow = "▲" if reading.direction > 0 else "▼"
    change = tiles.number(reading.change, reading.tile.digits, "+")
    return f"<span>{arrow} {change}</span> <span>{reading.verdict}</span>"


def _count(group: list[Lever]) -> str:
    return f"{len(group)} lever{'s' * (len(group) != 1)}"


def _changed(group: Iterable[Lever], changed: set[str], before: str) -> str:
    count = sum(lever.name in changed for lever in group)
    return f"{before}{count} changed" if count else ""


def _text(look: str, words: str = "") -> widgets.HTML:
    return widgets.HTML(escape(words)).add_class(look)
