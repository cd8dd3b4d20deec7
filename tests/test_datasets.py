"""The data sets of the repository: rebuilt byte for byte, described column by column, readable anywhere."""

import hashlib
import json
import runpy
import shutil
from pathlib import Path

import frictionless
import pandas as pd
import pytest

DATASETS = Path(__file__).parents[1] / "datasets"
WORLDS = ["coffee", "telco"]
BUILT = (".csv", ".parquet", ".json")


def built_files(folder: Path) -> dict[str, bytes]:
    found = [path for path in folder.rglob("*") if path.suffix in BUILT and path.name != "dictionary.csv"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_the_data_sets_are_rebuilt_byte_for_byte(tmp_path: Path) -> None:
    runpy.run_path(str(DATASETS / "build.py"))["build"](tmp_path)
    rebuilt, stored = built_files(tmp_path), built_files(DATASETS)
    assert sorted(rebuilt) == sorted(stored)
    assert [name for name in rebuilt if rebuilt[name] != stored[name]] == []


@pytest.mark.parametrize("world", WORLDS)
def test_package_and_files_satisfy_the_frictionless_standard(world: str) -> None:
    report = frictionless.validate(str(DATASETS / world / "datapackage.json"))
    assert report.valid, report.flatten(["fieldName", "rowNumber", "message"])[:5]


@pytest.mark.parametrize("world", WORLDS)
def test_every_checksum_of_a_package_is_that_of_its_file(world: str) -> None:
    folder = DATASETS / world
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    files = [file for resource in package["resources"] for file in (resource, resource["parquet"])]
    assert {folder / file["path"] for file in files} | {folder / "datapackage.json"} == set(folder.iterdir())
    for file in files:
        content = (folder / file["path"]).read_bytes()
        assert (f"sha256:{hashlib.sha256(content).hexdigest()}", len(content)) == (
            file["hash"],
            file["bytes"],
        )


@pytest.mark.parametrize("world", WORLDS)
def test_csv_and_parquet_hold_the_same(world: str) -> None:
    for parquet in (DATASETS / world).glob("*.parquet"):
        exact = pd.read_parquet(parquet)
        texts = exact.select_dtypes("category").columns
        exact[texts] = exact[texts].astype(object)
        exact = exact.astype(dict.fromkeys(exact.select_dtypes("Int64"), float))
        times = exact.select_dtypes("datetime").columns.to_list()
        read = pd.read_csv(parquet.with_suffix(".csv"), parse_dates=times).astype(exact.dtypes[times])
        pd.testing.assert_frame_equal(read, exact, check_dtype=False, check_exact=False, rtol=1e-12)


@pytest.mark.parametrize("world", WORLDS)
def test_a_read_only_copy_in_a_folder_with_spaces_and_accents_is_read(world: str, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(DATASETS / world, tmp_path / "Données du cours" / world))
    for path in copy.iterdir():
        path.chmod(0o444)
    customers = pd.read_csv(copy / "customers.csv")
    sales = pd.read_parquet(copy / "transactions.parquet")
    assert set(sales["customer_id"]) <= set(customers["customer_id"])


def test_the_points_of_a_member_are_what_is_left_of_the_movements() -> None:
    points = pd.read_csv(DATASETS / "coffee" / "points.csv")
    balance = pd.read_csv(DATASETS / "coffee" / "customers.csv").set_index("customer_id")["points_balance"]
    moved = points[points["type"] != "activate"].groupby("customer_id")["points"].sum()
    assert (balance == moved.reindex(balance.index, fill_value=0)).all()
