# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 0.3: how fast do they leave? (apply)
#
# A coffee bar never learns that a guest is lost: nobody cancels a coffee. The simulator knows. `run.months` has the true share of customers lost in
# each month, `churn_rate`, of those who were there when it began. About 10 minutes.

# %%
from checks import check, hint, quiz

company = quiz.company
run = company.run

# %%
run.months[["month", "active_customers", "lost_customers", "churn_rate"]]

# %% [markdown] nbgrader={"grade": false, "grade_id": "churn-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** What is the mean churn rate of a month? The first month has none.

# %% nbgrader={"grade": false, "grade_id": "churn", "locked": false, "schema_version": 3, "solution": true, "task": false}
churn = ...
### BEGIN SOLUTION
churn = run.months["churn_rate"].mean()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "churn-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("churn", churn)

# %% [markdown] nbgrader={"grade": false, "grade_id": "lost_in_a_year-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** Suppose every month were like this mean. Which share of today's customers would be lost within twelve months? First write down your
# guess.

# %% nbgrader={"grade": false, "grade_id": "lost_in_a_year", "locked": false, "schema_version": 3, "solution": true, "task": false}
lost_in_a_year = ...
### BEGIN SOLUTION
lost_in_a_year = 1 - (1 - run.months["churn_rate"].mean()) ** 12
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "lost_in_a_year-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("lost_in_a_year", lost_in_a_year)
