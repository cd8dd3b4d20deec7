"""Answer sheets: right answers and known mistakes as hashes, so that a check can tell without giving away.

A number is rounded to the grid of its tolerance before it is hashed; an answer counts if it falls on the right
grid point or a neighbour. What lies within the tolerance is always accepted, what is off by more than one and a
half tolerances never.
"""

import hashlib
from collections.abc import Mapping

Sheet = dict[str, str]
"""Verdicts by hash: RIGHT, or what a known mistake is called."""

RIGHT = "right"


def entry(token: str, question: str, answer: float | str, tolerance: float) -> str:
    """The hash under which an answer stands on the sheet of the world `token`."""
    return _hash(token, question, _place(answer, tolerance))


def verdict(sheet: Mapping[str, str], token: str, question: str, answer: float | str, tolerance: float) -> str | None:
    """RIGHT, the sentence about a known mistake, or None for an answer that nobody expected."""
    place = _place(answer, tolerance)
    near = (place,) if isinstance(place, str) else (place, place - 1, place + 1)
    found = [sheet[key] for key in (_hash(token, question, one) for one in near) if key in sheet]
    return RIGHT if RIGHT in found else next(iter(found), None)


def _place(answer: float | str, tolerance: float) -> int | str:
    return answer.strip().casefold() if isinstance(answer, str) else round(answer / tolerance)


def _hash(token: str, question: str, place: int | str) -> str:
    return hashlib.sha256(f"{token}/{question}/{place}".encode()).hexdigest()[:16]
