"""What a loyalty program does to its members: what it seems to do, and what it does.

All views look at the same people, those who were customers when the program began, and count in the same
unit, per member and month. Two views that a company can have itself compare members with others, and members
with themselves before. The true one compares each member with the same person, with the same luck, in a world
without a program to join: without points and privileges; deals and rebates are in both.
"""

from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim import kpi
from sim.luck import Floats
from sim.run import Run, simulate
from sim.scenario import Scenario
from sim.world.loyalty.membership import has_members

MEASURES = ("spend", "purchases", "margin", "profit")
JOINED = ("points", "privileges")
BUYERS = ("light", "moderate", "heavy")
AT_RISK_DAYS = 365.0
"""How long after the last purchase somebody counts as a customer: the usual rule of 12 months."""
WINDOW_MONTHS = 6
"""The longest time before and after joining that is compared."""

MONTH = 365.25 / 12  # days
Z = 1.959964  # of a 95 % interval
Some = NDArray[np.bool_]


def program_effect(scenario: Scenario, seed: int = 1) -> pd.DataFrame:
    """The effect of the program on its members, measured three ways, per member and month.

    Members and others are those who were customers when the program began (all, if nobody was). Indexed by
    measure and view; columns effect, its 95 % interval low to high, members (on whom it rests) and ratio (to
    the true effect).

    Measures: spend (currency paid, less returns), purchases (kept), margin (at the sale, less returns),
    profit (margin less rewards, rebates paid and an equal share of the benefits of tiers) and
    return_on_program (profit / program cost). Views:

    naive         what members have after joining less what customers who are not (yet) members have. Time
                  counts from the beginning of the program, or the first purchase if later, to the horizon, or
                  to 365 days after the last purchase if that is earlier. Those who buy more join: it
                  flatters.
    before_after  what members have after joining less what they had before, over equal times, at most 6
                  months each. Customers join at a purchase, which counts as after: it flatters; those who
                  leave later count, too.
    true          what a member has from joining on less what the same customer has from the same moment on in
                  the world without program, per month of the naive view. Null for a program without effect.

    An effect is a difference of totals per month; its interval takes customers as clusters (Taylor
    linearisation), and the program's cost as known. ValueError if there is no program to join.
    """
    twins = _Twins(scenario, seed)
    views = {"naive": twins.naive(), "before_after": twins.before_after(), "true": twins.true(twins.members)}
    effects = {view: _with_return(found, twins.cost) for view, found in views.items()}
    truth = effects["true"]["effect"]
    rated = {
        view: found.assign(ratio=found["effect"] / truth.where(truth != 0)) for view, found in effects.items()
    }
    return _by_measure(rated, "view")


def program_effect_by_buyer(scenario: Scenario, seed: int = 1) -> pd.DataFrame:
    """The true effect of the program on light, moderate and heavy buyers, per member and month.

    As `true` in `program_effect`; buyers are thirds of the customers at the program's beginning by their
    purchases a month in the world without program. Indexed by measure and buyer; columns effect, low, high,
    members, and lift, the effect as a share of what these members have without program.
    """
    twins = _Twins(scenario, seed)
    third = twins.thirds()
    effects = {buyer: twins.true(twins.members & (third == n)) for n, buyer in enumerate(BUYERS)}
    return _by_measure(effects, "buyer")


def program_effect_by_month(scenario: Scenario, seed: int = 1) -> pd.DataFrame:
    """The true effect of the program by the time since joining, per member and month.

    As `true` in `program_effect`, in the n-th month (365.25 / 12 days, from 0) after joining, of the members
    for whom all of it lies inside the horizon, lost or not. Indexed by measure and month; columns effect,
    low, high, members and lift, the effect as a share of what they have without program.
    """
    twins = _Twins(scenario, seed)
    months = range(int(twins.horizon / MONTH))
    return _by_measure({month: twins.true_in(month) for month in months}, "month")


class _Twins:
    """A run and the same world without program; arrays over the customers of the run, times in days."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        launch = _launch(scenario)
        self.run = simulate(scenario, seed)
        customers, start = self.run.customers, self.run.month_starts[0]
        self._ids = pd.Index(customers["customer_id"])
        self.horizon = _days(self.run.month_starts[-1:], start)[0]
        self._began = _days(self.run.month_starts[launch : launch + 1], start)[0]
        acquired = _days(customers["acquired_at"], start)
        self._first = np.maximum(acquired, 0.0)
        self._joined = _days(customers["member_since"], start)
        was_there = (customers["channel"] == "opening").to_numpy() | (acquired < self._began)
        self._base = was_there if was_there.any() else np.ones(len(customers), np.bool_)
        self.members = self._base & ~np.isnan(self._joined)
        self._with = _Purchases(self.run, self._ids)
        self._without = _Purchases(simulate(scenario.without(*JOINED), seed), self._ids)

    @cached_property
    def _end(self) -> Floats:
        """Until when each customer counts as one."""
        return np.minimum(self._with.last(self._first) + AT_RISK_DAYS, self.horizon)

    @cached_property
    def _months(self) -> Floats:
        """Months as a member, NaN for others."""
        return (self._end - self._joined) / MONTH

    @cached_property
    def _benefits(self) -> float:
        """What the benefits of tiers cost per member and month, currency."""
        invoices = self.run.tables["invoices"]
        total = invoices.loc[invoices["account"] == "program", "amount"].sum()
        return float(total / np.nansum(self._months)) if total else 0.0

    @cached_property
    def cost(self) -> float:
        """What the program costs per member and month beyond what there is without it, currency."""
        truth = self.true(self.members)["effect"]
        return float(truth["margin"] - truth["profit"])

    def naive(self) -> pd.DataFrame:
        """Members against those who are not, or not yet."""
        begin = np.maximum(self._first, self._began)
        end = np.fmax(np.fmin(self._joined, self._end), begin)
        others = np.where(self._base, (end - begin) / MONTH, 0.0)
        had = self._with.totals(begin, end) * self._base
        return self._compared(self._as_members(), self._months_of(self.members), had, others)

    def before_after(self) -> pd.DataFrame:
        """Members against themselves, over equal times."""
        before, after = self._joined - self._first, self.horizon - self._joined
        time = np.minimum(np.minimum(before, after), WINDOW_MONTHS * MONTH)
        months = np.where(self.members, np.nan_to_num(time), 0.0) / MONTH
        had = self._with.totals(self._joined - time, self._joined) * self.members
        has = self._with.totals(self._joined, self._joined + time) * self.members
        return self._compared(has, months, had, months)

    def true(self, who: Some) -> pd.DataFrame:
        """These members against themselves in the world without program."""
        never = np.full(len(self._ids), np.inf)
        has, had = (side.totals(self._joined, never) * who for side in (self._with, self._without))
        return self._compared(has, self._months_of(who), had, self._months_of(who))

    def true_in(self, month: int) -> pd.DataFrame:
        """The same, in one month after joining."""
        begin = self._joined + month * MONTH
        who = self.members & (begin + MONTH <= self.horizon)
        has, had = (side.totals(begin, begin + MONTH) * who for side in (self._with, self._without))
        return self._compared(has, who.astype(float), had, who.astype(float))

    def thirds(self) -> NDArray[np.intp]:
        """0 to 2 by the purchases a month without program, among the customers at the program's beginning."""
        end = np.minimum(self._without.last(self._first) + AT_RISK_DAYS, self.horizon)
        bought = self._without.totals(self._first, end)[MEASURES.index("purchases")]
        pace = pd.Series(np.where(self._base, bought / (end - self._first), np.nan))
        rank = pace.rank(method="first").to_numpy() - 1
        return np.where(self._base, rank * 3 // self._base.sum(), -1).astype(np.intp)

    def _as_members(self) -> Floats:
        return self._with.totals(self._joined, self._end) * self.members

    def _months_of(self, who: Some) -> Floats:
        return np.where(who, self._months, 0.0)

    def _compared(self, has: Floats, months: Floats, had: Floats, other_months: Floats) -> pd.DataFrame:
        """Totals per month less other totals per other month, of each measure; arrays (measure, customer)."""
        benefits = np.array([self._benefits * (name == "profit") for name in MEASURES])
        with np.errstate(invalid="ignore", divide="ignore"):
            rate, other = has.sum(axis=1) / months.sum(), had.sum(axis=1) / other_months.sum()
            apart = (has - np.outer(rate, months)) / months.sum()
            apart -= (had - np.outer(other, other_months)) / other_months.sum()
            effect, margin = rate - other - benefits, Z * np.sqrt((apart**2).sum(axis=1))
            lift = effect / np.where(other > 0, other, np.nan)
        return pd.DataFrame(
            {
                "effect": effect,
                "low": effect - margin,
                "high": effect + margin,
                "members": np.count_nonzero(months),
                "lift": lift,
            },
            index=list(MEASURES),
        )


class _Purchases:
    """Purchases of one world by the row of their customer: day and what each brings, by measure."""

    def __init__(self, run: Run, ids: pd.Index) -> None:
        sales, rebates = run.transactions, run.tables["rebates"]
        paid = rebates[rebates["claimed_at"].notna() & ~rebates["refused"]]
        kept = sales["refunded_at"].isna().to_numpy()
        margin = np.where(kept, sales["margin"], -sales["cost_of_service"])
        values = np.stack([sales["paid"] * kept, kept, margin, margin - sales["cost_of_reward"]])
        nothing = np.zeros(len(paid))
        rebate = np.stack([nothing, nothing, nothing, -paid["amount"]])
        both = pd.concat([sales[["customer_id", "time"]], paid[["customer_id", "time"]]])
        row = ids.get_indexer(pd.Index(both["customer_id"]))
        known = row >= 0
        self._row, self._size = row[known], len(ids)
        self._day = _days(both["time"], run.month_starts[0])[known]
        self._values = np.concatenate([values, rebate], axis=1)[:, known].astype(float)

    def totals(self, begin: Floats, end: Floats) -> Floats:
        """Sum of each measure over each customer's time from begin up to end, shape (measures, customers)."""
        inside = (self._day >= begin[self._row]) & (self._day < end[self._row])
        row = self._row[inside]
        return np.stack([np.bincount(row, one[inside], self._size) for one in self._values])

    def last(self, otherwise: Floats) -> Floats:
        """Day of the last purchase."""
        last = otherwise.copy()
        np.maximum.at(last, self._row, self._day)
        return last


def _launch(scenario: Scenario) -> int:
    """The month in which there is first a program to join."""
    for month, terms in scenario.eras().items():
        if month < scenario.clock.months and has_members(terms):
            return month
    switches = "loyalty.points_per_unit, loyalty.points_per_visit or a tier of privileges"
    raise ValueError(f"{scenario.name!r} has no program to join; allowed: a scenario with {switches} above 0")


def _days(times: "pd.Series[pd.Timestamp] | pd.DatetimeIndex", start: pd.Timestamp) -> Floats:
    """Days since the start of the clock, NaN where there is no time."""
    since = pd.Series(times) - start
    return (since.dt.total_seconds() / 86_400).to_numpy(float)


def _with_return(effects: pd.DataFrame, cost: float) -> pd.DataFrame:
    """The effects by measure, and the return on the program that follows from that on margin."""
    interval = ["effect", "low", "high"]
    margin: NDArray[np.float64] = np.asarray(effects.loc["margin", interval], np.float64)
    row = pd.DataFrame([kpi.return_on_program(margin, cost)], ["return_on_program"], interval)
    row["members"] = effects["members"].iloc[0]
    return pd.concat([effects.drop(columns="lift"), row])


def _by_measure(effects: "dict[str, pd.DataFrame] | dict[int, pd.DataFrame]", name: str) -> pd.DataFrame:
    """One table of effects by measure, indexed by measure and what the keys are."""
    table = pd.concat(effects, names=[name, "measure"]).swaplevel()
    measures = next(iter(effects.values())).index
    return table.loc[pd.MultiIndex.from_product([measures, effects], names=["measure", name])]
