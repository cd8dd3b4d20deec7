# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 6.7: gold, silver, and the rest (investigate)
#
# Privileges please those who have them. The cell below adds two tiers to the card: silver for 30 EUR within two months, gold for 60. Who no longer spends that much
# is demoted two months later. Everybody sees who is served with a golden card.
#
# About 20 minutes. Predict first: is a customer who was promoted and demoted happier than, or not as happy as, if there had never been a tier?

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run
tiers = company.simulate(
    {
        "privileges.silver_spend": 30.0,
        "privileges.gold_spend": 60.0,
        "privileges.period_months": 2,
        "privileges.validity_months": 2,
        "privileges.envy": 1.0,
    }
)
tiers.touchpoints["kind"].value_counts()[["promotion", "demotion"]]

# %% [markdown] nbgrader={"grade": false, "grade_id": "demotion_shock-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Take all customers who were demoted at least once. How does their satisfaction at the end of the year (`truth`) differ from that of the **same people** in
# `run`, the world without tiers, on average? Put it (points) into `demotion_shock`.

# %% nbgrader={"grade": false, "grade_id": "demotion_shock", "locked": false, "schema_version": 3, "solution": true, "task": false}
demotion_shock = ...
### BEGIN SOLUTION
felt_tiers, felt_run = (one.truth.set_index("customer_id")["satisfaction"] for one in (tiers, run))
change = (felt_tiers - felt_run).dropna()
touches = tiers.touchpoints
demoted = touches.loc[touches["kind"] == "demotion", "customer_id"]
demotion_shock = change[change.index.isin(demoted)].mean()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "demotion_shock-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("demotion_shock", demotion_shock)

# %% [markdown] nbgrader={"grade": false, "grade_id": "envy-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** Now take everybody who was **never** promoted. The same difference, averaged over them, goes into `envy`. (Leave out who lives in one of the
# two worlds only.)

# %% nbgrader={"grade": false, "grade_id": "envy", "locked": false, "schema_version": 3, "solution": true, "task": false}
envy = ...
### BEGIN SOLUTION
promoted = touches.loc[touches["kind"] == "promotion", "customer_id"]
envy = change[~change.index.isin(promoted)].mean()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "envy-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("envy", envy)

# %% [markdown] nbgrader={"grade": false, "grade_id": "tier-words-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **In words.** Wagner and others (2009) found the demoted less loyal than customers who never had the status. Name two ways to build tiers that hurt less (levers
# of `privileges`), and one way to give privileges that others do not see.

# %% [markdown]
# *Write here.*
