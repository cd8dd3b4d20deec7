"""The figures of the instructor's guide of lesson 15: closed forms, and what the lesson's own cells show."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import hyp2f1

import sim
from sim.analytics import BGNBD
from sim.classroom.guide import markdown_table, shown
from sim.classroom.world import world
from sim.luck import Luck, exponential
from sim.world import purposes

LESSON = Path(__file__).parents[2] / "notebooks" / "15_under_the_hood.ipynb"
RATE, LOSS, DAYS, WEEKS = 0.1, 0.2, 60, 52


def fenced(words):
    """What the lesson shows below the cell with these words, as a block of text."""
    return f"```text\n{shown(LESSON, words)}\n```"


def companies():
    """Averages of company A, where all are alike, and company B, after a year: by theory."""
    market = sim.load("retail").market
    r, alpha, a, b = market.rate_shape, market.rate_scale_weeks, market.dropout_a, market.dropout_b
    rate, loss = r / alpha, a / (a + b)
    alive = math.exp(-rate * loss * WEEKS)
    return pd.DataFrame(
        {
            "A: all average": [(1 - alive) / loss, alive, math.exp(-rate * WEEKS)],
            "B: all different": [
                float(BGNBD(r, alpha, a, b).expected_purchases(WEEKS)),
                hyp2f1(r, a, a + b, -WEEKS / alpha),
                (alpha / (alpha + WEEKS)) ** r,
            ],
        },
        index=pd.Index(["repeat purchases", "still customers", "no repeat"], name="after a year"),
    )


def by_hand(customers=12, purchases=9):
    """Waits and coins of a few customers, to be played with pencil and paper."""
    luck, count = Luck(15), np.arange(purchases)
    rows = {}
    for who in range(1, customers + 1):
        waits = exponential(luck.uniform(purposes.WAIT, who, count)) / RATE
        coins = luck.uniform(purposes.LOSS, who, count + 1) < LOSS
        marks = [
            f"{wait:.0f}, {'**lost**' if lost else 'stays'}" for wait, lost in zip(waits, coins, strict=True)
        ]
        rows[f"customer {who}"] = marks
    frame = pd.DataFrame(rows).T.rename(columns=lambda n: f"{n + 1}.")
    return markdown_table(frame.rename_axis("wait in days, coin"))


def fewest_runs(students=100, wanted=0.03):
    """Runs that give each student's mean repeat purchases in a year to 3 %: by theory."""
    x, found = np.arange(400), []
    for company in (world(f"student {number}", LESSON.stem) for number in range(students)):
        market, customers = company.scenario.market, company.scenario.acquisition.opening_customers
        theory = BGNBD(market.rate_shape, market.rate_scale_weeks, market.dropout_a, market.dropout_b)
        chance = theory.probability_of(x, 365 / 7)
        mean = (x * chance).sum()
        variance = ((x**2 * chance).sum() - mean**2) / customers
        found.append(math.ceil(1.96**2 * variance / (wanted * mean) ** 2))
    return found


def figures():
    alive = math.exp(-RATE * LOSS * DAYS)
    both, runs = companies(), fewest_runs()
    return {
        "expected": (1 - alive) / LOSS,
        "lost": 1 - alive,
        "lifetime": 1 / LOSS,
        "early_coin": (1 - LOSS) * (1 - alive) / LOSS,
        "companies": markdown_table(both),
        "a_sells": both.iloc[0, 0],
        "b_sells": both.iloc[0, 1],
        "companies_no_repeat_a": both.iloc[2, 0],
        "companies_no_repeat_b": both.iloc[2, 1],
        "first_tests": fenced('agrees("mean wait"'),
        "bugs": fenced("verdict(one)"),
        "year_tests": fenced('agrees("share without any"'),
        "same": fenced("assert_frame_equal"),
        "kinds_of_luck": fenced("differences = pd.DataFrame"),
        "by_hand": by_hand(),
        "least_runs": min(runs),
        "most_runs": max(runs),
    }
