"""A ledger of points read row by row into passbooks; what is wrong with it is said in words."""

from collections import defaultdict, deque
from functools import lru_cache

import numpy as np
import pandas as pd

from sim import Run
from sim.scenario import Scenario

CREDITS, DEBITS = ("earn", "bonus", "adjust"), ("redeem", "expire")


class Mistake(Exception):
    """An entry that cannot be."""


def require(holds: bool, what: str) -> None:
    if not holds:
        raise Mistake(what)


class Passbook:
    """One member's lots: a queue of active ones, the first to become active first, and those that wait."""

    def __init__(self) -> None:
        self.active: deque[list[int]] = deque()
        self.waiting: dict[int, int] = {}
        self.earned: set[int] = set()

    @property
    def balance(self) -> int:
        return sum(left for _, left in self.active) + sum(self.waiting.values())

    def open_lots(self) -> dict[int, int]:
        return {**dict(map(tuple, self.active)), **self.waiting}

    def enter(self, kind: str, points: int, lot: int, waits: bool) -> None:
        """One row of the ledger; a credit `waits` if its lot is pending at first. Raises Mistake."""
        if kind in CREDITS:
            self._credit(kind, points, lot, waits)
        elif kind in DEBITS:
            self._debit(points, lot)
        elif kind == "activate":
            require(
                points == 0 and lot in self.waiting, "only a lot that waits becomes active, without points"
            )
            self.active.append([lot, self.waiting.pop(lot)])
        else:
            self._reverse(points, lot)

    def _credit(self, kind: str, points: int, lot: int, waits: bool) -> None:
        require(points > 0, "a credit adds points")
        if kind == "earn":
            self.earned.add(lot)
        if waits:
            self.waiting[lot] = points
        else:
            self.active.append([lot, points])

    def _debit(self, points: int, lot: int) -> None:
        require(points < 0, "a debit takes points")
        require(lot not in self.waiting, "nothing is taken from a lot that is pending")
        require(bool(self.active) and self.active[0][0] == lot, "the oldest active lot goes first")
        self.active[0][1] += points
        require(self.active[0][1] >= 0, "no lot gives more than it has")
        if self.active[0][1] == 0:
            self.active.popleft()

    def _reverse(self, points: int, lot: int) -> None:
        require(lot in self.earned, "only what was earned is taken back")
        require(self.open_lots().get(lot) == -points, "all that is left of the lot is taken back")
        self.waiting.pop(lot, None)
        self.active = deque(one for one in self.active if one[0] != lot)


def mistakes(run: Run) -> list[str]:
    """Whatever is wrong with the points ledger of a run, replayed row by row."""
    try:
        books = _replay(run)
    except Mistake as mistake:
        return [str(mistake)]
    held = run.customers.set_index("customer_id")["points_balance"]
    wrong = [who for who, balance in held.items() if books[who].balance != balance]
    strangers = set(books) - set(held.index)
    return [f"the balance of {who} is not what its lots hold" for who in [*wrong, *strangers]]


def _replay(run: Run) -> dict[object, Passbook]:
    books: dict[object, Passbook] = defaultdict(Passbook)
    lots, balance = 0, dict.fromkeys(run.customers["customer_id"], 0)
    points = run.points
    rows = zip(
        *(points[name].tolist() for name in ("customer_id", "type", "points", "lot_id")),
        pending_days(run, points["time"]).tolist(),
        strict=True,
    )
    for who, kind, moved, lot, pending in rows:
        if kind in CREDITS:
            require(lot == lots, "lots are numbered as they are credited")
            lots += 1
        books[who].enter(kind, moved, lot, waits=kind != "adjust" and pending > 0)
        balance[who] += moved
        require(balance[who] == books[who].balance >= 0, "the rows add up to the open lots")
    return books


@lru_cache(maxsize=4)
def terms(run: Run) -> list[tuple[Scenario, pd.Timestamp, pd.Timestamp]]:
    """The terms in force, one after the other: from when on, and until when."""
    months = sorted(
        {0, *(one.month for one in run.scenario.changes if one.month < run.scenario.clock.months)}
    )
    ends = [*months[1:], run.scenario.clock.months]
    return [
        (run.scenario.at(month), run.month_starts[month], run.month_starts[end])
        for month, end in zip(months, ends, strict=True)
    ]


def pending_days(run: Run, time: "pd.Series[pd.Timestamp]") -> np.ndarray:
    """How many days lots credited at these times have to wait."""
    days = np.zeros(len(time), int)
    for one, start, _ in terms(run):
        days[time >= start] = one.loyalty.pending_days
    return days


def statements(run: Run) -> pd.DatetimeIndex:
    """The last day of every month, when accounts are settled."""
    return run.month_starts[1:] - pd.Timedelta(days=1)
