"""The desk against queueing theory: Erlang C, Pollaczek and Khinchine, Cobham, Kiefer and Wolfowitz.

Where the state in the long run is known (M/M/c), every replication starts from it; elsewhere a replication
warms up first. Replications are independent, so their means have an honest standard error. Time is in mean
handling times. How much an error of the desk itself would show: the recursion of Kiefer and Wolfowitz gives
every single wait of a queue without priorities, and there the desk must agree exactly.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special, stats

from sim.world.desk import Desk

SEED = 7
REPLICATIONS, CASES, WARM_UP = 60, 1000, 500
LOADS = [(agents, load) for agents in (1, 3) for load in (0.5, 0.8, 0.95)]

Floats = NDArray[np.float64]
Luck = np.random.Generator


def erlang_c(agents: int, load: float) -> float:
    """Probability to wait in M/M/c: the Erlang C formula, from Erlang B as a ratio of Poisson terms."""
    blocked = stats.poisson.pmf(agents, agents * load) / stats.poisson.cdf(agents, agents * load)
    return float(blocked / (1 - load * (1 - blocked)))


def erlang_c_wait(agents: int, load: float) -> float:
    """Mean wait in M/M/c, in mean handling times."""
    return erlang_c(agents, load) / (agents * (1 - load))


def present(luck: Luck, agents: int, load: float) -> int:
    """How many cases are at an M/M/c desk at a moment in the long run."""
    below = np.arange(agents)
    weight = stats.poisson.pmf(below, agents * load) / stats.poisson.pmf(agents, agents * load)
    busy = 1 / (1 - load)
    if luck.random() < busy / (busy + weight.sum()):
        return agents + int(luck.geometric(1 - load)) - 1
    return int(luck.choice(below, p=weight / weight.sum()))


def work_off(agents: int, day: Floats, work: Floats, priority: Floats | float = 0.0) -> tuple[Floats, Floats]:
    """Starts and ends at a desk that works until all is done, in the order of `day`."""
    desk = Desk(agents)
    desk.open(np.arange(day.size), day, work, np.broadcast_to(priority, day.shape))
    number, start, end = desk.run(float(day.max(initial=0) + work.sum() + 1))
    order = np.argsort(number)
    assert np.array_equal(number[order], np.arange(day.size))
    return start[order], end[order]


@cache
def markov_waits(agents: int, load: float) -> Floats:
    """Waits in M/M/c, one row a replication; those who are there at the start are not counted."""
    luck = np.random.default_rng([SEED, agents, round(100 * load)])
    rows = []
    for _ in range(REPLICATIONS):
        early = present(luck, agents, load)
        day = np.append(np.zeros(early), np.cumsum(luck.exponential(1 / (agents * load), CASES)))
        start, _ = work_off(agents, day, luck.exponential(1, day.size))
        rows.append((start - day)[early:])
    return np.array(rows)


def t_of(means: Floats, expected: float) -> float:
    """How many standard errors the mean of independent replications is off."""
    return float((means.mean() - expected) / stats.sem(means))


def test_erlang_c_of_one_agent_is_the_load_and_of_many_the_textbook_sum() -> None:
    assert erlang_c(1, 0.7) == pytest.approx(0.7)
    offered = 3 * 0.8
    waiting = offered**3 / special.factorial(3) / (1 - 0.8)
    textbook = waiting / (1 + offered + offered**2 / 2 + waiting)
    assert erlang_c(3, 0.8) == pytest.approx(textbook)


@pytest.mark.parametrize(("agents", "load"), LOADS)
def test_mean_wait_is_that_of_m_m_c(agents: int, load: float) -> None:
    means = markov_waits(agents, load).mean(axis=1)
    assert abs(t_of(means, erlang_c_wait(agents, load))) < 3


@pytest.mark.parametrize(("agents", "load"), LOADS)
def test_probability_to_wait_is_erlang_c(agents: int, load: float) -> None:
    shares = (markov_waits(agents, load) > 1e-9).mean(axis=1)
    assert abs(t_of(shares, erlang_c(agents, load))) < 3


@pytest.mark.parametrize("load", [0.5, 0.8])
def test_mean_wait_with_constant_handling_is_half_that_of_m_m_1(load: float) -> None:
    luck = np.random.default_rng([SEED, 1])
    means = []
    for _ in range(REPLICATIONS):
        day = np.cumsum(luck.exponential(1 / load, WARM_UP + CASES))
        start, _ = work_off(1, day, np.ones(day.size))
        means.append((start - day)[WARM_UP:].mean())
    assert abs(t_of(np.array(means), load / (2 * (1 - load)))) < 3


@pytest.mark.parametrize(
    ("second_moment", "draw"),
    [
        pytest.param(2.0, lambda luck, n: luck.exponential(1, n), id="exponential"),
        pytest.param(
            2.0, lambda luck, n: luck.lognormal(-np.log(2) / 2, np.log(2) ** 0.5, n), id="lognormal"
        ),
    ],
)
def test_waits_of_two_priorities_are_those_of_cobham(
    second_moment: float, draw: Callable[[Luck, int], Floats]
) -> None:
    load, first = 0.8, 0.25
    luck = np.random.default_rng([SEED, 2])
    means = []
    for _ in range(REPLICATIONS):
        day = np.cumsum(luck.exponential(1 / load, WARM_UP + CASES))
        priority = (luck.random(day.size) > first).astype(float)
        start, _ = work_off(1, day, draw(luck, day.size), priority)
        wait, late = (start - day)[WARM_UP:], priority[WARM_UP:] > 0
        means.append((wait[~late].mean(), wait[late].mean()))
    residual = load * second_moment / 2
    favoured, others = np.array(means).T
    assert abs(t_of(favoured, residual / (1 - load * first))) < 3
    assert abs(t_of(others, residual / (1 - load * first) / (1 - load))) < 3


def kiefer_wolfowitz(agents: int, day: Floats, work: Floats) -> Floats:
    """Start of every case of a queue without priorities: each goes to the agent who is free first."""
    free = np.zeros(agents)
    starts = np.empty(day.size)
    for case in range(day.size):
        first = free.argmin()
        starts[case] = max(day[case], free[first])
        free[first] = starts[case] + work[case]
    return starts


# Sixteenths of a day: their sums are exact.
sixteenths = st.integers(0, 200).map(lambda n: n / 16)
cases = st.lists(st.tuples(sixteenths, sixteenths), min_size=1, max_size=40)


@given(st.integers(1, 4), cases)
def test_every_start_is_that_of_kiefer_and_wolfowitz(agents: int, drawn: list[tuple[float, float]]) -> None:
    day, work = np.array(sorted(drawn)).T
    start, end = work_off(agents, day, work)
    np.testing.assert_array_equal(start, kiefer_wolfowitz(agents, day, work))
    np.testing.assert_array_equal(end, start + work)


@given(st.integers(1, 3), st.lists(st.tuples(*[st.floats(0, 60)] * 2), max_size=30), st.data())
def test_where_run_stops_changes_nothing(
    agents: int, drawn: list[tuple[float, float]], data: st.DataObject
) -> None:
    day, work = np.array(sorted(drawn)).reshape(-1, 2).T
    stops = sorted(data.draw(st.lists(st.floats(0, 100), max_size=4)))
    desk, before, parts = Desk(agents), -1.0, []
    for stop in [*stops, 1e4]:
        new = np.flatnonzero((day >= before) & (day < stop))
        desk.open(new, day[new], work[new], np.zeros(new.size))
        parts.append(desk.run(stop))
        before = stop
    number, start, end = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(number)
    np.testing.assert_array_equal((start[order], end[order]), work_off(agents, day, work))
    assert (start[order] >= day).all()


def test_those_who_come_first_are_served_first_and_the_urgent_before_them() -> None:
    desk = Desk(1)
    days = np.array([0.3, 0.1, 0.2, 0.0])
    desk.open(np.array([8, 5, 9, 7]), days, np.ones(4), np.array([0.0, 1.0, 1.0, 1.0]))
    assert [column.tolist() for column in desk.run(2.5)] == [[7, 8, 5], [0.0, 1.0, 2.0], [1.0, 2.0, 3.0]]
    assert desk.run(3.5)[0].tolist() == [9]
    assert desk.run(3.5)[0].tolist() == []


def test_of_those_who_come_together_the_urgent_are_served_first() -> None:
    desk = Desk(2)
    desk.open(np.arange(4), np.zeros(4), np.ones(4), np.array([3.0, 2.0, 1.0, 0.0]))
    assert desk.run(9.0)[0].tolist() == [3, 2, 1, 0]


def test_a_desk_with_twice_the_work_it_can_do_still_comes_to_an_end() -> None:
    day = np.arange(30_000) / 2
    start, _ = work_off(1, day, np.ones(day.size))
    np.testing.assert_array_equal(start, np.arange(30_000))
