"""Selection of the best: the fully sequential procedure KN of Kim & Nelson.

It knows nothing of the simulator: observations of the systems come from a function.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Observe = Callable[[list[str], int, int], Floats]
"""Observations of these systems from replication `begin` up to `end`, shape (end - begin, systems)."""

FIRST_STAGE = 10
"""Replications of every system from which the deviations are estimated; Kim & Nelson advise 10."""
BATCH = 5
"""Replications between two screenings, which run in parallel."""


@dataclass(frozen=True)
class Selection:
    """Which system was selected, and what happened to each.

    winner        the selected one
    systems       by system, in the order in which they were given: replications, those it was observed for;
                  mean over them; eliminated, whether it was found inferior
    """

    winner: str
    systems: pd.DataFrame


def select_largest(
    observe: Observe, systems: list[str], indifference: float, probability: float
) -> Selection:
    """The system with the largest mean.

    If the largest mean is at least `indifference` above all others, it is selected with at least this
    `probability` (above 1 / systems); if others are nearer, one of those near enough is, as nearer does not
    matter. Observations are normal and independent between replications; within one the systems may and
    should share their luck, as the procedure rests on the variances of their differences.

    Formula: after n0 replications, eta = ((2 (1 - P) / (k - 1))^(-2 / (n0 - 1)) - 1) / 2 and
    h^2 = 2 eta (n0 - 1). With S_il^2 the variance of the difference of i and l in those n0, system i is
    eliminated after r replications if its mean is below that of a remaining l by more than
    W_il(r) = max(0, d / (2 r) (h^2 S_il^2 / d^2 - r)), d the indifference; after r > h^2 S_il^2 / d^2 for
    all that remain the largest mean is selected. The bound 1 - P is shared by the k - 1 pairs (Bonferroni),
    which needs no independence of systems. Screening after every 5th replication only keeps the guarantee:
    a process looked at less often leaves its bounds on the wrong side no more often (Jennison, Johnstone &
    Turnbull 1982). Source: Kim & Nelson 2001, A Fully Sequential Procedure for Indifference-Zone Selection in
    Simulation, ACM TOMACS 11(3), with c = 1.
    """
    seen = observe(systems, 0, FIRST_STAGE)
    reach = _h_squared(len(systems), probability) * _variances(seen)
    remaining = np.arange(len(systems))
    done: dict[int, tuple[int, float]] = {}
    while True:
        means, r = seen.mean(axis=0), len(seen)
        stays = _stays(means, reach[np.ix_(remaining, remaining)], indifference, r)
        done |= {int(one): (r, mean) for one, mean in zip(remaining, means, strict=True)}
        remaining, seen = remaining[stays], seen[:, stays]
        if len(remaining) == 1:
            return _selection(systems, int(remaining[0]), done)
        seen = np.vstack([seen, observe([systems[one] for one in remaining], r, r + BATCH)])


def _h_squared(systems: int, probability: float) -> float:
    share = 2 * (1 - probability) / (systems - 1)
    return float((share ** (-2 / (FIRST_STAGE - 1)) - 1) * (FIRST_STAGE - 1))


def _variances(seen: Floats) -> Floats:
    """Variance of the difference of each two systems."""
    return (seen[:, :, np.newaxis] - seen[:, np.newaxis, :]).var(axis=0, ddof=1)


def _stays(means: Floats, reach: Floats, indifference: float, r: int) -> NDArray[np.bool_]:
    """Which systems remain after r replications."""
    if (reach < r * indifference**2).all():
        return np.asarray(np.arange(len(means)) == means.argmax())
    allowed = np.maximum(0, (reach / indifference - indifference * r) / (2 * r))
    return np.asarray((means[:, np.newaxis] >= means - allowed).all(axis=1))


def _selection(systems: list[str], winner: int, done: dict[int, tuple[int, float]]) -> Selection:
    table = pd.DataFrame.from_dict(done, "index", columns=["replications", "mean"]).sort_index()
    table["eliminated"] = table.index != winner
    return Selection(systems[winner], table.set_index(pd.Index(systems, name="world")))
