# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 0.1: what is left? (apply)
#
# A chain of coffee bars, a year of trading. It is *your* chain: other students have other customers, so their figures differ. `run.months` has
# one row a month, money in EUR. Answer in the cells marked "your code here", run them, and run the check below each. If a check says no, it
# says why; `hint("profit")` in a cell of your own helps. About 10 minutes.

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run

# %%
run.months.head(3).T

# %% [markdown] nbgrader={"grade": false, "grade_id": "profit-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** What did the chain earn in the whole year, after all costs?

# %% nbgrader={"grade": false, "grade_id": "profit", "locked": false, "schema_version": 3, "solution": true, "task": false}
profit = ...
### BEGIN SOLUTION
profit = run.months["profit"].sum()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "profit-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("profit", profit)

# %% [markdown] nbgrader={"grade": false, "grade_id": "profit_share-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** How much is that in per cent of the year's revenue?

# %% nbgrader={"grade": false, "grade_id": "profit_share", "locked": false, "schema_version": 3, "solution": true, "task": false}
profit_share = ...
### BEGIN SOLUTION
profit_share = 100 * run.months["profit"].sum() / run.months["revenue"].sum()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "profit_share-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("profit_share", profit_share)
