"""Is this computer ready for class? `doctor`."""

import typer

from sim.cli.output import FAILED, put


def doctor() -> None:
    """Say whether this computer is ready for class, and what to do if it is not.

    \b
    crm-sim doctor

    Run it in the folder you work in. Takes some seconds, and the first time half a minute more, as it
    compiles the simulator; the kernel has a minute to answer. Exit code 1 if there is a problem, 0 if there
    are none or only warnings.
    """
    from sim.classroom import doctor as ward  # here, as all that it imports would delay --help

    states = []
    for finding in ward.examine():
        put(str(finding))
        states.append(finding.state)
    problems, warnings = states.count("problem"), states.count("warn")
    if problems:
        put(f"Not ready for class: {problems} of {len(states)} examinations found a problem.")
        raise typer.Exit(FAILED)
    put("Ready for class" + (f"; warnings: {warnings}." if warnings else "."))
