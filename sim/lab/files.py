"""Files in and out of a browser: uploaded scenarios, tables as one zip, links to download by."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

import pandas as pd

from sim import scenario_files
from sim.records.csv_files import as_text
from sim.run import Run
from sim.scenario import Scenario, ScenarioError

MOST_LINKED_BYTES = 1_500_000
"""What a link may hold: a Jupyter server drops messages of more than about 1 MB a second for long."""


def uploaded_scenario(files: Mapping[str, bytes]) -> Scenario:
    """The scenario in one uploaded .toml file; its .parquet file of starting customers may come with it.

    ScenarioError in one sentence for no or several .toml files, and for what cannot be read or be.
    """
    names = [Path(name).name for name in files]
    scenarios = [name for name in names if name.endswith(".toml")]
    if len(scenarios) != 1:
        told = ", ".join(names) or "nothing"
        raise ScenarioError(f"uploaded: {told}; allowed: one .toml file, and the .parquet file beside it")
    with TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / Path(name).name).write_bytes(content)
        return scenario_files.load(Path(folder) / scenarios[0])


def toml_text(scenario: Scenario) -> str:
    """The scenario as `sim.save` writes it."""
    with TemporaryDirectory() as folder:
        return scenario_files.save(scenario, Path(folder) / "scenario.toml").read_text(encoding="utf-8")


def tables_zip(run: Run, path: str | Path) -> Path:
    """Write all tables of a run, safe for spreadsheets, and its scenario as one .zip file; returns the path.

    The CSV files are those of `sim.records.export`. The file is written whole, then renamed into place.
    """
    for _ in zipping(run, path):
        pass
    return Path(path)


def zipping(run: Run, path: str | Path) -> Iterator[float]:
    """The same in steps; each yields the share done. Who does not go on, leaves no file behind."""
    path = Path(path)
    if path.suffix != ".zip":
        raise ValueError(f"tables are written as a .zip file; got {path.name!r}")
    kpis = pd.DataFrame([{"scenario": run.scenario.name, "seed": run.seed, **run.kpis()}])
    tables = {**run.tables, "ledger": run.ledger, "months": run.months, "kpis": kpis}
    with scenario_files.replacing(path) as fresh, ZipFile(fresh, "w", ZIP_DEFLATED) as archive:
        archive.writestr("scenario.toml", toml_text(run.scenario))
        for place, (name, table) in enumerate(tables.items(), start=1):
            archive.writestr(f"{name}.csv", as_text(table).encode("utf-8-sig"))
            yield place / (len(tables) + 1)
    yield 1.0


def saving(run: Run, folder: str | Path) -> Iterator[float]:
    """`Run.save` in two steps."""
    yield 0.1
    run.save(folder)
    yield 1.0


def download_link(name: str, content: bytes, words: str) -> str:
    """HTML of a link by which a browser keeps the content as a file; it holds the content and asks nobody."""
    data = b64encode(content).decode()
    address = f"data:application/octet-stream;base64,{data}"
    return f'<a class="crm-download" download="{escape(name)}" href="{address}">{escape(words)}</a>'
