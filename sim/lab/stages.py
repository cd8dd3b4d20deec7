"""Who is in which stage of the lifecycle at the end of each month, person by person.

lead      reached during the month and not a customer at its end; later a lead is cold and in no stage
new       a customer with fewer than `extension.regular_purchases` purchases in the run and one product
regular   that many purchases in the run, one product
extended  a second product
lost      in truth, which no company without contracts sees, or parted with by the company

The last stage that applies counts. So new, regular and extended make up the active customers of `Run.months`.
Customers lost before the run, of a log, are left out. Hidden in any stage of a customer: whom the latest
purchase let down, with more failures than they tolerate.
"""

from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.run import Run

STAGES = ("lead", "new", "regular", "extended", "lost")
LEAD, NEW, REGULAR, EXTENDED, LOST = range(5)
NOWHERE = -1

Seconds = NDArray[np.int64]
_NEVER = np.iinfo(np.int64).max


class Stages:
    """The stages of one run. `people` are the ids: a customer's own, or "lead 17" of one who never bought.

    The first `customers` of them are customers. `codes` has a row a person and a column a month: a place in
    `STAGES`, or `NOWHERE`. `let_down` is alike.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._starts = _seconds(pd.Series(run.month_starts))
        self._here = ~(run.truth["churned_at"] < run.month_starts[0]).to_numpy()
        self.customers = int(self._here.sum())
        self._cold = run.leads[run.leads["converted_at"].isna()]
        self._ids = pd.Index(run.customers["customer_id"])

    @cached_property
    def people(self) -> NDArray[np.object_]:
        """Customers in the order of the run's table, then the leads that never bought."""
        customers = self._run.customers["customer_id"].to_numpy(object)[self._here]
        leads = [f"lead {one}" for one in self._cold["lead_id"]]
        return np.concatenate([customers, np.array(leads, object)])

    @cached_property
    def came_at(self) -> Seconds:
        """The second in which each person was first heard of, since 1970."""
        return np.concatenate([self._reached[self._here], _seconds(self._cold["created_at"])])

    @cached_property
    def codes(self) -> NDArray[np.int8]:
        """Places in `STAGES`, shape (people, months)."""
        begins, ends = self._starts[:-1], self._starts[1:]
        stage = np.where(_is_between(self.came_at, begins, ends), LEAD, NOWHERE).astype(np.int8)
        customers = stage[: self.customers]
        for code, since in enumerate(self._milestones, start=NEW):
            customers[since[self._here][:, None] < ends] = code
        return stage

    @cached_property
    def let_down(self) -> NDArray[np.bool_]:
        """Whether the latest purchase failed in more than was tolerated, of customers not lost."""
        lived = self._run.episodes
        who, hurt = self._ids.get_indexer(lived["customer_id"]), lived["failures"] > lived["tolerance"]
        until = np.searchsorted(_seconds(lived["time"]), self._starts)
        state, months = np.zeros(len(self._ids), np.bool_), []
        for first, last in pairwise(until):
            state[who[first:last]] = hurt.to_numpy()[first:last]  # of several purchases the last stays
            months.append(state[self._here])
        found = np.zeros(self.codes.shape, np.bool_)
        found[: self.customers] = np.column_stack(months)
        return found & (self.codes != LOST)

    def counts(self) -> pd.DataFrame:
        """How many are in each stage at the end of each month, and how many of them are let down."""
        codes = {name: (self.codes == code).sum(axis=0) for code, name in enumerate(STAGES)}
        months = pd.Index(self._run.month_starts[:-1], name="month")
        return pd.DataFrame({**codes, "let down": self.let_down.sum(axis=0)}, index=months)

    @cached_property
    def _milestones(self) -> tuple[Seconds, ...]:
        """When each customer became new, regular, extended and lost."""
        extended = self._first(self._accepted)
        regular = np.minimum(self._first(self._nth_purchases), extended)
        lost = _seconds(self._run.truth["churned_at"])
        return _seconds(self._run.customers["acquired_at"]), regular, extended, lost

    @property
    def _accepted(self) -> pd.DataFrame:
        touches = self._run.touchpoints
        return touches[(touches["kind"] == "offer") & (touches["response"] == "accepted")]

    @property
    def _nth_purchases(self) -> pd.DataFrame:
        sales = self._run.transactions
        number = sales.groupby("customer_id").cumcount() + 1
        return sales[number == self._run.scenario.extension.regular_purchases]

    def _first(self, records: pd.DataFrame) -> Seconds:
        """The second of each customer's first record."""
        first = records.drop_duplicates("customer_id")
        since = np.full(len(self._ids), _NEVER)
        since[self._ids.get_indexer(first["customer_id"])] = _seconds(first["time"])
        return since

    @cached_property
    def _reached(self) -> Seconds:
        """When each customer was first heard of: as a lead, or with the first purchase."""
        won = self._run.leads.dropna(subset="converted_at")
        reached = _seconds(self._run.customers["acquired_at"])
        place = self._ids.get_indexer(won["customer_id"].astype(self._ids.dtype))
        reached[place] = np.minimum(reached[place], _seconds(won["created_at"]))
        return reached


def stage_counts(run: Run) -> pd.DataFrame:
    """How many people are in each stage of `STAGES` at the end of each month, and how many are let down."""
    return Stages(run).counts()


def _is_between(times: Seconds, begins: Seconds, ends: Seconds) -> NDArray[np.bool_]:
    return (times[:, None] >= begins) & (times[:, None] < ends)


def _seconds(times: "pd.Series[pd.Timestamp]") -> Seconds:
    """Since 1970; never for NaT."""
    values = times.to_numpy("datetime64[s]")
    return np.where(np.isnat(values), _NEVER, values.astype(np.int64))
