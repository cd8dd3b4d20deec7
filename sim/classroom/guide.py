"""The instructor's guide of a lesson: guide.md.j2 with the figures that figures.py simulates."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, StrictUndefined

from sim.classroom.lesson_modules import beside, module_of

TEMPLATE, GUIDE = "guide.md.j2", "guide.md"
_HEAD = "<!-- Made from guide.md.j2 and figures.py by `crm-sim class build`: change those. -->\n\n"
_ENVIRONMENT = Environment(undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True)


def guide(lesson: Path) -> str:
    """The guide as Markdown; jinja2.UndefinedError if the template asks for a figure that nobody gives."""
    template = (lesson / TEMPLATE).read_text(encoding="utf-8")
    with beside(lesson):
        figures: Mapping[str, object] = module_of(lesson, "figures").figures()
    return _HEAD + _ENVIRONMENT.from_string(template).render(figures)


def markdown_table(frame: pd.DataFrame, formats: Mapping[str, str] | None = None) -> str:
    """A frame as a table in Markdown, its index on the left if it has a name.

    `formats` gives the format of a column, as {"churn": ".1%"}; numbers without one have thousands separated
    and at most two decimals. Numbers stand on the right.
    """
    named = any(name is not None for name in frame.index.names)
    table = frame.reset_index() if named else frame
    specs = formats or {}
    columns = [_column(str(name), table[name], specs.get(str(name), "")) for name in table]
    return "\n".join(f"| {' | '.join(line)} |" for line in zip(*columns, strict=True))


def _column(name: str, values: "pd.Series[Any]", spec: str) -> list[str]:
    ruler = "---:" if pd.api.types.is_numeric_dtype(values) else "---"
    return [_cell(name), ruler, *(_cell(_written(value, spec)) for value in values)]


def _written(value: object, spec: str) -> str:
    if spec and not isinstance(value, str):
        return format(value, spec)
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
