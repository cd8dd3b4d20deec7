# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 6.5: who takes the rewards? (investigate)
#
# A card rewards what people buy. It should change what people buy. These are not the same people. The cell below makes three groups of equal size, by how often
# customers would come **without** the card.
#
# About 20 minutes. Predict first: which third gets most of the free coffees? Which third comes more often because of the card?

# %%
import pandas as pd
from checks import check, hint, quiz

company = quiz.company
run = company.run

without_card = company.simulate({"loyalty.points_per_unit": 0})
purchases = without_card.transactions.groupby("customer_id").size()
group = pd.qcut(purchases.rank(method="first"), 3, labels=["light", "moderate", "heavy"])
group.head()

# %% [markdown] nbgrader={"grade": false, "grade_id": "heavy_share-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Of what the rewards cost in `run`, which per cent goes to the heavy third? (Customers without a group do not count.) Put it into
# `heavy_share`.

# %% nbgrader={"grade": false, "grade_id": "heavy_share", "locked": false, "schema_version": 3, "solution": true, "task": false}
heavy_share = ...
### BEGIN SOLUTION
cost = run.transactions.groupby("customer_id")["cost_of_reward"].sum()
by_group = cost.groupby(group, observed=True).sum()
heavy_share = 100 * by_group["heavy"] / by_group.sum()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "heavy_share-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("heavy_share", heavy_share)

# %% [markdown] nbgrader={"grade": false, "grade_id": "light_lift-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** By how many per cent do the purchases of the light third, all together, rise with the card? Put it into `light_lift`. Then look at the
# other two thirds as well.

# %% nbgrader={"grade": false, "grade_id": "light_lift", "locked": false, "schema_version": 3, "solution": true, "task": false}
light_lift = ...
### BEGIN SOLUTION
now, before = (
    one.transactions.groupby("customer_id").size().groupby(group, observed=True).sum()
    for one in (run, without_card)
)
light_lift = 100 * (now["light"] / before["light"] - 1)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "light_lift-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("light_lift", light_lift)

# %% [markdown] nbgrader={"grade": false, "grade_id": "who-words-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **In words.** Compare the thirds. Liu (2007) found that heavy buyers claim most rewards and hardly change, while light and moderate buyers do change. Does
# your company agree? Name one change of the card that would spend less on what happens by itself, and one risk of it.

# %% [markdown]
# *Write here.*
