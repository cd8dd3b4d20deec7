"""A transaction log as it was handed over: opened, its columns found, nothing interpreted yet."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pyarrow import parquet

SPELLINGS = {
    "customer_id": (
        "customerid customer custid cust clientid client userid user memberid buyerid shopperid accountid "
        "customerno customernumber customerkey contactid donorid guestid",
        "id",
    ),
    "date": (
        "date orderdate invoicedate purchasedate transactiondate saledate paymentdate donationdate datetime "
        "purchasedat orderedat boughtat",
        "time timestamp day createdat",
    ),
    "amount": (
        "amount revenue sales spend spent totalamount orderamount ordervalue ordertotal netamount "
        "grossamount amountpaid paid purchaseamount transactionamount saleamount dollars",
        "total value price sum",
    ),
}
"""For each role the usual spellings, without case or punctuation, and those to fall back on."""

PURCHASE_NUMBER = re.compile(r"invoice|(transaction|order|invoice|receipt|sale|purchase)(id|no|number)")
QUANTITY = re.compile(r"quantity|qty|units|items")
SEPARATORS = ",;\t|"


class LogError(ValueError):
    """A transaction log that cannot be used: one sentence naming the column, the row and what is allowed."""


@dataclass(frozen=True)
class Table:
    """The raw columns of a log, indexed 0, 1, 2 ..., and how to name a row to its owner."""

    frame: pd.DataFrame
    labels: pd.Index | None = None
    first_row: int = 1

    def row(self, position: int) -> str:
        """The row as its owner finds it: numbered as in the file, or by its index in a DataFrame."""
        if self.labels is not None:
            return f"index {self.labels[[position]].tolist()[0]!r}"
        return f"row {position + self.first_row}"


def open_table(log: pd.DataFrame | str | Path) -> Table:
    """The log's raw columns. Raises LogError if it is no table, or a file that is no readable CSV or
    parquet."""
    if isinstance(log, pd.DataFrame):
        table = Table(
            log.set_axis(pd.RangeIndex(len(log))).set_axis(_words(log.columns), axis=1), labels=log.index
        )
    elif isinstance(log, str | Path):
        table = _open_file(Path(log))
    else:
        raise LogError(f"a log is a DataFrame or the path of a CSV or parquet file; got {type(log).__name__}")
    if table.frame.empty:
        raise LogError("the log has no rows")
    return table


def find_columns(names: list[str], given: Mapping[str, str | None]) -> dict[str, str]:
    """Which column plays which role: as given, or guessed from its spelling.

    Raises LogError if a given name is not there, if no column looks right, or if several do.
    """
    found = {role: _given(role, name, names) if name else _guess(role, names) for role, name in given.items()}
    for role, name in found.items():
        others = [other for other in found if other != role and found[other] == name]
        if others:
            raise LogError(f"column {name!r} cannot be both {role} and {others[0]}")
    return found


def plain(name: str) -> str:
    """A column name without case and punctuation: 'Order-Date' and 'order_date' are one."""
    return re.sub(r"[\W_]", "", name).lower()


def _given(role: str, name: str, names: list[str]) -> str:
    if names.count(name) != 1:
        problem = "is there more than once" if name in names else "is not there"
        raise LogError(f"{role}: column {name!r} {problem}; the log's columns are {_listed(names)}")
    return name


def _guess(role: str, names: list[str]) -> str:
    for spellings in SPELLINGS[role]:
        fitting = [name for name in names if plain(name) in spellings.split()]
        if len(fitting) > 1:
            raise LogError(f"columns {_listed(fitting)} could each be the {role}; say which with {role}=")
        if fitting:
            return _not_per_item(role, fitting[0], names)
    raise LogError(
        f"no column looks like the {role}; row 1 must name the columns and they are {_listed(names)}; "
        f"say which with {role}="
    )


def _not_per_item(role: str, name: str, names: list[str]) -> str:
    """A price beside a quantity is not what the customer paid."""
    if plain(name) == "price" and any(QUANTITY.fullmatch(plain(other)) for other in names):
        raise LogError(
            f"column {name!r} beside a quantity looks like a price per item; say which is the {role}"
        )
    return name


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def _words(names: pd.Index) -> list[str]:
    return [str(name).strip() for name in names]


def _open_file(path: Path) -> Table:
    if not path.exists():
        raise LogError(f"there is no file {path}")
    if path.is_dir():
        raise LogError(f"{path} is a folder; a log is one CSV or parquet file")
    if path.suffix.lower() in (".parquet", ".pq"):
        return _open_parquet(path)
    if path.suffix.lower() in (".csv", ".tsv", ".txt"):
        return _open_text(path.name, _text(path))
    raise LogError(f"{path.name} is not a .csv, .tsv, .txt or .parquet file; save the log as one of these")


def _open_parquet(path: Path) -> Table:
    try:
        frame = parquet.read_table(path).to_pandas(ignore_metadata=True)
    except (OSError, ValueError) as error:
        raise LogError(f"{path.name} cannot be read as parquet: {str(error).splitlines()[0]}") from None
    return Table(frame.set_axis(_words(frame.columns), axis=1))


def _text(path: Path) -> str:
    raw = path.read_bytes()
    coding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(coding)
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        raise LogError(f"{path.name}, row {row}: not UTF-8 text; save the file as CSV in UTF-8") from None
    if "\0" in text:
        raise LogError(f"{path.name} is not text; save the log as CSV or parquet")
    return text


def _open_text(name: str, text: str) -> Table:
    head, _, rest = text.partition("\n")
    if not text.strip():
        raise LogError(f"{name} is empty")
    if not head.strip():
        raise LogError(f"{name}: row 1 is empty; it must name the columns")
    separator = max(SEPARATORS, key=head.count)
    if separator not in head:
        raise LogError(
            f"{name} has only one column, {head.strip()[:40]!r}; separate columns by comma, semicolon or tab"
        )
    if not rest.strip():
        raise LogError(f"{name} has no rows below the column names")
    cells = _cells(name, text, separator)
    names = _words(pd.Index(cells.iloc[0]))
    return Table(cells.iloc[1:].set_axis(names, axis=1).reset_index(drop=True), first_row=2)


def _cells(name: str, text: str, separator: str) -> pd.DataFrame:
    """Every cell as text, row 1 included; blank lines stay, so that rows keep their numbers."""
    try:
        return pd.read_csv(
            io.StringIO(text),
            sep=separator,
            header=None,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
        )
    except pd.errors.ParserError as error:
        raise LogError(f"{name}: {_in_words(str(error))}") from None


def _in_words(error: str) -> str:
    if many := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", error):
        return f"row {many[2]} has {many[3]} columns, row 1 has {many[1]}"
    if quote := re.search(r"EOF inside string starting at row (\d+)", error):
        return f"row {int(quote[1]) + 1} opens a quotation mark that is never closed"
    return f"not a table ({error.strip()})"
