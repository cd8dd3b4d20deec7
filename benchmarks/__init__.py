"""Measurements: `make bench`."""

import sys
from pathlib import Path
from types import ModuleType

# Ciw and AgentPy each install a package called `tests`, which would be found before this project's folder.
_tests = ModuleType("tests")
_tests.__path__ = [str(Path(__file__).parents[1] / "tests")]
sys.modules.setdefault("tests", _tests)
