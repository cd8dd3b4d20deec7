"""Are the exercises equally hard for everyone? `python -m tests.difficulty [students [lesson ...]]`.

One row for each question of number and each wrong answer that tempts, over the worlds of many students.
`same` is the chance that two students have the same right answer within a tolerance, `variation` the
coefficient of variation of the right answers; then come the distances of the wrong answers from the right
one, in tolerances.
"""

import math
import sys
from functools import cache
from pathlib import Path

import joblib
import numpy as np
import pandas as pd

from sim.classroom.assignment import Assignment
from sim.classroom.exercises import lessons
from sim.classroom.lesson_modules import load_assignment
from sim.classroom.world import Remembering, world

EXERCISES = Path(__file__).parents[1] / "exercises"
CLEAR = 3.0
"""Tolerances between the right answer and one that tempts, for NEARLY_ALL students."""
NEARLY_ALL = 0.95


def answers(lesson: Path, student: str, key: str = "") -> dict[tuple[str, str], float]:
    """What is answered in a company, by question of number and sentence of the mistake ("" if right)."""
    quiz = _loaded(lesson)
    company = Remembering.of(world(student, quiz.name, key))
    return {
        (name, sentence): float(answer(company))
        for name, one in quiz.questions.items()
        if one.unit
        for sentence, answer in {"": one.right, **one.mistakes}.items()
        if answer is not None
    }


def sample(lesson: Path, students: int, jobs: int = 1) -> pd.DataFrame:
    """One row a student, one column an answer."""
    names = [f"student {number}" for number in range(students)]
    made = joblib.Parallel(n_jobs=jobs)(joblib.delayed(answers)(lesson, name) for name in names)
    table = pd.DataFrame(made, index=names)
    return table.set_axis(pd.MultiIndex.from_tuples(table.columns), axis=1)


def spread(lesson: Path, given: pd.DataFrame) -> pd.DataFrame:
    """One row a question of number: how far its right answers differ among students."""
    questions = _loaded(lesson).questions
    rights = {name: given[(name, sentence)] for name, sentence in given if not sentence}
    return pd.DataFrame(
        {
            "tolerance": {name: questions[name].tolerance for name in rights},
            "least": {name: right.min() for name, right in rights.items()},
            "mean": {name: right.mean() for name, right in rights.items()},
            "most": {name: right.max() for name, right in rights.items()},
            "distinct": {name: right.nunique() for name, right in rights.items()},
            "variation": {name: right.std() / abs(right.mean()) for name, right in rights.items()},
            "same": {name: same(right, questions[name].tolerance) for name, right in rights.items()},
        }
    )


def distances(lesson: Path, given: pd.DataFrame) -> pd.DataFrame:
    """One row a tempting wrong answer: its distance, and for which share of students it is near."""
    questions = _loaded(lesson).questions
    rows = {}
    for name, sentence in given.columns:
        if sentence:
            away = (given[(name, sentence)] - given[(name, "")]).abs() / questions[name].tolerance
            away = away[away.notna()]
            rows[(name, sentence)] = {
                "5 %": away.quantile(1 - NEARLY_ALL),
                "median": away.median(),
                "near": (away < CLEAR).mean(),
            }
    return pd.DataFrame.from_dict(rows, orient="index")


def same(right: "pd.Series[float]", tolerance: float) -> float:
    """The share of pairs of students whose right answers lie within a tolerance of each other."""
    ordered = np.sort(right.to_numpy())
    close = np.searchsorted(ordered, ordered + tolerance, side="right") - np.arange(len(ordered)) - 1
    return float(close.sum() / math.comb(len(ordered), 2))


@cache
def _loaded(lesson: Path) -> Assignment:
    return load_assignment(lesson)


def main(students: int, wanted: list[str]) -> None:
    """Print both tables for each lesson."""
    for lesson in lessons(EXERCISES):
        if not wanted or lesson.name in wanted:
            given = sample(lesson, students, jobs=-1)
            print(f"\n{lesson.name}, {students} students\n", flush=True)
            print(spread(lesson, given).to_string(float_format="{:.4g}".format))
            print(distances(lesson, given).to_string(float_format="{:.3g}".format), flush=True)


if __name__ == "__main__":
    from tests.difficulty import main  # by this name the workers can import it, too

    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, sys.argv[2:])
