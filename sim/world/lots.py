"""Points in lots: what became active first is redeemed first and lapses first; when each lot will lapse."""

import numpy as np
from numpy.typing import NDArray

from sim.luck import Floats
from sim.scenario import Scenario
from sim.world.journal import Column, Columns
from sim.world.loyalty.expiry import last_statement

_LONGEST_WAIT = 14  # months, more than any lot can be pending


def split_into_lots(moves: Columns) -> Columns:
    """Points movements with the lot each belongs to; a debit from several lots becomes several rows.

    `moves` are those of the journal, sorted by day. Credits (points > 0) open lots, numbered from 0 in this
    order. Reversals (points < 0) and activations (points = 0) name theirs; debits have lot -1. Laid end to
    end, a customer's lots in the order in which they became active and a customer's debits are two rulers
    over the same points; a debit belongs to the lots it overlaps. What was reversed is not on the ruler: no
    debit took it.
    """
    row, points = moves["row"], moves["points"]
    is_debit = moves["lot"] < 0
    lot = _numbered(moves)
    by_customer = np.argsort(row * row.size + np.arange(row.size))  # stable, by a sort that is not but fast
    laid, length = _laid_end_to_end(moves, lot, by_customer)
    spent = by_customer[is_debit[by_customer]]
    lot_end = np.cumsum(length)
    start, end = _on_the_ruler(row[points > 0][laid], lot_end, row[spent], -points[spent])
    first = np.searchsorted(lot_end, start, side="right")
    pieces = np.searchsorted(lot_end, end, side="left") - first + 1
    piece = _count_within(pieces)
    at = np.repeat(first, pieces) + piece
    taken = np.minimum(lot_end[at], np.repeat(end, pieces)) - np.maximum(
        lot_end[at] - length[at], np.repeat(start, pieces)
    )
    whole = np.flatnonzero(~is_debit)
    order = _in_sequence(len(row), whole, spent, pieces, piece)
    source = np.concatenate([whole, np.repeat(spent, pieces)])[order]
    return {
        "row": row[source],
        "day": moves["day"][source],
        "type": moves["type"][source],
        "points": np.concatenate([points[whole], -taken])[order],
        "lot": np.concatenate([lot[whole], laid[at]])[order],
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
    return np.where(last >= 0, _statement_date(start, last), np.datetime64("NaT", "s"))


def _statement_date(start: np.datetime64, number: NDArray[np.int64]) -> Column:
    """The last day of each of these months (from 0) of the run."""
    return month_start(start, number + 1) - np.timedelta64(1, "D")


def month_start(start: np.datetime64, number: NDArray[np.int64]) -> Column:
    """The same day of a later month as the start, or that month's last."""
    first = (start.astype("datetime64[M]") + number).astype("datetime64[D]")
    following = (start.astype("datetime64[M]") + number + 1).astype("datetime64[D]")
    day = start - start.astype("datetime64[M]").astype("datetime64[D]")
    return first + np.minimum(day, following - first - np.timedelta64(1, "D"))


def _numbered(moves: Columns) -> Column:
    """Lots by their place among the credits instead of the numbers they were given; -1 stays."""
    named, credits = moves["lot"], moves["points"] > 0
    place = np.empty(credits.sum() + 1, np.int64)
    place[named[credits]] = np.arange(credits.sum())
    place[-1] = -1
    return place[named]


def _laid_end_to_end(moves: Columns, lot: Column, by_customer: Column) -> tuple[Column, Column]:
    """Lots that can have been debited, by customer and as they became active; and how long they are."""
    points = moves["points"]
    length = points[points > 0]
    is_reversal = (points < 0) & (lot >= 0)
    np.add.at(length, lot[is_reversal], points[is_reversal])
    opens = np.where(points > 0, moves["free"] <= moves["day"], points == 0)
    laid = lot[by_customer[opens[by_customer]]]
    laid = laid[length[laid] > 0]
    return laid, length[laid]


def _in_sequence(size: int, whole: Column, spent: Column, pieces: Column, piece: Column) -> Column:
    """Order that puts whole movements and pieces of debits where their movements were, without sorting."""
    rows = np.ones(size, np.intp)
    rows[spent] = pieces
    start = np.cumsum(rows) - rows
    place = np.concatenate([start[whole], np.repeat(start[spent], pieces) + piece])
    order = np.empty_like(place)
    order[place] = np.arange(len(place))
    return order


def _on_the_ruler(owner: Column, lot_end: Column, row: Column, spent: Column) -> tuple[Column, Column]:
    """Where each debit (by `row`) starts and ends on the ruler of all customers' lots (by `owner`)."""
    before_customer = np.concatenate([[0], lot_end])[np.searchsorted(owner, row)]
    through = np.cumsum(spent)
    first_of_customer = np.searchsorted(row, row)
    end = before_customer + through - np.concatenate([[0], through])[first_of_customer]
    return end - spent, end


def _count_within(sizes: Column) -> Column:
    """0, 1, 2, ... within each of consecutive groups of these sizes."""
    ends = np.cumsum(sizes)
    return np.arange(ends[-1] if ends.size else 0) - np.repeat(ends - sizes, sizes)
