"""A real transaction log, read strictly and put in order by stated rules."""

from dataclasses import dataclass, replace
from datetime import date as Day
from pathlib import Path

import pandas as pd

from sim.analytics.log_rules import copied_rows, net_refunds, rows_are_single
from sim.analytics.log_table import LogError, Table, find_columns, open_table
from sim.analytics.log_values import Column, amounts, ids, times

__all__ = ["Log", "LogError", "LogSummary", "read_log"]

RULES = {  # what each count of a log summary means, with the rule that was applied
    "rows_read": "rows read",
    "empty_rows": "empty rows, skipped",
    "missing_ids": "rows without a customer id, dropped",
    "rows_after_until": "rows after the last day asked for, left out",
    "duplicates_removed": "rows equal to an earlier one, with time of day or number, removed as copies",
    "identical_rows_kept": "rows equal to an earlier one, but without time of day or number, kept",
    "zero_amounts": "purchases of amount 0, kept as visits that lower the customer's mean amount",
    "refunds": "refunds (negative amounts), taken off the customer's latest purchases of that day or before",
    "refunds_unmatched": "refunds larger than all earlier purchases, the excess dropped",
    "purchases_refunded": "purchases refunded in full, removed",
    "purchases": "purchases left",
    "customers": "customers left",
}


@dataclass(frozen=True)
class LogSummary:
    """What a log held and what was done to it: `counts` by the names of `RULES`; prints in plain words.

    `first_day` and `last_day` are the days of its first and last row with an id, refunds included.
    """

    counts: dict[str, int]
    first_day: Day
    last_day: Day

    @property
    def sentences(self) -> list[str]:
        """The counts that are not 0, each with the rule that was applied."""
        return [f"{RULES[name]}: {count:,}" for name, count in self.counts.items() if count]

    def __str__(self) -> str:
        return "\n".join([*self.sentences, f"from {self.first_day} to {self.last_day}"])


@dataclass(frozen=True, eq=False)
class Log:
    """A log in order: `transactions` (customer_id, time, amount; sorted by these) and how it came about."""

    transactions: pd.DataFrame
    summary: LogSummary

    def __str__(self) -> str:
        return str(self.summary)


def read_log(
    log: pd.DataFrame | str | Path,
    *,
    customer_id: str | None = None,
    date: str | None = None,
    amount: str | None = None,
    until: str | Day | None = None,
) -> Log:
    """Read a transaction log: a DataFrame, or the path of a CSV or parquet file.

    One row is a purchase. CSV is UTF-8 with a row of column names, separated by comma, semicolon or tab.
    Columns are found by common spellings ('CustomerID', 'order_date', 'revenue' ...) or named. Rows after the
    day `until` are left out.

    Dates: ISO 8601, YYYYMMDD, English month names; 31/12/2024 or 12/31/2024 if a day above 12 shows which.
    Amounts: numbers; currency signs, thousands separators, decimal commas if the column reads one way only.

    Rules, each counted in the summary:

    - Rows without a customer id are dropped.
    - Rows equal in every column are copies, of which the first is kept, if the log has times of day or
      purchase numbers. With dates alone they may be several purchases, and all are kept.
    - A refund (negative amount) is taken off the customer's latest purchase of that day or before, then off
      the one before. What exceeds them is dropped; a purchase refunded in full is removed.
    - Purchases of amount 0 are kept as visits.

    Raises LogError, one sentence naming column and row, for all else: an unreadable file, no or several
    fitting columns, a cell that is no date or number, a date before 1970 or to come, more than half of the
    ids missing, no purchase left.
    """
    table = open_table(log)
    given = {"customer_id": customer_id, "date": date, "amount": amount}
    names = find_columns(list(table.frame.columns), given)
    counts = dict.fromkeys(RULES, 0)
    rows = _up_to(until, _interpreted(_with_ids(table, names["customer_id"], counts), names), counts)
    purchases = _netted(_without_copies(rows, table.frame, counts), counts)
    counts |= {"purchases": len(purchases), "customers": purchases["customer_id"].nunique()}
    return Log(purchases, LogSummary(counts, rows["time"].min().date(), rows["time"].max().date()))


def _with_ids(table: Table, name: str, counts: dict[str, int]) -> Table:
    """The rows that say whose they are."""
    column = Column(table, name, "customer_id")
    missing = ~column.filled()
    lost = table.frame[missing].astype(object)
    empty = int((lost.isna() | (lost == "")).all(axis=1).sum())
    counts |= {"rows_read": len(table.frame) - empty, "empty_rows": empty, "missing_ids": len(lost) - empty}
    if not counts["rows_read"]:
        raise LogError("the log has only empty rows")
    if counts["missing_ids"] > counts["rows_read"] / 2:
        wrong = int(missing.to_numpy().argmax())
        raise column.error(wrong, f"{counts['missing_ids']:,} of {counts['rows_read']:,} rows lack an id")
    return replace(table, frame=table.frame[~missing])


def _interpreted(table: Table, names: dict[str, str]) -> pd.DataFrame:
    """The three columns that matter, by their roles, as ids, times and numbers."""
    readers = {"customer_id": ids, "date": times, "amount": amounts}
    read = {role: readers[role](Column(table, name, role)) for role, name in names.items()}
    return pd.DataFrame(read).rename(columns={"date": "time"})


def _up_to(until: str | Day | None, rows: pd.DataFrame, counts: dict[str, int]) -> pd.DataFrame:
    """The rows up to that day, it included."""
    if until is None:
        return rows
    kept = rows[rows["time"].dt.normalize() <= as_day(until)]
    if kept.empty:
        raise LogError(f"until is {until}, but the log begins on {rows['time'].min().date()}")
    counts["rows_after_until"] = len(rows) - len(kept)
    return kept


def as_day(until: str | Day) -> pd.Timestamp:
    """The midnight that begins a day. Raises LogError if it is no date."""
    try:
        return pd.Timestamp(until).tz_localize(None).normalize()
    except (ValueError, TypeError):
        raise LogError(f"until is {until!r}; allowed: a date such as 2025-01-31") from None


def _without_copies(rows: pd.DataFrame, raw: pd.DataFrame, counts: dict[str, int]) -> pd.DataFrame:
    """All rows, or the first of each set of copies where a row can be told from every other purchase."""
    copies = copied_rows(raw.loc[rows.index])
    if rows_are_single(raw, rows["time"]):
        counts["duplicates_removed"] = int(copies.sum())
        return rows[~copies]
    counts["identical_rows_kept"] = int(copies.sum())
    return rows


def _netted(rows: pd.DataFrame, counts: dict[str, int]) -> pd.DataFrame:
    """The purchases less their refunds, sorted by customer and time."""
    left, unmatched = net_refunds(rows)
    undone = (rows["amount"] > 0) & (left == 0)
    counts["zero_amounts"] = int((rows["amount"] == 0).sum())
    counts["refunds"] = int((rows["amount"] < 0).sum())
    counts["refunds_unmatched"] = int((unmatched > 0).sum())
    counts["purchases_refunded"] = int(undone.sum())
    purchases = rows.assign(amount=left)[(rows["amount"] >= 0) & ~undone]
    if purchases.empty:
        raise LogError("no purchase is left: every row is a refund or was refunded")
    return purchases.sort_values(["customer_id", "time"], kind="stable", ignore_index=True)
