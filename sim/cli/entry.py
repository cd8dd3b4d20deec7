"""The entry point: one command line in, an exit code out, and one line for whatever went wrong."""

import errno
import io
import os
import sys
from collections.abc import Sequence

import typer

from sim.cli.commands import app
from sim.cli.output import FAILED, FINE, WRONG, one_line, say
from sim.experiments.errors import ExperimentError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.ENOMEM}
"""What the machine lacks; any other trouble with a file is a wrong path or a missing permission."""


def main() -> None:
    """The command `crm-sim`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that lacks a character shows ? and goes on
    sys.exit(answer(sys.argv[1:]))


def answer(arguments: Sequence[str]) -> int:
    """Carry out one command line; returns the exit code.

    0 fine; 1 the work failed, as when a run fails or the disk is full; 2 wrong use or wrong input; 130
    interrupted. Whatever went wrong is said in one line on standard error.
    """
    try:
        return app(list(arguments), prog_name="crm-sim", standalone_mode=False) or FINE
    except typer.TyperException as error:
        return _about_use(error)
    except ExperimentError as error:
        return _complain(str(error), FAILED)
    except MemoryError:
        return _complain("not enough memory; take fewer customers, months or replications", FAILED)
    except OSError as error:
        return _about_file(error)
    except ValueError as error:
        return _complain(str(error), WRONG)


def _complain(sentence: str, code: int) -> int:
    say(f"crm-sim: {one_line(sentence)}")
    return code


def _about_use(error: typer.TyperException) -> int:
    """A command line that cannot be; without any command the help is the answer."""
    context = getattr(error, "ctx", None)
    if context is not None and error.message == context.get_help():
        say(error.message)
        return error.exit_code
    hint = f"; see {context.command_path} --help" if context is not None else ""
    return _complain(error.format_message().rstrip(".") + hint, error.exit_code)


def _about_file(error: OSError) -> int:
    _leave_stdout()
    if error.errno == errno.EPIPE:
        return FINE
    reason = error.strerror or str(error)
    place = f"{error.filename}: " if error.filename else ""
    return _complain(place + reason, FAILED if error.errno in _FULL else WRONG)


def _leave_stdout() -> None:
    """Let what standard output can no longer take go nowhere, else Python complains of it when it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
