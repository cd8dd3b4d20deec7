"""A world as a short text that can be mailed or read aloud: `crm1:...`, data and never code.

After the prefix, whose number is the version of the form, follows base64url (RFC 4648) of a CRC-32 and a
deflated JSON text: the bundled scenario that is nearest, what is different in the scenario as it was boarded,
in the present setting and in the baseline's, the seed and the month. A lever goes by a hash of its name, so a
code stays short and outlives new levers; a bundled scenario goes with a hash of its own settings, so a code
never restores something else than what was shared.
"""

import binascii
import json
import re
import zlib
from base64 import b64decode, urlsafe_b64encode
from datetime import date
from functools import cache
from hashlib import sha256
from typing import Any, Literal

import numpy as np
from pydantic import TypeAdapter, ValidationError

from sim import scenario_files
from sim.lab.flight import State
from sim.levers.changes import Change
from sim.scenario import Scenario, ScenarioError, levers

VERSION = 1
PREFIX = f"crm{VERSION}:"
MOST_BYTES = 100_000
"""Of the JSON text: no code may fill the memory of who reads it."""

_CRC_BYTES = 4
_RAW_DEFLATE = -15
_NOT_IN_A_CODE = ("starting_customers", "calibration")
_DAMAGED = f"the world code is incomplete or mistyped: copy all of it, from {PREFIX} to its last character"

Marked = dict[str, Any]
"""Levers by their marks."""

Delta = tuple[
    Marked, list[tuple[int, Marked]] | None, dict[Literal["name", "description", "currency", "ladder"], Any]
]
"""What differs: levers; the changes, by month; the words."""

_CONTENT = TypeAdapter(tuple[str, str, Delta, Delta, Delta, int, int])


def world_code(state: State) -> str:
    """The code that restores exactly this state; `Flight.state` is what a deck shows.

    About 100 characters where a few levers of a bundled scenario were moved. ScenarioError for a company that
    was taken over from a transaction log: its customers do not fit in a code.
    """
    _require_sayable(state)
    base, own = min(
        ((name, _delta(one, state.own)) for name, one in _bases().items()), key=lambda one: len(_json(one[1]))
    )
    content = (base, _fingerprint(base), own, *_moves(state), state.seed, state.month)
    text = _json(content)
    if len(text) > MOST_BYTES:
        raise ScenarioError(f"this scenario has too many words for a world code; {_SHARE_FILES}")
    packer = zlib.compressobj(9, zlib.DEFLATED, _RAW_DEFLATE)
    packed = packer.compress(text) + packer.flush()
    return PREFIX + _letters(zlib.crc32(packed).to_bytes(_CRC_BYTES, "big") + packed)


def from_code(text: str) -> State:
    """The state behind a code; blanks and line breaks in it do not matter.

    ScenarioError with one sentence for a text that is no code, for one of another version, for one that is
    incomplete or mistyped, and for what this version of the scenarios cannot be.
    """
    base, fingerprint, own, now, before, seed, month = _content("".join(text.split()))
    if base not in _bases() or fingerprint != _fingerprint(base):
        raise ScenarioError(f"the world code builds on another version of the scenario {base!r}")
    boarded = _applied(_bases()[base], own)
    state = State(boarded, _applied(boarded, now), _applied(boarded, before), seed, month)
    last = state.scenario.clock.months - 1
    if not (0 <= seed < 2**64 and 0 <= month <= last):
        raise ScenarioError(f"the world code has seed {seed} and month {month} of {last}: it is not ours")
    return state


_SHARE_FILES = "share the saved .toml file, and the .parquet file beside it if there is one"


def _require_sayable(state: State) -> None:
    for scenario in state[:3]:
        if any(getattr(scenario, name) is not None for name in _NOT_IN_A_CODE):
            raise ScenarioError(
                f"{scenario.name} starts with the customers of a transaction log, which do not fit in a world"
                f" code; {_SHARE_FILES}"
            )


def _moves(state: State) -> tuple[Delta, Delta]:
    return _delta(state.own, state.scenario), _delta(state.own, state.baseline)


@cache
def _bases() -> dict[str, Scenario]:
    """What a scenario can be told by its difference from; "" has every lever at its default."""
    return {"": Scenario(), **{name: scenario_files.load(name) for name in scenario_files.scenarios().index}}


@cache
def _fingerprint(base: str) -> str:
    """Changes when the bundled scenario does, in more than its words."""
    return _mark(_json(_delta(Scenario(), _bases()[base].rename("unnamed", ""))))


@cache
def _names() -> dict[str, str]:
    """Levers by their marks."""
    return {_mark(lever.name.encode()): lever.name for lever in levers()}


def _mark(text: bytes) -> str:
    return _letters(sha256(text).digest()[:3])


def _delta(before: Scenario, after: Scenario) -> Delta:
    changes = None if before.changes == after.changes else [_marked_change(one) for one in after.changes]
    return _marked(before, after), changes, _words(before, after)


def _marked(before: Scenario, after: Scenario) -> Marked:
    pairs = ((lever.name, after[lever.name]) for lever in levers())
    return {_mark(name.encode()): value for name, value in pairs if before[name] != value}


def _marked_change(change: Change) -> tuple[int, Marked]:
    return change.month, {_mark(name.encode()): value for name, value in change.levers.items()}


def _words(before: Scenario, after: Scenario) -> dict[Any, Any]:
    texts = {name: getattr(after, name) for name in ("name", "description", "currency")}
    words: dict[Any, Any] = {name: text for name, text in texts.items() if text != getattr(before, name)}
    is_same = before.ladder == after.ladder
    return words | ({} if is_same else {"ladder": [rung.model_dump() for rung in after.ladder]})


def _applied(scenario: Scenario, delta: Delta) -> Scenario:
    """The scenario with the difference, whose parts are put together before they are judged."""
    moved, changes, words = delta
    if not moved and changes is None and not words:
        return scenario
    at_last: list[Any] = list(scenario.changes)
    if changes is not None:
        at_last = [{"month": month, "levers": _named(new)} for month, new in changes]
    return scenario._with(changes=()).change(_named(moved))._with(**words, changes=at_last)


def _named(marked: Marked) -> dict[str, Any]:
    if marked.keys() - _names().keys():
        raise ScenarioError("the world code moves a lever that this version does not have")
    return {_names()[mark]: value for mark, value in marked.items()}


def _json(content: object) -> bytes:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return text.encode()


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    assert isinstance(value, np.generic)
    return value.item()


def _letters(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _content(text: str) -> tuple[str, str, Delta, Delta, Delta, int, int]:
    version = re.match(r"crm(\d{1,9}):", text)
    if not version:
        raise ScenarioError(f"{text[:20]!r} is no world code; one begins with {PREFIX}")
    if text[: version.end()] != PREFIX:
        raise ScenarioError(f"this is a world code of version {version[1]}; this program reads {VERSION}")
    try:
        return _CONTENT.validate_json(_unpacked(text.removeprefix(PREFIX)), strict=True)
    except ValidationError:
        raise ScenarioError("the world code is intact but not of this form: it is not ours") from None


def _unpacked(letters: str) -> bytes:
    """The JSON text, if it is whole."""
    try:
        data = b64decode(letters + "=" * (-len(letters) % 4), b"-_", validate=True)
        unpacker = zlib.decompressobj(_RAW_DEFLATE)
        text = unpacker.decompress(data[_CRC_BYTES:], MOST_BYTES)
    except (binascii.Error, ValueError, zlib.error):
        raise ScenarioError(_DAMAGED) from None
    is_whole = unpacker.eof and not unpacker.unused_data and _letters(data) == letters
    if not is_whole or zlib.crc32(data[_CRC_BYTES:]) != int.from_bytes(data[:_CRC_BYTES], "big"):
        raise ScenarioError(_DAMAGED)
    return text
