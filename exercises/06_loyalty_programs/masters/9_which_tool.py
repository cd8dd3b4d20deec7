# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 6.9: which tool for which company? (decide)
#
# Four companies without a program ask you: a coffee chain, a supermarket, an airline and a hotel. You may give **each of them one tool**: points, discounts, rebates or
# privileges, in a size that fits it (`sim.add_program`). Their customers are not alike: what moves them differs from company to company, and is different for each student.
# *"Points for all, everybody has points"* is what the agency says.
#
# Your plan must reach at least 90 % of the gain in profit that the best plan reaches, on average over the four. About 25 minutes. A check takes a few seconds.

# %%
import pandas as pd
from checks import COMPANIES, TOOLS, check, four_companies, hint, profit_gain, quiz

company = quiz.company
four = four_companies(company)
profit_gain(company, four["hotel"], "points", "rebates")  # % of the hotel's profit without a program

# %% [markdown] nbgrader={"grade": false, "grade_id": "plan-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Put your plan into `plan`, a dict: `{"coffee": ..., "grocery": ..., "airline": ..., "hotel": ...}`.

# %% nbgrader={"grade": false, "grade_id": "plan", "locked": false, "schema_version": 3, "solution": true, "task": false}
plan = ...
### BEGIN SOLUTION
gains = pd.DataFrame({name: profit_gain(company, four[name], *TOOLS) for name in COMPANIES})
plan = gains.idxmax().to_dict()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "plan-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("plan", plan)

# %% [markdown] nbgrader={"grade": false, "grade_id": "plan-words-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **In words.** For each company: what must its customers be like for this tool to win? (`four["hotel"].loyalty`, `.discounts`, `.rebates` and `.privileges` show how they respond.)
# What would you observe in a **real** company to find that out, before you spend the money?

# %% [markdown]
# *Write here.*
