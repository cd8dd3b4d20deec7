"""A small widget for one question: a few levers, one picture, the key figures."""

from collections.abc import Sequence
from functools import partial
from html import escape
from inspect import getdoc
from pathlib import Path

import ipywidgets as widgets

from sim.lab import single, tiles
from sim.lab.console import Console, html_line, listed
from sim.lab.flight import Flight, as_scenario, differences
from sim.lab.single import Single
from sim.scenario import Scenario

MARGINS = {"left": 0.11, "right": 0.975, "bottom": 0.12, "top": 0.87}  # room for labels of plain matplotlib


class Explorer(Console[Flight]):
    """The sliders of a few levers of a scenario, one picture of what they do, and the key figures.

    What hands do on the screen, these methods do from code: `change`, `reset`, `reseed`. `picture`, `tiles`
    (by KPI), `caption` and `status` are what is shown; see `Console` for what cannot be.
    """

    def __init__(
        self,
        scenario: Scenario | str | Path,
        levers: Sequence[str],
        chart: Single,
        seed: int = 1,
        baseline: Scenario | str | Path | None = None,
    ) -> None:
        self._levers = levers
        self._chart = chart
        self._compared_with = baseline
        super().__init__(scenario, seed)

    def _board(self, scenario: Scenario | str | Path, seed: int) -> Flight:
        levers, flight = self._levers, Flight(scenario, seed)
        if isinstance(levers, str) or not levers:
            raise ValueError(f"levers is {levers!r}; allowed: a list of dotted names of levers, at least one")
        # a move that moves nothing: names that there are not are refused
        flight.change({name: flight.scenario[name] for name in levers})
        if self._compared_with is not None:
            flight.restore(flight.state._replace(baseline=as_scenario(self._compared_with)))
        return flight

    def _show_views(self) -> None:
        for reading in tiles.readings(self.run, self.baseline):
            self.tiles[reading.tile.kpi].value = tiles.html(reading)
        self.picture.value = self._png(self.run, self.baseline)
        moved = listed(differences(self.baseline.scenario, self.scenario))
        self.caption.value = escape(f"Against the baseline: {moved}" if moved else "This is the baseline.")

    def _show_choice(self) -> None:
        """One scenario, without a menu of others."""

    def _bar(self) -> widgets.HBox:
        self._seed = widgets.IntText(self.seed, description="Seed").add_class("crm-seed")
        self._on_value(self._seed, lambda: self.reseed(self._seed.value))
        return widgets.HBox([self._seed, *self._tools()]).add_class("crm-bar")

    def _body(self) -> widgets.HBox:
        self._png = partial(single.png, self._chart, margins=MARGINS)
        self.picture = widgets.Image(format="png").add_class("crm-charts")
        self.tiles = {tile.kpi: html_line("crm-tile", f"crm-tile-{tile.kpi}") for tile in tiles.TILES}
        spoken = html_line("crm-spoken")  # the browser's Image takes neither alt nor tooltip
        spoken.value = escape(in_words(self._chart))
        rows = [self.controls[name].widget for name in self._levers]
        sliders = widgets.VBox(rows).add_class("crm-levers")
        figures = widgets.HBox([*self.tiles.values()]).add_class("crm-tiles")
        view = widgets.VBox([figures, self.caption, self.status, spoken, self.picture]).add_class("crm-view")
        return widgets.HBox([sliders, view]).add_class("crm-body")


def in_words(chart: Single) -> str:
    """What a chart shows, for who cannot see it: the first line of its docstring, or else its name."""
    name = str(getattr(chart, "__name__", "chart")).replace("_", " ")
    return (getdoc(chart) or name).partition("\n")[0]


def explore(
    scenario: Scenario | str | Path,
    levers: Sequence[str],
    chart: Single,
    seed: int = 1,
    baseline: Scenario | str | Path | None = None,
) -> Explorer:
    """A widget with the sliders of these `levers`, by dotted name, and one picture of what they do.

    `chart(run, baseline, ax)` draws the run beside the baseline on the axes it is given, and returns them.
    `baseline` is the scenario that all is compared with, under the same luck; without it, `scenario` itself.
    Show the widget as the last line of a cell.

    Raises ScenarioError for a scenario that cannot be or a lever that there is not, ValueError without levers
    or for a seed that is no whole number from 0 to 2**64 - 1.
    """
    return Explorer(scenario, levers, chart, seed, baseline)
