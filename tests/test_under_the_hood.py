"""The judges of lesson 15 tell right functions from those that tempt, whatever company they are tried in."""

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from sim.classroom import world
from sim.classroom.lesson_modules import beside, module_of

LESSON = Path(__file__).parents[1] / "exercises" / "15_under_the_hood"

with beside(LESSON):
    checks = module_of(LESSON, "checks")


@pytest.fixture(params=["ana", "ben"])
def company(request):
    return world(request.param, checks.quiz.name)


def buyer(first=True, early=False, ends=True):
    def life(env, log, wait, is_lost):
        if first:
            log.append(env.now)
        if early and is_lost():
            return
        while True:
            yield env.timeout(wait())
            log.append(env.now)
            if is_lost() and ends:
                return

    return life


def customer(bug):
    def life(env, log, name, rate, loss, luck):
        log.append((name, env.now))
        if bug == "early coin" and luck.random() < loss:
            return
        while True:
            u = luck.random()
            days = -math.log(1 - u) / rate if rate else math.inf
            yield env.timeout(math.ceil(days) if bug == "whole days" and rate else days)
            log.append((name, env.now))
            if (u if bug == "one number" else luck.random()) < loss * (1.2 if bug == "heavy coin" else 1):
                return

    return life


def half_width(error_of, factor_of):
    def interval(values):
        half = factor_of(len(values)) * error_of(values)
        return np.mean(values) - half, np.mean(values) + half

    return interval


@cache
def t_value(n):
    return stats.t.ppf(0.975, n - 1)


def test_a_life_with_all_its_purchases_is_right(company):
    assert checks.buyer(company, buyer()) is None


@pytest.mark.parametrize(
    ("life", "said"),
    [
        (buyer(first=False), "first purchase"),
        (buyer(early=True), "lost too early"),
        (buyer(ends=False), "the log should be"),
        (lambda env, log, wait, is_lost: log.append(env.now), "no `yield`"),
    ],
)
def test_a_life_with_a_mistake_is_told_which(company, life, said):
    assert said in checks.buyer(company, life)


def test_pace_counts_the_time_of_all_and_not_of_those_who_came_back(company):
    def pace(table, days):
        return (len(table) / table["customer"].nunique() - 1) / days

    def of_completed_waits(table, days):
        return 1 / table.groupby("customer")["day"].diff().mean()

    assert checks.pace(company, pace) is None
    assert "your estimate is" in checks.pace(company, of_completed_waits)


def test_the_average_customer_is_not_the_mean_of_the_customers(company):
    assert checks.never_again(company, lambda r, alpha, weeks: (alpha / (alpha + weeks)) ** r) is None
    assert "average" in checks.never_again(company, lambda r, alpha, weeks: math.exp(-r / alpha * weeks))


def test_waits_are_those_of_lindley_and_hold_no_work(company):
    def waits(arrivals, work):
        return checks.lindley(np.array(arrivals), np.array(work))

    assert checks.waits(company, waits) is None
    assert "wait and work" in checks.waits(company, lambda arrivals, work: waits(arrivals, work) + work)
    assert "case" in checks.waits(company, lambda arrivals, work: [0.0] * len(arrivals))


@pytest.mark.parametrize("bug", checks.BUGS)
def test_every_bug_is_found_in_a_program_said_to_be_mended(bug):
    company = world("ana", checks.quiz.name)
    assert "expected" in checks.mended(company, customer(bug))


def test_a_program_without_a_bug_is_mended(company):
    assert checks.mended(company, customer(None)) is None


def test_students_have_all_the_bugs_and_not_one_most_of_all():
    suspects = [world(f"student {n}", checks.quiz.name).seed % len(checks.BUGS) for n in range(400)]
    counts = np.bincount(suspects, minlength=len(checks.BUGS))
    assert stats.chisquare(counts).pvalue > 1e-4


def standard_error(values):
    return np.std(values, ddof=1) / len(values) ** 0.5


def test_an_interval_holds_the_truth_in_95_of_100(company):
    assert checks.interval(company, half_width(standard_error, t_value)) is None
    assert "too narrow" in checks.interval(company, half_width(standard_error, lambda n: 1.96))
    assert "too wide" in checks.interval(company, half_width(np.std, t_value))


def buyer_of_runs(pilot, reserve):
    """Tries so many runs first and buys what they say, and a share more."""

    def runs_needed(simulate, wanted):
        found = [simulate(seed) for seed in range(pilot)]
        fewest = (1.96 * np.std(found, ddof=1) / (wanted * np.mean(found))) ** 2
        return math.ceil((1 + reserve) * fewest)

    return runs_needed


def test_the_number_of_runs_needs_a_pilot_long_enough_and_no_longer(company):
    assert checks.runs_needed(company, buyer_of_runs(pilot=200, reserve=0.1)) is None
    assert "too few runs" in checks.runs_needed(company, buyer_of_runs(pilot=10, reserve=0.1))
    assert "more than they need" in checks.runs_needed(company, lambda simulate, wanted: 60)
    with pytest.raises(ValueError, match="a pilot of more than 400 runs"):
        checks.runs_needed(company, buyer_of_runs(pilot=401, reserve=0.1))


def test_a_diagnosis_that_is_always_the_same_is_wrong(company):
    for bug in (*checks.BUGS, checks.NO_BUG):
        assert f"says {bug!r}" in checks.diagnose(company, lambda customer, bug=bug: bug)


def test_effects_are_judged_by_mean_interval_and_cost(company):
    truth, spread = checks.true_effect(company), np.array([0.8, 0.9, 1.0, 1.1, 1.2])
    assert checks.effects(company, [*(truth * spread)]) is None
    assert "too uncertain" in checks.effects(company, [*(truth * (10 * spread - 9))])
    assert "not the effect" in checks.effects(company, [*(-truth * spread)])
    assert "you can pay" in checks.effects(company, [*(truth * np.tile(spread, 5))])
    assert "other seeds" in checks.effects(company, [truth] * 20)
