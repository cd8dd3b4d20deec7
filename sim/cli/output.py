"""What goes to the screen, to a pipe and to standard error, and the exit codes."""

import json
import shutil
import sys
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
import typer

from sim.records.csv_files import as_text

Format = Annotated[
    Literal["table", "json", "csv"], typer.Option("--format", help="For people, programs or spreadsheets.")
]
FINE, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: nothing wrong; the work failed; wrong use or wrong input; stopped by Ctrl-C."""
LONGEST_LINE = 600
_PLAIN = str.maketrans({"−": "-", "–": "-"})
"""Signs that some consoles lack; a lost minus would be a wrong number."""


def show(form: Format, text: str, table: pd.DataFrame, data: object = None) -> None:
    """Write an answer to standard output: `text` for people, `table` as CSV, or `data` as JSON.

    Without `data` the JSON is the list of the table's rows.
    """
    if form == "table":
        put(text)
    elif form == "csv":
        put(as_text(table).replace("\r\n", "\n").rstrip("\n"))  # the console ends lines in its own way
    else:
        put(as_json(rows(table) if data is None else data))


def put(text: str) -> None:
    """Write data to standard output."""
    typer.echo(text.translate(_PLAIN), file=sys.stdout)  # else an ASCII console would get UTF-8


def say(message: str) -> None:
    """Write a message to standard error."""
    typer.echo(message.translate(_PLAIN), file=sys.stderr)


def one_line(sentence: str) -> str:
    """The sentence in one line without control characters, cut if somebody passed a book."""
    line = " ".join(sentence.split())
    shown = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in line)
    return shown if len(shown) <= LONGEST_LINE else shown[: LONGEST_LINE - 4] + " ..."


def as_json(data: object) -> str:
    """JSON that every program reads: ASCII, and null for what is missing or not finite."""
    return json.dumps(data, indent=2, allow_nan=False, default=str)


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as JSON takes them."""
    return [
        {str(name): _json_value(value) for name, value in row.items()} for row in table.to_dict("records")
    ]


def _json_value(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    value = value.item() if isinstance(value, np.generic) else value
    return None if pd.isna(value) or value in (np.inf, -np.inf) else value


def in_columns(table: pd.DataFrame, left: tuple[str, ...] = ()) -> str:
    """A table of texts for the screen: its index and the columns `left` to the left, the rest to the right.

    Columns that do not fit beside each other follow below.
    """
    padded = table.assign(**{name: _padded(table[name]) for name in left}).rename_axis(None)
    lines = padded.to_string(line_width=screen_width()).splitlines()
    return "\n".join(line.rstrip() for line in lines)


def screen_width() -> int:
    """Characters a line, 80 where nobody can tell."""
    return shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 80


def _padded(column: "pd.Series[str]") -> "pd.Series[str]":
    return column.str.ljust(int(column.str.len().max()) if len(column) else 0)
