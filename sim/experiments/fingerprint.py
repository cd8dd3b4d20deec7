"""Digests that say whether two runs are the same: what is in a scenario, and which engine lives it."""

import hashlib
import json
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from sim.scenario import Scenario

_SIM = Path(__file__).parent.parent
_ABOVE_A_RUN = {"analytics", "experiments", "records", "lab", "classroom", "cli"}
"""Rooms that no run depends on: those below them may not import them."""
_NO_CONTENT = {"name", "description", "currency", "calibration", "starting_customers"}
"""What changes no run, and the starting customers, which have a digest of their own."""


@cache
def engine() -> str:
    """Version of the package and a digest of the sources that a run is made of.

    The same on every machine with the same package, whatever its line ends.
    """
    found = hashlib.sha256()
    for name in sorted(path.relative_to(_SIM).as_posix() for path in _SIM.rglob("*.py")):
        if name.partition("/")[0].removesuffix(".py") not in _ABOVE_A_RUN:
            found.update(f"{name}\0{(_SIM / name).read_text(encoding='utf-8')}\0".encode())
    return f"{version('crm-flight-simulator')}-{found.hexdigest()[:16]}"


def content(scenario: Scenario) -> str:
    """A digest of all that makes a scenario what it is: levers, ladder, changes and starting customers."""
    values = scenario.model_dump(mode="json", exclude=_NO_CONTENT)
    found = hashlib.sha256(json.dumps(values, sort_keys=True).encode())
    if scenario.starting_customers is not None:
        rows = pd.util.hash_pandas_object(scenario.starting_customers.table, index=False)
        found.update(rows.to_numpy().tobytes())
    return found.hexdigest()[:32]
