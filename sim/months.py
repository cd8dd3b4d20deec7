"""The months of a run: customers, answers, money and points, one row a calendar month."""

from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim import kpi
from sim.ledger import Tables, won_customers
from sim.luck import Floats
from sim.scenario import Scenario
from sim.world.journal import ACCOUNTS
from sim.world.simulate import month_starts


class Months:
    """Adds up the tables of a run by calendar month; `table` is the result."""

    def __init__(self, tables: Tables, scenario: Scenario, contribution: pd.DataFrame) -> None:
        self._tables = tables
        self._contribution = contribution
        self._scenario = scenario
        self._starts = month_starts(scenario)
        self._count_of = scenario.clock.months

    def table(self) -> pd.DataFrame:
        """One row a month; see `Run.months` for its columns."""
        table = pd.DataFrame({"month": self._starts[:-1]})
        parts = [self._customers(), self._surveys(), self._money(), self._points()]
        table = pd.concat([table, *parts], axis=1)
        won = self._count(won_customers(self._tables)["acquired_at"])
        table["cac"] = kpi.cac(table["marketing_cost"] + table["sales_cost"], won)
        table["clv"] = self._clv_so_far(table)
        return table

    def _month_of(self, times: pd.Series) -> NDArray[np.intp]:
        """Number of the month in which each time falls, -1 before the first; NaT and later: the horizon."""
        found = np.searchsorted(self._starts.to_numpy(), times.to_numpy(), side="right") - 1
        return np.where(times.isna(), self._count_of, found)

    @cached_property
    def _sales_month(self) -> NDArray[np.intp]:
        """Number of the month of every transaction."""
        return self._month_of(self._tables["transactions"]["time"])

    def _count(self, times: pd.Series) -> Floats:
        """How many of these times fall into each month."""
        month = self._month_of(times)
        return self._add_up(np.ones(len(month)), month)

    def _add_up(self, values: "pd.Series[float] | Floats", month: NDArray[np.intp]) -> Floats:
        """Values added up by the number of their month."""
        inside = (month >= 0) & (month < self._count_of)
        weights = np.asarray(values)[inside]
        return np.bincount(month[inside], weights, self._count_of).astype(float)

    @cached_property
    def _at_opening(self) -> int:
        """Customers taken over from a log who are still there on the first day."""
        before = self._tables["customers"]["acquired_at"] < self._starts[0]
        return int((before & ~(self._tables["truth"]["churned_at"] < self._starts[0])).sum())

    def _customers(self) -> pd.DataFrame:
        customers, churned = self._tables["customers"], self._tables["truth"]["churned_at"]
        acquired = customers["acquired_at"]
        new, left = self._count(acquired), self._count(churned)
        terminated = self._count(churned[customers["terminated_at"] == churned])
        at_once = self._count(churned[self._month_of(acquired) == self._month_of(churned)])
        active = self._at_opening + np.cumsum(new - left)
        at_start = np.concatenate([[self._at_opening], active[:-1]])
        has_base = np.where(at_start > 0, at_start, np.nan)
        sales = self._tables["transactions"][["customer_id"]].assign(month=self._sales_month)
        buyers = sales.drop_duplicates()["month"]
        return pd.DataFrame(
            {
                "active_customers": active.astype(int),
                "new_customers": new.astype(int),
                "lost_customers": (left - terminated).astype(int),
                "terminated_customers": terminated.astype(int),
                "retention_rate": 1 - (left - at_once) / has_base,
                "churn_rate": (left - at_once) / has_base,
                "buyers": np.bincount(buyers, minlength=self._count_of),
            }
        )

    def _surveys(self) -> pd.DataFrame:
        surveys = self._tables["surveys"]
        month = pd.Categorical(self._month_of(surveys["time"]), range(self._count_of))
        answers = surveys.assign(month=month)
        nps, csat = answers[answers["kind"] == "nps"], answers[answers["kind"] == "csat"]
        by_nps, by_csat = kpi.nps_by(nps, nps["month"]), kpi.csat_by(csat, csat["month"])
        return pd.DataFrame(
            {
                "nps": by_nps["score"].to_numpy(),
                "nps_se": by_nps["se"].to_numpy(),
                "csat": by_csat["score"].to_numpy(),
                "csat_se": by_csat["se"].to_numpy(),
                "answers": by_nps["n"].to_numpy(),
            }
        )

    def _money(self) -> pd.DataFrame:
        """What every account of the ledger comes to, added up from the tables themselves, to the cent."""
        sales, tickets = self._tables["transactions"], self._tables["tickets"]
        at_sales = {
            name: self._add_up(sales[column], self._sales_month)
            for name, column in (
                *(("revenue", "paid"), ("discounts", "discount")),
                *(("margin", "margin"), ("program_cost", "cost_of_reward")),
            )
        }
        invoiced = {f"{account}_cost": self._invoiced(account) for account in ACCOUNTS}
        invoiced["service_cost"] += self._add_up(tickets["cost"], self._month_of(tickets["closed_at"]))
        costs = at_sales["program_cost"] + sum(invoiced.values())
        return pd.DataFrame({**at_sales, **invoiced, "profit": at_sales["margin"] - costs}).round(2)

    def _invoiced(self, account: str) -> Floats:
        invoices = self._tables["invoices"]
        booked = invoices[invoices["account"] == account]
        return self._add_up(booked["amount"], self._month_of(booked["time"]))

    def _points(self) -> pd.DataFrame:
        points, loyalty = self._tables["points"], self._scenario.loyalty
        outstanding = self._add_up(points["points"], self._month_of(points["time"])).cumsum()
        cost_per_point = loyalty.reward_cost / loyalty.reward_points
        liability = kpi.points_liability(outstanding, cost_per_point, loyalty.expected_breakage)
        return pd.DataFrame(
            {"points_outstanding": outstanding.astype(int), "points_liability": np.round(liability, 2)}
        )

    def _clv_so_far(self, months: pd.DataFrame) -> Floats:
        contribution = self._contribution
        value = self._add_up(contribution["present_value"], self._month_of(contribution["time"]))
        so_far = (value - months["marketing_cost"] - months["sales_cost"]).cumsum()
        before = (self._tables["customers"]["acquired_at"] < self._starts[0]).sum()
        customers = before + months["new_customers"].cumsum()
        return (so_far / customers.where(customers > 0)).to_numpy()
