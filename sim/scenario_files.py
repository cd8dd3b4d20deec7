"""Scenarios as TOML files: data, never code. Comments of a file survive loading, changing and saving."""

import os
import secrets
import tomllib
from pathlib import Path

import pandas as pd
import tomlkit

from sim.scenario import SECTIONS, Scenario, ScenarioError, levers
from sim.starting import StartingCustomers

_FOLDER = Path(__file__).parent / "scenarios"


def scenarios() -> "pd.Series[str]":
    """The bundled scenarios: one-line descriptions indexed by name."""
    found = {path.stem: load(path).description for path in sorted(_FOLDER.glob("*.toml"))}
    return pd.Series(found, name="description")


def load(name_or_path: str | Path) -> Scenario:
    """A bundled scenario by its name, or one of your own by the path of its .toml file.

    Raises ScenarioError with one sentence when there is no such scenario, when the file is not TOML, or when
    a lever in it is unknown or impossible.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        names = [one.stem for one in sorted(_FOLDER.glob("*.toml"))]
        if str(path) not in names:
            known = ", ".join(names)
            raise ScenarioError(f"no scenario {str(name_or_path)!r}; there are {known}, or give a .toml path")
        path = _FOLDER / f"{path}.toml"
    return _read(path)


def save(scenario: Scenario, path: str | Path) -> Path:
    """Write a scenario, and its starting customers beside it if it has any; returns the path.

    Both files are written whole and then renamed into place, so a crash leaves the old file or the new one.
    """
    path = Path(path)
    if path.suffix != ".toml":
        raise ScenarioError(f"a scenario is saved as a .toml file; got {path.name!r}")
    path.parent.mkdir(parents=True, exist_ok=True)
    document = _document(scenario)
    beside = path.with_name(f"{path.stem}.customers.parquet")
    if scenario.starting_customers is not None:
        document["starting_customers"] = beside.name
    with replacing(path) as toml:
        toml.write_text(tomlkit.dumps(document), encoding="utf-8", newline="\n")
        if scenario.starting_customers is not None:
            with replacing(beside) as parquet:
                scenario.starting_customers.save(parquet)
    return path


class replacing:
    """Context manager: a temporary path beside `target` that takes its place when all went well.

    The name is our own because `tempfile` makes files that only their owner may read.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._temporary = target.with_name(f".{secrets.token_hex(8)}{target.suffix}")

    def __enter__(self) -> Path:
        return self._temporary

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                os.replace(self._temporary, self._target)
        finally:
            self._temporary.unlink(missing_ok=True)


def _read(path: Path) -> Scenario:
    try:
        text = path.read_text(encoding="utf-8-sig")
        values = tomllib.loads(text)  # ten times as fast as tomlkit, which is for writing
    except FileNotFoundError:
        raise ScenarioError(f"there is no file {path}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ScenarioError(f"{path.name} cannot be read as TOML: {error}") from None
    if "starting_customers" in values:
        values["starting_customers"] = _customers_beside(path, values["starting_customers"])
    scenario = Scenario(**{"name": path.stem, **values})
    scenario._toml = text
    return scenario


def _customers_beside(path: Path, name: object) -> StartingCustomers:
    if not isinstance(name, str) or Path(name).name != name or not name.endswith(".parquet"):
        allowed = f"the name of a parquet file beside {path.name}"
        raise ScenarioError(f"starting_customers is {name!r}; allowed: {allowed}")
    try:
        return StartingCustomers.load(path.with_name(name))
    except (OSError, ValueError) as error:
        raise ScenarioError(f"starting_customers {name!r} cannot be read: {error}") from None


def _document(scenario: Scenario) -> tomlkit.TOMLDocument:
    """The scenario's own document with every lever brought up to date; levers it lacked get a comment."""
    document = tomlkit.parse(scenario._toml)
    for name in ("name", "description", "currency"):
        _put(document, name, getattr(scenario, name))
    for section in SECTIONS:
        if not isinstance(document.get(section), tomlkit.items.Table):
            document.pop(section, None)  # an inline or scattered table cannot take comments: written anew
            document.add(section, tomlkit.table())
    for one in levers():
        section, _, field = one.name.partition(".")
        _put(document[section], field, scenario[one.name], f"{one.label}: {one.allowed}")
    _put_tables(document, "ladder", [rung.model_dump() for rung in scenario.ladder])
    _put_tables(document, "changes", [{"month": one.month, **one.levers} for one in scenario.changes])
    if scenario.calibration is not None:
        document["calibration"] = scenario.calibration.model_dump(mode="python")
    return document


def _put_tables(document: tomlkit.TOMLDocument, name: str, values: list[dict[str, object]]) -> None:
    """Write an array of tables, such as [[ladder]], unless the file's own, with comments, says the same."""
    if [_dotted(one) for one in document.unwrap().get(name, [])] == values:
        return
    document.pop(name, None)
    tables = tomlkit.aot()
    for one in values:
        tables.append(tomlkit.item(one))
    if values:
        document.add(name, tables)


def _dotted(table: dict[str, object]) -> dict[str, object]:
    """A table whose tables within are written as dotted names."""
    flat: dict[str, object] = {}
    for key, value in table.items():
        flat |= (
            {f"{key}.{field}": one for field, one in value.items()}
            if isinstance(value, dict)
            else {key: value}
        )
    return flat


def _put(table: object, key: str, value: object, comment: str = "") -> None:
    """Set a value where it differs, so that the file's own comments and number formats stay."""
    assert isinstance(table, tomlkit.TOMLDocument | tomlkit.items.Table)
    if key in table and table[key] == value:
        return
    is_new = key not in table
    table[key] = value
    if is_new and comment:
        table[key].comment(comment)
