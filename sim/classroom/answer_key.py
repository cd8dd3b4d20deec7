"""The right answers of one student, for the instructor's eyes."""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from sim.classroom.assignment import Question
from sim.classroom.cards import asked
from sim.classroom.lesson_modules import load_assignment
from sim.classroom.sheet import RIGHT
from sim.classroom.world import Remembering, World, world

JUDGED = "judged in the company"


def answer_key(student: str, lesson: Path, key: str = "", questions: set[str] | None = None) -> pd.DataFrame:
    """The answers to a lesson's questions, or to some of them, in a student's company.

    One row an answer: question, answer (None if any that does well in the company is right), tolerance (NaN
    if no number is asked for), unit, verdict ("right", "judged in the company", or what a known mistake is
    called).
    """
    quiz = asked(load_assignment(lesson), questions)
    company = Remembering.of(world(student, lesson.name, key))
    rows = [row for question in quiz.questions.values() for row in _rows(question, company)]
    return pd.DataFrame(rows, columns=["question", "answer", "tolerance", "unit", "verdict"])


def _rows(question: Question, company: World) -> list[dict[str, object]]:
    answers = {RIGHT: question.right, **question.mistakes} if question.right else question.mistakes
    found: dict[str, object] = {verdict: answer(company) for verdict, answer in answers.items()}
    shared = {
        "question": question.name,
        "tolerance": question.tolerance if question.unit else float("nan"),
        "unit": question.unit,
    }
    if not question.on_sheet:
        found = {JUDGED: None, **found}
    return [{**shared, "answer": answer, "verdict": verdict} for verdict, answer in found.items()]


def as_text(key: pd.DataFrame) -> str:
    """An answer key for people: a question a paragraph, what is right and the mistakes that checks know."""
    paragraphs = key.groupby("question", sort=False)
    return "\n".join(
        "\n".join([str(question), *(f"  {_line(row)}" for row in answers.to_dict("records"))])
        for question, answers in paragraphs
    )


def _line(row: Mapping[Hashable, Any]) -> str:
    answer, verdict = row["answer"], row["verdict"]
    if pd.isna(answer):
        return str(verdict)
    text = f"{answer:>11}" if isinstance(answer, str) else f"{answer:>11.6g}"
    about = f" (within {row['tolerance']:g}; {row['unit']})" if verdict == RIGHT and row["unit"] else ""
    return f"{text}  {verdict}{about}"
