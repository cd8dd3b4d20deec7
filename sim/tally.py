"""Rows of a run's tables by calendar month: which month is theirs, how many there are, what they come to."""

from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.ledger import Tables
from sim.luck import Floats
from sim.scenario import Scenario
from sim.world.journal import Column
from sim.world.simulate import month_starts


class Tally:
    """The months of a run, numbered from 0, and its sales placed among months and customers."""

    def __init__(self, tables: Tables, scenario: Scenario) -> None:
        self.starts = month_starts(scenario)
        self.months = scenario.clock.months
        self._tables = tables
        self._starts = self.starts.to_numpy()

    def month_of(self, times: "pd.Series[pd.Timestamp] | Column") -> NDArray[np.intp]:
        """Number of the month of each time, -1 before the first; of NaT and what is later: the horizon."""
        return np.searchsorted(self._starts, np.asarray(times), side="right") - 1  # NaT is beyond any time

    def month_in_order(self, times: "pd.Series[pd.Timestamp]") -> NDArray[np.intp]:
        """The same of a table sorted by time: the months are looked up among the times, which are many."""
        begins = np.searchsorted(times.to_numpy(), self._starts)
        rows = np.diff(begins, prepend=0, append=len(times))
        return np.repeat(np.arange(-1, self.months + 1), rows)

    def count(self, month: NDArray[np.intp]) -> NDArray[np.intp]:
        """How often each month is named."""
        return np.bincount(month + 1, minlength=self.months + 2)[1:-1]

    def add_up(self, values: "pd.Series[float] | Floats", month: NDArray[np.intp]) -> Floats:
        """Values from the first month on, added up by the number of their month, up to the horizon."""
        return np.bincount(month, values, self.months)[: self.months].astype(float)

    @cached_property
    def sale_month(self) -> NDArray[np.intp]:
        """Number of the month of every transaction."""
        return self.month_in_order(self._tables["transactions"]["time"])

    @cached_property
    def buyer(self) -> NDArray[np.intp]:
        """Row, in the table of customers, of the customer of every transaction."""
        customers = pd.Index(self._tables["customers"]["customer_id"])
        return customers.get_indexer(pd.Index(self._tables["transactions"]["customer_id"]))
