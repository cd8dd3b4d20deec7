# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 0.6: how many points? (decide)
#
# Finance wants none, marketing wants twice as many. You decide: how many points per EUR should the card give, if the goal is the profit of this year?
# Your card must earn at least as much as no points, as the present card, and as twice the present points. About 20 minutes.

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run

# %% [markdown] nbgrader={"grade": false, "grade_id": "points-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Put your number of points per EUR into `points`. Do not guess: fly a few.

# %% nbgrader={"grade": false, "grade_id": "points", "locked": false, "schema_version": 3, "solution": true, "task": false}
points = ...
### BEGIN SOLUTION
now = company.scenario.loyalty.points_per_unit
choices = {0, now, 2 * now, *(0.25 * step for step in range(1, 9))}
profits = {
    one: company.simulate({"loyalty.points_per_unit": one}).months["profit"].sum() for one in choices
}
points = max(profits, key=profits.get)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "points-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("points", points)

# %% [markdown] nbgrader={"grade": false, "grade_id": "memo-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** The memo. To finance and marketing together, at most 120 words: what you recommend, how much it earns against both proposals, how sure you
# are, and the one assumption you would test first with real guests.

# %% [markdown] nbgrader={"grade": false, "grade_id": "memo", "locked": false, "schema_version": 3, "solution": true, "task": false}
#
