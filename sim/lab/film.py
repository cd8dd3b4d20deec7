"""The frames of the time-lapse: who is in which stage in a month, a few hundred people as dots.

A person has one place for the whole film, the same in the box of every stage; the first who came are on top.
Numbers are of all people. Making and drawing text is slow, so what all frames share is drawn once.
"""

import io
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from numpy.typing import NDArray
from PIL import Image

from sim.lab import theme
from sim.lab.journey_chart import BLUE, GREEN, PURPLE, VERMILION
from sim.lab.picture import QUICK_TEXT
from sim.lab.stages import NOWHERE, STAGES, Stages
from sim.run import Run

DOTS, MOST_FRAMES = 400, 36
INCHES = (9.6, 5.4)
COLOURS = (theme.MUTED, BLUE, GREEN, PURPLE, VERMILION)
"""Of the stages, in their order."""

_COLUMNS, _ROWS = 16, 25
_LEFT, _WIDTH, _STEP = 0.015, 0.178, 0.198
_BOTTOM, _HEIGHT = 0.14, 0.605
"""Boxes, as shares of the page."""

_PALETTE = 64


class Frame(NamedTuple):
    """What one frame says: the month (from 1), its name, and how many people are in each stage at its end."""

    number: int
    month: pd.Timestamp
    counts: "pd.Series[int]"
    before: "pd.Series[int]"

    def __str__(self) -> str:
        told = ", ".join(f"{self.counts[stage]:,} {stage}" for stage in STAGES)
        return f"End of {self.month:%B %Y}: {told}; {self.counts['let down']:,} let down"


class Film:
    """The frames of one run: at most `MOST_FRAMES` months, the last one among them, as PNGs when asked for.

    `len(film)` frames; `film.frames[i]` is what a frame says, `film.png(i)` how it looks. `people` are those
    shown: so many customers as `dots`, and of the leads that never bought the same share. For one thread.
    """

    def __init__(self, run: Run, dots: int = DOTS) -> None:
        self._stages = Stages(run)
        months = run.scenario.clock.months
        shown = np.linspace(0, months, min(months, MOST_FRAMES) + 1).round().astype(int)[1:] - 1
        self.frames = _frames(self._stages.counts(), shown)
        self._cast = _cast(self._stages, min(dots, _COLUMNS * _ROWS))
        self.people = list(self._stages.people[self._cast])
        self._codes = self._stages.codes[np.ix_(self._cast, shown)]
        self._let_down = self._stages.let_down[np.ix_(self._cast, shown)]
        self._title = f"{run.scenario.name}, seed {run.seed}"

    def __len__(self) -> int:
        return len(self.frames)

    def image(self, place: int) -> Image.Image:
        """A frame as a picture of few colours."""
        stage = self._stage
        with rc_context(QUICK_TEXT):
            stage.show(self._title, self.frames[place], self.frames[-1].number)
            stage.move(self._codes[:, place], self._codes[:, max(place - 1, 0)], self._let_down[:, place])
            return stage.draw()

    def png(self, place: int) -> bytes:
        """A frame as the bytes of a PNG."""
        buffer = io.BytesIO()
        self.image(place).save(buffer, "png", compress_level=6)
        return buffer.getvalue()

    @cached_property
    def _stage(self) -> "_Page":
        customers, all_customers = int((self._cast < self._stages.customers).sum()), self._stages.customers
        slots = _slots(customers, len(self._cast) - customers)
        return _Page(slots, all_customers / customers if customers else 1.0)


def _frames(counts: pd.DataFrame, shown: NDArray[np.int_]) -> list[Frame]:
    before = pd.concat([counts.iloc[:1] * 0, counts.iloc[shown[:-1]]])
    return [
        Frame(int(month) + 1, counts.index[month], counts.iloc[month], before.iloc[place])
        for place, month in enumerate(shown)
    ]


def _cast(stages: Stages, dots: int) -> NDArray[np.intp]:
    """Whom to show, customers before leads, the first who came first: those whose id hashes lowest.

    So they are mostly the same in a twin.
    """
    lot = pd.util.hash_array(stages.people.astype(str).astype(object))
    own = np.sort(lot[: stages.customers])
    drawn = (
        np.flatnonzero(lot <= own[min(dots, len(own)) - 1]) if len(own) else np.arange(min(dots, len(lot)))
    )
    return drawn[np.lexsort([stages.came_at[drawn], drawn >= stages.customers])]


class _Page:
    """The figure: what stays is drawn once, what moves is drawn upon it."""

    def __init__(self, slots: NDArray[np.float64], people_a_dot: float) -> None:
        self._figure = Figure(figsize=INCHES, dpi=theme.DOTS_PER_INCH, facecolor="white")
        self._canvas = FigureCanvasAgg(self._figure)
        self._ax = self._figure.add_axes((0, 0, 1, 1))
        self._ax.set(xlim=(0, 1), ylim=(0, 1))
        self._ax.set_axis_off()
        self._slots = slots
        self._palette: Image.Image | None = None
        self._headings()
        self._words(_LEFT, 0.022, _legend(people_a_dot), linespacing=1.5)
        self._moving()
        with rc_context(QUICK_TEXT):
            self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(self._figure.bbox)

    def show(self, title: str, frame: Frame, months: int) -> None:
        """Set the words and numbers, and how far the film is."""
        self._headline.set_text(f"{title}: end of {frame.month:%B %Y}")
        self._done.set_width(0.97 * frame.number / months)
        for number, change, stage in zip(self._numbers, self._changes, STAGES, strict=True):
            number.set_text(f"{frame.counts[stage]:,}")
            change.set_text(_changed(frame.counts[stage] - frame.before[stage]))

    def move(self, now: NDArray[np.int8], before: NDArray[np.int8], hollow: NDArray[np.bool_]) -> None:
        """Set the dots, and a line behind each that came from another stage."""
        here, there = now != NOWHERE, (now != before) & (now != NOWHERE) & (before != NOWHERE)
        colours = to_rgba_array(COLOURS)
        edge = colours[now[here]]
        inside = np.where(hollow[here][:, None], to_rgba_array("white"), edge)
        self._dots.set(offsets=self._at(now)[here], facecolors=inside, edgecolors=edge)
        ends = np.stack([self._at(before)[there], self._at(now)[there]], axis=1)
        self._trails.set(segments=ends, colors=colours[now[there]])

    def draw(self) -> Image.Image:
        """The page as a picture."""
        self._canvas.restore_region(self._background)
        for artist in self._moved:
            artist.draw(self._canvas.get_renderer())
        size = self._canvas.get_width_height()
        whole = Image.frombuffer("RGBA", size, self._canvas.buffer_rgba()).convert("RGB")
        if self._palette is None:  # that of the first frame, which has all colours in its words
            self._palette = whole.quantize(_PALETTE)
        return whole.quantize(palette=self._palette, dither=Image.Dither.NONE)

    def _at(self, codes: NDArray[np.int8]) -> NDArray[np.float64]:
        return self._slots + np.column_stack([_STEP * codes, np.zeros(len(codes))])

    def _headings(self) -> None:
        for place, (stage, colour) in enumerate(zip(STAGES, COLOURS, strict=True)):
            left = _LEFT + _STEP * place
            box = Rectangle((left, _BOTTOM), _WIDTH, _HEIGHT, facecolor="#f6f8fa", edgecolor=theme.RULE)
            self._ax.add_artist(box)
            self._words(left, 0.875, stage, color=colour, fontsize=theme.TITLE_PT, fontweight="bold")
        self._ax.add_artist(Rectangle((_LEFT, 0.105), 0.97, 0.008, facecolor=theme.RULE))

    def _moving(self) -> None:
        lefts = [_LEFT + _STEP * place for place in range(len(STAGES))]
        self._headline = self._words(_LEFT, 0.945, "", fontsize=13, fontweight="bold", color=theme.INK)
        self._numbers = [self._words(left, 0.815, "", fontsize=17, color=theme.INK) for left in lefts]
        self._changes = [self._words(left, 0.765, "") for left in lefts]
        self._done = Rectangle((_LEFT, 0.105), 0, 0.008, facecolor=theme.NOW_COLOUR)
        self._ax.add_artist(self._done)
        self._trails = self._ax.add_artist(LineCollection([], linewidths=0.8, alpha=0.3))
        self._dots = self._ax.scatter([], [], s=17, linewidths=1.1)
        texts = [self._headline, *self._numbers, *self._changes]
        self._moved: list[Artist] = [*texts, self._done, self._trails, self._dots]
        for artist in self._moved:
            artist.set_animated(True)

    def _words(self, x: float, y: float, text: str, **style: Any) -> Text:
        plain: dict[str, Any] = {
            "fontsize": 9,
            "fontfamily": theme.FONT,
            "color": theme.MUTED,
            "parse_math": False,
        }
        return self._ax.text(x, y, text, **plain | style)


def _slots(customers: int, leads: int) -> NDArray[np.float64]:
    """Places in the first box: customers row by row from the top, leads, there but once, from below."""
    room = _COLUMNS * _ROWS
    place = np.concatenate([np.arange(customers), room - 1 - np.arange(leads) % room])
    across, down = (place % _COLUMNS + 0.5) / _COLUMNS, (place // _COLUMNS + 0.5) / _ROWS
    return np.column_stack([_LEFT + _WIDTH * across, _BOTTOM + _HEIGHT * (1 - down)])


def _legend(people_a_dot: float) -> str:
    each = "a person" if people_a_dot == 1 else f"one for {people_a_dot:,.0f} people"
    return (
        f"dot: {each}, always in the same place, earliest on top; hollow: let down at the latest purchase\n"
        "line: moved since the last frame, as the small numbers; hidden from the company: lost, let down"
    )


def _changed(by: int) -> str:
    return f"{by:+,}".replace("-", "−") if by else "±0"
