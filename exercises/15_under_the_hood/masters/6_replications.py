# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 15.6: how many runs? (decide)
#
# The board asks how often a customer comes back within a year, and wants the figure within **3 % of its
# value**, up or down, at 95 %. One run of your company is one possible year. Few runs: too uncertain. Many
# runs: the cloud costs money. You decide how many. About 25 minutes.

# %%
import numpy as np

from checks import check, hint, quiz, repeats_per_customer

company = quiz.company

repeats_per_customer(company, seed=1)  # one run: repeat purchases per customer

# %% [markdown] nbgrader={"grade": false, "grade_id": "interval-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** First the tool. Write `interval(values)`: the lower and the upper end of the 95 % interval
# of a mean, from independent values that may be as few as five. It is tried on 1,000 samples with a known
# mean: it has to hold the truth in 95 of 100.

# %% nbgrader={"grade": false, "grade_id": "interval", "locked": false, "schema_version": 3, "solution": true, "task": false}
def interval(values):
    """The 95 % interval of the mean of independent values: (low, high)."""
    ### BEGIN SOLUTION
    from scipy import stats

    values = np.asarray(values, float)
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return values.mean() - half, values.mean() + half
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "interval-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("interval", interval)

# %% nbgrader={"grade": true, "grade_id": "interval-hidden", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Hidden tests: by hand, and that a list will do.
### BEGIN HIDDEN TESTS
_low, _high = interval([1.0, 2.0, 3.0, 4.0, 5.0])
assert abs(_low - 1.0367568385) < 1e-6 and abs(_high - 4.9632431615) < 1e-6
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "runs_needed-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** How many runs do you buy? Write `runs_needed(simulate, wanted)`, which decides for any
# company: `simulate(seed)` is the result of one run, `wanted` the half-width as a share of the mean. It makes
# a pilot first, each run with a seed of its own, 400 runs at most. It is tried on 100 companies whose mean
# and standard deviation only the check knows: in 90 it must buy enough runs, and not many more than needed.
# A pilot of ten seeds tempts, but how well do ten values know a standard deviation?

# %% nbgrader={"grade": false, "grade_id": "runs_needed", "locked": false, "schema_version": 3, "solution": true, "task": false}
def runs_needed(simulate, wanted):
    """How many runs give the mean to within this share of it, at 95 %."""
    ### BEGIN SOLUTION
    pilot = np.array([simulate(seed) for seed in range(200)])
    half = wanted * pilot.mean()
    return int(np.ceil(1.1 * (1.96 * pilot.std(ddof=1) / half) ** 2))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "runs_needed-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("runs_needed", runs_needed)

# %% [markdown] nbgrader={"grade": false, "grade_id": "memo-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 3.** Let it decide for your company, which takes some seconds:
# `runs_needed(lambda seed: repeats_per_customer(company, seed), 0.03)`. Then the memo to the board, at most
# 120 words: how many runs, what they buy, what twice the precision would cost, and what *no* number of runs
# can tell them. Write into the cell below.

# %% [markdown] nbgrader={"grade": false, "grade_id": "memo", "locked": false, "schema_version": 3, "solution": true, "task": false}
#
