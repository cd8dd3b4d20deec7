"""The months of a run: customers, answers, money and points, one row a calendar month."""

from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim import kpi
from sim.ledger import Tables
from sim.luck import Floats
from sim.scenario import Scenario
from sim.world.journal import ACCOUNTS, Column, Columns
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
        self._starts = month_starts(scenario).to_numpy()
        self._count_of = scenario.clock.months

    def table(self) -> pd.DataFrame:
        """One row a month; see `Run.months` for its columns."""
        customers, money = self._customers(), self._money()
        to_acquire = money["marketing_cost"] + money["sales_cost"]
        columns = {**customers, **self._surveys(), **money, **self._points()}
        columns["cac"] = kpi.cac(to_acquire, self._won())
        columns["clv"] = self._clv_so_far(to_acquire, customers["new_customers"])
        return pd.DataFrame({"month": self._starts[:-1], **columns})

    def _month_of(self, times: "pd.Series[pd.Timestamp]") -> NDArray[np.intp]:
        """Number of the month in which each time falls, -1 before the first; NaT and later: the horizon."""
        return np.searchsorted(self._starts, times.to_numpy(), side="right") - 1  # NaT is beyond any time

    @cached_property
    def _sales_month(self) -> NDArray[np.intp]:
        """Number of the month of every transaction."""
        return self._month_of(self._tables["transactions"]["time"])

    def _count(self, month: NDArray[np.intp]) -> NDArray[np.intp]:
        """How often each month is named."""
        inside = (month >= 0) & (month < self._count_of)
        return np.bincount(month[inside], minlength=self._count_of)

    def _add_up(self, values: "pd.Series[float]", month: NDArray[np.intp]) -> Floats:
        """Values added up by the number of their month."""
        inside = (month >= 0) & (month < self._count_of)
        weights = values.to_numpy()[inside]
        return np.bincount(month[inside], weights, self._count_of).astype(float)

    @cached_property
    def _acquired(self) -> NDArray[np.intp]:
        """Number of the month in which each customer was acquired, -1 for those taken over from a log."""
        return self._month_of(self._tables["customers"]["acquired_at"])

    def _won(self) -> NDArray[np.intp]:
        """Customers that acquisition won, by month."""
        return self._count(self._acquired[(self._tables["customers"]["channel"] != "opening").to_numpy()])

    def _customers(self) -> Columns:
        customers, churned = self._tables["customers"], self._tables["truth"]["churned_at"]
        lost = self._month_of(churned)
        new, left = self._count(self._acquired), self._count(lost)
        terminated = self._count(lost[(customers["terminated_at"] == churned).to_numpy()])
        at_once = self._count(lost[self._acquired == lost])
        at_opening = np.count_nonzero((self._acquired < 0) & (lost >= 0))
        active = at_opening + np.cumsum(new - left)
        at_start = np.concatenate([[at_opening], active[:-1]])
        churn_rate = (left - at_once) / np.where(at_start > 0, at_start, np.nan)
        return {
            "active_customers": active,
            "new_customers": new,
            "lost_customers": left - terminated,
            "terminated_customers": terminated,
            "retention_rate": 1 - churn_rate,
            "churn_rate": churn_rate,
            "buyers": self._buyers(),
        }

    def _buyers(self) -> NDArray[np.intp]:
        """Customers with a purchase, by month."""
        customer, customers = pd.factorize(self._tables["transactions"]["customer_id"])
        bought = np.zeros((self._count_of, len(customers)), np.bool_)
        bought[self._sales_month, customer] = True
        return bought.sum(axis=1)

    def _surveys(self) -> Columns:
        surveys = self._tables["surveys"]
        month = self._month_of(surveys["time"])
        is_nps, score = (surveys["kind"] == "nps").to_numpy(), surveys[["score"]]
        every = range(self._count_of)
        by_nps = kpi.nps_by(score[is_nps], month[is_nps]).reindex(every)
        by_csat = kpi.csat_by(score[~is_nps], month[~is_nps]).reindex(every)
        return {
            "nps": by_nps["score"].to_numpy(),
            "nps_se": by_nps["se"].to_numpy(),
            "csat": by_csat["score"].to_numpy(),
            "csat_se": by_csat["se"].to_numpy(),
            "answers": self._count(month[is_nps]),
        }

    def _money(self) -> Columns:
        """What every account of the ledger comes to, added up from the tables themselves, to the cent."""
        tickets, accounts = self._tables["tickets"], self._accounts
        invoiced = self._invoiced()
        costs: Columns = {"program_cost": self._sold("cost_of_reward") + invoiced.pop("program")}
        costs |= {f"{account}_cost": amount for account, amount in invoiced.items()}
        costs["service_cost"] += self._add_up(tickets["cost"], self._month_of(tickets["closed_at"]))
        trued_up = np.diff(accounts["rebates_owed"], prepend=0.0)
        costs["rebates_cost"] = accounts["rebates_paid"].to_numpy() + trued_up
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
        money["profit"] = money["margin"] - sum(costs.values()) - deferral
        return {name: np.round(amount, 2) for name, amount in money.items()}

    def _sold(self, column: str) -> Floats:
        return self._add_up(self._tables["transactions"][column], self._sales_month)

    def _refunded(self, column: str) -> Floats:
        return self._add_up(self._tables["transactions"][column], self._refund_month)

    @cached_property
    def _refund_month(self) -> NDArray[np.intp]:
        """Number of the month in which each transaction was refunded."""
        return self._month_of(self._tables["transactions"]["refunded_at"])

    def _invoiced(self) -> dict[str, Floats]:
        """What the invoices of each account come to, by month."""
        invoices, width = self._tables["invoices"], self._count_of + 1  # the last for those at the horizon
        account = pd.Categorical(invoices["account"], ACCOUNTS).codes.astype(np.intp)
        place = account * width + self._month_of(invoices["time"])
        amounts = np.bincount(place, invoices["amount"], len(ACCOUNTS) * width).astype(float)
        return dict(zip(ACCOUNTS, amounts.reshape(-1, width)[:, :-1], strict=True))

    def _points(self) -> Columns:
        names = ("points_outstanding", "points_liability", "deferred_revenue")
        return {name: self._accounts[name].to_numpy() for name in names}

    def _clv_so_far(self, to_acquire: Column, new: Column) -> Floats:
        contribution = self._contribution
        value = self._add_up(contribution["present_value"], self._month_of(contribution["time"]))
        customers = np.count_nonzero(self._acquired < 0) + np.cumsum(new)
        return np.cumsum(value - to_acquire) / np.where(customers > 0, customers, np.nan)
