"""NPS, CLV and profit of a run beside its baseline, each on a page of its own with its 95 % intervals."""

from matplotlib.axes import Axes

from sim.lab import charts, theme
from sim.lab.charts import NORMAL_95
from sim.lab.drawing import compact, title
from sim.lab.single import page
from sim.run import Run


def nps_chart(run: Run, baseline: Run | None = None, ax: Axes | None = None) -> Axes:
    """NPS of each month's answers and of all together, with 95 % intervals; the baseline's of all dashed."""
    return charts.nps(run, run if baseline is None else baseline, page() if ax is None else ax)


def clv_chart(run: Run, baseline: Run | None = None, ax: Axes | None = None) -> Axes:
    """How CLV differs between customers; the mean with its 95 % interval as a shaded stripe."""
    ax = charts.clv(run, run if baseline is None else baseline, page() if ax is None else ax)
    if len(run.clv) < 2:
        return ax
    mean, half = run.kpis()["clv"], NORMAL_95 * run.kpis()["clv_se"]
    ax.axvspan(mean - half, mean + half, color=theme.NOW_COLOUR, alpha=0.25, linewidth=0)
    mean_text, currency = f"mean {compact(mean)} ± {compact(half)}", run.scenario.currency
    return title(ax, f"CLV: {mean_text}, half below {compact(run.clv.median())} {currency}")


def profit_chart(run: Run, baseline: Run | None = None, ax: Axes | None = None) -> Axes:
    """Profit added up since the start, and below what is owed in points, month by month."""
    return charts.profit(run, run if baseline is None else baseline, page() if ax is None else ax)
