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

    def __init__(
        self, tables: Tables, scenario: Scenario, contribution: pd.DataFrame, accounts: pd.DataFrame
    ) -> None:
        """`contribution` as by `ledger.contributions`, `accounts` as by `Run.accounts`."""
        self._tables = tables
        self._accounts = accounts
        self._contribution = contribution
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
        return pd.DataFrame(
            {
                "active_customers": active.astype(int),
                "new_customers": new.astype(int),
                "lost_customers": (left - terminated).astype(int),
                "terminated_customers": terminated.astype(int),
                "retention_rate": 1 - (left - at_once) / has_base,
                "churn_rate": (left - at_once) / has_base,
                "buyers": self._buyers(),
            }
        )

    def _buyers(self) -> NDArray[np.intp]:
        """Customers with a purchase, by month."""
        customer, customers = pd.factorize(self._tables["transactions"]["customer_id"])
        bought = np.zeros((self._count_of, len(customers)), np.bool_)
        bought[self._sales_month, customer] = True
        return bought.sum(axis=1)

    def _surveys(self) -> pd.DataFrame:
        surveys = self._tables["surveys"]
        month = pd.Series(
            pd.Categorical(self._month_of(surveys["time"]), range(self._count_of)), surveys.index
        )
        is_nps = (surveys["kind"] == "nps").to_numpy()
        score = surveys[["score"]]
        by_nps = kpi.nps_by(score[is_nps], month[is_nps])
        by_csat = kpi.csat_by(score[~is_nps], month[~is_nps])
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
        tickets, accounts = self._tables["tickets"], self._accounts
        costs: dict[str, Floats] = {"program_cost": self._sold("cost_of_reward") + self._invoiced("program")}
        costs |= {f"{account}_cost": self._invoiced(account) for account in ACCOUNTS if account != "program"}
        costs["service_cost"] += self._add_up(tickets["cost"], self._month_of(tickets["closed_at"]))
        trued_up = accounts["rebates_owed"].diff().fillna(accounts["rebates_owed"])
        costs["rebates_cost"] = (accounts["rebates_paid"] + trued_up).to_numpy()
        refunds = self._refunded("paid")
        money = {
            "revenue": self._sold("paid") - refunds,
            "discounts": self._sold("discount"),
            "refunds": refunds,
            "margin": self._sold("margin") - refunds + self._refunded("cost_of_goods"),
            **costs,
            "revenue_deferred": accounts["revenue_deferred"].to_numpy(),
            "revenue_released": accounts["revenue_released"].to_numpy(),
        }
        deferral = money["revenue_deferred"] - money["revenue_released"]
        return pd.DataFrame({**money, "profit": money["margin"] - sum(costs.values()) - deferral}).round(2)

    def _sold(self, column: str) -> Floats:
        return self._add_up(self._tables["transactions"][column], self._sales_month)

    def _refunded(self, column: str) -> Floats:
        return self._add_up(self._returned[column], self._month_of(self._returned["refunded_at"]))

    @cached_property
    def _returned(self) -> pd.DataFrame:
        """The purchases that were returned."""
        sales = self._tables["transactions"]
        return sales[sales["refunded_at"].notna()]

    def _invoiced(self, account: str) -> Floats:
        invoices = self._tables["invoices"]
        booked = invoices[invoices["account"] == account]
        return self._add_up(booked["amount"], self._month_of(booked["time"]))

    def _points(self) -> pd.DataFrame:
        return self._accounts[["points_outstanding", "points_liability", "deferred_revenue"]]

    def _clv_so_far(self, months: pd.DataFrame) -> Floats:
        contribution = self._contribution
        value = self._add_up(contribution["present_value"], self._month_of(contribution["time"]))
        so_far = (value - months["marketing_cost"] - months["sales_cost"]).cumsum()
        before = (self._tables["customers"]["acquired_at"] < self._starts[0]).sum()
        customers = before + months["new_customers"].cumsum()
        return (so_far / customers.where(customers > 0)).to_numpy()
