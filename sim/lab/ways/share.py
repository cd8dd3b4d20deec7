"""The way to fly that takes a world along: as a code, as a file, as tables."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets as widgets

from sim.lab.console import html_line
from sim.lab.files import MOST_LINKED_BYTES, download_link, saving, toml_text, uploaded_scenario, zipping
from sim.lab.flight import file_name
from sim.lab.ways.errand import Errand
from sim.lab.ways.way import Way
from sim.lab.world_code import from_code, world_code
from sim.scenario import ScenarioError

if TYPE_CHECKING:
    from sim.lab.deck import FlightDeck


class Share(Way):
    """The world as a short code to copy or to type in, the scenario as a TOML file, the run as tables.

    From code: `sim.lab.world_code`, `sim.lab.from_code`, `deck.restore`, `deck.save`, `sim.lab.files`.
    """

    TITLE = "Share"
    WHAT = "Take this world along: a short code, a scenario file, or the tables of the run"
    CSS = """
.crm-deck .crm-way-share .crm-row { flex-wrap: wrap; gap: 8px; align-items: center; margin-bottom: 4px; }
.crm-deck .crm-way-share .crm-row .jupyter-button { width: auto; }
.crm-deck .crm-way-share .widget-label { width: 90px; }
.crm-deck .crm-way-share .crm-code { flex: 1 1 420px; }
.crm-deck .crm-way-share .crm-code input { font-family: var(--jp-code-font-family, monospace); }
.crm-deck .crm-way-share .crm-download { font-weight: 600; text-decoration: underline;
  color: var(--crm-accent); }
"""

    def __init__(self, deck: FlightDeck) -> None:
        self.code = widgets.Text(description="World code", tooltip="Copy it, or put another one here")
        self.file = widgets.Text("my_plan.toml", description="Scenario")
        self.upload = widgets.FileUpload(accept=".toml,.parquet", multiple=True, description="Load TOML")
        self.upload.observe(lambda _: self._uploaded(), "value")
        self.link, self.text = html_line("crm-what"), html_line("crm-what")
        self.errand = Errand("Writing")
        restore = deck._button("Restore", "Fly the world of the code in the field", self._restore)
        save = deck._button("Save as TOML", "Write the scenario beside the notebook", self._save)
        tables = deck._button("Tables as CSV", "All tables of the run in one zip", self.write_tables)
        parquet = deck._button("Run as parquet", "The run as sim.load_run reads it", self.write_run)
        rows = (
            (self.code.add_class("crm-code"), restore),
            (self.file, save, self.upload, self.link),
            (widgets.Label("Tables"), tables, parquet, self.errand),
        )
        boxes = [widgets.HBox(list(row)).add_class("crm-row") for row in rows]
        super().__init__(deck, [*boxes, self.text])
        self.add_class("crm-way-share")

    def refresh(self) -> None:
        """The code and the file of what is shown now."""
        self.errand.stop()
        scenario = self.deck.scenario
        try:
            self.code.value, self.text.value = world_code(self.deck.state), ""
        except ScenarioError as error:
            self.code.value, self.text.value = "", escape(str(error))
        name = f"{_plain(scenario.name)}.toml"
        is_alone = scenario.starting_customers is None
        content = toml_text(scenario).encode() if is_alone else b""
        self.link.value = download_link(name, content, f"Download {name}") if is_alone else ""

    def write_tables(self) -> Path:
        """Write all tables as one zip beside the notebook, while the deck goes on; returns the path.

        What is small enough is also there to download.
        """
        path = self._beside(".zip")
        self.errand.start(zipping(self.deck.run, path), lambda text: self._written(text, path), "")
        return path

    def write_run(self) -> Path:
        """Write the run as a folder of parquet files beside the notebook; returns the path."""
        path = self._beside("-run")
        self.errand.start(saving(self.deck.run, path), self._said, f"Saved as {path}")
        return path

    def stop(self) -> None:
        """Stop writing."""
        self.errand.stop()

    def _beside(self, ending: str) -> Path:
        return Path(f"{_plain(self.deck.scenario.name)}-{self.deck.seed}{ending}").resolve()

    def _written(self, problem: str, path: Path) -> None:
        if problem:
            self._said(problem)
            return
        size = path.stat().st_size
        link = download_link(path.name, path.read_bytes(), "Download") if size <= MOST_LINKED_BYTES else ""
        self.text.value = f"{escape(f'Saved as {path} ({size / 1e6:.1f} MB).')} {link}"

    def _said(self, text: str) -> None:
        self.text.value = escape(text)

    def _restore(self) -> None:
        self.deck.restore(from_code(self.code.value))

    def _save(self) -> None:
        self.deck.save(file_name(self.file.value))

    def _uploaded(self) -> None:
        files = {one["name"]: bytes(one["content"]) for one in self.upload.value}
        if files:
            self.deck._by_hand(lambda: self.deck.choose(uploaded_scenario(files)))
            self.upload.value = ()


def _plain(name: str) -> str:
    """A name that is a file name on every system."""
    return re.sub(r"[^\w-]+", "-", name).strip("-") or "scenario"
