# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 0.7: more value per customer (decide)
#
# The board has read that CLV is the figure that counts: *"Raise it by 1.5 per cent. And profit must not fall."* You may change **one to three** of six
# decisions: `loyalty.points_per_unit`, `loyalty.endowed_points` (a head start on the card), `experience.delight_rate`, `extension.offers_share`,
# `acquisition.paid_spend_per_month`, and `retention.service_quality`, which training can raise to 8.8 at most within the year. `crm-sim levers points`
# or the deck tell what they mean. About 25 minutes.
#
# Beware: one of the six raises CLV at once, and ruins the year.

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run

# %% [markdown] nbgrader={"grade": false, "grade_id": "plan-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Put your decisions into `plan`, such as `{"loyalty.points_per_unit": 1.5}`.

# %% nbgrader={"grade": false, "grade_id": "plan", "locked": false, "schema_version": 3, "solution": true, "task": false}
plan = ...
### BEGIN SOLUTION
plans = [
    {"retention.service_quality": 8.8, "loyalty.endowed_points": start, "extension.offers_share": offers}
    for start in (0, 10, 20)
    for offers in (0.2, 0.6)
]


def clv_if_profit_holds(one):
    flown = company.simulate(one)
    holds = flown.months["profit"].sum() >= run.months["profit"].sum()
    return flown.kpis()["clv"] if holds else 0


plan = max(plans, key=clv_if_profit_holds)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "plan-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("plan", plan)

# %% [markdown] nbgrader={"grade": false, "grade_id": "memo-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** The memo to the board, at most 150 words: your plan, what it does to CLV and profit, and why CLV per customer alone is a bad goal. Which of
# the six decisions raises it and ruins the year, and how?

# %% [markdown] nbgrader={"grade": false, "grade_id": "memo", "locked": false, "schema_version": 3, "solution": true, "task": false}
#
