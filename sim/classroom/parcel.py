"""Answers on their way from a student's process to the judge's.

Plain data travel as JSON, so that nobody's code comes along. What is no plain data (a function, a table)
travels as a pickle, which only the judge's process opens, after all plain data are judged.
"""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

MIME = "application/vnd.crm-simulator.answers+json"
LARGEST = 64 * 2**20
"""Bytes of a pickled answer; a whole run of a classroom company is a few million."""

Parcel = dict[str, Any]


def hand_in(namespace: Mapping[str, object], names: Iterable[str]) -> None:
    """In a student's kernel: publish the answers of these names, packed."""
    from IPython.display import display

    packed = {name: pack(namespace[name]) for name in names if name in namespace}
    display({MIME: packed}, raw=True)


def pack(answer: object) -> Parcel:
    """One answer, ready for JSON."""
    if answer is ...:
        return {"blank": True}
    value = answer.item() if isinstance(answer, np.generic) else answer
    return {"data": value} if _is_plain(value) else _pickled(value)


def unpack(parcel: Parcel) -> object:
    """The answer. A pickle may run code of the student: call it in the judge's process only."""
    import cloudpickle

    if "blank" in parcel:
        return ...
    if "data" in parcel:
        return parcel["data"]
    if "pickle" not in parcel:
        raise TypeError(str(parcel.get("why", "the answer is missing")))
    return cloudpickle.loads(base64.b64decode(parcel["pickle"]))


def is_data(parcels: Mapping[str, Parcel]) -> bool:
    """Whether none of them brings code."""
    return not any("pickle" in one for one in parcels.values())


def _is_plain(value: object) -> bool:
    """Exactly these types: a subclass could bring methods of its own."""
    if type(value) is dict:
        return all(type(key) is str and _is_plain(one) for key, one in value.items())
    if type(value) is list:
        return all(map(_is_plain, value))
    return type(value) in (str, int, float, bool, type(None))


def _pickled(value: object) -> Parcel:
    import cloudpickle

    try:
        pickled = cloudpickle.dumps(value)
    except Exception as error:  # whatever the student's objects raise when they are packed
        return {"why": f"a {type(value).__name__} that cannot be packed: {type(error).__name__}"}
    if len(pickled) > LARGEST:
        return {"why": f"a {type(value).__name__} of {len(pickled) / 2**20:.0f} MB, too large"}
    return {"pickle": base64.b64encode(pickled).decode()}
