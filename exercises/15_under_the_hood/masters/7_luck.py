# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 15.7: whose luck? (decide)
#
# A faster checkout would make all customers buy 5 % faster. The board wants to know how many repeat
# purchases per customer that brings within a year, with an interval no wider than **a quarter of the
# effect** to each side, at 95 %. You can pay for **40 runs**, no more. Design the experiment and run it.
# About 20 minutes.

# %%
import sim
from checks import check, faster, hint, quiz

company = quiz.company

slow_world, fast_world = company.scenario.base(), faster(company)
run = sim.simulate(slow_world, seed=1)
len(run.transactions) / len(run.customers) - 1  # repeat purchases per customer in one run

# %% [markdown] nbgrader={"grade": false, "grade_id": "effects-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Put into `effects` a list: one effect (faster less slow, repeat purchases per customer)
# for each pair of runs. You decide how many pairs, and which seeds the two runs of a pair have. It is
# judged by its mean, its interval and its cost.

# %% nbgrader={"grade": false, "grade_id": "effects", "locked": false, "schema_version": 3, "solution": true, "task": false}
effects = ...
### BEGIN SOLUTION
def repeats(world, seed):
    run = sim.simulate(world, seed)
    purchases, customers = len(run.transactions), len(run.customers)
    return purchases / customers - 1


effects = [repeats(fast_world, seed) - repeats(slow_world, seed) for seed in range(20)]
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "effects-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("effects", effects)

# %% [markdown] nbgrader={"grade": false, "grade_id": "memo-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** Do the same with fresh seeds in the two runs of a pair, and compare the two standard
# deviations. The memo to the board, at most 120 words: the effect with its interval, how many runs fresh
# seeds would have needed, and why the same luck is no cheating. When would you *not* use it? Write into the
# cell below.

# %% [markdown] nbgrader={"grade": false, "grade_id": "memo", "locked": false, "schema_version": 3, "solution": true, "task": false}
#
