"""Points in lots: what is earned first is redeemed first."""

import numpy as np

from sim.world.journal import Column, Columns


def split_into_lots(moves: Columns) -> Columns:
    """Points movements with the lot each belongs to; a redemption from several lots becomes several rows.

    `moves` has row (customer), day and points (earned > 0, redeemed < 0), sorted by day. Every earning opens
    the lot of its own number, counted from 0. Laid end to end, a customer's lots and a customer's redemptions
    are two rulers over the same points; a redemption belongs to the lots it overlaps.
    """
    row, points = moves["row"], moves["points"]
    is_lot = points > 0
    lot_number = np.cumsum(is_lot) - 1
    by_customer = np.argsort(row, kind="stable")
    lots = by_customer[is_lot[by_customer]]
    spent = by_customer[~is_lot[by_customer]]
    lot_end = np.cumsum(points[lots])
    start, end = _on_the_ruler(row, points, lots, spent)
    first = np.searchsorted(lot_end, start, side="right")
    pieces = np.searchsorted(lot_end, end, side="left") - first + 1
    piece = _count_within(pieces)
    lot = np.repeat(first, pieces) + piece
    taken = np.minimum(lot_end[lot], np.repeat(end, pieces)) - np.maximum(
        lot_end[lot] - points[lots][lot], np.repeat(start, pieces)
    )
    source = np.concatenate([lots, np.repeat(spent, pieces)])
    number = np.concatenate([lot_number[lots], lot_number[lots][lot]])
    amount = np.concatenate([points[lots], -taken])
    order = _in_sequence(len(row), lots, spent, pieces, piece)
    return {
        "row": row[source][order],
        "day": moves["day"][source][order],
        "points": amount[order],
        "lot": number[order],
    }


def _in_sequence(size: int, lots: Column, spent: Column, pieces: Column, piece: Column) -> Column:
    """Order that puts lots and pieces of redemptions where their movements were, without sorting."""
    rows = np.ones(size, np.intp)
    rows[spent] = pieces
    start = np.cumsum(rows) - rows
    place = np.concatenate([start[lots], np.repeat(start[spent], pieces) + piece])
    order = np.empty_like(place)
    order[place] = np.arange(len(place))
    return order


def _on_the_ruler(row: Column, points: Column, lots: Column, spent: Column) -> tuple[Column, Column]:
    """Where each redemption starts and ends on its customer's stretch of all lots laid end to end."""
    earned_before = np.concatenate([[0], np.cumsum(points[lots])])[np.searchsorted(row[lots], row[spent])]
    through = np.cumsum(-points[spent])
    first_of_customer = np.searchsorted(row[spent], row[spent])
    before_customer = np.concatenate([[0], through])[first_of_customer]
    end = earned_before + through - before_customer
    return end + points[spent], end


def _count_within(sizes: Column) -> Column:
    """0, 1, 2, ... within each of consecutive groups of these sizes."""
    ends = np.cumsum(sizes)
    return np.arange(ends[-1] if ends.size else 0) - np.repeat(ends - sizes, sizes)
