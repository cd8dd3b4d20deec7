"""How a lever is declared: one pydantic field, from which all else is generated.

A lever is one field of a section. Its bounds validate; its title, unit, step, cell, sentence and source
feed the widgets, the TOML comments, the error messages and `sim.levers()`. To add a lever, add a field
to its section and the line of `world/` that reads it.

`cell` places a decision in the grid (acquisition | retention | extension) x (marketing orientation | value
creation | innovative IT); levers without a cell describe the market, not a decision. A lever with
`strength=True` scales a mechanism, and the mechanism vanishes at 0.
"""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

DESIGN = "design choice"
FIRST_START, LAST_START = date(1900, 1, 1), date(2199, 12, 31)


def lever(  # noqa: PLR0913 - a lever is all of these
    default: Any,
    label: str,
    unit: str,
    limits: tuple[float, float] | None,
    what: str,
    *,
    source: str = DESIGN,
    cell: str | None = None,
    step: float | None = None,
    strength: bool = False,
) -> Any:
    """Declare a lever: a pydantic field whose metadata is all that widgets, files and messages need."""
    low, high = limits or (None, None)
    extra: dict[str, Any] = {"unit": unit, "step": step, "cell": cell, "source": source, "strength": strength}
    return Field(default, ge=low, le=high, title=label, description=what, json_schema_extra=extra)


class Section(BaseModel):
    """A group of levers: immutable, no unknown names, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)

    @field_validator("*", mode="before")
    @classmethod
    def _kinds_are_kept(cls, value: Any, info: Any) -> Any:
        kind = cls.model_fields[info.field_name].annotation
        if kind in (int, float) and isinstance(value, str | bytes | bool):
            raise ValueError("not a number")
        if kind is date and not isinstance(value, str | date):
            raise ValueError("not a date")
        return value
