"""Maximum likelihood for models of a few positive parameters, on many customers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, minimize

Floats = NDArray[np.float64]
Columns = tuple[Floats, ...]
LogLikelihoods = Callable[[Sequence[float], Columns], Floats]
Limits = dict[str, tuple[float, float]]

SCOUTED_ROWS = 4000
SCORE_STEP = 1e-4
OPEN = 5.0  # an error of this size on the log scale leaves four orders of magnitude open


@dataclass(frozen=True)
class Model(ABC):
    """A model given by a few positive parameters: its positional fields, named and limited by `LIMITS`.

    `log_likelihood` and `standard_errors` (by parameter) are None unless the model was fitted. A standard
    error is NaN where the data do not determine its parameter. Raises ValueError for a parameter that is not
    positive.
    """

    log_likelihood: float | None = field(default=None, kw_only=True)
    standard_errors: dict[str, float] | None = field(default=None, kw_only=True, compare=False)

    LIMITS: ClassVar[Limits]

    def __post_init__(self) -> None:
        for name, value in self.parameters.items():
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"{name} is {value}; allowed: a number above 0")

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by their published names."""
        return {name: getattr(self, name) for name in self.LIMITS}

    @property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """95 % confidence intervals of fitted parameters, symmetric on the log scale; empty if not fitted."""
        spreads = {name: np.exp(1.96 * error / self.parameters[name]) for name, error in self._errors.items()}
        return {
            name: (self.parameters[name] / by, self.parameters[name] * by) for name, by in spreads.items()
        }

    @property
    def _errors(self) -> dict[str, float]:
        return self.standard_errors or {}

    @classmethod
    @abstractmethod
    def _log_likelihoods(cls, parameters: Sequence[float], columns: Columns) -> Floats:
        """Log-likelihood of each row of the data."""

    @classmethod
    def _fitted(cls, columns: Columns, starts: Sequence[Sequence[float]]) -> Self:
        build: Callable[..., Self] = cls
        parameters, errors, height = maximise(Problem.of(cls._log_likelihoods, columns, cls.LIMITS), starts)
        return build(
            *parameters, log_likelihood=height, standard_errors=dict(zip(cls.LIMITS, errors, strict=True))
        )


@dataclass(frozen=True)
class Problem:
    """What is to be maximised: the log-likelihood of each distinct row, and how many customers share it."""

    log_likelihoods: LogLikelihoods
    columns: Columns
    counts: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, function: LogLikelihoods, columns: Columns, limits: Limits) -> Self:
        """Count equal rows instead of repeating them."""
        rows, counts = np.unique(np.column_stack(columns), axis=0, return_counts=True)
        low, high = np.array(list(limits.values()), float).T
        return cls(function, tuple(rows.T), counts.astype(float), low, high)

    def at(self, logs: Floats) -> Floats:
        """Log-likelihood of each row at these log-parameters."""
        return self.log_likelihoods(np.exp(logs).tolist(), self.columns)

    def cost(self, logs: Floats) -> float:
        """Mean negative log-likelihood per customer."""
        return float(-(self.counts @ self.at(logs)) / self.counts.sum())

    def scouting(self) -> Self:
        """A small problem of evenly picked rows, with its maximum near that of the large one."""
        picked = np.unique(np.linspace(0, len(self.counts) - 1, SCOUTED_ROWS).astype(int))
        columns = tuple(column[picked] for column in self.columns)
        return type(self)(self.log_likelihoods, columns, self.counts[picked], self.low, self.high)


def maximise(problem: Problem, starts: Sequence[Sequence[float]]) -> tuple[list[float], list[float], float]:
    """Parameters, their standard errors and the log-likelihood at the best maximum found from several starts.

    The search runs over the logarithms of the parameters, which keeps them positive and of one size. It
    starts everywhere on a few thousand rows, which is cheap, and ends on all rows from the best place found.
    """
    scouting = problem.scouting()
    ends = [_descend(scouting, np.log(start)) for start in starts]
    best = _descend(problem, min(ends, key=problem.cost))
    parameters = np.clip(np.exp(best), problem.low, problem.high)
    errors = parameters * _standard_errors(problem, best)
    return parameters.tolist(), errors.tolist(), float(problem.counts @ problem.at(best))


def _descend(problem: Problem, start: Floats) -> Floats:
    bounds = Bounds(np.log(problem.low), np.log(problem.high))
    inside = np.clip(start, bounds.lb, bounds.ub)
    options: Any = {"ftol": 1e-11, "gtol": 1e-6, "maxiter": 500}
    found = minimize(problem.cost, inside, bounds=bounds, method="L-BFGS-B", options=options)
    return np.asarray(found.x, float)


def _standard_errors(problem: Problem, best: Floats) -> Floats:
    """Standard errors of the log-parameters from the outer product of the customers' scores.

    It needs only first differences and is never indefinite: Berndt, Hall, Hall & Hausman 1974. A parameter at
    its limit has none, and counts as known for the others; neither has one that the data leave open.
    """
    free = (best > np.log(problem.low) + SCORE_STEP) & (best < np.log(problem.high) - SCORE_STEP)
    scores = np.array([_score(problem, best, step) for step in SCORE_STEP * np.eye(len(best))[free]])
    information = (scores * problem.counts) @ scores.T
    errors = np.full(len(best), np.nan)
    if free.any() and np.linalg.cond(information) < 1e14:
        errors[free] = np.sqrt(np.diag(np.linalg.inv(information)))
    return np.where(errors < OPEN, errors, np.nan)


def _score(problem: Problem, best: Floats, step: Floats) -> Floats:
    return (problem.at(best + step) - problem.at(best - step)) / (2 * SCORE_STEP)
