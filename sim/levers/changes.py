"""What a company decides anew while the simulation runs."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Change(BaseModel):
    """New decisions from the first day of a month on, at which some months have passed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    month: int = Field(
        ge=1, le=1200, strict=True, description="a whole number from 1 to 1200: after how many months"
    )
    levers: dict[str, Any] = Field(description="levers by dotted name, with their new values")

    @model_validator(mode="before")
    @classmethod
    def _sections_become_dotted_names(cls, values: Any) -> Any:
        """TOML reads `loyalty.expiry = "lot"` as a table within a table."""
        if not isinstance(values, dict) or "levers" in values:
            return values
        named: dict[str, Any] = {}
        for section, content in values.items():
            if isinstance(content, dict):
                named |= {f"{section}.{field}": value for field, value in content.items()}
            elif section != "month":
                named[section] = content
        return {**({"month": values["month"]} if "month" in values else {}), "levers": named}
