"""What there is, and one history of it: `scenarios`, `levers`, `run`."""

import textwrap
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer

from sim import scenario_files
from sim.cli.arguments import ScenarioName, Seed, Settings, chosen_levers, complete_scenarios
from sim.cli.output import Format, in_columns, rows, say, screen_width, show
from sim.experiments.kpi_names import KPIS
from sim.scenario import SECTIONS, Lever, Scenario
from sim.scenario import levers as all_levers

if TYPE_CHECKING:
    from sim.run import Run


def scenarios(form: Format = "table") -> None:
    """List the bundled scenarios.

    \b
    crm-sim scenarios
    crm-sim scenarios --format json
    """
    found = [scenario_files.load(str(name)) for name in scenario_files.scenarios().index]
    table = pd.DataFrame(
        {
            "name": [one.name for one in found],
            "customers": [one["acquisition.opening_customers"] for one in found],
            "months": [one["clock.months"] for one in found],
            "currency": [one.currency for one in found],
            "description": [one.description for one in found],
        }
    )
    show(form, "\n".join(map(_scenario_entry, found)), table)


def levers(
    pattern: Annotated[
        str | None,
        typer.Argument(help="A section, such as loyalty, or a part of the name, label or meaning."),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(
            metavar="SCENARIO",
            help="Show its values beside the defaults.",
            autocompletion=complete_scenarios,
        ),
    ] = None,
    form: Format = "table",
) -> None:
    """List the levers: name, value, what is allowed, meaning and source.

    \b
    crm-sim levers                       all of them
    crm-sim levers loyalty               a section
    crm-sim levers breakage              those that speak of it
    crm-sim levers clock --scenario coffee
    crm-sim levers --format csv > levers.csv
    """
    chosen = scenario_files.load(scenario) if scenario is not None else None
    found = [one for one in all_levers() if _speaks_of(one, (pattern or "").casefold())]
    if not found:
        raise ValueError(f"no lever speaks of {pattern!r}; the sections are {', '.join(SECTIONS)}")
    text = "\n".join(_lever_entry(one, chosen) for one in found)
    show(form, text, pd.DataFrame([_lever_row(one, chosen) for one in found]))


def run(
    scenario: ScenarioName,
    seed: Seed = 1,
    settings: Settings = None,
    out: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Save the run there; `crm-sim export` reads it.")
    ] = None,
    months: Annotated[bool, typer.Option("--months", help="One row a month in place of the KPIs.")] = False,
    form: Format = "table",
) -> None:
    """Simulate one history and show its key figures (KPIs).

    \b
    crm-sim run coffee
    crm-sim run coffee --seed 7 --set loyalty.points_per_unit=2 --set clock.months=12
    crm-sim run my_company.toml --out runs/first
    crm-sim run coffee --months --format csv > months.csv
    """
    from sim.run import simulate  # here, as all that it imports would delay --help

    changes = chosen_levers(settings)
    found = simulate(scenario_files.load(scenario).change(changes), seed)
    say(str(found))
    if out is not None:
        say(f"saved in {found.save(out)}")
    if months:
        show(form, _months_text(found.months), found.months)
    else:
        _show_kpis(form, found)


def _show_kpis(form: Format, found: "Run") -> None:
    values = found.kpis()
    row = pd.DataFrame([{"scenario": found.scenario.name, "seed": found.seed, **values}])
    data = {"scenario": found.scenario.name, "seed": found.seed, "kpis": rows(values.to_frame().T)[0]}
    show(form, _kpis_text(values, found.scenario.currency), row, data)


def _kpis_text(values: "pd.Series[float]", currency: str) -> str:
    lines = {name: (kpi.number(values[name]), kpi.unit_text(currency)) for name, kpi in KPIS.items()}
    table = pd.DataFrame.from_dict(lines, orient="index", columns=["value", "unit"])
    return in_columns(table, left=("unit",))


def _months_text(months: pd.DataFrame) -> str:
    numbers = months.set_index(months["month"].dt.strftime("%Y-%m")).drop(columns="month")
    return in_columns(numbers.map(lambda value: "none" if pd.isna(value) else f"{value:,.6g}"))


def _scenario_entry(one: Scenario) -> str:
    size = f"{one['acquisition.opening_customers']:,} customers, {one['clock.months']} months, {one.currency}"
    return f"{one.name:<10} {size}\n{_indented(one.description)}"


def _speaks_of(lever: Lever, pattern: str) -> bool:
    if pattern in SECTIONS:
        return lever.name.startswith(f"{pattern}.")
    return any(pattern in text.casefold() for text in (lever.name, lever.label, lever.what))


def _lever_entry(lever: Lever, scenario: Scenario | None) -> str:
    value = lever.default if scenario is None else scenario[lever.name]
    default = "" if value == lever.default else f" (default {lever.default})"
    head = f"{lever.name} = {value}{default}; allowed: {lever.allowed}"
    return "\n".join(
        [
            _filled(head, "", "    "),
            _indented(f"{lever.label}: {lever.what}"),
            _indented(f"Source: {lever.source}"),
        ]
    )


def _indented(text: str) -> str:
    return _filled(text, "    ", "    ")


def _filled(text: str, first: str, later: str) -> str:
    width = screen_width()
    return textwrap.fill(text, width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False)


def _lever_row(lever: Lever, scenario: Scenario | None) -> dict[str, Any]:
    own = {} if scenario is None else {"value": scenario[lever.name]}
    return {
        "name": lever.name,
        **own,
        "default": lever.default,
        "low": lever.low,
        "high": lever.high,
        "unit": lever.unit,
        "choices": " | ".join(lever.choices),
        "label": lever.label,
        "meaning": lever.what,
        "source": lever.source,
        "cell": lever.cell,
    }
