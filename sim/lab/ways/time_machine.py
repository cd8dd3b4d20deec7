"""The way to fly that goes back to a month and moves levers from there on."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import pandas as pd

from sim.lab.console import html_line
from sim.lab.ways.way import Way
from sim.run import Run
from sim.scenario import Scenario, levers

if TYPE_CHECKING:
    from sim.lab.deck import FlightDeck


def changes_table(scenario: Scenario) -> pd.DataFrame:
    """What changes during the run, by month: month (after how many), lever, label and value."""
    labels = {lever.name: lever.label for lever in levers()}
    rows = [
        (one.month, name, labels[name], value)
        for one in scenario.changes
        for name, value in one.levers.items()
    ]
    table = pd.DataFrame(rows, columns=["month", "lever", "label", "value"])
    return table.sort_values("month", kind="stable", ignore_index=True)


def month_names(run: Run) -> list[str]:
    """From where levers can move: the start, then each month by number and name."""
    later = [f"month {place}: {start:%B %Y}" for place, start in enumerate(run.month_starts[1:-1], start=1)]
    return ["the start", *later]


class TimeMachine(Way):
    """A slider of the months, and the changes made so far, each with a button that takes it back.

    From code: `deck.rewind(month)` and `deck.drop(month, lever)`; `changes_table` is the list.
    """

    TITLE = "Time machine"
    WHAT = "Go back to a month and move levers from there on: what was before stays as it was"
    CSS = """
.crm-deck .crm-way-time-machine .widget-hslider, .crm-deck .crm-way-time-machine .widget-selection-slider {
  width: min(640px, 100%); }
.crm-deck .crm-way-time-machine .crm-change-row { align-items: center; gap: 8px; }
.crm-deck .crm-way-time-machine .crm-change-row .jupyter-button { width: auto; }
"""

    def __init__(self, deck: FlightDeck) -> None:
        self.slider = widgets.SelectionSlider(
            options=[("the start", 0)],
            description="Levers move from",
            tooltip="The month from whose first day on levers move",
            continuous_update=False,
            style={"description_width": "initial"},
        )
        self.slider.observe(self._slid, "value")
        self.text, self.changes = html_line("crm-what"), widgets.VBox()
        super().__init__(deck, [self.slider, self.text, self.changes])
        self.add_class("crm-way-time-machine")

    def refresh(self) -> None:
        """Stand where the deck stands and list its changes."""
        names = month_names(self.deck.run)
        month = self.deck.state.month
        self.slider.unobserve(self._slid, "value")
        if [name for name, _ in self.slider.options] != names:
            self.slider.options = [(name, place) for place, name in enumerate(names)]
        self.slider.value = month
        self.slider.observe(self._slid, "value")
        self.text.value = escape(_in_words(month, names[month]))
        rows = [self._row(one) for one in changes_table(self.deck.scenario).itertuples()]
        self.changes.children = rows or [widgets.HTML("No lever changes during the run so far.")]

    def _slid(self, change: dict[str, Any]) -> None:
        self.deck._by_hand(lambda: self.deck.rewind(change["new"]))

    def _row(self, one: Any) -> widgets.HBox:
        name = (
            month_names(self.deck.run)[one.month] if one.month < len(self.slider.options) else "after the end"
        )
        text = widgets.HTML(escape(f"From {name}: {one.label} {_number(one.value)}"))
        button = widgets.Button(description="Take back", tooltip=f"Take back: {one.label} from {name}")
        drop = partial(self.deck.drop, one.month, one.lever)
        button.on_click(lambda _: self.deck._by_hand(drop))
        return widgets.HBox([text, button]).add_class("crm-change-row")


def _in_words(month: int, name: str) -> str:
    if not month:
        return "A lever that is moved now is moved from the first day on: the whole history is lived anew."
    when = name.partition(": ")[2]
    return (
        f"A lever that is moved now is moved on 1 {when}: all that happened before stays exactly as it was. "
        "The market cannot be moved from here, only what the company decides."
    )


def _number(value: object) -> str:
    return f"{value:,.6g}" if isinstance(value, int | float) else str(value)
