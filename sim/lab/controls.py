"""The controls of the deck, generated from the declarations of the levers."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from html import escape
from math import isclose
from threading import Lock
from typing import Any, Protocol

import ipywidgets as widgets
import numpy as np

from sim.scenario import Lever, Scenario, levers

REACH = 20
"""A slider runs this many steps of its lever to either side."""

OnMove = Callable[[str, Any], None]


class Control(Protocol):
    """One lever on the screen. It calls `on_move(name, value)` on every move, by hand or by `show`."""

    widget: widgets.DOMWidget

    def show(self, scenario: Scenario) -> None:
        """Stand where the scenario's lever stands."""


def slider_range(lever: Lever, value: float) -> tuple[float, float]:
    """Where the slider of a lever that stands at `value` begins and ends.

    The one rule: `REACH` steps to either side, in round multiples of the step, within the lever's bounds.
    Many levers are allowed far more than anybody tries; a number typed beyond the slider's ends moves them.
    """
    assert lever.low is not None and lever.high is not None and lever.step is not None
    low = np.ceil(max(value / lever.step - REACH, lever.low / lever.step) - 1e-9) * lever.step
    high = np.ceil(value / lever.step + REACH - 1e-9) * lever.step
    return float(round(min(low, value), 10)), float(round(min(high, lever.high), 10))


def control(lever: Lever, scenario: Scenario, on_move: OnMove) -> Control:
    """The control for this kind of lever."""
    kind = NumberControl if lever.kind in (int, float) else ChoiceControl
    return kind(lever, scenario, on_move)


class Controls(Mapping[str, Control]):
    """The control of every lever, by dotted name. Each is made when it is first asked for.

    Several threads may ask and show at once: a control that is made stands on the scenario shown last.
    """

    def __init__(self, scenario: Scenario, on_move: OnMove) -> None:
        self._scenario = scenario
        self._on_move = on_move
        self._levers = {lever.name: lever for lever in levers()}
        self._made: dict[str, Control] = {}
        self._lock = Lock()

    def __getitem__(self, name: str) -> Control:
        with self._lock:
            if name not in self._made:
                self._made[name] = control(self._levers[name], self._scenario, self._on_move)
            return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._levers)

    def __len__(self) -> int:
        return len(self._levers)

    def show(self, scenario: Scenario, but_not: set[str]) -> None:
        """Set all controls to the scenario, but for those that are named."""
        with self._lock:
            self._scenario = scenario
            shown = [self._made[name] for name in self._made.keys() - but_not]
        for one in shown:
            one.show(scenario)


class NumberControl:
    """A slider for the hand and a box for any number: what cannot be, the scenario refuses in words."""

    def __init__(self, lever: Lever, scenario: Scenario, on_move: OnMove) -> None:
        self._lever = lever
        self._on_move = on_move
        is_whole = lever.kind is int
        low, high = slider_range(lever, scenario[lever.name])
        self.slider = (widgets.IntSlider if is_whole else widgets.FloatSlider)(
            scenario[lever.name], min=low, max=high, step=lever.step, readout=False, **_texts(lever, scenario)
        )
        self.box = (widgets.IntText if is_whole else widgets.FloatText)(
            scenario[lever.name], step=lever.step, tooltip=_tooltip(lever)
        )
        self.slider.observe(self._slid, "value")
        self.box.observe(self._typed, "value")
        self.widget = widgets.HBox([self.slider, self.box]).add_class("crm-lever")

    def show(self, scenario: Scenario) -> None:
        """Stand where the scenario's lever stands."""
        self.slider.description = _description(self._lever, scenario)
        self.box.value = scenario[self._lever.name]

    def _slid(self, change: dict[str, Any]) -> None:
        """A slider that only rounds, as the browser's does when it is shown, has not been moved."""
        if abs(change["new"] - self.box.value) > self.slider.step / 2 * (1 + 1e-9):
            self.box.value = round(change["new"], 10)

    def _typed(self, change: dict[str, Any]) -> None:
        lever, value = self._lever, change["new"]
        if lever.low <= value <= lever.high:
            self._place(value)
        self._on_move(lever.name, value)

    def _place(self, value: float) -> None:
        """Bring the slider to a value, and its ends along if they are too near.

        A slider that is there already is left alone: to set it again would pull it out of the hand.
        """
        if isclose(self.slider.value, value, abs_tol=1e-9):
            return
        with self.slider.hold_trait_notifications():
            if not self.slider.min <= value <= self.slider.max:
                self.slider.min, self.slider.max = slider_range(self._lever, value)
            self.slider.value = value


class ChoiceControl:
    """A menu of words, or a calendar for a date."""

    def __init__(self, lever: Lever, scenario: Scenario, on_move: OnMove) -> None:
        self._lever = lever
        self._on_move = on_move
        texts, value = _texts(lever, scenario), scenario[lever.name]
        if lever.kind is date:
            self.box = widgets.DatePicker(value=value, **texts)
        else:
            self.box = widgets.Dropdown(options=lever.choices, value=value, **texts)
        self.box.observe(lambda change: on_move(lever.name, change["new"]), "value")
        self.widget = widgets.HBox([self.box]).add_class("crm-lever").add_class("crm-wide")

    def show(self, scenario: Scenario) -> None:
        """Stand where the scenario's lever stands."""
        self.box.value = scenario[self._lever.name]


def _texts(lever: Lever, scenario: Scenario) -> dict[str, Any]:
    return {
        "description": _description(lever, scenario),
        "description_allow_html": True,
        "tooltip": _tooltip(lever),
    }


def _description(lever: Lever, scenario: Scenario) -> str:
    unit = lever.unit.replace("currency unit", "currency").replace("currency", scenario.currency)
    return f'<span>{escape(lever.label)}</span><span class="crm-unit">{escape(unit)}</span>'


def _tooltip(lever: Lever) -> str:
    return f"{lever.what}\nAllowed: {lever.allowed}. Source: {lever.source}."
