# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 0.2: what do the guests say? (apply)
#
# Every month some guests are asked two questions. *Would you recommend us?* from 0 to 10: that gives the **NPS**. *How satisfied are you?* from 1 to
# 5: that gives **CSAT**. Lecture notes get both formulas wrong surprisingly often. Compute them from the answers. About 10 minutes.

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run

# %%
run.surveys.sample(5, random_state=1)

# %% [markdown] nbgrader={"grade": false, "grade_id": "nps-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** The NPS over all answers of the year: promoters (9 or 10) less detractors (0 to 6), in per cent of **all** answers.

# %% nbgrader={"grade": false, "grade_id": "nps", "locked": false, "schema_version": 3, "solution": true, "task": false}
nps = ...
### BEGIN SOLUTION
score = run.surveys.loc[run.surveys["kind"] == "nps", "score"]
nps = 100 * ((score >= 9).mean() - (score <= 6).mean())
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "nps-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("nps", nps)

# %% [markdown] nbgrader={"grade": false, "grade_id": "csat-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** CSAT: those who answered 4 or 5, in per cent of all answers to this question.

# %% nbgrader={"grade": false, "grade_id": "csat", "locked": false, "schema_version": 3, "solution": true, "task": false}
csat = ...
### BEGIN SOLUTION
score = run.surveys.loc[run.surveys["kind"] == "csat", "score"]
csat = 100 * (score >= 4).mean()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "csat-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("csat", csat)
