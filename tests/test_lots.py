"""Points in lots against a first-in-first-out queue of single points; and the dates on which they lapse."""

from collections import defaultdict, deque
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from by_hand import months_later
from passbook import mistakes
from sim.scenario import Scenario
from sim.world.journal import MOVES
from sim.world.lots import expiry_dates, split_into_lots


class Move(NamedTuple):
    """A credit (points > 0) may wait; activations (0) and reversals (< 0) name the place of their credit."""

    customer: int
    points: int
    lot: int | None = None
    waits: bool = False


class Piece(NamedTuple):
    move: int
    lot: int
    points: int


def as_columns(moves: list[Move]) -> dict[str, np.ndarray]:
    """Moves as the journal has them: sorted by day, a few on the same day; lots bear numbers of their own."""
    day = np.arange(len(moves)) // 3 / 10
    credits = [place for place, move in enumerate(moves) if move.points > 0]
    number = {
        place: 2 * n if 2 * n < len(credits) else 2 * (len(credits) - n) - 1
        for n, place in enumerate(credits)
    }
    named = [place if move.points > 0 else move.lot for place, move in enumerate(moves)]
    points = np.array([move.points for move in moves], np.int64)
    kinds = np.where(points > 0, "earn", np.where(points == 0, "activate", "redeem"))
    return {
        "row": np.array([move.customer for move in moves], np.intp),
        "day": day,
        "type": np.array([MOVES.index(kind) for kind in kinds], np.int8),
        "points": points,
        "lot": np.array([-1 if place is None else number[place] for place in named], np.int64),
        "free": day + np.array([move.waits for move in moves], float),
    }


def fifo(moves: list[Move]) -> list[Piece]:
    """Every point is a token that carries its lot; of those that are active the first one goes first."""
    active: dict[int, deque[int]] = defaultdict(deque)
    waiting: dict[int, list[int]] = {}
    lots: dict[int | None, int] = {}
    pieces = []
    for place, (customer, points, named, waits) in enumerate(moves):
        tokens = active[customer]
        if points > 0:
            lot = lots[place] = len(lots)
            (waiting.setdefault(lot, []) if waits else tokens).extend([lot] * points)
            pieces.append(Piece(place, lot, points))
        elif named is None:
            taken = [tokens.popleft() for _ in range(-points)]
            pieces += [Piece(place, lot, -taken.count(lot)) for lot in dict.fromkeys(taken)]
        else:
            lot = lots[named]
            if points == 0:
                tokens.extend(waiting.pop(lot))
            elif waiting.pop(lot, None) is None:
                active[customer] = deque(one for one in tokens if one != lot)
            pieces.append(Piece(place, lot, points))
    return pieces


class Open(NamedTuple):
    place: int
    left: int


@st.composite
def histories(draw: st.DrawFn) -> list[Move]:
    """What a few customers earn, wait for, have taken back and spend, in any order; nobody overdraws."""
    active: dict[int, list[Open]] = defaultdict(list)
    waiting: dict[int, list[Open]] = defaultdict(list)
    moves: list[Move] = []
    for customer in draw(st.lists(st.integers(0, 3), max_size=40)):
        mine, late = active[customer], waiting[customer]
        kinds = ["credit", "credit", "wait"] + ["debit"] * 3 * bool(mine) + ["activate"] * bool(late)
        match draw(st.sampled_from(kinds + ["reverse"] * bool(mine + late))):
            case "debit":
                points = left = draw(st.integers(1, sum(lot.left for lot in mine)))
                while left:
                    taken = min(left, mine[0].left)
                    left -= taken
                    mine[:1] = [mine[0]._replace(left=mine[0].left - taken)] if taken < mine[0].left else []
                moves.append(Move(customer, -points))
            case "activate":
                lot = late.pop(draw(st.integers(0, len(late) - 1)))
                mine.append(lot)
                moves.append(Move(customer, 0, lot.place))
            case "reverse":
                lot = draw(st.sampled_from(mine + late))
                (mine if lot in mine else late).remove(lot)
                moves.append(Move(customer, -lot.left, lot.place))
            case kind:
                lot = Open(len(moves), draw(st.integers(1, 30)))
                (late if kind == "wait" else mine).append(lot)
                moves.append(Move(customer, lot.left, waits=kind == "wait"))
    return moves


def history_of(customer: int, moves: list[Move]) -> list[Move]:
    """One customer's moves, with the places they have among themselves."""
    places = [place for place, move in enumerate(moves) if move.customer == customer]
    own = {place: n for n, place in enumerate(places)}
    return [
        moves[n]._replace(lot=own.get(moves[n].lot) if moves[n].lot is not None else None) for n in places
    ]


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
    assert (found["points"] == 0).sum() == sum(move.points == 0 for move in moves)
    owners = found.groupby("lot")["row"]
    assert (owners.min() == owners.max()).all()


@given(histories())
def test_one_customer_is_split_the_same_whoever_else_there_is(moves: list[Move]) -> None:
    together = split(moves)
    for customer in {move.customer for move in moves}:
        alone = split(history_of(customer, moves))
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


def test_a_lot_that_is_active_at_once_passes_one_that_waits() -> None:
    moves = [Move(7, 30, waits=True), Move(7, 40), Move(7, -10), Move(7, 0, 0), Move(7, -50)]
    found = split(moves)
    assert found["points"].tolist() == [30, 40, -10, 0, -30, -20]
    assert found["lot"].tolist() == [0, 1, 1, 0, 1, 0]


def test_what_a_reversal_takes_from_the_middle_nobody_else_takes() -> None:
    """Of the first two lots 35 are spent; the 5 left of the second are reversed; the third pays the rest."""
    moves = [Move(7, 30), Move(7, 10), Move(7, 40), Move(7, -35), Move(7, -5, 1), Move(7, -12)]
    found = split(moves)
    assert found["points"].tolist() == [30, 10, 40, -30, -5, -5, -12]
    assert found["lot"].tolist() == [0, 1, 2, 0, 1, 1, 2]


@pytest.mark.parametrize("moves", [[], [Move(0, 5)], [Move(0, 5), Move(0, -5)]], ids=len)
def test_nothing_or_next_to_nothing_can_be_split(moves: list[Move]) -> None:
    assert split(moves)["points"].tolist() == [move.points for move in moves]
    assert split(moves)["lot"].tolist() == [0] * len(moves)


def test_a_million_points_are_split_as_fast_as_they_are_counted() -> None:
    """The columns of 100,000 customers: sums kept, no lot overdrawn."""
    customers, credits = np.tile(np.arange(100_000), 4), np.arange(200_000)
    points = np.repeat([60, 40, -70, -30], 100_000)
    day = np.arange(400_000.0)
    lot = np.concatenate([credits, np.full(200_000, -1)])
    columns = {
        "row": customers,
        "day": day,
        "type": np.zeros(400_000),
        "points": points,
        "lot": lot,
        "free": day,
    }
    found = pd.DataFrame(split_into_lots(columns))
    assert len(found) == 500_000
    assert (found.groupby("lot")["points"].sum() == 0).all()


def test_a_simulated_program_redeems_first_in_first_out() -> None:
    scenario = sim.load("coffee").change({"acquisition.opening_customers": 150, "clock.months": 9})
    run = sim.simulate(scenario, 4)
    assert mistakes(run) == []
    assert (run.points["points"] < 0).sum() > 50


def expires(scenario: Scenario, credited: float, waits: float = 0.0) -> str:
    dates = expiry_dates(scenario, np.array([credited]), np.array([credited + waits]))
    return str(dates.astype("datetime64[D]")[0])


STARTS_LATE = sim.Scenario().change({"clock.start": date(2023, 8, 31), "clock.months": 3})


@pytest.mark.parametrize(
    ("expiry", "months", "credited", "waits", "lapses"),
    [
        ("none", 2, 10.0, 0, "NaT"),
        ("rolling", 2, 10.0, 0, "NaT"),
        (
            "lot",
            1,
            10.0,
            0,
            "2023-10-30",
        ),  # the first statement is on 29 September, one month on is 30 October
        ("lot", 5, 10.0, 0, "2024-02-28"),
        ("lot", 1, 29.0, 0, "2023-10-30"),  # on the statement's day at midnight
        ("lot", 1, 29.001, 0, "2023-11-29"),
        ("lot", 1, 10.0, 30, "2023-11-29"),  # it waits until the second statement
        ("lot", 120, 80.0, 0, "2033-11-29"),
        ("fixed", 2, 10.0, 0, "2023-10-30"),
        ("fixed", 2, 10.0, 55, "2023-12-30"),
        ("fixed", 1, 10.0, 0, "2023-09-29"),
        ("fixed", 12, 85.0, 365, "2025-08-30"),
    ],
)
def test_lots_lapse_on_the_last_day_of_a_month_of_the_run(
    expiry: str, months: int, credited: float, waits: float, lapses: str
) -> None:
    """The run begins on 31 August 2023: its months begin on the 31st, or the last day of shorter months."""
    terms = {"loyalty.expiry": expiry, "loyalty.expiry_months": months}
    assert expires(STARTS_LATE.change(terms), credited, waits) == lapses


def test_the_terms_of_the_day_decide_when_a_lot_lapses() -> None:
    scenario = STARTS_LATE.later(2, {"loyalty.expiry": "lot", "loyalty.expiry_months": 1})
    scenario = scenario.later(1, {"loyalty.expiry": "fixed", "loyalty.expiry_months": 6})
    assert months_later(date(2023, 8, 31), 1) == date(2023, 9, 30)
    assert expires(scenario, 29.5) == "NaT"
    assert expires(scenario, 30.0) == expires(scenario, 60.5) == "2024-02-28"  # new terms hold from midnight
    assert expires(scenario, 61.0) == "2023-12-30"
