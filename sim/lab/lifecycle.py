"""How far leads and customers came through the lifecycle by the end of a run: counts that add up.

Who is lost is the truth, which no company without contracts sees.
"""

from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from sim.lab.sheet_table import percent_of, side_by_side
from sim.run import Run


@dataclass(frozen=True)
class Lifecycle:
    """How far leads and customers came by the end of a run: whole numbers that add up.

    leads; won, those that became customers; opening, customers who came without a lead; regulars, customers
    with `extension.regular_purchases` purchases in the run or a second product; extended, those with a second
    product. newcomers_lost, regulars_lost and extended_lost are by the last stage reached, in truth and
    counting those the company parted with.
    """

    leads: int
    won: int
    opening: int
    regulars: int
    extended: int
    newcomers_lost: int
    regulars_lost: int
    extended_lost: int

    @property
    def customers(self) -> int:
        """All who were customers in the run."""
        return self.opening + self.won

    @property
    def lost(self) -> int:
        """Customers lost from any stage."""
        return self.newcomers_lost + self.regulars_lost + self.extended_lost

    @property
    def not_won(self) -> int:
        """Leads that did not buy by the end."""
        return self.leads - self.won

    @property
    def newcomers_stay(self) -> int:
        """Customers at the end who never became regulars."""
        return self.customers - self.regulars - self.newcomers_lost

    @property
    def regulars_stay(self) -> int:
        """Regulars at the end without a second product."""
        return self.regulars - self.extended - self.regulars_lost

    @property
    def extended_stay(self) -> int:
        """Customers at the end with a second product."""
        return self.extended - self.extended_lost


def lifecycle(run: Run) -> Lifecycle:
    """Count how far leads and customers came. Customers lost before the run, of a log, are left out."""
    churned, start = run.truth["churned_at"], run.month_starts[0]
    here = ~(churned < start).to_numpy()
    customers, lost = run.customers[here], churned.notna().to_numpy()[here]
    bought = run.transactions["customer_id"].value_counts(sort=False)
    purchases = customers["customer_id"].map(bought).fillna(0).to_numpy()
    extended = (customers["products"] > 1).to_numpy()
    regular = (purchases >= run.scenario.extension.regular_purchases) | extended
    won = int(run.leads["converted_at"].notna().sum())
    return Lifecycle(
        leads=len(run.leads),
        won=won,
        opening=len(customers) - won,
        regulars=int(regular.sum()),
        extended=int(extended.sum()),
        newcomers_lost=int((lost & ~regular).sum()),
        regulars_lost=int((lost & regular & ~extended).sum()),
        extended_lost=int((lost & extended).sum()),
    )


class Stage(NamedTuple):
    """A number of `Lifecycle`: its name in a table and, in short, in a picture; what it is a share of."""

    name: str
    label: str
    words: str
    of: str = "customers"


_ALL = (
    Stage("leads", "Leads", "Leads", "leads"),
    Stage("won", "won, of leads", "won", "leads"),
    Stage("not_won", "did not buy, of leads", "leads did not buy", "leads"),
    Stage("customers", "Customers", "Customers"),
    Stage("opening", "without a lead, of customers", "Opening"),
    Stage("regulars", "Regulars, of customers", "Regulars"),
    Stage("extended", "Extended (a second product), of regulars", "Extended", "regulars"),
    Stage("newcomers_stay", "newcomers still there, of customers", "newcomers stay"),
    Stage("regulars_stay", "regulars still there, of customers", "regulars stay"),
    Stage("extended_stay", "extended still there, of customers", "extended stay"),
    Stage("lost", "Lost, of customers", "lost"),
    Stage("newcomers_lost", "newcomers lost, of customers", "newcomers lost"),
    Stage("regulars_lost", "regulars lost, of customers", "regulars lost"),
    Stage("extended_lost", "extended lost, of customers", "extended lost"),
)
STAGES = {stage.name: stage for stage in _ALL}
"""In the order of the table."""


def share(flow: Lifecycle, count: str) -> float:
    """What share of the stage it is counted in this count is, percent; NaN where that is empty."""
    return float(percent_of(getattr(flow, count), getattr(flow, STAGES[count].of)))


def lifecycle_table(run: Run, baseline: Run) -> pd.DataFrame:
    """Number and share of every stage, one row a stage; columns (quantity, "now" or "baseline")."""
    return side_by_side(_numbers(run), _numbers(baseline))


def _numbers(run: Run) -> pd.DataFrame:
    flow = lifecycle(run)
    counts = [getattr(flow, count) for count in STAGES]
    shares = [share(flow, count) for count in STAGES]
    stages = pd.Index([stage.label for stage in STAGES.values()], name="stage")
    return pd.DataFrame({"number": counts, "share, %": shares}, index=stages)
