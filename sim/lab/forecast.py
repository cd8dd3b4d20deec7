"""Predict first: forecasts of what a move will do to the key figures, locked before and scored after it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.lab.flight import differences
from sim.lab.tiles import TILES, Tile, number
from sim.run import Run
from sim.scenario import Scenario

DIRECTIONS = ("falls", "stays", "rises")
WITHDRAWN = "withdrawn"
FIGURES: Mapping[str, Tile] = MappingProxyType({tile.kpi: tile for tile in TILES})
"""What can be forecast, by KPI."""


@dataclass(frozen=True)
class Expectation:
    """What somebody expects of one key figure, in the unit of its tile: churn in percent, money in currency.

    direction   falls, stays or rises, against the run shown when the forecast is locked; it stays if the
                figure, as its tile writes it, does not change
    value       the figure after the move, if wanted
    low, high   the range that will hold it, if wanted, with the probability `confidence`

    ValueError for what contradicts itself.
    """

    direction: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    confidence: float = 0.8

    def __post_init__(self) -> None:
        if self.direction not in DIRECTIONS:
            raise ValueError(f"the direction is {self.direction!r}; allowed: {', '.join(DIRECTIONS)}")
        for name in ("value", "low", "high"):
            given = getattr(self, name)
            if given is not None and not np.isfinite(given):
                raise ValueError(f"{name} is {given!r}; allowed: a number or nothing")
        if not 0 < self.confidence < 1:
            raise ValueError(f"the confidence is {self.confidence!r}; allowed: a number between 0 and 1")
        self._require_range()

    def _require_range(self) -> None:
        if (self.low is None) != (self.high is None):
            raise ValueError(f"the range is {self.low} to {self.high}; allowed: both ends or none")
        if self.low is None or self.high is None:
            return
        if self.low >= self.high:
            raise ValueError(f"the range is {self.low:g} to {self.high:g}; allowed: from a lower to a higher")
        if self.value is not None and not self.low <= self.value <= self.high:
            raise ValueError(f"the number {self.value:g} is not between {self.low:g} and {self.high:g}")

    @property
    def point(self) -> float:
        """The one number: `value`, else the middle of the range, else NaN."""
        if self.value is not None:
            return self.value
        return np.nan if self.low is None or self.high is None else (self.low + self.high) / 2


@dataclass(frozen=True)
class Forecast:
    """What somebody expects of one or more key figures: `Forecast({"nps": Expectation("rises")})`.

    ValueError for none and for a KPI that is not among `FIGURES`.
    """

    expectations: Mapping[str, Expectation]

    def __post_init__(self) -> None:
        if not self.expectations:
            raise ValueError("the forecast is empty; allowed: a direction for at least one key figure")
        for kpi in self.expectations:
            if kpi not in FIGURES:
                raise ValueError(f"there is no forecast of {kpi!r}; allowed: {', '.join(FIGURES)}")
        object.__setattr__(self, "expectations", MappingProxyType(dict(self.expectations)))


def score(forecast: Forecast, before: Run, after: Run) -> pd.DataFrame:
    """How good a forecast was: one row a key figure, by KPI, all numbers in the tile's unit.

    figure, unit; before, after; forecast and outcome, the two directions, and direction_right; value, low,
    high and confidence as forecast. error is value less outcome (of a range: its middle), error_percent the
    size of that in percent of the outcome (NaN where it is 0); held, whether the range held the outcome (none
    without a range).

    interval_score: the width of the range plus, if it missed, 2 / alpha times by how much, alpha = 1 -
    confidence (Gneiting & Raftery 2007, eq. 43). Less is better, and whoever gives the range that they
    believe in expects the best score. interval_score_percent is that in percent of the size of `before`,
    which is known beforehand, so that the score stays proper (NaN where it is 0).
    """
    rows = {kpi: _row(kpi, one, before, after) for kpi, one in forecast.expectations.items()}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("kpi")
    return table.astype({"held": "boolean", "direction_right": bool})


def figure(kpi: str, run: Run) -> float:
    """A key figure of a run in the unit of its tile."""
    return float(run.kpis()[kpi]) * FIGURES[kpi].scale


def interval_score(low: float, high: float, confidence: float, outcome: float) -> float:
    """The score of a range that was to hold the outcome with this probability; less is better.

    >>> interval_score(60, 64, 0.8, 63), interval_score(60, 64, 0.75, 65)
    (4.0, 12.0)
    """
    missed = max(low - outcome, 0.0) + max(outcome - high, 0.0)
    return float(high - low + 2 / (1 - confidence) * missed)


def _row(kpi: str, expected: Expectation, before: Run, after: Run) -> dict[str, object]:
    tile, old, new = FIGURES[kpi], figure(kpi, before), figure(kpi, after)
    outcome = _direction(tile, old, new)
    error = expected.point - new
    return {
        "figure": tile.label,
        "unit": tile.unit.format(currency=before.scenario.currency),
        "before": old,
        "after": new,
        "forecast": expected.direction,
        "outcome": outcome,
        "direction_right": expected.direction == outcome,
        "value": expected.point,
        "error": error,
        "error_percent": 100 * abs(error / new) if new else np.nan,
        **_range(expected, old, new),
    }


def _range(expected: Expectation, before: float, outcome: float) -> dict[str, object]:
    if expected.low is None or expected.high is None:
        nothing = dict.fromkeys(("low", "high", "confidence"), np.nan)
        return {**nothing, "held": None, "interval_score": np.nan, "interval_score_percent": np.nan}
    loss = interval_score(expected.low, expected.high, expected.confidence, outcome)
    return {
        "low": expected.low,
        "high": expected.high,
        "confidence": expected.confidence,
        "held": expected.low <= outcome <= expected.high,
        "interval_score": loss,
        "interval_score_percent": 100 * loss / abs(before) if before else np.nan,
    }


def _direction(tile: Tile, before: float, after: float) -> str:
    """As the tile's arrow; "unknown" where one of the runs has no such figure."""
    change = after - before
    return "unknown" if np.isnan(change) else DIRECTIONS[1 + int(np.sign(round(change, tile.digits)))]


class Standing(NamedTuple):
    """The score over all forecasts so far.

    forecasts and directions_right count key figures; error_percent is the mean absolute error and
    interval_score_percent the mean score of the ranges (NaN if there were none); calibration has a row for
    each confidence: ranges, held, and share_held, which should come near to the confidence.
    """

    forecasts: int
    directions_right: int
    error_percent: float
    interval_score_percent: float
    calibration: pd.DataFrame


def standing(history: pd.DataFrame) -> Standing:
    """The score over a history, a table such as `Logbook.history`; withdrawn forecasts are left out."""
    scored = history[history["outcome"] != WITHDRAWN]
    ranges = scored.dropna(subset=["held"])
    held = ranges["held"].astype(bool).groupby(ranges["confidence"])
    calibration = pd.DataFrame({"ranges": held.size(), "held": held.sum(), "share_held": held.mean()})
    return Standing(
        len(scored),
        int(scored["direction_right"].astype(bool).sum()),
        float(scored["error_percent"].mean()),
        float(scored["interval_score_percent"].mean()),
        calibration,
    )


_ABOUT = ["forecast_number", "scenario", "seed", "moved"]
COLUMNS = [
    *_ABOUT, "kpi", "figure", "unit", "before", "after", "forecast", "outcome", "direction_right", "value",
    "error", "error_percent", "low", "high", "confidence", "held", "interval_score",
    "interval_score_percent",
]  # fmt: skip


@dataclass
class Logbook:
    """All forecasts of a session: one at a time is locked, and scored by the first move after it.

    history   one row a key figure: forecast_number, the scenario and seed flown, what was moved, in words,
              and the columns of `score`; a withdrawn forecast has no numbers but those forecast
    locked    the forecast that waits for a move, and `before`, the run it was made at; None
    """

    history: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLUMNS))
    locked: Forecast | None = None
    before: Run | None = None

    def lock(self, forecast: Forecast, before: Run) -> None:
        """Fix a forecast of the first move away from this run. ValueError if one is locked already, or if a
        number contradicts its direction.
        """
        if self.locked is not None:
            raise ValueError("a forecast is locked already: move a lever to have it scored, or withdraw it")
        for kpi, one in forecast.expectations.items():
            _require_consistent(FIGURES[kpi], one, figure(kpi, before))
        self.locked, self.before = forecast, before

    def arrive(self, after: Run) -> pd.DataFrame:
        """Score the locked forecast by the run that a move has made; it is unlocked. ValueError if there is
        none, or if the run is one of other customers or luck.
        """
        forecast, before = self._waiting()
        if after.seed != before.seed:
            raise ValueError(f"the forecast is of a run with seed {before.seed}; this one has {after.seed}")
        scored = score(forecast, before, after)
        self._file(scored.reset_index(), before, moved(before.scenario, after.scenario))
        return scored

    def withdraw(self) -> None:
        """Give the locked forecast up; the history keeps that. ValueError if there is none."""
        forecast, before = self._waiting()
        rows = score(forecast, before, before).reset_index()
        rows["outcome"], rows["direction_right"], rows["held"] = WITHDRAWN, False, pd.NA
        rows[["after", "error", "error_percent", "interval_score", "interval_score_percent"]] = np.nan
        self._file(rows, before, WITHDRAWN)

    def _waiting(self) -> tuple[Forecast, Run]:
        if self.locked is None or self.before is None:
            raise ValueError("no forecast is locked")
        return self.locked, self.before

    def _file(self, rows: pd.DataFrame, before: Run, what: str) -> None:
        count = 1 if self.history.empty else int(self.history["forecast_number"].iloc[-1]) + 1
        about = (count, before.scenario.name, before.seed, what)
        rows[_ABOUT] = pd.DataFrame([about], index=rows.index)
        filed = rows[COLUMNS]
        self.history = filed if self.history.empty else pd.concat([self.history, filed], ignore_index=True)
        self.locked = self.before = None


def moved(before: Scenario, after: Scenario) -> str:
    """What differs between two settings, in words; "nothing" if nothing does."""
    return ", ".join(differences(before, after)) or "nothing"


def _require_consistent(tile: Tile, expected: Expectation, now: float) -> None:
    if expected.value is None or np.isnan(now):
        return
    says = _direction(tile, now, expected.value)
    if says != expected.direction:
        raise ValueError(
            f"{tile.label} {expected.direction}, you say, but to {number(expected.value, tile.digits)}, and "
            f"it is {number(now, tile.digits)} now: change one of the two"
        )
