# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 0.4: twice the points (investigate)
#
# Marketing wants to double the points. You cannot try it on real guests. But `company.simulate({"lever": value})` gives you the *same* guests with the
# *same* luck in a company where one lever is different: twins. Their difference is the lever's effect and nothing else. About 15 minutes.

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run

# %%
present = company.scenario.loyalty.points_per_unit
present  # points per EUR

# %% [markdown] nbgrader={"grade": false, "grade_id": "effect-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** By how many EUR does the mean CLV of a customer change if the points are doubled?

# %% nbgrader={"grade": false, "grade_id": "effect", "locked": false, "schema_version": 3, "solution": true, "task": false}
effect = ...
### BEGIN SOLUTION
doubled = company.simulate({"loyalty.points_per_unit": 2 * present})
effect = doubled.kpis()["clv"] - run.kpis()["clv"]
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "effect-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("effect", effect)

# %% [markdown] nbgrader={"grade": false, "grade_id": "standard_error-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** How sure is that? Compute the standard error of the mean effect, from the differences customer by customer (`run.clv` has one value a
# customer).

# %% nbgrader={"grade": false, "grade_id": "standard_error", "locked": false, "schema_version": 3, "solution": true, "task": false}
standard_error = ...
### BEGIN SOLUTION
standard_error = (doubled.clv - run.clv).sem()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "standard_error-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("standard_error", standard_error)

# %% [markdown] nbgrader={"grade": false, "grade_id": "explain-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 3.** In your own words, three sentences: compare this error with `run.clv.sem()`. Why is the effect known so much better than CLV itself?
# What would you tell marketing? Write into the cell below.

# %% [markdown] nbgrader={"grade": false, "grade_id": "explain", "locked": false, "schema_version": 3, "solution": true, "task": false}
#
