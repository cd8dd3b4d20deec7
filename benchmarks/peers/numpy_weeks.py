"""NumPy: a weekly loop over arrays of all customers, one random stream, no simulation library.

In each week everybody who is due buys in one pass; those with more purchases in it take part in more passes.
`run` appends every pass to a list of blocks; `run_totals` keeps purchases and revenue by customer only.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.base_model import SEED, BaseModel, Log, Totals
from sim.luck import Floats

Rows = NDArray[np.intp]
Recorder = Callable[[Rows, Floats, Floats], None]


def run(model: BaseModel) -> Log:
    """Let all customers live until the horizon; with a log."""
    blocks: list[tuple[Rows, Floats, Floats]] = []
    active = live(model, lambda *block: blocks.append(block))
    return Log(blocks, active)


def run_totals(model: BaseModel) -> Totals:
    """The same without a log."""
    purchases, revenue = np.zeros(model.customers, np.int64), np.zeros(model.customers)

    def count(who: Rows, week: Floats, amount: Floats) -> None:
        purchases[who] += 1
        revenue[who] += amount

    active = live(model, count)
    return Totals(purchases, revenue, active)


def live(model: BaseModel, record: Recorder) -> int:
    """The loop; returns how many customers are not lost at the horizon."""
    size, rng = model.customers, np.random.default_rng(SEED)
    rate = rng.gamma(model.r, 1 / model.alpha, size)
    dropout = rng.beta(model.a, model.b, size)
    spend_rate = rng.gamma(model.q, 1 / model.gamma, size)
    following = rng.uniform(0, model.opening_weeks, size)
    has_bought = np.zeros(size, np.bool_)
    for week in [*range(1, int(model.weeks) + 1), model.weeks]:
        due = np.flatnonzero(following < week)
        while due.size:
            now = following[due]
            record(due, now, rng.standard_gamma(model.p, due.size) / spend_rate[due])
            lost = has_bought[due] & (rng.random(due.size) < dropout[due])
            has_bought[due] = True
            following[due] = np.where(lost, np.inf, now + rng.standard_exponential(due.size) / rate[due])
            due = due[following[due] < week]
    return int(np.isfinite(following).sum())
