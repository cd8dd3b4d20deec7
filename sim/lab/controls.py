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


def on_grid(value: float, low: float, high: float, step: float) -> float:
    """The place of a slider nearest to a value, in whole steps from its low end.

    A browser rounds a slider that stands elsewhere when it is shown, and reports that as a move: late, it
    would take back what has been decided meanwhile.
    """
    return min(round(low + step * round((value - low) / step), 10), high)


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
        assert lever.step is not None
        is_whole = lever.kind is int
        low, high = slider_range(lever, scenario[lever.name])
        place = on_grid(scenario[lever.name], low, high, lever.step)
        self.slider = (widgets.IntSlider if is_whole else widgets.FloatSlider)(
            place, min=low, max=high, step=lever.step, readout=False, **_texts(lever, scenario)
        )
        self.box = (widgets.IntText if is_whole else widgets.FloatText)(
            scenario[lever.name], step=lever.step, tooltip=_tooltip(lever)
        )
        self.slider.observe(self._slid, "value")
        self.box.observe(self._typed, "value")
        self._sliders = [self.slider]
        self._currency = scenario.currency
        self.widget = widgets.HBox([self.slider, self.box, source_card(lever)]).add_class("crm-lever")

    def small(self) -> widgets.DOMWidget:
        """One more slider of the same lever, which shows its number itself; it moves with the other."""
        made = (widgets.IntSlider if self._lever.kind is int else widgets.FloatSlider)(
            self.slider.value,
            min=self.slider.min,
            max=self.slider.max,
            step=self._lever.step,
            readout_format=",.9",  # nine digits, less the zeros at their end
            description=_in_one(self._lever, self._currency),
            description_allow_html=True,
            tooltip=_tooltip(self._lever),
        )
        made.observe(self._slid, "value")
        self._sliders.append(made)
        return made.add_class("crm-main-lever")

    def show(self, scenario: Scenario) -> None:
        """Stand where the scenario's lever stands."""
        self._currency = scenario.currency
        self.slider.description = _description(self._lever, scenario)
        for small in self._sliders[1:]:
            small.description = _in_one(self._lever, scenario.currency)
        self.box.value = scenario[self._lever.name]

    def _slid(self, change: dict[str, Any]) -> None:
        """A slider that only stands on its grid beside the number has not been moved."""
        if abs(change["new"] - self.box.value) > self.slider.step / 2 * (1 + 1e-9):
            self.box.value = round(change["new"], 10)

    def _typed(self, change: dict[str, Any]) -> None:
        lever, value = self._lever, change["new"]
        if lever.low <= value <= lever.high:
            for slider in self._sliders:
                self._place(slider, value)
        self._on_move(lever.name, value)

    def _place(self, slider: Any, value: float) -> None:
        """Bring a slider to a value, and its ends along if they are too near.

        A slider that is there already is left alone: to set it again would pull it out of the hand.
        """
        low, high = slider.min, slider.max
        if not low <= value <= high:
            low, high = slider_range(self._lever, value)
        place = on_grid(value, low, high, slider.step)
        if isclose(slider.value, place, abs_tol=1e-9) and (low, high) == (slider.min, slider.max):
            return
        # in one message: a browser that knew the value before the ends would cut it and report a move
        with slider.hold_sync(), slider.hold_trait_notifications():
            slider.min, slider.max, slider.value = low, high, place


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
        row = widgets.HBox([self.box, source_card(lever)])
        self.widget = row.add_class("crm-lever").add_class("crm-wide")

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
    unit = _unit(lever, scenario.currency)
    return f'<span>{escape(lever.label)}</span><span class="crm-unit">{escape(unit)}</span>'


def _in_one(lever: Lever, currency: str) -> str:
    return f'{escape(lever.label)} <span class="crm-unit">{escape(_unit(lever, currency))}</span>'


def _unit(lever: Lever, currency: str) -> str:
    return lever.unit.replace("currency unit", "currency").replace("currency", currency)


def source_card(lever: Lever) -> widgets.HTML:
    """A question mark that unfolds what a lever does, what is allowed, and where its default comes from.

    It is the browser's own fold: reached and opened from the keyboard, and read out by screen readers.
    """
    rows = {"Allowed": lever.allowed, "Default": _default(lever), "Source": lever.source}
    listed = "".join(f"<dt>{head}</dt><dd>{escape(text)}</dd>" for head, text in rows.items())
    about = f"About {escape(lever.label)}"
    mark = f'<summary aria-label="{about}" title="{about}">?</summary>'
    card = widgets.HTML(f"<details>{mark}<p>{escape(lever.what)}</p><dl>{listed}</dl></details>")
    return card.add_class("crm-card")


def _default(lever: Lever) -> str:
    return f"{lever.default:,.6g}" if lever.kind in (int, float) else str(lever.default)


def _tooltip(lever: Lever) -> str:
    return f"{lever.what}\nAllowed: {lever.allowed}. Source: {lever.source}."
