"""The views of a run beside its baseline: each a picture and the table behind it."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from sim.lab.picture import Picture
from sim.run import Run


@dataclass(frozen=True)
class View:
    """A picture as the bytes of a PNG, what it shows in words (for who cannot see it), and its table."""

    name: str
    what: str
    png: Callable[[Run, Run], bytes]
    table: Callable[[Run, Run], pd.DataFrame]


def views() -> tuple[View, ...]:
    """All views of one deck, in the order of their buttons; a picture keeps its axes from call to call."""
    return (
        View(
            "Overview",
            "Customers and churn, NPS, how CLV is distributed, profit and points liability, month by month",
            Picture().png,
            _overview_table,
        ),
    )


def _overview_table(run: Run, baseline: Run) -> pd.DataFrame:
    """The months of the run."""
    return run.months.set_index("month")
