# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 3.5: to win or to keep? (investigate)
#
# "To win a customer costs 5 to 25 times as much as to keep one." Nobody has found a primary study behind
# this sentence. Measure it in your own company. Two offers lie on the table, each for the whole year:
#
# - **win**: 300 EUR a month **more** for leaflets with a coupon (`acquisition.deal_spend_per_month` doubles
#   from 300 to 600),
# - **keep**: 150 EUR a month for training in the kitchen, which **halves** the failure rate
#   (`experience.failure_rate`). The model does not book these 150 EUR; you do.
#
# Judge both by the same measure: `active_customers` in `kpis()`, the customers at the end of the year.
# `company.scenario["experience.failure_rate"]` is your failure rate. Same customers, same luck.
#
# Time: 25 minutes.

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run
run.kpis()[["active_customers", "new_customers", "lost_customers", "cac", "profit"]]

# %% [markdown] nbgrader={"grade": false, "grade_id": "cost_won-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** *Win*: how many EUR of leaflets does **one customer more at the end of the year** cost?

# %% nbgrader={"grade": false, "grade_id": "cost_won", "locked": false, "schema_version": 3, "solution": true, "task": false}
cost_won = ...
### BEGIN SOLUTION
customers = run.kpis()["active_customers"]
win = company.simulate({"acquisition.deal_spend_per_month": 600})
cost_won = 12 * 300 / (win.kpis()["active_customers"] - customers)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "cost_won-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("cost_won", cost_won)

# %% [markdown] nbgrader={"grade": false, "grade_id": "cost_kept-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** *Keep*: how many EUR of training does **one customer more at the end of the year** cost?

# %% nbgrader={"grade": false, "grade_id": "cost_kept", "locked": false, "schema_version": 3, "solution": true, "task": false}
cost_kept = ...
### BEGIN SOLUTION
half = company.scenario["experience.failure_rate"] / 2
keep = company.simulate({"experience.failure_rate": half})
cost_kept = 12 * 150 / (keep.kpis()["active_customers"] - customers)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "cost_kept-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("cost_kept", cost_kept)

# %% [markdown] nbgrader={"grade": false, "grade_id": "profit_gap-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 3.** A customer more is not yet a euro more. By how many EUR is the **profit of the year**
# higher with *keep* than with *win*? (The model books the leaflets in `profit`, but not the training.)

# %% nbgrader={"grade": false, "grade_id": "profit_gap", "locked": false, "schema_version": 3, "solution": true, "task": false}
profit_gap = ...
### BEGIN SOLUTION
profit_gap = keep.kpis()["profit"] - 12 * 150 - win.kpis()["profit"]
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "profit_gap-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("profit_gap", profit_gap)

# %% [markdown] nbgrader={"grade": false, "grade_id": "explain_claim-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **In your words** (no points from the machine). What is the ratio of the two costs in your company? Why is
# it not "5 to 25"? Under which circumstances would it be large? Which of the two offers do you take, and
# why is the ratio not the right reason?

# %% [markdown] nbgrader={"grade": false, "grade_id": "explain_claim", "locked": false, "schema_version": 3, "solution": true, "task": false}
# The ratio lies near 1, somewhat above or below. Leaflets are cheap here and far from saturated; the
# failures that are left are few, so that training keeps few. It would be large where winning is dear (a
# saturated market, sales people, contracts with rivals) and leaving has a cheap cure. I compare what the
# next euro brings in profit: average costs of winning and keeping say nothing of that. Keeping brings
# better orders by all customers, too.
