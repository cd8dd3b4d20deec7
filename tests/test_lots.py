"""Points in lots against a first-in-first-out queue that takes one point at a time."""

from collections import defaultdict, deque
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim.world.lots import split_into_lots


class Move(NamedTuple):
    customer: int
    points: int


class Piece(NamedTuple):
    move: int
    lot: int
    points: int


def as_columns(moves: list[Move]) -> dict[str, np.ndarray]:
    """Moves as the journal has them: sorted by day, a few on the same day."""
    return {
        "row": np.array([move.customer for move in moves], np.intp),
        "day": np.arange(len(moves)) // 3 / 10,
        "points": np.array([move.points for move in moves], np.int64),
    }


def fifo(moves: list[Move]) -> list[Piece]:
    """Every point is a token that carries its lot; the oldest token of the customer goes first."""
    tokens: dict[int, deque[int]] = defaultdict(deque)
    pieces, lots = [], 0
    for number, move in enumerate(moves):
        if move.points > 0:
            tokens[move.customer].extend([lots] * move.points)
            pieces.append(Piece(number, lots, move.points))
            lots += 1
        else:
            taken = [tokens[move.customer].popleft() for _ in range(-move.points)]
            pieces += [Piece(number, lot, -taken.count(lot)) for lot in sorted(set(taken))]
    return pieces


@st.composite
def histories(draw: st.DrawFn) -> list[Move]:
    """Earnings and redemptions of a few customers in any order, nobody redeeming more than the balance."""
    balance: dict[int, int] = defaultdict(int)
    moves = []
    for customer in draw(st.lists(st.integers(0, 3), max_size=40)):
        redeems = balance[customer] > 0 and draw(st.booleans())
        points = -draw(st.integers(1, balance[customer])) if redeems else draw(st.integers(1, 30))
        balance[customer] += points
        moves.append(Move(customer, points))
    return moves


def split(moves: list[Move]) -> pd.DataFrame:
    return pd.DataFrame(split_into_lots(as_columns(moves)))


@given(histories())
def test_redemptions_take_the_oldest_points_first(moves: list[Move]) -> None:
    expected = fifo(moves)
    columns = as_columns(moves)
    found = split(moves)
    assert found["points"].tolist() == [piece.points for piece in expected]
    assert found["lot"].tolist() == [piece.lot for piece in expected]
    assert found["row"].tolist() == [moves[piece.move].customer for piece in expected]
    assert found["day"].tolist() == [columns["day"][piece.move] for piece in expected]


@given(histories())
def test_splitting_loses_no_point_and_overdraws_no_lot(moves: list[Move]) -> None:
    found = split(moves)
    assert found["points"].sum() == sum(move.points for move in moves)
    earned = found[found["points"] > 0]
    assert earned["lot"].tolist() == list(range(len(earned)))
    left = found.groupby("lot")["points"].cumsum()
    assert (left >= 0).all()
    assert (found["points"] != 0).all()
    owners = found.groupby("lot")["row"]
    assert (owners.min() == owners.max()).all()


@given(histories())
def test_one_customer_is_split_the_same_whoever_else_there_is(moves: list[Move]) -> None:
    together = split(moves)
    for customer in {move.customer for move in moves}:
        alone = split([move for move in moves if move.customer == customer])
        mine = together[together["row"] == customer]
        assert mine["points"].tolist() == alone["points"].tolist()
        assert (
            mine["lot"].rank(method="dense").to_numpy() == alone["lot"].rank(method="dense").to_numpy()
        ).all()


def test_a_redemption_over_several_lots_becomes_several_rows() -> None:
    moves = [Move(7, 30), Move(2, 50), Move(7, 40), Move(7, -60), Move(2, -50), Move(7, 5), Move(7, -15)]
    found = split(moves)
    assert found["points"].tolist() == [30, 50, 40, -30, -30, -50, 5, -10, -5]
    assert found["lot"].tolist() == [0, 1, 2, 0, 2, 1, 3, 2, 3]


@pytest.mark.parametrize("moves", [[], [Move(0, 5)], [Move(0, 5), Move(0, -5)]], ids=len)
def test_nothing_or_next_to_nothing_can_be_split(moves: list[Move]) -> None:
    assert split(moves)["points"].tolist() == [move.points for move in moves]
    assert split(moves)["lot"].tolist() == [0] * len(moves)


def test_a_million_points_are_split_as_fast_as_they_are_counted() -> None:
    """The columns of 100,000 customers: sums kept, no lot overdrawn."""
    customers = np.tile(np.arange(100_000), 4)
    points = np.repeat([60, 40, -70, -30], 100_000)
    found = pd.DataFrame(split_into_lots({"row": customers, "day": np.arange(400_000.0), "points": points}))
    assert len(found) == 500_000
    assert (found.groupby("lot")["points"].sum() == 0).all()


def test_a_simulated_program_redeems_first_in_first_out() -> None:
    scenario = sim.load("coffee").change({"acquisition.opening_customers": 150, "clock.months": 9})
    points = sim.simulate(scenario, 4).points
    tokens: dict[int, deque[int]] = defaultdict(deque)
    for move in points.itertuples():
        if move.points > 0:
            tokens[move.customer_id].extend([move.lot_id] * move.points)
        else:
            assert [tokens[move.customer_id].popleft() for _ in range(-move.points)] == [
                move.lot_id
            ] * -move.points
    assert (points["points"] < 0).sum() > 50
