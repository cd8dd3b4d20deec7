# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 0.5: are members better customers? (investigate)
#
# The card's provider sends a leaflet: *"Our members are worth far more than other guests. That is what our card does."* You have what nobody has in
# reality: the same guests in a world without points. About 15 minutes.

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run

# %%
run.customers[["customer_id", "acquired_at", "member_since"]].head(3)

# %% [markdown] nbgrader={"grade": false, "grade_id": "seeming-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** The leaflet's number: the mean CLV of members less the mean CLV of guests who never joined.

# %% nbgrader={"grade": false, "grade_id": "seeming", "locked": false, "schema_version": 3, "solution": true, "task": false}
seeming = ...
### BEGIN SOLUTION
is_member = run.customers.set_index("customer_id")["member_since"].notna()
seeming = run.clv[is_member].mean() - run.clv[~is_member].mean()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "seeming-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("seeming", seeming)

# %% [markdown] nbgrader={"grade": false, "grade_id": "true_effect-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** What the card truly does for these members: the mean difference between their CLV here and their CLV in the company with 0 points.

# %% nbgrader={"grade": false, "grade_id": "true_effect", "locked": false, "schema_version": 3, "solution": true, "task": false}
true_effect = ...
### BEGIN SOLUTION
without = company.simulate({"loyalty.points_per_unit": 0})
gain = (run.clv - without.clv).dropna()  # a friend brought along may live in one world only
true_effect = gain[is_member[gain.index]].mean()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "true_effect-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("true_effect", true_effect)

# %% [markdown] nbgrader={"grade": false, "grade_id": "explain-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 3.** Most of the leaflet's number is not the card's doing. Whose, then? And how could a company without a simulator find out? Three to five
# sentences into the cell below.

# %% [markdown] nbgrader={"grade": false, "grade_id": "explain", "locked": false, "schema_version": 3, "solution": true, "task": false}
#
