"""The figures of the instructor's guide of lesson 03: what the lesson shows, and one company's right answers.

The lesson's tables are read from its stored outputs, which the tests compare with the simulator: the guide
shows what the class will see on the projector.
"""

from pathlib import Path

import answers
import nbformat
import pandas as pd

from sim import classroom
from sim.classroom.guide import markdown_table

LESSON = Path(__file__).parents[2] / "notebooks" / "03_retention.ipynb"
SHOWN = {
    "sorting": "without_learning = ",
    "zone": "def lost_after(",
    "zone_drive": "tolerance.change(",
    "rate": "def customers_at(",
    "rule": "sim.kpi.inactive(",
    "warnings": "pizza_warnings = ",
    "warnings_telco": "telco_warnings = ",
    "why": "def reasons(",
    "five_table": "def divide(",
    "targets": "def by_rule(",
    "action": "def by_month(",
    "garlic": "stories = {",
}
"""By the name of a figure, words of the code of the lesson's cell that shows it."""

EXAMPLE = "practice"


def figures():
    cells = [cell for cell in nbformat.read(LESSON, as_version=4).cells if cell["cell_type"] == "code"]
    lesson = {name: shown(cells, words) for name, words in SHOWN.items()}
    return {**lesson, "example": EXAMPLE, "right_answers": right_answers()}


def shown(cells, words):
    """What the one cell with these words in its code prints and shows, as text."""
    (cell,) = [one for one in cells if words in one["source"]]
    texts = [output.get("text") or output["data"]["text/plain"] for output in cell["outputs"]]
    return "\n".join(line.rstrip() for line in "\n".join(texts).splitlines() if line.strip())


def right_answers():
    company = classroom.world(EXAMPLE, answers.quiz.name)
    asked = {name: one for name, one in answers.quiz.questions.items() if one.right is not None}
    found = pd.Series({name: written(one.right(company)) for name, one in asked.items()}, name="right answer")
    units = pd.Series({name: one.unit or "a name" for name, one in asked.items()}, name="unit")
    return markdown_table(pd.concat([found, units], axis=1).rename_axis("question"))


def written(answer):
    return answer if isinstance(answer, str) else f"{answer:,.4g}"
