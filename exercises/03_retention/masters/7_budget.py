# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 3.7: five strategies, one budget (decide)
#
# The owner gives you **500 EUR a month** for retention, in five parts of 100 EUR. A part buys:
#
# | strategy | 100 EUR a month buy |
# |---|---|
# | service | complaints solved (`service.resolution`): 0.04 more |
# | loyalty | points per EUR (`loyalty.points_per_unit`): 0.25 more; the rewards come on top |
# | personalisation | relevance of offers (`extension.relevance`): 0.1 more |
# | communication | offers to regulars (`extension.offers_share`): 0.1 more |
# | quality | a fifth fewer failures (`experience.failure_rate`) |
#
# "Let us do a little of everything," says the owner: one part each. You pass if your plan
#
# - spends exactly five parts,
# - keeps at least **1.25 times** as many additional customers (`active_customers` at the end of the year,
#   beyond the company as it is) as one part each, and
# - earns back at least **half** of what it costs: the profit of the year, before the 500 EUR a month, is at
#   least 3,000 EUR higher than now.
#
# `levers_of(company, plan)` are the levers of a plan, so that you can try it:
# `company.simulate(levers_of(company, plan))`.
#
# Time: 35 minutes.

# %%
from checks import check, hint, levers_of, quiz

company = quiz.company
run = company.run
a_little_of_everything = {"service": 1, "loyalty": 1, "personalisation": 1, "communication": 1, "quality": 1}
everything = company.simulate(levers_of(company, a_little_of_everything))
everything.kpis()[["active_customers", "profit"]] - run.kpis()[["active_customers", "profit"]]

# %% [markdown] nbgrader={"grade": false, "grade_id": "plan-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Decide.** Put the parts of your plan into `plan`. Predict the result before you try it.

# %% nbgrader={"grade": false, "grade_id": "plan", "locked": false, "schema_version": 3, "solution": true, "task": false}
plan = ...
### BEGIN SOLUTION
tries = [{"loyalty": parts, "quality": 5 - parts} for parts in range(6)]
kept = [company.simulate(levers_of(company, one)).kpis() for one in tries]
worthwhile = [number for number, kpis in enumerate(kept) if kpis["profit"] - run.kpis()["profit"] >= 3000]
plan = tries[max(worthwhile, key=lambda number: kept[number]["active_customers"])]
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "plan-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("plan", plan)

# %% [markdown] nbgrader={"grade": false, "grade_id": "memo_plan-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Memo to the owner** (half a page; graded by the instructor with a rubric). Your plan and what it brings;
# which strategy you leave out and why; the assumption on which your plan hangs most; what you would look at
# after three months, given that nobody cancels a pizza.

# %% [markdown] nbgrader={"grade": false, "grade_id": "memo_plan", "locked": false, "schema_version": 3, "solution": true, "task": false}
# Loyalty and quality together: quality removes what drives newcomers out, points give those who stay a
# reason to come back. I leave out communication: offers tire regulars, and further products bring costly
# customers. The plan hangs on the price list, above all on what a fifth fewer failures costs. After three
# months I look at the share of new customers who order a third time, and at complaints per hundred orders.
