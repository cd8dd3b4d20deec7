"""What several commands take: scenarios, levers and their values, KPIs; each with its completion."""

import math
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from sim import scenario_files
from sim.experiments.kpi_names import KPIS, require_kpi
from sim.scenario import Lever, Scenario, ScenarioError, levers

LARGEST_SEED = 2**64 - 1
MOST_REPLICATIONS = 100_000


def complete_scenarios(incomplete: str) -> list[tuple[str, str]]:
    names = scenario_files.scenarios()
    return [(str(name), what) for name, what in names.items() if str(name).startswith(incomplete)]


def _lever_names(incomplete: str) -> list[tuple[str, str]]:
    return [(f"{one.name}=", one.label) for one in levers() if one.name.startswith(incomplete)]


def _kpi_names(incomplete: str) -> list[tuple[str, str]]:
    return [(name, kpi.label) for name, kpi in KPIS.items() if name.startswith(incomplete)]


_WHICH = "A bundled scenario, or the path of your own .toml file."
ScenarioName = Annotated[
    str,
    typer.Argument(metavar="SCENARIO", help=_WHICH, autocompletion=complete_scenarios, show_default=False),
]
ScenarioNames = Annotated[
    list[str],
    typer.Argument(metavar="SCENARIO", help=_WHICH, autocompletion=complete_scenarios, show_default=False),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="LEVER=VALUE",
        help="Set a lever; may be given several times. `crm-sim levers` lists them.",
        autocompletion=_lever_names,
    ),
]
Kpis = Annotated[
    list[str] | None,
    typer.Option("--kpi", metavar="KPI", help="Show only this; several times.", autocompletion=_kpi_names),
]
Seed = Annotated[
    int, typer.Option(min=0, max=LARGEST_SEED, metavar="N", help="The world: same seed, same luck.")
]
Replications = Annotated[
    int, typer.Option(min=1, max=MOST_REPLICATIONS, metavar="N", help="Runs of each world.")
]
Store = Annotated[
    str | None,
    typer.Option(metavar="FOLDER", help="Keep finished runs there; the same call again does not redo them."),
]
Jobs = Annotated[
    int | None, typer.Option(min=1, max=1024, metavar="N", help="Processes at a time.", show_default=False)
]


Precision = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KPI=HALFWIDTH",
        help="Stop when the interval of the KPI is so narrow, in its unit; --replications is then the most.",
    ),
]


def chosen_levers(settings: Iterable[str] | None) -> dict[str, Any]:
    """The levers of `--set LEVER=VALUE`, each read as its declaration says.

    Raises ScenarioError for what is no such text, for an unknown lever, and for a value of the wrong kind.
    """
    pairs = _pairs(settings or (), "--set", "loyalty.points_per_unit=2")
    return {name: lever_value(name, text) for name, text in pairs.items()}


def lever_axes(axes: Iterable[str], with_ranges: bool) -> dict[str, list[Any] | tuple[Any, ...]]:
    """The values of `--lever LEVER=VALUE,VALUE`, or the two ends of `--lever LEVER=LOW..HIGH`.

    Raises ScenarioError as `chosen_levers`, and for a range unless there may be some.
    """
    pairs = _pairs(axes, "--lever", "loyalty.points_per_unit=0,1,2")
    return {name: _axis(name, text, with_ranges) for name, text in pairs.items()}


def _axis(name: str, text: str, with_ranges: bool) -> list[Any] | tuple[Any, ...]:
    if ".." not in text:
        return [lever_value(name, one.strip()) for one in text.split(",")]
    if not with_ranges:
        raise ScenarioError(f"--lever {name} is {text!r}; allowed without --points: values, such as 0,1,2")
    return tuple(lever_value(name, one.strip()) for one in text.split("..", 1))


def lever_value(name: str, text: str) -> Any:
    """A value as the lever's declaration reads it."""
    lever = _lever(name)
    try:
        return _READERS.get(lever.kind, str)(text)
    except ValueError:
        raise ScenarioError(f"{name} is {text!r}; allowed: {lever.allowed}") from None


def chosen_kpis(names: Iterable[str] | None) -> list[str]:
    """The KPIs asked for, or all. Raises ValueError for one that there is not."""
    for name in names or ():
        require_kpi(name)
    return list(dict.fromkeys(names or KPIS))


def half_widths(texts: Iterable[str] | None) -> dict[str, float] | None:
    """The half-widths of `--precision KPI=HALFWIDTH`, in the KPI's unit."""
    pairs = _pairs(texts or (), "--precision", "clv=0.5")
    chosen_kpis(pairs)
    return {name: _above_zero(name, text) for name, text in pairs.items()} or None


def new_file(path: str, ending: str) -> Path:
    """Where a file is to be written; said before hours of work. Makes the folder it is to be in.

    Raises ValueError for another ending and where there can be no such file, OSError if it is forbidden.
    """
    file = Path(path)
    if file.suffix.lower() != ending:
        raise ValueError(f"{path!r} cannot be written; allowed: a file that ends in {ending}")
    if file.is_dir():
        raise ValueError(f"{path!r} is a folder; name a file")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ValueError(f"{path!r} cannot be written: {str(file.parent)!r} is not a folder") from None
    return file


def _above_zero(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise ValueError(f"--precision {name} is {text!r}; allowed: a number above 0, in the unit of the KPI")
    return value


def _whole(text: str) -> float:
    """A whole number; one that is none is left to the scenario to refuse."""
    return int(text) if text.strip().lstrip("+-").isdecimal() else float(text)


_READERS: Mapping[Any, Any] = {int: _whole, float: float, date: date.fromisoformat}


def _lever(name: str) -> Lever:
    Scenario()[name]  # refuses an unknown name with a suggestion
    return next(one for one in levers() if one.name == name)


def _pairs(texts: Iterable[str], option: str, example: str) -> dict[str, str]:
    """Names and values of an option that may be given several times, each name once."""
    found: dict[str, str] = {}
    for text in texts:
        name, _, value = (part.strip() for part in text.partition("="))
        if not (name and value):
            raise ScenarioError(f"{option} is {text!r}; allowed: a name and a value, such as {example}")
        if name in found:
            raise ScenarioError(f"{option} {name} is given twice; give it once")
        found[name] = value
    return found
