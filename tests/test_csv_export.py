"""A run as CSV files: all of it, the same numbers, safe in a spreadsheet, whole or not at all."""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim import Run, RunError
from sim.records import csv_files, export
from sim.records.csv_files import as_text, write_csv
from sim.run import TABLES
from sim.starting import StartingCustomers

SMALL = sim.load("coffee").change({"acquisition.opening_customers": 30, "clock.months": 2})
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@pytest.fixture(scope="module")
def run() -> Run:
    return sim.simulate(SMALL, 2**64 - 1)


@pytest.fixture(scope="module")
def folder(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(run, tmp_path_factory.mktemp("é exports") / "new" / "tables")


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_the_folder_holds_every_table_the_kpis_and_the_scenario_and_nothing_else(folder: Path) -> None:
    names = {f"{name}.csv" for name in (*TABLES, "ledger", "months", "kpis")}
    assert {path.name for path in folder.iterdir()} == names | {"scenario.toml"}
    assert sim.load(folder / "scenario.toml") == SMALL


@pytest.mark.parametrize("name", [*TABLES, "ledger", "months"])
def test_every_number_time_and_text_comes_back(name: str, run: Run, folder: Path) -> None:
    table = getattr(run, name) if name in ("ledger", "months") else run.tables[name]
    back = pd.read_csv(folder / f"{name}.csv", dtype=str)
    assert list(back.columns) == list(table.columns)
    for column in table:
        found, expected = back[column], table[column]
        assert (found.isna() == expected.isna()).all()
        assert read(found.dropna(), expected.dtype) == expected.dropna().tolist()


def read(texts: pd.Series, kind: object) -> list[object]:
    """The texts as what the column held; Python reads back every digit of a number, pandas 2 does not."""
    if pd.api.types.is_datetime64_dtype(kind):
        return [pd.Timestamp(one) for one in texts]
    if pd.api.types.is_bool_dtype(kind):
        return [one == "True" for one in texts]
    if pd.api.types.is_integer_dtype(kind):
        return [int(one) for one in texts]
    return [float(one) for one in texts] if pd.api.types.is_float_dtype(kind) else texts.tolist()


def test_the_kpis_are_one_row_with_the_scenario_and_the_seed(run: Run, folder: Path) -> None:
    header, row = cells((folder / "kpis.csv").read_text(encoding="utf-8-sig"))
    assert dict(zip(header[:2], row[:2], strict=True)) == {"scenario": "coffee", "seed": str(2**64 - 1)}
    found = dict(zip(header[2:], row[2:], strict=True))
    assert {name: float(text or "nan") for name, text in found.items()} == pytest.approx(
        run.kpis().to_dict(), rel=0, abs=0, nan_ok=True
    )


def test_a_world_in_which_nothing_happens_has_tables_with_a_header_only(tmp_path: Path) -> None:
    nobody = SMALL.change(
        {
            "acquisition.opening_customers": 0,
            "acquisition.organic_leads_per_month": 0,
            "acquisition.paid_spend_per_month": 0,
        }
    )
    found = export(sim.simulate(nobody), tmp_path / "nobody")
    assert cells((found / "transactions.csv").read_text(encoding="utf-8-sig"))[1:] == []
    assert len(cells((found / "months.csv").read_text(encoding="utf-8-sig"))) == 3


def test_customers_taken_over_from_a_log_go_with_the_scenario(tmp_path: Path) -> None:
    known = {
        "customer_id": ["=cmd()", "b", "c"],
        "first_purchase": pd.to_datetime(["2024-01-01", "2024-01-09", "2024-02-01"]),
        "repeat_purchases": [0, 2, 26],
        "last_purchase_weeks": [0.0, 5.25, 30.857],
        "observed_weeks": [39.0, 38.0, 31.0],
        "repeat_amount_mean": [np.nan, 12.5, 35.22],
        "alive_probability": [1.0, 0.25, 0.9689],
    }
    taken_over = sim.Scenario(**{**dict(SMALL), "starting_customers": StartingCustomers(pd.DataFrame(known))})
    found = export(sim.simulate(taken_over), tmp_path / "tables")
    assert sim.load(found / "scenario.toml") == taken_over
    ids = {row[0] for row in cells((found / "customers.csv").read_text(encoding="utf-8-sig"))}
    assert "'=cmd()" in ids
    assert "=cmd()" not in ids


@given(st.lists(st.text(st.sampled_from([*FORMULAS, "'", '"', ",", ";", "a", "1"]), max_size=4), min_size=1))
def test_no_text_can_be_taken_for_a_formula_and_each_can_be_read_back(texts: list[str]) -> None:
    table = pd.DataFrame({"text": texts, "choice": pd.Categorical(texts), "number": -1.5})
    header, *rows = cells(as_text(table))
    assert header == ["text", "choice", "number"]
    for text, (found, choice, number) in zip(texts, rows, strict=True):
        assert not found.startswith(FORMULAS)
        assert found == choice == ("'" + text if text.startswith(FORMULAS) else text)
        assert number == "-1.5"


def test_a_line_end_inside_a_text_does_not_begin_a_row() -> None:
    assert as_text(pd.DataFrame({"a": ["x\r=1+1", "x\n=1+1"]})) == 'a\r\n"x\r=1+1"\r\n"x\n=1+1"\r\n'


def test_a_column_is_no_formula_either() -> None:
    assert as_text(pd.DataFrame({"=a": [1]})) == "'=a\r\n1\r\n"


def test_missing_values_are_empty_and_whole_numbers_stay_whole() -> None:
    table = pd.DataFrame(
        {
            "text": ["a", None],
            "whole": pd.array([2**53 + 1, pd.NA], "Int64"),
            "time": pd.to_datetime(["2025-01-31 23:59:58", None]),
            "truth": [True, False],
        }
    )
    assert cells(as_text(table))[1:] == [
        ["a", str(2**53 + 1), "2025-01-31 23:59:58", "True"],
        ["", "", "", "False"],
    ]


def test_excel_knows_the_file_as_utf_8(tmp_path: Path) -> None:
    write_csv(pd.DataFrame({"product": ["Café"]}), tmp_path / "one.csv")
    assert (tmp_path / "one.csv").read_bytes() == "\ufeffproduct\r\nCafé\r\n".encode()


def test_what_fails_midway_leaves_nothing_behind(run: Run, tmp_path: Path, monkeypatch) -> None:
    def fail_at_points(table: pd.DataFrame, path: Path) -> None:
        if path.name == "points.csv":
            raise OSError(28, "No space left on device")
        write_csv(table, path)

    monkeypatch.setattr(csv_files, "write_csv", fail_at_points)
    with pytest.raises(OSError, match="No space"):
        export(run, tmp_path / "tables")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_filled_and_one_with_anything_in_it_is_refused(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    assert export(run, folder) == folder.resolve()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(RunError, match="tables is not empty; choose a new or empty folder"):
        export(run, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_file_is_no_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(RunError, match="file is a file"):
        export(run, tmp_path / "file")
    with pytest.raises(RunError, match="file is not a folder"):
        export(run, tmp_path / "file" / "tables")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"
