"""The recipes of worlds, assignments.toml: what all students of an assignment share, and what differs."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sim.scenario import Scenario
from sim.scenario_files import load

RECIPES = Path(__file__).with_name("assignments.toml")
Number = Annotated[int, Field(strict=True)] | Annotated[float, Field(strict=True, allow_inf_nan=False)]


class Recipe(BaseModel):
    """A bundled scenario, levers that are set, and levers drawn evenly from low, low + step, ... high."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    scenario: str
    levers: dict[str, Any] = Field(default={}, alias="set")
    vary: dict[str, tuple[Number, Number, Number]] = {}

    def company(self, drawn: Mapping[str, float]) -> Scenario:
        """The company with these values of the levers that vary."""
        return _bundled(self.scenario).change({**self.levers, **drawn})


def assignments() -> list[str]:
    """The assignments that have worlds."""
    return list(_recipes())


def recipe(assignment: str) -> Recipe:
    """The recipe of an assignment; ValueError if there is none or if it cannot be."""
    recipes = _recipes()
    if assignment not in recipes:
        raise ValueError(f"assignment is {assignment!r}; allowed: {', '.join(recipes)}")
    try:
        return Recipe.model_validate(recipes[assignment])
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"recipe of {assignment}: {place} is {first['input']!r}; {first['msg']}") from None


def check_recipe(assignment: str) -> None:
    """ValueError in one sentence if a world of the assignment could not be made.

    That is: unknown scenario or lever, a bound outside the lever's range, a step that does not lead from one
    bound to the other, or a whole-numbered lever with a step that is none.
    """
    found = recipe(assignment)
    try:
        base = found.company({})
        for lever, (low, high, step) in found.vary.items():
            _check_steps(lever, low, high, step)
            for bound in (low, low + step, high):
                base.change({lever: bound})
    except ValueError as error:
        raise ValueError(f"recipe of {assignment}: {error}") from None


def _check_steps(lever: str, low: float, high: float, step: float) -> None:
    asked = f"vary {lever} is [{low}, {high}, {step}]"
    if not (low < high and step > 0):
        raise ValueError(f"{asked}; allowed: low < high and step > 0")
    steps = (high - low) / step
    if abs(steps - round(steps)) > 1e-6:
        raise ValueError(f"{asked}: {steps:.6g} steps from low to high; allowed: a whole number")


@cache
def _bundled(name: str) -> Scenario:
    return load(name)


def _recipes() -> dict[str, Any]:
    return _parsed(RECIPES.read_text(encoding="utf-8"))


@cache
def _parsed(text: str) -> dict[str, Any]:
    return tomllib.loads(text)
