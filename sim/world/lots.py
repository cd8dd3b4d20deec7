"""Points in lots: what became active first is redeemed first and lapses first; when each lot will lapse."""

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled
from sim.luck import Floats
from sim.scenario import Scenario
from sim.world.journal import Column, Columns
from sim.world.loyalty.expiry import last_statement

_NONE = -1
_LONGEST_WAIT = 14  # months, more than any lot can be pending


def split_into_lots(moves: Columns) -> Columns:
    """Points movements with the lot each belongs to; a debit from several lots becomes several rows.

    `moves` are those of the journal, sorted by day. Credits (points > 0) open lots, numbered from 0 in this
    order. Reversals (points < 0) and activations (points = 0) name theirs; debits have lot -1 and take what
    has been active for longest.
    """
    row, points = moves["row"], moves["points"]
    active_at_once = moves["free"] <= moves["day"]
    source, parts, lot = _split(row, points, _numbered(moves), active_at_once, 1 + row.max(initial=-1))
    return {
        "row": row[source],
        "day": moves["day"][source],
        "type": moves["type"][source],
        "points": parts,
        "lot": lot,
    }


def expiry_dates(scenario: Scenario, credited: Floats, free: Floats) -> Column:
    """Dates on which lots lapse by the terms in force when they were credited, NaT where none can be told.

    `credited` is the day of the credit, `free` the day from which the lot can become active, both in days
    since the start, shape (lots,). Dates may lie beyond the horizon.
    """
    terms = {month: era.loyalty for month, era in scenario.eras().items()}
    if {"fixed", "lot"}.isdisjoint(one.expiry for one in terms.values()):
        return np.full(len(credited), np.datetime64("NaT", "s"))
    start = np.datetime64(scenario.clock.start, "D")
    numbers = np.arange(scenario.clock.months + _LONGEST_WAIT)
    first = np.searchsorted((_statement_date(start, numbers) - start).astype(np.float64), free)
    last = np.full(len(credited), -1)
    for month, one in terms.items():
        since = (month_start(start, np.array([month])) - start).astype(np.float64)
        renewed = credited >= since
        last[renewed] = last_statement(one, first[renewed])
    dates = _statement_date(start, np.arange(last.max(initial=-1) + 1)).astype("datetime64[s]")
    return np.append(dates, np.datetime64("NaT", "s"))[last]  # -1 is the last of all


def _statement_date(start: np.datetime64, number: NDArray[np.int64]) -> Column:
    """The last day of each of these months (from 0) of the run."""
    return month_start(start, number + 1) - np.timedelta64(1, "D")


def month_start(start: np.datetime64, number: NDArray[np.int64]) -> Column:
    """The same day of a later month as the start, or that month's last."""
    opening = start.astype("datetime64[M]")
    month = opening + number.astype("timedelta64[M]")
    first, following = (one.astype("datetime64[D]") for one in (month, month + np.timedelta64(1, "M")))
    day = start - opening.astype("datetime64[D]")
    return first + np.minimum(day, following - first - np.timedelta64(1, "D"))


def _numbered(moves: Columns) -> Column:
    """Lots by their place among the credits instead of the numbers they were given; -1 stays."""
    named, credits = moves["lot"], moves["points"] > 0
    place = np.empty(credits.sum() + 1, np.int64)
    place[named[credits]] = np.arange(credits.sum())
    place[-1] = -1
    return place[named]


@compiled
def _split(
    row: Column, points: Column, lot: Column, active_at_once: Column, customers: int
) -> tuple[Column, Column, Column]:
    """Of each part: the place of its movement, its points and its lot.

    The active lots of a customer are a queue: `first` and `last` of each customer, and `following` a lot.
    """
    credits = np.count_nonzero(points > 0)
    left, following = np.zeros(credits, np.int64), np.full(credits, _NONE)
    first, last = np.full(customers, _NONE), np.full(customers, _NONE)
    room = len(row) + credits  # a debit has one part more than lots that it uses up, at most
    source, parts, lots = np.empty(room, np.intp), np.empty(room, np.int64), np.empty(room, np.int64)
    size = 0
    for i in range(len(row)):
        who, number, more = row[i], lot[i], points[i]
        if more == 0 or (more > 0 and active_at_once[i]):
            if first[who] == _NONE:
                first[who] = number
            else:
                following[last[who]] = number
            last[who] = number
        if number != _NONE:
            left[number] += more
            source[size], parts[size], lots[size] = i, more, number
            size += 1
            continue
        while more < 0 and first[who] != _NONE:
            number = first[who]
            taken = min(left[number], -more)
            if taken:
                left[number] -= taken
                more += taken
                source[size], parts[size], lots[size] = i, -taken, number
                size += 1
            if left[number] == 0:
                first[who] = following[number]
    return source[:size], parts[:size], lots[:size]
