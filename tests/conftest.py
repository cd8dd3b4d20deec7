"""What every test runs under: a hypothesis profile, drawing without windows, browser.py and sharing.py.

HYPOTHESIS_PROFILE=nightly tries many and fresh examples; the default, `dev`, a few that are always the same.
"""

import os

import matplotlib
import pytest
from hypothesis import settings

from sim.world.warm_up import prepare

pytest_plugins = ["browser", "sharing"]

matplotlib.use("agg")

settings.register_profile("dev", max_examples=30, deadline=None, derandomize=True)
settings.register_profile("nightly", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def pytest_configure(config: pytest.Config) -> None:
    """The simulator is compiled before any worker starts; so no test is the first to be told of it."""
    prepare()
