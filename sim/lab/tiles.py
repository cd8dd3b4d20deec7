"""The five key figures of the deck: what each says, how it changed against the baseline, how sure that is."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from sim.experiments.kpi_names import KPIS
from sim.lab.charts import NORMAL_95
from sim.lab.drawing import compact
from sim.run import Run

PerUnit = Callable[[Run], "pd.Series[float]"]


@dataclass(frozen=True)
class Tile:
    """One key figure: a KPI of the run, how it is written, whether more of it is good (+1), bad (-1) or
    neither by itself (0).

    `scale` takes the KPI to `unit`. `per_unit`, for a KPI that is a mean, gives what it is the mean of.
    """

    kpi: str
    label: str
    unit: str
    what: str
    good: int = 1
    scale: float = 1.0
    digits: int = 0
    per_unit: PerUnit | None = None


def _clv(run: Run) -> "pd.Series[float]":
    return run.clv


def _votes(run: Run) -> "pd.Series[float]":
    return run.nps_votes


def tile(kpi: str, what: str, per_unit: PerUnit | None = None) -> Tile:
    """A key figure with the words of the table of all KPIs, `sim.experiments.kpi_names.KPIS`."""
    about = KPIS[kpi]
    scale = 100.0 if about.unit.startswith("share") else 1.0
    unit = about.unit_text("{currency}")
    return Tile(kpi, about.label, unit, what, about.better, scale, about.digits, per_unit)


TILES = (
    tile(
        "clv",
        "Mean over all customers: discounted margins within the horizon, less the cost of acquisition.",
        _clv,
    ),
    tile(
        "churn_rate_per_month",
        "Share of customers truly lost in a month (geometric mean), which nobody sees without contracts.",
    ),
    tile("nps", "Promoters (9-10) less detractors (0-6) in percent of all answers of the waves.", _votes),
    tile("profit", "Margins less rewards, marketing, sales and service, over all months."),
    tile("points_liability", "What the points that customers hold will cost, less the expected breakage."),
)  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """What a tile shows of a run against a baseline, in the tile's unit; NaN where there is nothing."""

    tile: Tile
    currency: str
    value: float
    standard_error: float
    change: float
    change_error: float

    @property
    def direction(self) -> int:
        """-1, 0 or +1: whether the figure, as written, fell, stayed or rose."""
        shown = round(self.change, self.tile.digits)
        return 0 if np.isnan(shown) else int(np.sign(shown))

    @property
    def verdict(self) -> str:
        """better, worse, as baseline, unclear (the 95 % interval of the change holds 0) or not comparable.

        Where more is neither good nor bad by itself: more or less.
        """
        if np.isnan(self.change):
            return "not comparable"
        if self.direction and abs(self.change) <= NORMAL_95 * self.change_error:
            return "unclear"
        if not self.tile.good:
            return ("as baseline", "more", "less")[self.direction]
        return ("as baseline", "better", "worse")[self.direction * self.tile.good]

    @property
    def change_text(self) -> str:
        """The change with its sign and, if it has one, its standard error: +10.40 ± 0.42."""
        change, digits = number(self.change, self.tile.digits, "+"), self.tile.digits
        return change if np.isnan(self.change_error) else f"{change} ± {number(self.change_error, digits)}"


def readings(run: Run, baseline: Run) -> list[Reading]:
    """What every tile shows."""
    return [reading(tile, run, baseline) for tile in TILES]


def reading(tile: Tile, run: Run, baseline: Run) -> Reading:
    """What a tile shows."""
    now, before = run.kpis(), baseline.kpis()
    return Reading(
        tile,
        run.scenario.currency,
        value=float(now[tile.kpi]) * tile.scale,
        standard_error=float(now.get(f"{tile.kpi}_se", np.nan)) * tile.scale,
        change=float(now[tile.kpi] - before[tile.kpi]) * tile.scale,
        change_error=paired_error(tile.per_unit(run), tile.per_unit(baseline)) if tile.per_unit else np.nan,
    )


def paired_error(now: "pd.Series[float]", before: "pd.Series[float]") -> float:
    """Standard error of the difference of two means that share units, such as customers with the same luck.

    Formula: sqrt(v1 / n1 + v2 / n2 - 2 n12 c12 / (n1 n2)), v the variances, n12 the number of units (index
    entries) in both, c12 their covariance. With the same units in both it is the standard error of the mean
    of the paired differences; with none in common, that of two independent samples. NaN below two units.

    >>> before = pd.Series([1.0, 5.0, 9.0])
    >>> print(round(paired_error(before + 2, before), 6))
    0.0
    """
    if min(len(now), len(before)) < 2:
        return np.nan
    place = before.index.get_indexer(now.index)
    common = place >= 0
    x, y = now.to_numpy(), before.to_numpy()
    shared = np.cov(x[common], y[place[common]])[0, 1] if common.sum() > 1 else 0.0
    apart = x.var(ddof=1) / len(x) + y.var(ddof=1) / len(y)
    return float(np.sqrt(max(apart - 2 * common.sum() * shared / (len(x) * len(y)), 0.0)))


def html(reading: Reading) -> str:
    """The tile's content; everything in it is escaped."""
    tile, verdict = reading.tile, reading.verdict.replace(" ", "-")
    unit = tile.unit.format(currency=reading.currency)
    error = f"± {number(reading.standard_error, tile.digits)} SE"
    return (
        f'<div title="{escape(tile.what)}"><b>{escape(tile.label)}</b><br>{escape(unit)}'
        f'<div class="crm-figure">{number(reading.value, tile.digits)}'
        f" <small>{'' if np.isnan(reading.standard_error) else error}</small></div>"
        f'<div class="crm-change crm-{verdict}">{_change(reading)}</div></div>'
    )


def _change(reading: Reading) -> str:
    if not reading.direction:
        return reading.verdict
    arrow = "▲" if reading.direction > 0 else "▼"
    return f"<span>{arrow} {reading.change_text}</span> <span>{reading.verdict}</span>"


def number(value: float, digits: int, sign: str = "") -> str:
    """A number as the deck writes it, with so many decimals; sign "+" shows it; NaN is none."""
    if np.isnan(value):
        return "none"
    if abs(value) < 1e6:
        text = f"{value:{sign},.{digits}f}"
    else:
        text = f"{sign if value > 0 else ''}{compact(value)}"
    return text.replace("-", "−")
