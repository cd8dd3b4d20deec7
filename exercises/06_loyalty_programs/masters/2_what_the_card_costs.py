# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 6.2: what does the card cost? (apply)
#
# *"Ten stamps, one free coffee: that is ten per cent!"* says the owner of your coffee chain. It is not. What a reward costs is less than what it is
# worth, and not every point comes back. Find out what the card of your company promises, and what it really costs.
#
# About 10 minutes.

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run
loyalty = company.scenario.loyalty
print(f"{loyalty.points_per_unit:g} points per EUR; {loyalty.reward_points} points buy a free coffee.")
print(f"It costs the chain {loyalty.reward_cost:.2f} EUR; its price is {loyalty.reward_value:.2f} EUR.")
run.transactions.head(3)

# %% [markdown] nbgrader={"grade": false, "grade_id": "promised-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** If members redeem every point: what do the rewards cost the company, in **% of what members pay**? Only the levers above are
# needed. Put it into `promised`.

# %% nbgrader={"grade": false, "grade_id": "promised", "locked": false, "schema_version": 3, "solution": true, "task": false}
promised = ...
### BEGIN SOLUTION
promised = 100 * loyalty.points_per_unit * loyalty.reward_cost / loyalty.reward_points
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "promised-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("promised", promised)

# %% [markdown] nbgrader={"grade": false, "grade_id": "real-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** What did the rewards of this year really cost, in **% of what members paid**? Members' purchases are those at or after the
# `member_since` of the customer. Put it into `real`.

# %% nbgrader={"grade": false, "grade_id": "real", "locked": false, "schema_version": 3, "solution": true, "task": false}
real = ...
### BEGIN SOLUTION
member_since = run.customers.set_index("customer_id")["member_since"]
sales = run.transactions
by_members = sales[sales["time"] >= sales["customer_id"].map(member_since)]
real = 100 * by_members["cost_of_reward"].sum() / by_members["paid"].sum()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "real-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("real", real)

# %% [markdown] nbgrader={"grade": false, "grade_id": "cost-words-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **In words.** `real` is below `promised`. Name two reasons. Which of them is a saving, and which is only a delay?

# %% [markdown]
# *Write here.*
