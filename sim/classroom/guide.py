"""The instructor's guide of a lesson: guide.md.j2 with the figures that figures.py simulates."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, StrictUndefined

from sim.classroom.assignment import Assignment
from sim.classroom.lesson_modules import beside, module_of
from sim.classroom.world import World

TEMPLATE, GUIDE = "guide.md.j2", "guide.md"
_HEAD = "<!-- Made from guide.md.j2 and figures.py by `crm-sim class build`: change those. -->\n\n"
_ENVIRONMENT = Environment(undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True)


def guide(lesson: Path) -> str:
    """The guide as Markdown; jinja2.UndefinedError if the template asks for a figure that nobody gives."""
    template = (lesson / TEMPLATE).read_text(encoding="utf-8")
    with beside(lesson):
        figures: Mapping[str, object] = module_of(lesson, "figures").figures()
    return _HEAD + _ENVIRONMENT.from_string(template).render(figures)


def shown(lesson: Path, words: str) -> str:
    """What the one code cell of a notebook with these words in it prints and shows, as text.

    It is read from the stored outputs, which the tests hold against the simulator: the guide shows what the
    class sees on the projector. ValueError unless exactly one cell has the words.
    """
    cells = json.loads(lesson.read_text(encoding="utf-8"))["cells"]
    found = [one for one in cells if one["cell_type"] == "code" and words in "".join(one["source"])]
    if len(found) != 1:
        raise ValueError(f"{lesson.name} has {len(found)} code cells with {words!r}; allowed: one")
    texts = ["".join(one.get("text") or one["data"]["text/plain"]) for one in found[0]["outputs"]]
    return "\n".join(line.rstrip() for line in "\n".join(texts).splitlines() if line.strip())


def right_answers(quiz: Assignment, company: World) -> str:
    """The right answers of a company as a table in Markdown: question, right answer, unit."""
    rows = {
        name: (_as_answered(one.right(company)), one.unit or "a name")
        for name, one in quiz.questions.items()
        if one.right is not None
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["right answer", "unit"])
    return markdown_table(table.rename_axis("question"))


def _as_answered(answer: float | str) -> str:
    return answer if isinstance(answer, str) else f"{answer:,.4g}"


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
