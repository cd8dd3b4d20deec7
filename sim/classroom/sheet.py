"""Answer sheets: right answers and known mistakes as hashes, so that a check can tell without giving away.

A number is rounded to a grid of quarters of its tolerance before it is hashed; an answer counts if the right
one is at most five grid points away. What lies within the tolerance is always accepted, what is off by more
than one and a half tolerances never. Whoever tries number after number finds the right one, with the sheet as
with the check.
"""

import hashlib
import unicodedata
from collections.abc import Mapping

Sheet = dict[str, str]
"""Verdicts by hash: RIGHT, what a known mistake is called, or ASKED."""

RIGHT = "right"
ASKED = "asked"
"""The verdict of the entry that every question has, so that an old sheet can be told from a wrong answer."""

GRID = 4
"""Grid points a tolerance."""
REACH = range(-GRID - 1, GRID + 2)
"""How far apart, in grid points, two numbers within a tolerance of each other can come to lie."""
_EXACT = 2**53  # beyond it floats skip whole numbers, and the grid its neighbours


def entry(token: str, question: str, answer: float | str, tolerance: float) -> str:
    """The hash under which an answer stands on the sheet of the world `token`."""
    return _hash(token, question, _place(answer, tolerance))


def asked(token: str, question: str, tolerance: float) -> str:
    """The hash that says that a question, with this tolerance, is on the sheet."""
    return _hash(token, question, f"{ASKED} within {tolerance!r}")


def verdict(
    sheet: Mapping[str, str], token: str, question: str, answer: float | str, tolerance: float
) -> str | None:
    """RIGHT, the sentence about a known mistake, or None for an answer that nobody expected."""
    place = _place(answer, tolerance)
    near = [place] if isinstance(place, str) else [place + away for away in sorted(REACH, key=abs)]
    found = [sheet[key] for key in (_hash(token, question, one) for one in near) if key in sheet]
    return RIGHT if RIGHT in found else next(iter(found), None)


def word(answer: str) -> str:
    """An answer in words in one spelling: capitals and spaces around it do not count."""
    return unicodedata.normalize("NFC", answer).strip().casefold()


def _place(answer: float | str, tolerance: float) -> int | str:
    if isinstance(answer, str):
        return f"'{word(answer)}'"
    points = GRID * answer / tolerance
    return round(points) if abs(points) < _EXACT else "beyond the grid"


def _hash(token: str, question: str, place: int | str) -> str:
    return hashlib.sha256(f"{token}/{question}/{place}".encode()).hexdigest()[:16]
