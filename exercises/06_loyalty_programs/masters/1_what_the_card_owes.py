# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 6.1: what does the card owe? (apply)
#
# Your company is a chain of coffee bars with a card: members collect points, and enough points buy a free coffee. The year is over. The auditor asks
# what the chain owes its members. The points table, `run.points`, is the passbook of all members.
#
# About 15 minutes. `check` answers at once; `hint("liability")` helps.

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run
loyalty = company.scenario.loyalty
print(f"{loyalty.points_per_unit:g} points per EUR; {loyalty.reward_points} points buy a free coffee.")
print(f"It costs the chain {loyalty.reward_cost:.2f} EUR; its price is {loyalty.reward_value:.2f} EUR.")
print(f"The accounts expect a breakage of {loyalty.expected_breakage:.0%}.")
run.points.head()

# %% [markdown] nbgrader={"grade": false, "grade_id": "outstanding-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** How many points do members hold at the end of the year? Put the number into `outstanding`.

# %% nbgrader={"grade": false, "grade_id": "outstanding", "locked": false, "schema_version": 3, "solution": true, "task": false}
outstanding = ...
### BEGIN SOLUTION
outstanding = run.points["points"].sum()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "outstanding-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("outstanding", outstanding)

# %% [markdown] nbgrader={"grade": false, "grade_id": "liability-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** What is owed for them, at cost, in EUR? Take the breakage that the accounts expect. Put it into `liability`.

# %% nbgrader={"grade": false, "grade_id": "liability", "locked": false, "schema_version": 3, "solution": true, "task": false}
liability = ...
### BEGIN SOLUTION
cost_of_a_point = loyalty.reward_cost / loyalty.reward_points
liability = outstanding * cost_of_a_point * (1 - loyalty.expected_breakage)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "liability-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("liability", liability)

# %% [markdown] nbgrader={"grade": false, "grade_id": "old_breakage-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 3.** Is that breakage right? Take the points **earned** before 1 April: they have had nine months or more. Which share of them is still
# on the cards at the end of the year? Put the share (0 to 1) into `old_breakage`.

# %% nbgrader={"grade": false, "grade_id": "old_breakage", "locked": false, "schema_version": 3, "solution": true, "task": false}
old_breakage = ...
### BEGIN SOLUTION
points = run.points
old = points[(points["type"] == "earn") & (points["time"] < "2025-04-01")]
left = points.loc[points["lot_id"].isin(old["lot_id"]), "points"].sum()
old_breakage = left / old["points"].sum()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "old_breakage-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("old_breakage", old_breakage)

# %% [markdown] nbgrader={"grade": false, "grade_id": "breakage-words-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **In words.** Old points show one breakage, the accounts expect another. Which of the two is nearer to the truth, and what happens to profit in the year in which the estimate is changed? Two or three sentences.

# %% [markdown]
# *Write here.*
