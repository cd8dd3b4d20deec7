"""How a bug is planted in the engine: a method is patched for as long as the worlds with the bug live."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from numba import njit

from sim import Run

Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Bug:
    """What plants it, the world that lives with it and the check that must see it."""

    plant: Callable[[Patch], None]
    world: str
    seen_by: Callable[[Run], float]

    @property
    def name(self) -> str:
        """Of the bug and its world, as in the table."""
        return f"{self.plant.__name__}: {self.world}"


def before(patch: Patch, owner: Any, name: str, change: Callable[..., tuple[Any, ...]]) -> None:
    """Change the arguments of a method before it runs."""
    original = getattr(owner, name)
    patch.setattr(owner, name, lambda self, *given: original(self, *change(self, *given)))


def while_customers_have(patch: Patch, owner: Any, name: str, column: str, value: float) -> None:
    """A method that finds this value in a column of all customers, whatever it really is."""
    original = getattr(owner, name)

    def misled(self: Any, *given: Any) -> Any:
        kept = getattr(self._customers, column).copy()
        getattr(self._customers, column)[:] = value
        found = original(self, *given)
        getattr(self._customers, column)[:] = kept
        return found

    patch.setattr(owner, name, misled)


def with_levers(patch: Patch, owner: Any, name: str, **levers: float) -> None:
    """A department whose section of levers, its attribute `name`, says something else."""
    original = owner.__init__

    def init(self: Any, *given: Any) -> None:
        original(self, *given)
        setattr(self, name, getattr(self, name).model_copy(update=levers))

    patch.setattr(owner, "__init__", init)


def with_operands(patch: Patch, owner: Any, *, at: str = "change", **levers: float) -> None:
    """A department whose compiled loops read other levers; the method `at` is where it takes them up."""
    take_up = getattr(owner, at)

    def misread(self: Any, *given: Any) -> None:
        take_up(self, *given)
        for name, value in levers.items():
            self._operands[name] = value

    patch.setattr(owner, at, misread)


def with_formula(patch: Patch, module: Any, loop: str, formula: str, wrong: Callable[..., Any]) -> None:
    """A compiled loop that goes by a wrong formula: both are compiled for it, and not kept."""
    patch.setattr(module, formula, njit(wrong))
    patch.setattr(module, loop, njit(getattr(module, loop).py_func, error_model="numpy"))
