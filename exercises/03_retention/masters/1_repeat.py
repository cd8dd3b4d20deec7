# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 3.1: who comes back? (apply)
#
# Your company is a pizza delivery of your own: nobody else in the class has the same customers, so nobody
# else has your numbers. `run.transactions` has one row an order: `customer_id`, `time` and `paid` (EUR),
# among others. Answer three questions with pandas. Run a check as often as you like.
# `hint("regular_share")` helps, `hint("regular_share", 2)` helps more.
#
# Time: 15 minutes.

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run
run.transactions.head()

# %% [markdown] nbgrader={"grade": false, "grade_id": "regular_share-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Which share of the customers placed **five or more** orders? Put a number between 0 and 1
# into `regular_share`.

# %% nbgrader={"grade": false, "grade_id": "regular_share", "locked": false, "schema_version": 3, "solution": true, "task": false}
regular_share = ...
### BEGIN SOLUTION
orders = run.transactions.groupby("customer_id").size()
regular_share = (orders >= 5).mean()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "regular_share-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("regular_share", regular_share)

# %% [markdown] nbgrader={"grade": false, "grade_id": "days_between-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** How many days lie between an order and the next order of the **same** customer, on average
# over all such gaps?

# %% nbgrader={"grade": false, "grade_id": "days_between", "locked": false, "schema_version": 3, "solution": true, "task": false}
days_between = ...
### BEGIN SOLUTION
gaps = run.transactions.groupby("customer_id")["time"].diff().dropna()
days_between = gaps.mean().total_seconds() / 86_400
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "days_between-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("days_between", days_between)

# %% [markdown] nbgrader={"grade": false, "grade_id": "repeat_revenue-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 3.** Which share of the revenue (`paid`) comes from **repeat** orders, that is from all but the
# first order of each customer?

# %% nbgrader={"grade": false, "grade_id": "repeat_revenue", "locked": false, "schema_version": 3, "solution": true, "task": false}
repeat_revenue = ...
### BEGIN SOLUTION
is_repeat = run.transactions.duplicated("customer_id")
repeat_revenue = run.transactions.loc[is_repeat, "paid"].sum() / run.transactions["paid"].sum()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "repeat_revenue-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("repeat_revenue", repeat_revenue)
