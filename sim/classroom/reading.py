"""What a student put into an answer: one number, a placeholder, or something else that is named in words."""

import math
from collections.abc import Sized
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import Any

import numpy as np


class NotANumber(ValueError):
    """The answer is no finite number: the message says what was got instead."""


def is_placeholder(answer: object) -> bool:
    """Whether an answer is still `...` or None, holds a `...`, or is a function without a body."""
    if isinstance(answer, dict | list | tuple):
        return any(one is ... for one in (answer.values() if isinstance(answer, dict) else answer))
    return answer is ... or answer is None or _does_nothing(answer)


def as_number(answer: object) -> float:
    """The one finite number that an answer is; NotANumber for anything else."""
    if isinstance(answer, np.ndarray | np.generic) and answer.ndim == 0:
        answer = answer.item()
    if isinstance(answer, bool) or not isinstance(answer, Real | Decimal | Fraction):
        raise NotANumber(_got(answer))
    try:
        number = float(answer)
    except (OverflowError, ValueError):  # an int beyond all floats, Decimal("sNaN")
        raise NotANumber("got a number too large to be meant") from None
    if math.isnan(number):
        raise NotANumber("got NaN, which comes from 0/0 or from a mean of nothing")
    if math.isinf(number):
        raise NotANumber("got infinity, which comes from a division by 0")
    return number


def _got(answer: Any) -> str:
    kind = type(answer).__name__
    if isinstance(answer, str):
        return _about_text(answer)
    if isinstance(answer, bool):
        return f"got {answer}"
    if callable(answer):
        return f"got a {kind}: is a pair of brackets () missing?"
    if isinstance(answer, Sized):
        one = ", take the number out of it" if len(answer) == 1 else ""
        return f"got a {kind} of length {len(answer)}{one}"
    return f"got {kind}"


def _about_text(text: str) -> str:
    shown = text if len(text) <= 30 else text[:27] + "..."
    sign = " and without the % sign" if "%" in text else ""
    return f"got the text {shown!r}: write a number, without quotes{sign}"


def _nothing() -> None:
    """Do nothing."""


_BARE = _nothing.__code__.co_code, (lambda: None).__code__.co_code


def _does_nothing(answer: object) -> bool:
    """Whether it is a function of which only the name and the docstring are written."""
    code = getattr(answer, "__code__", None)
    return code is not None and code.co_code in _BARE and set(code.co_consts) <= {None, answer.__doc__}
