"""The folder of exercises: a lesson's checks, its answers, its masters, and what is made from them.

exercises/03_retention/
    checks.py               the questions and their hints; students get it
    answers.py              right answers and known mistakes; instructors only
    masters/1_repeat.py     one exercise with its solution, py:percent and nbgrader metadata; instructors only
    1_repeat.ipynb          the same for students, generated
    guide.md.j2, figures.py the instructor's guide and what simulates its figures; instructors only
    guide.md                the guide with its figures, generated
exercises/student.json      the card of whoever practises without one of their own, generated

Notebooks are made by nbgrader's own preprocessors, so the markers are nbgrader's: BEGIN SOLUTION, BEGIN
HIDDEN TESTS.
"""

import sys
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions

from sim.classroom.card import CARD
from sim.classroom.cards import card
from sim.classroom.guide import GUIDE, TEMPLATE, guide
from sim.scenario_files import replacing

STUB = {"python": "# your code here"}
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
PRACTICE = "practice"
"""The student of whoever opens the exercises without a card of their own."""


def lessons(exercises: Path) -> list[Path]:
    """The folders of lessons that have exercises, in order."""
    return sorted(masters.parent for masters in exercises.glob("*/masters"))


def masters(lesson: Path) -> list[Path]:
    """The exercises of a lesson with their solutions, in order."""
    return sorted((lesson / "masters").glob("*.py"), key=_place)


def solved_notebook(master: Path) -> NotebookNode:
    """The master as a notebook, solutions and hidden tests included."""
    notebook = jupytext.reads(master.read_text(encoding="utf-8"), fmt="py:percent")
    notebook.metadata = NotebookNode(kernelspec=KERNEL)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"{master.stem}-{number}"
    return notebook


def student_notebook(master: Path) -> NotebookNode:
    """The exercise as students get it: stubs for solutions, no hidden tests, no outputs."""
    notebook = solved_notebook(master)
    for clear in (ClearSolutions(code_stub=STUB), ClearHiddenTests()):
        notebook, _ = clear.preprocess(notebook, {})
    return notebook


def build(exercises: Path) -> list[Path]:
    """Make all student notebooks and guides anew, and the card for practice; returns what was written.

    The same masters give the same bytes on every machine. Nothing is written if anything cannot be made;
    LessonFailed if an answer cannot.
    """
    made = {**notebooks(exercises), **guides(exercises), **practice_card(exercises)}
    for target, text in made.items():
        with replacing(target) as path:
            path.write_text(text, encoding="utf-8", newline="\n")
    return list(made)


def stale(made: dict[Path, str]) -> list[Path]:
    """Which of these generated files are missing or differ from what their masters make of them.

    `stale(notebooks(exercises))` takes milliseconds an exercise; `guides` and `practice_card` simulate.
    """
    return [path for path, text in made.items() if not path.is_file() or path.read_bytes() != text.encode()]


def orphans(exercises: Path) -> list[Path]:
    """Student notebooks whose master is gone."""
    made = {lesson / f"{one.stem}.ipynb" for lesson in lessons(exercises) for one in masters(lesson)}
    return sorted({path for lesson in lessons(exercises) for path in lesson.glob("*.ipynb")} - made)


def notebooks(exercises: Path) -> dict[Path, str]:
    """The text of every student notebook, by its path."""
    return {
        lesson / f"{one.stem}.ipynb": nbformat.writes(student_notebook(one)) + "\n"
        for lesson in lessons(exercises)
        for one in masters(lesson)
    }


def guides(exercises: Path) -> dict[Path, str]:
    """The text of the guide of every lesson that has one, by its path; simulates its figures."""
    found = [lesson for lesson in lessons(exercises) if (lesson / TEMPLATE).is_file()]
    return {lesson / GUIDE: guide(lesson) for lesson in found}


def practice_card(exercises: Path) -> dict[Path, str]:
    """The text of the card for practice, by its path; simulates its companies."""
    return {exercises / CARD: card(PRACTICE, lessons(exercises)).text()}


def _place(master: Path) -> tuple[int, str]:
    number = master.stem.partition("_")[0]
    return len(number), master.stem  # 10 comes after 9


if __name__ == "__main__":
    print(*build(Path(sys.argv[1])), sep="\n")
