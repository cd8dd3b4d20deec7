# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 3.1: who comes back? (apply)

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run

# %% [markdown] nbgrader={"grade": false, "grade_id": "repeat_rate-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Which share of the customers who ever bought bought more than once? Put it into `repeat_rate`.

# %% nbgrader={"grade": false, "grade_id": "repeat_rate", "locked": false, "schema_version": 3, "solution": true, "task": false}
repeat_rate = ...
### BEGIN SOLUTION
repeat_rate = (run.transactions.groupby("customer_id").size() > 1).mean()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "repeat_rate-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("repeat_rate", repeat_rate)
