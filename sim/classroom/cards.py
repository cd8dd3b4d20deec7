"""The cards of a class: answer sheets cost simulations, so many are made at a time, by joblib's workers."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import joblib
from tqdm.auto import tqdm

from sim.classroom.assignment import Assignment
from sim.classroom.card import Card
from sim.classroom.lesson_modules import load_assignment
from sim.classroom.sheet import Sheet
from sim.classroom.world import Remembering, World, world
from sim.experiments.workers import Job, live
from sim.run import Run

_Pair = tuple[str, Path]
"""A student and a lesson."""


class LessonFailed(RuntimeError):
    """Code of a lesson fails in somebody's company: its answers, or what an exercise begins with."""


@dataclass(frozen=True)
class _Answers:
    """Makes the answer sheet of a company from its run, in the process that simulated it."""

    lesson: Path
    company: World
    questions: Collection[str] | None

    def __call__(self, run: Run) -> Sheet:
        company = Remembering.of(self.company)
        company.remember({}, run)
        return asked(load_assignment(self.lesson), self.questions).answers(company)


def asked(quiz: Assignment, questions: Collection[str] | None) -> Assignment:
    """The assignment with these questions alone, or with all."""
    if questions is not None:
        quiz.questions = {name: one for name, one in quiz.questions.items() if name in questions}
    return quiz


def card(student: str, lessons: Sequence[Path], key: str = "") -> Card:
    """The card of one student, made in this process: a few companies live sooner than workers start."""
    with joblib.parallel_config("sequential"):
        return cards([student], lessons, key)[student]


def cards(
    students: Sequence[str], lessons: Sequence[Path], key: str = "", questions: Collection[str] | None = None
) -> dict[str, Card]:
    """The card of each student: who, and by assignment the token of the world and the answer sheet.

    `questions` limits the sheets to these. LessonFailed if an answer of a lesson cannot be worked out.
    """
    companies = {
        (student, lesson): world(student, lesson.name, key) for student in students for lesson in lessons
    }
    jobs = [
        Job(company.scenario, company.seed, _Answers(lesson, company, questions))
        for (_, lesson), company in companies.items()
    ]
    sheets = dict(_made(jobs, list(companies)))
    return {
        student: Card(
            student=student,
            worlds={lesson.name: companies[student, lesson].token for lesson in lessons},
            sheets={lesson.name: sheets[student, lesson] for lesson in lessons},
        )
        for student in students
    }


def _made(jobs: Sequence[Job], pairs: Sequence[_Pair]) -> Iterator[tuple[_Pair, Sheet]]:
    """The sheet of each student and lesson, as the jobs that make them are done."""
    with (
        tqdm(total=len(jobs), desc="answer sheets", disable=None, leave=False) as bar,
        closing(live(dict(enumerate(jobs)))) as outcomes,
    ):
        for outcome in outcomes:
            student, lesson = pairs[outcome.key]
            if outcome.error is not None:
                raise LessonFailed(f"the answers of {lesson.name} fail for {student!r}: {outcome.error}")
            bar.update()
            yield (student, lesson), outcome.summary
