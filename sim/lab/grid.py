"""The levers in reach: the 3 x 3 grid of decisions, the rest below it, and the controls of what is open."""

from collections.abc import Iterable, Mapping
from html import escape

import ipywidgets as widgets

from sim.lab.controls import Control
from sim.scenario import Lever, levers

PHASES = ("acquisition", "retention", "extension")
CAPABILITIES = ("marketing orientation", "value creation", "innovative IT")
REST = "Market and mechanisms"
OPEN_AT_FIRST = "Retention · marketing orientation"


def decisions() -> dict[str, list[Lever]]:
    """The levers a company decides on, by cell of the 3 x 3 grid, row by row.

    The loyalty program, which the lessons turn to first, leads its cells.
    """
    cells = {f"{phase} / {capability}": list[Lever]() for capability in CAPABILITIES for phase in PHASES}
    for lever in sorted(levers(), key=lambda one: not one.name.startswith("loyalty.")):
        if lever.cell:
            cells[lever.cell].append(lever)
    return {_sentence(cell.replace(" / ", " · ")): group for cell, group in cells.items()}


def surroundings() -> dict[str, list[Lever]]:
    """The other levers, which describe the market and the mechanisms, by section of the scenario."""
    sections: dict[str, list[Lever]] = {}
    for lever in levers():
        if not lever.cell:
            section = lever.name.partition(".")[0].replace("_", " ")
            sections.setdefault(_sentence(section), []).append(lever)
    return sections


class LeverGrid(widgets.VBox):
    """A button for each cell of the grid, one for the rest, and below them the controls of the open one.

    Controls are asked for when their cell or section is first opened: there are many.
    """

    def __init__(self, controls: Mapping[str, Control]) -> None:
        self._controls = controls
        self._cells, self._sections = decisions(), surroundings()
        self._panels: dict[str, widgets.Widget] = {}
        self._accordion = self._folded_sections()
        self._rest = [lever for group in self._sections.values() for lever in group]
        self._groups = {**self._cells, REST: self._rest}
        self.buttons = {name: self._button(name) for name in self._groups}
        self._top = self._grid()
        super().__init__()
        self.add_class("crm-levers")
        self.open_cell(OPEN_AT_FIRST)

    def open_cell(self, name: str) -> None:
        """Show the controls of a cell, such as "Retention · value creation", or of `REST`."""
        if name not in self._panels:
            self._panels[name] = self._panel(name)
        self.children = (self._top, self._panels[name])
        for each, button in self.buttons.items():
            (button.add_class if each == name else button.remove_class)("crm-open")

    def mark(self, changed: set[str]) -> None:
        """Say on each button, and in the head of each section, how many of its levers are among these."""
        for name, group in self._cells.items():
            self.buttons[name].description = _count(group) + _changed(group, changed, "\n")
        self.buttons[REST].description = f"{REST}: {_count(self._rest)}{_changed(self._rest, changed, ', ')}"
        self._accordion.titles = tuple(
            section + _changed(group, changed, ": ") for section, group in self._sections.items()
        )

    def _button(self, name: str) -> widgets.Button:
        labels = ", ".join(lever.label for lever in self._groups[name])
        tooltip = f"{name}: {labels}" if name in self._cells else "The levers a company does not decide on"
        button = widgets.Button(tooltip=tooltip).add_class("crm-cell-button")
        button.on_click(lambda _: self.open_cell(name))
        return button

    def _grid(self) -> widgets.GridBox:
        """Columns are the phases, rows the capabilities; the last row is the rest."""
        cells = iter(self.buttons.values())
        rows: list[widgets.Widget] = [_text("crm-axis", word) for word in ("", *map(_sentence, PHASES))]
        for capability in map(_sentence, CAPABILITIES):
            rows += [_text("crm-axis", capability), *(next(cells) for _ in PHASES)]
        return widgets.GridBox([*rows, next(cells).add_class("crm-rest")]).add_class("crm-grid")

    def _panel(self, name: str) -> widgets.VBox:
        shown = [self._accordion] if name == REST else self._widgets(self._groups[name])
        return widgets.VBox([_text("crm-heading", name), *shown]).add_class("crm-panel")

    def _folded_sections(self) -> widgets.Accordion:
        boxes = [widgets.VBox() for _ in self._sections]
        accordion = widgets.Accordion(boxes, titles=tuple(self._sections))
        accordion.observe(lambda _: self._unfold(accordion.selected_index), "selected_index")
        return accordion

    def _unfold(self, place: int | None) -> None:
        if place is not None and not self._accordion.children[place].children:
            group = [*self._sections.values()][place]
            self._accordion.children[place].children = self._widgets(group)

    def _widgets(self, group: Iterable[Lever]) -> list[widgets.DOMWidget]:
        return [self._controls[lever.name].widget for lever in group]


def _count(group: list[Lever]) -> str:
    return f"{len(group)} lever{'s' * (len(group) != 1)}"


def _changed(group: list[Lever], changed: set[str], before: str) -> str:
    count = sum(lever.name in changed for lever in group)
    return f"{before}{count} changed" if count else ""


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]


def _text(look: str, words: str) -> widgets.HTML:
    return widgets.HTML(escape(words)).add_class(look)
