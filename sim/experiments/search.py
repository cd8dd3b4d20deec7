"""A search for the best setting of levers within a budget of settings tried."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

from sim.experiments.lever_space import Choices, Setting, Space, Span

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.distributions import BaseDistribution

BATCH = 8
"""Settings that are tried at the same time: enough for some workers, few enough to learn between them."""

IDLE = 10
"""After so many batches without anything new, all that can be tried has been."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a setting is worth: the more the better, NaN if unknown; a limit is kept where its miss is 0."""

    value: float
    misses: Mapping[str, float]

    @property
    def miss(self) -> float:
        """Sum of the misses."""
        return sum(self.misses.values())


Judge = Callable[[Sequence[Setting]], Sequence[Score]]


def search(space: Space, judge: Judge, budget: int, seed: int, start: Setting) -> None:
    """Let `judge` score up to `budget` different settings in batches, each chosen by what was learned so far.

    `start` is tried first if it lies within the space. The method is Optuna's tree-structured Parzen
    estimator, over all levers together and with constraints: Bergstra et al. 2011, Algorithms for
    hyper-parameter optimization; Akiba et al. 2019, Optuna. The same seed and scores give the same search.
    """
    with _study(seed) as study:
        if all(part.holds(start[name]) for name, part in space.items()):
            study.enqueue_trial({name: _parameter(part, start[name]) for name, part in space.items()})
        searching = _Search(space, judge, study)
        idle = 0
        while searching.tried < budget and idle < IDLE:
            found = searching.batch(min(BATCH, budget - searching.tried))
            idle = 0 if found else idle + 1


class _Search:
    """Settings scored so far; the same one twice is not scored again."""

    def __init__(self, space: Space, judge: Judge, study: "Study") -> None:
        self._space, self._judge, self._study = space, judge, study
        self._distributions = {name: _distribution(part) for name, part in space.items()}
        self._scores: dict[tuple[Any, ...], Score] = {}

    @property
    def tried(self) -> int:
        """How many settings have been scored."""
        return len(self._scores)

    def batch(self, size: int) -> int:
        """Ask for some settings, score the new ones, tell what they are worth; returns how many are new."""
        trials = [self._study.ask(self._distributions) for _ in range(size)]
        settings = [self._setting(trial) for trial in trials]
        new = {_key(one): one for one in settings if _key(one) not in self._scores}
        if new:
            self._scores |= dict(zip(new, self._judge(list(new.values())), strict=True))
        for trial, one in zip(trials, settings, strict=True):
            _tell(self._study, trial, self._scores[_key(one)])
        return len(new)

    def _setting(self, trial: "Trial") -> Setting:
        return {name: _value(part, trial.params[name]) for name, part in self._space.items()}


@contextmanager
def _study(seed: int) -> "Iterator[Study]":
    """A study of Optuna, which keeps quiet meanwhile."""
    import optuna  # here, as it takes a second that only a search shall cost

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)
        yield optuna.create_study(direction="maximize", sampler=sampler)
    finally:
        optuna.logging.set_verbosity(verbosity)


def _tell(study: "Study", trial: "Trial", score: Score) -> None:
    from optuna.trial import TrialState

    if isnan(score.value):
        study.tell(trial, state=TrialState.FAIL)
        return
    for name, miss in score.misses.items():
        trial.set_constraint(name, miss)
    study.tell(trial, score.value)


def _distribution(part: Span | Choices) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(part, Choices):
        return CategoricalDistribution(range(len(part.values)))
    if part.whole:
        return IntDistribution(int(part.low), int(part.high))
    return FloatDistribution(part.low, part.high)


def _parameter(part: Span | Choices, value: Any) -> Any:
    """A value as Optuna has it: the place among choices, or the number."""
    return part.values.index(value) if isinstance(part, Choices) else value


def _value(part: Span | Choices, parameter: Any) -> Any:
    return part.values[parameter] if isinstance(part, Choices) else part.rounded(parameter)


def _key(setting: Setting) -> tuple[Any, ...]:
    return tuple(setting.values())
