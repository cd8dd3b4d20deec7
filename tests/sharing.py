"""How `pytest -n` shares the tests out: by file, those of a browser together, the dearest first.

A pytest plugin, loaded by conftest.py. Files keep what they have lived once, so a file goes to one worker;
all files named *browser.py go to the same one, whose JupyterLab they share. A dear file that came last would
keep one worker busy while the others have nothing left to do.
"""

import psutil
import pytest
from xdist.scheduler import LoadFileScheduling

BROWSER = "browser.py"
DEAREST = (BROWSER, "test_laws.py", "test_planted_bugs.py", "test_evidence.py", "test_ablation.py")


class DearestFirst(LoadFileScheduling):
    """As --dist loadfile, in the order in which the tests were collected."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return BROWSER if file.endswith(BROWSER) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> DearestFirst | None:
    """Only where --dist loadfile is asked for."""
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return DearestFirst(config, log)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """For `-n auto`: one more than processors, as whoever tests in a browser mostly waits."""
    return psutil.cpu_count() + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The dearest first; all others stay in their order."""
    items.sort(key=lambda item: _place(item.path.name))


def _place(file: str) -> int:
    return next((place for place, name in enumerate(DEAREST) if file.endswith(name)), len(DEAREST))
