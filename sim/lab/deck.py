"""The flight deck as a notebook widget: controls, key figures, charts and a line that says what happened."""

from html import escape
from pathlib import Path

import ipywidgets as widgets

from sim.lab import tiles
from sim.lab.console import Console, html_line, listed
from sim.lab.flight import Flight, changed_levers, differences
from sim.lab.grid import LeverGrid
from sim.lab.picture import Picture
from sim.scenario import Scenario


class FlightDeck(Console[Flight]):
    """The levers of a scenario, what they do to its customers, and how that compares with a baseline.

    What hands do on the screen, these methods do from code: `change`, `pin`, `reset`, `reseed`, `choose`,
    `save`; `grid.open_cell` opens a cell of the 3 x 3 grid. `tiles` (by KPI), `charts`, `caption` and
    `status` are what is shown; see `Console` for what cannot be.
    """

    def pin(self) -> None:
        """The present run becomes the baseline of all comparisons."""
        self._fly(self._flight.pin, "Pinned: the present run is the baseline now.")

    def _board(self, scenario: Scenario | str | Path, seed: int) -> Flight:
        return Flight(scenario, seed)

    def _tools(self) -> list[widgets.Widget]:
        pin = self._button("Pin as baseline", "Compare with the present run from now on", self.pin)
        return [pin, *super()._tools()]

    def _show_views(self) -> None:
        for reading in tiles.readings(self.run, self.baseline):
            self.tiles[reading.tile.kpi].value = tiles.html(reading)
        self.charts.value = self._picture.png(self.run, self.baseline)
        self.caption.value = escape(_comparison(self.baseline.scenario, self.scenario))

    def _show_controls(self, by_hand: set[str]) -> None:
        super()._show_controls(by_hand)
        self.grid.mark({lever.name for lever in changed_levers(self.baseline.scenario, self.scenario)})

    def _body(self) -> widgets.HBox:
        self._picture = Picture()
        self.grid = LeverGrid(self.controls)
        self.tiles = {tile.kpi: html_line("crm-tile", f"crm-tile-{tile.kpi}") for tile in tiles.TILES}
        self.charts = widgets.Image(format="png").add_class("crm-charts")
        view = [
            widgets.HBox(list(self.tiles.values())).add_class("crm-tiles"),
            self.caption,
            self.status,
            self.charts,
        ]
        return widgets.HBox([self.grid, widgets.VBox(view).add_class("crm-view")]).add_class("crm-body")


def _comparison(baseline: Scenario, now: Scenario) -> str:
    moved = differences(baseline, now)
    if not moved:
        return "The run is its own baseline: move a lever to see what it does."
    return f"Compared with the baseline under the same luck: {listed(moved)}"
