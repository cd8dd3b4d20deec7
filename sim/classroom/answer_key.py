"""The right answers of one student, for the instructor's eyes."""

from pathlib import Path

import pandas as pd

from sim.classroom.assignment import Question
from sim.classroom.cards import asked
from sim.classroom.lesson_modules import load_assignment
from sim.classroom.world import World, world

JUDGED = "judged in the company"


def answer_key(student: str, lesson: Path, key: str = "", questions: set[str] | None = None) -> pd.DataFrame:
    """The answers to a lesson's questions, or to some of them, in a student's company.

    One row an answer: question, answer (None if any that does well in the company is right), tolerance (NaN
    if no number is asked for), unit, verdict ("right", "judged in the company", or what a known mistake is
    called).
    """
    quiz = asked(load_assignment(lesson), questions)
    company = world(student, lesson.name, key)
    rows = [row for question in quiz.questions.values() for row in _rows(question, company)]
    return pd.DataFrame(rows, columns=["question", "answer", "tolerance", "unit", "verdict"])


def _rows(question: Question, company: World) -> list[dict[str, object]]:
    answers = {"right": question.right, **question.mistakes} if question.right else question.mistakes
    found: dict[str, object] = {verdict: answer(company) for verdict, answer in answers.items()}
    shared = {
        "question": question.name,
        "tolerance": question.tolerance if question.unit else float("nan"),
        "unit": question.unit,
    }
    if not question.on_sheet:
        found = {JUDGED: None, **found}
    return [{**shared, "answer": answer, "verdict": verdict} for verdict, answer in found.items()]
