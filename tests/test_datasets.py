"""The data sets of the repository are what their script writes."""

import runpy
from pathlib import Path

DATASETS = Path(__file__).parents[1] / "datasets"


def test_the_data_sets_are_rebuilt_byte_for_byte(tmp_path: Path) -> None:
    runpy.run_path(str(DATASETS / "build.py"))["build"](tmp_path)
    rebuilt = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    stored = {path.name: path.read_bytes() for path in DATASETS.glob("*.csv")}
    assert rebuilt == stored
