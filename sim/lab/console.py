"""What every widget with levers shares: moves by hand and from code, the bar, the line of what happened."""

from abc import ABCMeta, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from threading import RLock
from typing import Any, Generic, TypeVar

import ipywidgets as widgets
from traitlets import MetaHasTraits

from sim import scenario_files
from sim.lab import theme, tiles
from sim.lab.controls import Controls
from sim.lab.debounce import Debounce
from sim.lab.flight import Company, as_scenario, differences, file_name
from sim.lab.screen_reader import ScreenReader
from sim.run import Run
from sim.scenario import Scenario

NAMED_DIFFERENCES = 3

Flown = TypeVar("Flown", bound=Company)


class AbstractWidget(MetaHasTraits, ABCMeta):
    """The kind of a widget that lacks methods: only a subclass that gives all of them can be made."""


class Console(widgets.VBox, Generic[Flown], metaclass=AbstractWidget):
    """Controls of a company that is flown, and what they do.

    What hands do on the screen, methods do from code. From code, what cannot be raises ScenarioError or
    ValueError; on the screen the `status` line says it. Either way the last good views stay.

    JupyterLab delivers the moves of hands in two threads, one of them that of the cells. So moves are queued
    by whoever brings them, one thread at a time flies and shows, and no control is set that a hand is on.

    A kind of console says in `_board` what it flies, makes its views in `_body`, fills them in `_show_views`.
    """

    def __init__(self, scenario: Scenario | str | Path, seed: int = 1) -> None:
        self._soon = Debounce(self._settle)
        self._flight = self._board(scenario, seed)
        self._moves: deque[tuple[str, Any]] = deque()
        self._lock = RLock()
        self._is_refused = self._is_showing = False
        self._choices = {name: scenario_files.load(name) for name in scenario_files.scenarios().index}
        self.controls = Controls(self.scenario, self._moved)
        self.caption, self.status = html_line("crm-caption"), html_line("crm-status")
        style = widgets.HTML(f"<style>{theme.CSS}</style>")
        super().__init__([style, self._bar(), self._body(), ScreenReader()])
        self.add_class("crm-deck")
        self._show("")

    def __repr__(self) -> str:
        return f"{type(self).__name__} of {self.scenario.name!r}, seed {self.seed}"

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
        """All levers back to the scenario's own."""
        self._fly(self._flight.reset)

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
        """Take the widget off the screen; a move that still waits is forgotten."""
        self._soon.cancel()
        super().close()

    @abstractmethod
    def _board(self, scenario: Scenario | str | Path, seed: int) -> Flown:
        """What is flown."""

    @abstractmethod
    def _body(self) -> widgets.Widget:
        """The levers and the views."""

    @abstractmethod
    def _show_views(self) -> None:
        """Fill the views and the caption from the present run and its baseline."""

    def _show_controls(self, by_hand: set[str]) -> None:
        """Set all controls but those that a hand has set, and may be moving on."""
        self.controls.show(self.scenario, by_hand)

    def _tools(self) -> list[widgets.Widget]:
        """What the bar holds beside scenario, seed and file."""
        return [self._button("Reset levers", "All levers back to the scenario's own", self.reset)]

    def _stand(self, name: str) -> Any:
        """Where the control of this name should stand."""
        return self.scenario[name]

    def _fly(self, action: Callable[[], None], done: str = "", by_hand: Iterable[str] = ()) -> None:
        with self._lock:
            self._settle()
            with self._busy():
                before = self.run
                action()
                self._show(done or self._effect(before, self.run), by_hand)

    def _effect(self, before: Run, now: Run) -> str:
        """What was moved and what that did: Points per unit spent 1 → 2: CLV +3.10 ± 0.20, Churn −0.05."""
        moved = self._moved_in_words(before.scenario, now.scenario)
        if not moved:
            return ""
        readings = tiles.readings(now, before)
        changes = [f"{one.tile.label} {one.change_text}" for one in readings if one.direction]
        return f"{listed(moved)}: {', '.join(changes) or 'no key figure changes'}"

    def _moved_in_words(self, before: Scenario, now: Scenario) -> list[str]:
        return differences(before, now)

    @contextmanager
    def _busy(self) -> Iterator[None]:
        """Fade the views, should it take long."""
        self.add_class("crm-busy")
        try:
            yield
        finally:
            self.remove_class("crm-busy")

    def _show(self, done: str, by_hand: Iterable[str] = ()) -> None:
        self._show_views()
        self.status.value = escape(done)
        self._is_refused = False
        self._show_controls({*by_hand, *(name for name, _ in tuple(self._moves))})
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
            is_news = self._is_refused or any(self._stand(name) != value for name, value in moves.items())
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
            *self._tools(),
            widgets.HTML().add_class("crm-gap"),
            self._file,
            self._button("Save as TOML", "Write the scenario beside the notebook", self._save_typed),
        ]
        return widgets.HBox(row).add_class("crm-bar")

    def _save_typed(self) -> None:
        self.save(file_name(self._file.value))

    def _button(self, label: str, tooltip: str, action: Callable[[], object]) -> widgets.Button:
        button = widgets.Button(description=label, tooltip=tooltip)
        button.on_click(lambda _: self._by_hand(action))
        return button

    def _on_value(self, control: widgets.ValueWidget, action: Callable[[], None]) -> None:
        control.observe(lambda _: None if self._is_showing else self._by_hand(action), "value")


def html_line(*classes: str) -> widgets.HTML:
    """An empty piece of HTML with these classes."""
    made = widgets.HTML()
    for one in classes:
        made.add_class(one)
    return made


def listed(moved: list[str]) -> str:
    """The first few of these in words, and how many more there are."""
    more = len(moved) - NAMED_DIFFERENCES
    return ", ".join(moved[:NAMED_DIFFERENCES]) + (f" and {more} more" if more > 0 else "")
