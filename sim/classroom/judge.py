"""The judge's process: the checks and hidden tests of a master, put to the answers of one student.

It is a process of its own. Whatever a student's notebook did to `check`, to `sim` or to Python, it did
elsewhere: only its answers come here. Answers that are plain data are judged first; what comes as code (a
function that an exercise asks for) runs here, so it is judged last, when the other verdicts are out.

What is given before the first question runs as in the master; no line of the student's does.

Reads one JSON object, writes one JSON object a line for each grade cell: id, outcome, said.
"""

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from IPython.core.inputtransformer2 import TransformerManager

from sim.classroom import parcel
from sim.classroom.assignment import NotAttempted, WrongAnswer

Verdict = dict[str, str]
SETUP = ""
"""The id in the line that comes if what is given before the first question fails."""


def main() -> None:
    """Judge what comes on standard input; nothing that is printed meanwhile reaches standard output."""
    task = json.load(sys.stdin)
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
        os.dup2(nowhere.fileno(), sys.stderr.fileno())
        judge(task, answer)


def judge(task: Mapping[str, Any], answer: TextIO) -> None:
    """Write the verdict of each cell at once, plain data first."""
    try:
        given = _given(task["setup"])
    except Exception as error:  # of the lesson, not of the student: whoever asked is to hear it
        print(json.dumps({"id": SETUP, "said": f"{type(error).__name__}: {error}"}), file=answer, flush=True)
        return
    for cell in sorted(task["cells"], key=lambda one: not parcel.is_data(one["answers"])):
        print(json.dumps({"id": cell["id"], **verdict(cell, dict(given))}), file=answer, flush=True)


def verdict(cell: Mapping[str, Any], namespace: dict[str, object]) -> Verdict:
    """The outcome of a grade cell, right, wrong or not attempted, and the mistake if it has a name."""
    try:
        namespace |= {name: parcel.unpack(one) for name, one in cell["answers"].items()}
        exec(compile(cell["source"], cell["id"], "exec"), namespace)
    except NotAttempted:
        return _outcome("not attempted")
    except NameError as error:
        missing = error.name in cell["wanted"]
        return _outcome("not attempted", f"there is no {error.name}") if missing else _wrong(error)
    except WrongAnswer as error:
        return _outcome("wrong", error.sentence if error.is_named else "")
    except AssertionError as error:  # of a hidden test
        return _outcome("wrong", str(error))
    except (Exception, SystemExit) as error:  # of the student's own code
        return _wrong(error)
    return _outcome("right")


def _given(setup: list[str]) -> dict[str, object]:
    """What the cells before the first question define, as the master has them."""
    sys.path.insert(0, os.getcwd())
    importlib.import_module("checks")
    namespace: dict[str, object] = {"__name__": "__main__", "get_ipython": _Magics}
    for source in setup:
        with contextlib.redirect_stdout(None):
            exec(compile(TransformerManager().transform_cell(source), "setup", "exec"), namespace)
    return namespace


class _Magics:
    """In place of IPython: magics of a master, such as %matplotlib, do nothing here."""

    def run_line_magic(self, *_: object) -> None:
        """Nothing."""

    run_cell_magic = system = run_line_magic


def _wrong(error: BaseException) -> Verdict:
    return _outcome("wrong", f"your code raised {type(error).__name__}: {error}")


def _outcome(outcome: str, said: str = "") -> Verdict:
    return {"outcome": outcome, "said": " ".join(said.split())[:300]}


if __name__ == "__main__":
    main()
