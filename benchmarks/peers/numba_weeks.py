"""Numba: the weekly loop of `numpy_weeks`, customer by customer, compiled. The limit of what a loop can do.

The log is three arrays that double in size when full. Random numbers from a NumPy Generator, which compiled
code calls directly. Compilation is not in the measured time: a run with few customers precedes it.
"""

from typing import Any

import numba
import numpy as np

from benchmarks.base_model import SEED, BaseModel, Log


def run(model: BaseModel) -> Log:
    """Let all customers live until the horizon."""
    size, rng = model.customers, np.random.default_rng(SEED)
    traits = (
        rng.gamma(model.r, 1 / model.alpha, size),
        rng.beta(model.a, model.b, size),
        rng.gamma(model.q, 1 / model.gamma, size),
    )
    following = rng.uniform(0, model.opening_weeks, size)
    customer, week, amount = live(rng, traits, following, model.p, model.weeks)
    return Log([(customer, week, amount)], int(np.isfinite(following).sum()))


@numba.njit
def live(rng: Any, traits: Any, following: Any, p: float, horizon: float) -> Any:
    """Customer, week and amount of every purchase; `following` is left at the purchase after the horizon."""
    rate, dropout, spend_rate = traits
    has_bought = np.zeros(rate.size, np.bool_)
    customer, week, amount = np.empty(1024, np.int64), np.empty(1024), np.empty(1024)
    count, end = 0, 0.0
    while end < horizon:
        end = min(end + 1, horizon)
        for who in range(rate.size):
            while following[who] < end:
                if count == customer.size:
                    customer, week, amount = longer(customer), longer(week), longer(amount)
                now = following[who]
                customer[count], week[count] = who, now
                amount[count] = rng.standard_gamma(p) / spend_rate[who]
                count += 1
                if has_bought[who] and rng.random() < dropout[who]:
                    following[who] = np.inf
                else:
                    has_bought[who] = True
                    following[who] = now + rng.standard_exponential() / rate[who]
    return customer[:count], week[:count], amount[:count]


@numba.njit
def longer(column: Any) -> Any:
    """The column with as many free places again."""
    return np.concatenate((column, np.empty_like(column)))
