"""Replicate: the panel in which the present setting and the baseline live on with other luck."""

from __future__ import annotations

import io
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets as widgets
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sim.experiments.background import BackgroundComparison
from sim.experiments.comparison import Comparison
from sim.lab import theme
from sim.lab.comparison_charts import HEADLINE, differences, height_of
from sim.lab.console import html_line
from sim.lab.effect import NO_VALUE, effects
from sim.lab.forecast import moved
from sim.lab.report import report
from sim.lab.sheet import WIDTH
from sim.lab.sheet_table import table_html
from sim.lab.ways.image import PictureBox
from sim.lab.ways.way import Way

if TYPE_CHECKING:
    from sim.lab.deck import FlightDeck

BASELINE, NOW = "baseline", "now"
MOST = 1000  # replications: more than that is work for a cell, with a store
Setting = tuple[object, ...]


class Replicate(Way):
    """How many replications, a bar, a button to stop, and what came out with its intervals.

    From code: `start`, `stop`, `wait`, `write_report`; `comparison` is what `sim.compare` gives. The work is
    in a thread and processes of its own, so levers can be moved meanwhile; the result says what it is about.
    """

    TITLE = "Replicate"
    WHAT = "Live the present setting and the baseline many times with other luck: how sure is the difference?"
    CSS = """
.crm-deck .crm-way-replicate .crm-deeds { display: flex; flex-wrap: wrap; gap: 6px; align-items: center;
  width: auto; padding: 2px 0; }
.crm-deck .crm-way-replicate .crm-deeds > * { width: auto; }
.crm-deck .crm-way-replicate .crm-deeds .widget-label { width: auto; margin-right: 5px; }
.crm-deck .crm-way-replicate .crm-deeds input[type=number] { width: 70px; }
.crm-deck .crm-way-replicate .progress { width: 200px; }
.crm-deck .crm-way-replicate .crm-outcome { display: grid; width: auto; gap: 12px; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(330px, 1fr)); }
.crm-deck .crm-way-replicate .crm-outcome > * { width: auto; min-width: 0; }
.crm-deck .crm-way-replicate .crm-outcome img { width: 100%; height: auto; max-width: 760px; }
"""

    def __init__(self, deck: FlightDeck) -> None:
        self.comparison: Comparison | None = None
        self._work: BackgroundComparison | None = None
        self._asked: Setting = ()
        self._about: Setting = ()
        self.number = widgets.IntText(30, description="Replications")
        self.run_button = deck._button(
            "Run replications", "In the background; the deck stays free", self.start
        )
        self.stop_button = deck._button("Stop", "What is finished by then is shown", self.stop)
        self.bar = widgets.IntProgress(0, 0, 1)
        self.state, self.headline = html_line("crm-way-state"), html_line()
        self.table, self.picture = html_line("crm-table"), PictureBox()
        self._file = widgets.Text("report.html", description="File").add_class("crm-file")
        self.report_button = deck._button(
            "HTML report", "Write the comparison as a report, beside the notebook", self._write_typed
        )
        deeds = widgets.HBox([self.number, self.run_button, self.stop_button, self.bar])
        self._filing = widgets.HBox([self._file, self.report_button]).add_class("crm-deeds")
        self._outcome = widgets.HBox([self.table, self.picture]).add_class("crm-outcome")
        self._shown = [deeds.add_class("crm-deeds"), self.state, self.headline]
        super().__init__(deck, self._shown)
        self.add_class("crm-way-replicate")
        self._say("Same customers, same luck in both worlds; other customers and luck in each replication.")

    @property
    def is_working(self) -> bool:
        """Whether replications are under way."""
        return self._work is not None and not self._work.is_over

    def start(self, replications: int | None = None) -> None:
        """Begin so many replications, else as many as the field says, of the present setting and baseline.

        ValueError while others are under way, where the two settings are the same, and for what
        `sim.compare` refuses.
        """
        with self.deck._lock:
            self.deck._settle()
            count = self.number.value if replications is None else replications
            worlds = {BASELINE: self.deck.baseline.scenario, NOW: self.deck.scenario}
            if self.is_working:
                raise ValueError("replications are under way: stop them first, or wait")
            if moved(*worlds.values()) == "nothing":
                raise ValueError("the present setting is the baseline's: move a lever first, then replicate")
            if count > MOST:
                raise ValueError(f"replications is {count!r}; allowed: a whole number from 2 to {MOST}")
            self._work = BackgroundComparison(worlds, count, self.deck.seed, self._tell)
            self.number.value, self._asked = count, self._setting()
            self._say("Starting the workers; levers can be moved meanwhile.")
            self._work.start()
            self.refresh()

    def stop(self) -> None:
        """End the replications under way with the next one that is finished; returns at once."""
        if self._work is not None and self.is_working:
            self._work.stop()
            self._say("Stopping: what is finished will be shown.")

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until nothing is at work; whether that is so."""
        return self._work is None or self._work.wait(timeout_s)

    def write_report(self, path: str | Path) -> Path:
        """Write the comparison as an HTML page; returns its absolute path. ValueError if there is none."""
        if self.comparison is None:
            raise ValueError("there is nothing to report yet: run some replications first")
        written = report(self.comparison, path).resolve()
        self._say(f"The report is written: {written}")
        return written

    def refresh(self) -> None:
        """Buttons as they may be used; the result says whether the deck has moved on since."""
        self.run_button.disabled, self.stop_button.disabled = self.is_working, not self.is_working
        self.bar.layout.visibility = "visible" if self.is_working else "hidden"
        if self.comparison is not None:
            self.headline.value = self._headline(self.comparison)

    def _setting(self) -> Setting:
        return self.deck.baseline.scenario, self.deck.scenario, self.deck.seed

    def _headline(self, comparison: Comparison) -> str:
        """What the result is about."""
        before, after = comparison.scenarios.values()
        text = f"<b>{len(comparison.seeds)} replications</b> of: {escape(moved(before, after))}"
        if self._about != self._setting():
            text += " <b>(the deck shows another setting, baseline or seed by now)</b>"
        return text

    def _say(self, text: str) -> None:
        self.state.value = f'<span role="status">{escape(text)}</span>'

    def _tell(self, work: BackgroundComparison) -> None:
        """In the thread of the work. Drawing waits for the deck, as matplotlib draws one thing at a time."""
        self.bar.max, self.bar.value = work.total, work.finished
        if not work.is_over:
            if work.finished and not work.is_stopped:
                self._say(f"{work.finished} of {work.total} runs are finished.")
            return
        with self.deck._lock:
            if work.comparison is not None:
                self._show(work.comparison)
            self._say(_ending(work))
            self.refresh()

    def _show(self, comparison: Comparison) -> None:
        self.comparison, self._about = comparison, self._asked
        self.table.value = table_html(table(comparison), "Differences to the baseline, 95 % intervals")
        self.picture.show(png(comparison), "The differences with their 95 % intervals, as in the table")
        self.children = [*self._shown, self._outcome, self._filing]

    def _write_typed(self) -> None:
        self.write_report(self._file.value.strip())


def table(comparison: Comparison) -> pd.DataFrame:
    """What a comparison with a baseline says, for people: a row a KPI that has a value in both worlds."""
    shown = [one for one in effects(comparison) if one.verdict != NO_VALUE]
    rows = {
        one.kpi.heading(one.currency): {
            BASELINE: one.number(one.baseline),
            NOW: one.number(one.mean),
            "difference": one.number(one.difference, "+"),
            "95 % interval": one.interval,
            "verdict": one.verdict,
        }
        for one in shown
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("mean of the replications")


def png(comparison: Comparison) -> bytes:
    """The forest plot of the differences, `sim.lab.differences`, as a PNG; no window of pyplot."""
    shown = [one.name for one in effects(comparison, HEADLINE) if one.verdict != NO_VALUE]
    figure = Figure(figsize=(WIDTH, height_of(len(shown))), dpi=theme.DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    differences(comparison, shown, figure.subplots())
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _ending(work: BackgroundComparison) -> str:
    """How it ended, and how to have it again."""
    count = 0 if work.comparison is None else len(work.comparison.seeds)
    if work.error:
        return f"It went wrong: {work.error}" + (f" The {count} finished are shown." if count else "")
    if count == work.replications:
        again = f"sim.compare(baseline, now, replications={count}, seed={work.seed}) is the same once more."
        return f"All {count} replications are finished. {again}"
    few = "nothing can be shown" if not count else f"{count} of {work.replications} replications are shown"
    return f"Stopped: {few}."
