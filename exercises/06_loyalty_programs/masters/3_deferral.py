# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 6.3: revenue that is not yet yours (apply)
#
# A member pays for a coffee and gets points with it: two things for one price. IFRS 15 says: split the price in the ratio of the **stand-alone selling
# prices**, and defer the part of the points until they are redeemed. The price of the points allows for breakage.
#
# Example 52 of the standard: goods sold for 100,000; 10,000 points, each worth 1, of which 95 % are expected to be redeemed; 8,676 is deferred.
#
# About 15 minutes.

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run
loyalty = company.scenario.loyalty
print(f"{loyalty.reward_points} points buy a coffee. Its price is {loyalty.reward_value:.2f} EUR.")
print(f"It costs the chain {loyalty.reward_cost:.2f} EUR.")
print(f"Expected breakage: {loyalty.expected_breakage:.0%}.")

# %% [markdown] nbgrader={"grade": false, "grade_id": "deferral-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Write `deferral(sales, points, value, breakage)`: the part of `sales` that is deferred. `sales` is what the customers paid, and also
# the stand-alone price of the goods (there are no discounts); `value` is what one point is worth to the customer.

# %% nbgrader={"grade": false, "grade_id": "deferral", "locked": false, "schema_version": 3, "solution": true, "task": false}
def deferral(sales, points, value, breakage):
    """The part of the sales that belongs to the points."""
    ### BEGIN SOLUTION
    price_of_points = points * value * (1 - breakage)
    return sales * price_of_points / (sales + price_of_points)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "deferral-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("deferral", deferral)

# %% nbgrader={"grade": true, "grade_id": "deferral-hidden", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# more cases run when this exercise is graded
### BEGIN HIDDEN TESTS
assert abs(deferral(100_000, 10_000, 1.0, 0.05) - 8675.80) < 0.01
assert abs(deferral(250, 500, 0.02, 1.0)) < 1e-9
assert abs(deferral(90, 100, 0.1, 0.0) - 9.0) < 1e-9
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "january-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** Use it for January of your company: what members paid in January, and the points they earned with it. Members' purchases are those at
# or after `member_since`. Put the deferred revenue (EUR) into `january`.

# %% nbgrader={"grade": false, "grade_id": "january", "locked": false, "schema_version": 3, "solution": true, "task": false}
january = ...
### BEGIN SOLUTION
member_since = run.customers.set_index("customer_id")["member_since"]
sales = run.transactions
by_members = sales[sales["time"] >= sales["customer_id"].map(member_since)]
first = by_members[by_members["time"].dt.month == 1]
value = loyalty.reward_value / loyalty.reward_points
january = deferral(first["paid"].sum(), first["points_earned"].sum(), value, loyalty.expected_breakage)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "january-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("january", january)

# %% [markdown] nbgrader={"grade": false, "grade_id": "deferral-words-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **In words.** The cost view (exercise 6.1) and the deferral give different debts for the same points. Which one is in the published balance sheet,
# and which one tells a manager what the next free coffees will cost?

# %% [markdown]
# *Write here.*
