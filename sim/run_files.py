"""A run as a folder: parquet tables, the scenario and seed that made them, and a manifest with checksums.

A folder appears whole or not at all, and is read only if every file is the one that was written.
"""

import hashlib
import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from sim import scenario_files
from sim.scenario import Scenario

FORMAT = 2
_MANIFEST = "manifest.json"
_SCENARIO = "scenario.toml"


class RunError(ValueError):
    """A folder that cannot be read as a run, or must not be overwritten by one."""


def write(folder: Path, scenario: Scenario, seed: int, tables: dict[str, pd.DataFrame]) -> None:
    """Write a run; an earlier run in the same folder is replaced, anything else is refused with RunError."""
    folder = folder.resolve()
    _require_replaceable(folder)
    with appearing(folder) as fresh:
        _fill(fresh, scenario, seed, tables)


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """A new hidden folder that takes the place of `folder` when all went well, and vanishes otherwise.

    What was in `folder` goes: ask first whether it may. RunError if `folder` cannot be one.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise RunError(f"{folder.parent} is not a folder; a run is saved as a folder inside one") from None
    fresh = _beside(folder)
    fresh.mkdir()
    try:
        yield fresh
        _swap(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def read(folder: Path, names: tuple[str, ...]) -> tuple[Scenario, int, dict[str, pd.DataFrame]]:
    """Scenario, seed and the tables `names` of a saved run.

    RunError says what is foreign, missing or damaged.
    """
    manifest = _manifest(folder)
    for name, checksum in manifest["files"].items():
        _require_intact(folder / name, checksum)
    missing = [name for name in names if f"{name}.parquet" not in manifest["files"]]
    if missing:
        raise RunError(f"{folder} lacks the table {missing[0]}")
    raw = {name: pd.read_parquet(folder / f"{name}.parquet") for name in names}
    tables = {name: _as_written(table, manifest["categories"][name]) for name, table in raw.items()}
    return scenario_files.load(folder / _SCENARIO), manifest["seed"], tables


def _require_replaceable(folder: Path) -> None:
    """RunError unless the folder is new, empty, or holds a saved run and nothing else: all in it will go."""
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder} is a file; choose a new or empty folder")
    present = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if present and _MANIFEST not in present:
        raise RunError(f"{folder} exists and is not a saved run; choose a new or empty folder")
    strangers = present - {_MANIFEST, *_manifest(folder)["files"]} if present else set()
    if strangers:
        raise RunError(f"{folder} holds {min(strangers)} beside a saved run; choose a new or empty folder")


def _beside(folder: Path) -> Path:
    """A free hidden name; `tempfile` would make a folder that only its owner may read."""
    return folder.with_name(f".{folder.name}-{secrets.token_hex(8)}")


def _fill(folder: Path, scenario: Scenario, seed: int, tables: dict[str, pd.DataFrame]) -> None:
    scenario_files.save(scenario, folder / _SCENARIO)
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    files = {path.name: _checksum(path) for path in sorted(folder.iterdir())}
    categories = {name: _categories(table) for name, table in tables.items()}
    content = {"seed": seed, "files": files, "categories": categories}
    manifest = {"format": FORMAT, **content, "checksum": _fingerprint(content)}
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")


def _swap(fresh: Path, folder: Path) -> None:
    """Put `fresh` where `folder` is; the old folder is moved aside first and comes back if that fails."""
    if not folder.exists():
        fresh.rename(folder)
        return
    aside = _beside(folder)
    folder.rename(aside)
    try:
        fresh.rename(folder)
    except BaseException:
        aside.rename(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _manifest(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise RunError(f"there is no folder {folder}")
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{folder} is not a saved run: it has no {_MANIFEST}") from None
    except (OSError, ValueError, RecursionError):
        raise RunError(f"{folder / _MANIFEST} is damaged: not JSON") from None
    if not isinstance(manifest, dict) or "format" not in manifest:
        raise RunError(f"{folder / _MANIFEST} is not the manifest of a run: it states no format")
    if manifest["format"] != FORMAT:
        raise RunError(f"{folder} has run format {manifest['format']!r}; this version reads {FORMAT}")
    if not _is_own(manifest):
        raise RunError(f"{folder / _MANIFEST} is damaged or was changed: its checksum is not its own")
    return manifest


def _is_own(manifest: dict[str, Any]) -> bool:
    """Whether the manifest is as we wrote it; even then it may name no file outside its folder."""
    content = {name: value for name, value in manifest.items() if name not in ("format", "checksum")}
    intact = manifest.get("checksum") == _fingerprint(content)
    return intact and all(Path(name).name == name for name in content.get("files", ()))


def _fingerprint(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _require_intact(path: Path, checksum: str) -> None:
    if not path.is_file():
        raise RunError(f"{path} is missing")
    if _checksum(path) != checksum:
        raise RunError(f"{path} is damaged or was changed: its checksum is not the one that was written")


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _categories(table: pd.DataFrame) -> dict[str, list[str]]:
    choices = table.select_dtypes("category")
    return {str(name): list(column.cat.categories) for name, column in choices.items()}


def _as_written(table: pd.DataFrame, categories: dict[str, list[str]]) -> pd.DataFrame:
    """Give columns what parquet forgets: whole seconds, and the categories of a table without rows."""
    times: dict[Any, Any] = dict.fromkeys(table.select_dtypes("datetime").columns, "datetime64[s]")
    kinds = {name: pd.CategoricalDtype(pd.Index(words, dtype=str)) for name, words in categories.items()}
    return table.astype(times | kinds)
