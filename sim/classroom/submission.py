"""A notebook that came back: read with suspicion, its locked cells restored from the master."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from sim.classroom.master import Cell, Master, cell_key, even, mentioned

STAMP = "crm"
"""The key of a notebook's metadata that says whose it is."""
LARGEST = 50 * 2**20
"""Bytes of a notebook; larger ones are not opened."""


class Unreadable(ValueError):
    """A file that is no notebook; the message says why."""


@dataclass(frozen=True)
class Step:
    """Code for the student's kernel; in place of a grade cell, `hands_in` names the values to take."""

    code: str
    question: str
    hands_in: tuple[str, ...] | None = None


def stamp(student: str, assignment: str, exercise: str, token: str) -> dict[str, str]:
    """What a released notebook says of itself in its metadata."""
    return {"student": student, "assignment": assignment, "exercise": exercise, "world": short(token)}


def short(token: str) -> str:
    """A world's short hash: tells worlds apart, makes none."""
    return sha256(token.encode()).hexdigest()[:8]


def read_submission(path: Path) -> NotebookNode:
    """A notebook of any version as one of version 4; Unreadable if it is none."""
    if not path.is_file():
        raise Unreadable("a folder, not a notebook")
    size = path.stat().st_size
    if size == 0:
        raise Unreadable("an empty file")
    if size > LARGEST:
        raise Unreadable(f"{size / 2**20:.0f} MB, too large for a notebook")
    try:
        return _parsed(path.read_text(encoding="utf-8-sig"))
    except Exception as error:  # a damaged file can fail anywhere in nbformat
        raise Unreadable(f"not a notebook: {type(error).__name__}") from None


def stamp_of(notebook: NotebookNode) -> dict[str, str]:
    """What the notebook says of itself, or nothing."""
    found = notebook.metadata.get(STAMP)
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def tampered(notebook: NotebookNode, master: Master) -> list[str]:
    """What was done to locked code cells: changed or missing, by their names."""
    own = _submitted(notebook, master)
    return [f"{one.id} {what}" for one in master.cells if one.locked and (what := _damage(one, own))]


def untouched(notebook: NotebookNode, master: Master) -> set[str]:
    """The questions nobody worked on: the cell to answer in is as released, no other code speaks of it."""
    own = _submitted(notebook, master)
    elsewhere = {name for key, source in own if not key for name in mentioned(source)}
    changed = {key for key, source in own if key in master.stubs and even(source) != master.stubs[key]}
    return {
        one.question
        for one in master.graded
        if master.answered_in(one) not in changed and elsewhere.isdisjoint(master.wanted(one))
    }


def steps(notebook: NotebookNode, master: Master) -> list[Step]:
    """What is run: the code cells, missing ones put back, answers taken where grade cells stand."""
    own = _submitted(notebook, master)
    known = {key for key, _ in own}
    behind = 0
    for cell in master.cells:
        if cell.id in known:
            behind = 1 + max(n for n, (key, _) in enumerate(own) if key == cell.id)
        elif not cell.solution:
            own.insert(behind, (cell.id, cell.released))
            behind += 1
    return list(_in_order(own, master))


def _in_order(own: Sequence[tuple[str, str]], master: Master) -> Iterator[Step]:
    """The last copy of a locked cell counts, earlier ones are the student's own code."""
    cells = {one.id: one for one in master.cells}
    question = ""
    for number, (key, source) in enumerate(own):
        cell = cells.get(key)
        question = cell.question if cell else question
        if cell is None or not cell.locked or key in [other for other, _ in own[number + 1 :]]:
            yield Step(source, question)
        elif cell.graded:
            yield Step("", question, tuple(master.wanted(cell)))
        else:
            yield Step(cell.source, question)


def _submitted(notebook: NotebookNode, master: Master) -> list[tuple[str, str]]:
    """The code cells: which cell of the master each is ("" for the student's own), and its source."""
    ids = {one.id for one in master.cells}
    by_source = {even(one.released): one.id for one in master.cells}
    cells = [one for one in notebook.cells if one.cell_type == "code"]
    keys = [cell_key(one) for one in cells]
    return [
        (key if key in ids else by_source.get(even(one.source), ""), one.source)
        for key, one in zip(keys, cells, strict=True)
    ]


def _damage(cell: Cell, own: Sequence[tuple[str, str]]) -> str:
    copies = [source for key, source in own if key == cell.id]
    if not copies:
        return "missing"
    return "" if even(cell.released) in map(even, copies) else "changed"


def _parsed(text: str) -> NotebookNode:
    with warnings.catch_warnings(action="ignore"):  # of ids that are missing or double: both are dealt with
        notebook: Any = nbformat.reads(text, as_version=4)
    for cell in notebook.cells:
        if not (isinstance(cell.source, str) and isinstance(cell_key(cell), str) and cell.cell_type):
            raise TypeError
    assert isinstance(notebook.metadata, dict)
    return notebook
