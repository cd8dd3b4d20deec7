"""What a loyalty program owes, month by month: points under IFRS 15 and at cost, and rebates.

Points are followed by issue cohort, the month in which their lot was opened, as a portfolio. Of the price of
a month's sales to members, a part belongs to the points given with them: it is deferred, and earned as they
are redeemed. How many ever will be is estimated anew at every month's end from what was known by then. Points
that a thief took are redeemed: the reward is gone. Those given back for them (adjust) are issued without a
sale, so nothing is deferred for them. The price that is split is what was paid; rebates are accrued apart.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim import kpi
from sim.kpi.liability import Triangle
from sim.ledger import Tables
from sim.levers import Loyalty
from sim.luck import Floats
from sim.scenario import Scenario
from sim.tally import Tally
from sim.world.journal import Column

SECOND = np.timedelta64(1, "s")
CENTS = 2  # decimals


@dataclass(frozen=True)
class Cohorts:
    """Points of each issue cohort (row) up to the end of each month (column), running totals."""

    issued: Triangle
    redeemed: Triangle
    expired: Triangle
    reversed: Triangle
    adjusted: Triangle

    @property
    def granted(self) -> Triangle:
        """Issued or given back, and not reversed."""
        return self.issued + self.adjusted - self.reversed

    @property
    def outstanding(self) -> Triangle:
        """What customers still hold."""
        return self.granted - self.redeemed - self.expired


def deferred(sales: Floats, goods_value: Floats, points_value: Floats, kept: Triangle) -> Triangle:
    """Revenue deferred for the points of each cohort as it stands at each month's end, in cents of currency.

    `sales`, the price of the cohort's sales, is split by the stand-alone selling prices `goods_value` and
    `points_value` (see `kpi.deferred_revenue`); the share of the points that is not reversed stays, `kept`.
    """
    has_points = points_value > 0
    both = np.stack([sales, goods_value, points_value])[:, has_points]
    part = np.zeros(len(sales))
    part[has_points] = kpi.deferred_revenue(*both)
    return (part[:, None] * kept).round(CENTS)


def earned(deferral: Triangle, redeemed: Triangle, expected: Triangle, outstanding: Triangle) -> Triangle:
    """Revenue earned so far on each cohort at each month's end: a cumulative catch-up, in cents of currency.

    Deferred x redeemed / expected ever to be redeemed by the estimate of that month (see
    `kpi.released_revenue`), and all of it when no point is left.
    """
    has_estimate = expected > 0
    so_far = np.zeros_like(deferral)
    so_far[has_estimate] = kpi.released_revenue(
        deferral[has_estimate], redeemed[has_estimate], expected[has_estimate]
    )
    return np.where(outstanding > 0, so_far, deferral).round(CENTS)


class Accounts:
    """The program's accounts of one run: `months`, `cohorts` and the `bookings` that follow from them."""

    def __init__(self, tables: Tables, scenario: Scenario, tally: Tally) -> None:
        self._tables = tables
        self._tally = tally
        self._count = tally.months
        self._terms = _terms_by_month(scenario)
        self._expected_claims = scenario.rebates.expected_claims

    @cached_property
    def months(self) -> pd.DataFrame:
        """One row a month; see `Run.accounts`."""
        parts = (self._points(), self._revenue(), self._rebates_by_month())
        columns = {name: values for part in parts for name, values in part.items()}
        return pd.DataFrame({"month": self._tally.starts[:-1], **columns})

    @cached_property
    def cohorts(self) -> pd.DataFrame:
        """One row an issue month; see `Run.breakage_by_cohort`."""
        points, last = self._cohorts, self._count - 1
        names = ("issued", "redeemed", "expired", "reversed", "adjusted", "outstanding")
        columns = {name: getattr(points, name)[:, last].astype(int) for name in names}
        granted = points.granted[:, last]
        table = pd.DataFrame({"month": self._tally.starts[:-1], **columns})
        table["breakage_so_far"] = _share(points.expired[:, last], granted)
        table["breakage_estimate"] = 1 - _share(self._expected[:, last], granted)
        return table[granted > 0].reset_index(drop=True)

    @cached_property
    def bookings(self) -> pd.DataFrame:
        """What the ledger books for points (at the last second of a month, for all together) and rebates."""
        revenue, last_second = self.months, self._tally.starts[1:] - SECOND
        points = [
            pd.DataFrame({"time": last_second, "account": account, "amount": amount})
            for account, amount in (
                ("points_deferred", -revenue["revenue_deferred"]),
                ("points_released", revenue["revenue_released"]),
            )
        ]
        return pd.concat([*points, self._rebate_bookings], ignore_index=True)

    @cached_property
    def _cohorts(self) -> Cohorts:
        points, count = self._tables["points"], self._count
        kind = points["type"].cat
        place = (kind.codes.to_numpy(np.intp) * count + self._issue_month) * count + self._month
        moved = np.bincount(place, points["points"], len(kind.categories) * count**2)
        running = dict(zip(kind.categories, moved.reshape(-1, count, count).cumsum(axis=2), strict=True))
        return Cohorts(
            issued=running["earn"] + running["bonus"],
            redeemed=-running["redeem"],
            expired=-running["expire"],
            reversed=-running["reverse"],
            adjusted=running["adjust"],
        )

    @cached_property
    def _month(self) -> NDArray[np.intp]:
        """Number of the month of each movement."""
        return self._tally.month_in_order(self._tables["points"]["time"])

    @cached_property
    def _issue_month(self) -> NDArray[np.intp]:
        """Number of the month in which the lot of each movement was opened."""
        lot = self._tables["points"]["lot_id"].to_numpy()
        opened = np.zeros(lot.max(initial=-1) + 1, np.intp)
        opened[lot[::-1]] = self._month[::-1]  # a lot's first movement is the last that is written
        return opened[lot]

    @cached_property
    def _life(self) -> Floats:
        """For how many months each cohort's points can be redeemed, by the terms they were issued under."""
        lapses_at = self._tables["points"]["expires_at"].to_numpy()
        days = (lapses_at - self._tally.starts.to_numpy()[0]) / np.timedelta64(1, "D")
        latest = np.zeros(self._count)
        np.fmax.at(latest, self._issue_month, days)  # NaT is no number, which fmax passes over
        last = np.round(latest / _DAYS_PER_MONTH) - 1
        return np.where(last > 0, np.maximum(last - np.arange(self._count), 0.0), np.inf)

    @cached_property
    def _expected(self) -> Triangle:
        """Points ever to be redeemed, by the estimate of each month."""
        cohorts, breakage = self._cohorts, self._terms[0].expected_breakage
        return kpi.expected_redemptions(
            cohorts.granted, cohorts.redeemed, cohorts.outstanding, breakage, self._life
        )

    def _points(self) -> dict[str, Column]:
        cohorts = self._cohorts
        outstanding = cohorts.outstanding.sum(axis=0)
        to_come = (self._expected - cohorts.redeemed).sum(axis=0)
        granted = cohorts.granted.sum(axis=0)
        breakage = 1 - _share(to_come, outstanding)
        cost = np.array([one.reward_cost / one.reward_points for one in self._terms])
        prior = np.array([one.expected_breakage for one in self._terms])
        moved = {
            f"points_{name}": _by_month(getattr(cohorts, name)).astype(int)
            for name in ("issued", "redeemed", "expired", "reversed", "adjusted")
        }
        liability = kpi.points_liability(outstanding, cost, np.nan_to_num(breakage))
        return {
            **moved,
            "points_outstanding": outstanding.astype(int),
            "breakage_estimate": 1 - _share(self._expected.sum(axis=0), granted),
            "breakage_outstanding": breakage,
            "points_liability": liability.round(CENTS),
            "points_liability_prior": kpi.points_liability(outstanding, cost, prior).round(CENTS),
        }

    def _revenue(self) -> dict[str, Column]:
        cohorts = self._cohorts
        issued = np.diag(cohorts.issued)
        value = np.array([one.reward_value / one.reward_points for one in self._terms])
        expected = np.nan_to_num(_share(np.diag(self._expected), np.diag(cohorts.granted)))
        kept = 1 - np.nan_to_num(_share(cohorts.reversed, issued[:, None]))
        sales, goods = self._sales_to_members()
        deferral = deferred(sales, goods, issued * value * expected, np.triu(kept))
        so_far = earned(deferral, cohorts.redeemed, self._expected, cohorts.outstanding)
        return {
            "revenue_deferred": _by_month(deferral).round(CENTS),
            "revenue_released": _by_month(so_far).round(CENTS),
            "deferred_revenue": (deferral - so_far).sum(axis=0).round(CENTS),
        }

    def _sales_to_members(self) -> tuple[Floats, Floats]:
        """What members paid for their purchases of each month, and what these are worth at full price."""
        sales, customers, tally = self._tables["transactions"], self._tables["customers"], self._tally
        as_member = sales["time"].to_numpy() >= customers["member_since"].to_numpy()[tally.buyer]
        month = np.where(as_member, tally.sale_month, tally.months)  # all others are left to the horizon
        return tally.add_up(sales["paid"], month), tally.add_up(sales["amount"], month)

    @cached_property
    def _accrued(self) -> Floats:
        """What is accrued for each rebate at the sale."""
        return (self._tables["rebates"]["amount"].to_numpy() * self._expected_claims).round(CENTS)

    @cached_property
    def _settled_at(self) -> Column:
        """When each rebate was claimed or lapsed; NaT of those that are open at the horizon."""
        rebates = self._tables["rebates"]
        claimed_at = rebates["claimed_at"].to_numpy()
        return np.where(np.isnat(claimed_at), rebates["deadline"].to_numpy(), claimed_at)

    @property
    def _rebate_bookings(self) -> pd.DataFrame:
        """The accrual at the sale, trued up to what is paid when the claim or the deadline comes."""
        rebates = self._tables["rebates"]
        columns = ["time", "account", "amount", "customer_id"]
        booked = rebates.assign(account="rebates", amount=-self._accrued)[columns]
        trued_up = booked.assign(time=self._settled_at, amount=self._accrued - rebates["paid"])
        settled = trued_up[trued_up["time"].notna()]
        return pd.concat([booked, settled], ignore_index=True).round({"amount": CENTS})

    def _rebates_by_month(self) -> dict[str, Column]:
        rebates, tally = self._tables["rebates"], self._tally
        settled = tally.month_of(self._settled_at)
        accrued = tally.add_up(self._accrued, tally.month_of(rebates["time"]))
        owed = (accrued - tally.add_up(self._accrued, settled)).cumsum()
        return {
            "rebates_accrued": accrued.round(CENTS),
            "rebates_paid": tally.add_up(rebates["paid"], settled).round(CENTS),
            "rebates_owed": owed.round(CENTS),
        }


def program_kpis(
    tables: Tables, months: pd.DataFrame, accounts: pd.DataFrame, end: pd.Timestamp
) -> "pd.Series[float]":
    """The key figures of `Run.program`, of a run that ends at `end`."""
    customers, sales, points = tables["customers"], tables["transactions"], tables["points"]
    moved = accounts[["points_issued", "points_redeemed", "points_expired"]]
    total, last_year = moved.sum().astype(float), moved.tail(12).sum().astype(float)
    granted = total["points_issued"] + (accounts["points_adjusted"] - accounts["points_reversed"]).sum()
    margin = kpi.member_margin(sales, customers)
    cost = months["program_cost"].sum() + accounts["rebates_paid"].sum()
    return pd.Series(
        {
            "enrolment_rate": kpi.enrolment_rate(customers),
            "active_rate": kpi.active_rate(customers, sales, points, end),
            "never_redeemed_share": (
                kpi.never_redeemed_share(customers, points, end) if len(points) else np.nan
            ),
            "sales_penetration": kpi.sales_penetration(sales, customers),
            "redemption_rate": kpi.redemption_rate(total["points_redeemed"], total["points_issued"]),
            "burn_rate": kpi.redemption_rate(last_year["points_redeemed"], last_year["points_issued"]),
            "breakage_so_far": total["points_expired"] / granted if granted else np.nan,
            "breakage_estimate": accounts["breakage_estimate"].iloc[-1],
            "margin_per_member": margin["member"],
            "margin_per_other": margin["other"],
            "program_cost": cost,
            "program_cost_ratio": kpi.program_cost_ratio(cost, max(months["revenue"].sum(), 0.0)),
        },
        dtype=float,
        name="program",
    )


_DAYS_PER_MONTH = 365.25 / 12


def _terms_by_month(scenario: Scenario) -> list[Loyalty]:
    """The terms of the program in force in each month."""
    eras = scenario.eras()
    since = list(eras)
    return [eras[since[bisect_right(since, month) - 1]].loyalty for month in range(scenario.clock.months)]


def _by_month(running: Triangle) -> Floats:
    """What each month adds to the running totals of all cohorts."""
    return np.diff(running.sum(axis=0), prepend=0.0)


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Their ratio, NaN where there is nothing to share."""
    return np.divide(part, np.where(whole > 0, whole, np.nan))
