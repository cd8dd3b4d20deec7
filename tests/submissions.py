"""A small exercise and the notebooks that a class could hand in for it."""

import json
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from sim.classroom.exercises import solved_notebook, student_notebook
from sim.classroom.master import Master
from sim.classroom.submission import STAMP, stamp
from sim.classroom.world import world

LESSON, EXERCISE, KEY = "03_retention", "1_numbers", "a secret é"
"""The lesson's name is that of a real one, as only those have worlds."""

CHECKS = """\
from sim.classroom import Assignment

quiz = Assignment("03_retention")
check, hint = quiz.check, quiz.hint
quiz.number("digits", "customers", tolerance=0.5, hints=["Look at the seed."])


@quiz.judged("plan")
def plan(company, levers):
    return None if levers["discounts.depth"] == 0.2 else "this costs more than it brings"


@quiz.judged("double")
def double(company, function):
    return None if function(21) == 42 else "function(21) is not 42"
"""

ANSWERS = """\
from checks import quiz


@quiz.right("digits")
def digits(company):
    return company.seed % 100_000


@quiz.mistake("digits", "these are thousands of customers")
def thousands(company):
    return digits(company) / 1000
"""


def _marks(name: str, points: int = 0) -> str:
    graded = points > 0
    solution = not graded
    marks = {"grade": graded, "grade_id": name, "locked": graded, "schema_version": 3, "solution": solution}
    return "nbgrader=" + json.dumps({**marks, "task": False, **({"points": points} if graded else {})})


MASTER = f'''\
# %% [markdown]
# # Exercise 3.1: numbers (apply)

# %%
from checks import check, hint, quiz

company = quiz.company

# %% {_marks("digits")}
digits = ...
### BEGIN SOLUTION
digits = company.seed % 100_000
### END SOLUTION

# %% {_marks("digits-check", 1)}
check("digits", digits)

# %% {_marks("plan")}
plan = ...
### BEGIN SOLUTION
plan = {{"discounts.depth": 0.2}}
### END SOLUTION

# %% {_marks("plan-check", 2)}
check("plan", plan)

# %% {_marks("double")}
def double(number):
    """Twice the number."""
    ### BEGIN SOLUTION
    return 2 * number
    ### END SOLUTION

# %% {_marks("double-check", 1)}
check("double", double)

# %% {_marks("double-hidden", 1)}
# more cases
### BEGIN HIDDEN TESTS
assert double(-3) == -6
### END HIDDEN TESTS
'''


def small_exercises(folder: Path) -> Path:
    """A folder of exercises with one lesson, which has one exercise of four grade cells, 5 points."""
    lesson = folder / LESSON
    (lesson / "masters").mkdir(parents=True)
    (lesson / "checks.py").write_text(CHECKS, encoding="utf-8")
    (lesson / "answers.py").write_text(ANSWERS, encoding="utf-8")
    (lesson / "masters" / f"{EXERCISE}.py").write_text(MASTER, encoding="utf-8")
    return folder


def master_of(exercises: Path) -> Master:
    return Master(exercises / LESSON / "masters" / f"{EXERCISE}.py")


def handed_in(
    master: Master, student: str, answers: Mapping[str, str] | None = None, key: str = KEY
) -> NotebookNode:
    """The notebook of a student who wrote these sources into cells of these names, or solved everything."""
    notebook = solved_notebook(master.path) if answers is None else student_notebook(master.path)
    token = world(student, master.lesson.name, key).token
    notebook.metadata[STAMP] = stamp(student, master.lesson.name, master.exercise, token)
    for name, source in (answers or {}).items():
        cell_of(notebook, name).source = source
    return _as_released(notebook, master)


def cell_of(notebook: NotebookNode, name: str) -> NotebookNode:
    found: NotebookNode = next(
        one for one in notebook.cells if one.metadata.get("nbgrader", {}).get("grade_id") == name
    )
    return found


def without(notebook: NotebookNode, *names: str) -> NotebookNode:
    """The notebook after somebody deleted cells."""
    notebook.cells = [
        one for one in notebook.cells if one.metadata.get("nbgrader", {}).get("grade_id") not in names
    ]
    return notebook


def save(notebook: NotebookNode, path: Path) -> Path:
    nbformat.write(notebook, path)
    return path


def right_number(student: str, key: str = KEY) -> int:
    """The answer to `digits`."""
    return world(student, LESSON, key).seed % 100_000


def _as_released(notebook: NotebookNode, master: Master) -> NotebookNode:
    """What students cannot have: hidden tests go."""
    for own, released in zip(notebook.cells, student_notebook(master.path).cells, strict=True):
        if own.metadata.get("nbgrader", {}).get("grade"):
            own.source = released.source
    return notebook
