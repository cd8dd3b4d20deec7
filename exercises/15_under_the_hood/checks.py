"""Questions and hints of the exercises of lesson 15."""

import itertools
import math
from types import GeneratorType

import numpy as np
import pandas as pd
import simpy
from scipy import stats

import sim
from sim.analytics import BGNBD
from sim.classroom import Assignment

quiz = Assignment("15_under_the_hood")
check, hint = quiz.check, quiz.hint

HORIZON_WEEKS = 26
CASES_PER_HOUR = 8
DAYS = 60
COMPANIES, SERVED_WELL = 100, 90
LONGEST_PILOT = 400
PACE = 1.05
MOST_RUNS = 40


def luck_of(company, purpose):
    """A stream of the company's own."""
    return np.random.default_rng([company.seed, purpose])


# ---- 1 a process ---------------------------------------------------

quiz.number(
    "expected",
    "repeat purchases within 26 weeks",
    tolerance=0.005,
    hints=[
        "Section 3 of the lesson: (1 - exp(-rate p t)) / p.",
        "The rate is per week here and t is 26 weeks: no days are needed.",
    ],
)


@quiz.judged(
    "buyer",
    hints=[
        "First `log.append(env.now)`. Then a loop: wait, append, toss the coin.",
        "`yield env.timeout(wait())` waits; `if is_lost(): return` ends the life.",
    ],
)
def buyer(company, function):
    luck = luck_of(company, 1)
    lives = [luck.exponential(9, size).round(2).tolist() for size in luck.integers(1, 7, 20)]
    for waits in [*lives, [math.inf]]:
        wrong = _wrong_life(function, waits)
        if wrong:
            return wrong
    return None


def _wrong_life(function, waits):
    """What is wrong with a life of these waits, lost after the last of them."""
    env, log, left = simpy.Environment(), [], list(waits)
    coins = [False] * (len(waits) - 1)
    life = function(env, log, lambda: left.pop(0) if left else 1.0, lambda: coins.pop() if coins else True)
    if not isinstance(life, GeneratorType):
        return "buyer is no process yet: there is no `yield` in it"
    env.process(life)
    env.run(until=1000)
    expected = [0.0, *np.cumsum([one for one in waits if one < math.inf])]
    return None if np.array_equal(log, expected) else _about_life(log, expected, waits)


def _about_life(log, expected, waits):
    story = f"waits {waits}, lost after the last: the log should be {np.round(expected, 2).tolist()}"
    if len(log) == 0 or log[0] != 0:
        return f"the first purchase, at the moment the customer comes, is missing. With {story}"
    if len(log) < len(expected):
        return f"the customer is lost too early. With {story}, is {np.round(log, 2).tolist()}"
    return f"with {story}, is {np.round(log[: len(expected) + 1], 2).tolist()}"


# ---- 2 an estimator ------------------------------------------------


def watched(company):
    """Purchases of 400 customers, all with the company's mean rate and never lost, watched for `DAYS`.

    One row a purchase: customer, day since the first purchase, which is day 0.
    """
    return _watched(weekly_rate(company) / 7, DAYS, 400, luck_of(company, 2))


def weekly_rate(company):
    """Mean purchases a week."""
    return company.scenario.market.rate_shape / company.scenario.market.rate_scale_weeks


def _watched(rate, days, customers, luck):
    counts = luck.poisson(rate * days, customers)
    rows = [(who, day) for who, n in enumerate(counts) for day in [0.0, *np.sort(luck.uniform(0, days, n))]]
    return pd.DataFrame(rows, columns=["customer", "day"])


quiz.number(
    "naive_wait",
    "days, the mean of all waits that ended",
    tolerance=0.05,
    hints=["Within each customer: `groupby('customer')['day'].diff()`. The first purchase ends no wait."],
)


@quiz.judged(
    "pace",
    hints=[
        "How many repeat purchases are there, and in how many days of watching?",
        "Every customer was watched for all the days, also those who never came back.",
    ],
)
def pace(company, function):
    luck = luck_of(company, 3)
    for rate, days in ((weekly_rate(company) / 7, DAYS), (0.02, 30), (0.3, 10)):
        found = np.array([function(_watched(rate, days, 50, luck), days) for _ in range(40)], float)
        error = found.std(ddof=1) / len(found) ** 0.5
        if not abs(found.mean() - rate) <= 4 * error:
            return (
                f"in 40 samples of 50 customers with {rate:.4f} purchases a day, watched for {days} days, "
                f"your estimate is {found.mean():.4f} ± {1.96 * error:.4f} on average"
            )
    return None


# ---- 3 closed forms ------------------------------------------------

quiz.number(
    "mean_basket",
    "USD",
    tolerance=0.02,
    hints=["Section 6 of the lesson. p, q and gamma are printed above."],
)


@quiz.judged(
    "never_again",
    hints=[
        "A customer with rate lambda has made no repeat purchase by t with probability exp(-lambda t).",
        "Average that over a gamma distribution: (alpha / (alpha + t)) to the power r.",
    ],
)
def never_again(company, function):
    luck = luck_of(company, 4)
    for r, alpha, weeks in luck.uniform((0.2, 1, 0), (2, 20, 80), (20, 3)):
        found, right = float(function(r, alpha, weeks)), (alpha / (alpha + weeks)) ** r
        if math.isclose(found, math.exp(-r / alpha * weeks), rel_tol=1e-6):
            return "this is the average customer's: take exp(-rate t) of each customer, then the mean"
        if math.isclose(found, 1 - right, rel_tol=1e-6):
            return "this is the share of those who did come again"
        if not math.isclose(found, right, rel_tol=1e-6):
            return (
                f"r = {r:.3f}, alpha = {alpha:.3f}, {weeks:.1f} weeks: {right:.4f} expected, got {found:.4f}"
            )
    return None


# ---- 4 a queue -----------------------------------------------------

quiz.number(
    "long_run_wait",
    "minutes until the agent begins, on average",
    tolerance=0.05,
    hints=[
        "The load is cases per minute times minutes per case. Is your rate per hour?",
        "load x minutes per case / (1 - load). Without the first factor it is wait and work together.",
    ],
)


@quiz.judged(
    "waits",
    hints=[
        "Make `agent = simpy.Resource(env, capacity=1)`, and one process per case.",
        "In a case: wait until it comes, `with agent.request() as turn: yield turn`, note the wait, work.",
    ],
)
def waits(company, function):
    luck = luck_of(company, 5)
    for mean in (4.0, 6.0, 9.0):
        arrivals, work = np.cumsum(luck.exponential(7.5, 60)), luck.exponential(mean, 60)
        found, right = np.asarray(function(arrivals.tolist(), work.tolist()), float), lindley(arrivals, work)
        if found.shape != right.shape:
            return f"60 cases came, {found.size} waits are returned"
        if np.allclose(found, right + work):
            return "this is wait and work; asked for is the time until the agent begins"
        if not np.allclose(found, right):
            case = int(np.flatnonzero(~np.isclose(found, right))[0])
            return f"case {case} of 60 waits {right[case]:.2f} minutes, your function says {found[case]:.2f}"
    return None


def lindley(arrivals, work):
    """Waits at one agent, by the recursion of Lindley (1952): another way to the same numbers."""
    found = np.zeros(len(arrivals))
    for case in range(1, len(arrivals)):
        gap = arrivals[case] - arrivals[case - 1]
        found[case] = max(found[case - 1] + work[case - 1] - gap, 0.0)
    return found


# ---- 5 the bug -----------------------------------------------------

BUGS = ("early coin", "one number", "whole days", "heavy coin")
NO_BUG = "none"


def suspect(company):
    """The customer that somebody left to this student, with one of the bugs."""
    return program(BUGS[company.seed % len(BUGS)])


def program(bug):
    """A customer with this bug, or with none: a SimPy process (env, log, name, rate, loss, luck)."""

    def customer(env, log, name, rate, loss, luck):
        log.append((name, env.now))
        if bug == "early coin" and luck.random() < loss:
            return
        while True:
            u, coin = luck.random(2)
            days = -math.log(1 - u) / rate if rate > 0 else math.inf
            yield env.timeout(days if bug != "whole days" or days == math.inf else math.ceil(days))
            log.append((name, env.now))
            if (u if bug == "one number" else coin) < loss * (1.2 if bug == "heavy coin" else 1.0):
                return

    return customer


@quiz.judged(
    "diagnose",
    hints=[
        "Start at the edges: nobody lost, everybody lost. You know what has to come out.",
        "A whole life: at a rate of 10 a day all are lost by day 60, after 1 / loss repeat purchases.",
        "What passes both edges and has the right number in a whole life may err in *when* things happen: "
        "at a rate of 0.01 a day, which share should be lost by day 60?",
    ],
)
def diagnose(company, function):
    for bug in luck_of(company, 8).permutation([*BUGS, NO_BUG]).tolist():
        found = function(program(bug))
        if found != bug:
            return f"of a program whose bug is {bug!r} your function says {found!r}"
    return None


@quiz.judged(
    "mended", hints=["Wait, buy, toss a coin of its own. And somebody who never buys waits for ever."]
)
def mended(company, function):
    cases = {
        "nobody is ever lost": (0.1, 0.0, 0.1 * DAYS),
        "everybody is lost at once": (0.1, 1.0, 1 - math.exp(-0.1 * DAYS)),
        "nobody ever buys again": (0.0, 0.2, 0.0),
        "60 days of an ordinary customer": (0.1, 0.2, (1 - math.exp(-0.02 * DAYS)) / 0.2),
    }
    for case, (rate, loss, theory) in cases.items():
        lived = live(function, rate, loss, luck_of(company, 6))
        repeats = lived["purchases"] - 1
        if abs(repeats.mean() - theory) > 4 * repeats.sem():
            return f"{case}: {repeats.mean():.2f} repeat purchases, {theory:.2f} expected"
    share, gone = (~lived["is_alive"]).mean(), 1 - math.exp(-0.02 * DAYS)
    if abs(share - gone) > 4 * math.sqrt(gone * (1 - gone) / len(lived)):
        return f"by day {DAYS} the share lost is {share:.2f}, {gone:.2f} expected"
    return None


def live(customer, rate, loss, luck, customers=4000):
    """Lets so many customers of this kind live for `DAYS` days: purchases and is_alive, one row each."""
    env, log = simpy.Environment(), []
    lives = [env.process(customer(env, log, name, rate, loss, luck)) for name in range(customers)]
    env.run(until=DAYS)
    purchases = pd.Series([name for name, _ in log]).value_counts().reindex(range(customers), fill_value=0)
    return pd.DataFrame({"purchases": purchases, "is_alive": [one.is_alive for one in lives]})


# ---- 6 how many runs -----------------------------------------------


@quiz.judged(
    "interval",
    hints=[
        "The standard error is the standard deviation (ddof=1) divided by the root of n.",
        "With few values 1.96 is too little: `scipy.stats.t.ppf(0.975, n - 1)`.",
    ],
)
def interval(company, function):
    samples = luck_of(company, 7).normal(10, 3, (1000, 5))
    low, high = np.array([function(one) for one in samples], float).T
    covered = ((low <= 10) & (high >= 10)).mean()
    if 0.925 <= covered <= 0.975:
        return None
    why = "too narrow" if covered < 0.95 else "too wide"
    return f"of 1,000 samples of 5 values {covered:.1%} of your intervals hold the truth: {why}"


def repeats_per_customer(company, seed):
    """One run of the company's base process: mean repeat purchases of a customer in the year."""
    run = sim.simulate(company.scenario.base(), seed)
    return len(run.transactions) / len(run.customers) - 1


@quiz.judged(
    "runs_needed",
    hints=[
        "Try at least 100 runs first: a standard deviation from ten is off by a quarter.",
        "The half-width shrinks with the root of n: n = (1.96 s / (wanted x mean))^2. Then add a little.",
    ],
)
def runs_needed(company, function):
    luck = luck_of(company, 9)
    shares = [_share_of_the_fewest(function, luck) for _ in range(COMPANIES)]
    if sum(0.85 <= one <= 1.6 for one in shares) >= SERVED_WELL:
        return None
    few, many = sum(one < 0.85 for one in shares), sum(one > 1.6 for one in shares)
    return f"of {COMPANIES} companies {few} get too few runs, {many} pay for more than they need"


def _share_of_the_fewest(function, luck):
    """The runs that are bought for a company of known moments, by the fewest that would do."""
    mean, wanted, fewest = luck.uniform((1, 0.02, 20), (20, 0.1, 200))
    sd = fewest**0.5 * wanted * mean / 1.96
    pilot, key = itertools.count(1), int(luck.integers(2**32))

    def simulate(seed):
        if next(pilot) > LONGEST_PILOT:
            raise ValueError(f"a pilot of more than {LONGEST_PILOT} runs costs more than it can save")
        return float(np.random.default_rng([key, seed]).normal(mean, sd))

    return float(function(simulate, wanted)) / fewest


# ---- 7 whose luck --------------------------------------------------


def faster(company):
    """The base process if all customers bought 5 % faster."""
    market = company.scenario.market
    return company.scenario.base().change({"market.rate_scale_weeks": market.rate_scale_weeks / PACE})


def true_effect(company):
    """How many repeat purchases more a customer makes in a year who buys 5 % faster, by theory."""
    market = company.scenario.market
    slow, fast = (
        BGNBD(market.rate_shape, scale, market.dropout_a, market.dropout_b).expected_purchases(365 / 7)
        for scale in (market.rate_scale_weeks, market.rate_scale_weeks / PACE)
    )
    return float(fast - slow)


@quiz.judged(
    "effects",
    hints=[
        "One value is one pair: the same seed in both worlds, `sim.simulate(world, seed)`.",
        "Other seeds for other pairs. A pair costs two runs, so 20 pairs are all you can pay.",
    ],
)
def effects(company, found):
    values = np.asarray(found, float)
    if values.ndim != 1 or len(values) < 5:
        return f"a list of effects, one per pair, at least 5; got {values.size}"
    if 2 * len(values) > MOST_RUNS:
        return f"{len(values)} pairs are {2 * len(values)} runs; you can pay {MOST_RUNS}"
    error, truth = stats.sem(values), true_effect(company)
    if error == 0:
        return "all pairs have the same effect: other pairs need other seeds"
    half = float(stats.t.ppf(0.975, len(values) - 1) * error)
    if half > 0.25 * truth:
        return f"the effect is {values.mean():.3f} ± {half:.3f}: too uncertain to tell the board"
    if abs(values.mean() - truth) > 5 * error:
        return f"{values.mean():.3f} ± {half:.3f} is not the effect: take faster less slow, per customer"
    return None
