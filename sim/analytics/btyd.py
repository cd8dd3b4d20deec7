"""What all buy-till-you-die models share.

A customer is known by three numbers, in weeks: `x` repeat purchases, the last of them `t_x` after the first
purchase, watched for `T`. Each model states how likely such a history is in two ways, once for a customer who
is still there at `T` and once for one who was lost before; everything else follows from the two.
"""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit

from sim.analytics.fitting import Columns, Floats, Model

HISTORY = ("repeat_purchases", "last_purchase_weeks", "observed_weeks")


@dataclass(frozen=True)
class ChurnModel(Model):
    """A buy-till-you-die model, fitted or given. Arguments may be numbers or arrays that broadcast."""

    @classmethod
    @abstractmethod
    def _starts(cls, rate: float, weeks: float) -> Sequence[Sequence[float]]:
        """Places to start a fit from, given mean purchases a week and mean weeks of observation."""

    @abstractmethod
    def _log_weights(self, x: Floats, t_x: Floats, T: Floats) -> tuple[Floats, Floats]:
        """Log-likelihood of the history and being alive at T, and of the history and being lost before."""

    @abstractmethod
    def _posterior_if_alive(self, x: Floats, T: Floats) -> tuple[Any, ...]:
        """The parameters that describe customers alive at T with x repeat purchases."""

    @staticmethod
    @abstractmethod
    def _expected(*parameters_and_time: Any) -> Floats:
        """Purchases expected by a time from customers with these parameters who are alive at 0."""

    @classmethod
    def fit(cls, summary: pd.DataFrame) -> Self:
        """Maximum likelihood estimates from a customer summary (see `customer_summary`), within `LIMITS`.

        Reads the columns repeat_purchases, last_purchase_weeks and observed_weeks. Raises ValueError if they
        hold an impossible history or nobody bought again.
        """
        x, t_x, T = check_history(*(summary[name] for name in HISTORY))
        if not x.any():
            raise ValueError("repeat_purchases is 0 for all customers; a fit needs some who bought again")
        return cls._fitted((x, t_x, T), cls._starts(x.sum() / T.sum(), T.mean()))

    @classmethod
    def _log_likelihoods(cls, parameters: Sequence[float], columns: Columns) -> Floats:
        return np.logaddexp(*cls(*parameters)._log_weights(*columns))

    def log_likelihood_of(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
        """Log-likelihood of each customer's history."""
        return np.logaddexp(*self._log_weights(*check_history(x, t_x, T)))

    def alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
        """P(alive at T) of customers with `x` repeat purchases, the last at week `t_x`, watched `T` weeks."""
        alive, lost = self._log_weights(*check_history(x, t_x, T))
        return expit(alive - lost)

    def expected_purchases(self, t: ArrayLike) -> Floats:
        """E[X(t)]: repeat purchases expected of a new customer within `t` weeks of the first purchase."""
        return self._expected(*self.parameters.values(), check_weeks(t))

    def expected_purchases_given(self, t: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
        """Purchases expected in the `t` weeks after `T` from customers with this history.

        P(alive) times what is expected of a customer alive at T, whose traits follow the prior updated by x
        purchases in T weeks: Fader, Hardie & Lee 2005, eq. 10; Schmittlein, Morrison & Colombo 1987, eq. 22.
        """
        count, last, end = check_history(x, t_x, T)
        posterior = self._posterior_if_alive(count, end)
        return self.alive(count, last, end) * self._expected(*posterior, check_weeks(t))


def of_count(function: Callable[[Floats], Floats], x: Floats) -> Floats:
    """`function(x)` for whole `x`, computed once per value: the same few counts recur in every log."""
    return function(np.arange(x.max(initial=0) + 1))[x.astype(int)]


def check_weeks(t: ArrayLike) -> Floats:
    """Weeks ahead as floats; ValueError if one is negative or missing."""
    weeks = np.asarray(t, float)
    if not (weeks >= 0).all():
        raise ValueError(f"t is {weeks[~(weeks >= 0)].flat[0]}; allowed: weeks from 0 up")
    return weeks


def check_history(x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Purchase histories as float arrays of one shape; ValueError naming the first impossible one."""
    count, last, end = np.broadcast_arrays(*(np.asarray(one, float) for one in (x, t_x, T)))
    whole = (count >= 0) & (count == np.floor(count)) & np.isfinite(count)
    possible = whole & (last >= 0) & (last <= end) & np.isfinite(end) & ((count > 0) | (last == 0))
    if not possible.all():
        bad = [f"{one[~possible].flat[0]:g}" for one in (count, last, end)]
        raise ValueError(
            f"x = {bad[0]}, t_x = {bad[1]}, T = {bad[2]} is no purchase history; "
            "allowed: whole x from 0 up, 0 <= t_x <= T, and t_x = 0 where x = 0"
        )
    return count, last, end
