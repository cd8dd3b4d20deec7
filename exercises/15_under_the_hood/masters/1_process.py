# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 15.1: a customer's life (apply)
#
# You write the life of a customer as a SimPy process, as in sections 2 and 3 of the lesson. Then you hold a
# number against it, by a closed form. The company is yours: nobody else has its customers. About 15
# minutes.

# %%
from checks import check, hint, quiz

company = quiz.company

market = company.scenario.market
weekly_rate = market.rate_shape / market.rate_scale_weeks  # mean purchases a week
loss = market.dropout_a / (market.dropout_a + market.dropout_b)  # mean chance to be lost after a repeat purchase
print(f"rate {weekly_rate:.4f} a week, loss {loss:.4f}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "buyer-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Write the process `buyer(env, log, wait, is_lost)`. The customer makes a first purchase at
# once, waits `wait()` days, buys again, and so on. A purchase is noted by `log.append(env.now)`. After each
# *repeat* purchase the customer is lost if `is_lost()` says so; then the process ends.

# %% nbgrader={"grade": false, "grade_id": "buyer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def buyer(env, log, wait, is_lost):
    """The life of one customer: notes the days of purchases in log."""
    ### BEGIN SOLUTION
    log.append(env.now)
    while True:
        yield env.timeout(wait())
        log.append(env.now)
        if is_lost():
            return
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "buyer-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("buyer", buyer)

# %% nbgrader={"grade": true, "grade_id": "buyer-hidden", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Hidden tests: the edges.
### BEGIN HIDDEN TESTS
import simpy as _simpy


def _days(wait, is_lost, until):
    env, log = _simpy.Environment(), []
    env.process(buyer(env, log, wait, is_lost))
    env.run(until=until)
    return log


assert _days(lambda: 2.5, lambda: False, 10) == [0, 2.5, 5, 7.5]
assert _days(lambda: 4.0, lambda: True, 100) == [0, 4]
assert _days(lambda: float("inf"), lambda: True, 100) == [0]
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "expected-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** A customer has exactly the mean rate and the mean chance of loss printed above. How many
# *repeat* purchases do you expect within 26 weeks of the first one? Use the closed form.

# %% nbgrader={"grade": false, "grade_id": "expected", "locked": false, "schema_version": 3, "solution": true, "task": false}
expected = ...
### BEGIN SOLUTION
import math

expected = (1 - math.exp(-weekly_rate * loss * 26)) / loss
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "expected-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("expected", expected)
