"""The cells of a log as ids, times and amounts: strictly, or not at all."""

import re
from collections.abc import Callable
from re import Match, Pattern

import numpy as np
import pandas as pd

from sim.analytics.log_table import LogError, Table

EARLIEST = pd.Timestamp("1970-01-01")
LARGEST_AMOUNT = 1e12
NOTHING = frozenset(("", "na", "n/a", "#n/a", "nan", "null", "none", "nat", "<na>"))

BEFORE_CLOCK = re.compile(r"[T\s]+(?=\d{1,2}:)")
CLOCK = re.compile(
    r"(?:(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d(?:\.\d+)?))?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?)?"
)
YEAR_FIRST = re.compile(r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})")
COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)")
DAY_NAME_YEAR = re.compile(r"(?P<day>\d{1,2})[-\s.]+(?P<name>[A-Za-z]{3,9})[-\s.,]+(?P<year>\d{4})")
NAME_DAY_YEAR = re.compile(r"(?P<name>[A-Za-z]{3,9})[\s.]+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})")
DAY_FIRST = re.compile(r"(?P<day>\d{1,2})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4})")
MONTH_FIRST = re.compile(r"(?P<month>\d{1,2})(?P<mark>[-/.])(?P<day>\d{1,2})(?P=mark)(?P<year>\d{4})")
LAYOUTS = (YEAR_FIRST, COMPACT, DAY_NAME_YEAR, NAME_DAY_YEAR, DAY_FIRST)
A_DATE = "allowed: a date such as 2025-01-31"
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

POINT = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?(?:[eE][+-]?\d+)?")
COMMA = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?")
CURRENCY = re.compile(r"[$€£¥]|(?:USD|EUR|GBP|CHF|JPY|CAD|AUD)(?![A-Za-z])")


class Column:
    """One column of a log and the role it plays; raises LogErrors that name both and the row."""

    def __init__(self, table: Table, name: str, role: str) -> None:
        self.values = table.frame[name]
        self._table, self._name = table, name if name == role else f"{name} ({role})"

    def require(self, good: "pd.Series[bool] | np.ndarray", allowed: str) -> None:
        """Raise a LogError for the first row that is not good."""
        wrong = np.flatnonzero(~np.asarray(good, bool))
        if len(wrong):
            raise self.error(int(wrong[0]), allowed)

    def error(self, place: int, allowed: str) -> LogError:
        """What is wrong with the value at this place."""
        value = self.values.iloc[place]
        said = "is empty" if _is_blank(value) else f"is {str(value)[:60]!r}"
        return LogError(f"{self._name}, {self._table.row(int(self.values.index[place]))}: {said}; {allowed}")

    def filled(self) -> "pd.Series[bool]":
        """Which cells hold something: blank ones and words such as NULL do not."""
        codes, texts = self.texts()
        return pd.Series(
            np.array([text.lower() not in NOTHING for text in texts], bool)[codes], self.values.index
        )

    def texts(self) -> "tuple[np.ndarray, list[str]]":
        """Each row's place in a list of the distinct cells, and that list, stripped."""
        try:
            codes, distinct = pd.factorize(self.values.astype(object), use_na_sentinel=False)
        except TypeError:
            raise self.error(0, "allowed: one value per cell") from None
        return codes, ["" if _is_blank(one) else str(one).strip() for one in distinct]


def ids(column: Column) -> pd.Series:
    """Customer ids as given: texts without the spaces around them, so that '00012' keeps its zeros.

    Whole numbers that a gap in the column had turned into floats are whole again; all that is not a whole
    number becomes text.
    """
    values = column.values
    if pd.api.types.is_float_dtype(values) and (values % 1 == 0).all():
        return values.astype("int64")
    if pd.api.types.is_integer_dtype(values):
        return values
    if pd.api.types.is_numeric_dtype(values):
        return values.astype("str")
    codes, texts = column.texts()
    return pd.Series(np.array(texts, object)[codes], values.index, dtype="str")


def times(column: Column) -> "pd.Series[pd.Timestamp]":
    """Timestamps without zone. Raises LogError for a date that is none, ambiguous, before 1970 or to come."""
    found = column.values
    if not pd.api.types.is_datetime64_any_dtype(found):
        found = _parsed_times(column)
    if isinstance(found.dtype, pd.DatetimeTZDtype):
        found = found.dt.tz_localize(None)
    column.require(found.notna(), A_DATE)
    column.require(found >= EARLIEST, "allowed: dates from 1970 on")
    column.require(found <= pd.Timestamp.now() + pd.Timedelta(days=1), "allowed: dates that have come")
    return found.astype("datetime64[us]")


def amounts(column: Column) -> "pd.Series[float]":
    """Amounts as floats. Raises LogError for one that is no number, ambiguous, infinite or beyond 1e12."""
    if pd.api.types.is_bool_dtype(column.values) or pd.api.types.is_complex_dtype(column.values):
        raise column.error(0, "allowed: a number")
    if pd.api.types.is_numeric_dtype(column.values):
        found = column.values.astype("Float64").to_numpy(float, na_value=np.nan)
    else:
        found = _parsed_amounts(column)
    column.require(np.abs(found) <= LARGEST_AMOUNT, "allowed: a number such as 1234.50, at most 1e12")
    return pd.Series(found, column.values.index)


def _is_blank(value: object) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or value != value or str(value).strip() == ""


def _parsed_times(column: Column) -> "pd.Series[pd.Timestamp]":
    codes, texts = column.texts()
    parts = [(*BEFORE_CLOCK.split(text, maxsplit=1), "")[:2] for text in texts]
    days, clocks = np.array(parts, object)[codes].T
    found = _days(column, *pd.factorize(days)) + _clocks(column, *pd.factorize(clocks))
    return pd.Series(found, column.values.index)


def _days(column: Column, codes: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """Midnights; NaT for a day that is not in the calendar."""
    layout = _layout(column, codes, texts)
    matches = [layout.fullmatch(text) for text in texts]
    column.require(np.array([match is not None for match in matches])[codes], A_DATE)
    found = pd.DataFrame([match.groupdict() for match in matches if match])
    month = found["month"] if "month" in found else found["name"].map(_month_number)
    days = pd.DataFrame({"year": found["year"], "month": month, "day": found["day"]}).astype(int)
    return pd.to_datetime(days, errors="coerce").to_numpy("datetime64[us]")[codes]


def _layout(column: Column, codes: np.ndarray, texts: np.ndarray) -> Pattern[str]:
    """The layout that fits most of the distinct days."""
    best = max(LAYOUTS, key=lambda layout: sum(map(bool, map(layout.fullmatch, texts))))
    return _which_first(column, codes, texts) if best is DAY_FIRST else best


def _which_first(column: Column, codes: np.ndarray, texts: np.ndarray) -> Pattern[str]:
    """Day or month first, whichever some number above 12 proves."""
    numbers = [_two_numbers(DAY_FIRST.fullmatch(text)) for text in texts]
    proofs = [np.array([pair[side] > 12 for pair in numbers])[codes] for side in (0, 1)]
    if proofs[0].any() and proofs[1].any():
        raise column.error(int(np.argmax(proofs[1])), "its day comes second while other rows have it first")
    if not (proofs[0].any() or proofs[1].any()):
        raise column.error(0, "day or month first cannot be told from any row; write dates as 2025-01-31")
    return DAY_FIRST if proofs[0].any() else MONTH_FIRST


def _two_numbers(match: Match[str] | None) -> tuple[int, int]:
    return (int(match["day"]), int(match["month"])) if match else (0, 0)


def _month_number(name: str) -> int:
    """1 to 12 for an English month name or its first three letters, 0 for another word."""
    short = name[:3].lower()
    return MONTHS.index(short) + 1 if short in MONTHS else 0


def _clocks(column: Column, codes: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """Times of day, midnight where there is none; all must be of one zone, which is then dropped."""
    matches = [CLOCK.fullmatch(text) for text in texts]
    column.require(np.array([match is not None for match in matches])[codes], A_DATE)
    found = pd.DataFrame([match.groupdict("") for match in matches if match])
    zones = found["zone"].to_numpy(object)[codes]
    column.require(zones == zones[0], "its time zone differs from the first row's; convert all to one zone")
    hour, minute, second = (pd.to_numeric(found[name]).fillna(0) for name in ("hour", "minute", "second"))
    half = found["half"].str.lower().str[:1]
    hour = hour.where(half == "", hour % 12) + 12 * (half == "p")
    return pd.to_timedelta(hour * 3600 + minute * 60 + second, unit="s").to_numpy("timedelta64[us]")[codes]


def _parsed_amounts(column: Column) -> np.ndarray:
    codes, texts = column.texts()
    bare = [_bare(text) for text in texts]
    _require_one_currency(column, codes, texts)
    read = _reader(column, codes, bare)
    return np.array([read(text) for text in bare], float)[codes]


def _bare(text: str) -> str:
    """The amount without currency, spaces and Swiss apostrophes; (5.00) as accountants' -5.00."""
    bare = re.sub(r"[\s\u00a0\u202f']", "", CURRENCY.sub("", text)).replace("\u2212", "-")
    return "-" + bare[1:-1] if re.fullmatch(r"\([^()]+\)", bare) else bare


def _require_one_currency(column: Column, codes: np.ndarray, texts: list[str]) -> None:
    signs = np.array(["".join(CURRENCY.findall(text)) for text in texts], object)[codes]
    marked = signs[signs != ""]
    if len(marked):
        column.require(
            (signs == "") | (signs == marked[0]), f"other amounts are in {marked[0]}; use one currency"
        )


def _reader(column: Column, codes: np.ndarray, texts: list[str]) -> Callable[[str], float]:
    """Decimal point or decimal comma, whichever fits every row; an error where both do and differ."""
    point, comma = (_fitting(style, texts)[codes] for style in (POINT, COMMA))
    if point.all() and comma.all():
        same = np.array([_with_point(one) == _with_comma(one) for one in texts], bool)[codes]
        column.require(same, "thousands or decimals cannot be told from any row; write 1234.5")
    if point.sum() >= comma.sum():
        column.require(point, "allowed: a number such as 1234.50, written alike in all rows")
        return _with_point
    column.require(comma, "allowed: a number such as 1234,50, written alike in all rows")
    return _with_comma


def _fitting(style: Pattern[str], texts: list[str]) -> np.ndarray:
    return np.array([bool(style.fullmatch(text)) for text in texts], bool)


def _with_point(text: str) -> float:
    return float(text.replace(",", ""))


def _with_comma(text: str) -> float:
    return float(text.replace(".", "").replace(",", "."))
