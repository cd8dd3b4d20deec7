"""The Python files of a lesson: checks.py, answers.py and figures.py, which import each other by name."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from sim.classroom.assignment import Assignment


@contextmanager
def beside(lesson: Path) -> Iterator[None]:
    """Lets `import checks` find the lesson's own; afterwards nothing of the lesson is imported any more."""
    names = {path.stem for path in lesson.glob("*.py")}
    others = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.path.insert(0, str(lesson))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(lesson))
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(others)


def module_of(lesson: Path, name: str) -> ModuleType:
    """A module of the lesson, to be called inside `beside`; FileNotFoundError if the lesson has none."""
    if not (lesson / f"{name}.py").is_file():
        raise FileNotFoundError(f"{lesson} has no {name}.py")
    return importlib.import_module(name)


def load_assignment(lesson: Path) -> Assignment:
    """The questions of a lesson with their answers."""
    with beside(lesson):
        quiz: Assignment = module_of(lesson, "checks").quiz
        module_of(lesson, "answers")
    return quiz
