"""One simulated history: its tables, the months and the key figures computed from them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim import kpi, run_files
from sim.luck import Floats
from sim.scenario import Scenario
from sim.world.simulate import World, month_starts
from sim.world.tables import build_tables

TABLES = ("customers", "truth", "leads", "transactions", "surveys", "points", "invoices")


def simulate(scenario: Scenario, seed: int = 0) -> "Run":
    """Live one scenario from its first day to its horizon.

    `seed` is a whole number from 0 to 2**64 - 1: the world. Two scenarios with one seed are twins, in which
    the same customer has the same luck. TypeError for anything but a Scenario, ValueError for a bad seed.
    """
    if not isinstance(scenario, Scenario):
        raise TypeError(f"simulate takes a Scenario, such as sim.load('coffee'); got {scenario!r}")
    world = World(scenario, seed)
    world.run()
    return Run(scenario, world.luck.seed, build_tables(world))


def load_run(folder: str | Path) -> "Run":
    """A run saved by `Run.save`. Raises RunError with one sentence if the folder is foreign or damaged."""
    return Run(*run_files.read(Path(folder), TABLES))


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """The tables of one simulated history, all pandas; money in `scenario.currency`, times as timestamps.

    customers     a customer as the CRM records it
    truth         the same customer's hidden state: purchase_rate (per week), dropout (bg/nbd: probability of
                  loss after a purchase; pareto/nbd: rate of loss per week), basket_mean, satisfaction (points
                  of 10), churned_at (NaT while a customer)
    leads         a lead that was reached; converted_at and customer_id are empty if it did not buy
    transactions  a purchase; margin is paid less cost_of_goods and cost_of_service, before cost_of_reward
    surveys       one answer; kind is nps (score 0 to 10) or csat (score 1 to 5)
    points        a points movement; a redemption that uses several lots is several rows
    invoices      what marketing cost
    ledger        a booking; income above 0, cost below
    months        a calendar month, see `months`
    """

    scenario: Scenario
    seed: int
    tables: dict[str, pd.DataFrame]

    def __repr__(self) -> str:
        first, last = self.month_starts[0], self.month_starts[-2]
        return (
            f"Run of {self.scenario.name!r}, seed {self.seed}: {len(self.customers):,} customers, "
            f"{len(self.transactions):,} transactions, {first:%Y-%m} to {last:%Y-%m}"
        )

    def save(self, folder: str | Path) -> Path:
        """Write the tables as parquet, with the scenario and seed that made them; returns the folder.

        The folder appears whole or not at all; an earlier run in it is replaced. RunError if it holds
        anything else.
        """
        tables = {**self.tables, "ledger": self.ledger, "months": self.months}
        run_files.write(Path(folder), self.scenario, self.seed, tables)
        return Path(folder)

    @property
    def customers(self) -> pd.DataFrame:
        """One row a customer, as the CRM records it."""
        return self.tables["customers"]

    @property
    def truth(self) -> pd.DataFrame:
        """One row a customer, hidden state, in the order of `customers`."""
        return self.tables["truth"]

    @property
    def leads(self) -> pd.DataFrame:
        """One row a lead."""
        return self.tables["leads"]

    @property
    def transactions(self) -> pd.DataFrame:
        """One row a purchase, sorted by time."""
        return self.tables["transactions"]

    @property
    def surveys(self) -> pd.DataFrame:
        """One row an answer."""
        return self.tables["surveys"]

    @property
    def points(self) -> pd.DataFrame:
        """One row a points movement; points are above 0 when earned, below when redeemed."""
        return self.tables["points"]

    @cached_property
    def month_starts(self) -> pd.DatetimeIndex:
        """First moment of every month and of the month after the horizon."""
        return month_starts(self.scenario)

    @cached_property
    def ledger(self) -> pd.DataFrame:
        """One row a booking: time, account, amount (income above 0, cost below), customer_id."""
        sales, invoices = self.transactions, self.tables["invoices"]
        bookings = [
            self._booking("revenue", sales, sales["paid"]),
            self._booking("cost_of_goods", sales, -sales["cost_of_goods"]),
            self._booking("service", sales, -sales["cost_of_service"]),
            self._booking("program", sales, -sales["cost_of_reward"]),
            self._booking("marketing", invoices, -invoices["amount"]),
        ]
        ledger = pd.concat(bookings).sort_values("time", kind="stable", ignore_index=True)
        return ledger.astype({"account": "category"})

    def _booking(self, account: str, source: pd.DataFrame, amount: "pd.Series[float]") -> pd.DataFrame:
        booked = source.assign(account=account, amount=amount)[amount != 0]
        with_gaps = self.customers["customer_id"].convert_dtypes().dtype  # marketing has no customer
        return booked.reindex(columns=["time", "account", "amount", "customer_id"]).astype(
            {"customer_id": with_gaps}
        )

    @cached_property
    def clv(self) -> "pd.Series[float]":
        """Realised CLV within the horizon, one value a customer, in currency.

        Margins less rewards, each discounted to the customer's first purchase in the run, minus the
        acquisition cost of the customer's channel (marketing / customers acquired there). Marketing that won
        nobody is borne by all.
        """
        sales = self.transactions
        earned = sales[["customer_id", "time"]].assign(margin=sales["margin"] - sales["cost_of_reward"])
        rate = self.scenario.finance.annual_discount_rate
        value = kpi.clv_historic(earned, self.month_starts[-1], rate)
        paid = self.customers.set_index("customer_id")["channel"] == "paid"
        borne = paid if paid.any() else ~paid
        cost = kpi.cac(self.tables["invoices"]["amount"].sum(), borne.sum())
        return (value.reindex(borne.index, fill_value=0.0) - cost * borne).rename("clv")

    @cached_property
    def _is_new(self) -> "pd.Series[bool]":
        """Customers acquired during the run, not taken over from a log."""
        return self.customers["acquired_at"] >= self.month_starts[0]

    @cached_property
    def _won(self) -> pd.DataFrame:
        """Customers that acquisition won: all but those it started with."""
        return self.customers[self.customers["channel"] != "opening"]

    @cached_property
    def months(self) -> pd.DataFrame:
        """One row a calendar month.

        active_customers, new_customers, lost_customers, retention_rate and churn_rate are the truth, which no
        company without contracts sees: active at the month's end, first purchases, losses, and the month's
        retention (E - N) / S and churn. buyers are the customers with a purchase. nps and csat come with
        their standard errors. revenue, margin (before rewards), program_cost, marketing_cost and profit add
        up the ledger. cac is marketing / customers won through a channel; opening customers came without.
        clv is the mean realised CLV so far of all customers so far. points_outstanding and points_liability
        are balances at the month's end.
        """
        table = pd.DataFrame({"month": self.month_starts[:-1]})
        parts = [self._customer_months(), self._survey_months(), self._money_months(), self._points_months()]
        table = pd.concat([table, *parts], axis=1)
        table["cac"] = kpi.cac(table["marketing_cost"], self._count(self._won["acquired_at"]))
        table["clv"] = self._clv_so_far(table)
        return table

    def _month_of(self, times: pd.Series) -> NDArray[np.intp]:
        """Number of the month in which each time falls, -1 before the first; NaT and later: the horizon."""
        found = np.searchsorted(self.month_starts.to_numpy(), times.to_numpy(), side="right") - 1
        return np.where(times.isna(), self.scenario.clock.months, found)

    @cached_property
    def _sales_month(self) -> NDArray[np.intp]:
        """Number of the month of every transaction."""
        return self._month_of(self.transactions["time"])

    def _count(self, times: pd.Series) -> Floats:
        """How many of these times fall into each month."""
        month = self._month_of(times)
        return self._add_up(np.ones(len(month)), month)

    def _add_up(self, values: "pd.Series[float] | Floats", month: NDArray[np.intp]) -> Floats:
        """Values added up by the number of their month."""
        inside = (month >= 0) & (month < self.scenario.clock.months)
        weights = np.asarray(values)[inside]
        return np.bincount(month[inside], weights, self.scenario.clock.months).astype(float)

    def _customer_months(self) -> pd.DataFrame:
        acquired, churned = self.customers["acquired_at"], self.truth["churned_at"]
        new, lost = self._count(acquired), self._count(churned)
        lost_at_once = self._count(churned[self._month_of(acquired) == self._month_of(churned)])
        at_opening = int((~self._is_new & ~(churned < self.month_starts[0])).sum())
        active = at_opening + np.cumsum(new - lost)
        at_start = np.concatenate([[at_opening], active[:-1]])
        has_base = np.where(at_start > 0, at_start, np.nan)
        buyers = self.transactions[["customer_id"]].assign(month=self._sales_month).drop_duplicates()["month"]
        return pd.DataFrame(
            {
                "active_customers": active.astype(int),
                "new_customers": new.astype(int),
                "lost_customers": lost.astype(int),
                "retention_rate": 1 - (lost - lost_at_once) / has_base,
                "churn_rate": (lost - lost_at_once) / has_base,
                "buyers": np.bincount(buyers, minlength=self.scenario.clock.months),
            }
        )

    def _survey_months(self) -> pd.DataFrame:
        answers = self.surveys.assign(
            month=pd.Categorical(self._month_of(self.surveys["time"]), range(self.scenario.clock.months))
        )
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

    def _money_months(self) -> pd.DataFrame:
        sales, invoices = self.transactions, self.tables["invoices"]
        money = pd.DataFrame(
            {
                "revenue": self._add_up(sales["paid"], self._sales_month),
                "margin": self._add_up(sales["margin"], self._sales_month),
                "program_cost": self._add_up(sales["cost_of_reward"], self._sales_month),
                "marketing_cost": self._add_up(invoices["amount"], self._month_of(invoices["time"])),
            }
        )
        money["profit"] = money["margin"] - money["program_cost"] - money["marketing_cost"]
        return money.round(2)

    def _points_months(self) -> pd.DataFrame:
        outstanding = self._add_up(self.points["points"], self._month_of(self.points["time"])).cumsum()
        loyalty = self.scenario.loyalty
        cost_per_point = loyalty.reward_cost / loyalty.reward_points
        liability = kpi.points_liability(outstanding, cost_per_point, loyalty.expected_breakage)
        return pd.DataFrame(
            {"points_outstanding": outstanding.astype(int), "points_liability": np.round(liability, 2)}
        )

    def _clv_so_far(self, months: pd.DataFrame) -> Floats:
        sales = self.transactions
        first = sales.groupby("customer_id", observed=True)["time"].transform("min")
        years = (sales["time"] - first).dt.total_seconds() / (365 * 86_400)
        factor = (1 + self.scenario.finance.annual_discount_rate) ** -years
        value = self._add_up((sales["margin"] - sales["cost_of_reward"]) * factor, self._sales_month)
        so_far = (value - months["marketing_cost"]).cumsum()
        customers = (~self._is_new).sum() + months["new_customers"].cumsum()
        return (so_far / customers.where(customers > 0)).to_numpy()

    def kpis(self) -> "pd.Series[float]":
        """One value per KPI over the whole horizon.

        Counts and money are totals; active_customers and points_liability are at the end;
        retention_rate_per_month and churn_rate_per_month are geometric means of the months; nps and csat pool
        all answers; cac is marketing / customers won through a channel; clv is the mean of `clv`.
        """
        return self._kpis.copy()

    @cached_property
    def _kpis(self) -> "pd.Series[float]":
        months, sales = self.months, self.transactions
        nps = kpi.nps(self.surveys.loc[self.surveys["kind"] == "nps", "score"])
        csat = kpi.csat(self.surveys.loc[self.surveys["kind"] == "csat", "score"])
        rates = months["retention_rate"].dropna()
        retention = kpi.compound(rates) ** (1 / len(rates)) if len(rates) else np.nan
        return pd.Series(
            {
                "customers": len(self.customers),
                "new_customers": months["new_customers"].sum(),
                "active_customers": months["active_customers"].iloc[-1],
                "lost_customers": months["lost_customers"].sum(),
                "retention_rate_per_month": retention,
                "churn_rate_per_month": 1 - retention,
                "clv": self.clv.mean(),
                "clv_se": self.clv.sem(),
                "nps": nps.score,
                "nps_se": nps.se,
                "csat": csat.score,
                "csat_se": csat.se,
                "purchases": len(sales),
                "revenue": months["revenue"].sum(),
                "margin": months["margin"].sum(),
                "profit": months["profit"].sum(),
                "cac": kpi.cac(months["marketing_cost"].sum(), len(self._won)),
                "members": self.customers["member_since"].notna().sum(),
                "points_liability": months["points_liability"].iloc[-1],
            },
            dtype=float,
            name=self.scenario.name,
        )
