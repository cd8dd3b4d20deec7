"""The way to fly that shows everybody flow through the stages of the lifecycle, month by month."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from sim.lab.console import html_line
from sim.lab.film import Film
from sim.lab.time_lapse import FRAME_MS, filming
from sim.lab.ways.errand import Errand
from sim.lab.ways.image import PictureBox
from sim.lab.ways.way import Way

if TYPE_CHECKING:
    from sim.lab.deck import FlightDeck


class TimeLapse(Way):
    """A film with a play button and a slider of its months, and buttons that write it as a file.

    Frames are made when they are first shown. From code: `show(place)`, `write(kind)`, `sim.lab.time_lapse`.
    """

    TITLE = "Time-lapse"
    WHAT = "Watch customers flow through the stages month by month; keep the film as GIF or HTML"
    CSS = """
.crm-deck .crm-way-film .crm-film-bar { flex-wrap: wrap; gap: 8px; align-items: center; }
.crm-deck .crm-way-film .crm-film-bar .jupyter-button { width: auto; }
.crm-deck .crm-way-film .widget-hslider { width: min(420px, 100%); }
.crm-deck .crm-way-film img { display: block; width: min(960px, 100%); height: auto; margin: 4px auto 0; }
"""

    def __init__(self, deck: FlightDeck) -> None:
        self._film: Film | None = None
        self._frames: dict[int, bytes] = {}
        self.play = widgets.Play(interval=FRAME_MS, tooltip="Play the months", show_repeat=False)
        self.slider = widgets.IntSlider(description="Month", readout=False, tooltip="The month that is shown")
        self._link = widgets.jslink((self.play, "value"), (self.slider, "value"))
        self.slider.observe(self._slid, "value")
        self.picture, self.text = PictureBox(), html_line("crm-what")
        self.errand = Errand("Filming")
        gif = deck._button("Save as GIF", "Write the film beside the notebook", lambda: self.write("gif"))
        html = deck._button("Save as HTML", "Write a page with controls", lambda: self.write("html"))
        bar = widgets.HBox([self.play, self.slider, gif, html, self.errand]).add_class("crm-film-bar")
        self.saved = html_line("crm-what")
        super().__init__(deck, [bar, self.saved, self.text, self.picture])
        self.add_class("crm-way-film")
        self._run: Any = None

    def refresh(self) -> None:
        """Film the present run; what was being written is of another one, and stopped."""
        if self.deck.run is self._run:
            return
        self.errand.stop()
        self._run, self._film, self._frames = self.deck.run, Film(self.deck.run), {}
        last = len(self._film) - 1
        self.play.max = self.slider.max = last
        self.slider.value = self.play.value = min(self.slider.value, last)
        self.show(self.slider.value)

    def show(self, place: int) -> None:
        """Show a frame, 0 the first."""
        assert self._film is not None
        if place not in self._frames:
            self._frames[place] = self._film.png(place)
        words = str(self._film.frames[place])
        self.picture.show(self._frames[place], words)
        self.text.value = escape(words)

    def write(self, kind: str) -> Path:
        """Write the film beside the notebook, as gif or html, while the deck goes on; returns the path."""
        path = Path(f"{self.deck.scenario.name}-{self.deck.seed}.{kind}").resolve()
        self.errand.start(filming(self.deck.run, path), self._said, f"Saved as {path}")
        return path

    def stop(self) -> None:
        """Stop playing and writing."""
        self.play.playing = False
        self.errand.stop()

    def _said(self, text: str) -> None:
        self.saved.value = escape(text)

    def _slid(self, change: dict[str, Any]) -> None:
        with self.deck._lock:
            self.deck._by_hand(lambda: self.show(change["new"]))
