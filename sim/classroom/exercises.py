"""The folder of exercises: a lesson's checks, its answers, its masters, and the notebooks made from them.

exercises/03_retention/
    checks.py               the questions and their hints; students get it
    answers.py              right answers and known mistakes; instructors only
    guide.md                the instructor's guide
    masters/1_repeat.py     one exercise with its solution, py:percent with nbgrader metadata; instructors only
    1_repeat.ipynb          the same for students, made by `crm-sim class build`

Notebooks are made by nbgrader's own preprocessors, so the markers are nbgrader's: BEGIN SOLUTION, BEGIN HIDDEN TESTS.
"""

import importlib.util
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import jupytext
import nbformat
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions
from nbformat import NotebookNode

from sim.classroom.assignment import Assignment
from sim.classroom.world import CARD, World, world
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
    return sorted((lesson / "masters").glob("*.py"))


def solved_notebook(master: Path) -> NotebookNode:
    """The master as a notebook, solutions and hidden tests included."""
    notebook = jupytext.read(master)
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


def load_assignment(lesson: Path) -> Assignment:
    """The questions of a lesson with their answers."""
    checks = _module("checks", lesson / "checks.py")
    sys.modules["checks"] = checks
    try:
        _module("answers", lesson / "answers.py")
    finally:
        del sys.modules["checks"]
    return checks.quiz


def card(student: str, folders: Iterable[Path], key: str = "") -> dict[str, object]:
    """What a student's card says: who, and by assignment the token of the world and the answer sheet."""
    quizzes = [load_assignment(folder) for folder in folders]
    companies: dict[str, World] = {quiz.name: world(student, quiz.name, key) for quiz in quizzes}
    return {
        "student": student,
        "worlds": {name: company.token for name, company in companies.items()},
        "sheets": {quiz.name: quiz.answers(companies[quiz.name]) for quiz in quizzes},
    }


def build(exercises: Path) -> list[Path]:
    """Make all student notebooks anew, and the card for practice; returns what was written."""
    found = lessons(exercises)
    written = [_write_notebook(student_notebook(one), lesson) for lesson in found for one in masters(lesson)]
    with replacing(exercises / CARD) as path:
        path.write_text(json.dumps(card(PRACTICE, found), indent=1) + "\n", encoding="utf-8", newline="\n")
    return [*written, exercises / CARD]


def _write_notebook(notebook: NotebookNode, lesson: Path) -> Path:
    stem = notebook.cells[0]["id"].rsplit("-", 1)[0]
    with replacing(lesson / f"{stem}.ipynb") as path:
        nbformat.write(notebook, path)
    return lesson / f"{stem}.ipynb"


def _module(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    print(*build(Path(sys.argv[1])), sep="\n")
