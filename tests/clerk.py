"""The points ledger that a program must have come to, worked out lot by lot, one member at a time.

Shares nothing with the simulation but the purchases, who is a member since when, and the luck.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from math import exp, floor, inf, isclose, log
from typing import Any, NamedTuple

from by_hand import months_later, rows
from passbook import terms
from sim import Run
from sim.luck import Luck
from sim.scenario import Scenario
from sim.world.purposes import CATEGORY, HASSLE, REDEEM, TAKEOVER

DAY = timedelta(days=1)
MONTH = timedelta(days=365.25 / 12)


class Entry(NamedTuple):
    """A row of the ledger; lots are numbered member by member."""

    time: datetime
    type: str
    points: int
    lot: int
    expires_at: datetime | None


@dataclass
class Lot:
    number: int
    left: int
    free: datetime
    expires_at: datetime | None
    is_returned: bool
    active_by: float = inf  # number of the statement by which it is active


class Calendar:
    """When statements are made, and which terms hold at a time.

    Times of purchases are cut to the second, so one at a statement's second came after it.
    """

    def __init__(self, run: Run) -> None:
        start: date = run.scenario.clock.start
        self.held = run.scenario.clock.months
        months = [months_later(start, n + 1) for n in range(self.held + 30)]
        self.statements = [datetime.combine(month, time()) - DAY for month in months]
        self._terms = [one for one, _, _ in terms(run)]
        self._since = [since.to_pydatetime() for _, since, _ in terms(run)]

    def terms(self, at: datetime) -> Scenario:
        return self._terms[bisect_right(self._since, at) - 1]

    def first_after(self, at: datetime) -> int:
        return bisect_right(self.statements, at)

    def lapse(self, levers: Any, free: datetime) -> datetime | None:
        number = self.first_after(free)
        if levers.expiry == "lot":
            return self.statements[number + levers.expiry_months]
        if levers.expiry != "fixed":
            return None
        while (number + 1) % levers.expiry_months:
            number += 1
        return self.statements[number]


@dataclass
class Clerk:
    """Keeps the points of one member."""

    calendar: Calendar
    luck: dict[str, Any]
    entries: list[Entry] = field(default_factory=list)
    active: list[Lot] = field(default_factory=list)
    waiting: list[Lot] = field(default_factory=list)
    lots: int = 0
    last: datetime = datetime.min

    def write(self, at: datetime, kind: str, points: int, lot: Lot) -> None:
        self.entries.append(Entry(at, kind, points, lot.number, lot.expires_at))

    def credit(self, at: datetime, kind: str, points: int, returned: bool = False) -> None:
        levers = self.calendar.terms(at).loyalty
        wait = 0 if kind == "adjust" else levers.pending_days
        free = at + wait * DAY
        lot = Lot(self.lots, points, free, self.calendar.lapse(levers, free), returned)
        self.lots += 1
        if wait:
            self.waiting.append(lot)
        else:
            lot.active_by = self.calendar.first_after(at)
            self.active.append(lot)
        self.write(at, kind, points, lot)

    def debit(self, at: datetime, kind: str, points: int) -> None:
        while points:
            lot = self.active[0]
            taken = min(points, lot.left)
            lot.left -= taken
            points -= taken
            self.write(at, kind, -taken, lot)
            if not lot.left:
                self.active.pop(0)

    @property
    def free_points(self) -> int:
        return sum(lot.left for lot in self.active)

    def purchase(self, sale: dict[str, Any], number: int, since: datetime) -> None:
        """One purchase: a theft before it, a redemption, what it earns."""
        at, scenario = sale["time"], self.calendar.terms(sale["time"])
        levers, cost = scenario.loyalty, 0.0
        self.last = at
        if self.luck["takeover"][number] < levers.fraud_rate and self.active:
            stolen = self.free_points
            self.debit(at, "redeem", stolen)
            self.credit(at, "adjust", stolen)
            cost += stolen * levers.reward_cost / levers.reward_points
        if self.free_points >= levers.reward_points and self.luck["redeem"][number] < self.chance(levers):
            taken = levers.reward_points if levers.redemption == "reward" else self.free_points
            self.debit(at, "redeem", taken)
            cost += taken * levers.reward_cost / levers.reward_points
        assert abs(cost - sale["cost_of_reward"]) < 0.00501
        if at >= since and (levers.points_per_unit or levers.points_per_visit):
            self.earn(sale, number, scenario, joins=at == since)
        else:
            assert sale["points_earned"] == 0

    def chance(self, levers: Any) -> float:
        p = levers.redemption_probability
        if p in (0, 1):
            return p
        return 1 / (1 + (1 - p) / p * exp(levers.redemption_hassle * self.luck["hassle"]))

    def earn(self, sale: dict[str, Any], number: int, scenario: Scenario, joins: bool) -> None:
        levers = scenario.loyalty
        if joins and levers.endowed_points:
            self.credit(sale["time"], "bonus", levers.endowed_points)
        points = sale["paid"] * levers.points_per_unit + levers.points_per_visit
        if self.luck["category"][number] < levers.bonus_share:
            points *= levers.bonus_multiplier
        tiers = [1 + scenario.privileges.points_bonus * level for level in range(4)]
        assert any(earned_is(sale["points_earned"], points * tier) for tier in tiers)
        if sale["points_earned"]:
            returned = sale["refunded_at"] is not None
            self.credit(sale["time"], "earn", sale["points_earned"], returned)

    def statement(self, number: int) -> None:
        """Reversals, then activations, then what lapses."""
        at = self.calendar.statements[number]
        for lot in sorted(
            (one for one in self.active + self.waiting if one.is_returned), key=lambda one: one.number
        ):
            (self.active if lot in self.active else self.waiting).remove(lot)
            self.write(at, "reverse", -lot.left, lot)
        for lot in [one for one in self.waiting if one.free < at]:
            self.waiting.remove(lot)
            lot.active_by = number
            self.active.append(lot)
            self.write(at, "activate", 0, lot)
        levers = self.calendar.terms(at).loyalty
        lapses = {
            "none": lambda lot: False,
            "fixed": lambda lot: (number + 1) % levers.expiry_months == 0,
            "rolling": lambda lot: at - self.last > levers.expiry_months * MONTH,
            "lot": lambda lot: lot.active_by <= number - levers.expiry_months,
        }[levers.expiry]
        self.debit(at, "expire", sum(lot.left for lot in self.active if lapses(lot)))


def earned_is(found: int, points: float) -> bool:
    """Rounded down; a float that should be whole may be a little less."""
    return found == floor(points) or (isclose(points, found, rel_tol=0, abs_tol=2e-9))


def ledgers_by_hand(run: Run) -> dict[int, list[Entry]]:
    """By customer; customers must be known by the keys of their luck."""
    calendar, sales = Calendar(run), defaultdict(list)
    for sale in rows(run.transactions[COLUMNS].astype(object).where(run.transactions[COLUMNS].notna(), None)):
        sales[sale["customer_id"]].append(sale)
    members = run.customers.set_index("customer_id")["member_since"].dropna().dt.to_pydatetime()
    return {
        who: _ledger(calendar, _luck(run, who, len(sales[who])), sales[who], since)
        for who, since in members.items()
    }


COLUMNS = ["customer_id", "time", "paid", "points_earned", "cost_of_reward", "refunded_at"]


def _luck(run: Run, who: int, purchases: int) -> dict[str, Any]:
    luck, counts = Luck(run.seed), range(purchases)
    redeem, category, takeover = luck.uniform((REDEEM, CATEGORY, TAKEOVER), who, list(counts)).tolist()
    hassle = -log(luck.uniform(HASSLE, who)[0])
    return {"redeem": redeem, "category": category, "takeover": takeover, "hassle": hassle}


def _ledger(
    calendar: Calendar, luck: dict[str, Any], sales: list[dict[str, Any]], since: datetime
) -> list[Entry]:
    clerk, done = Clerk(calendar, luck), 0
    for number, at in enumerate(calendar.statements[: calendar.held]):
        until = bisect_left(sales, at, key=lambda sale: sale["time"])
        for count in range(done, until):
            clerk.purchase(sales[count], count, since)
        clerk.statement(number)
        done = until
    for count in range(done, len(sales)):
        clerk.purchase(sales[count], count, since)
    return clerk.entries


def ledgers(run: Run) -> dict[int, list[Entry]]:
    """The points table of the run in the clerk's words."""
    found: dict[int, list[Entry]] = {}
    numbers: dict[int, dict[int, int]] = defaultdict(dict)
    names = ["time", "type", "points", "lot_id", "expires_at"]
    table = run.points[names].astype(object).where(run.points[names].notna(), None)
    for who, *entry in zip(
        run.points["customer_id"].tolist(), *(table[name].tolist() for name in names), strict=True
    ):
        moment, kind, points, lot, expires_at = entry
        place = numbers[who].setdefault(lot, len(numbers[who]))
        found.setdefault(who, []).append(Entry(moment, kind, points, place, expires_at))
    return found
