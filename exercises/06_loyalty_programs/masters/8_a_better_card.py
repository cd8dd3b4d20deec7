# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 6.8: a card that earns more and owes less (decide)
#
# The board of your coffee chain is not happy: the card gives a free coffee after about 15 EUR, and the debt grows. *"Make it better. It must **earn at least 2 % more
# profit** than the present card, and **owe at most 70 %** of what we owe now."* The head of marketing whispers: *"Double the points, then they come more often."*
#
# You may change these levers: `loyalty.points_per_unit`, `loyalty.reward_points`, `loyalty.endowed_points` (a head start for joining), `loyalty.expiry` ("none", "fixed", "rolling",
# "lot") and `loyalty.expiry_months`. Your card is judged with the guests of **three other years**: it must be good for more than the luck of this one.
#
# About 30 minutes. A check takes a few seconds.

# %%
import pandas as pd
from checks import check, hint, profit_and_debt, quiz

company = quiz.company


def compared(designs):
    """Profit and debt of designs of the card with this year's guests, % of those of the present card."""
    present, seeds = company.scenario, [company.seed]
    lived = {name: profit_and_debt(present.change(one), seeds) for name, one in designs.items()}
    table = pd.DataFrame(lived, index=["profit", "debt"]).T
    return (100 * table / list(profit_and_debt(present, seeds))).round(1)


print(f"Present card: {company.scenario.loyalty.points_per_unit:g} points per EUR.")
compared({"the present card": {}, "double the points": {"loyalty.points_per_unit": 8.0}})

# %% [markdown] nbgrader={"grade": false, "grade_id": "card-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Put your design into `card`, a dict: `{"loyalty.points_per_unit": ..., ...}`. Levers you leave out stay as they are.

# %% nbgrader={"grade": false, "grade_id": "card", "locked": false, "schema_version": 3, "solution": true, "task": false}
card = ...
### BEGIN SOLUTION
card = {"loyalty.points_per_unit": 1.5, "loyalty.endowed_points": 20}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "card-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("card", card)

# %% [markdown] nbgrader={"grade": false, "grade_id": "memo-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Memo to the board** (at most 150 words). What you recommend; what it earns and owes, and how sure you are; who of the guests loses by it, and what you say to them; which assumption
# your answer hangs on; what you would test first, with whom, and what result would change your mind. The rubric is with your instructor: clarity, numbers with their uncertainty,
# the customers' side, the debt, the test.

# %% [markdown]
# *Write here.*
