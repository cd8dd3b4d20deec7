"""What `import sim` promises: these names, each explained, and no more weight than needed."""

import inspect
import re
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from types import FunctionType

import pytest

import sim

PROMISED = {
    "ExperimentError",
    "ExperimentInterrupted",
    "Lever",
    "LogError",
    "Run",
    "RunError",
    "Scenario",
    "ScenarioError",
    "add_program",
    "best",
    "calibrate",
    "classroom",
    "compare",
    "export",
    "lab",
    "levers",
    "load",
    "load_run",
    "optimise",
    "program_effect",
    "program_effect_by_buyer",
    "program_effect_by_month",
    "replicate",
    "save",
    "scenarios",
    "sensitivity",
    "simulate",
    "sweep",
    "twins",
}
CLASSES = [sim.Run, sim.Scenario, sim.Lever]


def test_sim_exports_what_it_promises_and_nothing_else() -> None:
    assert set(sim.__all__) == PROMISED
    assert sim.__all__ == sorted(sim.__all__)
    for name in PROMISED:
        assert getattr(sim, name) is not None


def test_every_public_name_in_sim_is_exported_or_a_module() -> None:
    public = {name for name in vars(sim) if not name.startswith("_")}
    modules = {name for name in public if inspect.ismodule(getattr(sim, name))}
    helpers = {"import_module", "version", "TYPE_CHECKING", "Any"}
    assert public - modules - helpers <= PROMISED


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_every_exported_name_is_explained(name: str) -> None:
    documentation = inspect.getdoc(getattr(sim, name))
    assert documentation is not None
    first = documentation.partition("\n\n")[0]
    assert len(first) > 20


@pytest.mark.parametrize("owner", CLASSES)
def test_every_public_member_is_explained(owner: type) -> None:
    kinds = FunctionType, property, cached_property, classmethod
    own = [
        name for name, value in vars(owner).items() if not name.startswith("_") and isinstance(value, kinds)
    ]
    assert own
    assert [name for name in own if not inspect.getdoc(getattr(owner, name))] == []


def test_importing_and_simulating_needs_no_widgets_prints_nothing_and_warns_of_nothing() -> None:
    heavy = "ipywidgets", "matplotlib", "seaborn", "IPython", "jupyterlab"
    program = f"""
import sys, sim
sim.simulate(sim.load("coffee").change({{"clock.months": 2}}), seed=7).kpis()
sys.exit([name for name in {heavy!r} if name in sys.modules] or 0)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_lab_is_there_when_asked_for() -> None:
    assert sim.lab.__name__ == "sim.lab"
    assert callable(sim.lab.open)


def test_the_classroom_is_there_when_asked_for_and_needs_no_grading_tools() -> None:
    """Students install no nbgrader and no jupytext; only whoever makes exercises does."""
    program = """
import sys
sys.modules["nbgrader"] = sys.modules["jupytext"] = sys.modules["nbformat"] = None
import sim
assert callable(sim.classroom.mine)
assert "sim.lab" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_name_that_does_not_exist_is_refused_as_usual() -> None:
    with pytest.raises(AttributeError, match="module 'sim' has no attribute 'simulat'"):
        sim.simulat  # noqa: B018


def test_sim_knows_its_version() -> None:
    assert sim.__version__.count(".") == 2


def test_the_python_of_the_readme_runs_as_it_stands(tmp_path: Path) -> None:
    """Its blocks one after the other, in a folder that holds the transactions.csv they speak of."""
    root = Path(__file__).parents[1]
    blocks = re.findall(
        r"^```python\n(.*?)^```", (root / "README.md").read_text(encoding="utf-8"), re.M | re.S
    )
    assert len(blocks) > 1
    (tmp_path / "readme.py").write_text("\n".join(blocks), encoding="utf-8")
    log = sim.simulate(sim.load("retail").change({"acquisition.opening_customers": 400}), seed=1).transactions
    log[["customer_id", "time", "amount"]].to_csv(tmp_path / "transactions.csv", index=False)
    command = [sys.executable, "-W", "error", "readme.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "400 customers" in done.stdout
