"""The values that an experiment may give to levers, as a unit cube: each lever from 0 up to 1."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.experiments.paired import Floats
from sim.scenario import Scenario, ScenarioError, levers

Setting = dict[str, Any]
"""Values of levers by their dotted names."""

LEVELS = 1000
"""A range is divided into at least so many levels, at round numbers that people can read."""


@dataclass(frozen=True, slots=True)
class Span:
    """A number from low to high, whole or not."""

    low: float
    high: float
    whole: bool

    def at(self, share: float) -> float | int:
        """The value at a share (0 to 1) of the way; each whole number has an equal part of it."""
        if self.whole:
            steps = int(self.high - self.low) + 1
            return int(self.low) + min(int(share * steps), steps - 1)
        return self.rounded(self.low + share * (self.high - self.low))

    def rounded(self, value: float) -> float | int:
        """The nearest value that people can read."""
        if self.whole:
            return int(value)
        digits = math.ceil(math.log10(LEVELS / (self.high - self.low)))
        return float(min(max(round(value, digits), self.low), self.high))

    def holds(self, value: Any) -> bool:
        """Whether it may be this."""
        return bool(self.low <= value <= self.high)

    def __str__(self) -> str:
        return f"{self.low:,.10g} to {self.high:,.10g}"


@dataclass(frozen=True, slots=True)
class Choices:
    """Some values, in equal parts of the way from 0 to 1."""

    values: tuple[Any, ...]

    def at(self, share: float) -> Any:
        """The value at a share (0 to 1) of the way."""
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]

    def __str__(self) -> str:
        return ", ".join(map(str, self.values))

    def holds(self, value: Any) -> bool:
        """Whether it may be this."""
        return value in self.values


Space = dict[str, Span | Choices]
"""What each lever of an experiment may be, by its dotted name."""


@dataclass(frozen=True, slots=True)
class Sobol:
    """A design of points that fill the space evenly: a scrambled Sobol sequence, `scipy.stats.qmc.Sobol`.

    points: how many, a power of two, which keeps them balanced (Owen 2020, On dropping the first Sobol'
    point). ValueError for any other number.
    """

    points: int = 64

    def __post_init__(self) -> None:
        n = self.points
        if isinstance(n, bool) or not isinstance(n, int) or n < 1 or n & (n - 1):
            raise ValueError(f"points is {n!r}; allowed: a power of two, such as 64")

    def shares(self, dimensions: int, seed: int) -> Floats:
        """Points of the unit cube, shape (points, dimensions)."""
        from scipy.stats import qmc  # here, as it takes half a second that only this shall cost

        return qmc.Sobol(dimensions, seed=seed).random_base2(self.points.bit_length() - 1)


def space(scenario: Scenario, levers: Mapping[str, Any]) -> Space:
    """What each lever may be: a tuple (low, high) is a range of numbers, a list is some values to try.

    ScenarioError for an unknown lever or a value that is not allowed, ValueError for what is neither a range
    nor a list.
    """
    require_levers(levers)
    return {name: _part(scenario, name, values) for name, values in levers.items()}


def setting(space: Space, shares: NDArray[np.floating[Any]]) -> Setting:
    """The levers at a point of the unit cube."""
    return {name: part.at(float(share)) for (name, part), share in zip(space.items(), shares, strict=True)}


def listed(name: str, values: Any) -> list[Any]:
    """Values as a list; ValueError for a single number or word, and for none at all."""
    if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__iter__") or not len(list(values)):
        raise ValueError(f"levers: {name} is {values!r}; allowed: a list of values, or a range (low, high)")
    return list(values)


def require_levers(levers: Any) -> None:
    """ValueError unless there are levers by name."""
    if not isinstance(levers, Mapping) or not levers:
        raise ValueError(f"levers is {levers!r}; allowed: lever names with their values, at least one")


def text(setting: Mapping[str, Any]) -> str:
    """A setting in words."""
    return ", ".join(f"{name} = {value}" for name, value in setting.items())


def _part(scenario: Scenario, name: str, values: Any) -> Span | Choices:
    chosen = listed(name, values)
    possible = tuple(scenario.change({name: one})[name] for one in chosen)
    if not isinstance(values, tuple):
        return Choices(possible)
    lever = next(one for one in levers() if one.name == name)
    if len(possible) != 2 or lever.low is None or not possible[0] < possible[1]:
        allowed = "a range (low, high) of numbers, low below high, or a list of values"
        raise ScenarioError(f"levers: {name} is {values!r}; allowed: {allowed}")
    return Span(possible[0], possible[1], lever.kind is int)
