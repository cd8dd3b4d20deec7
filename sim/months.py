"""The months of a run: customers, answers, money and points, one row a calendar month."""

from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim import kpi
from sim.kpi.satisfaction import csat_votes, score_by_number
from sim.ledger import Tables
from sim.luck import Floats
from sim.tally import Tally
from sim.world.journal import ACCOUNTS, Column, Columns


class Months:
    """Adds up the tables of a run by calendar month; `table` is the result."""

    def __init__(
        self, tables: Tables, tally: Tally, contribution: pd.DataFrame, accounts: pd.DataFrame
    ) -> None:
        """`contribution` as by `ledger.contributions`, `accounts` as by `Run.accounts`."""
        self._tables = tables
        self._tally = tally
        self._accounts = accounts
        self._contribution = contribution

    def table(self) -> pd.DataFrame:
        """One row a month; see `Run.months` for its columns."""
        customers, money = self._customers(), self._money()
        to_acquire = money["marketing_cost"] + money["sales_cost"]
        columns = {**customers, **self._surveys(), **money, **self._points()}
        columns["cac"] = kpi.cac(to_acquire, self._won())
        columns["clv"] = self._clv_so_far(to_acquire, customers["new_customers"])
        return pd.DataFrame({"month": self._tally.starts[:-1], **columns})

    @cached_property
    def _acquired(self) -> NDArray[np.intp]:
        """Number of the month in which each customer was acquired, -1 for those taken over from a log."""
        return self._tally.month_of(self._tables["customers"]["acquired_at"])

    def _won(self) -> NDArray[np.intp]:
        """Customers that acquisition won, by month."""
        is_won = (self._tables["customers"]["channel"] != "opening").to_numpy()
        return self._tally.count(self._acquired[is_won])

    def _customers(self) -> Columns:
        customers, churned = self._tables["customers"], self._tables["truth"]["churned_at"]
        lost = self._tally.month_of(churned)
        new, left = self._tally.count(self._acquired), self._tally.count(lost)
        terminated = self._tally.count(lost[(customers["terminated_at"] == churned).to_numpy()])
        at_once = self._tally.count(lost[self._acquired == lost])
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
        bought = np.zeros((self._tally.months, len(self._tables["customers"])), np.bool_)
        bought[self._tally.sale_month, self._tally.buyer] = True
        return bought.sum(axis=1)

    def _surveys(self) -> Columns:
        surveys, months = self._tables["surveys"], self._tally.months
        month, score = self._tally.month_of(surveys["time"]), surveys["score"].to_numpy()
        is_nps = (surveys["kind"] == "nps").to_numpy()
        nps, nps_se, answers = score_by_number(kpi.nps_votes(score[is_nps]), month[is_nps], months)
        csat, csat_se, _ = score_by_number(csat_votes(score[~is_nps]), month[~is_nps], months)
        return {"nps": nps, "nps_se": nps_se, "csat": csat, "csat_se": csat_se, "answers": answers}

    def _money(self) -> Columns:
        """What every account of the ledger comes to, added up from the tables themselves, to the cent."""
        tickets, accounts = self._tables["tickets"], self._accounts
        invoiced = self._invoiced()
        costs: Columns = {"program_cost": self._sold("cost_of_reward") + invoiced.pop("program")}
        costs |= {f"{account}_cost": amount for account, amount in invoiced.items()}
        answered = self._tally.month_of(tickets["closed_at"])
        costs["service_cost"] += self._tally.add_up(tickets["cost"], answered)
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
        return self._tally.add_up(self._tables["transactions"][column], self._tally.sale_month)

    def _refunded(self, column: str) -> Floats:
        sale, month = self._refunds
        return self._tally.add_up(self._tables["transactions"][column].to_numpy()[sale], month)

    @cached_property
    def _refunds(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows of the transactions that were refunded, and the number of the month in which they were."""
        refunded_at = self._tables["transactions"]["refunded_at"].to_numpy()
        sale = np.flatnonzero(~np.isnat(refunded_at))
        return sale, self._tally.month_of(refunded_at[sale])

    def _invoiced(self) -> dict[str, Floats]:
        """What the invoices of each account come to, by month."""
        invoices, width = self._tables["invoices"], self._tally.months + 1  # the last for the horizon
        account = pd.Categorical(invoices["account"], ACCOUNTS).codes.astype(np.intp)
        place = account * width + self._tally.month_of(invoices["time"])
        amounts = np.bincount(place, invoices["amount"], len(ACCOUNTS) * width).astype(float)
        return dict(zip(ACCOUNTS, amounts.reshape(-1, width)[:, :-1], strict=True))

    def _points(self) -> Columns:
        names = ("points_outstanding", "points_liability", "deferred_revenue")
        return {name: self._accounts[name].to_numpy() for name in names}

    def _clv_so_far(self, to_acquire: Column, new: Column) -> Floats:
        contribution = self._contribution
        value = self._tally.add_up(contribution["present_value"], self._tally.month_of(contribution["time"]))
        customers = np.count_nonzero(self._acquired < 0) + np.cumsum(new)
        return np.cumsum(value - to_acquire) / np.where(customers > 0, customers, np.nan)
