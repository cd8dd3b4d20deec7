"""A folder of finished runs, so that an experiment that was stopped goes on where it was.

The KPIs of a run are one small parquet file, `<engine>/<scenario>/<seed>.parquet`. Nothing is ever rewritten,
so several processes and experiments may use a folder at once; which file a run has is known beforehand, so
nothing is searched. A file takes about a millisecond to read; the run in it took hundreds.
"""

import hashlib
import json
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.experiments.fingerprint import content, engine
from sim.experiments.paired import Floats
from sim.experiments.workers import Job, Outcome
from sim.scenario_files import replacing

_CHECKSUM = b"checksum"


class Store:
    """The finished runs of some jobs, by content of the scenario, seed and engine.

    ValueError if `folder` is a file or cannot be made.
    """

    def __init__(self, folder: str | Path, jobs: Mapping[int, Job]) -> None:
        self.folder = Path(folder)
        place = self.folder / engine()
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            allowed = f"a folder to write to ({error.strerror})"
            raise ValueError(f"store is {str(folder)!r}; allowed: {allowed}") from None
        scenarios = {id(job.scenario): job.scenario for job in jobs.values()}
        places = {key: place / content(scenario) for key, scenario in scenarios.items()}
        self._paths = {key: places[id(job.scenario)] / f"{job.seed}.parquet" for key, job in jobs.items()}

    def find(self) -> dict[int, Outcome]:
        """The outcomes that are there. A damaged file counts as not there, with a warning."""
        found, damaged = {}, []
        for key, path in self._paths.items():
            try:
                found[key] = Outcome(key, _read(path))
            except FileNotFoundError:
                continue
            except (OSError, ValueError, LookupError, pa.ArrowException):
                damaged.append(str(path.relative_to(self.folder)))
        if damaged:
            text = f"damaged in {self.folder}, so their runs are done again: {', '.join(damaged)}"
            warnings.warn(text, stacklevel=2)
        return found

    def keep(self, outcome: Outcome) -> None:
        """Write a run that did not fail. If it cannot be written there is a warning, and all goes on."""
        if outcome.error is not None:
            return
        path = self._paths[outcome.key]
        try:
            path.parent.mkdir(exist_ok=True)
            with replacing(path) as temporary:
                _write(temporary, path, outcome.summary)
        except OSError as error:
            text = f"finished runs cannot be kept in {self.folder} ({error.strerror})"
            warnings.warn(text, stacklevel=2)


def _write(file: Path, path: Path, kpis: dict[str, float]) -> None:
    """Two columns, whatever there is to store: a file of one row and 24 columns is seven times as large."""
    values = np.array(list(kpis.values()), np.float64)
    table = pa.table({"kpi": pa.array(list(kpis), pa.string()), "value": values})
    checksum = _checksum(path, list(kpis), values)
    pq.write_table(table.replace_schema_metadata({_CHECKSUM: checksum}), file)


def _read(path: Path) -> dict[str, float]:
    """FileNotFoundError if there is none; any other OSError, ValueError or LookupError if it is damaged."""
    with pq.ParquetFile(path) as file:
        table = file.read(use_threads=False)
    names, values = table["kpi"].to_pylist(), table["value"].to_numpy()
    if (table.schema.metadata or {})[_CHECKSUM] != _checksum(path, names, values):
        raise ValueError(f"{path} is damaged: its checksum is not its own")
    return dict(zip(names, values.tolist(), strict=True))


def _checksum(path: Path, names: list[str], values: Floats) -> bytes:
    """Of the content and the file's own place: the KPIs of one run are not taken for those of another."""
    place = [path.parent.name, path.name, *names]
    return hashlib.sha256(json.dumps(place).encode() + values.tobytes()).hexdigest().encode()
