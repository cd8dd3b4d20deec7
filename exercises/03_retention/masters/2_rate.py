# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 3.2: the retention rate (apply)
#
# Lecture notes often print this formula wrong. Write it as a function, use it for one quarter of your
# company, and carry it to a year. `people` below has one row a customer: `acquired_at`, and `churned_at`,
# the moment the customer was lost (`NaT`: not lost). A real pizza delivery does not know `churned_at`. A
# company with contracts does.
#
# Time: 20 minutes.

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run
import pandas as pd

people = run.customers.merge(run.truth[["customer_id", "churned_at"]], on="customer_id")
people = people[["customer_id", "acquired_at", "churned_at"]]
begin, end = pd.Timestamp("2025-03-01"), pd.Timestamp("2025-06-01")
people.head()

# %% [markdown] nbgrader={"grade": false, "grade_id": "retention_rate-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Write the function: customers at the start, customers at the end, and those of the
# customers at the end who were won in between. It returns a share from 0 to 1.

# %% nbgrader={"grade": false, "grade_id": "retention_rate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def retention_rate(at_start, at_end, acquired):
    """Share of the customers at the start of a period who are still customers at its end."""
    ### BEGIN SOLUTION
    return (at_end - acquired) / at_start
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "retention_rate-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("retention_rate", retention_rate)

# %% nbgrader={"grade": true, "grade_id": "retention_rate-hidden", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Your function is tried with other numbers, too, when this is graded.
### BEGIN HIDDEN TESTS
assert abs(retention_rate(730, 801, 164) - 637 / 730) < 1e-12
assert abs(retention_rate(50, 12, 12)) < 1e-12
assert abs(retention_rate(64, 64, 0) - 1) < 1e-12
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "quarter_rate-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** What was the retention rate of your company from `begin` to `end`? Count the customers at
# the start, at the end, and those at the end who were won in the quarter. At a moment, somebody is a
# customer who was acquired before it and has not been lost before it.

# %% nbgrader={"grade": false, "grade_id": "quarter_rate", "locked": false, "schema_version": 3, "solution": true, "task": false}
quarter_rate = ...
### BEGIN SOLUTION
def is_customer(moment):
    return (people["acquired_at"] < moment) & ~(people["churned_at"] < moment)


won = is_customer(end) & (people["acquired_at"] >= begin)
quarter_rate = retention_rate(is_customer(begin).sum(), is_customer(end).sum(), won.sum())
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "quarter_rate-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("quarter_rate", quarter_rate)

# %% [markdown] nbgrader={"grade": false, "grade_id": "year_rate-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 3.** Suppose four such quarters follow each other. What is the retention rate of the **year**?

# %% nbgrader={"grade": false, "grade_id": "year_rate", "locked": false, "schema_version": 3, "solution": true, "task": false}
year_rate = ...
### BEGIN SOLUTION
year_rate = quarter_rate**4
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "year_rate-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("year_rate", year_rate)

# %% [markdown] nbgrader={"grade": false, "grade_id": "ten_percent-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **In your words** (no points from the machine). The plan says: *"We raise retention per quarter by 10 %."*
# Name the two rates this can mean in your company, and say which one you would sign.

# %% [markdown] nbgrader={"grade": false, "grade_id": "ten_percent", "locked": false, "schema_version": 3, "solution": true, "task": false}
# Ten percentage points: the rate of question 2 plus 0.10. Ten per cent of it: the rate times 1.10, which is
# less, as the rate is below 1. I sign the second and have the rate in figures written into the plan; for
# the first, more than half of those who are lost now would have to stay.
