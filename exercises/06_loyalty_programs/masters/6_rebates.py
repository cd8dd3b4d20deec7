# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 6.6: money back, for some (investigate)
#
# The head of finance wants a rebate instead of the card's points: 10 % back for everyone who sends in the receipts within 30 days. *"Most people forget, so it is
# cheap."* What is promised and never paid out is called **slippage**. But a claim can also be refused, and that hurts.
#
# About 20 minutes.

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run
rebate = company.simulate({"rebates.rate": 0.1})
fair = company.simulate({"rebates.rate": 0.1, "rebates.refusal_rate": 0.0})
strict = company.simulate({"rebates.rate": 0.1, "rebates.refusal_rate": 0.3})
rebate.rebates.head()

# %% [markdown] nbgrader={"grade": false, "grade_id": "slippage-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** In `rebate`, take the rebates whose `deadline` is before 1 January 2026. Which per cent of the money promised (`amount`) was not paid out?
# Put it into `slippage`.

# %% nbgrader={"grade": false, "grade_id": "slippage", "locked": false, "schema_version": 3, "solution": true, "task": false}
slippage = ...
### BEGIN SOLUTION
rebates = rebate.rebates
closed = rebates[rebates["deadline"] < "2026-01-01"]
slippage = 100 * (1 - closed["paid"].sum() / closed["amount"].sum())
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "slippage-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("slippage", slippage)

# %% [markdown] nbgrader={"grade": false, "grade_id": "refusal_harm-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** `strict` refuses 30 % of all claims, `fair` none. Take the customers who had a claim refused in `strict`. How does their satisfaction at the
# end of the year (`truth`) differ from that of the **same people** in `fair`, on average? Put it (points, below 0 is less) into `refusal_harm`.

# %% nbgrader={"grade": false, "grade_id": "refusal_harm", "locked": false, "schema_version": 3, "solution": true, "task": false}
refusal_harm = ...
### BEGIN SOLUTION
felt_strict, felt_fair = (one.truth.set_index("customer_id")["satisfaction"] for one in (strict, fair))
refused = strict.rebates.loc[strict.rebates["refused"], "customer_id"].unique()
refusal_harm = (felt_strict - felt_fair)[refused].mean()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "refusal_harm-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("refusal_harm", refusal_harm)

# %% [markdown] nbgrader={"grade": false, "grade_id": "rebate-words-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **In words.** Who claims: guests who come more often because of the rebate, or guests who would come anyway? (`truth` does not say it; PMA 2005 does.) Compare the profit of
# `run`, `rebate` and `strict`. Would you build a business on slippage? Say what a customer, a regulator and an accountant would answer.

# %% [markdown]
# *Write here.*
