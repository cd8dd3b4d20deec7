# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 15.2: waits that we do not see (investigate)
#
# 400 customers are watched for 60 days after their first purchase. All buy at the same rate, and nobody is
# lost. A trainee says: *"The pace is easy. I take all waits between two purchases, and their mean is the
# mean wait."* You will see what this does. About 20 minutes.

# %%
from checks import DAYS, check, hint, quiz, watched

company = quiz.company

purchases = watched(company)  # one row a purchase; day 0 is the first of each customer
purchases.head()

# %% [markdown] nbgrader={"grade": false, "grade_id": "naive_wait-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Compute the trainee's number: the mean of all waits between two purchases of the same
# customer, in days.

# %% nbgrader={"grade": false, "grade_id": "naive_wait", "locked": false, "schema_version": 3, "solution": true, "task": false}
naive_wait = ...
### BEGIN SOLUTION
naive_wait = purchases.groupby("customer")["day"].diff().mean()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "naive_wait-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("naive_wait", naive_wait)

# %% [markdown] nbgrader={"grade": false, "grade_id": "pace-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** Write a better estimator: `pace(purchases, days)` takes a table like the one above and the
# number of days for which each customer was watched, and returns the purchases *per day* of a customer. It
# is tried on many samples in which the true rate is known: its mean has to agree with it.

# %% nbgrader={"grade": false, "grade_id": "pace", "locked": false, "schema_version": 3, "solution": true, "task": false}
def pace(purchases, days):
    """Repeat purchases per customer and day, estimated from everything that was watched."""
    ### BEGIN SOLUTION
    customers = purchases["customer"].nunique()
    return (len(purchases) - customers) / (customers * days)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "pace-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("pace", pace)

# %% nbgrader={"grade": true, "grade_id": "pace-hidden", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Hidden tests: tables small enough for pencil and paper.
### BEGIN HIDDEN TESTS
import pandas as _pandas

_two = _pandas.DataFrame({"customer": [0, 0, 0, 1], "day": [0.0, 3.0, 4.0, 0.0]})
assert abs(pace(_two, 10) - 0.1) < 1e-12
assert pace(_two[_two["day"] == 0], 10) == 0
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "explain-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 3.** Your company's true mean wait is `7 / (rate_shape / rate_scale_weeks)` days, with the
# levers in `company.scenario.market`. Compare it with `naive_wait` and with `1 / pace(purchases, DAYS)`. In
# three sentences: whose waits are missing in the trainee's mean, and what would the company do wrong with
# that number? Write into the cell below.

# %% [markdown] nbgrader={"grade": false, "grade_id": "explain", "locked": false, "schema_version": 3, "solution": true, "task": false}
#
