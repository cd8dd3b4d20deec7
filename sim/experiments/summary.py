"""What a worker makes of a run before it gives it back.

Worker processes import this file and no other of this folder but `workers` and `fingerprint`: what is needed
here delays the first run of each.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from sim.run import Run

Tabular = Callable[["Run"], "pd.Series[Any] | pd.DataFrame"]


def as_kpis(run: "Run") -> dict[str, float]:
    """All of `Run.kpis`, in the least that travels between processes."""
    return {str(name): value for name, value in run.kpis().items()}


def as_table(summary: Tabular, run: "Run") -> pd.DataFrame:
    """What the user's summary makes of a run, as a table."""
    made = summary(run)
    found = pd.DataFrame([made.to_dict()]) if isinstance(made, pd.Series) else made
    if not isinstance(found, pd.DataFrame):
        raise TypeError(f"the summary gave {type(made).__name__}; allowed: a Series or DataFrame")
    if "seed" in found:
        raise ValueError(
            "the summary gave a column seed; allowed: any other name, as the run's seed is added"
        )
    return found
