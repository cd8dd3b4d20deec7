"""The figures of the guide of lesson 06: what the lesson shows, and one company's right answers."""

from pathlib import Path

import answers
import pandas as pd
from checks import TOOLS, four_companies, other_seeds, profit_and_debt, profit_gain

from sim import classroom
from sim.classroom.guide import markdown_table, right_answers, shown

LESSON = Path(__file__).parents[2] / "notebooks" / "06_loyalty_programs.ipynb"
SHOWN = {
    "four_tools": 'for tool in ("points", "discounts", "rebates", "privileges"):',
    "four_companies": "gain = pd.DataFrame()",
    "liability": 'coffee = sim.load("coffee")',
    "ifrs": "sim.kpi.deferred_revenue(",
    "expiry_run": 'for kind in ("none", "rolling", "lot", "fixed"):',
    "pressure_check": "before = pull.picture.value",
    "deals": 'never = sim.load("grocery").without_program()',
    "slippage": "without_rebate = ",
    "who_claims": "visits = pd.DataFrame(",
    "tiers": 'airline = sim.load("airline")',
    "effect": 'grocery = sim.load("grocery")',
    "placebo": 'moves = ("goal_gradient",',
    "who_when": "by_buyer = ",
    "rivals": "copied = {}",
    "delight": "alone = without_rebate",
}
"""By the name of a figure, words of the code of the lesson's cell that shows it."""
EXAMPLE = "practice"
CARDS = {
    "double the points: 8": {"loyalty.points_per_unit": 8.0},
    "no card": {"loyalty.points_per_unit": 0.0},
    "points expire after a month": {"loyalty.expiry": "rolling", "loyalty.expiry_months": 1},
    "1.5 points": {"loyalty.points_per_unit": 1.5},
    "1.5 points, head start 20": {"loyalty.points_per_unit": 1.5, "loyalty.endowed_points": 20},
}


def figures():
    lesson = {name: shown(LESSON, words) for name, words in SHOWN.items()}
    company = classroom.world(EXAMPLE, answers.quiz.name)
    return {
        **lesson,
        "example": EXAMPLE,
        "right_answers": right_answers(answers.quiz, company),
        "cards": cards(company),
        "plans": plans(company),
    }


def cards(company):
    """What some designs of exercise 6.8 do with the guests by whom they are judged."""
    seeds = other_seeds(company)
    profit, debt = profit_and_debt(company.scenario, seeds)
    lived = {name: profit_and_debt(company.scenario.change(one), seeds) for name, one in CARDS.items()}
    rows = {
        name: [f"{100 * (one[0] / profit - 1):+.1f}", f"{100 * one[1] / debt:.0f}"]
        for name, one in lived.items()
    }
    columns = ["profit, %", "owed, % of the present"]
    return markdown_table(pd.DataFrame.from_dict(rows, "index", columns=columns).rename_axis("card"))


def plans(company):
    """What each tool does in the four companies of exercise 6.9."""
    four = four_companies(company)
    gains = {name: profit_gain(company, scenario, *TOOLS) for name, scenario in four.items()}
    return markdown_table(pd.DataFrame(gains).T.map("{:+.1f}".format).rename_axis("company"))
