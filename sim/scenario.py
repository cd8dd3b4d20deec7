"""A scenario: one validated setting of every lever, and what can be done with it."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Self, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator
from pydantic_core import ErrorDetails

from sim.levers import (
    FIRST_START,
    LAST_START,
    Acquisition,
    Clock,
    Discounts,
    Experience,
    Extension,
    Finance,
    Fulfilment,
    Loyalty,
    Market,
    Privileges,
    Product,
    Rebates,
    Retention,
    Sales,
    Section,
    Service,
    Surveys,
    WordOfMouth,
)
from sim.levers.changes import Change
from sim.levers.extension import MOST_RUNGS, Rung
from sim.starting import StartingCustomers

PROGRAMS = ("loyalty", "privileges", "discounts", "rebates")
"""The sections whose decisions make a loyalty program."""

TOOLS = {
    "points": ("loyalty.points_per_unit", "loyalty.points_per_visit"),
    "discounts": ("discounts.depth",),
    "rebates": ("rebates.rate",),
    "privileges": ("privileges.silver_spend", "privileges.gold_spend", "privileges.platinum_spend"),
}
"""The four loyalty tools, each with the levers that switch it off where they are all 0."""


class ScenarioError(ValueError):
    """A scenario that cannot be: the message names the lever, its value and what is allowed."""


class Calibration(BaseModel):
    """What a transaction log held, what was done to it and how well the models fitted it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_day: date
    last_day: date
    customers: int
    log: dict[str, int] = Field(description="counts of the log: rows read, kept, dropped, by reason")
    estimates: dict[str, float] = Field(description="maximum likelihood estimates, by lever name")
    log_likelihoods: dict[str, float] = Field(description="by model")
    rules: list[str] = Field(description="what was done to the log, in words")

    def __str__(self) -> str:
        head = f"{self.customers:,} customers, {self.first_day} to {self.last_day}"
        fits = [f"{model}: log-likelihood {value:,.2f}" for model, value in self.log_likelihoods.items()]
        return "\n".join([head, *self.rules, *fits])


class Scenario(Section):
    """A company and its market: everything one simulation needs besides the seed.

    Immutable; `change` returns a new one. Raises ScenarioError with one sentence for an unknown or impossible
    lever.
    """

    name: str = "unnamed"
    description: str = ""
    currency: str = "USD"
    market: Market = Market()
    acquisition: Acquisition = Acquisition()
    sales: Sales = Sales()
    word_of_mouth: WordOfMouth = WordOfMouth()
    retention: Retention = Retention()
    experience: Experience = Experience()
    product: Product = Product()
    fulfilment: Fulfilment = Fulfilment()
    service: Service = Service()
    extension: Extension = Extension()
    loyalty: Loyalty = Loyalty()
    privileges: Privileges = Privileges()
    discounts: Discounts = Discounts()
    rebates: Rebates = Rebates()
    surveys: Surveys = Surveys()
    clock: Clock = Clock()
    finance: Finance = Finance()
    ladder: tuple[Rung, ...] = Field((), description="further products to offer, the most natural one first")
    changes: tuple[Change, ...] = Field((), description="what is decided anew during the run, in any order")
    starting_customers: StartingCustomers | None = None
    calibration: Calibration | None = None

    model_config = ConfigDict(arbitrary_types_allowed=True)
    _toml: str = PrivateAttr("")

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise ScenarioError(_sentence(error)) from None
        if self.starting_customers is not None and self.market.churn_model == "sbg":
            allowed = "'bg/nbd' or 'pareto/nbd' where customers are taken over from a log"
            raise ScenarioError(f"market.churn_model is 'sbg'; allowed: {allowed}")
        for change in self.changes:
            _require_decisions(change)
            self.at(change.month)

    @field_validator("ladder")
    @classmethod
    def _rungs_are_few_and_differ(cls, ladder: tuple[Rung, ...]) -> tuple[Rung, ...]:
        if len(ladder) > MOST_RUNGS:
            raise ValueError(f"ladder has {len(ladder)} rungs; allowed: at most {MOST_RUNGS}")
        names = [rung.name for rung in ladder]
        for place, name in enumerate(names):
            if name in names[:place]:
                raise ValueError(f"ladder.{place + 1}.name is {name!r}; allowed: each name once")
        return ladder

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scenario) and dict(self) == dict(other)

    def __getitem__(self, name: str) -> Any:
        """The value of a lever by its dotted name."""
        section, _, field = _known(name).partition(".")
        return getattr(getattr(self, section), field)

    def change(self, levers: Mapping[str, Any]) -> Self:
        """A new scenario with these levers, by dotted name: `change({"loyalty.points_per_unit": 2.0})`."""
        sections: dict[str, dict[str, Any]] = {}
        for name, value in levers.items():
            section, _, field = _known(name).partition(".")
            sections.setdefault(section, dict(getattr(self, section)))[field] = _plain(value)
        return self._with(**sections)

    def later(self, month: int, levers: Mapping[str, Any]) -> Self:
        """The same scenario in which these decisions change when so many months have passed.

        A decision is a lever with a cell: `later(6, {"loyalty.points_per_unit": 1.0})` launches a program.
        Changes of the same month join. ScenarioError for any other lever and for an impossible value.
        """
        others = [one for one in self.changes if one.month != month]
        joined: dict[str, Any] = {}
        for one in self.changes:
            joined |= one.levers if one.month == month else {}
        joined |= {name: _plain(value) for name, value in levers.items()}
        return self._with(changes=(*others, {"month": month, "levers": joined}))

    def drop(self, month: int, lever: str) -> Self:
        """The same scenario without this lever's change in this month; ScenarioError if there is none."""
        if not any(one.month == month and lever in one.levers for one in self.changes):
            raise ScenarioError(f"{lever} does not change in month {month}: there is nothing to drop")
        gone = (month, lever)
        kept = [
            (one.month, {name: value for name, value in one.levers.items() if (one.month, name) != gone})
            for one in self.changes
        ]
        return self._with(changes=[{"month": since, "levers": left} for since, left in kept if left])

    def at(self, month: int) -> Self:
        """The scenario as it is in force when so many months have passed, without any further changes."""
        terms: dict[str, Any] = {}
        for change in sorted(self.changes, key=lambda one: one.month):
            if change.month <= month:
                terms |= change.levers
        return self._with(changes=()).change(terms) if self.changes else self

    def eras(self) -> dict[int, Self]:
        """What is in force from each month on in which something changes, as by `at`; month 0 comes first."""
        return {month: self.at(month) for month in sorted({0, *(one.month for one in self.changes)})}

    def rename(self, name: str, description: str) -> Self:
        """The same scenario under another name."""
        return self._with(name=name, description=description)

    def base(self) -> Self:
        """The base process: every mechanism's strength at 0, and no changes."""
        return self._with(changes=()).change({one.name: 0 for one in levers() if one.strength})

    def without(self, *tools: str) -> Self:
        """The same company without these of the four loyalty tools of `TOOLS`, from the first day on."""
        switches = [switch for tool in tools for switch in TOOLS[tool]]
        return self._without_changes_of(switches).change(dict.fromkeys(switches, 0))

    def without_program(self) -> Self:
        """The same company without any loyalty program, discounts or rebates, from the first day on.

        What changes about them goes, too; changes of other decisions stay.
        """
        of_programs = [one.name for one in levers() if one.name.partition(".")[0] in PROGRAMS]
        return self._without_changes_of(of_programs).without(*TOOLS)

    def tools(self) -> tuple[str, ...]:
        """Which of the four loyalty tools are in use at the start, of `TOOLS`."""
        return tuple(tool for tool, names in TOOLS.items() if any(self[name] for name in names))

    def _without_changes_of(self, names: Collection[str]) -> Self:
        """The same scenario in which these levers never change."""
        kept = (
            (one.month, {name: value for name, value in one.levers.items() if name not in names})
            for one in self.changes
        )
        return self._with(changes=[{"month": month, "levers": left} for month, left in kept if left])

    def _with(self, **values: Any) -> Self:
        changed = type(self)(**{**dict(self), **values})
        changed._toml = self._toml
        return changed


SECTIONS: tuple[str, ...] = tuple(
    name
    for name, field in Scenario.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
)


@dataclass(frozen=True, slots=True)
class Lever:
    """The declaration of one lever, as widgets, files and messages read it."""

    name: str
    label: str
    unit: str
    what: str
    source: str
    default: Any
    kind: Any
    low: float | None
    high: float | None
    step: float | None
    cell: str | None
    strength: bool

    @property
    def choices(self) -> tuple[str, ...]:
        """The allowed words of a lever that is a choice."""
        return get_args(self.kind)

    @property
    def allowed(self) -> str:
        """What is allowed, in words."""
        if self.choices:
            return "one of " + ", ".join(map(repr, self.choices))
        if self.kind is date:
            return f"a date from {FIRST_START} to {LAST_START}"
        number = "a whole number from " if self.kind is int else ""
        return f"{number}{self.low:,.10g} to {self.high:,.10g} {self.unit}".strip()


@cache
def levers() -> tuple[Lever, ...]:
    """All levers in the order of their declaration."""
    return tuple(_declared())


def _declared() -> Iterator[Lever]:
    for section in SECTIONS:
        annotation: Any = Scenario.model_fields[section].annotation
        for field, info in annotation.model_fields.items():
            bounds = {type(one).__name__: one for one in info.metadata}
            yield Lever(
                name=f"{section}.{field}",
                label=info.title,
                what=info.description,
                default=info.default,
                kind=info.annotation,
                low=bounds["Ge"].ge if bounds else None,
                high=bounds["Le"].le if bounds else None,
                **info.json_schema_extra,
            )


@cache
def _by_name() -> dict[str, Lever]:
    return {one.name: one for one in levers()}


def _require_decisions(change: Change) -> None:
    """A company can change its decisions, not the market nor how customers respond to them."""
    for name in change.levers:
        if not _by_name()[_known(name)].cell:
            allowed = "decisions, which are levers with a cell"
            raise ScenarioError(f"changes: {name} cannot change in month {change.month}; allowed: {allowed}")


def _plain(value: Any) -> Any:
    """A number of NumPy as one of Python."""
    return value.item() if isinstance(value, np.generic) else value


_RUNG = ", ".join(Rung.model_fields)


def _known(name: str) -> str:
    if name in _by_name():
        return name
    raise ScenarioError(_unknown(str(name)))


def _unknown(name: str) -> str:
    names = [one for one in (*_by_name(), *Scenario.model_fields) if one != name]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    same_end = [one for one in names if one.endswith("." + name)]
    hint = f"; did you mean {(same_end or close)[0]}?" if same_end or close else ""
    return f"{name} is not a lever{hint}"


def _sentence(error: ValidationError) -> str:
    """One sentence for the first thing that is wrong, and how many more there are."""
    first, *more = error.errors()
    name = ".".join(str(one + 1 if isinstance(one, int) else one) for one in first["loc"])
    if first["loc"][0] == "ladder":
        text = _about_ladder(name, first)
    elif first["loc"][0] == "changes":
        text = _about_changes(name, first)
    elif first["type"] == "extra_forbidden":
        text = _unknown(name)
    elif name in _by_name():
        text = f"{name} is {first['input']!r}; allowed: {_by_name()[name].allowed}"
    else:
        text = f"{name} is {first['input']!r}; {first['msg'].lower()}"
    return text + (f" (and {len(more)} more)" if more else "")


def _about_ladder(name: str, error: ErrorDetails) -> str:
    """The sentence for a rung, which is numbered from 1, or for the ladder as a whole."""
    *above, field = error["loc"]
    if len(above) < 2:
        whole = error.get("ctx", {}).get("error")
        return str(whole or f"{name} is {error['input']!r}; allowed: [[ladder]] tables with {_RUNG}")
    if error["type"] == "extra_forbidden":
        return f"{name} is not part of a rung; allowed: {_RUNG}"
    state = "missing" if error["type"] == "missing" else repr(error["input"])
    return f"{name} is {state}; allowed: {Rung.model_fields[str(field)].description}"


def _about_changes(name: str, error: ErrorDetails) -> str:
    """The sentence for a change, which is numbered from 1, or for all of them."""
    if error["loc"][-1] == "month":
        state = "missing" if error["type"] == "missing" else repr(error["input"])
        return f"{name} is {state}; allowed: {Change.model_fields['month'].description}"
    return f"{name} is {error['input']!r}; allowed: [[changes]] tables with month and levers by dotted name"
