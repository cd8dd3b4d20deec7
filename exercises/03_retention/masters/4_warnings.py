# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 3.4: seven warnings (investigate)
#
# `run.warnings()` says how well each of the seven warnings announced a loss in your company: how often it
# fired, its precision, the share that came after the loss, the lift against guessing, the recall, the lead
# time in days. `help(run.warnings)` explains the columns. You want to build **one** warning into the
# system: an employee calls every customer for whom it fires.
#
# Time: 20 minutes.

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run
warnings = run.warnings()
warnings.round(2)

# %% [markdown] nbgrader={"grade": false, "grade_id": "best_warning-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Which warning has the highest **precision** among those that fired **at least 100 times**?
# Write its name as in the table.

# %% nbgrader={"grade": false, "grade_id": "best_warning", "locked": false, "schema_version": 3, "solution": true, "task": false}
best_warning = ...
### BEGIN SOLUTION
frequent = warnings[warnings["fired"] >= 100]
best_warning = frequent["precision"].idxmax()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "best_warning-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("best_warning", best_warning)

# %% [markdown] nbgrader={"grade": false, "grade_id": "false_alarms-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** How many of the times that *falling RFM* fired were **false alarms**, that is not followed
# by a loss within 90 days?

# %% nbgrader={"grade": false, "grade_id": "false_alarms", "locked": false, "schema_version": 3, "solution": true, "task": false}
false_alarms = ...
### BEGIN SOLUTION
falling = warnings.loc["falling RFM"]
false_alarms = round(falling["fired"] * (1 - falling["precision"]))
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "false_alarms-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("false_alarms", false_alarms)

# %% [markdown] nbgrader={"grade": false, "grade_id": "cost_per_hit-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 3.** A call costs 3 EUR. You call whenever a *complaint* fires. How many EUR of calls does
# **one** right alarm cost?

# %% nbgrader={"grade": false, "grade_id": "cost_per_hit", "locked": false, "schema_version": 3, "solution": true, "task": false}
cost_per_hit = ...
### BEGIN SOLUTION
cost_per_hit = 3 / warnings.loc["complaint", "precision"]
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "cost_per_hit-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("cost_per_hit", cost_per_hit)

# %% [markdown] nbgrader={"grade": false, "grade_id": "explain_warnings-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **In your words** (no points from the machine). For most companies of this class *falling RFM* has a lift
# below 1. How can a warning be worse than no warning? Use the column `already_lost`. What does that mean
# for a manager who waits until she is sure?

# %% [markdown] nbgrader={"grade": false, "grade_id": "explain_warnings", "locked": false, "schema_version": 3, "solution": true, "task": false}
# A falling frequency is what a loss looks like afterwards: a large part of the alarms concerns customers
# who are already gone, of whom none can be lost again. Among the others it is a little better than
# guessing. Who waits until the signs are clear is told the truth when it is too late; earlier and weaker
# signs leave time to act.
