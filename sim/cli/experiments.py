"""Many histories with the same luck: `compare`, `sweep`."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

import pandas as pd
import typer

from sim import scenario_files
from sim.cli.arguments import (
    Jobs,
    Kpis,
    Precision,
    Replications,
    ScenarioName,
    ScenarioNames,
    Seed,
    Settings,
    Store,
    chosen_kpis,
    chosen_levers,
    half_widths,
    lever_axes,
    new_file,
)
from sim.cli.output import FAILED, Format, in_columns, one_line, rows, say, show
from sim.experiments.errors import ExperimentInterrupted
from sim.experiments.kpi_names import KPIS, Kpi
from sim.records.csv_files import write_csv
from sim.scenario import Scenario

if TYPE_CHECKING:
    from sim.experiments.comparison import Comparison
    from sim.experiments.sweep import Sweep


def compare(  # noqa: PLR0913  every option is a question of its own
    scenarios: ScenarioNames,
    settings: Settings = None,
    replications: Replications = 30,
    seed: Seed = 1,
    precision: Precision = None,
    kpi: Kpis = None,
    report: Annotated[
        str | None, typer.Option(metavar="FILE.html", help="Write a report for the board there.")
    ] = None,
    store: Store = None,
    jobs: Jobs = None,
    form: Format = "table",
) -> None:
    """Compare scenarios in which the same customers live with the same luck; the first is the baseline.

    With --set the first scenario with these levers is one more of them.

    \b
    crm-sim compare coffee --set loyalty.points_per_unit=2
    crm-sim compare coffee.toml richer.toml leaner.toml --replications 50
    crm-sim compare coffee --set discounts.depth=0.2 --precision clv=0.5 --replications 500
    crm-sim compare coffee --set loyalty.points_per_unit=0 --kpi clv --kpi profit --report board.html

    A difference comes with its 95 % interval and the probability that the change is for the better.
    """
    from sim.experiments.compare import compare as compare_worlds  # here, as imports would delay --help

    chosen, wanted = chosen_kpis(kpi), half_widths(precision)
    page = new_file(report, ".html") if report is not None else None
    worlds = _worlds(scenarios, settings)
    with _many_runs(jobs, store):
        found = compare_worlds(*worlds, replications=replications, seed=seed, precision=wanted, store=store)
    _show_comparison(form, found, chosen)
    if page is not None:
        from sim.lab.report import report as write_report  # brings matplotlib, which the rest does without

        say(f"report in {write_report(found, page)}")


def sweep(  # noqa: PLR0913  every option is a question of its own
    scenario: ScenarioName,
    lever: Annotated[
        list[str],
        typer.Option(
            metavar="LEVER=VALUES",
            help="Values with commas between them, or LOW..HIGH with --points; several times.",
        ),
    ],
    points: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=2**16,
            metavar="N",
            help="So many points spread evenly (Sobol), a power of two, in place of all combinations.",
        ),
    ] = None,
    kpi: Kpis = None,
    replications: Replications = 10,
    seed: Seed = 1,
    out: Annotated[
        str | None, typer.Option(metavar="FILE.csv", help="Write all runs there, one row a run.")
    ] = None,
    store: Store = None,
    jobs: Jobs = None,
    form: Format = "table",
) -> None:
    """Try many settings of some levers with the same luck; shows CLV unless --kpi says otherwise.

    \b
    crm-sim sweep coffee --lever loyalty.points_per_unit=0,1,2
    crm-sim sweep coffee --lever discounts.depth=0,0.1,0.2 --lever discounts.audience=everybody,lapsing
    crm-sim sweep coffee --lever loyalty.points_per_unit=0..4 --points 32 --kpi clv --kpi profit
    crm-sim sweep coffee --lever clock.months=12,24 --store kept --out runs.csv

    With --store an interrupted sweep goes on where it was when the same command is given again.
    """
    from sim.experiments.lever_space import Sobol  # here, as imports would delay --help
    from sim.experiments.sweep import sweep as sweep_levers

    chosen, axes = chosen_kpis(kpi or ["clv"]), lever_axes(lever, with_ranges=points is not None)
    file = new_file(out, ".csv") if out is not None else None
    design: Sobol | Literal["grid"] = Sobol(points) if points is not None else "grid"
    with _many_runs(jobs, store):
        found = sweep_levers(
            scenario_files.load(scenario), axes, design, replications=replications, seed=seed, store=store
        )
    if file is not None:
        write_csv(found.runs, file)
        say(f"{len(found.runs):,} runs in {file}")
    _show_sweep(form, found, chosen)
    _report_failures(found.failures)


@contextmanager
def _many_runs(jobs: int | None, store: str | None) -> Iterator[None]:
    """Run with so many processes; an interruption says what was finished and how to keep it."""
    import joblib  # here, as imports would delay --help

    try:
        with joblib.parallel_config(n_jobs=jobs), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of failed runs, which are listed below
            yield
    except ExperimentInterrupted as stop:
        goes_on = "the same command goes on from there"
        hint = goes_on if store else f"with --store FOLDER {goes_on.replace('goes', 'would go')}"
        say(f"crm-sim: stopped with {len(stop.finished):,} runs finished; {hint}")
        raise


def _worlds(names: list[str], settings: list[str] | None) -> list[Scenario]:
    changes = chosen_levers(settings)
    worlds = [scenario_files.load(name) for name in names]
    if settings:
        changed = worlds[0].change(changes)
        worlds.append(changed.rename(f"{changed.name} with {', '.join(settings)}", changed.description))
    if len(worlds) < 2:
        raise ValueError("compare takes a second scenario, or --set LEVER=VALUE to change the first")
    return worlds


def _show_comparison(form: Format, found: "Comparison", kpis: list[str]) -> None:
    table = found.differences[found.differences.index.isin(kpis, level="kpi")].reset_index()
    data = {
        "baseline": found.baseline,
        "worlds": list(found.scenarios),
        "seeds": found.seeds,
        "changed": rows(found.changed.reset_index()),
        "differences": rows(table),
    }
    show(form, _comparison_text(found, table), table, data)


def _comparison_text(found: "Comparison", table: pd.DataFrame) -> str:
    known = table[table["replications"] > 0]
    heads = f"against {found.baseline}, {len(found.seeds)} replications, money in {_currency(found)}"
    parts = [f"{label} {heads}\n{_differences(part)}" for label, part in known.groupby("world", sort=False)]
    return "\n\n".join(parts)


def _currency(found: "Comparison") -> str:
    return found.scenarios[found.baseline].currency


def _differences(table: pd.DataFrame) -> str:
    lines = {row["kpi"]: _difference(row) for _, row in table.iterrows()}
    return in_columns(pd.DataFrame.from_dict(lines, orient="index"))


def _difference(row: "pd.Series[float]") -> dict[str, str]:
    kpi, chance = KPIS[str(row["kpi"])], row["probability_better"]
    return {
        "baseline": _figure(kpi, row["baseline"]),
        "difference": _figure(kpi, row["difference"], "+"),
        "95 % interval": _interval(kpi, row["low"], row["high"]),
        "better": "" if pd.isna(chance) else f"{min(max(chance, 0.001), 0.999):.1%}",
    }


def _figure(kpi: Kpi, value: float, sign: str = "") -> str:
    """A number in a narrow column: of its unit only the percent sign."""
    percent = "%" if kpi.unit_text("").startswith("%") and not pd.isna(value) else ""
    return kpi.number(value, sign) + percent


def _interval(kpi: Kpi, low: float, high: float) -> str:
    return "none" if pd.isna(low) else f"{_figure(kpi, low, '+')} to {_figure(kpi, high, '+')}"


def _show_sweep(form: Format, found: "Sweep", kpis: list[str]) -> None:
    tables = {kpi: found.table(kpi) for kpi in kpis}
    table = pd.concat(tables, names=["kpi"]).reset_index()
    text = "\n\n".join(_sweep_text(name, one, found) for name, one in tables.items())
    show(form, text, table)


def _sweep_text(name: str, table: pd.DataFrame, found: "Sweep") -> str:
    """One KPI at every point; the index of the text is what the levers are there."""
    kpi = KPIS[name]
    limits = zip(table["difference_low"], table["difference_high"], strict=True)
    lines = table[list(found.points.columns)].astype(str).set_axis(_short(found.points.columns), axis=1)
    lines["mean"] = [_figure(kpi, one) for one in table["mean"]]
    lines["difference"] = [_figure(kpi, one, "+") for one in table["difference"]]
    lines["95 % interval"] = [_interval(kpi, low, high) for low, high in limits]
    head = f"{name}, {kpi.unit_text(found.scenario.currency)}; difference to {found.scenario.name}"
    return f"{head}\n{in_columns(lines)}"


def _short(levers: "pd.Index[str]") -> list[str]:
    """Lever names without their sections, where that leaves them different."""
    fields = [name.partition(".")[2] for name in levers]
    return fields if len(set(fields)) == len(fields) else list(levers)


def _report_failures(failures: pd.DataFrame) -> None:
    for _, row in failures.iterrows():
        say(f"crm-sim: point {row['point']}, seed {row['seed']} failed: {one_line(str(row['error']))}")
    if len(failures):
        raise typer.Exit(FAILED)
