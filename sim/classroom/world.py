"""A world per student: the same task and difficulty, other customers and other right answers.

The instructor's secret key and the student's id make a token, by a keyed hash (HMAC-SHA-256, RFC 2104). The token
alone makes the world: a student who holds it can live in it, but cannot tell the key or another's token from it.
"""

import hashlib
import hmac
import json
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sim.run import Run, simulate
from sim.scenario import Scenario
from sim.scenario_files import load

RECIPES = Path(__file__).with_name("assignments.toml")
CARD = "student.json"
"""The file beside the notebooks that says whose they are: student, token and answer sheet by assignment."""

Changes = Mapping[str, object]


@dataclass(frozen=True)
class World:
    """The company of one student in one assignment: a scenario and a seed made from `token`, 64 hex digits."""

    student: str
    assignment: str
    token: str

    @cached_property
    def scenario(self) -> Scenario:
        """The company: the assignment's scenario, with levers that differ from student to student."""
        recipe = _recipe(self.assignment)
        drawn = {lever: self._between(lever, *bounds) for lever, bounds in recipe.get("vary", {}).items()}
        return load(recipe["scenario"]).change({**recipe.get("set", {}), **drawn})

    @cached_property
    def seed(self) -> int:
        """The seed of the customers and their luck."""
        return self._number("seed")

    @cached_property
    def run(self) -> Run:
        """The company's history as it is."""
        return simulate(self.scenario, self.seed)

    def simulate(self, changes: Changes) -> Run:
        """The same customers, with the same luck, in the company with these levers changed."""
        return simulate(self.scenario.change(changes), self.seed)

    def _between(self, lever: str, low: float, high: float, step: float) -> float:
        steps = round((high - low) / step)
        value = low + step * (self._number(lever) % (steps + 1))
        return int(value) if isinstance(step, int) else round(value, 10)

    def _number(self, purpose: str) -> int:
        """64 bits that the token gives to a purpose."""
        digest = hmac.digest(bytes.fromhex(self.token), purpose.encode(), hashlib.sha256)
        return int.from_bytes(digest[:8], "big")


def world(student: str, assignment: str, key: str = "") -> World:
    """The company of a student in an assignment.

    `student` is an id as the school writes it; capitals, spaces at the ends and the way accents are stored do
    not count. `key` is the instructor's secret: another key, other worlds. ValueError for an empty id or an
    unknown assignment.
    """
    who = " ".join(unicodedata.normalize("NFC", student).casefold().split())
    if not who:
        raise ValueError(f"student is {student!r}; allowed: any id that is not empty")
    _recipe(assignment)
    message = json.dumps([who, assignment]).encode()
    return World(who, assignment, hmac.digest(key.encode(), message, hashlib.sha256).hex())


def mine(assignment: str) -> World:
    """The company of the student whose card, `student.json`, lies in this folder or one above it."""
    card = read_card()
    return World(card["student"], assignment, card["worlds"][assignment])


def read_card() -> dict[str, dict[str, str]]:
    """The card in the working folder or the nearest one above; FileNotFoundError without any."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / CARD).is_file():
            return json.loads((folder / CARD).read_text(encoding="utf-8"))
    raise FileNotFoundError(f"there is no {CARD} in {here} or above it: it says whose company to use")


def assignments() -> list[str]:
    """The assignments that have worlds."""
    return list(_recipes())


def _recipes() -> dict[str, dict[str, object]]:
    return tomllib.loads(RECIPES.read_text(encoding="utf-8"))


def _recipe(assignment: str):
    recipes = _recipes()
    if assignment not in recipes:
        raise ValueError(f"assignment is {assignment!r}; allowed: {', '.join(recipes)}")
    return recipes[assignment]
