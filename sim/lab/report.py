"""A comparison as a report for the board: one HTML file that needs nothing else, on screen and on paper."""

import io
from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.experiments.comparison import Comparison
from sim.experiments.kpi_names import KPIS
from sim.lab import theme
from sim.lab.comparison_charts import HEADLINE, course, differences, height_of
from sim.lab.effect import NO_VALUE, SAME, Effect, effects
from sim.lab.sheet import WIDTH
from sim.levers.declare import DESIGN
from sim.run import simulate
from sim.scenario import Lever, Scenario, levers
from sim.scenario_files import replacing, save

PHONE = 4.6  # inches: the width of a picture on a phone, whose letters stay as large
_TEMPLATE = "report.html.j2"
_NO_TRACES: dict[str, Any] = {"Date": None, "Creator": None, "Format": None, "Type": None}
_DRAWN: Any = {"svg.hashsalt": "crm-flight-simulator", "svg.fonttype": "path"}


def report(comparison: Comparison, path: str | Path, kpi: str = "profit") -> Path:
    """Write a comparison as one self-contained HTML file; returns its path.

    The answer in a sentence is about `kpi`, a name of `KPIS`. Beside it: what was changed, every KPI's
    difference with its interval, pictures, how sure this is, what is assumed, and what makes it again. For
    the picture of the months every world lives its first seed once more. The file makes no request and runs
    no script; the same comparison gives the same bytes. It is written whole, then renamed into place.

    TypeError for what is no Comparison; ValueError for an unknown KPI and for a path that is no .html file or
    cannot be written.
    """
    if not isinstance(comparison, Comparison):
        raise TypeError(f"report takes a Comparison, as sim.compare gives; got {comparison!r}")
    if kpi not in KPIS:
        raise ValueError(f"kpi is {kpi!r}; allowed: {', '.join(KPIS)}")
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm") or path.is_dir():
        raise ValueError(f"a report is written as an .html file; got {str(path)!r}")
    text = html(comparison, kpi)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as page:
            page.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ValueError(f"the report cannot be written as {str(path)!r}: {error.strerror}") from None
    return path


def html(comparison: Comparison, kpi: str = "profit") -> str:
    """The report as text; every word of a scenario in it is escaped."""
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return pages.get_template(_TEMPLATE).render(page=_Page(comparison, kpi), theme=theme)


class Setting(NamedTuple):
    """A lever that differs: in words, and its value in each world."""

    label: str
    name: str
    unit: str
    source: str
    values: tuple[str, ...]


class Picture(NamedTuple):
    """An image as data addresses, wide and for a phone, and what it shows."""

    wide: str
    narrow: str
    text: str


class _Page:
    """What the template reads."""

    def __init__(self, comparison: Comparison, kpi: str) -> None:
        self._comparison, self._kpi = comparison, kpi
        self.worlds = list(comparison.scenarios)
        self.baseline, *self.others = self.worlds
        self.scenarios = comparison.scenarios
        self.version = version("crm-flight-simulator")
        self.seeds = comparison.seeds
        self.effects = [one for one in effects(comparison) if one.verdict != NO_VALUE]

    @property
    def title(self) -> str:
        """Who against whom."""
        return f"{', '.join(self.others)} against {self.baseline}"

    @property
    def months(self) -> int:
        """The horizon."""
        return self.scenarios[self.baseline].clock.months

    @property
    def answers(self) -> list[str]:
        """A sentence for each world."""
        return [answer(one, self.months) for one in effects(self._comparison, [self._kpi])]

    @property
    def lines(self) -> dict[str, list[Effect]]:
        """By world, the effects on KPIs that are not the same in every replication."""
        shown = [one for one in self.effects if one.verdict != SAME]
        return {world: [one for one in shown if one.world == world] for world in self.others}

    def same(self, world: str) -> list[str]:
        """What is the same in every replication, in words."""
        return [within(one.label) for one in self.effects if (one.world, one.verdict) == (world, SAME)]

    @cached_property
    def settings(self) -> list[Setting]:
        """The levers that differ."""
        declared = {one.name: one for one in levers()}
        rows = self._comparison.changed.iterrows()
        return [_setting(str(name), declared.get(str(name)), row) for name, row in rows]

    @property
    def unproven(self) -> list[str]:
        """Labels of the changed levers whose values rest on no source."""
        return [one.label for one in self.settings if one.source == DESIGN]

    @property
    def mechanisms(self) -> list[Setting]:
        """The strengths that are in force in one of the worlds."""
        strengths = [one for one in levers() if one.strength]
        rows = {
            one.name: pd.Series([world[one.name] for world in self.scenarios.values()]) for one in strengths
        }
        return [_setting(one.name, one, rows[one.name]) for one in strengths if rows[one.name].any()]

    @property
    def saved(self) -> str:
        """How many times the replications it would have taken with independent luck, from world to world."""
        ratio = self._comparison.differences["variance_ratio"].xs(self._kpi, level="kpi").dropna()
        if ratio.empty:
            return ""
        low, high = f"{ratio.min():,.1f}", f"{ratio.max():,.1f}"
        return low if low == high else f"{low} to {high}"

    @property
    def kpi(self) -> str:
        """What the answer is about."""
        return within(KPIS[self._kpi].label)

    @property
    def forest(self) -> Picture:
        """The differences in a picture."""
        shown = [one for one in effects(self._comparison, [*HEADLINE]) if one.verdict != NO_VALUE]
        names = list(dict.fromkeys(one.name for one in shown))
        height = height_of(len(names) * len(self.others))
        said = "; ".join(f"{one.label}, {one.world}: {one.difference_text}, {one.verdict}" for one in shown)
        text = f"Differences to {self.baseline} with 95 % intervals. {said}."
        return _picture(lambda ax: differences(self._comparison, names, ax), height, text)

    @property
    def course(self) -> Picture:
        """The months of one replication in a picture."""
        runs = {world: simulate(scenario, self.seeds[0]) for world, scenario in self.scenarios.items()}
        ends = [run.months["profit"].sum() for run in runs.values()]
        said = "; ".join(
            f"{world}: {KPIS['profit'].text(end - ends[0], self.scenarios[world].currency, '+')}"
            for world, end in zip(self.others, ends[1:], strict=True)
        )
        text = f"Profit so far and active customers less those of {self.baseline}. Profit in the end: {said}."
        return _picture(lambda ax: course(runs, ax), 4.8, text)

    @property
    def files(self) -> Iterator[tuple[str, str, str, str]]:
        """World, file name, TOML, and the TOML as a data address, for each scenario."""
        for place, (world, scenario) in enumerate(self.scenarios.items(), start=1):
            text = _toml(scenario)
            yield world, f"scenario-{place}.toml", text, _address("application/toml", text.encode())


def answer(effect: Effect, months: int) -> str:
    """What the comparison found about a KPI, in one sentence."""
    kpi, span = within(effect.label), f"{months} month{'s' * (months != 1)}"
    if effect.verdict == SAME:
        return f"“{effect.world}” changes nothing: its {kpi} is the same in every replication ({span})."
    if np.isnan(effect.low):
        return f"Nothing is shown: there is no 95 % interval of the {kpi} of “{effect.world}” ({span})."
    if effect.is_shown:
        change = f"changes {kpi} by {effect.interval_text} ({span})"
        return f"With 95 % confidence “{effect.world}” {change}: {effect.verdict}."
    change = f"whether “{effect.world}” changes {kpi}"
    return f"Nothing is shown {change}: the 95 % interval, {effect.interval_text} ({span}), includes 0."


def within(label: str) -> str:
    """A label inside a sentence: small, unless it is an abbreviation."""
    return label if label[:2].isupper() else label[0].lower() + label[1:]


def _setting(name: str, lever: Lever | None, values: "pd.Series[Any]") -> Setting:
    shown = tuple(_value(value) for value in values)
    if lever is None:  # changes over time and further products
        return Setting(name.capitalize(), name, "", DESIGN, shown)
    return Setting(lever.label, name, lever.unit, lever.source, shown)


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.10g}".replace("-", "−")
    return str(value) or "none"


def _picture(draw: Callable[[Axes], Axes], height: float, text: str) -> Picture:
    return Picture(_svg(draw, WIDTH, height), _svg(draw, PHONE, height), text)


def _svg(draw: Callable[[Axes], Axes], width: float, height: float) -> str:
    """What is drawn as the address of a picture: letters as shapes, no times, the same bytes each time."""
    figure = Figure(figsize=(width, height), layout="constrained")
    draw(figure.subplots())
    buffer = io.BytesIO()
    with mpl.rc_context(_DRAWN):
        figure.savefig(buffer, format="svg", metadata=_NO_TRACES)
    return _address("image/svg+xml", buffer.getvalue())


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{b64encode(content).decode()}"


def _toml(scenario: Scenario) -> str:
    """The scenario as its file would be; customers taken over from a log are in a file of their own."""
    with TemporaryDirectory() as folder:
        return save(scenario, Path(folder) / "scenario.toml").read_text(encoding="utf-8")
