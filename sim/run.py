"""One simulated history: its tables, the months and the key figures computed from them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from sim import kpi, run_files
from sim import ledger as books
from sim.accounts import Accounts, program_kpis
from sim.journey import life
from sim.months import Months
from sim.panel import HORIZON_DAYS, judge_warnings, weekly_panel
from sim.scenario import Scenario
from sim.tally import Tally
from sim.world.simulate import World, month_starts
from sim.world.tables import build_tables
from sim.world.warm_up import prepare

TABLES = (
    "customers",
    "truth",
    "leads",
    "transactions",
    "episodes",
    "touchpoints",
    "tickets",
    "surveys",
    "points",
    "rebates",
    "invoices",
)


def simulate(scenario: Scenario, seed: int = 0) -> "Run":
    """Live one scenario from its first day to its horizon.

    `seed` is a whole number from 0 to 2**64 - 1: the world. Two scenarios with one seed are twins, in which
    the same customer has the same luck. TypeError for anything but a Scenario, ValueError for a bad seed.
    """
    if not isinstance(scenario, Scenario):
        raise TypeError(f"simulate takes a Scenario, such as sim.load('coffee'); got {scenario!r}")
    prepare()
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
                  of 10), trust and commitment (0 to 1), is_costly, churned_at (NaT while a customer)
    leads         a lead that was reached, its fit and intent (standard normal), the company's score of them
                  and the channel's cost per lead; contacted_at is empty if nobody did, converted_at and
                  customer_id are empty if it did not buy
    transactions  a purchase; margin is paid less cost_of_goods and cost_of_service, before cost_of_reward
    episodes      the same purchase as the customer lived it, hidden: minutes to delivery, failures among the
                  attributes, tolerance (failures), delight, experience and satisfaction (points of 10), trust
                  and commitment (0 to 1) after it
    touchpoints   an offer, a cancelled newsletter, a failed log-in, a promotion or demotion between tiers
    tickets       a service contact; started_at is empty while it waits, closed_at until it is answered
    surveys       one answer; kind is nps (score 0 to 10) or csat (score 1 to 5)
    points        a points movement; a redemption that uses several lots is several rows
    rebates       money to claim back of a purchase until the deadline; claimed_at is empty if it is not
    invoices      what no single customer causes: channels, representatives, offers, the kitchen
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
    def episodes(self) -> pd.DataFrame:
        """One row a purchase, hidden state, in the order of `transactions`."""
        return self.tables["episodes"]

    @property
    def touchpoints(self) -> pd.DataFrame:
        """One row an offer or another digital contact, sorted by time."""
        return self.tables["touchpoints"]

    @property
    def tickets(self) -> pd.DataFrame:
        """One row a service contact, sorted by the time it was opened."""
        return self.tables["tickets"]

    @property
    def surveys(self) -> pd.DataFrame:
        """One row an answer."""
        return self.tables["surveys"]

    @property
    def points(self) -> pd.DataFrame:
        """One row a points movement; points are above 0 when earned, below when redeemed."""
        return self.tables["points"]

    @property
    def rebates(self) -> pd.DataFrame:
        """One row a rebate, sorted by the time of its purchase."""
        return self.tables["rebates"]

    @cached_property
    def month_starts(self) -> pd.DatetimeIndex:
        """First moment of every month and of the month after the horizon."""
        return month_starts(self.scenario)

    @cached_property
    def ledger(self) -> pd.DataFrame:
        """One row a booking: time, account, amount (income above 0, cost below), customer_id."""
        return books.ledger(self.tables, self._accounts.bookings)

    @cached_property
    def _accounts(self) -> Accounts:
        return Accounts(self.tables, self.scenario, self._tally)

    @cached_property
    def _tally(self) -> Tally:
        return Tally(self.tables, self.scenario)

    def accounts(self) -> pd.DataFrame:
        """What the program and rebates owe, one row a calendar month.

        points_issued (earned and bonus), points_redeemed, points_expired, points_reversed and points_adjusted
        (given back) are the month's; points_outstanding is the balance at its end. breakage_estimate is the
        share of all points issued so far that will never be redeemed, breakage_outstanding that of the points
        still outstanding, as estimated at the month's end from what was known by then (see
        `kpi.expected_redemptions`). points_liability is the cost view, outstanding x cost of a point x
        (1 - breakage_outstanding); points_liability_prior takes loyalty.expected_breakage instead.
        revenue_deferred and revenue_released (currency) are the month's under IFRS 15, as portfolios by
        month of issue; deferred_revenue is their balance. rebates_accrued at the month's sales, rebates_paid
        on claims, and rebates_owed, the balance of the rebates that are still open, in currency.
        """
        return self._accounts.months.copy()

    def breakage_by_cohort(self) -> pd.DataFrame:
        """What became of the points at the horizon, one row a month of issue.

        issued, redeemed, expired, reversed, adjusted (given back) and outstanding, points of the lots opened
        in that month; breakage_so_far, expired / (issued + adjusted - reversed); breakage_estimate, the share
        that will never be redeemed.
        """
        return self._accounts.cohorts.copy()

    @cached_property
    def _contributions(self) -> pd.DataFrame:
        return books.contributions(self.tables, self.scenario.finance.annual_discount_rate)

    @cached_property
    def clv(self) -> "pd.Series[float]":
        """Realised CLV within the horizon, one value a customer, in currency; see `sim.ledger`.

        Margins less rewards and tickets, each discounted to the customer's first purchase in the run, minus
        the acquisition cost of the customer's channel ((marketing + sales) / customers acquired there).
        """
        return books.realised_clv(self.tables, self._contributions)

    @cached_property
    def nps_votes(self) -> "pd.Series[float]":
        """+100, 0 or -100 for each answer, whose mean is the NPS, by customer_id and time of the wave."""
        answers = self.surveys[self.surveys["kind"] == "nps"]
        votes = 100 * kpi.nps_votes(answers["score"])
        return pd.Series(votes, [answers["customer_id"], answers["time"]], name="votes")

    @cached_property
    def cac_by_channel(self) -> "pd.Series[float]":
        """Customer acquisition cost of each channel and blended, in currency."""
        return books.cac_by_channel(self.tables)

    @cached_property
    def months(self) -> pd.DataFrame:
        """One row a calendar month.

        active_customers, new_customers, lost_customers, terminated_customers, retention_rate and churn_rate
        are the truth, which no company without contracts sees: active at the month's end, first purchases,
        losses, those the company parted with, and the month's retention (E - N) / S and churn. buyers are the
        customers with a purchase. nps and csat come with their standard errors. revenue (after discounts and
        refunds, before the deferral), margin (of the month's sales less refunds, before rewards),
        program_cost (rewards and tiers' benefits), service_cost (tickets and kitchen), marketing_cost,
        sales_cost, extension_cost, rebates_cost (accrued and trued up), revenue_deferred and revenue_released
        (IFRS 15) and profit add up the ledger: profit is margin less all costs, less revenue_deferred, plus
        revenue_released. cac is (marketing + sales) / customers won through a channel; opening customers came
        without. clv is the mean realised CLV so far of all customers so far. points_outstanding,
        points_liability and deferred_revenue are balances at the month's end, see `accounts`.
        """
        return Months(self.tables, self._tally, self._contributions, self._accounts.months).table()

    def program(self) -> "pd.Series[float]":
        """What operators of loyalty programs watch, over the whole horizon; see `sim.kpi.loyalty`.

        enrolment_rate, active_rate (12 months) and never_redeemed_share at the end; sales_penetration, the
        share of sales made by members; redemption_rate, redeemed / issued; burn_rate, the same of the last 12
        months; breakage_so_far and breakage_estimate, shares of all points issued less those reversed;
        margin_per_member and margin_per_other, currency per customer; program_cost, currency: rewards,
        benefits of tiers and rebates paid; program_cost_ratio, its share of revenue. NaN where there is
        nothing to divide by. The return on the program needs a world without it: see `sim.program_effect`.
        """
        return program_kpis(self.tables, self.months, self.accounts(), self.month_starts[-1])

    def kpis(self) -> "pd.Series[float]":
        """One value per KPI over the whole horizon.

        Counts and money are totals; active_customers and points_liability are at the end;
        retention_rate_per_month and churn_rate_per_month are geometric means of the months; nps and csat pool
        all answers; cac is (marketing + sales) / customers won through a channel; clv is the mean of `clv`;
        conversion_rate is per lead; ticket_wait_hours is the mean wait of the tickets taken up.
        """
        return self._kpis.copy()

    def panel(self) -> pd.DataFrame:
        """One row a customer and week, from the week of the first purchase on: what was on record at its end.

        Weeks of 7 days start with the clock and count if they end inside the horizon; a week holds what
        happened before its end, so nothing later is known. Sorted by week, then customer_id.

        customer_id; week, the moment it ends; recency_days since the last purchase; frequency and monetary,
        purchases and what was paid for them (currency) in the last 365 days of the run; r, f, m, their
        scores 1 to 5 among the customers of that week, as in `kpi.rfm`. Counts of the week: failed_logins;
        ignored_offers, offers not accepted; survey_answers (NPS); complaints; questions, billing tickets
        among them; cancelled, newsletter and contract cancellations recorded. survey_change is the latest NPS
        answer minus the one before, until there is a new one, and NaN before the second.
        """
        return weekly_panel(self.tables, self.scenario, self.month_starts[-1])

    def warnings(self, within_days: float = HORIZON_DAYS) -> pd.DataFrame:
        """How well the seven warnings of the panel warned: for teaching, as it compares with the truth.

        One row a warning, whose rule `sim.panel.warning_flags` states. A firing is a customer and a week in
        which it holds; weeks that begin with the customer's end on record (contract cancelled, parted with)
        are left out, and so are those too near to the horizon to know what follows.

        fired            firings
        precision        share of them followed by the loss (`truth.churned_at`) within `within_days`; its
                         95 % interval (Wilson 1927), precision_low to precision_high, is too narrow where
                         firings of one customer follow each other
        already_lost     share of them after the loss, which no shop sees: false alarms, too
        base_rate        share of the weeks of customers not yet lost that are followed by it within that time
        lift             precision / base_rate; among customers not yet lost it is lift / (1 - already_lost)
        recall           share of all losses in the run with a firing in that time before
        lead_time_days   median days from the first such firing to the loss

        ValueError unless within_days is above 0.
        """
        return judge_warnings(self.panel(), self.tables, self.month_starts[-1], within_days)

    def journey(self, customer_id: object) -> pd.DataFrame:
        """One customer's life, one row an event, sorted by time; in one second causes come before effects.

        time; event, one of `sim.journey.CAUSE_FIRST`; detail, in words; amount, currency to the company,
        below 0 what it cost, NaN for none. Beside them the hidden satisfaction (points of 10), trust and
        commitment (0 to 1) as of the latest purchase, and at the end of the run as `truth` has them. Hidden,
        too, are what failed at a purchase and the loss. ValueError for a customer who is not in the run.
        """
        return life(self.tables, self.scenario, self.month_starts[-1], customer_id)

    @cached_property
    def _kpis(self) -> "pd.Series[float]":
        months, sales = self.months, self.transactions
        score, is_nps = self.surveys["score"].to_numpy(), (self.surveys["kind"] == "nps").to_numpy()
        nps, csat = kpi.nps(score[is_nps]), kpi.csat(score[~is_nps])
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
                "cac": kpi.cac(
                    (months["marketing_cost"] + months["sales_cost"]).sum(),
                    (self.customers["channel"] != "opening").sum(),
                ),
                "leads": len(self.leads),
                "conversion_rate": self.leads["converted_at"].notna().mean(),
                "products_per_customer": self.customers["products"].mean(),
                "tickets": len(self.tickets),
                "ticket_wait_hours": _hours(self.tickets["started_at"] - self.tickets["opened_at"]).mean(),
                "members": self.customers["member_since"].notna().sum(),
                "points_liability": months["points_liability"].iloc[-1],
            },
            dtype=float,
            name=self.scenario.name,
        )


def _hours(time: "pd.Series[pd.Timedelta]") -> "pd.Series[float]":
    return time.dt.total_seconds() / 3600
