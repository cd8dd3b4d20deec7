# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,nbgrader,-all
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Exercise 15.4: one agent, one queue (investigate)
#
# At your company's service desk 8 cases an hour come in, at random, and one agent works on them, first
# come, first served. The time of work is exponential; its mean is a lever of your company. Such a queue is
# called M/M/1, and Erlang's formula knows its mean wait. About 25 minutes.

# %%
from checks import check, hint, quiz

company = quiz.company

minutes = company.scenario.service.handling_minutes
print(f"8 cases an hour, {minutes} minutes of work for each on average")

# %% [markdown] nbgrader={"grade": false, "grade_id": "waits-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Write `waits(arrivals, work)` with SimPy. `arrivals` are the moments at which cases come,
# in minutes and in order, `work` the minutes that each one takes. Return a list: for each case, in order,
# the minutes until the agent *begins* with it. SimPy's queue is `simpy.Resource(env, capacity=1)`.

# %% nbgrader={"grade": false, "grade_id": "waits", "locked": false, "schema_version": 3, "solution": true, "task": false}
def waits(arrivals, work):
    """Minutes that each case waits for the only agent."""
    ### BEGIN SOLUTION
    import simpy

    env, waited = simpy.Environment(), [0.0] * len(arrivals)
    agent = simpy.Resource(env, capacity=1)

    def case(number):
        yield env.timeout(arrivals[number])
        with agent.request() as turn:
            yield turn
            waited[number] = env.now - arrivals[number]
            yield env.timeout(work[number])

    for number in range(len(arrivals)):
        env.process(case(number))
    env.run()
    return waited
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "waits-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("waits", waits)

# %% nbgrader={"grade": true, "grade_id": "waits-hidden", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Hidden tests: queues small enough for pencil and paper.
### BEGIN HIDDEN TESTS
assert list(waits([], [])) == []
assert list(waits([0.0, 10.0], [5.0, 5.0])) == [0, 0]
assert list(waits([1.0, 2.0, 3.0], [4.0, 4.0, 4.0])) == [0, 3, 6]
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "long_run_wait-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** What is the mean wait in the long run, in minutes? With one agent Erlang C says: a case
# has to wait with a probability equal to the load (cases per minute times minutes per case), and the mean
# wait of all cases is load x minutes per case / (1 - load).

# %% nbgrader={"grade": false, "grade_id": "long_run_wait", "locked": false, "schema_version": 3, "solution": true, "task": false}
long_run_wait = ...
### BEGIN SOLUTION
load = 8 / 60 * minutes
long_run_wait = load * minutes / (1 - load)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "long_run_wait-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("long_run_wait", long_run_wait)

# %% [markdown] nbgrader={"grade": false, "grade_id": "explain-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 3.** Hold your function against the formula: simulate 30 mornings of 40 cases, each from an
# empty desk, and the mean wait with its 95 % interval. Then 30 long runs of 2,000 cases. In four sentences:
# which of the two agrees with the formula, why does the other not, and which of them is the right answer
# for a desk that opens every morning? Use a code cell of your own, and write below.

# %% [markdown] nbgrader={"grade": false, "grade_id": "explain", "locked": false, "schema_version": 3, "solution": true, "task": false}
#
