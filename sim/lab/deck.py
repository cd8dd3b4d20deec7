"""The flight deck as a notebook widget: controls, key figures, charts and a line that says what happened."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from threading import RLock
from typing import Any

import ipywidgets as widgets

from sim import scenario_files
from sim.lab import theme, tiles
from sim.lab.controls import Controls
from sim.lab.debounce import Debounce
from sim.lab.flight import Flight, as_scenario, changed_levers, differences, file_name
from sim.lab.grid import LeverGrid
from sim.lab.picture import Picture
from sim.run import Run
from sim.scenario import Scenario

WAIT_S = 0.04
NAMED_DIFFERENCES = 3


class FlightDeck(widgets.VBox):
    """The levers of a scenario, what they do to its customers, and how that compares with a baseline.

    What hands do on the screen, these methods do from code: `change`, `pin`, `reset`, `reseed`, `choose`,
    `save`; `grid.open_cell` opens a cell of the 3 x 3 grid. From code, what cannot be raises ScenarioError or
    ValueError; on the screen the status line says it. Either way the last good picture stays. `tiles` (by
    KPI), `charts`, `caption` and `status` are what is shown.

    JupyterLab delivers the moves of hands in two threads, one of them that of the cells. So moves are queued
    by whoever brings them, one thread at a time flies and shows, and no control is set that a hand is on.
    """

    def __init__(self, scenario: Scenario | str | Path, seed: int = 1) -> None:
        self._soon = Debounce(self._settle, WAIT_S)
        self._moves: deque[tuple[str, Any]] = deque()
        self._flight = Flight(scenario, seed)
        self._picture = Picture()
        self._lock = RLock()
        self._is_refused = self._is_showing = False
        self._choices = {name: scenario_files.load(name) for name in scenario_files.scenarios().index}
        self.controls = Controls(self.scenario, self._moved)
        self.grid = LeverGrid(self.controls)
        self.tiles = {tile.kpi: _html(f"crm-tile crm-tile-{tile.kpi}") for tile in tiles.TILES}
        self.charts = widgets.Image(format="png").add_class("crm-charts")
        self.caption, self.status = _html("crm-caption"), _html("crm-status")
        super().__init__([widgets.HTML(f"<style>{theme.CSS}</style>"), self._bar(), self._body()])
        self.add_class("crm-deck")
        self._show("")

    def __repr__(self) -> str:
        return f"FlightDeck of {self.scenario.name!r}, seed {self.seed}"

    @property
    def scenario(self) -> Scenario:
        """The present setting of all levers."""
        return self._flight.scenario

    @property
    def seed(self) -> int:
        """The present world."""
        return self._flight.seed

    @property
    def run(self) -> Run:
        """The present history."""
        return self._flight.run

    @property
    def baseline(self) -> Run:
        """The history it is compared with."""
        return self._flight.baseline

    def change(self, values: Mapping[str, Any]) -> None:
        """Set levers, by dotted name, and show what comes of it: `change({"loyalty.points_per_unit": 2})`."""
        self._fly(lambda: self._flight.change(values))

    def reset(self) -> None:
        """All levers back to the scenario's own; the baseline stays."""
        self._fly(self._flight.reset)

    def pin(self) -> None:
        """The present run becomes the baseline of all comparisons."""
        self._fly(self._flight.pin, "Pinned: the present run is the baseline now.")

    def reseed(self, seed: int) -> None:
        """Try other customers with other luck, for the run and its baseline alike."""
        self._fly(lambda: self._flight.reseed(seed), f"Seed {seed}: other customers, other luck.")

    def choose(self, scenario: Scenario | str | Path) -> None:
        """Board another scenario: a bundled one by name, one of your own, or the path of its .toml file."""
        chosen = as_scenario(scenario)
        self._fly(lambda: self._flight.choose(chosen), f"{chosen.name}: {chosen.description}")

    def save(self, path: str | Path) -> Path:
        """Write the present scenario as a TOML file; returns its absolute path."""
        with self._lock:
            self._settle()
            saved = self._flight.save(path)
            self.status.value = escape(f"Saved as {saved}")
        return saved

    def close(self) -> None:
        """Take the deck off the screen; a move that still waits is forgotten."""
        self._soon.cancel()
        super().close()

    def _fly(self, action: Callable[[], None], done: str = "", by_hand: Iterable[str] = ()) -> None:
        with self._lock:
            self._settle()
            with self._busy():
                before = self.run
                action()
                self._show(done or _effect(before, self.run), by_hand)

    @contextmanager
    def _busy(self) -> Iterator[None]:
        """Fade the charts, should it take long."""
        self.add_class("crm-busy")
        try:
            yield
        finally:
            self.remove_class("crm-busy")

    def _show(self, done: str, by_hand: Iterable[str] = ()) -> None:
        for reading in tiles.readings(self.run, self.baseline):
            self.tiles[reading.tile.kpi].value = tiles.html(reading)
        self.charts.value = self._picture.png(self.run, self.baseline)
        self.caption.value = escape(_comparison(self.baseline.scenario, self.scenario))
        self.status.value = escape(done)
        self._is_refused = False
        self._show_controls(by_hand)

    def _show_controls(self, by_hand: Iterable[str]) -> None:
        """Set all controls but those that a hand has set, and may be moving on."""
        self.controls.show(self.scenario, {*by_hand, *(name for name, _ in tuple(self._moves))})
        self.grid.mark({lever.name for lever in changed_levers(self.baseline.scenario, self.scenario)})
        self._is_showing = True
        try:
            self._seed.value = self.seed
            self._show_choice()
        finally:
            self._is_showing = False

    def _show_choice(self) -> None:
        """Stand on the boarded scenario; one of your own joins the menu under its name."""
        own = self._flight.own
        label = own.name if self._choices.get(own.name, own) == own else f"{own.name} (yours)"
        self._choices[label] = own
        if self._chooser.options != tuple(self._choices):
            self._chooser.options = tuple(self._choices)
        self._chooser.value = label

    def _moved(self, name: str, value: Any) -> None:
        self._moves.append((name, value))
        self._soon()

    def _settle(self) -> None:
        """Fly what hands have set since the last time; forget a refusal they have undone."""
        with self._lock:
            moves: dict[str, Any] = {}
            while self._moves:
                moves.update([self._moves.popleft()])
            is_news = self._is_refused or any(self.scenario[name] != value for name, value in moves.items())
            if moves and is_news:
                self._by_hand(lambda: self._fly(lambda: self._flight.change(moves), by_hand=moves))

    def _by_hand(self, action: Callable[[], object]) -> None:
        """Do it; where there is no cell to show an exception in, say it in the status line."""
        try:
            action()
        except Exception as error:
            self.status.value = f'<span class="crm-error">{escape(str(error) or repr(error))}</span>'
            self._is_refused = True
            if not isinstance(error, ValueError | OSError):
                raise

    def _bar(self) -> widgets.HBox:
        self._chooser = widgets.Dropdown(options=tuple(self._choices), description="Scenario")
        self._seed = widgets.IntText(self.seed, description="Seed").add_class("crm-seed")
        self._file = widgets.Text("my_plan.toml", description="File").add_class("crm-file")
        self._on_value(self._chooser, lambda: self.choose(self._choices[self._chooser.value]))
        self._on_value(self._seed, lambda: self.reseed(self._seed.value))
        row = [
            self._chooser,
            self._seed,
            self._button("Pin as baseline", "Compare with the present run from now on", self.pin),
            self._button("Reset levers", "All levers back to the scenario's own", self.reset),
            widgets.HTML().add_class("crm-gap"),
            self._file,
            self._button("Save as TOML", "Write the scenario beside the notebook", self._save_typed),
        ]
        return widgets.HBox(row).add_class("crm-bar")

    def _save_typed(self) -> None:
        self.save(file_name(self._file.value))

    def _button(self, label: str, tooltip: str, action: Callable[[], None]) -> widgets.Button:
        button = widgets.Button(description=label, tooltip=tooltip)
        button.on_click(lambda _: self._by_hand(action))
        return button

    def _on_value(self, control: widgets.ValueWidget, action: Callable[[], None]) -> None:
        control.observe(lambda _: None if self._is_showing else self._by_hand(action), "value")

    def _body(self) -> widgets.HBox:
        view = [
            widgets.HBox(list(self.tiles.values())).add_class("crm-tiles"),
            self.caption,
            self.status,
            self.charts,
        ]
        return widgets.HBox([self.grid, widgets.VBox(view).add_class("crm-view")]).add_class("crm-body")


def _html(classes: str, value: str = "") -> widgets.HTML:
    made = widgets.HTML(value)
    for one in classes.split():
        made.add_class(one)
    return made


def _effect(before: Run, now: Run) -> str:
    """What was moved and what that did: Points per unit spent 1 → 2: CLV +3.10 ± 0.20, Churn −0.05."""
    moved = differences(before.scenario, now.scenario)
    if not moved:
        return ""
    changes = [f"{one.tile.label} {one.change_text}" for one in tiles.readings(now, before) if one.direction]
    return f"{_listed(moved)}: {', '.join(changes) or 'no key figure changes'}"


def _comparison(baseline: Scenario, now: Scenario) -> str:
    moved = differences(baseline, now)
    if not moved:
        return "The run is its own baseline: move a lever to see what it does."
    return f"Compared with the baseline under the same luck: {_listed(moved)}"


def _listed(moved: list[str]) -> str:
    more = len(moved) - NAMED_DIFFERENCES
    return ", ".join(moved[:NAMED_DIFFERENCES]) + (f" and {more} more" if more > 0 else "")
