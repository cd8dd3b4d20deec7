"""One large chart on the deck's page: as axes of pyplot, for a notebook, and as a PNG, for the deck."""

import io
from collections.abc import Callable, Mapping

import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from sim.lab import theme
from sim.lab.picture import QUICK_TEXT
from sim.run import Run

Single = Callable[[Run, Run | None, Axes | None], Axes]
"""A chart of a run, beside a baseline or alone, on axes given or of its own."""
Margins = Mapping[str, float]

MARGINS: Margins = {"left": 0.075, "right": 0.975, "bottom": 0.11, "top": 0.87}


def page(margins: Margins = MARGINS) -> Axes:
    """Axes of their own, of the deck's size, which a notebook shows as any others of pyplot."""
    _, ax = plt.subplots(figsize=theme.FIGURE_INCHES, dpi=theme.DOTS_PER_INCH, gridspec_kw=dict(margins))
    return ax


def png(chart: Single, run: Run, baseline: Run, margins: Margins = MARGINS) -> bytes:
    """The chart as the bytes of a PNG; belongs to no window and leaves global styles alone."""
    figure = Figure(figsize=theme.FIGURE_INCHES, dpi=theme.DOTS_PER_INCH)
    canvas = FigureCanvasAgg(figure)
    with sns.axes_style("whitegrid"), sns.plotting_context("notebook"):
        ax = figure.subplots(gridspec_kw=dict(margins))
    with rc_context(QUICK_TEXT):
        chart(run, baseline, ax)
        canvas.draw()
    size, buffer = canvas.get_width_height(), io.BytesIO()
    picture = Image.frombuffer("RGBA", size, canvas.buffer_rgba())
    picture.convert("RGB").save(buffer, "png", compress_level=1)
    return buffer.getvalue()
