"""The cards of a class: answer sheets cost simulations, so many are made at a time, by joblib's workers."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from sim.classroom.assignment import Assignment
from sim.classroom.card import VERSION
from sim.classroom.lesson_modules import load_assignment
from sim.classroom.sheet import Sheet
from sim.classroom.world import Remembering, World, world
from sim.experiments.workers import Job, live
from sim.run import Run


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


def cards(
    students: Sequence[str], lessons: Sequence[Path], key: str = "", questions: Collection[str] | None = None
) -> dict[str, dict[str, Any]]:
    """The card of each student: who, and by assignment the token of the world and the answer sheet.

    `questions` limits the sheets to these. LessonFailed if an answer of a lesson cannot be worked out.
    """
    pairs = [(student, lesson) for student in students for lesson in lessons]
    companies = [world(student, lesson.name, key) for student, lesson in pairs]
    jobs = {
        number: Job(company.scenario, company.seed, _Answers(lesson, company, questions))
        for number, (company, (_, lesson)) in enumerate(zip(companies, pairs, strict=True))
    }
    sheets = dict(_made(jobs, pairs))
    found: dict[str, dict[str, Any]] = {one: _blank(one) for one in students}
    for number, (student, lesson) in enumerate(pairs):
        found[student]["worlds"][lesson.name] = companies[number].token
        found[student]["sheets"][lesson.name] = sheets[number]
    return found


def _blank(student: str) -> dict[str, Any]:
    return {"version": VERSION, "student": student, "worlds": {}, "sheets": {}}


def _made(jobs: dict[int, Job], pairs: Sequence[tuple[str, Path]]) -> Iterator[tuple[int, Sheet]]:
    with (
        tqdm(total=len(jobs), desc="answer sheets", disable=None, leave=False) as bar,
        closing(live(jobs)) as outcomes,
    ):
        for outcome in outcomes:
            if outcome.error is not None:
                student, lesson = pairs[outcome.key]
                raise LessonFailed(f"the answers of {lesson.name} fail for {student!r}: {outcome.error}")
            bar.update()
            yield outcome.key, outcome.summary
