# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 3.6: whom to save? (decide)
#
# Eight months have passed. There is money to take special care of **one customer in ten**. You choose from
# what is on record: `weeks` is the weekly panel of your company up to that day (`help(run.panel)` explains
# its columns). Write a function that takes such a panel and returns the `customer_id`s you choose. It must
# not know the future, and nobody knows who is already lost.
#
# The check looks at what happened to your customers afterwards, without any care. You pass if
#
# - at most **18 %** of them were already lost on that day: care for somebody who is gone is wasted, and
# - they went on to bring at least **twice** as much margin as the average customer: care for somebody who
#   brings nothing does not pay.
#
# The tempting choice, those who have been away longest, fails. So does a choice by past value alone.
#
# Time: 30 minutes.

# %%
from checks import check, hint, quiz, weeks_on_record

company = quiz.company
run = company.run
weeks = weeks_on_record(company)
weeks.tail()

# %% [markdown] nbgrader={"grade": false, "grade_id": "choose-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Decide.** `customers` below is the last week of the panel: one row a customer, with `recency_days`,
# `frequency` and `monetary`. Return **one in ten** of them, rounded down.

# %% nbgrader={"grade": false, "grade_id": "choose", "locked": false, "schema_version": 3, "solution": true, "task": false}
def choose(weeks):
    """The customer_id of one customer in ten, by what the weekly panel has on record."""
    customers = weeks[weeks["week"] == weeks["week"].max()]
    how_many = len(customers) // 10
    ### BEGIN SOLUTION
    recent = customers[customers["recency_days"] <= 21]
    return list(recent.nlargest(how_many, "monetary")["customer_id"])
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "choose-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("choose", choose)

# %% [markdown] nbgrader={"grade": false, "grade_id": "memo_choose-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Memo to the owner** (half a page; graded by the instructor with a rubric). Whom do you choose, and why?
# What would you have done by instinct, and what is wrong with it? Your customers would have been good
# customers anyway: which experiment would show whether the care *changes* anything?

# %% [markdown] nbgrader={"grade": false, "grade_id": "memo_choose", "locked": false, "schema_version": 3, "solution": true, "task": false}
# I choose those who ordered within three weeks and have paid us most in the last year. By instinct I would
# call those who have been away for months, but most of them are gone. That my choice is valuable does not
# prove that care pays: I would draw half of the chosen by lot, take care only of these, and compare the
# margin of the halves after three months.
