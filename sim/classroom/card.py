"""The card of a student: `student.json` beside the notebooks says whose companies they speak of.

It holds the token of each world and the answer sheet of each assignment, never the instructor's key, another
student's token or a right answer in plain.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

CARD = "student.json"
VERSION = 1
"""Of the card's form; a card that says another one is refused."""

Token = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_ANEW = "copy student.json anew from what your instructor gave you"


class CardError(ValueError):
    """A card that cannot be used: the message names the file, what is wrong with it and what to do."""


class Card(BaseModel):
    """Who works here; by assignment the token of the world (64 hex digits) and the answer sheet."""

    model_config = ConfigDict(frozen=True, strict=True)

    version: int = VERSION
    student: str
    worlds: dict[str, Token]
    sheets: dict[str, dict[str, str]]

    def text(self) -> str:
        """What student.json says."""
        return self.model_dump_json(indent=1) + "\n"


def find_card() -> Path:
    """The card in the working folder or the nearest one above; FileNotFoundError without any."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / CARD).is_file():
            return folder / CARD
    raise FileNotFoundError(f"there is no {CARD} in {here} or above it, which says who works here; {_ANEW}")


def read_card() -> Card:
    """The nearest card; CardError if it is damaged or of another version, FileNotFoundError without any."""
    path = find_card()
    try:
        card = Card.model_validate_json(path.read_text(encoding="utf-8-sig"))
    except ValidationError as error:
        raise CardError(f"{path} {_complaint(error)}; {_ANEW}") from None
    except UnicodeDecodeError:
        raise CardError(f"{path} is not a text file in UTF-8; {_ANEW}") from None
    if card.version != VERSION:
        raise CardError(f"{path} is of version {card.version}, this program reads {VERSION}; {_ANEW}")
    return card


def on_card(part: dict[str, Any], assignment: str) -> Any:
    """What a part of the card (its worlds or sheets) holds for an assignment; CardError if nothing."""
    if assignment not in part:
        held = ", ".join(part) or "nothing"
        raise CardError(f"{CARD} holds nothing for {assignment!r}, only for: {held}; ask for a new {CARD}")
    return part[assignment]


def _complaint(error: ValidationError) -> str:
    """What is wrong with a card, in words and without its contents."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    if first["type"] == "json_invalid":
        return "is damaged"
    return f"is damaged at {place}" if place else "is not the card of a student"
