"""Who is in the class: ids from a roster, the folder of each, and whose a file is by its name."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from sim.classroom.world import canonical

COLUMN = "student"
_KEPT = " ._-"
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


def read_roster(path: Path) -> list[str]:
    """The ids of a class: a CSV file with the column `student`, or a text file with one id a line.

    Blank lines do not count, nor does the byte order mark that Excel writes; commas and semicolons separate.
    ValueError for a file without an id, with one id twice, and for one that is not UTF-8.
    """
    lines = [line for line in _text(path).splitlines() if line.strip()]
    found = _column(lines) if _header(lines) else lines
    ids = [" ".join(one.split()) for one in found if one.strip()]
    if not ids:
        raise ValueError(f"{path} names no student; allowed: a column {COLUMN!r}, or one id a line")
    _require_different(ids, path)
    return ids


def read_key(path: Path) -> str:
    """The instructor's secret: the text of a file without blanks around it."""
    return _text(path).strip()


def folder_names(students: Sequence[str]) -> dict[str, str]:
    """A name for the folder of each student that every file system takes, no two the same."""
    names: dict[str, str] = {}
    for student in students:
        wanted = _file_name(student)
        taken = {canonical(one) for one in names.values()}
        number = 1
        while canonical(name := wanted if number == 1 else f"{wanted}-{number}") in taken:
            number += 1
        names[student] = name
    return names


class Names:
    """Finds the student in a file's name: the whole name, what a pattern finds, or an id of the roster."""

    def __init__(self, roster: Sequence[str] = (), pattern: str | None = None) -> None:
        self._roster = {canonical(one): one for one in roster}
        self._pattern = _compiled(pattern) if pattern is not None else None

    def student(self, stem: str) -> str | None:
        """Whose a file is; None if its name does not say, or names two students of the roster."""
        if self._pattern is not None:
            found = self._pattern.search(unicodedata.normalize("NFC", stem))
            if found is None:
                return None
            stem = found[1]
        if not self._roster:
            return " ".join(stem.split()) or None
        return self._of_roster(canonical(stem.replace("_", " ")))

    def _of_roster(self, text: str) -> str | None:
        """The longest id that stands in the text as words of its own."""
        ids = {one: canonical(one.replace("_", " ")) for one in self._roster}
        hits = {one: len(words) for one, words in ids.items() if _stands_in(words, text)}
        longest = [one for one, length in hits.items() if length == max(hits.values())]
        return self._roster[longest[0]] if len(longest) == 1 else None


def _stands_in(words: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text) is not None


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"the pattern is {pattern!r}: {error}; allowed: a regular expression") from None
    if compiled.groups != 1:
        raise ValueError(f"the pattern is {pattern!r}; allowed: one with one (group), the student's id")
    return compiled


def _text(path: Path) -> str:
    try:
        return unicodedata.normalize("NFC", path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text; save it as such (in Excel: CSV UTF-8)") from None


def _header(lines: Iterable[str]) -> list[str]:
    """The names of the columns, if the first line has one called `student`."""
    names = [canonical(one) for one in re.split("[,;\t]", next(iter(lines), ""))]
    return names if COLUMN in [one.strip('"') for one in names] else []


def _column(lines: list[str]) -> list[str]:
    separator = max(",;\t", key=lines[0].count)
    rows = csv.DictReader(io.StringIO("\n".join(lines)), delimiter=separator)
    name = next(one for one in rows.fieldnames or () if canonical(one) == COLUMN)
    return [row[name] or "" for row in rows]


def _require_different(ids: Iterable[str], path: Path) -> None:
    seen: dict[str, str] = {}
    for one in ids:
        if canonical(one) in seen:
            raise ValueError(f"{path} names {one!r} twice; capitals and blanks make no difference")
        seen[canonical(one)] = one


def _file_name(student: str) -> str:
    kept = (
        "".join(one if one.isalnum() or one in _KEPT else "_" for one in student)
        .strip(" .")[:80]
        .rstrip(" .")
    )
    return f"_{kept}" if not kept or kept.casefold().partition(".")[0] in _RESERVED else kept
