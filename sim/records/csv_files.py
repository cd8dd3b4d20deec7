"""A run as CSV files that a spreadsheet opens as they are meant, and opens safely.

A spreadsheet takes a text that begins like a formula for one, and a formula can fetch addresses and start
programs. Such texts get an apostrophe in front, as OWASP advises (CSV Injection); numbers stay numbers.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sim import run_files, scenario_files
from sim.run_files import RunError

if TYPE_CHECKING:
    from sim.run import Run

_BEGINS_A_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def export(run: "Run", folder: str | Path) -> Path:
    """Write a run to a new or empty folder as CSV files, whole or not at all; returns the folder.

    One file a table of `sim.Run`, with `ledger` and `months`; `kpis.csv`, one row with the scenario's name,
    the seed and every KPI; and `scenario.toml`. The form is that of `write_csv`. RunError if the folder is a
    file or holds anything: somebody may have worked on what is there.
    """
    folder = Path(folder).resolve()
    _require_new(folder)
    kpis = pd.DataFrame([{"scenario": run.scenario.name, "seed": run.seed, **run.kpis()}])
    tables = {**run.tables, "ledger": run.ledger, "months": run.months, "kpis": kpis}
    with run_files.appearing(folder) as fresh:
        for name, table in tables.items():
            write_csv(table, fresh / f"{name}.csv")
        scenario_files.save(run.scenario, fresh / "scenario.toml")
    return folder


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as RFC 4180 CSV, in UTF-8 with the byte order mark by which Excel knows it.

    Times are ISO 8601 with a blank before the time of day, which spreadsheets take for a time; numbers have a
    decimal point and all digits needed to read the same number back; an empty cell is a missing value. Lines
    end in CR LF: that is the standard, and a CR inside a text is then quoted.
    """
    with scenario_files.replacing(path) as fresh:
        fresh.write_bytes(as_text(table).encode("utf-8-sig"))


def as_text(table: pd.DataFrame) -> str:
    """The text of `write_csv`."""
    harmless = pd.DataFrame({_apostrophised(name): _harmless(column) for name, column in table.items()})
    return harmless.to_csv(index=False, lineterminator="\r\n", date_format="%Y-%m-%d %H:%M:%S")


def _harmless(column: pd.Series) -> pd.Series:
    """The column with its texts made harmless; numbers, times and truths as they are."""
    if isinstance(column.dtype, pd.CategoricalDtype) or pd.api.types.is_object_dtype(column.dtype):
        return column.astype(object).map(_apostrophised)
    return column.map(_apostrophised, na_action="ignore") if column.dtype == "string" else column


def _apostrophised(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_BEGINS_A_FORMULA) else cell


def _require_new(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder} is a file; choose a new or empty folder")
    if folder.exists() and any(folder.iterdir()):
        raise RunError(f"{folder} is not empty; choose a new or empty folder")
