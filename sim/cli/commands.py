"""The commands of `crm-sim` and what holds for all of them."""

from importlib.metadata import version as version_of
from typing import Annotated

import typer

from sim.cli import classes, experiments, files, worlds
from sim.cli.doctor import doctor
from sim.cli.output import put

app = typer.Typer(
    help="""The CRM Flight Simulator in a terminal.

    \b
    crm-sim scenarios                                     which companies there are
    crm-sim levers points                                 what can be changed about points
    crm-sim run coffee --set loyalty.points_per_unit=2    one history and its KPIs
    crm-sim compare coffee --set loyalty.points_per_unit=2
    crm-sim sweep coffee --lever loyalty.points_per_unit=0,1,2

    Data go to standard output, messages to standard error. Exit codes: 0 fine, 1 the work failed, 2 wrong use
    or wrong input, 130 interrupted.
    """,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

for command in (
    worlds.scenarios,
    worlds.levers,
    worlds.run,
    experiments.compare,
    experiments.sweep,
    files.calibrate,
    files.export,
    doctor,
):
    app.command()(command)
app.add_typer(classes.app, name="class")


def _show_version(wanted: bool) -> None:
    if wanted:
        put(f"crm-sim {version_of('crm-flight-simulator')}")
        raise typer.Exit()


@app.callback()
def _for_all(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options before the command."""
