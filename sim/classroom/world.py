"""A world per student: the same task and difficulty, other customers and other right answers.

The instructor's secret key and the student's id make a token, by a keyed hash (HMAC-SHA-256, RFC 2104). The
token alone makes the world: a student who holds it can live in it, but cannot tell the key or another's token
from it.
"""

import hashlib
import hmac
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from sim.classroom.card import on_card, read_card
from sim.classroom.recipes import recipe
from sim.run import Run, simulate
from sim.scenario import Scenario

Changes = Mapping[str, object]


@dataclass(frozen=True)
class World:
    """The company of one student in one assignment: scenario and seed made from `token`, 64 hex digits."""

    student: str
    assignment: str
    token: str

    @cached_property
    def scenario(self) -> Scenario:
        """The company: the assignment's scenario, with levers that differ from student to student."""
        found = recipe(self.assignment)
        return found.company({lever: self._between(lever, *bounds) for lever, bounds in found.vary.items()})

    @cached_property
    def seed(self) -> int:
        """The seed of the customers and their luck."""
        return self._number("seed")

    @cached_property
    def run(self) -> Run:
        """The company's history as it is."""
        return self.simulate({})

    def simulate(self, changes: Changes) -> Run:
        """The same customers, with the same luck, in the company with these levers changed."""
        return simulate(self.scenario.change(changes), self.seed)

    def _between(self, lever: str, low: float, high: float, step: float) -> float:
        steps = round((high - low) / step)
        value = low + step * (self._number(lever) % (steps + 1))
        return value if isinstance(value, int) else round(value, 10)

    def _number(self, purpose: str) -> int:
        """64 bits that the token gives to a purpose."""
        digest = hmac.digest(bytes.fromhex(self.token), purpose.encode(), hashlib.sha256)
        return int.from_bytes(digest[:8], "big")


class Remembering(World):
    """A company that simulates the same changes once: for trusted code that asks for them again and again."""

    @classmethod
    def of(cls, company: World) -> Self:
        """The same company."""
        return cls(company.student, company.assignment, company.token)

    @cached_property
    def _runs(self) -> dict[str, Run]:
        return {}

    def simulate(self, changes: Changes) -> Run:
        """The same customers, with the same luck, in the company with these levers changed."""
        if _named(changes) not in self._runs:
            self.remember(changes, super().simulate(changes))
        return self._runs[_named(changes)]

    def remember(self, changes: Changes, run: Run) -> None:
        """Take this run for the one with these changes: it was simulated elsewhere."""
        self._runs[_named(changes)] = run


def _named(changes: Changes) -> str:
    return repr(sorted(changes.items()))


def world(student: str, assignment: str, key: str = "") -> World:
    """The company of a student in an assignment.

    `student` is an id as the school writes it; capitals, spaces around it and the way accents or full-width
    letters are stored do not count. `key` is the instructor's secret: another key, other worlds. ValueError
    for an empty id or an unknown assignment, TypeError for an id or a key that is no text.
    """
    for name, value in (("student", student), ("key", key)):
        if not isinstance(value, str):
            raise TypeError(f"{name} is {value!r}; allowed: text")
    if not (who := canonical(student)):
        raise ValueError(f"student is {student!r}; allowed: any id that is not empty")
    recipe(assignment)
    message = json.dumps([who, assignment]).encode()
    secret = unicodedata.normalize("NFC", key).encode()
    return World(who, assignment, hmac.digest(secret, message, hashlib.sha256).hex())


def mine(assignment: str) -> World:
    """The company of the student whose card, `student.json`, lies in this folder or one above it.

    FileNotFoundError without a card, CardError for one that is damaged or does not know the assignment.
    """
    card = read_card()
    token: str = on_card(card.worlds, assignment)
    return World(card.student, assignment, token)


def canonical(student: str) -> str:
    """The id in one spelling, without what nobody sees (Unicode category Cf, as a byte order mark)."""
    visible = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", student).casefold())
    return " ".join("".join(one for one in visible if unicodedata.category(one) != "Cf").split())
