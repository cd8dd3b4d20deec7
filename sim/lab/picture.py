"""The deck's four charts as one picture, drawn again and again while a lever moves."""

import io
from collections.abc import Iterable
from itertools import compress
from operator import ne
from typing import Any, cast

import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imsave
from matplotlib.patches import Rectangle

from sim.lab import theme
from sim.lab.charts import CHARTS, longest_months
from sim.lab.drawing import moving, wipe
from sim.run import Run


class Picture:
    """The four charts as one PNG, quickly again and again.

    Making and drawing axes, ticks and labels costs far more time than drawing data. So the axes live as long
    as the picture, and what of it stays the same while a lever is dragged is drawn once and kept as a
    background. The figure belongs to no pyplot window and leaves global styles alone.
    """

    def __init__(self) -> None:
        with sns.axes_style("whitegrid"), sns.plotting_context("notebook"):
            self.figure = Figure(figsize=theme.FIGURE_INCHES, dpi=theme.DOTS_PER_INCH)
            self.axes: list[Axes] = list(self.figure.subplots(2, 2, gridspec_kw=theme.MARGINS).flat)
        self._canvas = FigureCanvasAgg(self.figure)
        columns = ((0.0, theme.MIDDLE), (theme.MIDDLE, 1.0))
        self._blanks = [self._blank(*column, bottom) for bottom in (0.5, 0.0) for column in columns]
        self._background: Any = None
        self._background_of: list[object] = []

    def draw(self, run: Run, baseline: Run) -> Figure:
        """The figure with the charts of this run and this baseline."""
        for ax in self.axes:
            for one in _with_strips(ax):
                wipe(one)
        for chart, ax in zip(CHARTS, self.axes, strict=True):
            chart(run, baseline, ax)
        for artist in self._moving():
            artist.set_animated(True)  # matplotlib's word for what is no part of the background
        return self.figure

    def png(self, run: Run, baseline: Run) -> bytes:
        """The same as the bytes of a PNG."""
        self.draw(run, baseline)
        months, currency = longest_months(run, baseline), run.scenario.currency
        self._put_background([(currency, months.iloc[0], len(months), _limits(ax)) for ax in self.axes])
        for artist in self._moving():
            artist.draw(self._canvas.get_renderer())
        buffer = io.BytesIO()
        imsave(buffer, self._canvas.buffer_rgba(), format="png", pil_kwargs={"compress_level": 1})
        return buffer.getvalue()

    def _put_background(self, depends_on: list[object]) -> None:
        """Put the kept background on the canvas, after drawing anew the charts whose axes changed."""
        if self._background is None:
            self._canvas.draw()
        else:
            self._canvas.restore_region(self._background)
            self._draw_axes(map(ne, depends_on, self._background_of))
        if depends_on != self._background_of:
            self._background = self._canvas.copy_from_bbox(self.figure.bbox)
            self._background_of = depends_on

    def _draw_axes(self, changed: Iterable[bool]) -> None:
        for blank, ax in compress(zip(self._blanks, self.axes, strict=True), changed):
            blank.draw(self._canvas.get_renderer())
            ax.draw(self._canvas.get_renderer())

    def _blank(self, left: float, right: float, bottom: float) -> Rectangle:
        """An empty quarter of the page: the place of one chart."""
        page = self.figure.transFigure
        return Rectangle((left, bottom), right - left, 0.5, transform=page, color="white", linewidth=0)

    def _moving(self) -> list[Artist]:
        return [artist for ax in self.axes for one in _with_strips(ax) for artist in moving(one)]


def _with_strips(ax: Axes) -> list[Axes]:
    return [ax, *cast("list[Axes]", ax.child_axes)]


def _limits(ax: Axes) -> list[tuple[float, ...]]:
    return [(*one.get_xlim(), *one.get_ylim()) for one in _with_strips(ax)]
