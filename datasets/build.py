"""Rebuild the data sets of this folder, byte for byte: `python datasets/build.py`.

Each world is written as CSV (UTF-8, comma, ISO times, an empty cell is a missing value) and as parquet, with
a datapackage.json by the Frictionless Data Package standard, made from `dictionary.csv`: what every column
means, and the SHA-256 of every file. The bytes of parquet are those of the pyarrow in requirements.lock.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd

import sim

HERE = Path(__file__).parent
DICTIONARY = HERE / "dictionary.csv"
KEYS = {
    "customers": "customer_id",
    "truth": "customer_id",
    "transactions": "transaction_id",
    "leads": "lead_id",
    "tickets": "ticket_id",
    "months": "month",
}
WORLDS: dict[str, tuple[dict[str, object], int]] = {
    "coffee": ({"acquisition.opening_customers": 250, "clock.months": 12}, 2025),
    "telco": (
        {
            "acquisition.opening_customers": 400,
            "acquisition.organic_leads_per_month": 25,
            "acquisition.paid_spend_per_month": 700,
            "clock.months": 24,
        },
        2025,
    ),
}
"""By scenario: how a small world differs from it, and its seed."""
TITLES = {
    "coffee": "A chain of coffee bars with a loyalty card: simulated, clean",
    "telco": "A telephone company with contracts and a service desk: simulated, clean",
}
CURRENCIES = {name: sim.load(name).currency for name in WORLDS}
FORMATS = {"datetime": "%Y-%m-%d %H:%M:%S", "date": "%Y-%m-%d"}


def shop_log() -> pd.DataFrame:
    """What an online shop would export: customer_id, date, amount of 1,000 customers in 18 months."""
    shop = sim.load("retail").base().change({"acquisition.opening_customers": 1000})
    sales = sim.simulate(shop, seed=1997).transactions
    return pd.DataFrame(
        {"customer_id": sales["customer_id"], "date": sales["time"].dt.date, "amount": sales["paid"]}
    )


def world_tables(name: str) -> dict[str, pd.DataFrame]:
    """The tables of a bundled company, small; only columns that the dictionary explains."""
    changes, seed = WORLDS[name]
    run = sim.simulate(sim.load(name).change(changes), seed)
    explained = _dictionary().groupby("table", sort=False)["column"].apply(list)
    tables = {**run.tables, "months": run.months}
    return {name: tables[name][columns] for name, columns in explained.items() if len(tables[name])}


def build(folder: Path) -> None:
    """Write all data sets into a folder."""
    shop_log().to_csv(folder / "shop_log.csv", index=False, lineterminator="\n")
    for name in WORLDS:
        _write_world(name, folder / name)


def _write_world(name: str, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    resources = []
    for table, rows in world_tables(name).items():
        _as_texts(table, rows).to_csv(folder / f"{table}.csv", index=False, lineterminator="\n")
        rows.to_parquet(folder / f"{table}.parquet", index=False, compression="zstd")
        resources.append(_resource(table, folder, CURRENCIES[name]))
    package = {
        "profile": "tabular-data-package",
        "name": f"crm-flight-simulator-{name}",
        "title": TITLES[name],
        "description": "Nobody in it is real. The table truth holds what no company sees: check with it.",
        "licenses": [{"name": "MIT"}],
        "resources": resources,
    }
    text = json.dumps(package, indent=1) + "\n"
    (folder / "datapackage.json").write_text(text, encoding="utf-8", newline="\n")


def _as_texts(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with times in the format that the package declares."""
    kinds = _columns_of(table).set_index("column")["type"]
    texts = {one: rows[one].dt.strftime(FORMATS[kind]) for one, kind in kinds.items() if kind in FORMATS}
    return rows.assign(**texts)


def _resource(table: str, folder: Path, currency: str) -> dict[str, Any]:
    csv, parquet = (_file(folder / f"{table}.{form}") for form in ("csv", "parquet"))
    return {
        "profile": "tabular-data-resource",
        "name": table,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        **csv,
        "parquet": parquet,
        "schema": _schema(table, currency),
    }


def _file(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return {"path": path.name, "bytes": len(content), "hash": f"sha256:{digest}"}


def _schema(table: str, currency: str) -> dict[str, Any]:
    fields = [_field(row, currency) for row in _columns_of(table).itertuples()]
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    if table in KEYS:
        schema["primaryKey"] = KEYS[table]
    if table not in ("customers", "months"):
        there = {"resource": "customers", "fields": "customer_id"}
        schema["foreignKeys"] = [{"fields": "customer_id", "reference": there}]
    return schema


def _field(row: Any, currency: str) -> dict[str, Any]:
    field = {"name": row.column, "type": row.type, "description": row.description}
    if row.type in FORMATS:
        field["format"] = FORMATS[row.type]
    if row.unit:
        field["unit"] = currency if row.unit == "currency" else row.unit
    return field


def _dictionary() -> pd.DataFrame:
    return pd.read_csv(DICTIONARY, keep_default_na=False)


def _columns_of(table: str) -> pd.DataFrame:
    dictionary = _dictionary()
    return dictionary[dictionary["table"] == table]


if __name__ == "__main__":
    build(HERE)
