"""All compiled loops before they are needed: once on each computer, which keeps them for the next time.

Small worlds are lived in which every mechanism is on, so that every loop runs. A note beside what is kept
says that this has been done. Where there is none, the first run of a process begins with a sentence and the
warm-up.
"""

import multiprocessing
import shutil
import sys
from collections.abc import Iterator
from functools import cache

from sim import compiled, compiled_files
from sim.programs import add_program
from sim.scenario import TOOLS, Lever, Scenario, levers
from sim.scenario_files import load, scenarios
from sim.world.simulate import World
from sim.world.tables import build_tables

ONCE = "First run on this computer: compiling the simulator, about half a minute, once."
NOWHERE = (
    "Compiling the simulator in this session only: there is no folder to keep what is compiled. "
    "Set NUMBA_CACHE_DIR to a folder of yours."
)
SMALL = {"acquisition.opening_customers": 20, "clock.months": 3}
A_LITTLE = 0.001  # of the range of a lever


@cache
def prepare() -> None:
    """Before the first run of a process: compile all loops unless that has been done, and say so."""
    if compiled.LOOPS and not compiled_files.can_keep():
        _say(NOWHERE)
    elif compiled.LOOPS and not compiled_files.are_complete():
        _say(ONCE)
        warm_up()


def warm_up() -> None:
    """Run all loops, which compiles those that are not kept, and forget those of earlier sources."""
    for scenario in _worlds():
        _live(scenario)
    if compiled.LOOPS and compiled_files.FOLDER is not None:
        compiled_files.note(compiled_files.FOLDER).touch()
        for folder in compiled_files.earlier_states(compiled_files.FOLDER):
            shutil.rmtree(folder, ignore_errors=True)  # one that is in use elsewhere may stay


def _say(sentence: str) -> None:
    """On standard error, which carries no data; not once again by every worker process."""
    if multiprocessing.parent_process() is None:
        print(sentence, file=sys.stderr, flush=True)


def _live(scenario: Scenario) -> None:
    world = World(scenario, 0)
    world.run()
    build_tables(world)


def _worlds() -> Iterator[Scenario]:
    """Every bundled company with everything on, and the first with the n-th choice of every lever."""
    companies = [_with_everything(load(str(name))) for name in scenarios().index]
    choices = {lever.name: lever.choices for lever in levers() if lever.choices}
    yield from companies
    for n in range(max(map(len, choices.values()))):
        yield companies[0].change({name: allowed[n % len(allowed)] for name, allowed in choices.items()})


def _with_everything(scenario: Scenario) -> Scenario:
    """The same company, small, with all loyalty tools and every lever that was at 0 a little above."""
    small = add_program(scenario, *TOOLS).change(SMALL)
    return small.change({lever.name: _a_little(lever) for lever in levers() if small[lever.name] == 0})


def _a_little(lever: Lever) -> float:
    """Near the lower end, above it."""
    assert lever.low is not None and lever.high is not None
    value = lever.low + A_LITTLE * (lever.high - lever.low)
    return max(round(value), 1) if lever.kind is int else value
