"""Predict first: the panel in which a forecast is written down, locked and scored."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np
import pandas as pd

from sim.lab.console import html_line
from sim.lab.forecast import DIRECTIONS, FIGURES, Expectation, Forecast, Logbook, figure, standing
from sim.lab.sheet_table import table_html
from sim.lab.tiles import number
from sim.lab.ways.way import Way

if TYPE_CHECKING:
    from sim.lab.deck import FlightDeck
    from sim.run import Run
    from sim.scenario import Scenario

NO_FORECAST = "no forecast"
CONFIDENCES = {"50 %": 0.5, "80 %": 0.8, "90 %": 0.9, "95 %": 0.95}
INTERVAL_SCORE = (
    "The score of a range is its width plus, if it missed, 2 / (100 % − its confidence) times by how much: "
    "less is better, and nobody can expect to do better than with the range they believe in "
    "(interval score, Gneiting & Raftery 2007)."
)
_SIZES = {"": 1.0, "k": 1e3, "M": 1e6, "bn": 1e9}
_NUMBER = re.compile(r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|[+-]?\.\d+)\s*(k|M|bn|)\s*%?")


class Predict(Way):
    """A row a key figure, a button that locks them, and what became of all forecasts so far.

    From code: `fill` and `lock` do what hands do; `logbook.history` has every forecast and its score.
    """

    TITLE = "Predict first"
    WHAT = "Write down what your next move will do; the forecast is locked, then scored by what happens"
    CSS = """
.crm-deck .crm-way-predict .crm-expectation { display: grid; width: auto; gap: 6px; align-items: center;
  grid-template-columns: minmax(150px, 1.3fr) 110px repeat(3, minmax(110px, 1fr)); padding: 1px 0; }
.crm-deck .crm-way-predict .crm-expectation > * { width: auto; }
.crm-deck .crm-way-predict .crm-expectation .widget-label { width: auto; margin-right: 5px; }
.crm-deck .crm-way-predict .crm-deeds { display: flex; flex-wrap: wrap; gap: 6px; align-items: center;
  padding: 4px 0; }
.crm-deck .crm-way-predict .crm-deeds > * { width: auto; }
.crm-deck .crm-way-predict .crm-table-page { max-height: 220px; }
@container (max-width: 700px) {
  .crm-deck .crm-way-predict .crm-expectation { grid-template-columns: 1fr 1fr; padding: 4px 0; }
}
"""

    def __init__(self, deck: FlightDeck) -> None:
        self.logbook = Logbook()
        self._company = deck.state.own
        self._seen: list[tuple[Scenario, int]] = []
        self._remark = ""
        self.rows = {kpi: _Row(kpi) for kpi in FIGURES}
        self.confidence = widgets.Dropdown(
            options=CONFIDENCES, value=0.8, description="The ranges hold the outcome with"
        )
        self.confidence.style.description_width = "initial"
        self.lock_button = deck._button("Lock forecast", "From then on it cannot be changed", self.lock)
        self.withdraw_button = deck._button(
            "Withdraw", "Give the locked forecast up; the history says so", self.withdraw
        )
        self.state, self.result = html_line("crm-way-state"), html_line()
        self.score, self.history = html_line(), html_line("crm-table")
        deeds = widgets.HBox([self.confidence, self.lock_button, self.withdraw_button])
        fields = [row.widget for row in self.rows.values()]
        said = [self.state, self.result, self.score, self.history]
        super().__init__(deck, [*fields, deeds.add_class("crm-deeds"), *said])
        self.add_class("crm-way-predict")

    def fill(self, forecast: Forecast) -> None:
        """Write a forecast into the fields. ValueError while one is locked."""
        if self.logbook.locked is not None:
            raise ValueError("a forecast is locked: it cannot be changed before it is scored or withdrawn")
        for kpi, row in self.rows.items():
            row.show(forecast.expectations.get(kpi))
        for one in forecast.expectations.values():
            self.confidence.value = one.confidence

    def lock(self, forecast: Forecast | None = None) -> None:
        """Fix what the fields say, or this forecast; the next move is scored against it.

        ValueError, which says what is wrong, if it cannot be.
        """
        if forecast is not None:
            self.fill(forecast)
        typed = {kpi: row.expectation(self.confidence.value) for kpi, row in self.rows.items()}
        given = Forecast({kpi: one for kpi, one in typed.items() if one})
        self.logbook.lock(given if forecast is None else forecast, self.deck.run)
        self._company, self._remark = self.deck.state.own, ""
        flight = self.deck._flight
        self._seen = [(one.scenario, one.seed) for one in (*flight.past, *flight.future, flight.state)]
        self.result.value = ""
        self.refresh()

    def withdraw(self) -> None:
        """Give the locked forecast up. ValueError if there is none."""
        self.logbook.withdraw()
        self._remark = "Withdrawn."
        self.refresh()

    def after_move(self) -> None:
        """Score the locked forecast, if this run is news, and of the same customers with the same luck."""
        run, before = self.deck.run, self.logbook.before
        if before is None or run is before:
            return
        self._remark = self._why_not(run, before)
        if not self._remark:
            self._tell(self.logbook.arrive(run))

    def refresh(self) -> None:
        """Show where the forecast stands."""
        locked = self.logbook.locked is not None
        for row in self.rows.values():
            row.hold(locked, self.deck.run)
        self.confidence.disabled = self.lock_button.disabled = locked
        self.withdraw_button.disabled = not locked
        self.state.value = f'<span role="status">{escape(self._state())}</span>'
        if not self.logbook.history.empty:
            self.score.value = _standing_html(self.logbook.history)
            self.history.value = table_html(written(self.logbook.history), "All forecasts")

    def _why_not(self, run: Run, before: Run) -> str:
        if run.seed != before.seed or self.deck.state.own != self._company:
            return f"It waits: it is about {self._company.name} with seed {before.seed}. Undo leads back."
        if any(one == (run.scenario, run.seed) for one in self._seen):
            return "It waits: what is shown now had been flown before the forecast."
        return ""

    def _tell(self, scored: pd.DataFrame) -> None:
        lines = "".join(f"<li>{escape(in_words(row))}</li>" for _, row in scored.iterrows())
        self.result.value = f'<div role="status"><b>Your forecast, scored</b><ul>{lines}</ul></div>'
        for row in self.rows.values():
            row.show(None)

    def _state(self) -> str:
        if self.logbook.locked is not None:
            return f"Locked. Now move a lever: the forecast is scored by what happens. {self._remark}".strip()
        if any(row.is_begun for row in self.rows.values()):
            return f"{self._remark} Not locked yet: a move before you lock is not scored.".strip()
        asked = "What will your next move do? Choose a direction, if you like a number or a range, and lock."
        return f"{self._remark} {asked}".strip()


class _Row:
    """The fields of one key figure."""

    def __init__(self, kpi: str) -> None:
        self.kpi, self.tile = kpi, FIGURES[kpi]
        label = self.tile.label
        self.name = html_line()
        self.direction = widgets.Dropdown(
            options=(NO_FORECAST, *DIRECTIONS), tooltip=f"{label}: which way will it go?"
        )
        self.value = self._field("number", f"{label}: how much will it be?")
        self.low = self._field("from", f"{label}: the lower end of a range, if you like")
        self.high = self._field("to", f"{label}: the upper end of the range")
        fields = [self.name, self.direction, self.value, self.low, self.high]
        self.widget = widgets.HBox(fields).add_class("crm-expectation")

    @property
    def is_begun(self) -> bool:
        return self.direction.value != NO_FORECAST

    def expectation(self, confidence: float) -> Expectation | None:
        """What the fields say; ValueError names the figure if they make no sense."""
        numbers = {name: self._number(name) for name in ("value", "low", "high")}
        if not self.is_begun:
            if any(one is not None for one in numbers.values()):
                raise ValueError(f"{self.tile.label}: choose whether it falls, stays or rises, too")
            return None
        try:
            return Expectation(self.direction.value, **numbers, confidence=confidence)
        except ValueError as error:
            raise ValueError(f"{self.tile.label}: {error}") from None

    def show(self, expected: Expectation | None) -> None:
        """Say this; None: nothing."""
        self.direction.value = expected.direction if expected else NO_FORECAST
        for name in ("value", "low", "high"):
            given = getattr(expected, name, None)
            getattr(self, name).value = "" if given is None else repr(float(given)).removesuffix(".0")

    def hold(self, is_locked: bool, run: Run) -> None:
        """Take no more, or do; the figure of this run is the present one."""
        for one in (self.direction, self.value, self.low, self.high):
            one.disabled = is_locked
        now = number(figure(self.kpi, run), self.tile.digits)
        unit = self.tile.unit.format(currency=run.scenario.currency)
        self.name.value = f"<b>{escape(self.tile.label)}</b> now {now} <small>{escape(unit)}</small>"

    def _number(self, name: str) -> float | None:
        text = getattr(self, name).value.strip()
        try:
            return parsed(text) if text else None
        except ValueError as error:
            raise ValueError(f"{self.tile.label}: {error}") from None

    def _field(self, description: str, tooltip: str) -> widgets.Text:
        return widgets.Text(description=description, tooltip=tooltip, placeholder="optional")


def parsed(text: str) -> float:
    """The number that somebody typed as tiles write it; ValueError if it is none.

    >>> parsed("−1,250.5"), parsed("1.25M"), parsed("3 %")
    (-1250.5, 1250000.0, 3.0)
    """
    found = _NUMBER.fullmatch(text.strip().replace("−", "-"))
    if not found:
        raise ValueError(
            f"{text!r} is no number; allowed: such as 62.5, −3 or 1,250, with a point for decimals"
        )
    return float(found[1].replace(",", "")) * _SIZES[found[2]]


def in_words(row: Any) -> str:
    """What became of the forecast of one key figure, a row of `forecast.score`."""
    verdict = "right" if row["direction_right"] else f"wrong: {row['outcome']}"
    parts = [f"{row['figure']} {row['forecast']}: {verdict} ({row['before']:,.6g} → {row['after']:,.6g})"]
    if not np.isnan(row["error"]):
        percent = "" if np.isnan(row["error_percent"]) else f" ({row['error_percent']:.1f} %)"
        parts.append(f"off by {row['error']:+,.4g} {row['unit']}{percent}")
    if not pd.isna(row["held"]):
        held = "held it" if row["held"] else "missed it"
        parts.append(
            f"the {row['confidence']:.0%} range {row['low']:,.6g} to {row['high']:,.6g} {held}, "
            f"score {row['interval_score']:,.4g}"
        )
    return "; ".join(parts).replace("-", "−")


def written(history: pd.DataFrame) -> pd.DataFrame:
    """The history for people, the latest forecast first."""
    latest = history.sort_values("forecast_number", ascending=False, kind="stable")
    ranges = [
        "" if np.isnan(low) else f"{low:,.6g} to {high:,.6g} ({confidence:.0%})"
        for low, high, confidence in latest[["low", "high", "confidence"]].to_numpy(float)
    ]
    columns = {
        "moved": latest["moved"],
        "figure": latest["figure"],
        "forecast": latest["forecast"],
        "outcome": latest["outcome"],
        "number": _texts(latest["value"], ",.6g"),
        "range": ranges,
        "before": _texts(latest["before"], ",.6g"),
        "after": _texts(latest["after"], ",.6g"),
        "off by %": _texts(latest["error_percent"], ".1f"),
        "held": latest["held"].map({True: "held", False: "missed"}).fillna(""),
        "range score": _texts(latest["interval_score"], ",.4g"),
    }
    return pd.DataFrame(columns).set_index(pd.Index(latest["forecast_number"], name="forecast no."))


def _texts(values: pd.Series[float], form: str) -> list[str]:
    return ["" if np.isnan(one) else f"{one:{form}}".replace("-", "−") for one in values.astype(float)]


def _standing_html(history: pd.DataFrame) -> str:
    """The running score in words, with the rule of the range's score where one is shown."""
    now = standing(history)
    if not now.forecasts:
        return ""
    share = now.directions_right / now.forecasts
    parts = [f"directions right {now.directions_right} of {now.forecasts} ({share:.0%})"]
    if not np.isnan(now.error_percent):
        parts.append(f"numbers off by {now.error_percent:.1f} % on average")
    parts += [
        f"{one.held:.0f} of {one.ranges:.0f} of the {level:.0%} ranges held"
        for level, one in now.calibration.iterrows()
    ]
    if np.isnan(now.interval_score_percent):
        return f"<b>So far</b>: {'; '.join(parts)}."
    parts.append(f"mean range score {now.interval_score_percent:.1f} % of the figure before")
    return f"<b>So far</b>: {'; '.join(parts)}. <small>{escape(INTERVAL_SCORE)}</small>"
