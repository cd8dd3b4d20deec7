"""The flight deck as a notebook widget: controls, key figures, views and a line that says what happened."""

from functools import partial
from html import escape
from pathlib import Path

import ipywidgets as widgets

from sim.lab import tiles
from sim.lab.console import Console, html_line, listed
from sim.lab.flight import Flight, State, changed_levers, differences
from sim.lab.grid import LeverGrid
from sim.lab.sheet_table import TABLE_CSS, table_html
from sim.lab.views import View, views
from sim.lab.ways import WAYS, Way
from sim.scenario import Scenario


class FlightDeck(Console[Flight]):
    """The levers of a scenario, what they do to its customers, and how that compares with a baseline.

    What hands do on the screen, these methods do from code: `change`, `pin`, `undo`, `redo`, `rewind`,
    `drop`, `restore`, `reset`, `reseed`, `choose`, `save`, `show_view`, `open_way`; `grid.open_cell` opens a
    cell of the 3 x 3 grid. `tiles` (by KPI), `charts` (or `table`), `caption` and `status` are what is shown,
    `state` is what a world code restores; see `Console` for what cannot be.
    """

    def __init__(self, scenario: Scenario | str | Path, seed: int = 1) -> None:
        self._ways: dict[str, Way] = {}
        self._way: Way | None = None
        super().__init__(scenario, seed)

    def pin(self) -> None:
        """The present run becomes the baseline of all comparisons."""
        self._fly(self._flight.pin, "Pinned: the present run is the baseline now.")

    def undo(self) -> None:
        """Back to before the last move, pin, seed or scenario."""
        self._fly(self._flight.undo, "Undone.")

    def redo(self) -> None:
        """Once more what was undone."""
        self._fly(self._flight.redo, "Done again.")

    def rewind(self, month: int) -> None:
        """From now on levers move in that month of the run and later: all before stays. 0: from the start."""
        since = f"Levers move from month {month} on; what was before stays." if month else ""
        self._fly(lambda: self._flight.rewind(month), since or "Levers move from the start again.")

    def drop(self, month: int, lever: str) -> None:
        """Take back what was moved on this lever from this month on."""
        self._fly(lambda: self._flight.drop(month, lever))

    def restore(self, state: State) -> None:
        """Fly what was shared as a world code: the same scenario, levers, seed, baseline and month."""
        self._fly(lambda: self._flight.restore(state), f"Restored: {state.scenario.name}, seed {state.seed}.")

    def show_view(self, name: str, as_table: bool = False) -> None:
        """Show one of the views by name, as a picture or as the table behind it."""
        with self._lock:
            self._view_buttons.value, self._as_table.value = name, as_table

    def open_way(self, title: str | None) -> None:
        """Open the panel of a way to fly by its title, or none."""
        with self._lock:
            if self._way is not None:
                self._way.stop()
            self._way = self._opened(title) if title else None
            self._way_box.children = () if self._way is None else (self._way,)
            for each, button in self._way_buttons.items():
                button.value = each == title

    def close(self) -> None:
        """Take the widget off the screen; what still waits or works is ended."""
        for way in self._ways.values():
            way.stop()
        super().close()

    @property
    def state(self) -> State:
        """All that makes what is shown, as a world code holds it."""
        return self._flight.state

    @property
    def way(self) -> Way | None:
        """The panel that is open."""
        return self._way

    def _opened(self, title: str) -> Way:
        if title not in self._ways:
            self._ways[title] = WAYS[title](self)
        self._ways[title].refresh()
        return self._ways[title]

    def _board(self, scenario: Scenario | str | Path, seed: int) -> Flight:
        return Flight(scenario, seed)

    def _stand(self, name: str) -> object:
        return self._flight.terms[name]

    def _tools(self) -> list[widgets.Widget]:
        self._undo = self._button("↶ Undo", "Back to before the last move", self.undo)
        self._redo = self._button("↷ Redo", "Once more what was undone", self.redo)
        pin = self._button("Pin as baseline", "Compare with the present run from now on", self.pin)
        return [self._undo, self._redo, pin, *super()._tools()]

    def _show_views(self) -> None:
        readings = tiles.readings(self.run, self.baseline)
        for reading in readings:
            self.tiles[reading.tile.kpi].value = tiles.html(reading)
        self.grid.answer(self.run, self.baseline, readings)
        self._show_view()
        self.caption.value = escape(_comparison(self.baseline.scenario, self.scenario))
        for way in self._ways.values():
            way.after_move()
        if self._way is not None:
            self._way.refresh()

    def _show_view(self) -> None:
        view = self._views[self._view_buttons.value]
        if self._as_table.value:
            self.table.value = table_html(view.table(self.run, self.baseline), f"{view.name}: {view.what}")
        else:
            self.charts.value, self._spoken.value = view.png(self.run, self.baseline), escape(view.what)
        self._view_box.children = (self.table,) if self._as_table.value else (self._spoken, self.charts)

    def _show_controls(self, by_hand: set[str]) -> None:
        self.controls.show(self._flight.terms, by_hand)
        self._undo.disabled, self._redo.disabled = not self._flight.past, not self._flight.future
        self.grid.mark({lever.name for lever in changed_levers(self.baseline.scenario, self._flight.terms)})

    def _body(self) -> widgets.VBox:
        self._views: dict[str, View] = {view.name: view for view in views()}
        self.grid = LeverGrid(self.controls, self.scenario)
        self.tiles = {tile.kpi: html_line("crm-tile", f"crm-tile-{tile.kpi}") for tile in tiles.TILES}
        self.charts = widgets.Image(format="png").add_class("crm-charts")
        self._spoken = html_line("crm-spoken")  # the browser's Image takes neither alt nor tooltip
        self.table = html_line("crm-table")
        self._view_box = widgets.VBox([self.charts]).add_class("crm-view-box")
        shown = [
            widgets.HBox(list(self.tiles.values())).add_class("crm-tiles"),
            self.caption,
            self.status,
            self._view_bar(),
            self._view_box,
        ]
        body = widgets.HBox([self.grid, widgets.VBox(shown).add_class("crm-view")]).add_class("crm-body")
        return widgets.VBox([self._way_bar(), body])

    def _view_bar(self) -> widgets.HBox:
        self._view_buttons = widgets.ToggleButtons(options=tuple(self._views)).add_class("crm-views")
        self._as_table = widgets.ToggleButton(description="Table", tooltip="The numbers behind the picture")
        for control in (self._view_buttons, self._as_table):
            self._on_value(control, self._show_view)
        return widgets.HBox([self._view_buttons, self._as_table]).add_class("crm-view-bar")

    def _way_bar(self) -> widgets.VBox:
        self._way_buttons = {
            title: widgets.ToggleButton(description=title, tooltip=way.WHAT) for title, way in WAYS.items()
        }
        for title, button in self._way_buttons.items():
            self._on_value(button, partial(self._toggle_way, title))
        self._way_box = widgets.VBox().add_class("crm-way-box")
        style = widgets.HTML(f"<style>{TABLE_CSS}{''.join(way.CSS for way in WAYS.values())}</style>")
        bar = widgets.HBox([*self._way_buttons.values(), style]).add_class("crm-ways")
        return widgets.VBox([bar, self._way_box])

    def _toggle_way(self, title: str) -> None:
        is_open = self._way is not None and self._ways.get(title) is self._way
        if self._way_buttons[title].value != is_open:
            self.open_way(None if is_open else title)


def _comparison(baseline: Scenario, now: Scenario) -> str:
    moved = differences(baseline, now)
    if not moved:
        return "The run is its own baseline: move a lever to see what it does."
    return f"Compared with the baseline under the same luck: {listed(moved)}"
