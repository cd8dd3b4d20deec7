"""From a log to a scenario, from a saved run to CSV files: `calibrate`, `export`."""

import re
from typing import Annotated, Literal

import typer

from sim import records, scenario_files
from sim.cli.arguments import new_file
from sim.cli.output import as_json, put, say

_OPTION = re.compile(r"\b(customer_id|date|amount)=")


def calibrate(  # noqa: PLR0913  every option is a question of its own
    log: Annotated[str, typer.Argument(metavar="LOG.csv", help="A CSV or parquet file, one row a purchase.")],
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="FILE.toml", help="Where the scenario is written.")
    ],
    customer_id: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column that says whose a purchase is.")
    ] = None,
    date: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column of dates.")] = None,
    amount: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column of amounts.")] = None,
    churn_model: Annotated[
        Literal["bg/nbd", "pareto/nbd"], typer.Option(help="How customers are lost.")
    ] = "bg/nbd",
    name: Annotated[str | None, typer.Option(help="The scenario's name; else that of the log.")] = None,
    currency: Annotated[str | None, typer.Option(help="Such as EUR.")] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DAY", help="Use the log up to this day only, such as 2025-01-31.")
    ] = None,
    form: Annotated[
        Literal["table", "json"], typer.Option("--format", help="For people or programs.")
    ] = "table",
) -> None:
    """Make a scenario that continues a company's own transaction log.

    \b
    crm-sim calibrate purchases.csv -o mine.toml
    crm-sim calibrate log.csv -o mine.toml --customer-id "Client" --date day --amount paid --currency EUR
    crm-sim run mine.toml

    Shows what was in the log, what was done to it, and the estimates with their 95 % intervals.
    """
    from sim.analytics.calibrate import calibrate as calibrate_log  # here, as fitting takes a second
    from sim.analytics.log import LogError

    file = new_file(out, ".toml")
    try:
        scenario = calibrate_log(
            log,
            customer_id=customer_id,
            date=date,
            amount=amount,
            churn_model=churn_model,
            name=name,
            currency=currency,
            until=until,
        )
    except LogError as error:
        raise LogError(_OPTION.sub(lambda found: "--" + found[1].replace("_", "-"), str(error))) from None
    say(f"scenario in {scenario_files.save(scenario, file)}")
    found = scenario.calibration
    assert found is not None
    put(str(found) if form == "table" else as_json(found.model_dump(mode="json")))


def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A folder saved by `crm-sim run --out`.")],
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="A new or empty folder for the files.")],
) -> None:
    """Write a saved run as CSV files, one a table, that are safe to open in a spreadsheet.

    \b
    crm-sim run coffee --out runs/coffee
    crm-sim export runs/coffee tables

    UTF-8 with a byte order mark; a text that would be taken for a formula gets an apostrophe in front.
    """
    from sim.run import load_run  # here, as all that it imports would delay --help

    say(f"CSV files in {records.export(load_run(run), folder)}")
