# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 3.3: who forgives? (investigate)
#
# `run.episodes` has one row an order, in order of time: `customer_id`, `time`, `failures` (how many of six
# things failed), among others. `run.truth` tells when a customer was lost (`churned_at`). A customer who is
# lost is lost *at* an order: then `churned_at` equals the `time` of that order. First compare newcomers
# with regulars. Then let the same company live again without failures: a *twin*, with the same customers
# and the same luck.
#
# Time: 25 minutes.

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run
run.episodes.head()

# %% [markdown] nbgrader={"grade": false, "grade_id": "newcomer_loss-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Take the orders 2 to 4 of all customers in which **something failed**. After which share
# of them was the customer lost? (Nobody is lost at a first order in this model.)

# %% nbgrader={"grade": false, "grade_id": "newcomer_loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
newcomer_loss = ...
### BEGIN SOLUTION
orders = run.episodes.merge(run.truth[["customer_id", "churned_at"]], on="customer_id").sort_values("time")
orders["number"] = orders.groupby("customer_id").cumcount() + 1
orders["lost"] = orders["churned_at"] == orders["time"]
failed = orders[orders["failures"] > 0]
newcomer_loss = failed.loc[failed["number"].between(2, 4), "lost"].mean()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "newcomer_loss-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("newcomer_loss", newcomer_loss)

# %% [markdown] nbgrader={"grade": false, "grade_id": "regular_loss-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** The same for regulars: order 10 and later.

# %% nbgrader={"grade": false, "grade_id": "regular_loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
regular_loss = ...
### BEGIN SOLUTION
regular_loss = failed.loc[failed["number"] >= 10, "lost"].mean()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "regular_loss-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("regular_loss", regular_loss)

# %% [markdown] nbgrader={"grade": false, "grade_id": "failures_cost-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 3.** `company.simulate({"experience.failure_rate": 0})` is the twin in which nothing fails in
# the kitchen. How many EUR of CLV does a customer of your company lose through failures?
# `run.kpis()["clv"]` is the mean CLV.

# %% nbgrader={"grade": false, "grade_id": "failures_cost", "locked": false, "schema_version": 3, "solution": true, "task": false}
failures_cost = ...
### BEGIN SOLUTION
twin = company.simulate({"experience.failure_rate": 0})
failures_cost = twin.kpis()["clv"] - run.kpis()["clv"]
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "failures_cost-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("failures_cost", failures_cost)

# %% [markdown] nbgrader={"grade": false, "grade_id": "explain_tolerance-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **In your words** (no points from the machine). Regulars are lost less often after a failure. Give **two**
# different reasons, and say how you would tell them apart with a twin. (The lever
# `experience.tolerance_most` is the tolerance of regulars.)

# %% [markdown] nbgrader={"grade": false, "grade_id": "explain_tolerance", "locked": false, "schema_version": 3, "solution": true, "task": false}
# Tolerance: trust and experience widen the zone, so one failure falls inside it. Sorting: those who leave
# easily have left before their tenth order, so regulars are lost less often after good orders, too. In a
# twin with tolerance 0 the sorting is left alone: what rises there for regulars after a failure is the part
# of tolerance.
