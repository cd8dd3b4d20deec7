# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 6.4: the card or the customer? (investigate)
#
# *"Our members bring far more than other guests. The card works!"* That compares members with others. You can do better: `company.simulate` lets the same
# guests live again, with the same luck, without the card.
#
# What counts here is the **net margin** of a customer over the year: the sum of `margin` less `cost_of_reward`.
#
# About 20 minutes. Before you start: guess both numbers and write them down.

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run
without_card = company.simulate({"loyalty.points_per_unit": 0})
is_member = run.customers.set_index("customer_id")["member_since"].notna()

# %% [markdown] nbgrader={"grade": false, "grade_id": "naive-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** How much more net margin does a member bring than another customer, on average, in `run`? Put the difference (EUR) into `naive`.

# %% nbgrader={"grade": false, "grade_id": "naive", "locked": false, "schema_version": 3, "solution": true, "task": false}
naive = ...
### BEGIN SOLUTION
def net_margin(one):
    """Margin less the cost of rewards, by customer."""
    sales = one.transactions
    return (sales["margin"] - sales["cost_of_reward"]).groupby(sales["customer_id"]).sum()


margin = net_margin(run)
naive = margin[is_member].mean() - margin[~is_member].mean()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "naive-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("naive", naive)

# %% [markdown] nbgrader={"grade": false, "grade_id": "true_effect-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** How much more does a member bring than **the same person** in `without_card`, on average over the members? Leave out who lives in one of
# the two worlds only. Put it (EUR) into `true_effect`.

# %% nbgrader={"grade": false, "grade_id": "true_effect", "locked": false, "schema_version": 3, "solution": true, "task": false}
true_effect = ...
### BEGIN SOLUTION
change = (margin - net_margin(without_card)).dropna()
true_effect = change[is_member[change.index]].mean()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "true_effect-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("true_effect", true_effect)

# %% [markdown] nbgrader={"grade": false, "grade_id": "selection-words-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **In words.** How many times too large is the naive number? Say in two sentences, to somebody without statistics, where the difference comes from. Then:
# which comparison could a real company make, which cannot let its customers live twice?

# %% [markdown]
# *Write here.*
