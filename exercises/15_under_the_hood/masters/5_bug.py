# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 15.5: there is a bug in it (investigate)
#
# Somebody left you a simulation of a customer: `customer(env, log, name, rate, loss, luck)`, as in the
# lesson. It runs. It has exactly one of four bugs, and your neighbour's may have another. More such programs
# will come: you need an examination that finds the bug of any of them.
#
# | bug | what it does |
# |---|---|
# | `early coin` | the coin falls before the first repeat purchase as well |
# | `one number` | wait and coin come from the same random number |
# | `whole days` | waits are rounded up to whole days |
# | `heavy coin` | the coin falls on the side of loss too often, by a fifth |
#
# Do not read the programs: you have no source of a program that you bought. Find the bugs by tests.
# `live(customer, rate, loss, luck)` lets 4,000 customers live for 60 days and returns their `purchases`
# (with the first) and whether each `is_alive`. About 25 minutes.

# %%
import numpy as np

from checks import check, hint, live, quiz, suspect

company = quiz.company

customer = suspect(company)
live(customer, rate=0.1, loss=0.2, luck=np.random.default_rng(1)).mean()

# %% [markdown] nbgrader={"grade": false, "grade_id": "diagnose-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Write `diagnose(customer)`: the name of the bug in a program, such as `"early coin"`, or
# `"none"`. It is tried on five programs, one with each bug and one that is right, in an order that only the
# check knows. Write down first which tests you will make, and what each bug would do to them.

# %% nbgrader={"grade": false, "grade_id": "diagnose", "locked": false, "schema_version": 3, "solution": true, "task": false}
def diagnose(customer):
    """Which bug the program has."""
    ### BEGIN SOLUTION
    luck = np.random.default_rng(2)
    everybody_lost = live(customer, rate=0.1, loss=1.0, luck=luck, customers=500)["purchases"].mean() - 1
    nobody_lost = live(customer, rate=0.5, loss=0.0, luck=luck, customers=500)["purchases"].mean() - 1
    whole_life = live(customer, rate=10.0, loss=0.2, luck=luck)["purchases"].mean() - 1
    lost_early = 1 - live(customer, rate=0.01, loss=0.2, luck=luck)["is_alive"].mean()
    if everybody_lost < 0.5:  # 1 expected
        return "early coin"
    if nobody_lost < 27:  # 30 expected
        return "whole days"
    if whole_life < 4.6:  # 1 / 0.2 = 5 expected: at this rate all are lost within 60 days
        return "heavy coin"
    if lost_early > 0.16:  # 1 - exp(-0.01 x 0.2 x 60) = 0.11 expected: who comes back soon is lost
        return "one number"
    return "none"
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "diagnose-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("diagnose", diagnose)

# %% [markdown] nbgrader={"grade": false, "grade_id": "mended-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** Write it without the bug: `mended(env, log, name, rate, loss, luck)`, with
# `log.append((name, env.now))` for a purchase. `luck.random()` gives a number between 0 and 1,
# `luck.exponential()` an exponential one with mean 1.

# %% nbgrader={"grade": false, "grade_id": "mended", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mended(env, log, name, rate, loss, luck):
    """The life of a customer, right this time."""
    ### BEGIN SOLUTION
    log.append((name, env.now))
    while True:
        yield env.timeout(luck.exponential() / rate if rate > 0 else float("inf"))
        log.append((name, env.now))
        if luck.random() < loss:
            return
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "mended-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("mended", mended)

# %% nbgrader={"grade": true, "grade_id": "mended-hidden", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Hidden tests: wait and coin have nothing to do with each other.
### BEGIN HIDDEN TESTS
import numpy as _numpy
import simpy as _simpy

_env, _log, _luck = _simpy.Environment(), [], _numpy.random.default_rng(3)
_lives = [_env.process(mended(_env, _log, name, 0.1, 0.3, _luck)) for name in range(3000)]
_env.run(until=1e5)
_days = {}
for _name, _day in _log:
    _days.setdefault(_name, []).append(_day)
_last = _numpy.array([one[-1] - one[-2] for one in _days.values()])
assert abs(_last.mean() - 10) < 4 * _last.std() / len(_last) ** 0.5
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "explain-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 3.** In three sentences: which bug does *your* program have (`diagnose(customer)`), which of
# your tests could *not* have found it, and what would it have done to a decision of the company? Write into
# the cell below.

# %% [markdown] nbgrader={"grade": false, "grade_id": "explain", "locked": false, "schema_version": 3, "solution": true, "task": false}
#
