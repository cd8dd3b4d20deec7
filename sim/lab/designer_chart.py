"""The accountant's chart: what a program owes at each month's end, and what it costs in each month."""

import io
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sim.lab import theme
from sim.lab.designer_views import BALANCES
from sim.lab.drawing import dress, line, month_axes, month_numbers, round_limits, wipe

INCHES, DOTS_PER_INCH = (4.2, 3.0), 150
_MARGINS = {"left": 0.13, "right": 0.97, "bottom": 0.12, "top": 0.91, "hspace": 0.62}
_HEIGHTS = (1.5, 1.0)
_DASHES: dict[str, Any] = dict(zip(BALANCES, ("-", (0, (4, 2)), (0, (1, 1.5))), strict=True))


def accounts_chart(view: pd.DataFrame, currency: str, upper: Axes, lower: Axes) -> None:
    """Balances of `accountant_view` above, costs and discounts of each month below."""
    dress(upper, f"owed at the month's end, {currency}", ticks=3)
    dress(lower, f"cost and discounts of the month, {currency}", ticks=2)
    spent = view["program_cost"] + view["discounts"]
    for name in BALANCES:
        style = {"color": theme.BALANCE_COLOURS[name], "linestyle": _DASHES[name]}
        line(upper, month_numbers(view), view[name].to_numpy(), linewidth=2.0, **style)
    line(lower, month_numbers(view), spent.to_numpy(), linewidth=2.0, color=theme.INK)
    _show_zero(upper, view[[*BALANCES]].to_numpy())
    _show_zero(lower, spent.to_numpy())
    month_axes(view["month"], upper, lower)
    lower.set_xlabel("")


def _show_zero(ax: Axes, values: np.ndarray) -> None:
    shown = np.nan_to_num(values.astype(float))
    round_limits(ax, min(shown.min(), 0.0), max(shown.max(), 0.0))


class AccountsPicture:
    """The chart as a PNG, drawn again and again on the same axes."""

    def __init__(self) -> None:
        self._figure = Figure(figsize=INCHES, dpi=DOTS_PER_INCH)
        self._canvas = FigureCanvasAgg(self._figure)
        self._axes = self._figure.subplots(2, 1, gridspec_kw={"height_ratios": _HEIGHTS, **_MARGINS})

    def png(self, view: pd.DataFrame, currency: str) -> bytes:
        """The bytes of a PNG of 630 x 450 pixels."""
        for ax in self._axes:
            wipe(ax)
        accounts_chart(view, currency, *self._axes)
        buffer = io.BytesIO()
        self._canvas.print_png(buffer, pil_kwargs={"compress_level": 1})
        return buffer.getvalue()
