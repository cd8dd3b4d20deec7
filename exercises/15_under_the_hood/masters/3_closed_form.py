# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 15.3: nobody is average (apply)
#
# Two closed forms of the base model, for your company. They tell you what a simulation has to come out at
# before you run it. About 15 minutes.

# %%
from checks import check, hint, quiz

company = quiz.company

market = company.scenario.market
r, alpha = market.rate_shape, market.rate_scale_weeks
p, q, gamma = market.spend_shape, market.spend_heterogeneity, market.spend_scale
print(f"r = {r}, alpha = {alpha} weeks; p = {p}, q = {q}, gamma = {gamma} USD")

# %% [markdown] nbgrader={"grade": false, "grade_id": "never_again-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Customers differ: their rates follow a gamma distribution with shape `r` and mean `r /
# alpha` purchases a week. Write `never_again(r, alpha, weeks)`: the share of customers *without* any repeat
# purchase within so many weeks of the first.

# %% nbgrader={"grade": false, "grade_id": "never_again", "locked": false, "schema_version": 3, "solution": true, "task": false}
def never_again(r, alpha, weeks):
    """Share of customers without a repeat purchase within so many weeks."""
    ### BEGIN SOLUTION
    return (alpha / (alpha + weeks)) ** r
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "never_again-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("never_again", never_again)

# %% nbgrader={"grade": true, "grade_id": "never_again-hidden", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Hidden tests: the edges, and a market where all are alike.
### BEGIN HIDDEN TESTS
import math as _math

assert never_again(0.5, 5.0, 0) == 1
assert abs(never_again(1.0, 4.0, 4.0) - 0.5) < 1e-12
assert abs(never_again(1e6, 1e7, 10) - _math.exp(-1)) < 1e-4
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "mean_basket-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** What is the mean basket of a customer in your company, in USD? A customer's baskets are
# gamma variates of shape `p`; their scales differ from customer to customer (Gamma-Gamma, section 6 of the
# lesson).

# %% nbgrader={"grade": false, "grade_id": "mean_basket", "locked": false, "schema_version": 3, "solution": true, "task": false}
mean_basket = ...
### BEGIN SOLUTION
mean_basket = p * gamma / (q - 1)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "mean_basket-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("mean_basket", mean_basket)
