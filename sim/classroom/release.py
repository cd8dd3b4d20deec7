"""The release of an assignment: a folder a student, with notebooks, checks and a card, and no answers."""

import json
import tempfile
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from sim.classroom.card import CARD, Card
from sim.classroom.cards import cards
from sim.classroom.exercises import PRACTICE, masters, student_notebook
from sim.classroom.roster import folder_names
from sim.classroom.submission import STAMP, stamp
from sim.scenario_files import replacing

LIST = "release.json"
"""The instructor's list of what was released; it makes a folder a release. The key is not in it."""
_FORM = "crm-simulator release 1"
_DAY = (1980, 1, 1, 0, 0, 0)
"""The date of everything in a zip, so that the same release has the same bytes."""

Files = dict[str, bytes]
"""The contents of a student's folder by path."""


@dataclass(frozen=True)
class Released:
    """What was made: the folder or zip of each student."""

    places: dict[str, Path]


def release(
    lessons: Sequence[Path], out: Path, students: Sequence[str] = (), key: str = "", zipped: bool = False
) -> Released:
    """Make a folder, or a zip, for each student in `out`; without students one for practice.

    A release that is there already is renewed; other students' folders in it stay. ValueError, and nothing is
    written, if `out` holds anything else, or a file of it was worked on since.
    """
    previous = _previous(out)
    names = folder_names(students or [PRACTICE])
    sheets = cards(list(names), lessons, key)
    shared = {f"{lesson.name}/checks.py": (lesson / "checks.py").read_bytes() for lesson in lessons}
    blank = {one: student_notebook(one) for lesson in lessons for one in masters(lesson)}
    made: dict[str, bytes] = {}
    for student, name in names.items():
        files = {**shared, **_own(sheets[student], blank)}
        made |= _zip(name, files) if zipped else {f"{name}/{path}": data for path, data in files.items()}
    _require_untouched(out, made, previous.get("files", {}))
    _write(out, made)
    _list(out, previous, names, made)
    return Released({student: out / (f"{name}.zip" if zipped else name) for student, name in names.items()})


def _own(card: Card, blank: Mapping[Path, NotebookNode]) -> Files:
    """What is a student's own: the card, and the notebooks with the student's stamp."""
    files = {CARD: card.text().encode()}
    for master, notebook in blank.items():
        lesson = master.parent.parent.name
        mark = stamp(card.student, lesson, master.stem, card.worlds[lesson])
        files[f"{lesson}/{master.stem}.ipynb"] = _stamped(notebook, mark)
    return files


def _stamped(notebook: NotebookNode, mark: Mapping[str, str]) -> bytes:
    notebook.metadata[STAMP] = dict(mark)
    return (nbformat.writes(notebook) + "\n").encode()


def _zip(name: str, files: Files) -> Files:
    """The same in one zip, in a folder of the student's name."""
    with tempfile.SpooledTemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, data in files.items():
                archive.writestr(zipfile.ZipInfo(f"{name}/{path}", _DAY), data, zipfile.ZIP_DEFLATED)
        file.seek(0)
        return {f"{name}.zip": file.read()}


def _previous(out: Path) -> dict[str, Any]:
    """The list of the release that is there; ValueError if something else is."""
    if out.exists() and not out.is_dir():
        raise ValueError(f"{str(out)!r} is a file; name a new folder or one of an earlier release")
    if found := _read_list(out / LIST):
        return found
    if out.exists() and any(out.iterdir()):
        raise ValueError(f"{str(out)!r} holds something else than a release; name a new or empty folder")
    return {"form": _FORM, "students": {}, "files": {}}


def _read_list(path: Path) -> dict[str, Any] | None:
    """What a list says; None if there is none, or none of ours."""
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("form") == _FORM else None


def _require_untouched(out: Path, made: Collection[str], hashes: Mapping[str, str]) -> None:
    """What somebody worked on since it was released is not lost."""
    for path in made:
        file = out / path
        if file.exists() and not (file.is_file() and _hash(file.read_bytes()) == hashes.get(path)):
            raise ValueError(f"{str(file)!r} was changed since it was released; release into another folder")


def _write(out: Path, made: Mapping[str, bytes]) -> None:
    for path, data in made.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        with replacing(out / path) as fresh:
            fresh.write_bytes(data)


def _list(out: Path, previous: Mapping[str, Any], names: Mapping[str, str], made: Files) -> None:
    found = {
        "form": _FORM,
        "version": version("crm-flight-simulator"),
        "students": {**previous["students"], **names},
        "files": {**previous["files"], **{path: _hash(data) for path, data in made.items()}},
    }
    with replacing(out / LIST) as fresh:
        fresh.write_text(
            json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
        )


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()
