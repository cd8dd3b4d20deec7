"""The figures of the instructor's guide of lesson 06: what the lesson shows, and one company's right answers.

The lesson's tables are read from its stored outputs, which the tests compare with the simulator: the guide
shows what the class will see on the projector.
"""

from pathlib import Path

import answers
import nbformat
import pandas as pd
from checks import TOOLS, four_companies, other_seeds, profit_and_debt, profit_gain

from sim import classroom
from sim.classroom.guide import markdown_table

LESSON = Path(__file__).parents[2] / "notebooks" / "06_loyalty_programs.ipynb"
SHOWN = ("four-tools", "four-companies", "liability", "ifrs", "expiry-run", "pressure-check", "deals")
SHOWN += ("slippage", "who-claims", "tiers", "effect", "placebo", "who-when", "rivals", "delight")
EXAMPLE = "practice"
CARDS = {
    "double the points: 8": {"loyalty.points_per_unit": 8.0},
    "no card": {"loyalty.points_per_unit": 0.0},
    "points expire after a month": {"loyalty.expiry": "rolling", "loyalty.expiry_months": 1},
    "1.5 points": {"loyalty.points_per_unit": 1.5},
    "1.5 points, head start 20": {"loyalty.points_per_unit": 1.5, "loyalty.endowed_points": 20},
}


def figures():
    cells = {cell["id"]: cell for cell in nbformat.read(LESSON, as_version=4).cells}
    lesson = {name.replace("-", "_"): shown(cells[name]) for name in SHOWN}
    company = classroom.world(EXAMPLE, answers.quiz.name)
    return {
        **lesson,
        "example": EXAMPLE,
        "right_answers": right_answers(company),
        "cards": cards(company),
        "plans": plans(company),
    }


def shown(cell):
    """What a cell of the lesson prints and shows, as text."""
    texts = [output.get("text") or output["data"]["text/plain"] for output in cell["outputs"]]
    return "\n".join(line.rstrip() for line in "\n".join(texts).splitlines() if line.strip())


def right_answers(company):
    asked = {name: one for name, one in answers.quiz.questions.items() if one.right is not None}
    found = pd.Series(
        {name: f"{one.right(company):,.4g}" for name, one in asked.items()}, name="right answer"
    )
    units = pd.Series({name: one.unit for name, one in asked.items()}, name="unit")
    return markdown_table(pd.concat([found, units], axis=1).rename_axis("question"))


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
