"""A terminal for the tests: a command line of `crm-sim` in this process, and what became of it."""

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from sim.cli.entry import answer


@dataclass(frozen=True)
class Reply:
    """The exit code, standard output and standard error."""

    code: int
    out: str
    err: str


def type_in(*arguments: object) -> Reply:
    """Give the command line `crm-sim` and these arguments."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = answer([str(one) for one in arguments])
    return Reply(code, out.getvalue(), err.getvalue())
