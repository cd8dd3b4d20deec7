"""An exercise as its master has it: what students may change, what is graded, which answers that takes."""

import ast
import builtins
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from sim.classroom.exercises import lessons, masters, solved_notebook, student_notebook

CHECK = "-check"
"""What the name of a question's grade cell ends in; a column of the grades has the name without it."""


@dataclass(frozen=True)
class Cell:
    """A code cell of an exercise: its source as the master and as the student has it."""

    id: str
    source: str
    released: str
    marks: Mapping[str, Any]

    @property
    def locked(self) -> bool:
        """Whether students are not to change it."""
        return bool(self.marks.get("locked"))

    @property
    def graded(self) -> bool:
        """Whether points depend on it."""
        return bool(self.marks.get("grade")) and self.locked

    @property
    def solution(self) -> bool:
        """Whether students answer in it."""
        return bool(self.marks.get("solution"))

    @property
    def points(self) -> float:
        """Points of a grade cell."""
        return float(self.marks.get("points", 0))

    @property
    def question(self) -> str:
        """What the grades call it."""
        return self.id.removesuffix(CHECK)


@dataclass(frozen=True)
class Master:
    """An exercise of a lesson."""

    path: Path

    @property
    def lesson(self) -> Path:
        """The folder of its lesson."""
        return self.path.parent.parent

    @property
    def exercise(self) -> str:
        """Its name, such as 1_repeat."""
        return self.path.stem

    @cached_property
    def cells(self) -> list[Cell]:
        """Its code cells in order."""
        pairs = zip(solved_notebook(self.path).cells, student_notebook(self.path).cells, strict=True)
        return [
            Cell(cell_key(own), own.source, other.source, own.metadata.get("nbgrader", {}))
            for own, other in pairs
            if own.cell_type == "code"
        ]

    @cached_property
    def graded(self) -> list[Cell]:
        """The cells that give points."""
        return [one for one in self.cells if one.graded]

    @cached_property
    def setup(self) -> list[Cell]:
        """What is given before the first question."""
        first = next((n for n, one in enumerate(self.cells) if one.solution or one.graded), 0)
        return self.cells[:first]

    @cached_property
    def questions(self) -> set[str]:
        """The questions of the lesson that its checks ask."""
        return {name for one in self.graded for name in _checked(one.source)}

    @cached_property
    def stubs(self) -> dict[str, str]:
        """What stands in the cells to answer in before anybody answers."""
        return {one.id: even(one.released) for one in self.cells if one.solution}

    def answered_in(self, cell: Cell) -> str:
        """The cell in which the question of a grade cell is answered: the last one before it."""
        before = self.cells[: self.cells.index(cell)]
        return next((one.id for one in reversed(before) if one.solution), "")

    def wanted(self, cell: Cell) -> list[str]:
        """The names of a grade cell that students give a value: all but what is given or built in."""
        given = {name for one in self.setup for name in _bound(one.source)}
        answered = {name for one in self.cells if one.solution for name in _bound(one.source)}
        return sorted(_free(cell.source) - (given - answered) - set(dir(builtins)))


def find_master(exercises: Path, lesson: str, exercise: str) -> Master:
    """The master of an exercise; ValueError with those that there are if there is no such."""
    found = {one.stem: one for one in masters(find_lesson(exercises, lesson))}
    if exercise not in found:
        raise ValueError(f"exercise is {exercise!r}; allowed in {lesson}: {', '.join(found)}")
    return Master(found[exercise])


def find_lesson(exercises: Path, lesson: str) -> Path:
    """The folder of a lesson with masters; ValueError with those that there are if there is no such."""
    known = [one.name for one in lessons(exercises)]
    if not known:
        raise ValueError(f"{str(exercises)!r} holds no lesson with masters; name the folder of exercises")
    if lesson not in known:
        raise ValueError(f"lesson is {lesson!r}; allowed: {', '.join(known)}")
    return exercises / lesson


def cell_key(cell: Mapping[str, Any]) -> str:
    """What a cell is known by: nbgrader's name for it, else its id."""
    marks = cell["metadata"].get("nbgrader", {})
    return str(marks.get("grade_id") or cell.get("id", ""))


def mentioned(source: str) -> set[str]:
    """All names in a cell."""
    return {one.id for one in ast.walk(_tree(source)) if isinstance(one, ast.Name)} | _bound(source)


def even(source: str) -> str:
    """A source without what editors change on their own."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _tree(source: str) -> ast.Module:
    """The syntax of a cell; nothing for one that is no Python."""
    try:
        return ast.parse(TransformerManager().transform_cell(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # all that ast.parse is known to raise
        return ast.Module(body=[], type_ignores=[])


def _names(source: str, kind: type[ast.expr_context]) -> set[str]:
    found = (one for one in ast.walk(_tree(source)) if isinstance(one, ast.Name))
    return {one.id for one in found if isinstance(one.ctx, kind)}


def _bound(source: str) -> set[str]:
    """What a cell gives a meaning: by assignment, import or definition."""
    nodes = list(ast.walk(_tree(source)))
    imported = (alias for one in nodes if isinstance(one, ast.Import | ast.ImportFrom) for alias in one.names)
    defined = (one.name for one in nodes if isinstance(one, ast.FunctionDef | ast.ClassDef))
    return {
        *_names(source, ast.Store),
        *((one.asname or one.name).split(".")[0] for one in imported),
        *defined,
    }


def _free(source: str) -> set[str]:
    """What a cell uses but does not define."""
    return _names(source, ast.Load) - _bound(source) - _arguments(source)


def _arguments(source: str) -> set[str]:
    return {one.arg for one in ast.walk(_tree(source)) if isinstance(one, ast.arg)}


def _checked(source: str) -> Iterable[str]:
    """The questions named in `check("name", ...)`."""
    for one in ast.walk(_tree(source)):
        if (
            isinstance(one, ast.Call)
            and isinstance(one.func, ast.Name)
            and one.func.id == "check"
            and one.args
        ):
            first = one.args[0]
            if isinstance(first, ast.Constant):
                yield str(first.value)
