"""The deck's four charts as one picture, drawn again and again while a lever moves."""

import io
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import seaborn as sns
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.transforms import Bbox, BboxBase
from PIL import Image, ImageDraw, ImageFont

from sim.lab import theme
from sim.lab.charts import CHARTS, longest_months
from sim.lab.drawing import data, frame, scale, wipe
from sim.run import Run

QUICK_TEXT: dict[Any, Any] = {"text.hinting": "none"}
"""Most of a picture's time goes into text; hinted it takes twice as long and looks no better."""

KEPT = 8
"""Layers of each chart: limits that come and go while a lever is dragged to and fro are not drawn anew."""

Layer = tuple[object, list[Artist]]
"""What it shows, hashable, and the artists that draw that."""

STEPS = 23
"""From one colour of the palette to another; 256 have room for no more."""


class Picture:
    """The four charts as one PNG, quickly again and again.

    Making and drawing axes, ticks and labels costs far more time than drawing data. So the axes live as long
    as the picture, and of each chart the layers that stay the same while a lever is dragged are drawn once
    and kept. Titles, which change with every move, are written by Pillow, which is quicker. The figure
    belongs to no pyplot window and leaves global styles alone.
    """

    def __init__(self) -> None:
        with sns.axes_style("whitegrid"), sns.plotting_context("notebook"):
            self.figure = Figure(figsize=theme.FIGURE_INCHES, dpi=theme.DOTS_PER_INCH)
            self.axes: list[Axes] = list(self.figure.subplots(2, 2, gridspec_kw=theme.MARGINS).flat)
        self._canvas = FigureCanvasAgg(self.figure)
        self.figure.patch.draw(self._canvas.get_renderer())
        columns = ((0.0, theme.MIDDLE), (theme.MIDDLE, 1.0))
        self._quarters = [self._quarter(*column, bottom) for bottom in (0.5, 0.0) for column in columns]
        self._font, self._palette = _title_font(), _charts_palette()

    def draw(self, run: Run, baseline: Run) -> Figure:
        """The figure with the charts of this run and this baseline."""
        for ax in self.axes:
            for one in _with_strips(ax):
                wipe(one)
        for chart, ax in zip(CHARTS, self.axes, strict=True):
            chart(run, baseline, ax)
        return self.figure

    def png(self, run: Run, baseline: Run) -> bytes:
        """The same as the bytes of a PNG."""
        self.draw(run, baseline)
        months = longest_months(run, baseline)
        times = (run.scenario.currency, months.iloc[0], len(months))
        with rc_context(QUICK_TEXT):
            for ax, quarter in zip(self.axes, self._quarters, strict=True):
                quarter.draw(_layers(ax, times), _of(ax, data))
        image = self._image()
        self._write_titles(image)
        buffer = io.BytesIO()
        image.quantize(palette=self._palette, dither=Image.Dither.NONE).save(buffer, "png", compress_level=1)
        return buffer.getvalue()

    def _image(self) -> Image.Image:
        size, drawn = self._canvas.get_width_height(), self._canvas.buffer_rgba()
        return Image.frombuffer("RGBA", size, drawn).convert("RGB")

    def _write_titles(self, image: Image.Image) -> None:
        pen = ImageDraw.Draw(image)
        for title in (ax.title for ax in self.axes):
            x, y = title.get_transform().transform(title.get_position())
            words = " ".join(title.get_text().split())  # a currency may hold a line break
            pen.text((x, image.height - y), words, theme.INK, self._font, anchor="ls")

    def _quarter(self, left: float, right: float, bottom: float) -> "Quarter":
        share = Bbox.from_extents(left, bottom, right, bottom + 0.5)
        return Quarter(self._canvas, share.transformed(self.figure.transFigure))


class Quarter:
    """The place of one chart on the page, with the layers of late drawings, each upon those below it."""

    def __init__(self, canvas: FigureCanvasAgg, box: BboxBase) -> None:
        self._canvas, self._box = canvas, box
        self._page = canvas.copy_from_bbox(box)
        self._kept: dict[tuple[object, ...], Any] = {}

    def draw(self, layers: list[Layer], top: list[Artist]) -> None:
        """Draw the layers that have not been drawn of late, then the top, which always is new."""
        below: tuple[object, ...] = ()
        for what, artists in layers:
            shown = (*below, what)
            if shown not in self._kept:
                self._restore(below)
                self._draw(artists)
                self._kept[shown] = self._canvas.copy_from_bbox(self._box)
            self._kept[shown] = self._kept.pop(shown)  # the latest is the last
            below = shown
        self._restore(below)
        self._draw(top)
        self._kept = dict([*self._kept.items()][-KEPT:])

    def _restore(self, shown: tuple[object, ...]) -> None:
        self._canvas.restore_region(self._kept[shown] if shown else self._page)

    def _draw(self, artists: list[Artist]) -> None:
        for artist in artists:
            artist.draw(self._canvas.get_renderer())


def _layers(ax: Axes, times: object) -> list[Layer]:
    """The lowest first: what drags change least. Of two strips, each has a scale of its own."""
    axes = _with_strips(ax)
    background = ((times, *(one.get_xlim() for one in axes)), _of(ax, frame))
    return [background, *((one.get_ylim(), scale(one)) for one in axes if one.axison)]


def _title_font() -> ImageFont.FreeTypeFont:
    file = findfont(FontProperties(family=theme.FONT, weight="bold"))
    dots = theme.TITLE_PT * theme.DOTS_PER_INCH / 72
    return ImageFont.truetype(file, dots, layout_engine=ImageFont.Layout.BASIC)  # the same on every machine


def _charts_palette() -> Image.Image:
    """White, the colours of the charts, and those between two of them that smoothed edges have.

    A picture with a known palette is written sooner than one whose palette must be found.
    """
    names = ("white", theme.NOW_COLOUR, theme.BASELINE_COLOUR, theme.INK, theme.MUTED, theme.RULE)
    white, now, baseline, *others = (255 * np.array(to_rgb(name)) for name in names)
    fills = [white + opacity * (now - white) for opacity in (theme.BAND, theme.BARS)]
    pairs = [(white, one) for one in (now, baseline, (now + baseline) / 2, *others)]
    pairs += [(fill, one) for fill in fills for one in (now, baseline)] + [(now, baseline)]
    shades = np.concatenate([np.linspace(*pair, STEPS) for pair in pairs])
    is_near_white = shades.min(axis=1) > 248  # where Pillow no longer tells white from its neighbours
    colours = np.unique(np.vstack([white, shades[~is_near_white]]).round(), axis=0).astype(np.uint8)
    image = Image.new("P", (1, 1))
    image.putpalette(colours.tobytes())
    return image


def _of(ax: Axes, artists: Callable[[Axes], list[Artist]]) -> list[Artist]:
    return [artist for one in _with_strips(ax) for artist in artists(one)]


def _with_strips(ax: Axes) -> list[Axes]:
    return [ax, *cast("list[Axes]", ax.child_axes)]
