"""The figures of the guide of lesson 03: what the lesson shows, and one company's right answers."""

from pathlib import Path

import answers

from sim import classroom
from sim.classroom.guide import right_answers, shown

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
    lesson = {name: shown(LESSON, words) for name, words in SHOWN.items()}
    company = classroom.world(EXAMPLE, answers.quiz.name)
    return {**lesson, "example": EXAMPLE, "right_answers": right_answers(answers.quiz, company)}
